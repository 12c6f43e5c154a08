//! The arithmetic of Gatewise: slices in, slices out.
//!
//! Every function takes plain slices and a struct of sizes; a slice of the wrong length is a mistake of the
//! caller and panics with the name of the slice. Nothing here knows a tensor, a layer, a file or an error type.
//!
//! # Letters
//!
//! | letter | meaning |
//! |---|---|
//! | B, T, F, H | samples in the batch, time steps, features of the input, units of the layer |
//! | i, f, g, o | the gates: input, forget, candidate (Keras: cell), output; always in this order |
//! | h, c | the hidden state and the cell state, each `[B, H]` |
//! | σ, φ | `recurrent_activation` (gates i, f, o) and `activation` (gate g and the cell state) |
//! | W, U, b | `kernel` `[F, 4H]`, `recurrent_kernel` `[H, 4H]`, `bias` `[4H]`; a block of H columns per gate |
//! | G | the gates of a layer: 4 of the LSTM, 3 of the GRU (z, r, g), 1 of the simple recurrence |
//! | z | what the activations of the gates are applied to, `[4H]` per sample |
//! | `d_v` | the gradient of the loss by `v`, with the shape of `v` |
//!
//! Arrays are dense and row-major; `[B, T, F]` has the features of one step side by side.
//!
//! # Bits
//!
//! An element of a product is one chain of multiply-adds over the summed index in increasing order, fused on every
//! instruction set but [`InstructionSet::Generic`]. Its bits therefore depend neither on the other rows and
//! columns, nor on the tiling, nor on the number of threads, and T calls with one step each give the bits of one
//! call with T steps. Work is cut, and long sums are ordered, by shape alone.
//!
//! # Threads
//!
//! Large calls use the current `rayon` pool; the caller decides which one that is, or that there is [none](in_calling_thread).

pub mod activation;
pub mod bfloat16;
pub mod formula;
pub mod lstm;
pub mod matmul;
pub mod optimizer;
mod parallel;
mod passes;
pub mod peak;
mod real;
pub mod recurrent;
pub mod rnn;
mod simd;
#[cfg(test)]
mod testing;
mod tile;
pub mod vector;

pub use parallel::{in_calling_thread, is_in_calling_thread, stay_in_calling_thread};
pub use real::Real;
pub use simd::InstructionSet;
