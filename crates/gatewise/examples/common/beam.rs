//! Beam search, with any model and any state.

use gatewise::Result;
use ndarray::Array2;

/// A beginning of a text.
#[derive(Debug, Clone)]
pub struct Beam {
    /// What was written, without the marks of start and end.
    pub tokens: Vec<usize>,
    /// The logarithm of its probability.
    pub score: f32,
    is_done: bool,
}

impl Beam {
    /// The score by token, so that a longer text is not the worse for it.
    fn mean_score(&self) -> f32 {
        self.score / (self.tokens.len() + usize::from(self.is_done)).max(1) as f32
    }
}

/// The best texts of at most `longest` tokens, the best first, of a search that keeps `width` beginnings; with a width
/// of 1 the search is greedy.
///
/// `step(last tokens, state, rows)` goes on from the rows of the state and returns the logarithms of the probabilities of
/// the next token, `[rows, tokens]`, and the next state.
///
/// # Errors
/// Those of `step`.
pub fn beam_search<S>(
    width: usize,
    start: usize,
    end: usize,
    longest: usize,
    state: S,
    mut step: impl FnMut(&[usize], S, &[usize]) -> Result<(Array2<f32>, S)>,
) -> Result<Vec<Beam>> {
    let mut beams = vec![Beam { tokens: Vec::new(), score: 0.0, is_done: false }];
    let mut done: Vec<Beam> = Vec::new();
    // The row of the state that each beam goes on from.
    let (mut state, mut rows) = (state, vec![0]);
    for _ in 0..longest {
        let last: Vec<usize> = beams.iter().map(|beam| *beam.tokens.last().unwrap_or(&start)).collect();
        let (scores, next) = step(&last, state, &rows)?;
        state = next;
        let mut candidates: Vec<(usize, usize, f32)> = scores
            .indexed_iter()
            .map(|((row, token), score)| (row, token, beams[row].score + score))
            .filter(|(_, token, _)| *token != start)
            .collect();
        candidates.sort_by(|a, b| b.2.total_cmp(&a.2));
        let mut grown = Vec::new();
        rows.clear();
        for (row, token, score) in candidates.into_iter().take(width) {
            let mut beam = Beam { score, ..beams[row].clone() };
            if token == end {
                beam.is_done = true;
                done.push(beam);
            } else {
                beam.tokens.push(token);
                grown.push(beam);
                rows.push(row);
            }
        }
        beams = grown;
        if beams.is_empty() || done.len() >= width {
            break;
        }
    }
    // An unfinished text may only win where none was finished: what it lacks is not in its score.
    if done.is_empty() {
        done = beams;
    }
    done.sort_by(|a, b| b.mean_score().total_cmp(&a.mean_score()));
    Ok(done)
}
