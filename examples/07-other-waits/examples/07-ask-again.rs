//! What the link checker asks for a second time, and when; in a web that is played, under a clock that stands still.

use std::error::Error;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asynchronous::Url;
use asynchronous::retry::Backoff;
use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};
use other_waits::link_checker::crawl::crawl;
use other_waits::link_checker::start::Starts;
use other_waits::link_checker::web::{Answer, Kind, Method, Web};
use other_waits::link_checker::{Broken, Outcome, Settings};
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// What the first page links to.
const LINKS: [&str; 7] = [
    "http://busy/1",
    "http://busy/2",
    "http://busy/3",
    "http://gone/",
    "http://shy/",
    "http://shaky/",
    "http://stalls/",
];

/// Checks the links of a page whose hosts have troubles, and shows each request
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How often to try
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 10))]
    tries: usize,

    /// What the waits are drawn with
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let mut paused = runtime::Builder::new_current_thread();
        let paused = paused.enable_time().start_paused(true).build()?;
        paused.block_on(show(arguments, screen))
    })
}

async fn show(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let first = Url::parse("http://site/")?;
    let starts =
        Starts { pages: vec![first.clone()], within: vec![first], ..Starts::default() };
    let attempts = u32::try_from(arguments.tries)?;
    let settings = Settings {
        backoff: Backoff { base: SECOND, cap: 8 * SECOND, attempts, jitter: true },
        per_host: 2,
        deadline: 25 * SECOND,
        robots: false,
        seed: arguments.seed,
        ..Settings::default()
    };
    let web = Played { began: Instant::now(), requests: Mutex::default() };
    let (_nobody, mut interrupts) = mpsc::channel(1);
    let known =
        crawl(&web, &starts, &settings, Vec::new(), &mut interrupts, |_| {}).await;

    for (at, method, url, says) in &*web.requests() {
        let (at, method) = (at.as_secs_f64(), format!("{method:?}").to_uppercase());
        screen.line(&format!("{at:>5.1} s  {method:<4}  {url:<15}  {says}"))?;
    }
    screen.line("")?;
    for (url, checked) in &known.addresses {
        let outcome = match &checked.outcome {
            Outcome::Fine => "fine".to_owned(),
            Outcome::Broken { why } => why.to_string(),
            other => format!("{other:?}"),
        };
        screen.line(&format!("{url:<15}  {outcome}"))?;
    }
    Ok(())
}

type Request = (Duration, Method, String, String);

/// Hosts with troubles.
struct Played {
    began: Instant,
    requests: Mutex<Vec<Request>>,
}

impl Played {
    fn requests(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Web for Played {
    async fn ask(&self, method: Method, url: &Url) -> Result<Answer, Broken> {
        let before =
            self.requests().iter().filter(|request| request.2 == url.as_str()).count();
        let (wait, answer) = play(method, url, before);
        let says = match &answer {
            _ if wait > 1_000 * SECOND => "never answers".to_owned(),
            Ok(Answer { status, retry_after: Some(wait), .. }) => {
                format!("{status}, Retry-After: {}", wait.as_secs())
            }
            Ok(answer) => answer.status.to_string(),
            Err(why) => why.to_string(),
        };
        self.requests().push((self.began.elapsed(), method, url.to_string(), says));
        sleep(wait).await;
        answer
    }
}

// ANCHOR: play
/// How long a host takes, and what it says to a request after so many others for the same address.
fn play(method: Method, url: &Url, before: usize) -> (Duration, Result<Answer, Broken>) {
    let status = |status| Answer { status, ..Answer::default() };
    let answer = match (url.host_str().unwrap_or_default(), url.path(), method, before) {
        ("site", ..) => {
            let body = LINKS.map(|link| format!("<a href={link}>{link}</a>\n")).concat();
            Answer { kind: Some(Kind::Html), body, ..status(200) }
        }
        ("busy", "/1", _, 0) => Answer { retry_after: Some(20 * SECOND), ..status(429) },
        ("gone", ..) => status(404),
        ("shy", _, Method::Head, _) => status(405),
        ("shaky", _, _, 0) => return (SECOND, Err(Broken::Refused)),
        ("shaky", _, _, 1) => status(502),
        ("stalls", ..) => return (1_000_000 * SECOND, Ok(status(200))),
        _ => status(200),
    };
    (SECOND, Ok(answer))
}
// ANCHOR_END: play
