//! Two curves over the number of workers, as SVG that follows the page: its width, and light or dark.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use plotters::coord::Shift;
use plotters::coord::combinators::WithKeyPoints;
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

/// In units of the picture, which is scaled to the width of the page, and no wider than this in pixels.
const SIZE: (u32, u32) = (560, 640);
const TEXT: i32 = 20;

// plotters knows colours and no variables: each of these stands for one, and is replaced in what it wrote.
const INK: RGBColor = RGBColor(1, 0, 1);
const GRID: RGBColor = RGBColor(2, 0, 1);
const PREDICTED: RGBColor = RGBColor(3, 0, 1);
const MEASURED: RGBColor = RGBColor(4, 0, 1);
const SLOWEST: RGBColor = RGBColor(5, 0, 1);
const VARIABLES: [(RGBColor, &str); 5] = [
    (INK, "--tl-ink"),
    (GRID, "--tl-open"),
    (PREDICTED, "--tl-6"),
    (MEASURED, "--tl-1"),
    (SLOWEST, "--tl-2"),
];

/// The colours that the timelines have too, so that the page's theme holds for both; alone, the picture follows the
/// reader's system.
const STYLE: &str = "\
.timeline{--tl-ink:#24292f;--tl-open:#d0d7de;--tl-1:#0a6cbd;--tl-2:#a04a00;--tl-6:#57606a}\
@media (prefers-color-scheme:dark){.timeline{--tl-ink:#e6edf3;--tl-open:#3d444d;--tl-1:#58a6ff;--tl-2:#f0883e;--tl-6:#9ea7b3}}\
.timeline .plot text{font:18px system-ui,sans-serif}";

/// Draws the points as an SVG element without blank lines, fit to stand inside a Markdown page or a file of its own.
///
/// `id` must be unique on a page. The points are in ascending order of their workers, and there is at least one.
pub(crate) fn draw(
    id: &str,
    title: &str,
    points: &[Point],
    marked: usize,
) -> Result<String, Box<dyn Error>> {
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, SIZE).into_drawing_area();
        let (above, below) = area.split_vertically(SIZE.1 / 2);
        let curve = |name, colour, value: fn(&Point) -> f64| {
            let point = |point: &Point| (point.workers as f64, value(point));
            Curve { name, colour, points: points.iter().map(point).collect() }
        };
        let predicted = curve("Little's law", PREDICTED, |point| point.predicted);
        let measured = curve("measured", MEASURED, |point| point.throughput);
        panel(&above, "pages/s", marked, &[predicted, measured])?;
        let half = curve("p50", MEASURED, |point| point.p50);
        let slowest = curve("p99", SLOWEST, |point| point.p99);
        panel(&below, "ms", marked, &[half, slowest])?;
        area.present()?;
    }
    // Everything between the tags of the outermost element, which is ours.
    let inside = drawn.split_once('\n').map_or("", |(_, rest)| rest);
    let mut inside = inside.trim_end().trim_end_matches("</svg>").to_owned();
    for (colour, variable) in VARIABLES {
        let RGBColor(r, g, b) = colour;
        for property in ["fill", "stroke"] {
            // As style: a rule of the page for all text would come before an attribute.
            let dashes = if colour == PREDICTED && property == "stroke" {
                ";stroke-dasharray:8 5"
            } else {
                ""
            };
            inside = inside.replace(
                &format!("{property}=\"#{r:02X}{g:02X}{b:02X}\""),
                &format!("style=\"{property}:var({variable}){dashes}\""),
            );
        }
    }
    let (width, height) = SIZE;
    let (told, title) = (in_words(points), escape(title));
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timeline\" id=\"{id}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\" width=\"100%\" viewBox=\"0 0 {width} {height}\" \
         style=\"max-width:{width}px\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{told}</desc>\n\
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

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

