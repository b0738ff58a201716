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

use crate::timeline::{label_of, ms};

/// A layer that prints a line for each result: what `#[instrument(ret, err)]` says when a taught function returns.
#[derive(Debug, Default)]
pub(super) struct Live;

/// Kept with each span: what to call it, and since when it runs.
struct Began(String, Instant);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Live {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Began(label_of(attributes), Instant::now()));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut outcome = Outcome(None);
        event.record(&mut outcome);
        let (Some(text), Some(span)) = (outcome.0, context.event_span(event)) else {
            return;
        };
        if let Some(Began(label, at)) = span.extensions().get() {
            let elapsed = ms(at.elapsed().as_secs_f64() * 1e3);
            // A reader who has left (`| head`) is told nothing, and the run goes on to its exit code.
            let _ = writeln!(std::io::stdout().lock(), "  {label:<16} {elapsed:>8}   {text}");
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
