//! Short lists without memory of their own.

use std::ops::{Deref, DerefMut};

use smallvec::SmallVec;

/// A list that takes memory of its own only where it has more than two entries.
///
/// Unlike a `SmallVec` it can be used where a list of shorter-lived references is expected.
#[derive(Debug, Clone)]
pub(crate) enum Few<T> {
    One(T),
    Two([T; 2]),
    Many(Vec<T>),
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Two(two) => two,
            Self::Many(many) => many,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::One(one) => std::slice::from_mut(one),
            Self::Two(two) => two,
            Self::Many(many) => many,
        }
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut entries = entries.into_iter();
        let Some(first) = entries.next() else { return Self::default() };
        let Some(second) = entries.next() else { return Self::One(first) };
        match entries.next() {
            None => Self::Two([first, second]),
            Some(third) => Self::Many([first, second, third].into_iter().chain(entries).collect()),
        }
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = smallvec::IntoIter<[T; 2]>;

    fn into_iter(self) -> Self::IntoIter {
        let entries: SmallVec<[T; 2]> = match self {
            Self::One(one) => std::iter::once(one).collect(),
            Self::Two(two) => SmallVec::from_buf(two),
            Self::Many(many) => SmallVec::from_vec(many),
        };
        entries.into_iter()
    }
}

#[cfg(test)]
mod tests;
