//! `cargo xtask bench`: the same jobs by Gatewise and by its peers, checked first and then timed.
//!
//! All engines of a workload are started at once from the same weights and data; their answers are compared;
//! then they take turns, round after round, so that a machine that slows down slows all of them. The protocol
//! that they speak is in `benchmarks/README.md`.

mod answer;
mod engines;
mod machine;
mod peer;
mod record;
mod workload;

use anyhow::{Context, Result};

use crate::arguments::BenchOptions;
use crate::workspace::Workspace;
use engines::Engines;
pub use machine::Machine;
use peer::Peer;
use record::{Record, Row};
pub use record::{append, slug};
use workload::Workload;

/// Seconds that one turn of one engine should take.
const TURN: f64 = 0.3;

/// Unmeasured repeats before the first turn.
const WARM_UP: usize = 5;

/// Repeats that one turn has at least and at most.
const REPEATS: (usize, usize) = (3, 200);

/// Times the chosen workloads and appends what came out to the record of this day and CPU.
///
/// # Errors
/// An unknown workload, an engine that cannot be built or started, answers that differ.
pub fn run(workspace: &Workspace, options: &BenchOptions) -> Result<()> {
    let workloads = workload::choose(workspace, &options.workloads)?;
    let engines = Engines::prepare(workspace, options.torch)?;
    let record = Record::new(Machine::look(workspace)?);
    for workload in &workloads {
        println!("\n==> {}", workload.name);
        let rows = time(workspace, &engines, workload, options.rounds)
            .with_context(|| format!("workload {}", workload.name))?;
        for row in &rows {
            println!("{row}");
        }
        record.append(workspace, &rows)?;
    }
    println!("\nrecorded in {}", record.path(workspace).display());
    Ok(())
}

fn time(workspace: &Workspace, engines: &Engines, workload: &Workload, rounds: usize) -> Result<Vec<Row>> {
    let folder = workspace.empty_folder("bench")?;
    let mut peers = engines.start(workload, &folder)?;
    let (own, others) = peers.split_first_mut().expect("Gatewise is the first");
    for other in others {
        answer::check(own, other)?;
    }
    let repeats = peers.iter_mut().map(repeats_of_a_turn).collect::<Result<Vec<_>>>()?;
    let mut seconds = vec![Vec::new(); peers.len()];
    for round in 0..rounds {
        for turn in 0..peers.len() {
            // Each round starts with another engine, so that none always follows the same one.
            let which = (round + turn) % peers.len();
            seconds[which].extend(peers[which].repeat(repeats[which])?);
        }
    }
    Ok(record::rows(&workload.name, &peers, seconds))
}

/// Warms an engine up and finds how many repeats fill one turn.
fn repeats_of_a_turn(peer: &mut Peer) -> Result<usize> {
    let quickest = peer.repeat(WARM_UP)?.into_iter().fold(f64::INFINITY, f64::min);
    Ok(((TURN / quickest) as usize).clamp(REPEATS.0, REPEATS.1))
}
