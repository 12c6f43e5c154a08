//! Which products a step of each kind consists of, and how the gradients by its sums lie side by side.
//!
//! ```text
//! Simple         the sum of four vectors of units
//! ResetAfter     g │ z │ r │ n          x goes into the first three, h into the last three
//! ResetBefore    z │ r │ g              x goes into all, h into the first two, r ⊙ h into g
//! ```

use crate::recurrent::backward::{Chain, Layout, Operand, Product};
use crate::rnn::{CANDIDATE, Kind, RESET, UPDATE};

const SIMPLE: &[Chain] = &[Chain { sum: 0, gate: 0, count: 1 }];

/// Where the gradients by the sums of z, r, g and n of a [`Kind::ResetAfter`] lie.
const PLACES_AFTER: [usize; 4] = [1, 2, 0, 3];

/// Where the gradients by the sums of a kind lie, by their numbers in the record.
pub(super) const fn places(kind: Kind) -> [usize; 4] {
    match kind {
        Kind::ResetAfter => PLACES_AFTER,
        Kind::Simple | Kind::ResetBefore => [0, 1, 2, 3],
    }
}

/// The layout of the gradients of a kind.
pub(super) fn layout(kind: Kind) -> Layout {
    let (vectors_of_units, recorded) = match kind {
        Kind::Simple => (4, 1),
        Kind::ResetAfter | Kind::ResetBefore => (1, kind.sums() + 1),
    };
    Layout { gates: kind.gates(), vectors_of_units, recorded, products: products(kind) }
}

fn products(kind: Kind) -> &'static [Product] {
    match kind {
        Kind::Simple => &[
            Product { operand: Operand::X, chains: SIMPLE },
            Product { operand: Operand::H, chains: SIMPLE },
        ],
        Kind::ResetAfter => &[
            Product {
                operand: Operand::X,
                chains: &[
                    Chain { sum: PLACES_AFTER[CANDIDATE], gate: CANDIDATE, count: 1 },
                    Chain { sum: PLACES_AFTER[UPDATE], gate: UPDATE, count: 2 },
                ],
            },
            Product {
                operand: Operand::H,
                chains: &[Chain { sum: PLACES_AFTER[UPDATE], gate: UPDATE, count: 3 }],
            },
        ],
        Kind::ResetBefore => &[
            Product { operand: Operand::X, chains: &[Chain { sum: UPDATE, gate: UPDATE, count: 3 }] },
            Product { operand: Operand::H, chains: &[Chain { sum: UPDATE, gate: UPDATE, count: 2 }] },
            Product {
                operand: Operand::ResetH,
                chains: &[Chain { sum: CANDIDATE, gate: CANDIDATE, count: 1 }],
            },
        ],
    }
}

// The gates of a block of columns follow each other in these chains.
const _: () = assert!(UPDATE + 1 == RESET && RESET + 1 == CANDIDATE);
