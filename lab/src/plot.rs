//! Plots as SVG that follow the page: its width, and light or dark.
//!
//! [`draw`] is the door: it makes the frame, and what it is given paints inside, with plotters and the colours of this
//! module. [`Curve`], [`scale`] and [`mesh`] are for those that compare curves.

use std::error::Error;
use std::path::Path;
use std::{env, fs, io};

use plotters::coord::Shift;
use plotters::coord::combinators::WithKeyPoints;
use plotters::prelude::*;

// plotters knows colours and no variables: each of these stands for one, and is replaced in what it wrote.
/// Text and axes.
pub const INK: RGBColor = RGBColor(1, 0, 1);
/// Lines that help the eye.
pub const GRID: RGBColor = RGBColor(2, 0, 1);
/// What was reckoned and not measured; its lines are dashed.
pub const PREDICTED: RGBColor = RGBColor(3, 0, 1);
/// The first colour of what was measured.
pub const BLUE: RGBColor = RGBColor(4, 0, 1);
/// The second, easily told from the first by those who see fewer colours.
pub const ORANGE: RGBColor = RGBColor(5, 0, 1);
/// The third.
pub const GREEN: RGBColor = RGBColor(6, 0, 1);
/// The fourth.
pub const PURPLE: RGBColor = RGBColor(7, 0, 1);

/// A colour that stands for a variable, and what the variable is where the page does not say.
struct Variable {
    stand_in: RGBColor,
    name: &'static str,
    light: &'static str,
    dark: &'static str,
}

/// The colours that the timelines have too, so that the page's theme holds for both.
const VARIABLES: [Variable; 7] = [
    variable(INK, "--tl-ink", "#24292f", "#e6edf3"),
    variable(GRID, "--tl-open", "#d0d7de", "#3d444d"),
    variable(BLUE, "--tl-1", "#0a6cbd", "#58a6ff"),
    variable(ORANGE, "--tl-2", "#a04a00", "#f0883e"),
    variable(GREEN, "--tl-3", "#1a7f37", "#56d364"),
    variable(PURPLE, "--tl-4", "#8250df", "#bc8cff"),
    variable(PREDICTED, "--tl-6", "#57606a", "#9ea7b3"),
];

const fn variable(
    stand_in: RGBColor,
    name: &'static str,
    light: &'static str,
    dark: &'static str,
) -> Variable {
    Variable { stand_in, name, light, dark }
}

/// What a picture is, and says.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The id of the element, which must be unique on a page: ASCII letters, digits and `-`.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// What it shows, for those who hear it.
    pub told: &'a str,
    /// Its width and height, in units of its own: it is scaled to the width of the page, and no wider than this in pixels.
    pub size: (u32, u32),
}

/// What is painted on.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws an SVG element without blank lines, fit to stand inside a Markdown page or a file of its own.
///
/// On a page its colours are those of the page's theme; alone, it follows the reader's system. The same frame and the same
/// strokes always give the same text.
///
/// # Errors
///
/// Those of `paint`.
pub fn draw(
    frame: &Frame<'_>,
    paint: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn Error>>,
) -> Result<String, Box<dyn Error>> {
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, frame.size).into_drawing_area();
        paint(&area)?;
        area.present()?;
    }
    // Everything between the tags of the outermost element, which is ours.
    let inside = drawn.split_once('\n').map_or("", |(_, rest)| rest);
    let inside = inside.trim_end().trim_end_matches("</svg>");
    let (inside, style) = with_variables(inside);
    let (width, height) = frame.size;
    let [id, title, told] = [frame.id, frame.title, frame.told].map(escape);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"timeline\" id=\"{id}\" role=\"img\" \
         aria-labelledby=\"{id}-title {id}-desc\" width=\"100%\" viewBox=\"0 0 {width} {height}\" \
         style=\"max-width:{width}px\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{told}</desc>\n\
         <style>{style}</style>\n<g class=\"plot\">\n{inside}</g>\n</svg>\n"
    ))
}

