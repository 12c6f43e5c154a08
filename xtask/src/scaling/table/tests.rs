use super::*;

const HEADING: &str = "isa,threads,varied,batch,steps,features,units,predict_ms,train_ms,predict_gflops,train_gflops,train_bytes";

fn row(line: &str) -> Row {
    Row::read(HEADING, line).unwrap()
}

#[test]
fn a_field_that_is_missing_or_no_number_is_named() {
    let error = Row::read("threads,varied", "1,steps").unwrap_err();
    assert!(error.to_string().contains("`batch`"), "{error}");
    let line = "avx2,1,steps,2,few,8,4,1,2,3,4,100";
    assert!(Row::read(HEADING, line).unwrap_err().to_string().contains("`few`"));
}

#[test]
fn rows_of_one_size_stand_side_by_side_and_memory_grows_by_the_row_before() {
    let rows = [
        row("avx2,1,steps,2,10,8,4,1.0,4.0,9,10,1000"),
        row("avx2,2,steps,2,10,8,4,0.5,2.0,9,20,1000"),
        row("avx2,1,steps,2,20,8,4,2.0,8.0,9,10,3240"),
        row("avx2,2,steps,2,20,8,4,1.0,4.0,9,20,3240"),
    ];
    let text = tables(&rows);
    assert!(text.contains("## By steps\n\nWith batch 2, features 8, units 4."), "{text}");
    assert!(text.contains("| 10 | 1.000 | 0.500 | 4.000 | 2.000 | 10.0 | 20.0 | 0.00 |  |"), "{text}");
    // 2240 bytes for 2 × 10 × 4 numbers.
    assert!(text.contains("| 20 | 2.000 | 1.000 | 8.000 | 4.000 | 10.0 | 20.0 | 0.00 | 28.0 |"), "{text}");
}

#[test]
fn features_take_no_memory_of_steps_and_units() {
    let rows = [row("avx2,1,features,2,10,1,4,1,4,9,10,1000"), row("avx2,1,features,2,10,2,4,1,4,9,10,1100")];
    assert!(tables(&rows).trim_end().ends_with("| 0.00 |  |"));
}
