//! Texts as numbers.

use ndarray::{Array2, ArrayD, Ix2};

use super::PadSequences;
use super::pad_sequences::{Side, pad_sequences};
use crate::error::{Error, Result};

mod config;
mod options;
mod vocabulary;

pub use options::{Ngrams, OutputMode, Split, Standardize};

use vocabulary::Vocabulary;

/// Words or characters as the numbers of a vocabulary, as Keras's `TextVectorization`: a text is standardized, split into tokens,
/// and every token looked up. In Keras it can be a layer of a model; here it makes the data for one, and its vocabulary
/// is [saved](Self::to_json) beside the model.
///
/// In the output mode `int` the vocabulary begins with `""`, the padding, and `"[UNK]"`, which stands for every token that
/// is not known; in the others with `"[UNK]"`.
///
/// Source: <https://keras.io/api/layers/preprocessing_layers/text/text_vectorization/>. What Keras does to letters and white space beyond ASCII
/// (nothing) holds here too; see [`Standardize`] and [`Split`].
///
/// ```
/// use gatewise::utils::TextVectorization;
///
/// let mut words = TextVectorization::new().output_sequence_length(4);
/// words.adapt(["foo bar", "bar baz", "baz bada boom"])?;
/// assert_eq!(words.get_vocabulary()?, ["", "[UNK]", "baz", "bar", "foo", "boom", "bada"]);
/// let x = words.call(["Foo qux bar!", "qux baz"])?;
/// assert_eq!(x, ndarray::array![[4.0, 1.0, 3.0, 0.0], [1.0, 2.0, 0.0, 0.0]].into_dyn());
/// assert_eq!(words.detokenize(&x)?, ["foo [UNK] bar", "[UNK] baz"]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TextVectorization {
    name: String,
    max_tokens: Option<usize>,
    standardize: Standardize,
    split: Split,
    ngrams: Option<Ngrams>,
    output_mode: OutputMode,
    output_sequence_length: Option<usize>,
    pad_to_max_tokens: bool,
    vocabulary: Option<Vocabulary>,
}

impl Default for TextVectorization {
    fn default() -> Self {
        Self {
            name: "text_vectorization".to_owned(),
            max_tokens: None,
            standardize: Standardize::default(),
            split: Split::default(),
            ngrams: None,
            output_mode: OutputMode::default(),
            output_sequence_length: None,
            pad_to_max_tokens: false,
            vocabulary: None,
        }
    }
}

