//! Plots as SVG.

use plotters::prelude::*;
use std::error::Error;

/// Size in pixels.
const SIZE: (u32, u32) = (800, 420);
/// Room around the points, as a share of their range.
const MARGIN: f64 = 0.1;

/// Ratios in the order in which they were measured, with an estimate and its interval.
pub(crate) struct Ratios<'a> {
    pub(crate) title: &'a str,
    pub(crate) values: &'a [f64],
    pub(crate) estimate: f64,
    pub(crate) interval: [f64; 2],
}

impl Ratios<'_> {
    /// The plot as a document.
    ///
    /// # Errors
    /// What the drawing library says.
    pub(crate) fn svg(&self) -> Result<String, Box<dyn Error>> {
        let mut text = String::new();
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(owned)?;
        let all = self.values.iter().chain(&self.interval).copied().chain([1.0]);
        let (low, high) = all.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        let room = ((high - low) * MARGIN).max(0.005);
        let last = self.values.len() as f64;
        let mut chart = ChartBuilder::on(&root)
            .caption(self.title, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..last + 1.0, low - room..high + room)
            .map_err(owned)?;
        chart.configure_mesh().disable_x_mesh().x_desc("pair").y_desc("second / first").draw().map_err(owned)?;
        let [from, to] = self.interval;
        let band = Rectangle::new([(0.0, from), (last + 1.0, to)], BLUE.mix(0.15).filled());
        chart.draw_series([band]).map_err(owned)?;
        let level = |value: f64| [(0.0, value), (last + 1.0, value)];
        chart.draw_series(LineSeries::new(level(1.0), &BLACK)).map_err(owned)?;
        chart.draw_series(LineSeries::new(level(self.estimate), &BLUE)).map_err(owned)?;
        let points = self.values.iter().enumerate().map(|(index, &value)| {
            let place = (index as f64 + 1.0, value);
            Circle::new(place, 3, RED.filled())
        });
        chart.draw_series(points).map_err(owned)?;
        root.present().map_err(owned)?;
        drop(chart);
        drop(root);
        Ok(text)
    }
}

/// Lines of steps: from each first coordinate on, the value is the second.
pub(crate) struct Curves<'a> {
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
    /// With their names; none is empty.
    pub(crate) lines: &'a [(&'a str, Vec<(f64, f64)>)],
}

impl Curves<'_> {
    /// The plot as a document.
    ///
    /// # Errors
    /// What the drawing library says.
    pub(crate) fn svg(&self) -> Result<String, Box<dyn Error>> {
        let mut text = String::new();
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(owned)?;
        let points = || self.lines.iter().flat_map(|(_, steps)| steps);
        let last = points().map(|point| point.0).fold(1.0, f64::max);
        let (low, high) =
            points().fold((f64::MAX, f64::MIN), |(low, high), point| (low.min(point.1), high.max(point.1)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let room = ((high - low) * MARGIN).max(0.005);
        let mut chart = ChartBuilder::on(&root)
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..last * 1.02, low - room..high + room)
            .map_err(owned)?;
        chart.configure_mesh().disable_x_mesh().x_desc(self.x).y_desc(self.y).draw().map_err(owned)?;
        for (index, (name, steps)) in self.lines.iter().enumerate() {
            let color = Palette99::pick(index).to_rgba();
            let ends = steps.iter().skip(1).map(|next| next.0).chain([last]);
            let corners = steps.iter().zip(ends).flat_map(|(step, end)| [*step, (end, step.1)]);
            chart
                .draw_series(LineSeries::new(corners, color.stroke_width(2)))
                .map_err(owned)?
                .label(*name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        }
        let labels = chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK).draw();
        labels.map_err(owned)?;
        root.present().map_err(owned)?;
        drop(chart);
        drop(root);
        Ok(text)
    }
}

/// An error that borrows from the drawing, as one that does not.
fn owned(error: impl std::fmt::Display) -> Box<dyn Error> {
    error.to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_every_curve_and_names_it() {
        let lines = [("a & b", vec![(0.0, 1.0), (3.0, 0.7)]), ("c", vec![(0.0, 1.0)])];
        let svg = Curves { x: "iteration", y: "best", lines: &lines }.svg().unwrap();
        assert!(svg.contains("a &amp; b") && svg.contains("iteration"), "{svg}");
        // Two curves, and their two samples in the legend.
        assert!(svg.matches("<polyline").count() >= 4, "{svg}");
        Curves { x: "", y: "", lines: &[] }.svg().unwrap();
    }

    #[test]
    fn draws_every_pair() {
        let ratios = Ratios { title: "CPU time <b>", values: &[0.9, 0.95, 1.1], estimate: 0.95, interval: [0.9, 1.0] };
        let svg = ratios.svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.starts_with("<svg") && svg.contains("CPU time &lt;b&gt;"), "{svg}");
    }
}
