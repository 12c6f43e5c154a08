//! The one error type of the library and the words it uses.
//!
//! A message answers, in this order: what the error is about, what was expected, what was got, and the
//! remedy if there is exactly one. It is lower case, has no full stop at its end and shows shapes with the
//! names of their axes: `lstm_1: expected inputs [batch, time, 8], got [32, 10, 7]; the layer was built for
//! 8 features`.

use std::fmt::Display;
use std::path::Path;

/// Shorthand for results of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of mistake an [`Error`] reports; see the predicates of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Argument,
    Shape,
    Data,
    Unsupported,
    State,
    Format,
    Io,
}

/// A mistake in what the library was given, told with its subject, what was expected and what was got.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
}

impl Error {
    fn new(kind: Kind, subject: impl Display, text: impl Display) -> Self {
        Self { kind, message: format!("{subject}: {text}") }
    }

    /// An argument outside its range or an unknown name: `lstm_1: `dropout` must be at least 0 and below 1, got 1.2`.
    pub fn argument(subject: impl Display, text: impl Display) -> Self {
        Self::new(Kind::Argument, subject, text)
    }

    /// The same mistake, as one in an argument of `subject`: `lstm_1: `kernel_initializer`: expected one of …`.
    ///
    /// `kind` is the subject that the argument's own messages begin with, which the argument's name replaces.
    pub(crate) fn in_argument(self, subject: impl Display, argument: impl Display, kind: &str) -> Self {
        let text = self.message.strip_prefix(&format!("{kind}: ")).unwrap_or(&self.message);
        Self { kind: self.kind, message: format!("{subject}: `{argument}`: {text}") }
    }

    /// An array whose shape does not fit.
    pub fn shape(subject: impl Display, text: impl Display) -> Self {
        Self::new(Kind::Shape, subject, text)
    }

    /// Values that cannot be used: NaN in the data, labels out of range, an empty batch.
    pub fn data(subject: impl Display, text: impl Display) -> Self {
        Self::new(Kind::Data, subject, text)
    }

    /// Something that Keras or the format has and this library has not.
    pub fn unsupported(subject: impl Display, text: impl Display) -> Self {
        Self::new(Kind::Unsupported, subject, text)
    }

    /// A call that comes too early or too late, such as `fit` before `compile`.
    pub fn state(subject: impl Display, text: impl Display) -> Self {
        Self::new(Kind::State, subject, text)
    }

    /// A file that does not hold what it should.
    pub fn format(subject: impl Display, text: impl Display) -> Self {
        Self::new(Kind::Format, subject, text)
    }

    /// A file that could not be read or written; names its path.
    pub fn io(path: &Path, source: &std::io::Error) -> Self {
        Self::new(Kind::Io, path.display(), source)
    }

    /// Whether an argument was outside its range or a name unknown.
    pub fn is_argument(&self) -> bool {
        self.kind == Kind::Argument
    }

    /// Whether an array's shape did not fit.
    pub fn is_shape(&self) -> bool {
        self.kind == Kind::Shape
    }

    /// Whether values of an array could not be used.
    pub fn is_data(&self) -> bool {
        self.kind == Kind::Data
    }

    /// Whether something was asked for that this library does not have.
    pub fn is_unsupported(&self) -> bool {
        self.kind == Kind::Unsupported
    }

    /// Whether a call came too early or too late.
    pub fn is_state(&self) -> bool {
        self.kind == Kind::State
    }

    /// Whether a file did not hold what it should.
    pub fn is_format(&self) -> bool {
        self.kind == Kind::Format
    }

    /// Whether a file could not be read or written.
    pub fn is_io(&self) -> bool {
        self.kind == Kind::Io
    }
}
