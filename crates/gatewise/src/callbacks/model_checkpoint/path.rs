//! Paths with placeholders, as Python's `str.format` fills them: `{epoch:02d}-{val_loss:.2f}.keras`.

use super::super::Logs;
use super::super::text::{fixed, general, repr, scientific};
use crate::error::{Error, Result};

/// What placeholders stand for: counts and the numbers of the logs.
pub(super) struct Values<'a> {
    /// Counted from 1.
    pub epoch: usize,
    /// Counted from 1; `None` after an epoch.
    pub batch: Option<usize>,
    pub logs: &'a Logs,
}

#[derive(Debug, Clone, Copy)]
enum Number {
    Count(usize),
    Real(f64),
}

/// Fills the placeholders of a path.
///
/// # Errors
/// If a placeholder has no such value, or asks for a form that is not known.
pub(super) fn fill(template: &str, values: &Values<'_>) -> Result<String> {
    let wrong =
        |text: String| Error::argument("ModelCheckpoint", format!("`filepath` \"{template}\": {text}"));
    let mut path = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        path.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            path.push_str(brace);
            rest = after;
            continue;
        }
        let end = rest.find('}').filter(|_| brace == "{");
        let end = end.ok_or_else(|| wrong(format!("a single \"{brace}\"; write it twice if it is meant")))?;
        let (name, form) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        let number = values.get(name).ok_or_else(|| wrong(values.unknown(name)))?;
        let text =
            write(number, form).ok_or_else(|| wrong(format!("cannot write {{{name}}} as \"{form}\"")))?;
        path.push_str(&text);
        rest = &rest[end + 1..];
    }
    path.push_str(rest);
    Ok(path)
}

impl Values<'_> {
    fn get(&self, name: &str) -> Option<Number> {
        match (name, self.logs.get(name)) {
            ("epoch", _) => Some(Number::Count(self.epoch)),
            (_, Some(number)) => Some(Number::Real(*number)),
            ("batch", None) => self.batch.map(Number::Count),
            _ => None,
        }
    }

    fn unknown(&self, name: &str) -> String {
        let batch = self.batch.map(|_| "batch");
        let known: Vec<&str> =
            ["epoch"].into_iter().chain(batch).chain(self.logs.keys().map(String::as_str)).collect();
        format!("expected placeholders among {}, got {{{name}}}", known.join(", "))
    }
}

/// Python's format specification without the parts that no path needs: `[align][sign][0][width][.precision][type]`.
#[derive(Debug, Default)]
struct Form {
    align: Option<char>,
    sign: Option<char>,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

fn write(number: Number, form: &str) -> Option<String> {
    let form = parse(form)?;
    let real = match number {
        Number::Count(count) => count as f64,
        Number::Real(real) => real,
    };
    let digits = match (number, form.kind) {
        (Number::Count(count), None | Some('d')) if form.precision.is_none() => count.to_string(),
        (Number::Real(real), None) => plain(real, form.precision),
        (_, Some('f' | 'F')) => fixed(real, form.precision.unwrap_or(6)),
        (_, Some('e')) => scientific(real, form.precision.unwrap_or(6)),
        (_, Some('g')) => general(real, form.precision.unwrap_or(6)),
        (_, Some('%')) => format!("{}%", fixed(100.0 * real, form.precision.unwrap_or(6))),
        _ => return None,
    };
    Some(pad(&digits, &form))
}

/// A real number without a type: like `g`, but it always shows that it is real.
fn plain(real: f64, precision: Option<usize>) -> String {
    let Some(digits) = precision else { return repr(real) };
    let text = scientific(real, digits.max(1) - 1);
    let exponent = text.rsplit_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    if exponent.is_some_and(|exponent| exponent >= digits as i32 - 1) && digits > 0 {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, ""));
        let mantissa = if mantissa.contains('.') {
            mantissa.trim_end_matches('0').trim_end_matches('.')
        } else {
            mantissa
        };
        return format!("{mantissa}e{exponent}");
    }
    let text = general(real, digits);
    if text.contains(['.', 'e', 'n']) { text } else { format!("{text}.0") }
}

fn parse(form: &str) -> Option<Form> {
    let mut parsed = Form::default();
    let mut rest = form;
    if rest.starts_with(['<', '>', '^']) {
        parsed.align = rest.chars().next();
        rest = &rest[1..];
    }
    if rest.starts_with(['+', '-', ' ']) {
        parsed.sign = rest.chars().next();
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('0') {
        (parsed.zeros, rest) = (true, after);
    }
    let (width, after) = number(rest)?;
    (parsed.width, rest) = (width.unwrap_or(0), after);
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after)?;
        (parsed.precision, rest) = (Some(precision?), after);
    }
    let mut letters = rest.chars();
    parsed.kind = letters.next();
    letters.next().is_none().then_some(parsed)
}

/// A count at the start of a text, if there is one, and what follows. `None` if it is out of all bounds.
fn number(text: &str) -> Option<(Option<usize>, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    match end {
        0 => Some((None, text)),
        1..=3 => Some((text[..end].parse().ok(), &text[end..])),
        _ => None,
    }
}

fn pad(digits: &str, form: &Form) -> String {
    let (minus, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => (
            form.sign.filter(|sign| *sign != '-').map_or("", |sign| if sign == '+' { "+" } else { " " }),
            digits,
        ),
    };
    let missing = form.width.saturating_sub(minus.len() + digits.len());
    let spaces = |count| " ".repeat(count);
    match form.align {
        None if form.zeros => format!("{minus}{}{digits}", "0".repeat(missing)),
        Some('<') => format!("{minus}{digits}{}", spaces(missing)),
        Some('^') => format!("{}{minus}{digits}{}", spaces(missing / 2), spaces(missing - missing / 2)),
        _ => format!("{}{minus}{digits}", spaces(missing)),
    }
}