struct Curve {
    name: &'static str,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

impl Curve {
    /// What was measured has a spot for each measurement; what was predicted is only a line.
    fn spots(&self) -> impl Iterator<Item = Circle<(f64, f64), i32>> {
        let measured = self.points.iter().filter(|_| self.colour != PREDICTED);
        measured.map(|&point| Circle::new(point, 5, self.colour.filled()))
    }
}

/// One chart, both of its scales logarithmic: twice as much is the same step everywhere.
fn panel(
    area: &Area<'_>,
    unit: &str,
    marked: usize,
    curves: &[Curve],
) -> Result<(), Box<dyn Error>> {
    let text = |colour: RGBColor| ("sans-serif", TEXT).into_font().color(&colour);
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let (left, right) = ends(all().map(|&(x, _)| x), 1.3);
    let (low, high) = ends(all().map(|&(_, y)| y), 1.5);
    let mut chart = ChartBuilder::on(area)
        .margin_top(40)
        .margin_right(10)
        .x_label_area_size(48)
        .y_label_area_size(56)
        .build_cartesian_2d(doublings(left, right), doublings(low, high))?;
    chart
        .configure_mesh()
        .x_desc("workers")
        .label_style(text(INK))
        .axis_style(INK)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;

    let marked = marked as f64;
    if (left..right).contains(&marked) {
        let line = vec![(marked, low), (marked, high)];
        chart.draw_series([PathElement::new(line, INK.stroke_width(1))])?;
        let beside = (marked * 1.05, low * (high / low).powf(0.12));
        chart.draw_series([Text::new("cores × 5", beside, text(INK))])?;
    }
    for curve in curves {
        let line = curve.colour.stroke_width(3);
        chart.draw_series(LineSeries::new(curve.points.iter().copied(), line))?;
        chart.draw_series(curve.spots())?;
    }
    area.draw(&Text::new(unit.to_owned(), (8, 10), text(INK)))?;
    for (x, curve) in [200, 400].into_iter().zip(curves) {
        let stroke = vec![(x - 30, 19), (x + 2, 19)];
        area.draw(&PathElement::new(stroke, curve.colour.stroke_width(3)))?;
        area.draw(&Text::new(curve.name, (x + 10, 10), text(curve.colour)))?;
    }
    Ok(())
}

/// A logarithmic scale with a line at each power of two.
///
/// Left to itself, plotters leaves out one of them now and then.
fn doublings(low: f64, high: f64) -> WithKeyPoints<LogCoord<f64>> {
    let powers = (0..64).map(|exponent| 2_f64.powi(exponent));
    let shown = powers.filter(|power| (low..=high).contains(power)).collect();
    LogCoord::from((low..high).log_scale().base(2.0)).with_key_points(shown)
}

/// The least and the most, and some room at either end.
fn ends(values: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
    let (least, most) = values
        .fold((f64::INFINITY, 0.0_f64), |(least, most), v| (least.min(v), most.max(v)));
    (least / room, most * room)
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

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use roxmltree::Document;

    use super::{Point, draw, save};

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
    fn it_can_stand_on_a_page() -> Result<(), Box<dyn Error>> {
        let text = draw("a", "<5 & \"6\"", &points(), 2)?;
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        assert!(text.lines().all(|line| !line.trim().is_empty()), "a blank line ends it");
        assert!(!text.contains('#') || text.matches('#').count() == STYLED, "{text}");
        let svg = Document::parse(&text)?;
        let root = svg.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let name = |id: &str| {
            let node = svg.descendants().find(|node| node.attribute("id") == Some(id));
            node.and_then(|node| node.text()).unwrap_or_default().to_owned()
        };
        assert_eq!(root.attribute("aria-labelledby"), Some("a-title a-desc"));
        assert_eq!(name("a-title"), "<5 & \"6\"");
        assert!(name("a-desc").contains("8 workers: 200 pages a second, 200 predicted"));
        assert!(name("a-desc").contains("half within 40 ms, 99 of 100 within 80 ms."));
        Ok(())
    }

    /// The colours of the style itself, light and dark; in the drawing there is none left.
    const STYLED: usize = 10;

    #[test]
    fn the_mark_is_drawn_where_it_is_in_the_picture() -> Result<(), Box<dyn Error>> {
        let marks = |marked| -> Result<usize, Box<dyn Error>> {
            Ok(draw("a", "title", &points(), marked)?.matches("cores × 5").count())
        };
        assert_eq!((marks(2)?, marks(10)?, marks(1000)?), (2, 2, 0));
        draw("a", "one step", &points()[..1], 10)?;
        Ok(())
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let nowhere = std::env::temp_dir().join("no-such-folder").join("a.svg");
        let problem = save("<svg/>", Some(&nowhere)).map_err(|error| error.to_string());
        assert!(problem.is_err_and(|problem| problem.contains("no-such-folder")));
    }
}
