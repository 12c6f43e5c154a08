//! `cargo xtask bench`: the same jobs by Gatewise and by its peers, checked first and then timed.
//!
//! All engines of a workload are started at once from the same weights and data; their answers are compared;
//! then they take turns, round after round, so that a machine that slows down slows all of them. Who is not on turn is
//! stopped. The protocol that they speak is in `benchmarks/README.md`.

mod answer;
mod engines;
mod goals;
mod kinds;
mod machine;
mod peer;
mod record;
mod rest;
mod table;
mod turn;
mod workload;

use anyhow::{Context, Result};

use crate::arguments::BenchOptions;
use crate::workspace::Workspace;
use engines::Engines;
pub use goals::print as print_goals;
pub use machine::Machine;
use peer::Peer;
use record::{Record, Row};
pub use record::{append, slug};
pub use table::print as print_table;
use turn::Turn;
use workload::Workload;

/// Times the chosen workloads and appends what came out to the record of this day and CPU.
///
/// # Errors
/// An unknown workload or peer, an engine that cannot be built or started, answers that differ.
pub fn run(workspace: &Workspace, options: &BenchOptions) -> Result<()> {
    let workloads = workload::choose(workspace, &options.workloads)?;
    let engines = Engines::prepare(workspace, &kinds::choose(&options.peers)?)?;
    let record = Record::new(workspace, Machine::look(workspace)?);
    for workload in &workloads {
        println!("\n==> {}", workload.name);
        let rows = time(workspace, &engines, workload, options.rounds)
            .with_context(|| format!("workload {}", workload.name))?;
        for row in &rows {
            println!("{row}");
        }
        record.append(&rows)?;
    }
    println!("\nrecorded in {}", record.path().display());
    Ok(())
}

fn time(workspace: &Workspace, engines: &Engines, workload: &Workload, rounds: usize) -> Result<Vec<Row>> {
    let folder = workspace.empty_folder("bench")?;
    let mut started = engines.start(workload, &folder)?;
    let operations = answer::only_number(&started.peak)?;
    let (own, others) = started.peers.split_first().expect("Gatewise is the first");
    for other in others {
        answer::check(own, other)?;
    }
    let mut peers: Vec<&mut Peer> = started.peers.iter_mut().chain([&mut started.peak]).collect();
    let turns = peers.iter_mut().map(|peer| Turn::find(peer)).collect::<Result<Vec<_>>>()?;
    let mut seconds = vec![Vec::new(); peers.len()];
    for round in 0..rounds {
        for turn in 0..peers.len() {
            // Each round starts with another engine, so that none always follows the same one.
            let which = (round + turn) % peers.len();
            seconds[which].extend(peers[which].take(turns[which])?);
        }
    }
    let of_peak = seconds.pop().expect("the peak is timed last");
    let peak = operations / of_peak.into_iter().fold(f64::INFINITY, f64::min);
    let mut rows = record::rows(workload, &started.peers, seconds, peak);
    rows.extend(started.out.iter().map(|(peer, lack)| Row::sits_out(workload, peer, lack)));
    Ok(rows)
}
