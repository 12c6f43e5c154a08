//! Event files.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::histogram::buckets;
use super::protobuf::Message;
use super::records::record;
use crate::error::{Error, Result};

/// Types of tensors and classes of data, by the numbers of TensorFlow's protocol.
const FLOAT: u64 = 1;
const DOUBLE: u64 = 2;
const STRING: u64 = 7;
const SCALARS: u64 = 1;
const TENSORS: u64 = 2;

/// Writes an event file in a folder, which TensorBoard takes for a run.
///
/// ```
/// use gatewise::callbacks::EventWriter;
///
/// # let folder = std::env::temp_dir().join("gatewise-doc-events");
/// let mut events = EventWriter::create(&folder)?;
/// events.scalar("temperature", 12.5, 0)?;
/// events.histogram("noise", [0.1, -0.3, 0.2].into_iter(), 0)?;
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    file: File,
}

impl EventWriter {
    /// A new file in this folder, which is made if it is missing.
    ///
    /// # Errors
    /// If the folder cannot be written to; the message names it.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, &error))?;
        // Files of a run are read in the order of their names.
        let (seconds, process) = (now() as u64, std::process::id());
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("events.out.tfevents.{seconds:010}.gatewise.{process}.{number}.v2"));
        let file = File::create(&path).map_err(|error| Error::io(&path, &error))?;
        let mut writer = Self { path, file };
        writer.write(Message::default().double(1, now()).bytes(3, b"brain.Event:2"))?;
        Ok(writer)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a number, as `tf.summary.scalar` does.
    ///
    /// # Errors
    /// If the file cannot be written to.
    pub fn scalar(&mut self, tag: &str, value: f64, step: u64) -> Result<()> {
        let tensor = tensor(FLOAT, &[]).bytes(4, &(value as f32).to_le_bytes());
        self.summary(tag, tensor, metadata("scalars", b"", SCALARS), step)
    }

    /// Writes how often numbers occur in thirty buckets, as `tf.summary.histogram` does.
    ///
    /// # Errors
    /// If the file cannot be written to.
    pub fn histogram(
        &mut self,
        tag: &str,
        values: impl Iterator<Item = f32> + Clone,
        step: u64,
    ) -> Result<()> {
        let buckets = buckets(values);
        let content: Vec<u8> = buckets.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        let tensor = tensor(DOUBLE, &[buckets.len(), 3]).bytes(4, &content);
        self.summary(tag, tensor, metadata("histograms", b"", TENSORS), step)
    }

    /// Writes a model's architecture in Keras's JSON form, which TensorBoard draws as a conceptual graph.
    ///
    /// # Errors
    /// If the file cannot be written to.
    pub fn keras_model(&mut self, tag: &str, json: &str, step: u64) -> Result<()> {
        let tensor = tensor(STRING, &[]).bytes(8, json.as_bytes());
        self.summary(tag, tensor, metadata("graph_keras_model", b"1", 0), step)
    }

    fn summary(&mut self, tag: &str, tensor: Message, metadata: Message, step: u64) -> Result<()> {
        let value = Message::default().bytes(1, tag.as_bytes()).message(8, tensor).message(9, metadata);
        let summary = Message::default().message(1, value);
        self.write(Message::default().double(1, now()).integer(2, step).message(5, summary))
    }

    fn write(&mut self, event: Message) -> Result<()> {
        let record = record(&event.into_bytes());
        self.file.write_all(&record).map_err(|error| Error::io(&self.path, &error))
    }
}

fn tensor(dtype: u64, shape: &[usize]) -> Message {
    let dim = |shape: Message, size: &usize| shape.message(2, Message::default().integer(1, *size as u64));
    let shape = shape.iter().fold(Message::default(), dim);
    Message::default().integer(1, dtype).message(2, shape)
}

fn metadata(plugin: &str, content: &[u8], data_class: u64) -> Message {
    let plugin = Message::default().bytes(1, plugin.as_bytes()).bytes(2, content);
    Message::default().message(1, plugin).integer(4, data_class)
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}
