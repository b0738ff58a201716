//! Downloads in the background: bars on a terminal, plain lines elsewhere, and Ctrl-C is answered at once.

use std::error::Error;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Parser;
use crossbeam_channel::bounded;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use lab::command_line::number;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use thread_pool::downloads::{Event, Outcome, Tally, download_all, watch};
use thread_pool::{ThreadPool, Url, client};

/// The files of the slow web: how large, and over how many milliseconds they come.
const FILES: [(u64, u64); 5] =
    [(300_000, 900), (200_000, 600), (500_000, 1500), (200_000, 700), (300_000, 1000)];
/// How long the downloads are given to stop by themselves.
const GRACE: Duration = Duration::from_millis(500);
/// The longest that one file may take.
const DEADLINE: Duration = Duration::from_mins(10);

/// Downloads files in the background and shows how far they are; what arrives is counted, and not kept
#[derive(Parser)]
#[command(
    max_term_width = 80,
    after_help = "Exit codes: 0 all well, 1 a file failed, \
    2 the program could not do what it was asked, 130 after Ctrl-C."
)]
struct Arguments {
    /// What to download, instead of five files of the slow web; a path (/cut) is one of the slow web's own
    #[arg(value_name = "URL")]
    urls: Vec<String>,

    /// How many files at once
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 1_000))]
    workers: usize,

    /// Do as if Ctrl-C were pressed when so many files have ended
    #[arg(long, value_name = "N", value_parser = number(1, 1_000))]
    interrupt_after: Option<usize>,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let web = SlowWeb::builder().start()?;
        let urls = arguments.urls(&web)?;
        let (workers, files) = (arguments.workers, urls.len());
        screen.line(&format!("files: {files}, at most {workers} at a time\n"))?;
        let (tally, interrupted) = show_downloads(arguments, &urls, screen)?;
        summary(screen, &tally, interrupted)?;
        // A download that is stuck in a read cannot be ended, but the process can.
        Ok(match (interrupted, tally.failed()) {
            (true, _) => ExitCode::from(130),
            (false, 1..) => ExitCode::from(1),
            (false, 0) => ExitCode::SUCCESS,
        })
    })
}

/// The thread that calls this draws, and does nothing else. Returns what has arrived, and
/// whether it was interrupted.
fn show_downloads(
    arguments: &Arguments,
    urls: &[Url],
    screen: &Screen,
) -> Result<(Tally, bool), Box<dyn Error>> {
    let (interrupt, interrupts) = bounded(2);
    let ctrl_c = interrupt.clone();
    // Full only if nobody has answered the first two.
    ctrlc::set_handler(move || _ = ctrl_c.try_send(()))?;

    let mut view = View::new(arguments.names(urls), screen)?;
    let mut tally = Tally::new(urls.len());
    let stop = Arc::new(AtomicBool::new(false));
    let pool = ThreadPool::new(arguments.workers)?;
    let events = download_all(&pool, &client(DEADLINE)?, urls, &stop);
    let watched = watch(&events, &interrupts, &stop, GRACE, |event| {
        tally.add(&event);
        let ended = matches!(event, Event::Ended(..)).then(|| tally.ended());
        if ended.is_some() && ended == arguments.interrupt_after {
            _ = interrupt.try_send(());
        }
        view.draw(&event)
    });
    view.finish();
    if !matches!(watched, Ok(false)) {
        // Its drop would wait for downloads that are stuck.
        std::mem::forget(pool);
    }
    Ok((tally, watched?))
}

fn summary(screen: &Screen, tally: &Tally, interrupted: bool) -> io::Result<()> {
    let (whole, files) = (tally.whole(), tally.outcomes.len());
    let bytes = tally.bytes_whole();
    screen.line("")?;
    if interrupted {
        screen.line("interrupted")?;
    }
    screen.line(&format!("{whole} of {files} files are here, {bytes} bytes"))?;
    match tally.bytes_in_part() {
        0 => Ok(()),
        part => screen.line(&format!("of the others {:.1} KiB", part as f64 / 1024.0)),
    }
}

