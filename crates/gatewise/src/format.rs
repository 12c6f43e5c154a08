//! Files that models and arrays are kept in.
//!
//! | ending | holds | methods |
//! |---|---|---|
//! | `.keras` | architecture and weights, as Keras 3 keeps them | [`Model::save`], [`Model::load`] |
//! | `.safetensors` | weights, and the architecture if it was saved | the same, [`Model::save_weights`] |
//! | `.h5`, `.hdf5` | the same, as Keras 1 and 2 kept them and Keras 3 still can | the same |
//! | `.weights.h5` | weights, as Keras keeps them | [`Model::save_weights`], [`Model::load_weights`] |
//! | `.json` | the architecture | [`Model::to_json`], [`Model::from_json`] |
//!
//! [`load`] reads any of them and says what it found. Arrays come from and go to NumPy's `.npy` ([`read_npy`],
//! [`write_npy`]) and `.npz` ([`read_npz`], [`write_npz`]).
//!
//! [`Model::save`]: crate::Model::save
//! [`Model::load`]: crate::Model::load
//! [`Model::save_weights`]: crate::Model::save_weights
//! [`Model::load_weights`]: crate::Model::load_weights
//! [`Model::to_json`]: crate::Model::to_json
//! [`Model::from_json`]: crate::Model::from_json

mod archive;
mod atomic;
mod convert;
mod h5;
mod json;
mod keras;
mod legacy;
mod load;
pub(crate) mod npy;
mod optimizer;
mod safetensors;
mod save;
mod stream_state;
mod torch;
mod training_state;
mod weights;

pub use atomic::write_atomically;
pub use load::{FileFormat, Load, LoadReport, Loaded, from_bytes, load};
pub use npy::{read_npy, read_npz, write_npy, write_npz};
pub use torch::load_torch_weights;
pub(crate) use training_state::TrainingState;
