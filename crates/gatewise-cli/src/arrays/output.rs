//! Arrays into a file.

use std::path::Path;

use anyhow::{Result, bail};
use gatewise::format;
use gatewise::ndarray::ArrayD;

use super::table;

/// The ending of a file in small letters, without its dot.
pub fn extension(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// Checks that `count` arrays can be written to such a file, before the work, so that it is not in vain.
pub fn check_output(path: &Path, count: usize) -> Result<()> {
    match extension(path).as_str() {
        "npz" => {}
        "npy" | "csv" if count == 1 => {}
        "npy" | "csv" => {
            bail!("{}: expected a file that ends in .npz, as there are {count} arrays", path.display())
        }
        _ => bail!("{}: expected a file that ends in .npy, .npz or .csv", path.display()),
    }
    check_folder(path)
}

/// Checks that the folder that a file is to go to is there.
pub fn check_folder(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            bail!("{}: there is no folder {}; make it first", path.display(), folder.display())
        }
        _ => Ok(()),
    }
}

/// Writes arrays under their names, in this order; the file appears whole or not at all.
pub fn write(path: &Path, arrays: &[(String, ArrayD<f32>)]) -> Result<()> {
    check_output(path, arrays.len())?;
    match (extension(path).as_str(), arrays) {
        ("npy", [(_, array)]) => format::write_npy(path, array)?,
        ("csv", [(_, array)]) => format::write_atomically(path, &table::to_text(array)?)?,
        _ => {
            let arrays: Vec<(&str, &ArrayD<f32>)> =
                arrays.iter().map(|(name, array)| (name.as_str(), array)).collect();
            format::write_npz(path, &arrays)?;
        }
    }
    Ok(())
}
