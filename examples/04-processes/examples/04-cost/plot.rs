//! Four curves over the size of the payload, as SVG.

use std::error::Error;
use std::fmt::Write as _;

use lab::plot::{self, Area, Curve, Frame, Spots, ends, mesh, scale};
use plotters::prelude::*;

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) bytes: usize,
    /// The median of each of [`CURVES`].
    pub(crate) micros: [f64; 4],
}

/// In units of the picture.
const SIZE: (u32, u32) = (620, 460);

const CURVES: [(&str, RGBColor); 4] = [
    ("a process each", plot::ORANGE),
    ("process pool", plot::BLUE),
    ("a thread each", plot::PURPLE),
    ("thread pool", plot::GREEN),
];

/// Draws the points as an SVG element.
///
/// The points are in ascending order of their bytes, and there is at least one.
pub(crate) fn draw(points: &[Point]) -> Result<String, Box<dyn Error>> {
    let title = "A round trip, by the size of what is sent";
    let frame = Frame { id: "cost", title, told: &in_words(points), size: SIZE };
    plot::draw(&frame, |area| chart(area, points))
}

/// A number of bytes, in the largest unit that there is one of.
pub(crate) fn size(bytes: f64) -> String {
    match bytes {
        ..1024.0 => format!("{bytes} B"),
        ..1_048_576.0 => format!("{} KiB", bytes / 1024.0),
        _ => format!("{} MiB", bytes / 1_048_576.0),
    }
}

/// Both scales are logarithmic: ten times as long, or 16 times as much, is the same step everywhere.
fn chart(area: &Area<'_>, points: &[Point]) -> Result<(), Box<dyn Error>> {
    let sizes = points.iter().map(|point| point.bytes as f64);
    let (left, right) = ends(sizes.clone(), 2.0);
    let times = points.iter().flat_map(|point| point.micros);
    let (low, high) = ends(times, 1.5);
    let tens = (-3..9).map(|exponent| 10_f64.powi(exponent));
    let mut chart = ChartBuilder::on(area)
        .margin_top(70)
        .margin_right(34)
        .x_label_area_size(48)
        .y_label_area_size(90)
        .build_cartesian_2d(scale(left, right, sizes), scale(low, high, tens))?;
    mesh(&mut chart, "payload", &|bytes| size(*bytes), &|micros| time(*micros))?;
    let places = [(120, 12), (120, 38), (380, 12), (380, 38)];
    for (i, ((name, colour), place)) in CURVES.into_iter().zip(places).enumerate() {
        let points = points.iter().map(|point| (point.bytes as f64, point.micros[i]));
        let curve = Curve { name, colour, spots: Spots::Full, points: points.collect() };
        curve.draw(&mut chart)?;
        curve.key(area, place)?;
    }
    Ok(())
}

fn time(micros: f64) -> String {
    match micros {
        ..1e3 => format!("{micros} µs"),
        ..1e6 => format!("{} ms", micros / 1e3),
        _ => format!("{} s", micros / 1e6),
    }
}

/// What the picture shows, for those who hear it.
fn in_words(points: &[Point]) -> String {
    let mut words = "Microseconds for a round trip.".to_owned();
    for Point { bytes, micros } in points {
        let _ = write!(words, " {}:", size(*bytes as f64));
        for ((name, _), micros) in CURVES.iter().zip(micros) {
            let _ = write!(words, " {name} {micros:.0},");
        }
        words.truncate(words.len() - 1);
        words.push('.');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::Document;

    /// 16 times as much and ten times as long from each to the next; the ways differ by ten.
    fn points() -> Vec<Point> {
        let point = |i: i32| {
            let first = 10_f64.powi(i);
            let micros = [first * 1e3, first * 1e2, first * 10.0, first];
            Point { bytes: 16_usize.pow(i.unsigned_abs()), micros }
        };
        (0..4).map(point).collect()
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
        let text = draw(&points())?;
        let svg = Document::parse(&text)?;
        let curves = ["--tl-2", "--tl-1", "--tl-4", "--tl-3"].map(|v| spots(&svg, v));
        assert!(curves.iter().all(|spots| spots.len() == 4), "{text}");
        let near = |a: i32, b: i32| (a - b).abs() <= 1;
        for (slower, faster) in curves.iter().zip(&curves[1..]) {
            // A size stands in one column, and longer is higher up.
            assert!(slower.iter().zip(faster).all(|(s, f)| s.0 == f.0 && s.1 < f.1));
            // Ten times as long is the same step between two ways as between two sizes: both scales are logarithmic.
            let step = slower[0].1 - slower[1].1;
            assert!(near(faster[0].1 - slower[0].1, step) && step > 10, "{curves:?}");
        }
        let columns: Vec<i32> = curves[0].iter().map(|spot| spot.0).collect();
        let step = columns[1] - columns[0];
        assert!(columns.windows(2).all(|two| near(two[1] - two[0], step)) && step > 10);
        Ok(())
    }

    #[test]
    fn every_figure_is_told() -> Result<(), Box<dyn Error>> {
        let text = draw(&points())?;
        let svg = Document::parse(&text)?;
        let told = svg.descendants().find(|n| n.attribute("id") == Some("cost-desc"));
        let told = told.and_then(|node| node.text()).unwrap_or_default();
        assert!(
            told.contains(
                " 16 B: a process each 10000, process pool 1000, a thread each 100, thread pool 10."
            ),
            "{told}"
        );
        draw(&points()[..1])?;
        Ok(())
    }

    #[test]
    fn sizes_and_times_have_a_unit() {
        let sizes = [1.0, 256.0, 4096.0, 65_536.0, 1_048_576.0, 16_777_216.0];
        let named = ["1 B", "256 B", "4 KiB", "64 KiB", "1 MiB", "16 MiB"];
        assert_eq!(sizes.map(size), named);
        assert_eq!([1.0, 1e3, 1e5, 1e6].map(time), ["1 µs", "1 ms", "100 ms", "1 s"]);
    }
}
