//! Files that models are kept in.

mod atomic;
mod safetensors;
mod stream_state;

pub use atomic::write_atomically;
