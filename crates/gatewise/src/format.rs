//! Files that models are kept in.

mod atomic;
mod safetensors;

pub use atomic::write_atomically;
