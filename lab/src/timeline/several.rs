//! Several records one under the other, on one scale.

use std::fmt::Write as _;

use super::svg::{self, escape};
use super::text::{self, COLUMNS};
use super::{Record, Span, count, cut, ms};

/// In CSS pixels: two lines of text, the rows, a gap.
const HEAD: f64 = 38.0;
const ROW: f64 = 11.0;
const BAR: f64 = 8.0;
const GAP: f64 = 12.0;

/// Several records, drawn one under the other in one frame, so that a length of time is the same length in all of them.
#[derive(Debug, Clone, Default)]
pub struct Several {
    /// From top to bottom.
    pub blocks: Vec<Block>,
}

/// One of several records.
#[derive(Debug, Clone)]
pub struct Block {
    /// What it is called.
    pub name: String,
    /// What is said of the whole of it, in half a line.
    pub note: String,
    /// Its rows, drawn in the order in which they stand.
    pub record: Record,
}

impl Several {
    /// Draws the records for a terminal of 80 columns: a line that names the ends of the frame; then, for each, its name and
    /// note on a line and its rows below, as in [`Record::to_text`], but without their threads and never folded.
    ///
    /// Without any row there is nothing to draw: the empty text.
    pub fn to_text(&self) -> String {
        let rows = || self.blocks.iter().flat_map(|block| &block.record.spans);
        let Some(label_columns) = text::widest(rows().map(text::label)) else {
            return String::new();
        };
        let time = |span: &Span| ms(span.elapsed_ms());
        let time_columns = text::widest(rows().map(time)).unwrap_or(0);
        let indent = label_columns + 1 + time_columns + 1;
        let bar_columns = COLUMNS - indent;
        let frame = self.frame_ms();
        let name_columns =
            text::widest(self.blocks.iter().map(|block| &block.name)).unwrap_or(0);

        let mut out = text::ends_of_the_frame(indent, bar_columns, frame);
        for block in &self.blocks {
            let head = format!("{:<name_columns$}  {}", block.name, block.note);
            // Writing to a String cannot fail.
            let _ = writeln!(out, "\n{}", cut(head.trim_end(), COLUMNS));
            for span in &block.record.spans {
                let line = format!(
                    "{:>label_columns$} {:>time_columns$} {}",
                    text::label(span),
                    time(span),
                    text::bar(span, frame, bar_columns)
                );
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        out
    }

    /// Draws the records as one SVG element, with bars and colours as in [`Record::to_svg`]; threads are counted, and coloured,
    /// within each record. `title` becomes its name and `id` its element id, which must be unique on a page.
    pub fn to_svg(&self, id: &str, title: &str) -> String {
        let frame = self.frame_ms();
        let rows: usize = self.blocks.iter().map(|block| block.record.spans.len()).sum();
        let height =
            svg::AXIS + self.blocks.len() as f64 * (HEAD + GAP) + rows as f64 * ROW;
        let id = escape(id);
        let mut out = svg::open(&id, title, &self.in_words(), height);
        let hatch = format!("{id}-hatch");
        let hatched =
            self.blocks.iter().any(|block| svg::is_hatched(&block.record, frame));
        svg::style(&mut out, hatched.then_some(&hatch));
        svg::axis(&mut out, frame, height);
        let mut y = svg::AXIS;
        for block in &self.blocks {
            let (name, note) = (escape(&block.name), escape(&block.note));
            let (first, second) = (y + 14.0, y + 31.0);
            let _ = writeln!(out, r#"<g data-of="{name}">"#);
            let _ = writeln!(
                out,
                r#"<text x="0" y="{first}"><tspan font-weight="600">{name}</tspan></text>"#
            );
            let _ = writeln!(out, r#"<text x="0" y="{second}">{note}</text>"#);
            y += HEAD;
            for span in &block.record.spans {
                svg::bar(&mut out, span, frame, y, BAR, None, &hatch);
                y += ROW;
            }
            out.push_str("</g>\n");
            y += GAP;
        }
        out.push_str("</svg>\n");
        out
    }

    /// What the picture shows, for those who hear it.
    fn in_words(&self) -> String {
        let mut words = format!(
            "{}, one under the other, in a frame of {}.",
            count(self.blocks.len(), "timeline", "timelines"),
            ms(self.frame_ms())
        );
        for Block { name, note, record } in &self.blocks {
            let rows = count(record.spans.len(), "span", "spans");
            let _ =
                write!(words, " {name}: {note}; {rows} in {}.", ms(record.frame_ms()));
        }
        words
    }

    /// The end of the frame that all records are drawn in.
    fn frame_ms(&self) -> f64 {
        self.blocks.iter().map(|block| block.record.frame_ms()).fold(0.001, f64::max)
    }
}
