//! How many threads the library uses.

/// As the library chooses them: what `GATEWISE_THREADS` says, or all cores.
pub fn threads() -> Result<usize, Box<dyn std::error::Error>> {
    match std::env::var("GATEWISE_THREADS") {
        Ok(threads) => Ok(threads.parse()?),
        Err(_) => Ok(std::thread::available_parallelism()?.get()),
    }
}
