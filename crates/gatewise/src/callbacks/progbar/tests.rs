use super::*;

#[test]
fn elsewhere_than_on_a_terminal_there_is_one_plain_line_an_epoch() {
    let mut bar = Progbar::new(Display::Plain, Form::Bar, Some(3), 0.0);
    let logs = Logs::from([("loss".to_owned(), 28.8462), ("mae".to_owned(), 4.5264)]);
    assert_eq!(bar.update(1, &logs, 1.0), "");
    assert_eq!(bar.update(2, &logs, 2.0), "");
    let line = "3/3 ━━━━━━━━━━━━━━━━━━━━ 1s 12ms/step - loss: 28.8462 - mae: 4.5264\n";
    assert_eq!(bar.finish(3, &logs, 1.024), line);
}

#[test]
fn numbers_of_a_validation_go_before_what_callbacks_have_added() {
    let mut bar = Progbar::new(Display::Plain, Form::Line, Some(1), 0.0);
    let mut logs = Logs::from([("loss".to_owned(), 1.0)]);
    bar.update(1, &logs, 1.0);
    logs.extend([("learning_rate".to_owned(), 0.5), ("val_loss".to_owned(), 2.0)]);
    let line = "1/1 - 1s - 1s/step - loss: 1.0000 - val_loss: 2.0000 - learning_rate: 0.5000\n";
    assert_eq!(bar.finish(1, &logs, 1.0), line);
}
