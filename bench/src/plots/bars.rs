//! Horizontal bars with names, figures, whiskers and a limit.

use std::error::Error;
use std::fmt::Write as _;

use choosing::statistics::Spread;
use lab::plot::{self, Area, Frame, ends, text};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::WIDTH;
use crate::numbers::{Unit, range, short, time};

/// How the figures of a chart are written.
#[derive(Clone, Copy)]
pub(super) struct Written {
    figure: fn(f64) -> String,
    spread: fn(Spread) -> String,
    mark: fn(f64) -> String,
    /// What the marks are, where these do not say it.
    marks: &'static str,
}

/// In the unit that suits each.
pub(super) const TIME: Written =
    Written { figure: time, spread: range, mark: time_mark, marks: "" };
/// In KiB, however small.
pub(super) const MEMORY: Written = Written {
    figure: kib,
    spread: |spread| kib(spread.median),
    mark: number,
    marks: "KiB each, ",
};

/// Horizontal bars.
pub(super) struct Bars {
    /// That of the table, or what else names the file.
    pub(super) id: String,
    pub(super) title: String,
    /// What no program can beat, and what it is in words.
    pub(super) limit: Option<(f64, String)>,
    pub(super) unit: Written,
    /// Whether the same step is the same ratio.
    pub(super) is_log: bool,
    /// Those of a language one after another.
    pub(super) rows: Vec<Bar>,
}

/// A bar, and what stands beside it.
pub(super) struct Bar {
    pub(super) language: String,
    pub(super) colour: RGBColor,
    pub(super) name: String,
    pub(super) spread: Spread,
}

/// Bars under one heading.
struct Group<'a> {
    top: i32,
    bars: &'a [Bar],
}

impl Group<'_> {
    fn bottom(&self) -> i32 {
        (0..).zip(self.bars).last().map_or(self.top, |(i, _)| self.top + ROW * (i + 1))
    }
}

/// Where bars begin, with their names to the left; and where the longest ends, with its figure to the right.
pub(super) const LEFT: i32 = 196;
const RIGHT: i32 = 456;
/// Heights: a row, its bar, a line of text by itself.
const ROW: i32 = 27;
pub(super) const BAR: i32 = 16;
const LINE: i32 = 30;

impl Bars {
    /// Draws them as SVG.
    pub(super) fn draw(&self) -> Result<String, Box<dyn Error>> {
        let groups = self.groups();
        let bottom = groups.last().map_or(0, Group::bottom);
        let height = bottom + if self.caption().is_empty() { LINE } else { 2 * LINE };
        let frame = Frame {
            id: &format!("bench-{}", self.id),
            title: &self.title,
            told: &self.in_words(),
            size: (WIDTH.unsigned_abs(), height.unsigned_abs()),
        };
        plot::draw(&frame, |area| {
            let axis = self.axis();
            for group in &groups {
                self.panel(area, &axis, group)?;
            }
            self.marks(area, &axis, bottom)?;
            self.limit_in_words(area, &axis)
        })
    }

