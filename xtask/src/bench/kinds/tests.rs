use super::*;
use crate::bench::workload;
use crate::workspace::Workspace;

fn names(peers: &Peers) -> Vec<&'static str> {
    choose(peers).unwrap().iter().map(|kind| kind.name).collect()
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn peers_are_taken_or_left_out_by_name() {
    assert_eq!(names(&Peers::Without(Vec::new())).len(), KINDS.len());
    assert_eq!(names(&Peers::Only(list(&["rten", "torch"]))), ["torch", "rten"]);
    assert!(names(&Peers::Only(Vec::new())).is_empty());
    let rest = names(&Peers::Without(list(&["torch", "burn"])));
    assert_eq!(rest.len(), KINDS.len() - 2);
    assert!(!rest.contains(&"torch") && !rest.contains(&"burn"));
    assert!(choose(&Peers::Without(list(&["tcorh"]))).unwrap_err().to_string().contains("`tcorh`"));
}

#[test]
fn a_peer_takes_part_wherever_it_has_a_way() {
    for workload in workload::choose(&Workspace::find().unwrap(), &[]).unwrap() {
        for kind in &KINDS {
            let takes_part = kind.lacks(&workload).is_none();
            assert!(!takes_part || !kind.ways(&workload).is_empty(), "{} {}", kind.name, workload.name);
        }
    }
}

#[test]
fn what_a_peer_lacks_is_told() {
    let all = workload::choose(&Workspace::find().unwrap(), &[]).unwrap();
    let out = |name: &str| -> Vec<&str> {
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        all.iter().filter(|workload| kind.lacks(workload).is_some()).map(|one| one.name.as_str()).collect()
    };
    assert!(out("keras-jax").is_empty());
    assert_eq!(out("torch"), ["train-dropout"]);
    assert_eq!(out("rust-lstm"), ["train-translation"]);
    assert!(out("onnxruntime").iter().all(|name| name.starts_with("train")));
    assert_eq!(out("onnxruntime").len(), 7);
}
