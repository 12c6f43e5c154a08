//! The files of a forecast: model, table, picture.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gatewise::forecast::{Forecaster, Report};

/// Writes into one folder and remembers what it wrote.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    written: Vec<PathBuf>,
}

impl Files {
    /// Files in `folder`, which is made where it does not exist: before the work, so that it is not in vain.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: cannot make this folder", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), written: Vec::new() })
    }

    /// The files written so far.
    pub fn written(&self) -> impl Iterator<Item = &Path> {
        self.written.iter().map(PathBuf::as_path)
    }

    /// Writes `model.keras`.
    pub fn write_model(&mut self, forecaster: &Forecaster) -> Result<()> {
        let path = self.folder.join("model.keras");
        forecaster.save(&path)?;
        self.written.push(path);
        Ok(())
    }

    /// Writes `forecast.csv`: a row for each step, with the ends of its intervals.
    pub fn write_table(&mut self, report: &Report) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        report.forecast.iter().try_for_each(|step| writer.serialize(step))?;
        self.write("forecast.csv", &writer.into_inner()?)
    }

    /// Writes `forecast.svg`.
    pub fn write_picture(&mut self, svg: &str) -> Result<()> {
        self.write("forecast.svg", svg.as_bytes())
    }

    fn write(&mut self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        std::fs::write(&path, content).with_context(|| format!("{}: cannot write", path.display()))?;
        self.written.push(path);
        Ok(())
    }
}
