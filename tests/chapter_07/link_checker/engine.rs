//! The engine, held to its word by a web that is simulated under a clock that stands still.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use asynchronous::Url;
use asynchronous::retry::Backoff;
use other_waits::link_checker::crawl::{Event, GRACE, crawl};
use other_waits::link_checker::journal::{Entry, Not, There};
use other_waits::link_checker::robots::Rules;
use other_waits::link_checker::start::Starts;
use other_waits::link_checker::web::{Answer, Http, Kind, Method, Web, retry_after};
use other_waits::link_checker::{Broken, Checked, Known, Outcome, Settings, Skipped};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// What a simulated address does: how long it thinks, and what it says then.
type Says = (Duration, Result<Answer, Broken>);

/// One request, as the simulated web saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// Since the simulation began.
    at: Duration,
    method: Method,
    url: String,
}

/// A web that a function plays; it gets the number of the request to this address, from 0 on.
struct Simulated<F> {
    play: F,
    began: Instant,
    seen: Mutex<Vec<Seen>>,
    /// Requests in flight and the most of them, for each host and, under "", for all.
    gauges: Mutex<BTreeMap<String, (usize, usize)>>,
}

impl<F: Fn(Method, &Url, usize) -> Says + Sync> Simulated<F> {
    fn new(play: F) -> Self {
        let (seen, gauges) = (Mutex::default(), Mutex::default());
        Self { play, began: Instant::now(), seen, gauges }
    }

    /// What was asked of addresses that contain `part`.
    fn seen(&self, part: &str) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.url.contains(part)).cloned().collect()
    }

    fn methods(&self, part: &str) -> Vec<Method> {
        self.seen(part).into_iter().map(|seen| seen.method).collect()
    }

    fn began(&self, part: &str) -> Vec<Duration> {
        self.seen(part).into_iter().map(|seen| seen.at).collect()
    }

    fn peak(&self, host: &str) -> usize {
        self.gauges.lock().unwrap().get(host).map_or(0, |gauge| gauge.1)
    }

    async fn crawl(&self, start: &str, settings: &Settings) -> Known {
        self.crawl_on(start, settings, Vec::new()).await.0
    }

    /// The same, when `known` is known; returns the new entries too.
    async fn crawl_on(
        &self,
        start: &str,
        settings: &Settings,
        known: Vec<Entry>,
    ) -> (Known, Vec<Entry>) {
        let (_tell, mut interrupts) = mpsc::channel(2);
        self.crawl_until(start, settings, known, &mut interrupts).await
    }

    async fn crawl_until(
        &self,
        start: &str,
        settings: &Settings,
        known: Vec<Entry>,
        interrupts: &mut mpsc::Receiver<()>,
    ) -> (Known, Vec<Entry>) {
        let start = url(start);
        let within = vec![start.join(".").unwrap()];
        let starts = Starts { pages: vec![start], within, ..Starts::default() };
        let (mut found, mut entries) = (BTreeSet::new(), Vec::new());
        let tell = |event: Event<'_>| match event {
            Event::Found { url, .. } => {
                assert!(found.insert(url.clone()), "{url} found twice");
            }
            Event::Known(entry) => entries.push(entry.clone()),
        };
        let crawl = crawl(self, &starts, settings, known, interrupts, tell);
        let known = timeout(seconds(1_000_000), crawl).await.expect("the crawl hangs");
        let in_report: BTreeSet<_> = known.addresses.keys().cloned().collect();
        assert_eq!(found, in_report, "what was found, and what is in the report");
        (known, entries)
    }
}

impl<F: Fn(Method, &Url, usize) -> Says + Sync> Web for Simulated<F> {
    async fn ask(&self, method: Method, url: &Url) -> Result<Answer, Broken> {
        let (at, text) = (self.began.elapsed(), url.to_string());
        let number = self.seen("").iter().filter(|seen| seen.url == text).count();
        // The clock stands still: no timeout would end a crawl that asks for ever.
        assert!(number < 100, "{text} is asked for again and again");
        self.seen.lock().unwrap().push(Seen { at, method, url: text });
        let _gauge = Gauge::up(&self.gauges, [String::new(), host(url)]);
        let (wait, answer) = (self.play)(method, url, number);
        sleep(wait).await;
        answer
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// One request in flight, until it is dropped.
struct Gauge<'a> {
    gauges: &'a Mutex<BTreeMap<String, (usize, usize)>>,
    names: [String; 2],
}

impl<'a> Gauge<'a> {
    fn up(
        gauges: &'a Mutex<BTreeMap<String, (usize, usize)>>,
        names: [String; 2],
    ) -> Self {
        let mut locked = gauges.lock().unwrap();
        for name in &names {
            let gauge = locked.entry(name.clone()).or_default();
            *gauge = (gauge.0 + 1, gauge.1.max(gauge.0 + 1));
        }
        drop(locked);
        Self { gauges, names }
    }
}

impl Drop for Gauge<'_> {
    fn drop(&mut self) {
        let mut gauges = self.gauges.lock().unwrap();
        for name in &self.names {
            gauges.entry(name.clone()).or_default().0 -= 1;
        }
    }
}

