use super::*;

#[test]
fn only_rows_that_say_so_are_over_the_limit() {
    const ROW: &str = "avx2,2,dropout,1.50,1.3,NO";
    assert!(is_over(ROW));
    assert!(!is_over(&ROW.replace("NO", "yes")));
    assert!(!is_over(""));
}
