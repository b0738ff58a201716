//! What a run was, as data.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::timeline::{Blocked, Held, Record};

/// What became of one address, or of one chunk of work.
///
/// Chapters turn their own results into this (`impl From<Page> for Report`), since the lab does not know them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The address that was asked, or the numbers that were looked at (`0..1000`).
    pub url: String,
    /// Whether there is a result.
    pub ok: bool,
    /// The HTTP status, where one arrived.
    pub status: Option<u16>,
    /// The size of the body in bytes, where it arrived whole.
    pub bytes: Option<u64>,
    /// From the begin of this unit to its result or failure, in milliseconds.
    pub elapsed_ms: f64,
    /// Why there is no result.
    pub error: Option<String>,
    /// What a chunk of work came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u64>,
}

impl Report {
    pub(super) fn of_work(chunk: &Range<u64>, value: u64) -> Self {
        let url = format!("{}..{}", chunk.start, chunk.end);
        Self {
            url,
            ok: true,
            status: None,
            bytes: None,
            elapsed_ms: 0.0,
            error: None,
            value: Some(value),
        }
    }
}

/// Taught functions that compute return numbers and nothing else; how long each took is what their spans say. Spans of equal
/// label are taken in the order of their begin.
pub(super) fn add_elapsed_of_work(results: &mut [Report], record: &Record) {
    let mut elapsed: HashMap<&str, VecDeque<f64>> = HashMap::new();
    for span in &record.spans {
        elapsed.entry(&span.label).or_default().push_back(span.elapsed_ms());
    }
    for result in results.iter_mut().filter(|result| result.value.is_some()) {
        if let Some(ms) =
            elapsed.get_mut(result.url.as_str()).and_then(VecDeque::pop_front)
        {
            result.elapsed_ms = ms;
        }
    }
}

/// A run of a program: what `--format json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The program's name.
    pub program: String,
    /// From the begin of the job to its end, in milliseconds.
    pub wall_ms: f64,
    /// CPU time, user and system, of the whole process during the job, the slow web's included, in milliseconds; null where
    /// the platform was not asked.
    pub cpu_ms: Option<f64>,
    /// The most requests that the slow web saw in flight at once; null for addresses that are not ours and for work.
    pub peak_in_flight: Option<usize>,
    /// How many threads the units of work held.
    pub threads: usize,
    /// One per address or chunk, in the order given.
    pub results: Vec<Report>,
    /// When each unit was open and which thread it held.
    pub spans: Record,
}

impl Run {
    /// The timeline of this run as SVG, with the element id `timeline-NAME`: a page may show several runs of one program.
    pub fn to_svg(&self, name: &str) -> String {
        let id = format!("timeline-{name}");
        self.spans.to_svg(&id, &format!("Timeline of {}", self.program))
    }

    /// Whether this can be the record of a run; the error says what cannot be. To be asked of a run that was read.
    ///
    /// # Errors
    ///
    /// When a span ends before it begins, a time is out of all proportion, or a thread has the number 0.
    pub fn check(&self) -> Result<(), String> {
        // Eleven days: more than a program of the book takes, and few enough to be drawn.
        let sound = |begin: f64, end: f64| 0.0 <= begin && begin <= end && end <= 1e9;
        for span in &self.spans.spans {
            let held = |held: &Held| held.thread > 0 && sound(held.begin_ms, held.end_ms);
            let blocked = |wait: &Blocked| sound(wait.begin_ms, wait.end_ms);
            if !sound(span.begin_ms, span.end_ms)
                || !span.held.iter().all(held)
                || !span.blocked.iter().all(blocked)
            {
                return Err(format!("this is not the record of a run: {span:?}"));
            }
        }
        Ok(())
    }

    /// Writes the SVG and the Chrome trace, each where a path is given.
    ///
    /// # Errors
    ///
    /// When a file cannot be written; the message names it.
    pub fn save(&self, svg: Option<&Path>, trace: Option<&Path>) -> io::Result<()> {
        if let Some(path) = svg {
            write(path, &self.to_svg(&self.program))?;
        }
        if let Some(path) = trace {
            write(path, &self.spans.to_chrome_trace())?;
        }
        Ok(())
    }

    /// What the text output ends with: the timeline, then the total beside the sum of all units and the longest, then what it
    /// took. Begins with an empty line.
    pub fn drawing(&self) -> String {
        use crate::timeline::{count, ms};
        let elapsed = || self.results.iter().map(|result| result.elapsed_ms);
        let (sum, longest) =
            (elapsed().fold(0.0, |a, b| a + b), elapsed().fold(0.0, f64::max));
        let mut took = vec![count(self.threads, "thread", "threads")];
        took.extend(self.peak_in_flight.map(|peak| format!("at most {peak} in flight")));
        took.extend(self.cpu_ms.map(|cpu| format!("{} of CPU", ms(cpu))));
        let failed = self.results.iter().filter(|result| !result.ok).count();
        took.extend((failed > 0).then(|| format!("{failed} failed")));
        format!(
            "\n{}\ntotal {}   sum {}   longest {}\n{}\n",
            self.spans.to_text(),
            ms(self.wall_ms),
            ms(sum),
            ms(longest),
            took.join(", ")
        )
    }
}

/// Writes a file, or says which one could not be written.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()))
    })
}

/// Milliseconds, to the microsecond.
pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
