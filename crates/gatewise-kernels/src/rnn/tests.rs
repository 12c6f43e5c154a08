//! The reference against central differences and known values, and the fast functions against the reference.

mod case;
mod differences;
mod fast;
mod identities;
mod options;
mod tokens;

use super::Kind;
use case::{Activations, Arrays, Case, Dropout, KINDS, Results};