    /// The bars of each language; over each group there is room for a heading.
    fn groups(&self) -> Vec<Group<'_>> {
        let mut top = if self.limit.is_some() { LINE } else { 0 };
        let mut groups = Vec::new();
        for bars in self.rows.chunk_by(|a, b| a.language == b.language) {
            let group = Group { top: top + LINE, bars };
            top = group.bottom();
            groups.push(group);
        }
        groups
    }

    fn axis(&self) -> Axis {
        let limit = self.limit.iter().map(|(limit, _)| *limit);
        let values = self.rows.iter().flat_map(|bar| [bar.spread.least, bar.spread.most]);
        let values = || values.clone().chain(limit.clone()).filter(|&value| value > 0.0);
        let (least, most) =
            if values().next().is_some() { ends(values(), 1.0) } else { (1.0, 1.0) };
        if self.is_log {
            // The shortest bar still has a length.
            Axis::Log { low: round_below(least / 2.0), high: most }
        } else {
            Axis::Linear { high: most }
        }
    }

    fn caption(&self) -> String {
        let each = if self.is_log { "each line is ten times the one before" } else { "" };
        let Written { marks, .. } = self.unit;
        format!("{marks}{each}")
    }

    /// A group: its heading, its bars, and behind these the lines of the scale; before them that of the limit.
    fn panel(
        &self,
        area: &Area<'_>,
        axis: &Axis,
        group: &Group<'_>,
    ) -> Result<(), Box<dyn Error>> {
        let [first, ..] = group.bars else { return Ok(()) };
        let (top, bottom) = (group.top, group.bottom());
        write(area, &first.language, (2, top - LINE / 2 + 2), HPos::Left, first.colour)?;
        let down = |x, style: ShapeStyle| line((x, top), (x, bottom), style);
        for mark in axis.marks() {
            area.draw(&down(axis.place(mark), plot::GRID.stroke_width(1)))?;
        }
        area.draw(&down(LEFT, plot::INK.stroke_width(1)))?;
        for (i, bar) in (0..).zip(group.bars) {
            self.bar(area, axis, top + ROW * i + ROW / 2, bar)?;
        }
        if let Some((limit, _)) = self.limit {
            area.draw(&down(axis.place(limit), plot::PREDICTED.stroke_width(2)))?;
        }
        Ok(())
    }

    /// What the lines of the scale stand for.
    fn marks(
        &self,
        area: &Area<'_>,
        axis: &Axis,
        bottom: i32,
    ) -> Result<(), Box<dyn Error>> {
        let marks = axis.marks();
        // With more lines than this, their words would touch.
        let every = if marks.len() > 4 { 2 } else { 1 };
        for &mark in marks.iter().step_by(every) {
            let (words, at) = ((self.unit.mark)(mark), (axis.place(mark), bottom + 14));
            write(area, &words, at, HPos::Center, plot::INK)?;
        }
        let at = (WIDTH - 4, bottom + LINE + 12);
        write(area, &self.caption(), at, HPos::Right, plot::INK)
    }

    /// A bar to the median, its whisker from the least to the most, its name and its figure.
    fn bar(
        &self,
        area: &Area<'_>,
        axis: &Axis,
        y: i32,
        bar: &Bar,
    ) -> Result<(), Box<dyn Error>> {
        let Spread { least, median, most } = bar.spread;
        let [from, end, to] = [least, median, most].map(|value| axis.place(value));
        let corners = [(LEFT, y - BAR / 2), (end, y + BAR / 2)];
        area.draw(&Rectangle::new(corners, bar.colour.filled()))?;
        if least < most {
            let ink = plot::INK.stroke_width(2);
            area.draw(&line((from, y), (to, y), ink))?;
            for x in [from, to] {
                area.draw(&line((x, y - 4), (x, y + 4), ink))?;
            }
        }
        write(area, &bar.name, (LEFT - 8, y), HPos::Right, plot::INK)?;
        let figure = (self.unit.figure)(median);
        write(area, &figure, (end.max(to) + 8, y), HPos::Left, plot::INK)
    }

    /// Over the line of the limit, what it is.
    fn limit_in_words(&self, area: &Area<'_>, axis: &Axis) -> Result<(), Box<dyn Error>> {
        let Some((limit, words)) = &self.limit else { return Ok(()) };
        let x = axis.place(*limit);
        area.draw(&line((x, LINE - 6), (x, 2 * LINE), plot::PREDICTED.stroke_width(2)))?;
        // Inside of the picture: a letter is about 10 wide.
        let half = i32::try_from(words.chars().count())? * 5;
        let middle = x.clamp(half.min(WIDTH / 2), (WIDTH - half).max(WIDTH / 2));
        write(area, words, (middle, 12), HPos::Center, plot::PREDICTED)
    }

    /// What the picture shows, for those who hear it.
    fn in_words(&self) -> String {
        let mut words = format!("{}.", self.title);
        if let Some((_, limit)) = &self.limit {
            let _ = write!(words, " The limit, {limit}.");
        }
        for Bar { language, name, spread, .. } in &self.rows {
            let figure = (self.unit.figure)(spread.median);
            let _ = write!(words, " {language}, {name}: {figure}");
            if spread.least < spread.most {
                let _ = write!(words, ", in all runs {}", (self.unit.spread)(*spread));
            }
            words.push('.');
        }
        words
    }
}

