//! What ran when, and on which thread.
//!
//! A [`Timeline`] is a [`tracing_subscriber`] layer. Every span of level `INFO` or above becomes a row: the time from its
//! creation to its end, and inside it the stretches in which a thread had *entered* it. A row is drawn **solid while the work
//! holds a thread and hollow while it waits without one**. A span inside a row is part of that row and has none of its own; if
//! it is named [`LOCK`], it is drawn there, hatched: the thread is held, and stands still for a lock. The finished [`Record`] can be drawn as text
//! ([`Record::to_text`]), as SVG ([`Record::to_svg`]) and as a Chrome trace ([`Record::to_chrome_trace`]), and two records
//! can be compared by what must not depend on luck ([`Record::structure`]). [`Several`] records are drawn on one scale.

mod chrome;
mod layer;
mod several;
mod structure;
mod svg;
mod text;

use serde::{Deserialize, Serialize};

pub use layer::Timeline;
#[cfg(feature = "stage")]
pub(crate) use layer::label_of;
pub use several::{Block, Several};
pub use structure::Structure;

/// A stretch of time in which a thread was held by a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The thread, numbered from 1 in the order in which threads first entered any span of the record.
    pub thread: usize,
    /// Begin, in milliseconds since the record's own zero.
    pub begin_ms: f64,
    /// End, in milliseconds since the record's own zero; never before `begin_ms`.
    pub end_ms: f64,
}

/// The name of a span that stands for waiting for a lock.
pub const LOCK: &str = "lock";

/// A stretch of time in which a row waited for a lock, holding its thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// Begin, in milliseconds since the record's own zero.
    pub begin_ms: f64,
    /// End, in milliseconds since the record's own zero; never before `begin_ms`.
    pub end_ms: f64,
}

/// One unit of work: a row of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The span's name: that of the instrumented function.
    pub name: String,
    /// What tells this unit from its siblings: the values of the span's fields, an address cut down to its path.
    pub label: String,
    /// Begin, in milliseconds since the record's own zero.
    pub begin_ms: f64,
    /// End, in milliseconds since the record's own zero; never before `begin_ms`.
    pub end_ms: f64,
    /// When a thread was held, in the order of entering. The rest of the span waited without a thread.
    pub held: Vec<Held>,
    /// When it waited for a lock, in the order of the waits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Blocked>,
}

impl Span {
    /// How long the span was open, in milliseconds.
    pub fn elapsed_ms(&self) -> f64 {
        self.end_ms - self.begin_ms
    }

    /// The threads that the span held, each once, in ascending order.
    pub fn threads(&self) -> Vec<usize> {
        let mut threads: Vec<usize> = self.held.iter().map(|held| held.thread).collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    /// `thread 1`, or `threads 1 2` where the work moved, or nothing where no thread ever entered the span.
    fn threads_in_words(&self) -> String {
        let threads: Vec<String> = self.threads().iter().map(usize::to_string).collect();
        match threads.len() {
            0 => String::new(),
            1 => format!("thread {}", threads[0]),
            _ => format!("threads {}", threads.join(" ")),
        }
    }
}

/// What a [`Timeline`] saw: spans in the order of their begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record {
    /// The rows, in the order of their begin.
    pub spans: Vec<Span>,
}

impl Record {
    /// The number of distinct threads that any span held.
    pub fn threads(&self) -> usize {
        let mut threads: Vec<usize> = self.spans.iter().flat_map(Span::threads).collect();
        threads.sort_unstable();
        threads.dedup();
        threads.len()
    }

    /// The end of the frame that all rows are drawn in: the latest end of a span, at least a thousandth of a millisecond.
    fn frame_ms(&self) -> f64 {
        self.spans.iter().map(|span| span.end_ms).fold(0.001, f64::max)
    }
}

/// `120 ms`, or `0.4 ms` where whole milliseconds would hide the value.
pub(crate) fn ms(value: f64) -> String {
    if value > 0.0 && value < 9.95 {
        format!("{value:.1} ms")
    } else {
        format!("{value:.0} ms")
    }
}

/// `1 thread`, `2 threads`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// At most `longest` characters, all of them on one line.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    let text = text.replace(char::is_control, " ");
    if text.chars().count() <= longest {
        return text;
    }
    let kept: String = text.chars().take(longest - 1).collect();
    kept + "…"
}
