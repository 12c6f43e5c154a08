use super::*;

fn record(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("2026-01-31,CPU,0123abc,{line}\n")).collect();
    format!("{HEADING}{lines}")
}

#[test]
fn the_quickest_way_of_the_last_run_counts() {
    let text = record(&[
        "predict-one,gatewise,1,-,2,predict,9,9.0,9.0,1.0,5.0,10.0,0.5,",
        "predict-batch,gatewise,1,-,2,predict,9,4.0,9.0,1.0,5.0,10.0,0.1,",
        "predict-one,gatewise,1,-,2,predict,9,3.0,1.0,1.0,5.0,10.0,0.3,",
        "predict-one,gatewise,1,-,2,runner,9,2.0,1.0,1.0,5.0,10.0,0.4,",
        "predict-one,gatewise,1,-,2,runner-bfloat16,9,1.0,1.0,1.0,5.0,10.0,0.8,",
        "predict-one,torch,-,-,-,-,0,,,,,,,it sleeps",
    ]);
    let best = |workload: &str, median, share| Best {
        workload: workload.to_owned(),
        engine: "gatewise".to_owned(),
        median,
        share,
    };
    assert_eq!(bests(&text).unwrap(), [best("predict-batch", 4.0, 0.1), best("predict-one", 2.0, 0.4)]);
    assert!(bests(&record(&["predict-one,gatewise"])).is_err());
}

#[test]
fn a_line_has_ratios_and_the_quickest_peer_in_rust() {
    let text = record(&[
        "predict-one,gatewise,1,-,2,predict,9,0.0500,0.04,1.0,5.0,10.0,0.256,",
        "predict-one,keras-jax,1,-,2,function,9,0.2000,0.1,1.0,5.0,10.0,0.1,",
        "predict-one,burn,1,-,2,call,9,5.0000,0.1,1.0,5.0,10.0,0.1,",
        "predict-one,rten,1,-,2,call,9,0.6125,0.1,1.0,5.0,10.0,0.1,",
    ]);
    let workloads = workload::choose(&Workspace::find().unwrap(), &["predict-one".to_owned()]).unwrap();
    let table = table(&workloads, &bests(&text).unwrap());
    let line = table.lines().nth(2).unwrap();
    let expected = "| predict-one | 1, 100, 8, 64 | 0.050 ms | 26 % | – | 4.0 × | – | – | 12 × (rten) |";
    assert_eq!(line, expected);
}

#[test]
fn what_is_no_record_is_refused() {
    let Err(error) = bests("date,cpu,option\n2026-01-31,CPU,mask\n") else { panic!("it is taken") };
    assert!(error.to_string().contains("must begin with `date,cpu,commit"), "{error}");
}

#[test]
fn numbers_keep_two_digits() {
    assert_eq!([0.00063, 0.05, 1.26, 12.6, 1234.0].map(short), ["0.00063", "0.050", "1.3", "13", "1234"]);
}

#[test]
fn the_readme_has_the_tables_of_the_records_that_it_names() {
    let workspace = Workspace::find().unwrap();
    let readme = std::fs::read_to_string(workspace.root().join("README.md")).unwrap();
    let records = records(&workspace).unwrap();
    let name = |record: &Path| record.file_name().unwrap().to_string_lossy().into_owned();
    let named: Vec<&PathBuf> = records.iter().filter(|record| readme.contains(&name(record))).collect();
    assert_eq!(named.last().copied(), records.last(), "the last record by name is not in README.md");
    for record in named {
        let (table, name) = (of_record(&workspace, record).unwrap(), name(record));
        let command = format!("cargo xtask bench-table --record benchmarks/record/{name}");
        assert!(readme.contains(&table), "README.md has another table; `{command}` prints it");
    }
}
