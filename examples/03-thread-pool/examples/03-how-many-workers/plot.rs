//! Two curves over the number of workers, and two more below, as SVG.

use std::error::Error;
use std::fmt::Write as _;

use lab::plot::{self, Area, Curve, Frame, Spots, doublings, ends, mesh, scale, text};
use plotters::prelude::*;

/// What is drawn of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) workers: usize,
    /// Pages a second, by Little's law and as measured.
    pub(crate) predicted: f64,
    pub(crate) throughput: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// In units of the picture.
const SIZE: (u32, u32) = (560, 640);

/// Draws the points as an SVG element.
///
/// `id` must be unique on a page. The points are in ascending order of their workers, and there is at least one.
pub(crate) fn draw(
    id: &str,
    title: &str,
    points: &[Point],
    marked: usize,
) -> Result<String, Box<dyn Error>> {
    let curve = |name, colour, value: fn(&Point) -> f64| {
        let spots = if colour == plot::PREDICTED { Spots::None } else { Spots::Full };
        let point = |point: &Point| (point.workers as f64, value(point));
        Curve { name, colour, spots, points: points.iter().map(point).collect() }
    };
    let predicted = curve("Little's law", plot::PREDICTED, |point| point.predicted);
    let measured = curve("measured", plot::BLUE, |point| point.throughput);
    let half = curve("p50", plot::BLUE, |point| point.p50);
    let slowest = curve("p99", plot::ORANGE, |point| point.p99);
    plot::draw(&Frame { id, title, told: &in_words(points), size: SIZE }, |area| {
        let (above, below) = area.split_vertically(SIZE.1 / 2);
        panel(&above, "pages/s", marked, &[predicted, measured])?;
        panel(&below, "ms", marked, &[half, slowest])
    })
}

/// One chart of two curves.
fn panel(
    area: &Area<'_>,
    unit: &str,
    marked: usize,
    curves: &[Curve<'_>],
) -> Result<(), Box<dyn Error>> {
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let (left, right) = ends(all().map(|&(x, _)| x), 1.3);
    let (low, high) = ends(all().map(|&(_, y)| y), 1.5);
    let mut chart = ChartBuilder::on(area)
        .margin_top(40)
        .margin_right(10)
        .x_label_area_size(48)
        .y_label_area_size(56)
        .build_cartesian_2d(
            scale(left, right, doublings()),
            scale(low, high, doublings()),
        )?;
    let number = |number: &f64| format!("{number:.0}");
    mesh(&mut chart, "workers", &number, &number)?;

    let marked = marked as f64;
    if (left..right).contains(&marked) {
        let line = vec![(marked, low), (marked, high)];
        chart.draw_series([PathElement::new(line, plot::INK.stroke_width(1))])?;
        let beside = (marked * 1.05, low * (high / low).powf(0.12));
        chart.draw_series([Text::new("cores × 5", beside, text(plot::INK))])?;
    }
    for curve in curves {
        curve.draw(&mut chart)?;
    }
    area.draw(&Text::new(unit.to_owned(), (8, 10), text(plot::INK)))?;
    for (x, curve) in [210, 410].into_iter().zip(curves) {
        curve.key(area, (x, 10))?;
    }
    Ok(())
}

/// What the picture shows, for those who hear it.
fn in_words(points: &[Point]) -> String {
    let mut words = "Pages a second and milliseconds a page.".to_owned();
    for point in points {
        let Point { workers, predicted, throughput, p50, p99 } = point;
        let _ = write!(
            words,
            " {workers} workers: {throughput:.0} pages a second, {predicted:.0} predicted; \
             half within {p50:.0} ms, 99 of 100 within {p99:.0} ms."
        );
    }
    words
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use roxmltree::Document;

    use super::{Point, draw};

    /// Twice the workers, twice the throughput, up to 4 workers.
    fn points() -> Vec<Point> {
        [(1, 50.0, 20.0), (2, 100.0, 20.0), (4, 200.0, 20.0), (8, 200.0, 40.0)]
            .map(|(workers, throughput, p50)| Point {
                workers,
                predicted: throughput,
                throughput,
                p50,
                p99: 2.0 * p50,
            })
            .to_vec()
    }

    /// The circles of a colour, each as x and y.
    fn spots(svg: &Document<'_>, variable: &str) -> Vec<(i32, i32)> {
        let number = |node: roxmltree::Node<'_, '_>, name: &str| {
            node.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(-1)
        };
        svg.descendants()
            .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "circle")))
            .filter(|node| {
                node.attribute("style").is_some_and(|style| style.contains(variable))
            })
            .map(|node| (number(node, "cx"), number(node, "cy")))
            .collect()
    }

    #[test]
    fn there_is_a_spot_for_each_measurement_where_it_belongs()
    -> Result<(), Box<dyn Error>> {
        let text = draw("a", "title", &points(), 10)?;
        let svg = Document::parse(&text)?;
        // Four of the throughput and four of the median; then four of the 99th percentile.
        let (blue, orange) = (spots(&svg, "--tl-1"), spots(&svg, "--tl-2"));
        assert_eq!((blue.len(), orange.len()), (8, 4), "{text}");
        let (throughput, p50) = blue.split_at(4);
        // The same number of workers stands in one column.
        for (a, b) in throughput.iter().zip(p50).chain(throughput.iter().zip(&orange)) {
            assert_eq!(a.0, b.0);
        }
        // Both scales are logarithmic: a doubling is the same step, to the pixel that a coordinate is cut to.
        let step = |a: (i32, i32), b: (i32, i32)| (b.0 - a.0, a.1 - b.1);
        let (first, second) =
            (step(throughput[0], throughput[1]), step(throughput[1], throughput[2]));
        assert!((first.0 - second.0).abs() <= 1 && first.0 > 10, "{throughput:?}");
        assert!((first.1 - second.1).abs() <= 1 && first.1 > 10, "{throughput:?}");
        assert_eq!(throughput[2].1, throughput[3].1, "as many pages a second");
        assert!(p50[3].1 < p50[2].1, "longer is higher up");
        assert!(orange.iter().zip(p50).all(|(slowest, half)| slowest.1 < half.1));
        Ok(())
    }

    #[test]
    fn every_figure_is_told() -> Result<(), Box<dyn Error>> {
        let text = draw("a", "title", &points(), 2)?;
        let svg = Document::parse(&text)?;
        let told = svg.descendants().find(|node| node.attribute("id") == Some("a-desc"));
        let told = told.and_then(|node| node.text()).unwrap_or_default();
        assert!(told.contains("8 workers: 200 pages a second, 200 predicted"), "{told}");
        assert!(told.contains("half within 40 ms, 99 of 100 within 80 ms."), "{told}");
        Ok(())
    }

    #[test]
    fn the_mark_is_drawn_where_it_is_in_the_picture() -> Result<(), Box<dyn Error>> {
        let marks = |marked| -> Result<usize, Box<dyn Error>> {
            Ok(draw("a", "title", &points(), marked)?.matches("cores × 5").count())
        };
        assert_eq!((marks(2)?, marks(10)?, marks(1000)?), (2, 2, 0));
        draw("a", "one step", &points()[..1], 10)?;
        Ok(())
    }
}