/// A page of HTML with these links, and an element `here`.
fn page<'a>(links: impl IntoIterator<Item = &'a str>) -> Answer {
    let links = links.into_iter().map(|link| format!("<a href=\"{link}\">x</a>\n"));
    let body = links.collect::<String>() + "<p id=here></p>";
    Answer { status: 200, kind: Some(Kind::Html), body, ..Answer::default() }
}

fn status(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

fn to(location: &str) -> Answer {
    Answer { location: Some(location.to_owned()), ..status(302) }
}

fn later(code: u16, wait: Duration) -> Answer {
    Answer { retry_after: Some(wait), ..status(code) }
}

/// No robots.txt, and waits that can be foretold.
fn settings() -> Settings {
    let (base, cap) = (SECOND, seconds(8));
    Settings {
        robots: false,
        backoff: Backoff { base, cap, attempts: 3, jitter: false },
        ..Settings::default()
    }
}

fn of<'a>(known: &'a Known, text: &str) -> &'a Checked {
    &known.addresses[&url(text)]
}

fn broken(why: Broken) -> Outcome {
    Outcome::Broken { why }
}

const START: &str = "http://site/";
const OTHER: &str = "http://other/x";

/// A start page with these links; everything else is there at once.
fn site(links: &'static [&'static str]) -> impl Fn(Method, &Url, usize) -> Says + Sync {
    move |_, url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(page(links.iter().copied()))),
        _ => (Duration::ZERO, Ok(page([]))),
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_many_pages_have_is_asked_for_once() {
    // Pages a and b arrive at one moment; c much later, while `other` is in flight; d when it has answered.
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(page(["a", "b", "c", "d", "a"]))),
        "http://site/a" | "http://site/b" => (SECOND, Ok(page([OTHER, OTHER, START]))),
        "http://site/c" => (seconds(4), Ok(page([OTHER]))),
        "http://site/d" => (seconds(9), Ok(page([OTHER]))),
        _ => (seconds(6), Ok(page([]))),
    });
    let known = web.crawl(START, &settings()).await;
    assert_eq!(web.methods("other"), [Method::Head]);
    assert_eq!(of(&known, OTHER).places.len(), 6); // two lines of a and of b, one of c and of d
    assert_eq!(of(&known, OTHER).requests, 1);
    assert_eq!(web.seen("").len(), 6);
    assert_eq!(web.methods("site"), [Method::Get; 5]);
    assert!(known.addresses.values().all(|checked| checked.outcome == Outcome::Fine));
}

#[tokio::test(start_paused = true)]
async fn a_fragment_that_turns_up_later_costs_one_get() {
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(page(["a", "b", OTHER]))),
        "http://site/a" => {
            (seconds(4), Ok(page(["http://other/x#here", "http://other/x#top"])))
        }
        "http://site/b" => {
            (seconds(9), Ok(page(["http://other/x#there", "http://other/x#"])))
        }
        _ => (SECOND, Ok(page([]))),
    });
    let known = web.crawl(START, &settings()).await;
    assert_eq!(web.methods("other"), [Method::Head, Method::Get]);
    let Outcome::NoFragment { fragments } = &of(&known, OTHER).outcome else {
        panic!("{:?}", of(&known, OTHER))
    };
    assert_eq!(fragments.keys().collect::<Vec<_>>(), ["there"]);
    let pages: Vec<_> =
        fragments["there"].iter().map(|place| place.page.as_str()).collect();
    assert_eq!(pages, ["http://site/b"]);
}

#[tokio::test(start_paused = true)]
async fn a_fragment_that_turns_up_in_flight_costs_one_get_and_one_at_first_none() {
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(page(["a", OTHER, "http://first/#here"]))),
        "http://site/a" => (SECOND, Ok(page(["http://other/x#%68ere", "http://first/"]))),
        _ => (seconds(5), Ok(page([]))),
    });
    let known = web.crawl(START, &settings()).await;
    assert_eq!(web.methods("other"), [Method::Head, Method::Get]);
    assert_eq!(web.methods("first"), [Method::Get]);
    assert_eq!(of(&known, OTHER).outcome, Outcome::Fine);
}

#[tokio::test(start_paused = true)]
async fn a_fragment_of_what_cannot_be_read_is_asked_for_once() {
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(page([OTHER, "http://other/x#page=3"]))),
        _ => (Duration::ZERO, Ok(status(200))),
    });
    let known = web.crawl(START, &settings()).await;
    assert_eq!(web.methods("other"), [Method::Get]);
    assert_eq!(of(&known, OTHER).outcome, Outcome::Fine);
}

fn hundred_links() -> Answer {
    let links: Vec<_> = (0..100).map(|n| format!("http://h{}/{n}", n % 4)).collect();
    page(links.iter().map(String::as_str))
}

