//! The timeline as a Chrome trace, which Perfetto opens.

use serde_json::{Value, json};

use super::Record;

impl Record {
    /// The record in the JSON form of the Chrome trace event format: a track per thread with the stretches in which it was
    /// held, and an asynchronous event per span for the whole time that it was open. Times are in microseconds, as that
    /// format asks.
    pub fn to_chrome_trace(&self) -> String {
        let micros = |ms: f64| ms * 1000.0;
        let mut events: Vec<Value> = Vec::new();
        for thread in 1..=self.threads() {
            events.push(json!({
                "ph": "M", "name": "thread_name", "pid": 1, "tid": thread,
                "args": { "name": format!("thread {thread}") },
            }));
        }
        for (id, span) in self.spans.iter().enumerate() {
            let title = format!("{} {}", span.name, span.label);
            for (phase, at) in [("b", span.begin_ms), ("e", span.end_ms)] {
                events.push(json!({
                    "ph": phase, "cat": "open", "name": title, "id": id, "pid": 1, "tid": 0, "ts": micros(at),
                }));
            }
            for blocked in &span.blocked {
                // On the track of the thread that waits, which is the one that the row holds meanwhile.
                let held =
                    span.held.iter().rfind(|held| held.begin_ms <= blocked.begin_ms);
                events.push(json!({
                    "ph": "X", "cat": "blocked", "name": "waits for a lock", "pid": 1,
                    "tid": held.map_or(0, |held| held.thread),
                    "ts": micros(blocked.begin_ms), "dur": micros(blocked.end_ms - blocked.begin_ms),
                }));
            }
            for held in &span.held {
                events.push(json!({
                    "ph": "X", "cat": "held", "name": title, "pid": 1, "tid": held.thread,
                    "ts": micros(held.begin_ms), "dur": micros(held.end_ms - held.begin_ms),
                }));
            }
        }
        json!({ "traceEvents": events, "displayTimeUnit": "ms" }).to_string()
    }
}
