use super::super::record::HEADING;
use super::*;

#[test]
fn every_workload_has_a_goal() {
    let workspace = Workspace::find().unwrap();
    let text = std::fs::read_to_string(workspace.root().join("benchmarks/goals.csv")).unwrap();
    let goals: Vec<String> = parse(&text).unwrap().into_iter().map(|goal| goal.workload).collect();
    let workloads = workload::choose(&workspace, &[]).unwrap();
    assert_eq!(goals, workloads.into_iter().map(|workload| workload.name).collect::<Vec<_>>());
}

#[test]
fn what_is_reached_is_bold_and_what_is_wanted_stands_beside_it() {
    let workspace = Workspace::find().unwrap();
    let workloads = workload::choose(&workspace, &["predict-batch".to_owned()]).unwrap();
    let lines = [
        "predict-batch,gatewise,1,-,2,predict,9,5.0,4.0,1.0,5.0,10.0,0.8,",
        "predict-batch,torch,1,-,2,call,9,6.0,4.0,1.0,5.0,10.0,0.1,",
        "predict-batch,keras-tensorflow,1,-,2,call,9,19.5,4.0,1.0,5.0,10.0,0.1,",
    ];
    let lines: String = lines.iter().map(|line| format!("2026-01-31,CPU,0123abc,{line}\n")).collect();
    let goals = parse("heading\npredict-batch,1.2,4,85\n").unwrap();
    let table = table(&goals, &workloads, &bests(&format!("{HEADING}{lines}")).unwrap());
    let floor = 80.0 * workloads[0].floor() / workloads[0].flops();
    let line =
        format!("| predict-batch | 5.0 ms | **1.2 ×** (1.2), torch | 3.9 × (4) | **{floor:.0} %** (85) |");
    assert_eq!(table.lines().nth(2), Some(line.as_str()));
}

#[test]
fn a_goal_of_another_form_is_refused() {
    assert!(parse("heading\npredict-batch,1.2,4\n").is_err());
    assert!(parse("heading\npredict-batch,1.2,four,85\n").is_err());
    assert_eq!(parse("heading\nx,1,2,\n").unwrap()[0].of_floor, None);
}