#[tokio::test(start_paused = true)]
async fn both_limits_are_kept_and_used() {
    for (at_once, per_host, all) in [(32, 3, 12), (5, 3, 5), (32, 100, 32)] {
        let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
            START => (Duration::ZERO, Ok(hundred_links())),
            _ => (SECOND, Ok(status(200))),
        });
        let settings = Settings { at_once, per_host, ..settings() };
        let known = web.crawl(START, &settings).await;
        assert_eq!(known.addresses.len(), 101);
        assert_eq!(web.seen("").len(), 101);
        assert_eq!(web.peak(""), all);
        let peaks = ["h0", "h1", "h2", "h3"].map(|host| web.peak(host));
        assert!(peaks.iter().all(|peak| *peak <= per_host), "{peaks:?}");
        assert!(peaks.iter().any(|peak| peak * 4 >= all), "{peaks:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_host_keeps_no_other_waiting() {
    let web = Simulated::new(|_, url: &Url, _| match (url.as_str(), url.host_str()) {
        (START, _) => {
            let slow: Vec<_> = (0..50).map(|n| format!("http://slow/{n}")).collect();
            (Duration::ZERO, Ok(page(slow.iter().map(String::as_str).chain([OTHER]))))
        }
        (_, Some("slow")) => (seconds(5), Ok(status(200))),
        _ => (Duration::ZERO, Ok(status(200))),
    });
    let settings = Settings { at_once: 4, per_host: 2, ..settings() };
    web.crawl(START, &settings).await;
    assert_eq!(web.began("other"), [Duration::ZERO]);
    assert_eq!(web.peak("slow"), 2);
}

#[tokio::test(start_paused = true)]
async fn the_delay_between_two_beginnings_is_exact() {
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(hundred_links())),
        _ => (Duration::from_millis(2_500), Ok(status(200))),
    });
    let delay = Duration::from_millis(1_500);
    let settings = Settings { delay, ..settings() };
    web.crawl(START, &settings).await;
    for host in ["h0", "h1", "h2", "h3"] {
        let due: Vec<_> = (0..25).map(|n| delay * n).collect();
        assert_eq!(web.began(host), due, "{host}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_kept_where_requests_wait_at_the_gate_for_all() {
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(page(["http://h/0", "http://h/1", OTHER]))),
        OTHER => (seconds(7), Ok(status(200))),
        _ => (seconds(9), Ok(status(200))),
    });
    let settings = Settings { delay: seconds(2), at_once: 1, ..settings() };
    web.crawl(START, &settings).await;
    let began = web.began("//h/");
    assert!(began[1] >= began[0] + seconds(9), "{began:?}");

    // Both stand at the gate for all when it opens to two at once.
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (
            Duration::ZERO,
            Ok(page(["http://a/", "http://b/", "http://h/0", "http://h/1"])),
        ),
        _ => (seconds(9), Ok(status(200))),
    });
    web.crawl(START, &Settings { at_once: 2, ..settings }).await;
    assert_eq!(web.began("//h/"), [seconds(9), seconds(11)]);
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_begins_while_a_request_waits_at_the_last_gate_holds_it_too() {
    let web = Simulated::new(|_, url: &Url, number| match (url.as_str(), number) {
        (START, _) => (Duration::ZERO, Ok(page(["http://busy/0", "http://busy/1"]))),
        ("http://busy/0", 0) => (SECOND, Ok(later(503, seconds(20)))),
        _ => (SECOND, Ok(status(200))),
    });
    web.crawl(START, &Settings { at_once: 1, per_host: 2, ..settings() }).await;
    assert_eq!(web.began("busy"), [seconds(0), seconds(21), seconds(22)]);
}

#[tokio::test(start_paused = true)]
async fn time_in_our_own_queue_is_not_the_address_s() {
    let web = Simulated::new(|_, url: &Url, number| match (url.as_str(), number) {
        (START, _) => {
            let links = ["http://once-more/", "http://a/", "http://b/", "http://c/"];
            (Duration::ZERO, Ok(page(links)))
        }
        ("http://once-more/", 0) => (SECOND, Err(Broken::Refused)),
        _ => (seconds(9), Ok(status(200))),
    });
    let settings = Settings { at_once: 1, deadline: seconds(15), ..settings() };
    let known = web.crawl(START, &settings).await;
    assert_eq!(web.began("once-more"), [seconds(0), seconds(28)]);
    assert_eq!(of(&known, "http://once-more/").outcome, Outcome::Fine);
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_the_whole_host_and_no_other() {
    let web = Simulated::new(|_, url: &Url, number| match (url.as_str(), number) {
        (START, _) => {
            let links: Vec<_> = (0..9).map(|n| format!("http://busy/{n}")).collect();
            (Duration::ZERO, Ok(page(links.iter().map(String::as_str).chain([OTHER]))))
        }
        ("http://busy/0", 0) => (SECOND, Ok(later(429, seconds(20)))),
        (OTHER, 0) => (seconds(3), Ok(status(500))),
        _ => (seconds(2), Ok(status(200))),
    });
    let known = web.crawl(START, &Settings { per_host: 2, ..settings() }).await;
    let began = web.began("busy");
    // Two at once, then nothing until 1 s + 20 s.
    assert_eq!(began[..2], [Duration::ZERO; 2]);
    assert!(began[2..].iter().all(|at| *at >= seconds(21)), "{began:?}");
    assert_eq!(began[2], seconds(21));
    assert_eq!(began.len(), 10);
    assert_eq!(web.methods("busy/0"), [Method::Head, Method::Get]);
    assert_eq!(web.began("other"), [Duration::ZERO, seconds(3)]);
    assert!(known.addresses.values().all(|checked| checked.outcome == Outcome::Fine));
}

#[tokio::test(start_paused = true)]
async fn a_host_held_longer_than_the_deadline_is_left_alone() {
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (
            Duration::ZERO,
            Ok(page(["http://busy/0", "http://busy/1", "http://busy/2"])),
        ),
        _ => (SECOND, Ok(later(503, seconds(3_600)))),
    });
    let known = web.crawl(START, &Settings { per_host: 1, ..settings() }).await;
    assert_eq!(web.seen("busy").len(), 1);
    for n in 0..3 {
        let checked = of(&known, &format!("http://busy/{n}"));
        assert_eq!(checked.outcome, broken(Broken::Status { status: 503 }));
        assert_eq!(checked.requests, u32::from(n == 0));
    }
    assert_eq!(web.began.elapsed(), SECOND);
}

