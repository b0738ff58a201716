//! Downloads, parses, hashes and stores pages, and shows how a slow stage slows the others.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use asynchronous::{Url, client};
use clap::{Parser, ValueEnum};
use lab::command_line::number;
use lab::slow_web::SlowWeb;
use lab::stage::{self, Screen};
use lab::timeline::{Block, Record, Several, Timeline};
use other_waits::hybrid::{Outcome, Pages, Settings, create_tables, process_all};
use rusqlite::Connection;
use tokio::sync::Notify;
use tracing_subscriber::prelude::*;

/// Downloads, parses, hashes and stores pages of a slow web, all at the same time.
#[derive(Parser)]
#[command(
    max_term_width = 80,
    after_help = "Exit codes: 0 all well, 1 a page failed, \
    2 the program could not do what it was asked, 130 after Ctrl-C."
)]
struct Arguments {
    /// Paths on the slow web (/status/404), after its own pages
    #[arg(value_name = "PATH")]
    paths: Vec<String>,

    /// How many pages
    #[arg(long, value_name = "N", default_value = "10", value_parser = number(1, 100))]
    pages: usize,

    /// Which stage takes longer than the others
    #[arg(long, value_name = "STAGE", value_enum, default_value_t = Stage::Hash)]
    slow_stage: Stage,

    /// How many pages have room between two stages
    #[arg(long, value_name = "N", default_value = "1", value_parser = number(1, 100))]
    capacity: usize,

    /// Have room for all pages between two stages
    #[arg(long, conflicts_with = "capacity")]
    unbounded: bool,

    /// How many threads parse and hash
    #[arg(long, value_name = "N", default_value = "2", value_parser = number(1, 64))]
    workers: usize,

    /// How many downloads at once
    #[arg(long, value_name = "N", default_value = "2", value_parser = number(1, 64))]
    downloads: usize,

    /// Also draw the timelines as SVG into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Stage {
    Download,
    Parse,
    Hash,
    Store,
}

impl Stage {
    const ALL: [Self; 4] = [Self::Download, Self::Parse, Self::Hash, Self::Store];

    /// What its spans are called.
    fn name(self) -> &'static str {
        match self {
            Self::Download => "download",
            Self::Parse => "parse",
            Self::Hash => "hash",
            Self::Store => "store",
        }
    }
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let timeline = Timeline::new();
        tracing_subscriber::registry().with(timeline.clone()).try_init()?;
        arguments.run(&timeline, screen)
    })
}

impl Arguments {
    fn run(
        &self,
        timeline: &Timeline,
        screen: &Screen,
    ) -> Result<ExitCode, Box<dyn Error>> {
        let web = SlowWeb::builder().sites(vec![self.latency(); self.pages]).start()?;
        let mut urls = web.urls();
        urls.extend(self.paths.iter().map(|path| web.url(path)));
        // From here on: an interrupt that is not caught would leave the folder behind. One that comes early is kept.
        let ctrl_c = Arc::new(Notify::new());
        let tell = Arc::clone(&ctrl_c);
        ctrlc::set_handler(move || tell.notify_one())?;
        let folder = tempfile::tempdir()?;
        let mut database = Connection::open(folder.path().join("pages.db"))?;
        create_tables(&database)?;
        let stages = Arc::new(self.stages()?);
        screen.line(&self.title(urls.len()))?;

        timeline.restart();
        let began = Instant::now();
        let mut interrupted = false;
        let stop = async {
            ctrl_c.notified().await;
            interrupted = true;
        };
        let settings = self.settings();
        let outcome = process_all(&stages, &urls, &settings, &mut database, stop)?;
        let wall = began.elapsed();

        self.draw(&timeline.record(), &urls, screen)?;
        let stored = "SELECT count(*) FROM pages";
        let stored: usize =
            database.query_row(stored, (), |row| row.get::<_, u32>(0))? as usize;
        self.tell(&outcome, &urls, screen)?;
        let wall = wall.as_secs_f64() * 1e3;
        screen.line(&format!(
            "  {stored} of {} pages stored in {wall:.0} ms",
            urls.len()
        ))?;
        if interrupted {
            screen.line("interrupted")?;
            return Ok(ExitCode::from(130));
        }
        let failed = stored < urls.len();
        Ok(ExitCode::from(u8::from(failed)))
    }

