//! Four curves over the size of the payload, as SVG that follows the page: its width, and light or dark.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use plotters::coord::combinators::WithKeyPoints;
use plotters::prelude::*;

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) bytes: usize,
    /// The median of each of [`CURVES`].
    pub(crate) micros: [f64; 4],
}

/// In units of the picture, which is scaled to the width of the page, and no wider than this in pixels.
const SIZE: (u32, u32) = (620, 460);
const TEXT: i32 = 20;

// plotters knows colours and no variables: each of these stands for one, and is replaced in what it wrote.
const INK: RGBColor = RGBColor(1, 0, 1);
const GRID: RGBColor = RGBColor(2, 0, 1);
const CURVES: [(&str, RGBColor); 4] = [
    ("a process each", RGBColor(3, 0, 1)),
    ("process pool", RGBColor(4, 0, 1)),
    ("a thread each", RGBColor(5, 0, 1)),
    ("thread pool", RGBColor(6, 0, 1)),
];
const VARIABLES: [(RGBColor, &str); 6] = [
    (INK, "--tl-ink"),
    (GRID, "--tl-open"),
    (CURVES[0].1, "--tl-2"),
    (CURVES[1].1, "--tl-1"),
    (CURVES[2].1, "--tl-4"),
    (CURVES[3].1, "--tl-3"),
];

/// The colours that the timelines have too, so that the page's theme holds for both; alone, the picture follows the
/// reader's system.
const STYLE: &str = "\
.timeline{--tl-ink:#24292f;--tl-open:#d0d7de;--tl-1:#0a6cbd;--tl-2:#a04a00;--tl-3:#1a7f37;--tl-4:#8250df}\
@media (prefers-color-scheme:dark){.timeline{--tl-ink:#e6edf3;--tl-open:#3d444d;--tl-1:#58a6ff;--tl-2:#f0883e;--tl-3:#56d364;--tl-4:#bc8cff}}\
.timeline .plot text{font:18px system-ui,sans-serif}";

/// Draws the points as an SVG element without blank lines, fit to stand inside a Markdown page or a file of its own.
///
/// The points are in ascending order of their bytes, and there is at least one.
pub(crate) fn draw(points: &[Point]) -> Result<String, Box<dyn Error>> {
    let mut drawn = String::new();
    chart(&mut drawn, points)?;
    // Everything between the tags of the outermost element, which is ours.
    let inside = drawn.split_once('\n').map_or("", |(_, rest)| rest);
    let mut inside = inside.trim_end().trim_end_matches("</svg>").to_owned();
    for (colour, variable) in VARIABLES {
        let RGBColor(r, g, b) = colour;
        for property in ["fill", "stroke"] {
            // As style: a rule of the page for all text would come before an attribute.
            inside = inside.replace(
                &format!("{property}=\"#{r:02X}{g:02X}{b:02X}\""),
                &format!("style=\"{property}:var({variable})\""),
            );
        }
    }
    let (width, height) = SIZE;
    let told = in_words(points);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timeline\" id=\"cost\" role=\"img\" \
         aria-labelledby=\"cost-title cost-desc\" width=\"100%\" viewBox=\"0 0 {width} {height}\" \
         style=\"max-width:{width}px\">\n\
         <title id=\"cost-title\">A round trip, by the size of what is sent</title>\n\
         <desc id=\"cost-desc\">{told}</desc>\n\
         <style>{STYLE}</style>\n<g class=\"plot\">\n{inside}</g>\n</svg>\n"
    ))
}

/// Writes the picture to `file`, and to the one that the recorder of the book names in `WHILE_YOU_WAIT_SVG`.
pub(crate) fn save(svg: &str, file: Option<&Path>) -> io::Result<()> {
    let recorded = env::var_os("WHILE_YOU_WAIT_SVG");
    for file in file.into_iter().chain(recorded.as_deref().map(Path::new)) {
        fs::write(file, svg).map_err(|error| {
            let problem = format!("cannot write {}: {error}", file.display());
            io::Error::new(error.kind(), problem)
        })?;
    }
    Ok(())
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
fn chart(drawn: &mut String, points: &[Point]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::with_string(drawn, SIZE).into_drawing_area();
    let text = |colour: RGBColor| ("sans-serif", TEXT).into_font().color(&colour);
    let sizes = points.iter().map(|point| point.bytes as f64);
    let (left, right) = ends(sizes.clone(), 2.0);
    let times = points.iter().flat_map(|point| point.micros);
    let (low, high) = ends(times, 1.5);
    let tens = (-3..9).map(|exponent| 10_f64.powi(exponent));
    let mut chart = ChartBuilder::on(&area)
        .margin_top(70)
        .margin_right(34)
        .x_label_area_size(48)
        .y_label_area_size(90)
        .build_cartesian_2d(scale(left, right, sizes), scale(low, high, tens))?;
    chart
        .configure_mesh()
        .x_desc("payload")
        .label_style(text(INK))
        .axis_style(INK)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|bytes| size(*bytes))
        .y_label_formatter(&|micros| time(*micros))
        .draw()?;
    let places = [(120, 12), (120, 38), (380, 12), (380, 38)];
    for (i, ((name, colour), (x, y))) in CURVES.into_iter().zip(places).enumerate() {
        let line = points.iter().map(|point| (point.bytes as f64, point.micros[i]));
        chart.draw_series(LineSeries::new(line.clone(), colour.stroke_width(3)))?;
        let spot = |at| Circle::new(at, 5, colour.filled());
        chart.draw_series(line.map(spot))?;
        let stroke = vec![(x - 40, y + 9), (x - 8, y + 9)];
        area.draw(&PathElement::new(stroke, colour.stroke_width(3)))?;
        area.draw(&Text::new(name, (x, y), text(colour)))?;
    }
    area.present()?;
    Ok(())
}

/// A logarithmic scale with a line at each of `marks` that is on it.
fn scale(
    low: f64,
    high: f64,
    marks: impl Iterator<Item = f64>,
) -> WithKeyPoints<LogCoord<f64>> {
    let shown = marks.filter(|mark| (low..=high).contains(mark)).collect();
    LogCoord::from((low..high).log_scale()).with_key_points(shown)
}

/// The least and the most, and some room at either end.
fn ends(values: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
    let (least, most) = values
        .fold((f64::INFINITY, 0.0_f64), |(least, most), v| (least.min(v), most.max(v)));
    (least / room, most * room)
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
    fn it_can_stand_on_a_page() -> Result<(), Box<dyn Error>> {
        let text = draw(&points())?;
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        assert!(text.lines().all(|line| !line.trim().is_empty()), "a blank line ends it");
        // The colours of the style itself, light and dark; in the drawing there is none left.
        assert_eq!(text.matches('#').count(), 12, "{text}");
        let svg = Document::parse(&text)?;
        let root = svg.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        assert_eq!(root.attribute("aria-labelledby"), Some("cost-title cost-desc"));
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

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let nowhere = env::temp_dir().join("no-such-folder").join("a.svg");
        let problem = save("<svg/>", Some(&nowhere)).map_err(|error| error.to_string());
        assert!(problem.is_err_and(|problem| problem.contains("no-such-folder")));
    }
}
