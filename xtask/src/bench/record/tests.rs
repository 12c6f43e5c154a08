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

fn machine() -> Machine {
    Machine { date: "2026-01-31".to_owned(), cpu: "Some CPU".to_owned(), commit: "0123abc".to_owned() }
}

fn row(outcome: Outcome) -> Row {
    let [workload, version, isa, threads] = ["small", "3", "-", "2"].map(str::to_owned);
    Row { workload, engine: "keras-jax", version, isa, threads, way: "fit", outcome }
}

#[test]
fn a_line_has_a_field_for_each_heading() {
    let times = Times { repeats: 30, median: 0.004, minimum: 0.003, ratio: 2.0, speed: 50e9, peak: 200e9 };
    let line = line(&machine(), &row(Outcome::Times(times)));
    let expected =
        "2026-01-31,Some CPU,0123abc,small,keras-jax,3,-,2,fit,30,4.00000,3.00000,2.00,50.00,200.0,0.250,\n";
    assert_eq!(line, expected);
    assert_eq!(line.split(',').count(), HEADING.split(',').count());
}

#[test]
fn an_engine_that_sits_out_says_why_in_the_last_column() {
    let line = line(&machine(), &row(Outcome::Out("it only predicts")));
    assert!(line.ends_with(",0,,,,,,,it only predicts\n"), "{line}");
    assert_eq!(line.split(',').count(), HEADING.split(',').count());
}

#[test]
fn a_record_with_other_columns_stays_as_it_is() {
    let folder = std::env::temp_dir().join(format!("gatewise-record-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    assert_eq!(file(&folder, "day"), folder.join("day.csv"));
    append(&folder.join("day.csv"), "date,cpu\n", "").unwrap();
    assert_eq!(file(&folder, "day"), folder.join("day-2.csv"));
    append(&folder.join("day-2.csv"), HEADING, "").unwrap();
    assert_eq!(file(&folder, "day"), folder.join("day-2.csv"));
    std::fs::remove_dir_all(&folder).unwrap();
}
