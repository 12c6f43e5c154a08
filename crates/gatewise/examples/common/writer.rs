//! What an encoder and one step of a decoder write.

use gatewise::{Arrays, Model, Predict, Result};
use ndarray::{Array2, ArrayD, Axis};

use super::beam::{Beam, beam_search};

/// What a decoder takes for tokens that were written, `[rows, 1, …]`.
pub type Given = Box<dyn Fn(&[usize]) -> ArrayD<f32>>;

/// The two models for inference of an encoder–decoder.
pub struct Writer {
    /// From what is read `[1, time, …]` to the states that the decoder starts from.
    pub encoder: Model,
    /// From the token before and the states to the probabilities of the next token and the next states.
    pub decoder: Model,
    /// What the decoder takes for the tokens before.
    pub given: Given,
    /// The mark that begins a text.
    pub start: usize,
    /// The mark that ends it.
    pub end: usize,
}

impl Writer {
    /// The likeliest text after `read [1, time, …]`, as tokens without the marks, after a search that keeps this many
    /// beginnings: with one it is greedy.
    ///
    /// # Errors
    /// If `read` does not fit the encoder.
    pub fn write(&self, read: &ArrayD<f32>, beams: usize, longest: usize) -> Result<Vec<usize>> {
        let states = self.encoder.predict_all(read, Predict::default())?;
        let first: [ArrayD<f32>; 2] = states.try_into().expect("the encoder has two states");
        let step = |last: &[usize], states: [ArrayD<f32>; 2], rows: &[usize]| {
            self.step(last, &states.map(|state| state.select(Axis(0), rows)))
        };
        let found: Vec<Beam> = beam_search(beams, self.start, self.end, longest, first, step)?;
        Ok(found[0].tokens.clone())
    }

    /// The logarithms of the probabilities of the token after each of `last`, and the next states; all `[rows, …]`.
    fn step(&self, last: &[usize], states: &[ArrayD<f32>; 2]) -> Result<(Array2<f32>, [ArrayD<f32>; 2])> {
        let given = (self.given)(last);
        let inputs = Arrays::from([&given, &states[0], &states[1]]);
        let [y, h, c]: [ArrayD<f32>; 3] = self
            .decoder
            .predict_all(inputs, Predict::default())?
            .try_into()
            .expect("the decoder has three outputs");
        let y = y.index_axis_move(Axis(1), 0).mapv(f32::ln);
        Ok((y.into_dimensionality().expect("[rows, tokens]"), [h, c]))
    }
}
