//! Elementwise functions, functions of rows and sums over slices.
//!
//! Every function writes each element of its result; slices of one call have one length unless said otherwise.
//! Bits of an element depend neither on its position nor on the length of the slice. [`exp`], [`tanh`],
//! [`sigmoid`] and [`softplus`] are polynomials over whole vectors, off by at most 1, 3, 4 and 3 units in the last
//! place; [`erf`] and [`log`] go element by element and are off by at most 1.

mod elementwise;
mod reduce;
mod rows;
#[cfg(test)]
mod tests;

pub use elementwise::{
    add_scaled, erf, exp, log, map, map_in_place, relu, sigmoid, softplus, tanh, update, zip_map,
};
pub use reduce::{column_sums, dot, sum};
pub(crate) use rows::ROWS_TOGETHER;
pub use rows::{
    log_softmax_gradient_rows, log_softmax_rows, softmax_gradient_rows, softmax_rows,
    sparsemax_gradient_rows, sparsemax_rows, transpose,
};

fn check_length(name: &str, expected: usize, got: usize) {
    assert_eq!(got, expected, "vector: `{name}` must hold {expected} numbers");
}
