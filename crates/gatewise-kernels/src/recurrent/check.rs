//! The lengths of slices, checked before anything is computed.

use super::DropoutMasks;

/// Checks with messages that begin with the name of a module.
pub(crate) struct Lengths(pub &'static str);

impl Lengths {
    /// Panics unless `slice` holds exactly an array of this shape.
    pub fn exact<F>(&self, name: &str, shape: &[usize], slice: &[F]) {
        let (module, expected) = (self.0, shape.iter().product());
        assert_eq!(slice.len(), expected, "{module}: `{name}` must hold {shape:?} numbers");
    }

    /// The same for a slice that need not be there.
    pub fn optional<F>(&self, name: &str, shape: &[usize], slice: Option<&[F]>) {
        if let Some(slice) = slice {
            self.exact(name, shape, slice);
        }
    }

    /// The same for masks of dropout of a layer of so many gates.
    pub fn dropout<F>(&self, name: &str, gates: usize, batch: usize, width: usize, masks: &DropoutMasks<F>) {
        match masks {
            DropoutMasks::None => {}
            DropoutMasks::Shared(mask) => self.exact(name, &[batch, width], mask),
            DropoutMasks::PerGate(mask) => self.exact(name, &[gates, batch, width], mask),
        }
    }

    /// Panics unless `slice` holds at least `expected` numbers.
    pub fn at_least<F>(&self, name: &str, expected: usize, slice: &[F]) {
        assert!(slice.len() >= expected, "{}: `{name}` must hold {expected} numbers", self.0);
    }
}
