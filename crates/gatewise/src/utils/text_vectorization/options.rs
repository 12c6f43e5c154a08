//! How a text becomes tokens, and what is made of them.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// A function of one's own that changes a text.
type Change = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A function of one's own that cuts a text into tokens.
type Cut = Arc<dyn Fn(&str) -> Vec<String> + Send + Sync>;

/// Keras's `standardize`: what is done to a text before it is split.
#[derive(Clone, Default)]
pub enum Standardize {
    /// Nothing.
    None,
    /// `"lower"`: the letters A to Z become small ones. As in Keras, others (É) stay as they are.
    Lower,
    /// `"strip_punctuation"`: the 32 punctuation marks of ASCII are removed. As in Keras, others (« ’ …) stay.
    StripPunctuation,
    /// `"lower_and_strip_punctuation"`: both.
    #[default]
    LowerAndStripPunctuation,
    /// A function of one's own. Such a vectorization cannot be saved.
    Own(Change),
}

impl Standardize {
    /// A function of one's own, such as `|text| text.to_lowercase()`.
    pub fn own(change: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::Own(Arc::new(change))
    }

    /// Those that have a name, with it.
    pub(super) const NAMED: [(&str, Self); 3] = [
        ("lower_and_strip_punctuation", Self::LowerAndStripPunctuation),
        ("lower", Self::Lower),
        ("strip_punctuation", Self::StripPunctuation),
    ];

    pub(super) fn apply(&self, text: &str) -> String {
        let without_marks =
            |text: &str| text.chars().filter(|letter| !letter.is_ascii_punctuation()).collect();
        match self {
            Self::None => text.to_owned(),
            Self::Lower => text.to_ascii_lowercase(),
            Self::StripPunctuation => without_marks(text),
            Self::LowerAndStripPunctuation => without_marks(&text.to_ascii_lowercase()),
            Self::Own(change) => change(text),
        }
    }
}

/// Keras's `split`: what the tokens of a text are.
#[derive(Clone, Default)]
pub enum Split {
    /// The whole text is one token.
    None,
    /// `"whitespace"`: words. As in Keras, only the white space of ASCII separates them.
    #[default]
    Whitespace,
    /// `"character"`: the characters (Unicode scalar values), white space too.
    Character,
    /// A function of one's own. Such a vectorization cannot be saved.
    Own(Cut),
}

impl Split {
    /// A function of one's own.
    pub fn own(cut: impl Fn(&str) -> Vec<String> + Send + Sync + 'static) -> Self {
        Self::Own(Arc::new(cut))
    }

    /// Those that have a name, with it.
    pub(super) const NAMED: [(&str, Self); 2] =
        [("whitespace", Self::Whitespace), ("character", Self::Character)];

    pub(super) fn apply(&self, text: &str) -> Vec<String> {
        let is_space = |letter: char| letter == ' ' || ('\t'..='\r').contains(&letter);
        match self {
            Self::None => vec![text.to_owned()],
            Self::Whitespace => {
                text.split(is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect()
            }
            Self::Character => text.chars().map(String::from).collect(),
            Self::Own(cut) => cut(text),
        }
    }

    /// What stands between two tokens of a text.
    pub(super) fn separator(&self) -> &'static str {
        match self {
            Self::Character => "",
            _ => " ",
        }
    }
}

/// Keras's `ngrams`: runs of neighbouring tokens, joined by spaces, that are the tokens instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ngrams {
    /// Runs of 1, 2, … up to this many tokens.
    UpTo(usize),
    /// Runs of these lengths.
    Of(Vec<usize>),
}

impl From<usize> for Ngrams {
    fn from(longest: usize) -> Self {
        Self::UpTo(longest)
    }
}

impl<const N: usize> From<[usize; N]> for Ngrams {
    fn from(lengths: [usize; N]) -> Self {
        Self::Of(lengths.to_vec())
    }
}

impl Ngrams {
    /// The lengths of the runs.
    pub(super) fn lengths(&self) -> Vec<usize> {
        match self {
            Self::UpTo(longest) => (1..=*longest).collect(),
            Self::Of(lengths) => lengths.clone(),
        }
    }

    pub(super) fn apply(&self, tokens: &[String]) -> Vec<String> {
        let runs = |length: usize| tokens.windows(length).map(|run| run.join(" "));
        self.lengths().into_iter().flat_map(runs).collect()
    }
}

/// Keras's `output_mode`: what a text becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OutputMode {
    /// `"int"`: the numbers of its tokens, in order; 0 is padding, 1 a token that is not in the vocabulary.
    #[default]
    Int,
    /// `"multi_hot"`: for every token of the vocabulary, 1 if it occurs and else 0; the first stands for all others.
    MultiHot,
    /// `"count"`: how often each occurs.
    Count,
    /// `"tf_idf"`: how often each occurs, times ln(1 + texts / (1 + texts that it occurs in)), as `adapt` found.
    TfIdf,
}

impl OutputMode {
    /// Keras's names.
    pub(super) const NAMED: [(&str, Self); 4] =
        [("int", Self::Int), ("multi_hot", Self::MultiHot), ("count", Self::Count), ("tf_idf", Self::TfIdf)];

    /// The tokens that are in every vocabulary, first.
    pub(super) fn special_tokens(self) -> &'static [&'static str] {
        match self {
            Self::Int => &["", "[UNK]"],
            _ => &["[UNK]"],
        }
    }
}

impl Debug for Standardize {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Lower => "Lower",
            Self::StripPunctuation => "StripPunctuation",
            Self::LowerAndStripPunctuation => "LowerAndStripPunctuation",
            Self::Own(_) => "Own",
        })
    }
}

impl Debug for Split {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Whitespace => "Whitespace",
            Self::Character => "Character",
            Self::Own(_) => "Own",
        })
    }
}
