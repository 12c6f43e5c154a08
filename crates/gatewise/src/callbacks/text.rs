//! Numbers as Python writes them, for texts that are to be Keras's letter by letter.

/// A number as Python's `repr` writes it: the shortest digits that give the same number again, with an exponent below
/// 10⁻⁴ and from 10¹⁶ on.
pub(super) fn repr(value: f64) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let (_, exponent) = parts(&format!("{value:e}"));
    if (-4..16).contains(&exponent) {
        let text = value.to_string();
        return if text.contains('.') { text } else { format!("{text}.0") };
    }
    with_exponent(&format!("{value:e}"))
}

/// A number as Python's `{:.<decimals>f}` writes it.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { special(value) }
}

/// A number as Python's `{:.<decimals>e}` writes it, with at least two digits of exponent.
pub(super) fn scientific(value: f64, decimals: usize) -> String {
    if value.is_finite() { with_exponent(&format!("{value:.decimals$e}")) } else { special(value) }
}

/// A number as Python's `{:.<digits>g}` writes it: so many digits, without zeros at the end.
pub(super) fn general(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return special(value);
    }
    let digits = digits.max(1);
    let (_, exponent) = parts(&format!("{value:.*e}", digits - 1));
    if (-4..digits as i32).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        return without_zeros(&format!("{value:.decimals$}")).to_owned();
    }
    let text = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = parts(&text);
    with_exponent(&format!("{}e{exponent}", without_zeros(mantissa)))
}

fn special(value: f64) -> String {
    let text = if value.is_nan() { "nan" } else { "inf" };
    if value == f64::NEG_INFINITY { format!("-{text}") } else { text.to_owned() }
}

/// Mantissa and exponent of `1.5e-7`.
fn parts(text: &str) -> (&str, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// `1.5e-7` as `1.5e-07`.
fn with_exponent(text: &str) -> String {
    let (mantissa, exponent) = parts(text);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests;
