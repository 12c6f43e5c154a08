//! The tokens that are known, by their numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::OutputMode;
use crate::error::{Error, Result};

/// Tokens beyond the special ones are numbered in their order, after those.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Vocabulary {
    pub tokens: Vec<String>,
    numbers: HashMap<String, usize>,
    /// Inverse document frequencies of all tokens, the special ones too, where the output mode has them.
    pub idf_weights: Vec<f32>,
}

impl Vocabulary {
    /// The special tokens of the mode, then these.
    fn new(mode: OutputMode, learned: Vec<String>, idf_weights: Vec<f32>) -> Self {
        let first = mode.special_tokens().len();
        let numbers = learned.iter().enumerate().map(|(index, token)| (token.clone(), first + index));
        let numbers = numbers.collect();
        let special = mode.special_tokens().iter().map(|token| (*token).to_owned());
        Self { tokens: special.chain(learned).collect(), numbers, idf_weights }
    }

    /// The vocabulary that a list of tokens gives, which may begin with the special ones.
    ///
    /// # Errors
    /// If it is empty, has a token twice or "" elsewhere, or the weights do not fit.
    pub fn from_list(mode: OutputMode, list: &[String], idf_weights: &[f32]) -> Result<Self> {
        let subject = "set_vocabulary";
        let special = mode.special_tokens();
        let has_special = list.iter().take(special.len()).eq(special.iter());
        let learned = if has_special { &list[special.len()..] } else { list };
        if learned.is_empty() {
            return Err(Error::data(subject, "expected at least one token, got none"));
        }
        let mut seen = BTreeSet::new();
        for token in learned {
            if token.is_empty() || !seen.insert(token) {
                let what = if token.is_empty() { "which is padding" } else { "which is there twice" };
                return Err(Error::data(
                    subject,
                    format!("expected different tokens, got {token:?}, {what}"),
                ));
            }
        }
        let idf_weights = match mode {
            OutputMode::TfIdf if idf_weights.len() != list.len() => {
                let text = format!(
                    "expected {} `idf_weights`, one for each token, got {}",
                    list.len(),
                    idf_weights.len()
                );
                return Err(Error::argument(subject, text));
            }
            OutputMode::TfIdf if has_special => idf_weights.to_vec(),
            OutputMode::TfIdf => with_mean_first(idf_weights),
            _ if !idf_weights.is_empty() => {
                let text = "`idf_weights` are for the output mode tf_idf only";
                return Err(Error::argument(subject, text));
            }
            _ => Vec::new(),
        };
        Ok(Self::new(mode, learned.to_vec(), idf_weights))
    }

    /// The vocabulary of these texts, each a list of tokens: the most frequent tokens first, and among equally frequent ones the
    /// last by the order of their bytes.
    ///
    /// # Errors
    /// If there is no token.
    pub fn learn(mode: OutputMode, texts: &[Vec<String>], max_tokens: Option<usize>) -> Result<Self> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for text in texts {
            let mut is_new: BTreeSet<&str> = BTreeSet::new();
            for token in text {
                let (count, documents) = counts.entry(token).or_default();
                *count += 1;
                *documents += usize::from(is_new.insert(token));
            }
        }
        counts.remove("");
        counts.remove("[UNK]");
        let mut learned: Vec<(&str, (usize, usize))> = counts.into_iter().rev().collect();
        learned.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        let most = max_tokens.map_or(usize::MAX, |most| most - mode.special_tokens().len());
        learned.truncate(most);
        if learned.is_empty() {
            let text = format!("expected texts with at least one token, got {} texts without", texts.len());
            return Err(Error::data("adapt", text));
        }
        let inverse_frequency =
            |documents: usize| (1.0 + texts.len() as f64 / (1 + documents) as f64).ln() as f32;
        let idf_weights = match mode {
            OutputMode::TfIdf => {
                let weights = learned.iter().map(|(_, (_, documents))| inverse_frequency(*documents));
                with_mean_first(&weights.collect::<Vec<_>>())
            }
            _ => Vec::new(),
        };
        let learned = learned.into_iter().map(|(token, _)| token.to_owned()).collect();
        Ok(Self::new(mode, learned, idf_weights))
    }

    /// The number of a token, or of the one that stands for all others.
    pub fn number(&self, mode: OutputMode, token: &str) -> usize {
        match self.numbers.get(token) {
            Some(number) => *number,
            None if token.is_empty() && mode == OutputMode::Int => 0,
            None => mode.special_tokens().len() - 1,
        }
    }
}

/// The weights after that of unknown tokens, which have the mean of all.
fn with_mean_first(weights: &[f32]) -> Vec<f32> {
    let mean = weights.iter().sum::<f32>() / weights.len() as f32;
    std::iter::once(mean).chain(weights.iter().copied()).collect()
}
