//! Colours of pictures and the keys of their legends. The colours stay apart for colour-blind eyes and in grey print.

use plotters::element::{DashedPathElement, PathElement, Rectangle};
use plotters::prelude::{Color, RGBAColor, RGBColor, ShapeStyle};

/// What is known, and numbers of the training data.
pub const HISTORY: RGBColor = RGBColor(52, 64, 84);
/// What is foretold, and numbers of the validation data.
pub const FORECAST: RGBColor = RGBColor(0, 98, 178);
/// What was foretold before, and a point to look at.
pub const PAST_FORECAST: RGBColor = RGBColor(217, 95, 2);
/// The narrower band around a forecast.
pub const BAND_80: RGBAColor = RGBAColor(0, 98, 178, 0.30);
/// The wider band around a forecast.
pub const BAND_95: RGBAColor = RGBAColor(0, 98, 178, 0.14);
/// Lines behind everything.
pub const GRID: RGBColor = RGBColor(225, 229, 235);
/// All letters.
pub const TEXT: RGBColor = RGBColor(40, 48, 60);

const KEY_WIDTH: i32 = 24;

/// A piece of line beside its name.
pub fn line_key(style: ShapeStyle) -> impl Fn((i32, i32)) -> PathElement<(i32, i32)> {
    move |(x, y)| PathElement::new(vec![(x, y), (x + KEY_WIDTH, y)], style)
}

/// A piece of dashed line beside its name.
pub fn dashed_key(
    style: ShapeStyle,
) -> impl Fn((i32, i32)) -> DashedPathElement<std::vec::IntoIter<(i32, i32)>, i32> {
    move |(x, y)| DashedPathElement::new(vec![(x, y), (x + KEY_WIDTH, y)], 6, 4, style)
}

/// A patch of a band beside its name.
pub fn band_key(color: RGBAColor) -> impl Fn((i32, i32)) -> Rectangle<(i32, i32)> {
    move |(x, y)| Rectangle::new([(x, y - 6), (x + KEY_WIDTH, y + 6)], color.filled())
}
