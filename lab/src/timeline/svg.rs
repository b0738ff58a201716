//! The timeline as SVG.

use std::fmt::Write as _;

use super::{Blocked, Held, Record, Span, count, ms};

/// Lengths in CSS pixels. Only heights are fixed: every width is a share of the page's, so that text keeps its size on a
/// telephone.
pub(super) const AXIS: f64 = 22.0;
const LABEL: f64 = 17.0;
const BAR: f64 = 12.0;
const ROW: f64 = LABEL + BAR + 5.0;
/// More rows than this are drawn as thin strips, with a label over each group.
const MOST_ROWS: usize = 40;
const STRIP: f64 = 4.0;
const GROUP: usize = 25;
/// The narrowest bar, in per cent of the frame: a span without length is still seen.
const NARROWEST: f64 = 0.4;
/// So many spans are told in the description; the text form holds them all.
const MOST_TOLD: usize = 12;
/// Threads beyond this share colours.
const COLOURS: usize = 6;

/// Colours by variables, so that a page can set its own; alone, the picture follows the reader's system.
const STYLE: &str = "\
.timeline{--tl-ink:#24292f;--tl-line:#8c959f;--tl-open:#d0d7de;--tl-1:#0a6cbd;--tl-2:#a04a00;--tl-3:#1a7f37;--tl-4:#8250df;--tl-5:#bf3989;--tl-6:#57606a}\
@media (prefers-color-scheme:dark){.timeline{--tl-ink:#e6edf3;--tl-line:#6e7681;--tl-open:#3d444d;--tl-1:#58a6ff;--tl-2:#f0883e;--tl-3:#56d364;--tl-4:#bc8cff;--tl-5:#ff7eb6;--tl-6:#9ea7b3}}\
.timeline text{fill:var(--tl-ink);font:13px system-ui,sans-serif}\
.timeline .axis line{stroke:var(--tl-line);stroke-dasharray:2 3}\
.timeline .axis text{font-size:12px}\
.timeline .open{fill:var(--tl-open);stroke:var(--tl-line)}";

/// Only where something is hatched: the other pictures have no use for it.
const HATCH_STYLE: &str = "\
.timeline .blocked{stroke:var(--tl-line)}\
.timeline .hatch rect{fill:var(--tl-open)}.timeline .hatch path{stroke:var(--tl-ink);stroke-width:2}";

impl Record {
    /// Draws the record as an SVG element without blank lines, fit to stand inside a Markdown page or a file of its own.
    ///
    /// Solid bars are time in which a thread was held, coloured by thread; hatched bars are time in which it was held and
    /// waited for a lock; pale bars with an outline are time waited without one. The picture is as wide as its container. `title` becomes its name and `id` its element id, which must be unique
    /// on a page. The same record, title and id always give the same text.
    pub fn to_svg(&self, id: &str, title: &str) -> String {
        let frame = self.frame_ms();
        let strips = self.spans.len() > MOST_ROWS;
        let height = if strips {
            AXIS + self.spans.len().div_ceil(GROUP) as f64 * (LABEL + 3.0)
                + self.spans.len() as f64 * STRIP
        } else {
            AXIS + self.spans.len() as f64 * ROW
        };
        let id = escape(id);
        let mut out = open(&id, title, &self.in_words(), height);
        let hatch = format!("{id}-hatch");
        style(&mut out, is_hatched(self, frame).then_some(&hatch));
        axis(&mut out, frame, height);
        let mut y = AXIS;
        for (row, span) in self.spans.iter().enumerate() {
            if strips {
                if row % GROUP == 0 {
                    let last = &self.spans[(row + GROUP).min(self.spans.len()) - 1];
                    let label = format!("{} … {}", span.label, last.label);
                    let _ = writeln!(
                        out,
                        r#"<text x="0" y="{}">{}</text>"#,
                        y + 14.0,
                        escape(&label)
                    );
                    y += LABEL + 3.0;
                }
                bar(&mut out, span, frame, y, STRIP - 1.0, None, &hatch);
                y += STRIP;
            } else {
                bar(&mut out, span, frame, y + LABEL, BAR, Some(y + 13.0), &hatch);
                y += ROW;
            }
        }
        out.push_str("</svg>\n");
        out
    }