/// A scale from [`LEFT`] to [`RIGHT`].
enum Axis {
    /// From nothing: twice as long is twice as much.
    Linear { high: f64 },
    /// The same step is the same ratio everywhere.
    Log { low: f64, high: f64 },
}

impl Axis {
    /// Where a value is; at an end, where it is beyond.
    fn place(&self, value: f64) -> i32 {
        let share = match *self {
            Self::Linear { high } => value / high,
            // Not above zero: no bar at all.
            Self::Log { low, high } => (value.max(low) / low).ln() / (high / low).ln(),
        };
        let width = f64::from(RIGHT - LEFT) * share.clamp(0.0, 1.0);
        #[expect(clippy::cast_possible_truncation, reason = "it is within the picture")]
        let width = width.round() as i32;
        LEFT + width
    }

    /// Round values on the scale: from nothing in at most three equal steps; or powers of ten.
    fn marks(&self) -> Vec<f64> {
        match *self {
            Self::Linear { high } => {
                // Any closer, and their words would touch.
                let close = high / 3.6;
                let step = round_values().find(|&step| step >= close).unwrap_or(high);
                let marks = (0..=3).map(|i| f64::from(i) * step);
                marks.filter(|&mark| mark <= high).collect()
            }
            Self::Log { low, high } => {
                let tens = (-9..13).map(|exponent| 10_f64.powi(exponent));
                tens.filter(|ten| (low..=high).contains(ten)).collect()
            }
        }
    }
}

/// 1, 2 and 5, and their multiples by powers of ten, in ascending order.
fn round_values() -> impl DoubleEndedIterator<Item = f64> {
    (-9..13).flat_map(|exponent| [1.0, 2.0, 5.0].map(|n| n * 10_f64.powi(exponent)))
}

/// The largest round value that is not above this one.
fn round_below(value: f64) -> f64 {
    round_values().rfind(|&round| round <= value).unwrap_or(value)
}

fn line(
    from: (i32, i32),
    to: (i32, i32),
    style: impl Into<ShapeStyle>,
) -> PathElement<(i32, i32)> {
    PathElement::new(vec![from, to], style)
}

/// Text whose middle is at that height; of no words, nothing: an empty text would be a blank line.
fn write(
    area: &Area<'_>,
    words: &str,
    at: (i32, i32),
    side: HPos,
    colour: RGBColor,
) -> Result<(), Box<dyn Error>> {
    if words.is_empty() {
        return Ok(());
    }
    let style = text(colour).pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(words, at, style))?;
    Ok(())
}

/// A round time: `0`, `50 ms`, `1 s`.
fn time_mark(ms: f64) -> String {
    if ms == 0.0 {
        return "0".to_owned();
    }
    let unit = Unit::of(ms);
    format!("{} {}", number(ms / unit.ms), unit.name)
}

/// As the marks are, however small.
fn kib(kib: f64) -> String {
    format!("{} KiB", short(kib))
}

/// A round number without zeros behind the point.
fn number(value: f64) -> String {
    let digits = format!("{value:.3}");
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round() {
        let linear = Axis::Linear { high: 630.0 };
        assert_eq!(
            linear.marks().iter().map(|&m| time_mark(m)).collect::<Vec<_>>(),
            ["0", "200 ms", "400 ms", "600 ms"]
        );
        let log = Axis::Log { low: round_below(0.06), high: 30_000.0 };
        assert_eq!(
            log.marks().iter().map(|&m| time_mark(m)).collect::<Vec<_>>(),
            ["100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]
        );
        let below = [0.06, 1.0, 49.9].map(|value| number(round_below(value)));
        assert_eq!(below, ["0.05", "1", "20"]);
        assert_eq!([0.1, 0.5, 1000.0].map(number), ["0.1", "0.5", "1000"]);
    }
}