/// What the reader sees: bars that move, or a line for each file that has ended.
enum View<'a> {
    Bars { files: Vec<ProgressBar>, total: ProgressBar },
    Lines { names: Vec<String>, screen: &'a Screen },
}

impl<'a> View<'a> {
    fn new(names: Vec<String>, screen: &'a Screen) -> Result<Self, Box<dyn Error>> {
        // A file or a pipe would be filled with the codes that move the cursor.
        if !(io::stdout().is_terminal() && io::stderr().is_terminal()) {
            return Ok(Self::Lines { names, screen });
        }
        let style = "{prefix:12} {bar:20} {bytes:>10} of {total_bytes:10} {wide_msg}";
        let style = ProgressStyle::with_template(style)?;
        let bars = MultiProgress::new();
        let bar = |name| {
            bars.add(ProgressBar::new(0).with_style(style.clone()).with_prefix(name))
        };
        let files = names.into_iter().map(bar).collect();
        Ok(Self::Bars { files, total: bar("total".to_owned()) })
    }

    // ANCHOR: draw
    fn draw(&mut self, event: &Event) -> io::Result<()> {
        match (self, event) {
            (Self::Bars { files, total }, Event::Began(file, length)) => {
                files[*file].set_length(length.unwrap_or(0));
                total.inc_length(length.unwrap_or(0));
            }
            (Self::Bars { files, total }, Event::Received(file, bytes)) => {
                files[*file].inc(*bytes);
                total.inc(*bytes);
            }
            (Self::Bars { files, .. }, Event::Ended(file, outcome)) => {
                end(&files[*file], outcome);
            }
            (Self::Lines { names, screen }, Event::Ended(file, outcome))
                if *outcome != Outcome::Stopped =>
            {
                let line = format!("  {:12} {}", names[*file], in_words(outcome));
                screen.line(&line.chars().take(80).collect::<String>())?;
            }
            (Self::Lines { .. }, _) => {}
        }
        Ok(())
    }
    // ANCHOR_END: draw

    /// Leaves the bars as they stand.
    fn finish(&self) {
        if let Self::Bars { files, total } = self {
            for bar in files.iter().filter(|bar| !bar.is_finished()) {
                bar.set_style(verdict());
                bar.abandon_with_message("not finished");
            }
            total.abandon();
        }
    }
}

fn end(bar: &ProgressBar, outcome: &Outcome) {
    // The verdict takes the place of the bar, unless the bar says it all.
    if *outcome != Outcome::Whole {
        bar.set_style(verdict());
    }
    bar.abandon_with_message(in_words(outcome));
}

/// A line without a bar.
fn verdict() -> ProgressStyle {
    // The template is known to be sound; a default bar is as good otherwise.
    ProgressStyle::with_template("{prefix:12} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Whole => "whole".to_owned(),
        Outcome::Stopped => "stopped".to_owned(),
        Outcome::Failed(why) => format!("failed: {why}").replace(char::is_control, " "),
    }
}

impl Arguments {
    fn urls(&self, web: &SlowWeb) -> Result<Vec<Url>, Box<dyn Error>> {
        if self.urls.is_empty() {
            let path = |(bytes, ms)| web.url(&format!("/stream/{bytes}/{ms}"));
            return Ok(FILES.map(path).to_vec());
        }
        let parse = |text: &String| match text.strip_prefix('/') {
            Some(path) => Ok(web.url(path)),
            None => Url::parse(text).map_err(|error| format!("{text:?}: {error}").into()),
        };
        self.urls.iter().map(parse).collect()
    }

    /// What each file is called on the screen.
    fn names(&self, urls: &[Url]) -> Vec<String> {
        let last = |url: &Url| {
            let part = url.path().rsplit('/').find(|part| !part.is_empty());
            part.unwrap_or("file").chars().take(12).collect()
        };
        if self.urls.is_empty() {
            (1..=urls.len()).map(|n| format!("file-{n}")).collect()
        } else {
            urls.iter().map(last).collect()
        }
    }
}
