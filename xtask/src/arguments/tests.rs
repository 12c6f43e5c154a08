use super::*;

fn parsed(line: &str) -> Result<Command> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    parse(&words)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn no_words_ask_for_help() {
    assert_eq!(parsed("").unwrap(), Command::Help);
    assert_eq!(parsed("test --help").unwrap(), Command::Help);
}

#[test]
fn test_alone_means_every_step() {
    assert_eq!(parsed("test").unwrap(), Command::Test(Selection::All));
}

#[test]
fn only_collects_the_names_of_steps() {
    let expected = Command::Test(Selection::Only(names(&["clippy", "docs"])));
    assert_eq!(parsed("test --only clippy --only docs").unwrap(), expected);
}

#[test]
fn from_names_the_first_step() {
    assert_eq!(parsed("test --from docs").unwrap(), Command::Test(Selection::From("docs".into())));
}

#[test]
fn a_misspelt_word_is_named_in_the_error() {
    assert!(parsed("tset").unwrap_err().to_string().contains("`tset`"));
    assert!(parsed("test --olny x").unwrap_err().to_string().contains("`--olny`"));
}

#[test]
fn an_option_without_its_value_is_an_error() {
    assert!(parsed("test --only").unwrap_err().to_string().contains("needs a value"));
}

#[test]
fn only_and_from_exclude_each_other() {
    assert!(parsed("test --only clippy --from docs").is_err());
}

#[test]
fn keras_files_takes_a_python() {
    let given =
        |python: Option<&str>| Command::KerasFiles(KerasFilesOptions { python: python.map(Into::into) });
    assert_eq!(parsed("keras-files").unwrap(), given(None));
    assert_eq!(parsed("keras-files --python /opt/python").unwrap(), given(Some("/opt/python")));
    assert!(parsed("keras-files --fast").unwrap_err().to_string().contains("no option `--fast`"));
}

#[test]
fn bench_load_takes_a_python() {
    let given = KerasFilesOptions { python: Some("/opt/python".into()) };
    assert_eq!(parsed("bench-load --python /opt/python").unwrap(), Command::BenchLoad(given));
    let error = parsed("bench-load --fast").unwrap_err().to_string();
    assert!(error.contains("`bench-load` has no option `--fast`"), "{error}");
}

#[test]
fn bench_takes_workloads_and_rounds() {
    let peers = Peers::Without(Vec::new());
    let expected = BenchOptions { workloads: names(&["a", "b"]), rounds: 3, peers };
    let line = "bench --workload a --rounds 3 --workload b";
    assert_eq!(parsed(line).unwrap(), Command::Bench(expected));
    assert!(parsed("bench --rounds 0").unwrap_err().to_string().contains("at least 1"));
}

#[test]
fn bench_takes_peers_or_leaves_them_out() {
    let peers = |line| match parsed(line).unwrap() {
        Command::Bench(options) => options.peers,
        other => panic!("{line} is {other:?}"),
    };
    assert_eq!(peers("bench"), Peers::Without(Vec::new()));
    assert_eq!(peers("bench --peers a,b"), Peers::Only(names(&["a", "b"])));
    assert_eq!(peers("bench --peers none"), Peers::Only(Vec::new()));
    assert_eq!(peers("bench --without a,b"), Peers::Without(names(&["a", "b"])));
}

#[test]
fn cliffs_takes_a_part_of_a_name_and_seconds() {
    let given = |only: Option<&str>, seconds| {
        Command::Cliffs(CliffsOptions { only: only.map(str::to_owned), seconds })
    };
    assert_eq!(parsed("cliffs").unwrap(), given(None, 0.3));
    assert_eq!(parsed("cliffs --only mask --seconds 1.5").unwrap(), given(Some("mask"), 1.5));
    for wrong in ["0", "-1", "NaN", "inf", "long"] {
        let error = parsed(&format!("cliffs --seconds {wrong}")).unwrap_err().to_string();
        assert!(error.contains("a number above 0"), "{error}");
    }
}

#[test]
fn scaling_takes_seconds() {
    assert_eq!(parsed("scaling --seconds 2").unwrap(), Command::Scaling(ScalingOptions { seconds: 2.0 }));
    assert!(parsed("scaling --only x").unwrap_err().to_string().contains("no option `--only`"));
}

#[test]
fn test_aarch64_takes_nothing() {
    assert_eq!(parsed("test-aarch64").unwrap(), Command::TestAarch64);
    assert!(parsed("test-aarch64 --fast").unwrap_err().to_string().contains("no option `--fast`"));
}

#[test]
fn footprint_takes_a_python() {
    let given = KerasFilesOptions { python: Some("/opt/python".into()) };
    assert_eq!(parsed("footprint --python /opt/python").unwrap(), Command::Footprint(given));
}

#[test]
fn bench_table_and_bench_goals_take_a_record() {
    assert_eq!(parsed("bench-goals").unwrap(), Command::BenchGoals(None));
    assert_eq!(parsed("bench-table --record a.csv").unwrap(), Command::BenchTable(Some("a.csv".into())));
    assert_eq!(parsed("bench-goals --record a.csv").unwrap(), Command::BenchGoals(Some("a.csv".into())));
    assert!(parsed("bench-table --record").unwrap_err().to_string().contains("`--record` needs a value"));
    assert!(parsed("bench-table --fast").unwrap_err().to_string().contains("no option `--fast`"));
}

#[test]
fn fit_has_no_options() {
    assert_eq!(parsed("fit").unwrap(), Command::Fit);
    assert_eq!(parsed("fit --help").unwrap(), Command::Help);
    assert!(parsed("fit --fast").unwrap_err().to_string().contains("`fit` has no option `--fast`"));
}
