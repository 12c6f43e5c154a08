//! Connectionist temporal classification.

use super::Losses;
use super::function::plain_loss;

plain_loss! {
    /// −ln of the probability that the logits spell the labels, for sequences that are not aligned (speech, handwriting):
    /// the sum over all ways to place the labels in time, with blanks between them and each for one or several steps.
    ///
    /// Targets are labels `[batch, length]` from 1 on; 0 is the blank, which also pads after the last label. Predictions are
    /// logits `[batch, time, classes]`, which the loss itself makes probabilities of, losses `[batch]`. Equal neighbours need a
    /// blank between them, so a sample has to have as many steps as labels and repetitions; one that has fewer is an error, as
    /// is a label that is no class (Keras goes on with a loss that means nothing).
    ///
    /// Steps that are masked are passed over, so that the mask gives the lengths of the inputs; Keras knows no length but
    /// that of all steps, and fails where there is a mask.
    /// Source: A. Graves et al., "Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent
    /// Neural Networks", 2006, <https://www.cs.toronto.edu/~graves/icml_2006.pdf>, and `keras.losses.CTC`.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input, Lstm};
    /// use gatewise::losses::CTC;
    /// use gatewise::{Compile, Sequential};
    ///
    /// let mut model = Sequential::new();
    /// model.add(Input::new([None, Some(13)]))?;
    /// model.add(Lstm::new(8).return_sequences(true))?;
    /// model.add(Dense::new(1 + 26))?; // the blank and the letters; no softmax
    /// model.compile(Compile::new("adam", CTC))?;
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    CTC, "ctc",
    |b, batch| {
        let values = b.ctc_loss("ctc", batch.y_pred, batch.y_true, batch.mask)?;
        Ok(Losses { values, mask: None })
    }
}
