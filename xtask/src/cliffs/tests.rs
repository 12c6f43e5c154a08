use super::*;

const ROW: &str = "avx2,2,dropout,train,32,100,8,64,1.5000,2.2500,1.50,1.3,NO";

#[test]
fn a_row_has_a_column_for_each_field() {
    assert_eq!(ROW.split(',').count(), WIDTHS.len());
    let words: Vec<String> = shown(ROW).split_whitespace().map(str::to_owned).collect();
    assert_eq!(words.join(","), ROW);
}
