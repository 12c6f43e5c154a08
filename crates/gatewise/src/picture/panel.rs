//! A chart with a title of its own, one of several in a picture.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Drawn;
use super::axis::Axis;
use super::style::{GRID, TEXT};

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// Letters of panels.
const SMALL: u32 = 14;

/// A number over another, where one can be shown.
pub(crate) type Points = Vec<(f64, f64)>;

/// A picture with a title, a line below it, and room for panels.
pub(crate) fn titled<'a>(area: &Area<'a>, title: &str, below: &str) -> Drawn<Area<'a>> {
    area.fill(&WHITE)?;
    area.draw(&Text::new(title.to_owned(), (20, 16), ("sans-serif", 24).into_font().color(&TEXT)))?;
    area.draw(&Text::new(below.to_owned(), (20, 48), ("sans-serif", 15).into_font().color(&TEXT.mix(0.8))))?;
    Ok(area.margin(76, 4, 8, 8))
}

/// An empty chart with its axes, below its title.
pub(crate) fn panel<'a, 'b>(
    area: &'a Area<'b>,
    title: &str,
    axes: (Axis, Axis),
    below: &str,
) -> Drawn<Chart<'a, 'b>> {
    area.draw(&Text::new(title.to_owned(), (14, 4), ("sans-serif", 17).into_font().color(&TEXT)))?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(30)
        .margin_left(8)
        .margin_right(22)
        .margin_bottom(6)
        .x_label_area_size(42)
        .y_label_area_size(64)
        .build_cartesian_2d(axes.0, axes.1)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_desc(below)
        .label_style(("sans-serif", SMALL, &TEXT))
        .axis_desc_style(("sans-serif", SMALL, &TEXT))
        .draw()?;
    Ok(chart)
}

/// A line through points, broken where a number cannot be shown; a lone point is a dot.
pub(crate) fn line(chart: &mut Chart<'_, '_>, points: &[(f64, f64)], style: ShapeStyle) -> Drawn {
    let (x_axis, y_axis) = (chart.x_axis(), chart.y_axis());
    let can_show = |(x, y): &(f64, f64)| x_axis.can_show(*x) && y_axis.can_show(*y);
    for piece in points.split(|point| !can_show(point)).filter(|piece| !piece.is_empty()) {
        if let [point] = piece {
            chart.draw_series([Circle::new(*point, 3, style.filled())])?;
        } else {
            chart.draw_series(LineSeries::new(piece.iter().copied(), style))?;
        }
    }
    Ok(())
}

/// A dashed line from bottom to top.
pub(crate) fn upright(chart: &mut Chart<'_, '_>, x: f64, style: ShapeStyle) -> Drawn {
    let (bottom, top) = chart.y_axis().ends();
    chart.draw_series(DashedLineSeries::new([(x, bottom), (x, top)], 5, 5, style))?;
    Ok(())
}

/// A dot with a white rim.
pub(crate) fn dot(chart: &mut Chart<'_, '_>, point: (f64, f64), color: RGBColor) -> Drawn {
    chart.draw_series([Circle::new(point, 6, WHITE.filled()), Circle::new(point, 4, color.filled())])?;
    Ok(())
}

/// Pieces of line with their names, from the right end of the header to the left.
pub(crate) fn legend(area: &Area<'_>, width: i32, keys: &[(&str, ShapeStyle)]) -> Drawn {
    let mut right = width - 28;
    for (name, style) in keys.iter().rev() {
        let left = right - 8 * name.len() as i32 - 34;
        area.draw(&PathElement::new(vec![(left, 28), (left + 26, 28)], *style))?;
        area.draw(&Text::new(
            (*name).to_owned(),
            (left + 34, 20),
            ("sans-serif", 15).into_font().color(&TEXT),
        ))?;
        right = left - 22;
    }
    Ok(())
}

/// The axes of a chart, to ask what they can show.
trait Axes {
    fn x_axis(&self) -> Axis;
    fn y_axis(&self) -> Axis;
}

impl Axes for Chart<'_, '_> {
    fn x_axis(&self) -> Axis {
        self.as_coord_spec().x_spec().clone()
    }

    fn y_axis(&self) -> Axis {
        self.as_coord_spec().y_spec().clone()
    }
}
