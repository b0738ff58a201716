//! One run from its place in the queue to its end, told as events.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::response::sse;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::Runner;
use super::catalogue::Offer;
use super::child::{End, Kept};
use super::picture::picture;
use super::queue::Place;
use crate::programs::{self, Programs};

/// How much of a line of a build is told, in bytes.
const LINE: usize = 4 << 10;

/// What a page is told.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Event {
    Queued { ahead: usize },
    Building { line: String },
    Started { command: String },
    Output { text: String },
    Picture { svg: String },
    Ended { how: &'static str, code: Option<i32>, elapsed_ms: u64, cut: bool },
}

impl Event {
    pub(super) fn to_sse(&self) -> sse::Event {
        let name = match self {
            Event::Queued { .. } => "queued",
            Event::Building { .. } => "building",
            Event::Started { .. } => "started",
            Event::Output { .. } => "output",
            Event::Picture { .. } => "picture",
            Event::Ended { .. } => "ended",
        };
        // Text and numbers can always be put as JSON, which has no line feeds.
        let data = serde_json::to_string(self).unwrap_or_default();
        sse::Event::default().event(name).data(data)
    }
}

/// What is run, and for whom.
pub(super) struct Act {
    pub(super) runner: Runner,
    pub(super) offer: Offer,
    /// The offer's command with the values of this run.
    pub(super) command: String,
    pub(super) number: u64,
    /// Closed when the page is gone.
    pub(super) events: mpsc::Sender<Event>,
}

/// The page is gone: nothing is left to be told.
struct Gone;

/// How a run came to its end.
struct Ended {
    how: &'static str,
    code: Option<i32>,
    elapsed: Duration,
    cut: bool,
}

impl Ended {
    fn without_a_run(how: &'static str, code: Option<i32>) -> Self {
        Self { how, code, elapsed: Duration::ZERO, cut: false }
    }
}

/// What has become of a build.
enum Built {
    Programs(Programs),
    /// With cargo's exit code, none where a signal ended it. The page has the rest: it was told what cargo said.
    Failed(Option<i32>),
    CannotRun(anyhow::Error),
}

impl Act {
    /// Waits for the turn, builds, runs, and tells of it. Whatever was started has ended when this returns. When it is dropped,
    /// what runs is let go of, and its keeper ends it.
    pub(super) async fn perform(self, place: Place) {
        tokio::select! {
            biased;
            () = self.events.closed() => return,
            () = place.turn(|ahead| drop(self.events.try_send(Event::Queued { ahead }))) => {}
        }
        let scratch = tempfile::Builder::new().prefix("while-you-wait-").tempdir();
        let scratch = scratch.context("no folder for what the run draws");
        let done = match &scratch {
            Ok(scratch) => self.build_and_run(scratch.path()).await,
            Err(error) => self.cannot_run(&format!("{error:#}")).await,
        };
        drop(place); // who waits need not wait for this page to read
        let Ok(ended) = done else { return };
        let svg = match scratch {
            Ok(scratch) if ended.how == "exit" && !ended.cut => {
                self.picture(scratch).await
            }
            _ => None,
        };
        if let Some(svg) = svg {
            let _ = self.tell(Event::Picture { svg }).await;
        }
        let Ended { how, code, elapsed, cut } = ended;
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let _ = self.tell(Event::Ended { how, code, elapsed_ms, cut }).await;
    }