/// The drawing with a variable for each colour, and the style that gives these their values.
fn with_variables(drawn: &str) -> (String, String) {
    let mut inside = drawn.to_owned();
    let (mut light, mut dark) = (Vec::new(), Vec::new());
    for Variable { stand_in, name, light: by_day, dark: by_night } in VARIABLES {
        let RGBColor(r, g, b) = stand_in;
        for property in ["fill", "stroke"] {
            let dashes = if stand_in == PREDICTED && property == "stroke" {
                ";stroke-dasharray:8 5"
            } else {
                ""
            };
            // As style: a rule of the page for all text would come before an attribute.
            inside = inside.replace(
                &format!("{property}=\"#{r:02X}{g:02X}{b:02X}\""),
                &format!("style=\"{property}:var({name}){dashes}\""),
            );
        }
        if inside.contains(&format!("var({name})")) {
            light.push(format!("{name}:{by_day}"));
            dark.push(format!("{name}:{by_night}"));
        }
    }
    let (light, dark) = (light.join(";"), dark.join(";"));
    let style = format!(
        ".timeline{{{light}}}@media (prefers-color-scheme:dark){{.timeline{{{dark}}}}}\
         .timeline .plot text{{font:18px system-ui,sans-serif}}"
    );
    (inside, style)
}

/// Writes the picture to `file`, and to the one that the recorder of the book names in `WHILE_YOU_WAIT_SVG`.
///
/// # Errors
///
/// When one cannot be written; the sentence names it.
pub fn save(svg: &str, file: Option<&Path>) -> io::Result<()> {
    let recorded = env::var_os("WHILE_YOU_WAIT_SVG");
    for file in file.into_iter().chain(recorded.as_deref().map(Path::new)) {
        fs::write(file, svg).map_err(|error| {
            let problem = format!("cannot write {}: {error}", file.display());
            io::Error::new(error.kind(), problem)
        })?;
    }
    Ok(())
}

/// Text that is as large as all text of a plot.
///
/// plotters reckons with this size to keep clear of labels; what is seen is the size in the style.
pub fn text(colour: RGBColor) -> TextStyle<'static> {
    ("sans-serif", 20).into_font().color(&colour)
}

/// Some points that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve<'a> {
    /// What it is called in the key.
    pub name: &'a str,
    /// One of the colours of this module.
    pub colour: RGBColor,
    /// What marks its points.
    pub spots: Spots,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// What marks the points of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spots {
    /// A spot for each measurement.
    Full,
    /// A ring for each, where a colour has two curves.
    Rings,
    /// Nothing: the curve was not measured.
    None,
}

/// A chart with two logarithmic scales: twice as much is the same step everywhere.
pub type Chart<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<LogScale, LogScale>>;

/// A logarithmic scale.
pub type LogScale = WithKeyPoints<LogCoord<f64>>;

impl Curve<'_> {
    /// Draws it on a chart.
    ///
    /// # Errors
    ///
    /// Those of plotters, which has none when it writes text.
    pub fn draw(&self, chart: &mut Chart<'_, '_>) -> Result<(), Box<dyn Error>> {
        let points = || self.points.iter().copied();
        chart.draw_series(LineSeries::new(points(), self.colour.stroke_width(3)))?;
        chart.draw_series(points().filter_map(|point| self.spot(point)))?;
        Ok(())
    }

    /// Draws a stroke of it, and its name at that place.
    ///
    /// # Errors
    ///
    /// Those of plotters, which has none when it writes text.
    pub fn key(&self, area: &Area<'_>, (x, y): (i32, i32)) -> Result<(), Box<dyn Error>> {
        let stroke = vec![(x - 40, y + 9), (x - 8, y + 9)];
        area.draw(&PathElement::new(stroke, self.colour.stroke_width(3)))?;
        area.draw(&Text::new(self.name, (x, y), text(self.colour)))?;
        Ok(())
    }

    /// What marks a point of it.
    pub fn spot<P>(&self, at: P) -> Option<Circle<P, i32>> {
        match self.spots {
            Spots::Full => Some(Circle::new(at, 5, self.colour.filled())),
            Spots::Rings => Some(Circle::new(at, 7, self.colour.stroke_width(2))),
            Spots::None => None,
        }
    }
}

