use super::*;

#[test]
fn the_median_of_an_even_count_is_the_mean_of_the_middle_two() {
    assert_eq!(median_and_minimum(&mut [4.0, 1.0, 3.0, 10.0]), (3.5, 1.0));
    assert_eq!(median_and_minimum(&mut [4.0, 1.0, 3.0]), (3.0, 1.0));
    assert_eq!(median_and_minimum(&mut [2.0]), (2.0, 2.0));
}

#[test]
fn a_file_name_is_made_of_letters_and_digits() {
    assert_eq!(slug("Intel(R) Xeon(R) CPU @ 2.20GHz"), "intel-r-xeon-r-cpu-2-20ghz");
}

#[test]
fn a_line_has_a_field_for_each_heading() {
    let machine =
        Machine { date: "2026-01-31".to_owned(), cpu: "Some CPU".to_owned(), commit: "0123abc".to_owned() };
    let row = Row {
        workload: "small".to_owned(),
        engine: "keras",
        version: "3".to_owned(),
        isa: "-".to_owned(),
        threads: "2".to_owned(),
        way: "fit",
        repeats: 30,
        median: 0.004,
        minimum: 0.003,
        ratio: 2.0,
    };
    let line = Record::new(machine).line(&row);
    assert_eq!(line, "2026-01-31,Some CPU,0123abc,small,keras,3,-,2,fit,30,4.0000,3.0000,2.00\n");
    assert_eq!(line.split(',').count(), HEADING.split(',').count());
}