    /// Tells the page. One that takes nothing for a while is as good as gone.
    async fn tell(&self, event: Event) -> Result<(), Gone> {
        match timeout(self.runner.0.limits.patience, self.events.send(event)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }

    async fn cannot_run(&self, why: &str) -> Result<Ended, Gone> {
        self.tell(Event::Output { text: format!("while-you-wait: {why}\n") }).await?;
        Ok(Ended::without_a_run("cannot run", None))
    }

    async fn build_and_run(&self, scratch: &Path) -> Result<Ended, Gone> {
        let programs = match self.build(&scratch.join("cargo.json")).await? {
            Built::Programs(programs) => programs,
            Built::Failed(code) => {
                return Ok(Ended::without_a_run("build failed", code));
            }
            Built::CannotRun(error) => {
                return self.cannot_run(&format!("{error:#}")).await;
            }
        };
        match self.run(&programs, scratch).await? {
            Ok(ended) => Ok(ended),
            Err(error) => self.cannot_run(&format!("{error:#}")).await,
        }
    }

    /// Builds what the command needs.
    async fn build(&self, messages: &Path) -> Result<Built, Gone> {
        let shared = &self.runner.0;
        let needed = programs::needed(&shared.root, &self.command);
        if needed.is_empty() {
            return Ok(Built::Programs(Programs::new(&shared.root, "")));
        }
        let mut cargo = programs::cargo_build(&shared.root);
        cargo.args(needed.iter().flat_map(|name| ["--example", name]));
        let mut kept = match Kept::start(&shared.keeper, &cargo, Some(messages)) {
            Ok(kept) => kept,
            Err(error) => return Ok(Built::CannotRun(error)),
        };
        let told = tokio::select! {
            biased;
            () = self.events.closed() => Err(Gone),
            told = self.tell_of_build(&mut kept) => told,
        };
        let end = kept.end().await;
        told?;
        Ok(match end {
            End::Exit(0) => match std::fs::read_to_string(messages) {
                Ok(messages) => Built::Programs(Programs::new(&shared.root, &messages)),
                Err(error) => Built::CannotRun(
                    anyhow::Error::new(error).context("cargo has written nothing"),
                ),
            },
            End::Exit(code) => Built::Failed(Some(code)),
            End::Signal => Built::Failed(None),
            End::CannotRun(why) => Built::CannotRun(anyhow::anyhow!(why)),
        })
    }

    async fn tell_of_build(&self, kept: &mut Kept) -> Result<(), Gone> {
        let mut text = Text::default();
        let mut line = String::new();
        while let Some(piece) = kept.output().await {
            line.push_str(&text.decode(&piece));
            while let Some(end) = line.find('\n') {
                let mut told: String = line.drain(..=end).collect();
                told.truncate(told.floor_char_boundary(LINE));
                let told = told.trim();
                if !told.is_empty() {
                    self.tell(Event::Building { line: told.to_owned() }).await?;
                }
            }
            line.truncate(line.floor_char_boundary(LINE));
        }
        Ok(())
    }

    async fn run(
        &self,
        programs: &Programs,
        scratch: &Path,
    ) -> Result<Result<Ended>, Gone> {
        let shared = &self.runner.0;
        let runner = self.runner.clone();
        // The first look for Python takes a while.
        let python = if self.offer.python {
            tokio::task::spawn_blocking(move || runner.python().cloned())
                .await
                .ok()
                .flatten()
        } else {
            None
        };
        let command = programs.command_by(&self.command, || python.map(|p| p.program));
        let mut command = match command {
            Ok(command) => command,
            Err(error) => return Ok(Err(error)),
        };
        command
            .env("WHILE_YOU_WAIT_RUN", scratch.join("run.json"))
            .env("WHILE_YOU_WAIT_SVG", scratch.join("picture.svg"))
            // What it puts there goes with our folder, also when it is ended and cannot tidy up.
            .env("TMPDIR", scratch)
            // To a pipe, Python would print all at the end.
            .env("PYTHONUNBUFFERED", "1");
        self.tell(Event::Started { command: self.command.clone() }).await?;
        let began = Instant::now();
        let mut kept = match Kept::start(&shared.keeper, &command, None) {
            Ok(kept) => kept,
            Err(error) => return Ok(Err(error)),
        };
        let (limit, gone, cut) = tokio::select! {
            biased;
            () = self.events.closed() => (false, true, false),
            () = sleep(shared.limits.run) => (true, false, false),
            cut = self.tell_of_run(&mut kept) => (false, false, cut),
        };
        let end = kept.end().await;
        let elapsed = began.elapsed();
        let ended = |how, code| Ok(Ok(Ended { how, code, elapsed, cut }));
        match end {
            _ if gone => Err(Gone),
            _ if limit => ended("time limit", None),
            End::Exit(code) => ended("exit", Some(code)),
            End::Signal => ended("signal", None),
            End::CannotRun(why) => Ok(Err(anyhow::anyhow!(why))),
        }
    }

    /// Passes on what the program prints, and returns when it has ended or has printed more than it may; whether the latter.
    async fn tell_of_run(&self, kept: &mut Kept) -> bool {
        let mut text = Text::default();
        let mut left = self.runner.0.limits.output;
        while let Some(piece) = kept.output().await {
            let mut new = text.decode(&piece);
            let cut = new.len() > left;
            new.truncate(new.floor_char_boundary(left));
            left -= new.len();
            // For as long as the run may take; if the page is gone, `closed` ends it.
            if !new.is_empty() {
                let _ = self.events.send(Event::Output { text: new }).await;
            }
            if cut {
                return true;
            }
        }
        let rest = text.rest();
        if !rest.is_empty() {
            let _ = self.events.send(Event::Output { text: rest }).await;
        }
        false
    }

    async fn picture(&self, scratch: tempfile::TempDir) -> Option<String> {
        let (most, number) = (self.runner.0.limits.picture, self.number);
        let drawn = tokio::task::spawn_blocking(move || {
            let at = |name| scratch.path().join(name);
            picture(&at("run.json"), &at("picture.svg"), most, number)
        });
        drawn.await.ok().flatten()
    }
}

/// Turns bytes into text piece by piece. A character that is cut in two waits for the rest of it.
#[derive(Default)]
struct Text {
    begun: Vec<u8>,
}

impl Text {
    fn decode(&mut self, piece: &[u8]) -> String {
        self.begun.extend_from_slice(piece);
        let mut text = String::new();
        let mut taken = 0;
        for chunk in self.begun.utf8_chunks() {
            text.push_str(chunk.valid());
            taken += chunk.valid().len();
            let invalid = chunk.invalid();
            let cut_off = taken + invalid.len() == self.begun.len()
                && std::str::from_utf8(invalid)
                    .is_err_and(|error| error.error_len().is_none());
            if !invalid.is_empty() && !cut_off {
                text.push('\u{fffd}');
                taken += invalid.len();
            }
        }
        self.begun.drain(..taken);
        text
    }

    /// What was begun and never ended.
    fn rest(self) -> String {
        String::from_utf8_lossy(&self.begun).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_character_in_two_pieces_is_one_and_what_is_none_is_told() {
        let whole = "µs ████ 🦀\n";
        for cut in 0..=whole.len() {
            let mut text = Text::default();
            let (one, two) = whole.as_bytes().split_at(cut);
            assert_eq!(text.decode(one) + &text.decode(two), whole, "{cut}");
            assert_eq!(text.rest(), "");
        }
        let mut text = Text::default();
        assert_eq!(text.decode(b"a\xffb\xe2\x96"), "a\u{fffd}b");
        assert_eq!(text.decode(b"c"), "\u{fffd}c");
        assert_eq!(text.decode(b"\xe2\x96"), "");
        assert_eq!(text.rest(), "\u{fffd}");
    }
}
