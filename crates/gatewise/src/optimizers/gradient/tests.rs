use super::*;

const ROWS: Gradient<'_> =
    Gradient::Rows { ids: &[2.0, 0.0, 2.0], values: &[1.0, 2.0, 3.0, 4.0, 10.0, 20.0] };

#[test]
fn rows_become_a_whole_array_in_which_they_add_up() {
    assert_eq!(*ROWS.to_dense(8).unwrap(), [3.0, 4.0, 0.0, 0.0, 11.0, 22.0, 0.0, 0.0]);
    let dense = [1.0, 2.0];
    assert!(std::ptr::eq(&*Gradient::Dense(&dense).to_dense(2).unwrap(), &dense[..]));
    assert_eq!(*Gradient::Rows { ids: &[], values: &[] }.to_dense(2).unwrap(), [0.0, 0.0]);
    assert!(ROWS.to_dense(4).unwrap_err().is_data());
}

#[test]
fn what_does_not_fit_the_weight_is_an_error() {
    let error = |gradient: Gradient<'_>, shape: &[usize]| {
        gradient.check("SGD", "table", shape).unwrap_err().to_string()
    };
    assert!(ROWS.check("SGD", "table", &[3, 2]).is_ok());
    assert!(Gradient::Dense(&[1.0; 6]).check("SGD", "table", &[3, 2]).is_ok());
    assert_eq!(
        error(Gradient::Dense(&[1.0; 5]), &[3, 2]),
        "SGD: expected gradients of `table` [3, 2], got 5 elements"
    );
    assert_eq!(error(ROWS, &[6]), "SGD: expected a whole gradient of `table` [6], got rows");
    assert_eq!(
        error(ROWS, &[3, 3]),
        "SGD: expected 3 rows of 3 numbers as gradient of `table`, got 6 numbers"
    );
    assert!(error(ROWS, &[2, 2]).contains("expected whole numbers from 0 to 1, got 2 at position 0"));
}