    /// What the picture shows, for those who hear it.
    fn in_words(&self) -> String {
        let mut words = format!(
            "{} on {} in {}.",
            count(self.spans.len(), "span", "spans"),
            count(self.threads(), "thread", "threads"),
            ms(self.frame_ms())
        );
        for span in self.spans.iter().take(MOST_TOLD) {
            let held: f64 =
                span.held.iter().map(|held| held.end_ms - held.begin_ms).sum();
            let _ = write!(
                words,
                " {}: from {} to {}",
                span.label,
                ms(span.begin_ms),
                ms(span.end_ms)
            );
            if span.held.is_empty() {
                words.push_str(", on no thread.");
            } else {
                let _ = write!(
                    words,
                    ", holding {} for {}.",
                    span.threads_in_words(),
                    ms(held)
                );
            }
            let blocked: f64 =
                span.blocked.iter().map(|wait| wait.end_ms - wait.begin_ms).sum();
            if blocked >= 1.0 {
                let _ = write!(words, " Of that, it waited {} for a lock.", ms(blocked));
            }
        }
        if self.spans.len() > MOST_TOLD {
            let _ = write!(
                words,
                " {} more are not told here.",
                self.spans.len() - MOST_TOLD
            );
        }
        words
    }
}

/// The begin of a picture, up to what it shows in words. `id` is escaped already.
pub(super) fn open(id: &str, title: &str, in_words: &str, height: f64) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="timeline" id="{id}" role="img" aria-labelledby="{id}-title {id}-desc" width="100%" height="{height}">"#
    );
    let _ = writeln!(out, r#"<title id="{id}-title">{}</title>"#, escape(title));
    let _ = writeln!(out, r#"<desc id="{id}-desc">{}</desc>"#, escape(in_words));
    out
}

/// Whether a wait for a lock is drawn.
pub(super) fn is_hatched(record: &Record, frame: f64) -> bool {
    record.spans.iter().any(|span| seen(span, frame).next().is_some())
}

/// The colours, and the pattern of that id where something is hatched.
pub(super) fn style(out: &mut String, hatch: Option<&String>) {
    let Some(hatch) = hatch else {
        let _ = writeln!(out, "<style>{STYLE}</style>");
        return;
    };
    let _ = writeln!(out, "<style>{STYLE}{HATCH_STYLE}</style>");
    let _ = writeln!(
        out,
        r#"<defs><pattern class="hatch" id="{hatch}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6"/><path d="M0 0V6"/></pattern></defs>"#
    );
}

/// Lines and times at round numbers, at most five of them.
pub(super) fn axis(out: &mut String, frame: f64, height: f64) {
    let step = round_step(frame / 4.0);
    out.push_str("<g class=\"axis\">\n");
    let mut tick = 0;
    loop {
        let at = f64::from(tick) * step;
        if at > frame {
            break;
        }
        let x = percent(at, frame);
        let anchor = match x {
            x if x < 4.0 => "start",
            x if x > 88.0 => "end",
            _ => "middle",
        };
        let label = if tick == 0 { "0".to_owned() } else { tick_label(at) };
        let _ = writeln!(
            out,
            r#"<line x1="{x}%" x2="{x}%" y1="{}" y2="{height}"/>"#,
            AXIS - 4.0
        );
        let _ = writeln!(
            out,
            r#"<text x="{x}%" y="13" text-anchor="{anchor}">{label}</text>"#
        );
        tick += 1;
    }
    out.push_str("</g>\n");
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `at_least`.
fn round_step(at_least: f64) -> f64 {
    let power = 10_f64.powf(at_least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|n| n * power)
        .find(|&step| step >= at_least)
        .unwrap_or(10.0 * power)
}

/// Ticks are round numbers: they need no more digits than they have.
fn tick_label(at: f64) -> String {
    format!("{} ms", (at * 1e4).round() / 1e4)
}

/// The waits that are drawn. Most locks are free, and taken in no time: those waits are left out.
fn seen(span: &Span, frame: f64) -> impl Iterator<Item = &Blocked> {
    span.blocked
        .iter()
        .filter(move |wait| percent(wait.end_ms - wait.begin_ms, frame) >= NARROWEST)
}

pub(super) fn bar(
    out: &mut String,
    span: &Span,
    frame: f64,
    y: f64,
    height: f64,
    label_at: Option<f64>,
    hatch: &str,
) {
    let blocked: Vec<&Blocked> = seen(span, frame).collect();
    let threads = span.threads_in_words();
    let mut told = format!(
        "{} · {}",
        ms(span.elapsed_ms()),
        if threads.is_empty() { "no thread" } else { &threads }
    );
    if !blocked.is_empty() {
        // Said in words, so that the hatching needs no legend.
        let waited = blocked.iter().map(|wait| wait.end_ms - wait.begin_ms).sum();
        let _ = write!(told, " · {} for a lock", ms(waited));
    }
    let _ = writeln!(
        out,
        r#"<g class="row" {}><title>{} · {told}</title>"#,
        data(span, &blocked),
        escape(&span.label)
    );
    if let Some(y) = label_at {
        let label = escape(&span.label);
        let _ = writeln!(
            out,
            r#"<text x="0" y="{y}"><tspan font-weight="600">{label}</tspan> {told}</text>"#
        );
    }
    let mut rect = |class: &str, fill: &str, begin: f64, end: f64| {
        let width = (percent(end, frame) - percent(begin, frame)).clamp(NARROWEST, 100.0);
        let x = percent(begin, frame).min(100.0 - width);
        let (x, width) = (thousandths(x), thousandths(width));
        let _ = writeln!(
            out,
            r#"<rect class="{class}"{fill} x="{x}%" y="{y}" width="{width}%" height="{height}"/>"#
        );
    };
    rect("open", "", span.begin_ms, span.end_ms);
    for held in &span.held {
        let fill = format!(r#" fill="var(--tl-{})""#, (held.thread - 1) % COLOURS + 1);
        rect("held", &fill, held.begin_ms, held.end_ms);
    }
    for blocked in blocked {
        rect(
            "blocked",
            &format!(r#" fill="url(#{hatch})""#),
            blocked.begin_ms,
            blocked.end_ms,
        );
    }
    out.push_str("</g>\n");
}

/// The row as data, for the script of the page, which tells of each bar and makes a table: the task, its begin and end, then each
/// stretch in which it held a thread (`THREAD BEGIN END`) and each wait for a lock that is drawn (`BEGIN END`), in milliseconds and
/// in the order of the rectangles.
fn data(span: &Span, blocked: &[&Blocked]) -> String {
    let at = |begin, end| format!("{} {}", thousandths(begin), thousandths(end));
    let mut data = format!(
        r#"data-task="{}" data-at="{}""#,
        escape(&span.label),
        at(span.begin_ms, span.end_ms)
    );
    let mut list = |name: &str, stretches: Vec<String>| {
        if !stretches.is_empty() {
            let _ = write!(data, r#" data-{name}="{}""#, stretches.join(","));
        }
    };
    let held =
        |held: &Held| format!("{} {}", held.thread, at(held.begin_ms, held.end_ms));
    list("held", span.held.iter().map(held).collect());
    list("lock", blocked.iter().map(|wait| at(wait.begin_ms, wait.end_ms)).collect());
    data
}

fn percent(at: f64, frame: f64) -> f64 {
    thousandths((at / frame * 100.0).clamp(0.0, 100.0))
}

fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML knows no other control characters, and a line feed could make a blank line.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