impl TextVectorization {
    /// Numbers of words in lower case without punctuation, Keras's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keras's `name`.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Keras's `max_tokens`: the most tokens of the vocabulary (default: any number), those that are in every vocabulary
    /// included.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = Some(max_tokens);
        self
    }

    /// Keras's `standardize` (default: lower case without punctuation).
    pub fn standardize(mut self, standardize: Standardize) -> Self {
        self.standardize = standardize;
        self
    }

    /// Keras's `split` (default: words).
    pub fn split(mut self, split: Split) -> Self {
        self.split = split;
        self
    }

    /// Keras's `ngrams` (default: none): a number for all runs up to this length, or a list of lengths.
    pub fn ngrams(mut self, ngrams: impl Into<Ngrams>) -> Self {
        self.ngrams = Some(ngrams.into());
        self
    }

    /// Keras's `output_mode` (default `int`). It ends an earlier vocabulary.
    pub fn output_mode(mut self, output_mode: OutputMode) -> Self {
        self.output_mode = output_mode;
        self.vocabulary = None;
        self
    }

    /// Keras's `output_sequence_length`: the steps of every text (default: of the longest one), for the output mode `int`.
    pub fn output_sequence_length(mut self, steps: usize) -> Self {
        self.output_sequence_length = Some(steps);
        self
    }

    /// Keras's `pad_to_max_tokens` (default false): whether the output has `max_tokens` columns also where the vocabulary is
    /// smaller, for the output modes other than `int`.
    pub fn pad_to_max_tokens(mut self, pad_to_max_tokens: bool) -> Self {
        self.pad_to_max_tokens = pad_to_max_tokens;
        self
    }

    /// Checks the arguments.
    fn check(&self) -> Result<()> {
        let special = self.output_mode.special_tokens().len();
        let is_int = self.output_mode == OutputMode::Int;
        let lengths = self.ngrams.as_ref().map(Ngrams::lengths);
        let text = match (self.max_tokens, self.output_sequence_length) {
            (Some(most), _) if most <= special => {
                format!("`max_tokens` must be above {special}, the tokens of every vocabulary, got {most}")
            }
            (_, Some(0)) => "`output_sequence_length` must be at least 1, got 0".to_owned(),
            (_, Some(_)) if !is_int => "`output_sequence_length` is for the output mode int only".to_owned(),
            (None, _) if self.pad_to_max_tokens => "`pad_to_max_tokens` needs `max_tokens`".to_owned(),
            _ if lengths.is_some_and(|lengths| lengths.is_empty() || lengths.contains(&0)) => {
                "`ngrams` must be lengths of at least 1".to_owned()
            }
            _ => return Ok(()),
        };
        Err(Error::argument(&self.name, text))
    }

    /// Learns the vocabulary of these texts, in place of an earlier one: the most frequent tokens first, and of equally frequent
    /// ones the last in the order of their bytes.
    ///
    /// # Errors
    /// If an argument is out of range, or the texts have no token.
    pub fn adapt<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) -> Result<()> {
        self.check()?;
        let texts: Vec<Vec<String>> = texts.into_iter().map(|text| self.tokens(text.as_ref())).collect();
        self.vocabulary = Some(Vocabulary::learn(self.output_mode, &texts, self.max_tokens)?);
        Ok(())
    }

    /// Takes this vocabulary in place of learning one. It may begin with the tokens that are in every vocabulary.
    ///
    /// # Errors
    /// If it is empty, larger than `max_tokens`, or has a token twice; or in the output mode `tf_idf`.
    pub fn set_vocabulary<T: AsRef<str>>(&mut self, tokens: impl IntoIterator<Item = T>) -> Result<()> {
        self.set_vocabulary_with(tokens, &[])
    }

    /// The same for the output mode `tf_idf`, with the inverse document frequency of every token. Where the vocabulary does
    /// not begin with `"[UNK]"`, unknown tokens have the mean of all.
    ///
    /// # Errors
    /// As [`set_vocabulary`](Self::set_vocabulary); or if the number of weights differs, or the output mode is another.
    pub fn set_vocabulary_with<T: AsRef<str>>(
        &mut self,
        tokens: impl IntoIterator<Item = T>,
        idf_weights: &[f32],
    ) -> Result<()> {
        self.check()?;
        let list: Vec<String> = tokens.into_iter().map(|token| token.as_ref().to_owned()).collect();
        let vocabulary = Vocabulary::from_list(self.output_mode, &list, idf_weights)?;
        match self.max_tokens {
            Some(most) if vocabulary.tokens.len() > most => {
                let text = format!("expected at most {most} tokens, got {}", vocabulary.tokens.len());
                return Err(Error::data("set_vocabulary", text));
            }
            _ => self.vocabulary = Some(vocabulary),
        }
        Ok(())
    }

    /// The tokens by their numbers, those that are in every vocabulary first.
    ///
    /// # Errors
    /// If there is no vocabulary yet.
    pub fn get_vocabulary(&self) -> Result<&[String]> {
        self.vocabulary().map(|vocabulary| vocabulary.tokens.as_slice())
    }

    /// The number of tokens of the vocabulary: what an [`Embedding`](crate::layers::Embedding) takes as its `input_dim`.
    ///
    /// # Errors
    /// If there is no vocabulary yet.
    pub fn vocabulary_size(&self) -> Result<usize> {
        self.get_vocabulary().map(<[String]>::len)
    }

    fn vocabulary(&self) -> Result<&Vocabulary> {
        self.vocabulary.as_ref().ok_or_else(|| {
            Error::state(&self.name, "there is no vocabulary yet; call `adapt` or `set_vocabulary`")
        })
    }

    /// What the texts become: `[texts, time]` numbers of tokens, each from 0 to below the size of the vocabulary, with 0 after the end of a shorter
    /// text; or in the other output modes `[texts, tokens]`.
    ///
    /// # Errors
    /// If there is no vocabulary yet or no text, or an argument is out of range; or if no text has a token and there is no
    /// `output_sequence_length`.
    pub fn call<T: AsRef<str>>(&self, texts: impl IntoIterator<Item = T>) -> Result<ArrayD<f32>> {
        self.check()?;
        let vocabulary = self.vocabulary()?;
        let number = |token: String| vocabulary.number(self.output_mode, &token);
        let texts: Vec<Vec<String>> = texts.into_iter().map(|text| self.tokens(text.as_ref())).collect();
        if texts.is_empty() {
            return Err(Error::data(&self.name, "expected at least one text, got none"));
        }
        if self.output_mode != OutputMode::Int {
            return Ok(self.bags(vocabulary, &texts).into_dyn());
        }
        let numbers: Vec<Vec<usize>> =
            texts.into_iter().map(|text| text.into_iter().map(number).collect()).collect();
        let options = PadSequences {
            maxlen: self.output_sequence_length,
            padding: Side::Post,
            truncating: Side::Post,
            value: 0.0,
        };
        if options.maxlen.is_none() && numbers.iter().all(Vec::is_empty) {
            return Err(Error::data(&self.name, "expected a text with at least one token, got none"));
        }
        pad_sequences(&numbers, options)
    }

    /// For every text a row with a column for every token.
    fn bags(&self, vocabulary: &Vocabulary, texts: &[Vec<String>]) -> Array2<f32> {
        let size = vocabulary.tokens.len();
        let columns = if self.pad_to_max_tokens { self.max_tokens.unwrap_or(size) } else { size };
        let mut bags = Array2::zeros((texts.len(), columns));
        for (mut row, text) in bags.outer_iter_mut().zip(texts) {
            for token in text.iter().filter(|token| !token.is_empty()) {
                row[vocabulary.number(self.output_mode, token)] += 1.0;
            }
            match self.output_mode {
                OutputMode::MultiHot => row.mapv_inplace(|count| f32::min(count, 1.0)),
                OutputMode::TfIdf => {
                    row.iter_mut().zip(&vocabulary.idf_weights).for_each(|(count, weight)| *count *= weight);
                }
                OutputMode::Int | OutputMode::Count => {}
            }
        }
        bags
    }

    /// The texts that these numbers `[texts, time]` stand for, without the padding: words with spaces between them,
    /// characters without.
    ///
    /// # Errors
    /// If the output mode is not `int` or there are `ngrams`; if there is no vocabulary yet, or a number is not in it.
    pub fn detokenize(&self, tokens: &ArrayD<f32>) -> Result<Vec<String>> {
        let vocabulary = self.vocabulary()?;
        if self.output_mode != OutputMode::Int || self.ngrams.is_some() {
            let text = "`detokenize` is for the output mode int without `ngrams`";
            return Err(Error::unsupported(&self.name, text));
        }
        let Ok(tokens) = tokens.view().into_dimensionality::<Ix2>() else {
            let text = format!("expected tokens [texts, time], got {:?}", tokens.shape());
            return Err(Error::shape(&self.name, text));
        };
        let known = &vocabulary.tokens;
        let token = |number: &f32| match known.get(*number as usize) {
            Some(token) if *number >= 0.0 && number.fract() == 0.0 => Ok(token.as_str()),
            _ => {
                let text = format!("expected whole numbers from 0 to {}, got {number}", known.len() - 1);
                Err(Error::data(&self.name, text))
            }
        };
        let text = |row: ndarray::ArrayView1<'_, f32>| {
            let tokens = row.iter().filter(|number| **number != 0.0).map(token);
            Ok(tokens.collect::<Result<Vec<_>>>()?.join(self.split.separator()))
        };
        tokens.outer_iter().map(text).collect()
    }

    fn tokens(&self, text: &str) -> Vec<String> {
        let tokens = self.split.apply(&self.standardize.apply(text));
        match &self.ngrams {
            Some(ngrams) => ngrams.apply(&tokens),
            None => tokens,
        }
    }
}