    fn settings(&self) -> Settings {
        let capacity = (!self.unbounded).then_some(self.capacity);
        Settings { downloads: self.downloads, workers: self.workers, capacity }
    }

    /// How long the web takes for a page.
    fn latency(&self) -> Duration {
        let is_slow = self.slow_stage == Stage::Download;
        Duration::from_millis(if is_slow { 60 } else { 10 })
    }

    /// The stages, one of which is slow: two at a time, it does a page in about 30 ms.
    fn stages(&self) -> Result<Pages, Box<dyn Error>> {
        let slow = |stage| self.slow_stage == stage;
        Ok(Pages {
            client: client(Duration::from_secs(10))?,
            parse_times: if slow(Stage::Parse) { 400 } else { 10 },
            hash_times: if slow(Stage::Hash) { 20_000 } else { 1_000 },
            slow_disk: Duration::from_millis(if slow(Stage::Store) { 30 } else { 0 }),
        })
    }

    fn title(&self, pages: usize) -> String {
        let slow = self.slow_stage.name();
        let room = match self.settings().capacity {
            Some(capacity) => format!("room for {capacity}"),
            None => "room for all".to_owned(),
        };
        format!("{pages} pages, {slow} is slow, {room} between two stages\n")
    }

    /// A block of rows for each stage, the rows in the order of the addresses.
    fn draw(
        &self,
        record: &Record,
        urls: &[Url],
        screen: &Screen,
    ) -> Result<(), Box<dyn Error>> {
        let mut all = Several::default();
        for stage in Stage::ALL {
            let name = stage.name();
            let mut spans = record.spans.clone();
            spans.retain(|span| span.name == name);
            let place =
                |label: &str| urls.iter().position(|url| &url.path()[1..] == label);
            spans.sort_by_key(|span| place(&span.label));
            let (downloads, workers) = (self.downloads, self.workers);
            let note = match stage {
                Stage::Download => format!("at most {downloads} at once, on one thread"),
                Stage::Parse | Stage::Hash => {
                    format!("at most {workers} at once, on rayon")
                }
                Stage::Store => "one at a time, on a thread of its own".to_owned(),
            };
            all.blocks.push(Block {
                name: name.to_owned(),
                note,
                record: Record { spans },
            });
        }
        screen.line(all.to_text().trim_end())?;
        let title = self.title(urls.len());
        let id =
            format!("hybrid-{}", if self.unbounded { "unbounded" } else { "bounded" });
        Ok(lab::plot::save(&all.to_svg(&id, title.trim_end()), self.svg.as_deref())?)
    }

    /// What failed, how long the queues were, and how much was in memory.
    fn tell(
        &self,
        outcome: &Outcome,
        urls: &[Url],
        screen: &Screen,
    ) -> Result<(), Box<dyn Error>> {
        screen.line("")?;
        for (url, result) in urls.iter().zip(&outcome.results) {
            if let Some(Err(failed)) = result {
                screen.line(&format!("  {}: {failed}", url.path()))?;
            }
        }
        let stages = Stage::ALL.iter().skip(1);
        for (stage, queued) in stages.zip(outcome.queued) {
            let before = format!("before {}", stage.name());
            screen.line(&format!("  {before:<14} at most {queued} queued"))?;
        }
        let most = self.settings().most_held(urls.len());
        let held = outcome.held;
        let line = format!("at most {held} held; more than {most} cannot be");
        Ok(screen.line(&format!("  {:<14} {line}", "in memory"))?)
    }
}
