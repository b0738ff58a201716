//! Ctrl-C, a torn line, and what the journal spares the next run. A site in memory, and a clock that jumps from timer to timer.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use clap::Parser;
use lab::command_line::number;
use lab::scratch::Scratch;
use lab::stage::{self, Screen};
use other_waits::link_checker::crawl::{Event, crawl};
use other_waits::link_checker::journal::{Journal, Run};
use other_waits::link_checker::start::{Starts, starts};
use other_waits::link_checker::web::{Answer, Kind, Method, Web};
use other_waits::link_checker::{Broken, Settings, report};
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::time::sleep;
use url::Url;

/// Checks a site that counts its requests, in up to three runs with one journal
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many pages the site has
    #[arg(long, value_name = "N", default_value = "40", value_parser = number(1, 10_000))]
    pages: usize,

    /// After how many answers Ctrl-C is pressed in the first run and in the second
    #[arg(long, value_name = "N", default_value = "12", value_parser = number(1, 10_000))]
    answers: usize,

    /// How many requests may be in flight
    #[arg(long, value_name = "N", default_value = "4", value_parser = number(1, 1_000))]
    at_once: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let mut runtime = runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build()?;
        runtime.block_on(show_runs(arguments, screen))
    })
}

async fn show_runs(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let scratch = Scratch::new(None)?;
    let path = scratch.path().join("journal");
    let site = Site { pages: arguments.pages, asked: Mutex::default() };
    let (pages, at_once) = (arguments.pages, arguments.at_once);
    screen.line(&format!("{pages} pages, at most {at_once} requests at once\n"))?;
    screen.line("run  ended by        asked for  known then  lines in the journal")?;
    let interrupts = [Some(arguments.answers), Some(arguments.answers), None];
    for (n, after) in (1..).zip(interrupts) {
        let before = site.asked();
        let known = run(arguments, &site, &path, after).await?;
        let (asked, lines) = (site.asked() - before, lines(&path));
        let by = if lines.is_some() { "Ctrl-C" } else { "itself" };
        let left = lines.map_or_else(|| "removed".to_owned(), |n| n.to_string());
        screen.line(&format!("{n:>3}  {by:<14}{asked:>11}{known:>12}{left:>22}"))?;
        if lines.is_none() {
            break; // all is known
        }
        if n == 1 {
            tear(&path)?;
            screen.line("     and its last line loses a half, as on a full disk")?;
        }
    }
    let twice = site.asked() - site.asked_once();
    screen.line(&format!(
        "\n{} requests for {pages} pages, {twice} too many",
        site.asked()
    ))?;
    Ok(())
}

/// A run from the start, or from what the journal has. Returns how many addresses are known at its end.
async fn run(
    arguments: &Arguments,
    site: &Site,
    path: &Path,
    interrupt_after: Option<usize>,
) -> Result<usize, Box<dyn Error>> {
    let (at_once, per_host) = (arguments.at_once, arguments.at_once);
    let settings = Settings { at_once, per_host, robots: false, ..Settings::default() };
    let starts: Starts = starts(&["http://site.example/1".to_owned()])?;
    let (mut journal, before) = Journal::open(path, &Run::new(&starts, &settings))?;
    let (interrupt, mut interrupts) = mpsc::channel(2);
    let (mut answers, mut written) = (0, Ok(()));
    let tell = |event: Event<'_>| {
        let Event::Known(entry) = event else { return };
        if written.is_ok() {
            written = journal.add(entry);
        }
        answers += 1;
        if Some(answers) == interrupt_after {
            let _ = interrupt.try_send(());
        }
    };
    let known = crawl(site, &starts, &settings, before, &mut interrupts, tell).await;
    written?;
    let counts = report::counts(&known);
    if counts.not_checked == 0 {
        journal.remove()?;
    }
    Ok(counts.fine)
}

/// The lines of the journal, its first one included; `None` where it has been removed.
fn lines(journal: &Path) -> Option<usize> {
    fs::read_to_string(journal).ok().map(|text| text.lines().count())
}

/// Cuts the last line in half.
fn tear(journal: &Path) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(journal)?;
    let last = text.lines().next_back().map_or(0, str::len);
    fs::write(journal, &text[..text.len() - last / 2 - 1])?;
    Ok(())
}

/// A site in memory: page n links to 2n and 2n + 1.
struct Site {
    pages: usize,
    asked: Mutex<BTreeMap<usize, usize>>,
}

impl Site {
    fn asked(&self) -> usize {
        self.asked.lock().map(|asked| asked.values().sum()).unwrap_or_default()
    }

    fn asked_once(&self) -> usize {
        self.asked.lock().map(|asked| asked.len()).unwrap_or_default()
    }
}

impl Web for Site {
    async fn ask(&self, _: Method, url: &Url) -> Result<Answer, Broken> {
        let page: usize = url.path()[1..].parse().unwrap_or(0);
        if let Ok(mut asked) = self.asked.lock() {
            *asked.entry(page).or_default() += 1;
        }
        // No two answers come at the same moment, so each run of this program is the same.
        sleep(Duration::from_millis(100 + page as u64 % 97)).await;
        let links =
            [2 * page, 2 * page + 1].map(|n| (n, format!("<a href=/{n}>{n}</a>")));
        let body = links.into_iter().filter(|(n, _)| *n <= self.pages).map(|(_, a)| a);
        let kind = Some(Kind::Html);
        Ok(Answer { status: 200, kind, body: body.collect(), ..Answer::default() })
    }
}
