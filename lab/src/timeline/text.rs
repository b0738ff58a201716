//! The timeline as text, 80 columns wide.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Record, Span, cut, ms};

/// A drawing is never wider than this many columns.
pub(super) const COLUMNS: usize = 80;
/// More rows than this are folded: a terminal shows about as many.
const MOST_ROWS: usize = 24;
/// Of a folded drawing, how many rows stand above and below the fold.
const ABOVE: usize = 16;
const BELOW: usize = 4;
/// Longer labels and lists of threads are cut.
const LONGEST_LABEL: usize = 18;
const LONGEST_THREADS: usize = 14;

impl Record {
    /// Draws the record for a terminal of 80 columns: a row per span, in the order of their begin, under a line that names
    /// the ends of the frame.
    ///
    /// `█` is time in which a thread was held, `▒` time in which it was held and waited for a lock, `░` time waited without
    /// one. A span too short for a column still gets one.
    /// More than 24 rows are folded in the middle. Every line ends with a line feed; an empty record is the empty text.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        if self.spans.is_empty() {
            return out;
        }
        let folded = if self.spans.len() > MOST_ROWS {
            self.spans.len() - ABOVE - BELOW
        } else {
            0
        };
        let shown = |row: usize| folded == 0 || row < ABOVE || row >= ABOVE + folded;
        let rows: Vec<&Span> = self
            .spans
            .iter()
            .enumerate()
            .filter(|(row, _)| shown(*row))
            .map(|(_, span)| span)
            .collect();

        let labels: Vec<String> = rows.iter().map(|span| label(span)).collect();
        let times: Vec<String> = rows.iter().map(|span| ms(span.elapsed_ms())).collect();
        let threads: Vec<String> = rows
            .iter()
            .map(|span| cut(&span.threads_in_words(), LONGEST_THREADS))
            .collect();
        let label_columns = widest(&labels).unwrap_or(0);
        let time_columns = widest(&times).unwrap_or(0);
        // Two spaces around the bar, one between label and time.
        let bar_columns = COLUMNS
            - label_columns
            - 1
            - time_columns
            - 2
            - widest(&threads).unwrap_or(0);
        let frame = self.frame_ms();

        let indent = label_columns + 1 + time_columns + 1;
        out.push_str(&ends_of_the_frame(indent, bar_columns, frame));
        for (row, span) in rows.iter().enumerate() {
            if folded > 0 && row == ABOVE {
                let _ = writeln!(out, "{:indent$}... {folded} more ...", "");
            }
            let line = format!(
                "{:>label_columns$} {:>time_columns$} {} {}",
                labels[row],
                times[row],
                bar(span, frame, bar_columns),
                threads[row]
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// The line above the bars.
pub(super) fn ends_of_the_frame(indent: usize, columns: usize, frame: f64) -> String {
    format!("{:indent$}0{:>rest$}\n", "", ms(frame), rest = columns - 1)
}

/// What a row is called.
pub(super) fn label(span: &Span) -> String {
    cut(&span.label, LONGEST_LABEL)
}

/// The row of one span: as many characters as there are columns.
pub(super) fn bar(span: &Span, frame: f64, columns: usize) -> String {
    let scale = columns as f64 / frame;
    let whole = cells(span.begin_ms * scale, span.end_ms * scale, 0..columns);
    let mut row = vec![' '; columns];
    row[whole.clone()].fill('░');
    for held in &span.held {
        let part = cells(held.begin_ms * scale, held.end_ms * scale, whole.clone());
        row[part].fill('█');
    }
    // Most locks are free, and taken in no time: those waits are left out.
    for blocked in
        span.blocked.iter().filter(|wait| wait.end_ms - wait.begin_ms > 1.0 / scale)
    {
        let part = cells(blocked.begin_ms * scale, blocked.end_ms * scale, whole.clone());
        row[part].fill('▒');
    }
    row.into_iter().collect()
}

/// The columns inside `bounds` that stand for a stretch of time. Both ends are rounded, so that what follows in time follows on
/// the screen too, without an overlap; but there is always one column.
fn cells(begin: f64, end: f64, bounds: Range<usize>) -> Range<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times are not negative"
    )]
    let column = |at: f64| at.round() as usize;
    let first = column(begin).clamp(bounds.start, bounds.end - 1);
    let end = column(end).clamp(first + 1, bounds.end);
    first..end
}

/// The columns that the widest of them needs; `None` without any.
pub(super) fn widest(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Option<usize> {
    texts.into_iter().map(|text| text.as_ref().chars().count()).max()
}
