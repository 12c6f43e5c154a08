use super::*;

/// Four epochs, of which every other has a validation.
fn history() -> History {
    let mut history = History::default();
    for epoch in 0..4 {
        let mut logs = Logs::from([("loss".to_owned(), 1.0 / (epoch + 1) as f64), ("mae".to_owned(), 2.0)]);
        if epoch % 2 == 1 {
            logs.insert("val_loss".to_owned(), 0.5 + epoch as f64);
        }
        history.push(epoch, &logs);
    }
    history
}

#[test]
fn a_table_has_what_every_epoch_has() {
    let csv =
        "epoch,loss,mae,val_loss\n0,1.0,2.0,NA\n1,0.5,2.0,1.5\n2,0.3333333333333333,2.0,NA\n3,0.25,2.0,3.5\n";
    assert_eq!(history().to_csv(), csv);
    assert_eq!(history().best_epoch(), Some(1));
}

#[test]
fn json_goes_there_and_back() {
    let history = history();
    let again = History::from_json(&history.to_json()).unwrap();
    assert_eq!(again, history, "a validation after every other epoch is where it was");
    let mut broken = History::default();
    broken.push(0, &Logs::from([("loss".to_owned(), f64::NAN)]));
    assert_eq!(broken.to_json(), r#"{"loss":[null]}"#);
    assert!(History::from_json(&broken.to_json()).unwrap().get("loss")[0].is_nan());
    let error = History::from_json("[1]").unwrap_err();
    assert!(error.is_format() && error.to_string().starts_with("history: expected a JSON object of lists"));
}

#[test]
fn the_picture_has_a_panel_for_each_number_and_marks_the_best_epoch() {
    let svg = history().to_svg(&HistoryPicture::default()).unwrap();
    for word in ["training", "validation", "loss", "mae", "4 epochs; the best is epoch 2 with val_loss 1.5"] {
        assert!(svg.contains(word), "{word:?} is not in the picture");
    }
    let logarithmic = HistoryPicture { loss_scale: Scale::Logarithmic, ..HistoryPicture::default() };
    assert_ne!(history().to_svg(&logarithmic).unwrap(), svg);
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn nothing_to_draw_and_no_place_to_write_are_errors() {
    let message = History::default().to_svg(&HistoryPicture::default()).unwrap_err().to_string();
    assert_eq!(message, "history: expected at least one finite number to draw, got none");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/history.json");
    let error = history().save_json(&path).unwrap_err();
    assert!(error.is_io() && error.to_string().starts_with(&path.display().to_string()));
    history().save_svg(folder.path().join("history.svg"), &HistoryPicture::default()).unwrap();
    history().save_csv(folder.path().join("history.csv")).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
