//! The recording half: a `tracing` layer.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::{Blocked, Held, LOCK, Record, Span};

/// A `tracing` layer that keeps when each span was open, when it was entered, and on which thread.
///
/// Clones share one record, so that one clone can be handed to the subscriber and another kept to read from.
#[derive(Debug, Clone)]
pub struct Timeline {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    zero: Instant,
    threads: Vec<ThreadId>,
    open: HashMap<Id, Open>,
    /// Waits for a lock that are under way: the row that waits, and since when.
    locks: HashMap<Id, (Id, Instant)>,
    closed: Vec<Open>,
    next: usize,
}

/// A span on its way into the record. Instants stay instants until the record is asked for.
#[derive(Debug, Clone)]
struct Open {
    order: usize,
    name: &'static str,
    label: String,
    begin: Instant,
    end: Option<Instant>,
    /// A stretch without an end is one whose thread has not left the span yet.
    held: Vec<(usize, Instant, Option<Instant>)>,
    blocked: Vec<(Instant, Instant)>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Timeline {
    /// An empty timeline whose zero is now.
    pub fn new() -> Self {
        let state = State {
            zero: Instant::now(),
            threads: Vec::new(),
            open: HashMap::new(),
            locks: HashMap::new(),
            closed: Vec::new(),
            next: 0,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Sets the zero of the record to now, and forgets the spans that have ended.
    pub fn restart(&self) {
        let mut state = self.state();
        state.zero = Instant::now();
        state.closed.clear();
        state.threads.clear();
    }

    /// What was seen so far. A span that is still open is recorded as ending now.
    pub fn record(&self) -> Record {
        let state = self.state();
        let now = Instant::now();
        // Microseconds are finer than the clock is honest, and keep the JSON short.
        let since_zero = |at: Instant| {
            (at.saturating_duration_since(state.zero).as_secs_f64() * 1e6).round() / 1e3
        };
        let mut seen: Vec<&Open> =
            state.closed.iter().chain(state.open.values()).collect();
        seen.sort_by_key(|open| (open.begin, open.order));
        let spans = seen
            .into_iter()
            .map(|open| Span {
                name: open.name.to_owned(),
                label: open.label.clone(),
                begin_ms: since_zero(open.begin),
                end_ms: since_zero(open.end.unwrap_or(now)),
                held: open
                    .held
                    .iter()
                    .map(|&(thread, begin, end)| Held {
                        thread,
                        begin_ms: since_zero(begin),
                        end_ms: since_zero(end.unwrap_or(now)),
                    })
                    .collect(),
                blocked: open
                    .blocked
                    .iter()
                    .map(|&(begin, end)| Blocked {
                        begin_ms: since_zero(begin),
                        end_ms: since_zero(end),
                    })
                    .collect(),
            })
            .collect();
        Record { spans }
    }

    /// A panic elsewhere cannot leave the state half-changed, so a poisoned lock is still sound to read.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Timeline {
    fn max_level_hint(&self) -> Option<LevelFilter> {
        // Libraries trace below INFO; without this hint each of their spans would pay for being looked at.
        Some(LevelFilter::INFO)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if *attributes.metadata().level() > Level::INFO {
            return;
        }
        let label = label_of(attributes);
        let mut state = self.state();
        let around = context.span(id).into_iter().flat_map(|span| span.scope().skip(1));
        if let Some(row) =
            around.map(|span| span.id()).find(|id| state.open.contains_key(id))
        {
            if attributes.metadata().name() == LOCK {
                state.locks.insert(id.clone(), (row, Instant::now()));
            }
            return;
        }
        let order = state.next;
        state.next += 1;
        let open = Open {
            order,
            name: attributes.metadata().name(),
            label,
            begin: Instant::now(),
            end: None,
            held: Vec::new(),
            blocked: Vec::new(),
        };
        state.open.insert(id.clone(), open);
    }

    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(open) = state.open.get_mut(id) else {
            return;
        };
        let thread = number_of(&mut state.threads, thread::current().id());
        open.held.push((thread, Instant::now(), None));
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let mut guard = self.state();
        let state = &mut *guard;
        let Some(open) = state.open.get_mut(id) else {
            return;
        };
        let thread = number_of(&mut state.threads, thread::current().id());
        // The innermost stretch of this thread: a span can be entered by several threads at once.
        let stretch =
            open.held.iter_mut().rev().find(|held| held.0 == thread && held.2.is_none());
        if let Some(stretch) = stretch {
            stretch.2 = Some(Instant::now());
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        let now = Instant::now();
        let mut state = self.state();
        if let Some((row, begin)) = state.locks.remove(&id)
            && let Some(open) = state.open.get_mut(&row)
        {
            open.blocked.push((begin, now));
        }
        if let Some(mut open) = state.open.remove(&id) {
            open.end = Some(now);
            state.closed.push(open);
        }
    }
}

/// The number of a thread: 1 for the first that was seen.
fn number_of(threads: &mut Vec<ThreadId>, id: ThreadId) -> usize {
    let position = threads.iter().position(|&known| known == id).unwrap_or_else(|| {
        threads.push(id);
        threads.len() - 1
    });
    position + 1
}

/// The values of a span's fields, addresses cut down to their path.
pub(crate) fn label_of(attributes: &Attributes<'_>) -> String {
    struct Values(String);
    impl Values {
        fn push(&mut self, value: &str) {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            self.0.push_str(short(value));
        }
    }
    impl Visit for Values {
        fn record_str(&mut self, _: &Field, value: &str) {
            self.push(value);
        }
        fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
            let mut text = String::new();
            if write!(text, "{value:?}").is_ok() {
                self.push(&text);
            }
        }
    }
    let mut values = Values(String::new());
    attributes.record(&mut values);
    values.0
}

/// `http://127.0.0.1:8080/site-1?x` is called `site-1`, `https://example.org/` is called `example.org`.
fn short(value: &str) -> &str {
    let Some((_, address)) = value.split_once("://") else { return value };
    let address = address.split(['?', '#']).next().unwrap_or(address);
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let path = path.trim_matches('/');
    if !path.is_empty() {
        return path;
    }
    // A name and a password before the host are nobody's business.
    host.rsplit_once('@').map_or(host, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn an_address_is_cut_down_to_its_path() {
        assert_eq!(short("http://127.0.0.1:8080/site-1"), "site-1");
        assert_eq!(short("http://127.0.0.1:8080/a/b.html?c=/d#e"), "a/b.html");
        assert_eq!(short("https://example.org/"), "example.org");
        assert_eq!(short("http://user:secret@127.0.0.1:80/"), "127.0.0.1:80");
        assert_eq!(short("0..1000"), "0..1000");
    }
}
