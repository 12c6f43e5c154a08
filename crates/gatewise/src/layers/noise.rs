//! Layers that draw random numbers in training and do nothing in inference.

mod alpha_dropout;
mod gaussian_dropout;
mod gaussian_noise;
mod spatial_dropout1d;

pub use alpha_dropout::AlphaDropout;
pub use gaussian_dropout::GaussianDropout;
pub use gaussian_noise::GaussianNoise;
pub use spatial_dropout1d::SpatialDropout1d;

#[cfg(test)]
mod tests;
