//! Results as they are got.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::timeline::{cut, label_of, ms};

/// A layer that prints a line when a unit of work ends: what `#[instrument(ret, err)]` said when the taught function returned.
#[derive(Debug, Default)]
pub(super) struct Live;

/// Kept with each span.
struct Unit {
    label: String,
    begin: Instant,
    /// What came of it, once that is known.
    outcome: Option<String>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Live {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let unit = Unit {
                label: label_of(attributes),
                begin: Instant::now(),
                outcome: None,
            };
            span.extensions_mut().insert(unit);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut outcome = Outcome(None);
        event.record(&mut outcome);
        if let (Some(text), Some(span)) = (outcome.0, context.event_span(event))
            && let Some(unit) = span.extensions_mut().get_mut::<Unit>()
        {
            unit.outcome = Some(text);
        }
    }

    // Not when the event comes: the time would be a little less than the one in the timeline.
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        if let Some(Unit { label, begin, outcome: Some(text) }) = span.extensions().get()
        {
            let elapsed = ms(begin.elapsed().as_secs_f64() * 1e3);
            // Cut, so that it is one line of a terminal; the whole is in the JSON.
            let label = cut(label, 18);
            let line = cut(&format!("  {label:<14} {elapsed:>8}   {text}"), 80);
            // A reader who has left (`| head`) is told nothing, and the run goes on to its exit code.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }
}

/// The value under which `#[instrument]` reports a return or an error.
struct Outcome(Option<String>);

impl Visit for Outcome {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let prefix = match field.name() {
            "return" => "",
            "error" => "failed: ",
            _ => return,
        };
        let mut text = prefix.to_owned();
        if write!(text, "{value:?}").is_ok() {
            self.0 = Some(text);
        }
    }
}