/// A logarithmic scale with a line at each of `marks` that is on it.
///
/// Left to itself, plotters leaves out one of them now and then.
pub fn scale(low: f64, high: f64, marks: impl Iterator<Item = f64>) -> LogScale {
    let shown = marks.filter(|mark| (low..=high).contains(mark)).collect();
    LogCoord::from((low..high).log_scale()).with_key_points(shown)
}

/// The powers of two from one on, as marks of a scale.
pub fn doublings() -> impl Iterator<Item = f64> {
    (0..64).map(|exponent| 2_f64.powi(exponent))
}

/// The least and the most, and some room at either end: `room` times as much.
pub fn ends(values: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
    let (least, most) = values
        .fold((f64::INFINITY, 0.0_f64), |(least, most), v| (least.min(v), most.max(v)));
    (least / room, most * room)
}

/// Draws the axes of a chart and their lines; `x` and `y` say what stands at a line.
///
/// # Errors
///
/// Those of plotters, which has none when it writes text.
pub fn mesh(
    chart: &mut Chart<'_, '_>,
    x_name: &str,
    x: &dyn Fn(&f64) -> String,
    y: &dyn Fn(&f64) -> String,
) -> Result<(), Box<dyn Error>> {
    chart
        .configure_mesh()
        .x_desc(x_name)
        .label_style(text(INK))
        .axis_style(INK)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .x_label_formatter(x)
        .y_label_formatter(y)
        .draw()?;
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use roxmltree::{Document, Node};

    const SIZE: (u32, u32) = (300, 200);

    /// Two curves on a chart, and the key of each.
    fn two_curves(title: &str) -> Result<String, Box<dyn Error>> {
        let points = vec![(1.0, 1.0), (10.0, 2.0), (100.0, 4.0), (1000.0, 4.0)];
        let curve = |name, colour, spots| {
            let points = points.clone();
            Curve { name, colour, spots, points }
        };
        let measured = curve("measured", BLUE, Spots::Full);
        let predicted = curve("predicted", PREDICTED, Spots::None);
        draw(&Frame { id: "a", title, told: "1 & 2", size: SIZE }, |area| {
            let (x, y) = (
                ends(points.iter().map(|point| point.0), 2.0),
                ends(points.iter().map(|point| point.1), 2.0),
            );
            let tens = [1.0, 10.0, 100.0, 1000.0, 1e4].into_iter();
            let mut chart = ChartBuilder::on(area)
                .x_label_area_size(40)
                .y_label_area_size(40)
                .build_cartesian_2d(
                    scale(x.0, x.1, tens),
                    scale(y.0, y.1, doublings()),
                )?;
            mesh(&mut chart, "jobs", &|x| format!("{x}"), &|y| format!("{y} s"))?;
            for (curve, at) in [(&predicted, (50, 10)), (&measured, (50, 30))] {
                curve.draw(&mut chart)?;
                curve.key(area, at)?;
            }
            Ok(())
        })
    }

    fn elements<'a>(
        svg: &'a Document<'a>,
        name: &'static str,
    ) -> impl Iterator<Item = Node<'a, 'a>> {
        let name = ("http://www.w3.org/2000/svg", name);
        svg.descendants().filter(move |node| node.has_tag_name(name))
    }

    fn text_of<'a>(svg: &'a Document<'_>, id: &str) -> &'a str {
        let node = svg.descendants().find(|node| node.attribute("id") == Some(id));
        node.and_then(|node| node.text()).unwrap_or_default()
    }

    #[test]
    fn it_can_stand_on_a_page() -> Result<(), Box<dyn Error>> {
        let text = two_curves("<5 & \"6\"")?;
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        assert!(text.lines().all(|line| !line.trim().is_empty()), "a blank line ends it");
        let svg = Document::parse(&text)?;
        let root = svg.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        assert_eq!(root.attribute("viewBox"), Some("0 0 300 200"));
        assert_eq!(root.attribute("aria-labelledby"), Some("a-title a-desc"));
        assert_eq!(text_of(&svg, "a-title"), "<5 & \"6\"");
        assert_eq!(text_of(&svg, "a-desc"), "1 & 2");
        assert_eq!(text, two_curves("<5 & \"6\"")?, "the same again");
        Ok(())
    }

    #[test]
    fn every_colour_is_a_variable_with_a_value_by_day_and_by_night()
    -> Result<(), Box<dyn Error>> {
        let all = VARIABLES.map(|variable| variable.stand_in);
        let frame = Frame { id: "a", title: "", told: "", size: SIZE };
        let text = draw(&frame, |area| {
            for (i, colour) in (0..).zip(all) {
                area.draw(&Circle::new((i, 0), 5, colour.filled()))?;
                area.draw(&Circle::new((i, 9), 5, colour.stroke_width(2)))?;
            }
            Ok(())
        })?;
        let svg = Document::parse(&text)?;
        let style = elements(&svg, "style").next().and_then(|node| node.text());
        let style = style.unwrap_or_default();
        let (day, night) = style.split_once("@media").unwrap_or_default();
        for Variable { name, light, dark, .. } in VARIABLES {
            assert_eq!(text.matches(&format!("var({name})")).count(), 2, "{name}");
            assert!(day.contains(&format!("{name}:{light}")), "{name}: {day}");
            assert!(night.contains(&format!("{name}:{dark}")), "{name}: {night}");
        }
        // Those of the style itself, and none in the drawing.
        assert_eq!(text.matches('#').count(), 2 * VARIABLES.len(), "{text}");
        // What is not in the picture is not in its style.
        let text = two_curves("title")?;
        assert!(!text.contains("--tl-2") && text.contains("--tl-1"), "{text}");
        Ok(())
    }

    #[test]
    fn what_was_measured_has_spots_and_what_was_not_is_dashed()
    -> Result<(), Box<dyn Error>> {
        let text = two_curves("title")?;
        let svg = Document::parse(&text)?;
        let place = |node: &Node<'_, '_>, name| -> i32 {
            node.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(-1)
        };
        let spots: Vec<Node<'_, '_>> = elements(&svg, "circle").collect();
        assert_eq!(spots.len(), 4, "{text}");
        let of =
            |node: &Node<'_, '_>| node.attribute("style").unwrap_or_default().to_owned();
        assert!(spots.iter().all(|spot| of(spot).contains("--tl-1")), "{text}");
        // Ten times as much, and twice as much, are the same step everywhere, to the unit that a place is cut to.
        let at: Vec<(i32, i32)> =
            spots.iter().map(|spot| (place(spot, "cx"), place(spot, "cy"))).collect();
        let step = (at[1].0 - at[0].0, at[0].1 - at[1].1);
        assert!(step.0 > 10 && step.1 > 10, "{at:?}");
        assert!((at[2].0 - at[1].0 - step.0).abs() <= 1, "{at:?}");
        assert!((at[1].1 - at[2].1 - step.1).abs() <= 1, "{at:?}");
        assert_eq!(at[2].1, at[3].1);
        let dashed = |line: &Node<'_, '_>| of(line).contains("stroke-dasharray");
        // The curve and its key.
        assert_eq!(elements(&svg, "polyline").filter(dashed).count(), 2, "{text}");
        // A label at each mark that is on the scale, a name for each curve and the axis.
        let labels: Vec<&str> = elements(&svg, "text")
            .filter_map(|node| node.text())
            .map(str::trim)
            .collect();
        for label in ["1", "10", "100", "1000", "1 s", "2 s", "4 s", "jobs", "measured"] {
            assert!(labels.contains(&label), "{label}: {labels:?}");
        }
        assert!(!labels.contains(&"10000"), "{labels:?}");
        Ok(())
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let nowhere = env::temp_dir().join("no-such-folder").join("a.svg");
        let problem = save("<svg/>", Some(&nowhere)).map_err(|error| error.to_string());
        assert!(problem.is_err_and(|problem| problem.contains("no-such-folder")));
    }
}
