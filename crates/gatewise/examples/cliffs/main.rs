//! What each option of an LSTM costs against the plain layer, for `cargo xtask cliffs`.
//!
//! One layer and its loss; the plain model and the model with one option take turns, call by call, in one process. A line
//! for each option, job and size goes to standard output, with commas between its fields (see [`HEADING`]).
//!
//! ```text
//! cargo run --release --example cliffs                      all options, 0.2 s for each comparison
//! cargo run --release --example cliffs -- mask 1.5          those with `mask` in their name, 1.5 s for each
//! cargo run --release --example cliffs -- activation=relu 1 train small
//! ```

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "../common/instruction_set.rs"]
mod instruction_set;
#[path = "../common/threads.rs"]
mod threads;
#[path = "../common/turns.rs"]
mod turns;

mod options;
mod subject;

use std::time::Duration;

use instruction_set::instruction_set;
use options::Case;
use subject::{Sizes, Subject};
use threads::threads;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The names of the fields of a line.
const HEADING: &str =
    "isa,threads,option,job,batch,steps,features,units,plain_ms,option_ms,ratio,limit,holds";

/// Seconds for one comparison where nothing is said.
const PATIENCE: f64 = 0.2;

const SIZES: [(&str, Sizes); 2] = [
    ("small", Sizes { batch: 32, steps: 100, features: 8, units: 64 }),
    ("large", Sizes { batch: 64, steps: 50, features: 64, units: 128 }),
];

/// What to measure.
struct Wanted {
    /// A part of the names of options.
    option: String,
    patience: Duration,
    /// `predict` or `train`; both if empty.
    job: String,
    /// A name in [`SIZES`]; all if empty.
    size: String,
}

fn main() -> Result<()> {
    let wanted = Wanted::parse(std::env::args().skip(1))?;
    println!("{HEADING}");
    let machine = format!("{},{}", instruction_set()?, threads()?);
    let mut count = 0;
    for (name, sizes) in SIZES.iter().filter(|(name, _)| wanted.size.is_empty() || *name == wanted.size) {
        for case in options::all().iter().filter(|case| case.name.contains(&wanted.option)) {
            for job in ["predict", "train"].into_iter().filter(|job| job.contains(&wanted.job)) {
                let line = compare(case, job, *sizes, wanted.patience);
                println!(
                    "{machine},{}",
                    line.map_err(|error| format!("{} {job} {name}: {error}", case.name))?
                );
                count += 1;
            }
        }
    }
    if count == 0 { Err("nothing has such a name".into()) } else { Ok(()) }
}

impl Wanted {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut word = || words.next().unwrap_or_default();
        let (option, seconds, job, size) = (word(), word(), word(), word());
        let seconds = if seconds.is_empty() { PATIENCE } else { seconds.parse()? };
        Ok(Self { option, patience: Duration::try_from_secs_f64(seconds)?, job, size })
    }
}

/// Times a job with and without an option, and returns the line that tells the outcome.
fn compare(case: &Case, job: &str, sizes: Sizes, patience: Duration) -> Result<String> {
    let mut plain = Subject::new(&case.plain(), sizes)?;
    let mut optional = Subject::new(case, sizes)?;
    let [plain, optional] = match job {
        "train" => turns::medians(patience, [&mut || plain.train(), &mut || optional.train()])?,
        _ => turns::medians(patience, [&mut || plain.predict(), &mut || optional.predict()])?,
    };
    let (ratio, limit) = (optional / plain, case.limit);
    let holds = if ratio <= limit { "yes" } else { "NO" };
    let Sizes { batch, steps, features, units } = sizes;
    let (plain, optional) = (plain * 1e3, optional * 1e3);
    Ok(format!(
        "{},{job},{batch},{steps},{features},{units},{plain:.4},{optional:.4},{ratio:.2},{limit},{holds}",
        case.name
    ))
}