/// A host, what it says to a method and after so many requests, how it is asked, and what comes of it.
type Case =
    (&'static str, fn(Method, usize) -> Result<Answer, Broken>, Vec<Method>, Outcome);

fn hosts_with_troubles() -> Vec<Case> {
    use Method::{Get, Head};
    let connection = || Broken::Connection { text: "reset".to_owned() };
    vec![
        ("there", |_, _| Ok(status(200)), vec![Head], Outcome::Fine),
        (
            "no-head",
            |m, _| Ok(status(if m == Head { 405 } else { 200 })),
            vec![Head, Get],
            Outcome::Fine,
        ),
        (
            "shy",
            |m, _| Ok(status(if m == Head { 403 } else { 200 })),
            vec![Head, Get],
            Outcome::Fine,
        ),
        (
            "liar",
            |m, _| Ok(status(if m == Head { 404 } else { 200 })),
            vec![Head, Get],
            Outcome::Fine,
        ),
        (
            "gone",
            |_, _| Ok(status(410)),
            vec![Head, Get],
            broken(Broken::Status { status: 410 }),
        ),
        (
            "missing",
            |_, _| Ok(status(404)),
            vec![Head, Get],
            broken(Broken::Status { status: 404 }),
        ),
        (
            "same",
            |_, _| Ok(status(304)),
            vec![Head, Get],
            broken(Broken::Status { status: 304 }),
        ),
        (
            "down",
            |_, _| Ok(status(500)),
            vec![Head, Get, Get, Get],
            broken(Broken::Status { status: 500 }),
        ),
        (
            "busy",
            |_, _| Ok(status(503)),
            vec![Head, Get, Get],
            broken(Broken::Status { status: 503 }),
        ),
        (
            "many",
            |_, n| Ok(status(if n == 0 { 429 } else { 200 })),
            vec![Head, Get],
            Outcome::Fine,
        ),
        (
            "refused",
            |_, _| Err(Broken::Refused),
            vec![Head, Get, Get],
            broken(Broken::Refused),
        ),
        (
            "reset",
            |_, n| {
                if n < 2 {
                    Err(Broken::Connection { text: "reset".to_owned() })
                } else {
                    Ok(status(204))
                }
            },
            vec![Head, Get, Get],
            Outcome::Fine,
        ),
        (
            "lost",
            |_, _| Err(Broken::Connection { text: "reset".to_owned() }),
            vec![Head, Get, Get],
            broken(connection()),
        ),
        (
            "changes",
            |_, n| Ok(status(if n == 0 { 503 } else { 404 })),
            vec![Head, Get],
            broken(Broken::Status { status: 404 }),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_may_end_otherwise_is_tried_again_and_nothing_else() {
    let cases = hosts_with_troubles();
    let links: Vec<_> = cases.iter().map(|case| format!("http://{}/", case.0)).collect();
    let web = Simulated::new(|method, url: &Url, number| {
        let case = cases.iter().find(|case| url.host_str() == Some(case.0));
        let answer = case.map(|case| case.1(method, number));
        (
            Duration::ZERO,
            answer.unwrap_or_else(|| Ok(page(links.iter().map(String::as_str)))),
        )
    });
    let known = web.crawl(START, &settings()).await;
    for (name, _, methods, outcome) in &cases {
        assert_eq!(web.methods(name), *methods, "{name}");
        let checked = of(&known, &format!("http://{name}/"));
        assert_eq!(checked.outcome, *outcome, "{name}");
        assert_eq!(checked.requests as usize, methods.len(), "{name}");
    }
    // 1 s and 2 s, since the bound doubles and nothing is drawn.
    assert_eq!(web.began("refused"), [seconds(0), seconds(1), seconds(3)]);
}

#[tokio::test(start_paused = true)]
async fn jitter_is_drawn_from_the_seed() {
    let mut began = Vec::new();
    for seed in [1, 1, 2] {
        let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
            START => (Duration::ZERO, Ok(page(["http://a/", "http://b/"]))),
            _ => (Duration::ZERO, Ok(status(503))),
        });
        let backoff = Backoff { jitter: true, ..settings().backoff };
        web.crawl(START, &Settings { backoff, seed, ..settings() }).await;
        let [a, b] = ["//a/", "//b/"].map(|host| web.began(host));
        assert!(a[1] < SECOND && a[2] < a[1] + seconds(2), "{a:?}");
        assert_ne!(a, b, "in step");
        began.push(a);
    }
    assert_eq!(began[0], began[1]);
    assert_ne!(began[0], began[2]);
}

#[tokio::test(start_paused = true)]
async fn redirects_lead_on_but_not_for_ever_and_not_anywhere() {
    let web = Simulated::new(|_, url: &Url, _| {
        let answer = match url.as_str() {
            START => page([
                "http://a/old",
                "http://a/loop",
                "http://a/self",
                "http://a/n5",
                "http://a/n6",
                "http://a/ftp",
                "http://a/none",
                "http://a/file",
            ]),
            "http://a/old" => to("../new/#here"),
            "http://a/loop" => to("http://b/loop"),
            "http://b/loop" => to("http://a/loop"),
            "http://a/self" => to(""),
            "http://a/ftp" => to("ftp://a/"),
            "http://a/file" => to("file:///etc/hosts"),
            "http://a/none" => status(301),
            other => {
                match other.strip_prefix("http://a/n").and_then(|n| n.parse::<u32>().ok())
                {
                    Some(n) if n > 0 => to(&format!("n{}", n - 1)),
                    _ => status(200),
                }
            }
        };
        (Duration::ZERO, Ok(answer))
    });
    let known = web.crawl(START, &settings()).await;
    let outcome = |name: &str| of(&known, &format!("http://a/{name}")).outcome.clone();
    assert_eq!(outcome("old"), Outcome::Fine);
    assert_eq!(of(&known, "http://a/old").redirected_to, Some(url("http://a/new/")));
    assert_eq!(of(&known, "http://a/old").requests, 2);
    assert_eq!(outcome("loop"), broken(Broken::Redirects));
    assert_eq!(of(&known, "http://a/loop").requests, 2);
    assert_eq!(outcome("n5"), Outcome::Fine);
    assert_eq!(outcome("n6"), broken(Broken::Redirects));
    let nowhere = |text: &str| broken(Broken::BadRedirect { text: text.to_owned() });
    assert_eq!(outcome("ftp"), nowhere("ftp://a/"));
    assert_eq!(outcome("file"), nowhere("file:///etc/hosts"));
    assert_eq!(outcome("none"), nowhere(""));
    assert_eq!(outcome("self"), nowhere(""));
}

#[tokio::test(start_paused = true)]
async fn links_are_read_inside_and_only_there() {
    let web = Simulated::new(|_, url: &Url, _| {
        let answer = match url.as_str() {
            "http://site/docs/" => page([
                "in",
                "moved-in",
                "out",
                "../up",
                "http://site:81/docs/",
                "http://site/docs",
            ]),
            "http://site/docs/in" => page(["deep/er"]),
            "http://site/docs/moved-in" => to("in"),
            "http://site/docs/out" => to("http://other/"),
            "http://site/docs" => to("docs/"),
            _ => page(["http://never/"]),
        };
        (Duration::ZERO, Ok(answer))
    });
    let known = web.crawl("http://site/docs/", &settings()).await;
    // `deep/er` is inside, and it alone links there.
    let never = of(&known, "http://never/").places.iter();
    let pages: Vec<_> = never.map(|place| place.page.as_str()).collect();
    assert_eq!(pages, ["http://site/docs/deep/er"]);
    // A page that is read by two addresses is one place.
    let deeper = of(&known, "http://site/docs/deep/er").places.iter();
    let pages: Vec<_> = deeper.map(|place| place.page.as_str()).collect();
    assert_eq!(pages, ["http://site/docs/in"]);
    assert_eq!(web.methods("http://site/up"), [Method::Head]);
    assert_eq!(known.addresses.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn one_deadline_is_round_all_tries_and_none_round_our_own_queue() {
    let web = Simulated::new(|_, url: &Url, _| match url.as_str() {
        START => (
            Duration::ZERO,
            Ok(page(["http://stalled/", "http://q/0", "http://q/1", "http://q/2"])),
        ),
        "http://stalled/" => (seconds(1_000_000), Ok(status(200))),
        _ => (seconds(9), Ok(status(200))),
    });
    let (timeout, deadline) = (seconds(10), seconds(25));
    let known = web
        .crawl(START, &Settings { timeout, deadline, per_host: 1, ..settings() })
        .await;
    assert_eq!(of(&known, "http://stalled/").outcome, broken(Broken::Timeout));
    // 10 s, a wait of 1 s, 10 s, a wait of 2 s, and what is left.
    assert_eq!(web.began("stalled"), [seconds(0), seconds(11), seconds(23)]);
    assert_eq!(web.began("//q/"), [seconds(0), seconds(9), seconds(18)]);
    assert_eq!(of(&known, "http://q/2").outcome, Outcome::Fine);
    assert_eq!(web.began.elapsed(), seconds(27));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_one_address() {
    let web = Simulated::new(|_, url: &Url, _| {
        assert!(url.as_str() != "http://site/bad", "planned");
        (SECOND, Ok(if url.as_str() == START { page(["bad", "good"]) } else { page([]) }))
    });
    let known = web.crawl(START, &settings()).await;
    assert_eq!(of(&known, "http://site/bad").outcome, broken(Broken::Panicked));
    assert_eq!(of(&known, "http://site/bad").requests, 1);
    assert_eq!(of(&known, "http://site/good").outcome, Outcome::Fine);
}

#[tokio::test(start_paused = true)]
async fn after_an_interrupt_nothing_begins_and_the_next_run_asks_for_the_rest() {
    let play = |_, url: &Url, _| match url.as_str() {
        START => (Duration::ZERO, Ok(page(["a", "b", "c", "d", "http://busy/"]))),
        "http://site/a" => (seconds(2), Ok(page(["e"]))),
        "http://site/b" => (seconds(3) + GRACE / 2, Ok(page([]))),
        "http://site/c" => (seconds(3) + GRACE * 2, Ok(page([]))),
        "http://busy/" => (seconds(2), Ok(status(503))),
        _ => (seconds(3), Ok(page([]))),
    };
    let settings = Settings { per_host: 3, ..settings() };
    let whole = Simulated::new(play).crawl(START, &settings).await;

    let web = Simulated::new(play);
    let (tell, mut interrupts) = mpsc::channel(2);
    let crawl = web.crawl_until(START, &settings, Vec::new(), &mut interrupts);
    let interrupt = async {
        sleep(Duration::from_millis(2_999)).await;
        tell.send(()).await.unwrap();
        sleep(seconds(1_000)).await;
    };
    let (known, entries) = tokio::select! {
        known = crawl => known,
        () = interrupt => panic!("it goes on"),
    };
    // d began at 2 s, when a was done, and is in flight; e waits. The server that is busy would be asked again at 3 s.
    assert!(web.began("").iter().all(|at| *at <= seconds(2)), "{:?}", web.seen(""));
    assert_eq!(web.began.elapsed(), Duration::from_millis(2_999) + GRACE);
    let not_checked = known.addresses.iter();
    let not_checked: Vec<_> = not_checked
        .filter(|(_, checked)| checked.outcome == Outcome::NotChecked)
        .map(|(url, _)| url.as_str())
        .collect();
    let rest = ["http://busy/", "http://site/c", "http://site/d", "http://site/e"];
    assert_eq!(not_checked, rest);

    let web = Simulated::new(play);
    let (again, more) = web.crawl_on(START, &settings, entries.clone()).await;
    let mut asked: Vec<_> = web.seen("").into_iter().map(|seen| seen.url).collect();
    asked.sort();
    asked.dedup();
    assert_eq!(asked, rest);
    let outcomes = |known: &Known| -> Vec<_> {
        let each = known.addresses.iter();
        each.map(|(url, checked)| {
            (url.clone(), checked.outcome.clone(), checked.places.clone())
        })
        .collect()
    };
    assert_eq!(outcomes(&again), outcomes(&whole));
    assert_eq!(entries.len() + more.len(), whole.addresses.len());
}

#[tokio::test(start_paused = true)]
async fn a_second_interrupt_ends_it_at_once() {
    let web = Simulated::new(|_, _: &Url, _| (seconds(5), Ok(page([]))));
    let (tell, mut interrupts) = mpsc::channel(2);
    for _ in 0..2 {
        tell.send(()).await.unwrap();
    }
    let (known, entries) =
        web.crawl_until(START, &settings(), Vec::new(), &mut interrupts).await;
    assert_eq!((web.seen("").len(), entries.len()), (0, 0));
    assert_eq!(of(&known, START).outcome, Outcome::NotChecked);
    assert_eq!(web.began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_fragment_of_what_an_earlier_run_asked_by_head_is_read_now() {
    let there = There { ids: None, links: Vec::new(), page: false };
    let entry = |url: &str, result| Entry {
        url: self::url(url),
        requests: 1,
        redirected_to: None,
        result,
    };
    let known = vec![
        entry(OTHER, Ok(there)),
        entry("http://dead/", Err(Not::Broken { why: Broken::Status { status: 404 } })),
        entry("http://nobody-links-here/", Ok(There::default())),
    ];
    let web = Simulated::new(site(&["http://other/x#here", "http://dead/#here"]));
    let (known, _) = web.crawl_on(START, &settings(), known).await;
    assert_eq!(web.methods("other"), [Method::Get]);
    assert_eq!(web.seen("dead"), []);
    assert_eq!(
        of(&known, "http://dead/").outcome,
        broken(Broken::Status { status: 404 })
    );
    assert_eq!(known.addresses.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_or_may_ask_is_in_the_report() {
    let web = Simulated::new(site(&[
        "mailto:a@b",
        "http://",
        "https://no/page",
        "data:,x",
        "http://excluded/x",
        "#here",
        "javascript:void(0)",
    ]));
    let exclude = vec!["http://excluded/".to_owned()];
    let known = web.crawl(START, &Settings { exclude, ..settings() }).await;
    let skipped = |why| Outcome::Skipped { why };
    assert_eq!(of(&known, "mailto:a@b").outcome, skipped(Skipped::Scheme));
    assert_eq!(of(&known, "data:,x").outcome, skipped(Skipped::Scheme));
    assert_eq!(of(&known, "http://excluded/x").outcome, skipped(Skipped::Excluded));
    let invalid = &of(&known, "invalid:http://").outcome;
    assert_eq!(*invalid, broken(Broken::Invalid { text: "http://".to_owned() }));
    assert_eq!(of(&known, START).outcome, Outcome::Fine);
    assert_eq!(of(&known, START).places.len(), 1);
    assert_eq!(web.seen("").len(), 2);
    assert_eq!(known.addresses.len(), 7);

    let web = Simulated::new(site(&[]));
    let known = web.crawl(START, &Settings { offline: true, ..settings() }).await;
    assert_eq!(of(&known, START).outcome, skipped(Skipped::Offline));
    assert_eq!(web.seen(""), []);
}

/// A web whose site `other` says this of robots.
fn with_robots(
    says: fn(usize) -> Result<Answer, Broken>,
) -> impl Fn(Method, &Url, usize) -> Says + Sync {
    move |_, url, number| match (url.host_str(), url.path()) {
        (Some("site"), "/") => {
            let links = ["http://other/a", "http://other/b/c", "http://other/d", "to-b"];
            (Duration::ZERO, Ok(page(links)))
        }
        (Some("site"), "/to-b") => (Duration::ZERO, Ok(to("http://other/b/d"))),
        (Some("other"), "/robots.txt") => (SECOND, says(number)),
        (_, "/robots.txt") => (Duration::ZERO, Ok(status(404))),
        _ => (Duration::ZERO, Ok(status(200))),
    }
}

fn robots(body: &str) -> Answer {
    Answer { body: body.to_owned(), ..status(200) }
}

#[tokio::test(start_paused = true)]
async fn robots_txt_is_asked_for_once_and_obeyed() {
    let web = Simulated::new(with_robots(|_| {
        Ok(robots("User-agent: *\nDisallow: /b/\nCrawl-delay: 3"))
    }));
    let settings = Settings { robots: true, ..settings() };
    let known = web.crawl(START, &settings).await;
    assert_eq!(web.methods("other/robots.txt"), [Method::Get]);
    assert_eq!(web.methods("site/robots.txt"), [Method::Get]);
    let forbidden = Outcome::Skipped { why: Skipped::Robots };
    assert_eq!(of(&known, "http://other/b/c").outcome, forbidden);
    assert_eq!(of(&known, "http://other/b/c").requests, 0);
    assert_eq!(of(&known, "http://site/to-b").outcome, forbidden);
    assert_eq!(web.seen("other/b"), []);
    // 1 s for robots.txt, which began at 0 s: the next one at 3 s.
    assert_eq!(web.began("other"), [seconds(0), seconds(3), seconds(6)]);
}

#[tokio::test(start_paused = true)]
async fn robots_txt_that_cannot_be_had() {
    type Trouble = (fn(usize) -> Result<Answer, Broken>, usize, Outcome);
    let forbidden = Outcome::Skipped { why: Skipped::Robots };
    let cases: [Trouble; 6] = [
        (|_| Ok(status(404)), 1, Outcome::Fine),
        (|_| Ok(status(401)), 1, Outcome::Fine),
        (|_| Ok(status(500)), 3, forbidden.clone()),
        (
            |n| {
                Ok(if n == 0 {
                    status(503)
                } else {
                    robots("User-agent: *\nDisallow: /b")
                })
            },
            2,
            Outcome::Fine,
        ),
        (|_| Ok(later(429, seconds(7_200))), 1, forbidden),
        (|_| Err(Broken::Refused), 1, Outcome::Fine),
    ];
    for (says, requests, outcome) in cases {
        let web = Simulated::new(with_robots(says));
        let known = web.crawl(START, &Settings { robots: true, ..settings() }).await;
        assert_eq!(web.seen("other/robots.txt").len(), requests, "{outcome:?}");
        assert_eq!(of(&known, "http://other/a").outcome, outcome);
    }
}

#[test]
fn robots_rules_are_matched_as_rfc_9309_has_it() {
    let allow = |rules: &str, path: &str| {
        Rules::read(rules, "Checker").allow(&url(&format!("http://h{path}")))
    };
    let star = |rules: &str, path: &str| allow(&format!("User-agent: *\n{rules}"), path);
    // The longest one wins, and of two equal ones the one that allows.
    assert!(star("Disallow: /a\nAllow: /a/b", "/a/b/c"));
    assert!(!star("Disallow: /a\nAllow: /a/b", "/a/c"));
    assert!(star("Disallow: /a\nAllow: /a", "/a"));
    assert!(star("Allow: /a\nDisallow: /a", "/a"));
    assert!(!star("Disallow: /a/b\nAllow: /a", "/a/b/c"));
    assert!(star("Disallow:", "/a"));
    assert!(!star("Disallow: /", "/a"));
    assert!(star("Disallow: /a/", "/a"));
    // Wildcards.
    assert!(!star("Disallow: /*.php$", "/x.php"));
    assert!(star("Disallow: /*.php$", "/x.php5"));
    assert!(star("Disallow: /*.php$", "/x.php?a"));
    assert!(!star("Disallow: /*.php", "/x.php?a"));
    assert!(!star("Disallow: /a*bb$", "/abbb"));
    assert!(!star("Disallow: /a*b*c", "/a1b2c3"));
    assert!(star("Disallow: /a*b*c", "/a1c2b3"));
    assert!(!star("Disallow: /a$", "/a"));
    assert!(star("Disallow: /a$", "/ab"));
    assert!(!star("Disallow: *x", "/a/x"));
    assert!(!star("Disallow: /?q=", "/?q=1"));
    // Spelling.
    assert!(!star("Disallow: /a%62c", "/abc"));
    assert!(!star("Disallow: /ü", "/%C3%BC"));
    assert!(!star("Disallow: /%c3%bc", "/ü"));
    assert!(star("Disallow: /a%2Fb", "/a/b"));
    // Groups: ours before everyone's, several of one name together, several names of one group.
    let groups = "User-agent: *\nDisallow: /all\n\nuser-agent: other\nUSER-AGENT: checker\nDisallow: /us # us\n\
                  User-agent: x\nDisallow: /x\nUser-agent: Checker\nDisallow: /too";
    assert!(allow(groups, "/all"));
    assert!(!allow(groups, "/us"));
    assert!(!allow(groups, "/too"));
    assert!(allow(groups, "/x"));
    assert!(allow("Disallow: /a", "/a"), "before any group");
    let no_time = "User-agent: *\nCrawl-delay: nan\nCrawl-delay: inf\nCrawl-delay: -1";
    assert_eq!(Rules::read(no_time, "Checker"), Rules::default());
    assert!(!allow("\u{feff}User-agent: *\r\nDisallow: /a\r\n", "/a"));
    assert!(!allow(
        "User-agent: checker\nSitemap: http://h/s\nUser-agent: *\nDisallow: /a",
        "/a"
    ));
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = SystemTime::UNIX_EPOCH + seconds(784_111_777);
    let of = |value: &str| retry_after(value, now);
    assert_eq!(of("120"), Some(seconds(120)));
    assert_eq!(of(" 0 "), Some(Duration::ZERO));
    assert_eq!(of("Sun, 06 Nov 1994 08:49:40 GMT"), Some(seconds(3)));
    assert_eq!(of("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(of("99999999999999"), Some(seconds(86_400)));
    assert_eq!(of("99999999999999999999"), Some(seconds(86_400)));
    assert_eq!(of("soon"), None);
    assert_eq!(of("-1"), None);
}

#[tokio::test]
async fn files_are_asked_for_like_anything_else() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().canonicalize().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let links = [
        "b.md#title",
        "b.md#no",
        "sub/",
        "sub",
        "empty/",
        "none.html",
        "a%20b.html",
        "/rooted.html",
        "b.md/",
    ];
    write("a.html", &page(links).body);
    write("b.md", "# Title\n\n[x](nowhere.html)\n");
    write("sub/index.html", "<a href=../c.png>x</a>");
    write("a b.html", "");
    write("empty/x", "");
    write("rooted.html", "");
    write("c.png", "");
    let as_url = |name: &str| Url::from_file_path(root.join(name)).unwrap();
    let folder = Url::from_directory_path(&root).unwrap();
    let starts = Starts { pages: vec![as_url("a.html")], ..Starts::default() };
    let settings = Settings { root: Some(folder.clone()), offline: true, ..settings() };
    let web = Http::new(SECOND, &[]).unwrap();
    let (_tell, mut interrupts) = mpsc::channel(1);
    let known =
        crawl(&web, &starts, &settings, Vec::new(), &mut interrupts, |_| {}).await;
    let outcomes: BTreeMap<_, _> = known
        .addresses
        .iter()
        .map(|(url, checked)| {
            let name = url.as_str().strip_prefix(folder.as_str()).unwrap_or(url.as_str());
            (name.to_owned(), checked.outcome.clone())
        })
        .collect();
    let missing = broken(Broken::NoFile);
    assert_eq!(outcomes["none.html"], missing);
    assert_eq!(outcomes["b.md/"], missing);
    for fine in ["a.html", "sub/", "sub", "empty/", "a%20b.html", "rooted.html"] {
        assert_eq!(outcomes[fine], Outcome::Fine, "{fine}");
    }
    let Outcome::NoFragment { fragments } = &outcomes["b.md"] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(fragments.keys().collect::<Vec<_>>(), ["no"]);
    // The pages that were not given are looked at, and not followed.
    assert_eq!(outcomes.len(), 9, "{outcomes:?}");
}
