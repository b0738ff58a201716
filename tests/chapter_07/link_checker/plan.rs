//! What a web of 10 to 40 addresses does, drawn from a seed; and what has to come of it, worked out from the same plan by rules
//! of our own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use asynchronous::Url;
use asynchronous::retry::{Backoff, Rng};
use other_waits::link_checker::start::Starts;
use other_waits::link_checker::web::Method;
use other_waits::link_checker::{Broken, Outcome, Place, Settings, Skipped};

/// What an address does when it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// 200, and HTML.
    Page(String),
    /// 200, and plain text: robots.txt.
    Text(String),
    /// A status, and nothing else.
    Status(u16),
    /// A status, and when to come back.
    Later(u16, Duration),
    /// A status, and where to go.
    Redirect(u16, Option<String>),
    /// No connection.
    Refuse,
    /// A connection that breaks.
    Reset,
    /// No answer, for ever.
    Stall,
}

/// What an address does the first times it is asked, and what from then on.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) faults: Vec<Act>,
    pub(super) then: Act,
    /// What HEAD is answered here, whatever GET is.
    pub(super) head: Option<u16>,
}

/// A link as a page has it, and what it means.
#[derive(Debug)]
struct Link {
    written: String,
    /// Without its fragment.
    to: Url,
    fragment: Option<String>,
    line: usize,
}

/// A page: the truth that its HTML is made of.
#[derive(Debug, Default)]
struct Body {
    ids: BTreeSet<String>,
    links: Vec<Link>,
}

/// A host's robots.txt.
#[derive(Debug, Clone, Default)]
pub(super) struct Robots {
    pub(super) forbids: Option<String>,
    /// In seconds.
    pub(super) crawl_delay: Option<u64>,
    /// What it answers in place of its text.
    fails: Option<Act>,
}

/// A web, what is asked of it, and how.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) starts: Starts,
    pub(super) settings: Settings,
    pub(super) scripts: BTreeMap<Url, Script>,
    /// By host and port.
    pub(super) robots: BTreeMap<String, Robots>,
    bodies: BTreeMap<Url, Body>,
}

/// How a plan is drawn.
#[derive(Debug, Clone)]
pub(super) struct Scale {
    /// Host and port of each.
    pub(super) hosts: Vec<String>,
    /// A host that has one address only, which says to come back long after the deadline.
    pub(super) late: String,
    /// The most that a `Retry-After` says, where it is short, in seconds.
    pub(super) retry_after: u64,
    /// The most tries of one address.
    pub(super) tries: u32,
    /// Out of a hundred faults, how many stall.
    pub(super) stalls: u32,
    pub(super) settings: Settings,
}

/// What should have come of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    Fine,
    NoFragment(BTreeSet<String>),
    Status(u16),
    Redirects,
    BadRedirect,
    Invalid,
    Refused,
    Timeout,
    Connection,
    Skipped(Skipped),
}

impl Wanted {
    /// Whether an outcome is this one. The words of a broken connection are the client's own.
    pub(super) fn is(&self, outcome: &Outcome) -> bool {
        let broken = match outcome {
            Outcome::Fine => return *self == Self::Fine,
            Outcome::NoFragment { fragments } => {
                return matches!(self, Self::NoFragment(wanted) if unescaped(fragments.keys()) == *wanted);
            }
            Outcome::Skipped { why } => return *self == Self::Skipped(*why),
            Outcome::NotChecked => return false,
            Outcome::Broken { why } => why,
        };
        match broken {
            Broken::Status { status } => *self == Self::Status(*status),
            Broken::Redirects => *self == Self::Redirects,
            Broken::BadRedirect { .. } => *self == Self::BadRedirect,
            Broken::Invalid { .. } => *self == Self::Invalid,
            Broken::Refused => *self == Self::Refused,
            Broken::Timeout => *self == Self::Timeout,
            Broken::Connection { .. } => *self == Self::Connection,
            _ => false,
        }
    }
}

/// Fragments as ids: a link may have the escapes of an address in it.
pub(super) fn unescaped<'a>(
    fragments: impl Iterator<Item = &'a String>,
) -> BTreeSet<String> {
    fragments.map(|fragment| fragment.replace("%C3%BC", "ü")).collect()
}

/// What should be in the report for one address.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) wanted: Wanted,
    pub(super) places: BTreeSet<Place>,
    /// The addresses that its redirects lead through, the last one included.
    pub(super) chain: Vec<Url>,
}

/// Where the chain of an address's redirects ends.
struct End {
    chain: Vec<Url>,
    /// The page that is there in the end, or what is wrong.
    came: Result<Url, Wanted>,
}

const IDS: [&str; 4] = ["one", "two", "three", "über"];

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

impl Plan {
    /// The plan of a seed: the same each time.
    pub(super) fn draw(seed: u64, scale: &Scale) -> Self {
        let mut random = Rng::with_seed(seed);
        Drawing::new(&mut random, scale).draw(seed)
    }

    /// What an address does now, and moves its script on.
    ///
    /// A status that HEAD is answered, and that GET may not be, is no try: it moves nothing.
    pub(super) fn act(&self, method: Method, url: &Url, moves: &mut usize) -> Act {
        if url.path() == "/robots.txt" {
            let robots = self.robots.get(url.authority());
            return robots.map_or(Act::Status(404), Robots::act);
        }
        let Some(script) = self.scripts.get(url) else { return Act::Status(404) };
        if method == Method::Head
            && let Some(status) = script.head
        {
            return Act::Status(status);
        }
        let act = script.faults.get(*moves).unwrap_or(&script.then).clone();
        let proves_nothing =
            matches!(&act, Act::Status(status) if ![429, 503].contains(status));
        if method == Method::Get || !proves_nothing {
            *moves += 1;
        }
        act
    }

    /// Whether links of this page are followed.
    fn is_inside(&self, url: &Url) -> bool {
        self.starts.pages.contains(url)
            || self
                .starts
                .within
                .iter()
                .any(|within| url.as_str().starts_with(within.as_str()))
    }

    /// Whether the robots.txt of its host forbids it.
    pub(super) fn is_forbidden(&self, url: &Url) -> bool {
        let robots = self.robots.get(url.authority());
        self.settings.robots && robots.is_some_and(|robots| robots.is_against(url.path()))
    }

    fn is_excluded(&self, url: &Url) -> bool {
        self.settings.exclude.iter().any(|prefix| url.as_str().starts_with(prefix))
    }

    /// What a script comes to when it is tried as often as the settings say.
    fn last_try<'a>(&self, script: &'a Script) -> &'a Act {
        let tries = self.settings.backoff.attempts as usize;
        script.faults.get(tries - 1).unwrap_or(&script.then)
    }

    /// Follows the redirects of an address, as a person would with the plan in hand.
    fn end(&self, address: &Url) -> End {
        let mut chain = Vec::new();
        let mut here = address.clone();
        loop {
            let stop = |wanted| Err(wanted);
            let came = if here.scheme() == "mailto" {
                stop(Wanted::Skipped(Skipped::Scheme))
            } else if here.scheme() == "invalid" {
                stop(Wanted::Invalid)
            } else if self.is_excluded(&here) {
                stop(Wanted::Skipped(Skipped::Excluded))
            } else if self.is_forbidden(&here) {
                stop(Wanted::Skipped(Skipped::Robots))
            } else {
                let act = self.scripts.get(&here).map(|script| self.last_try(script));
                match act.unwrap_or(&Act::Status(404)) {
                    Act::Page(_) | Act::Text(_) => Ok(here.clone()),
                    Act::Status(status) | Act::Later(status, _) => {
                        stop(Wanted::Status(*status))
                    }
                    Act::Refuse => stop(Wanted::Refused),
                    Act::Reset => stop(Wanted::Connection),
                    Act::Stall => stop(Wanted::Timeout),
                    Act::Redirect(_, location) => {
                        let to = location.as_deref().and_then(|to| here.join(to).ok());
                        match to {
                            Some(to) if matches!(to.scheme(), "http" | "https") => {
                                let loops = chain.contains(&to) || to == *address;
                                if loops || chain.len() == self.settings.redirects {
                                    return End { chain, came: stop(Wanted::Redirects) };
                                }
                                chain.push(to.clone());
                                here = to;
                                continue;
                            }
                            _ => stop(Wanted::BadRedirect),
                        }
                    }
                }
            };
            return End { chain, came };
        }
    }

    /// The report that there should be.
    pub(super) fn expected(&self) -> BTreeMap<Url, Entry> {
        let mut found: BTreeMap<Url, (BTreeSet<Place>, BTreeSet<String>)> =
            BTreeMap::new();
        let mut queue: VecDeque<Url> = self.starts.pages.iter().cloned().collect();
        for page in &queue {
            found.entry(page.clone()).or_default();
        }
        while let Some(address) = queue.pop_front() {
            // A redirect never takes the run out of what was asked for; nor in: what lies outside is not read.
            let Ok(page) = self.end(&address).came else { continue };
            if !(self.is_inside(&address) && self.is_inside(&page)) {
                continue;
            }
            for link in &self.bodies[&page].links {
                if !found.contains_key(&link.to) {
                    queue.push_back(link.to.clone());
                }
                let (places, fragments) = found.entry(link.to.clone()).or_default();
                places.insert(Place { page: page.clone(), line: link.line });
                fragments.extend(link.fragment.clone());
            }
        }
        let entry = |(address, (places, fragments)): (Url, (_, BTreeSet<String>))| {
            let end = self.end(&address);
            let wanted = match end.came {
                Err(wanted) => wanted,
                Ok(page) => {
                    let missing: BTreeSet<_> =
                        fragments.difference(&self.bodies[&page].ids).cloned().collect();
                    if missing.is_empty() {
                        Wanted::Fine
                    } else {
                        Wanted::NoFragment(missing)
                    }
                }
            };
            (address, Entry { wanted, places, chain: end.chain })
        };
        found.into_iter().map(entry).collect()
    }

    /// The same plan for a host that is there: what is refused is cut off in place of it.
    pub(super) fn without_refusals(mut self) -> Self {
        for script in self.scripts.values_mut() {
            for act in script.faults.iter_mut().chain([&mut script.then]) {
                if *act == Act::Refuse {
                    *act = Act::Reset;
                }
            }
        }
        self
    }
}

impl Act {
    /// What goes wrong here, by name; nothing where all is well.
    pub(super) fn fault(&self, method: Method) -> Option<&'static str> {
        Some(match self {
            Self::Page(_) | Self::Text(_) => return None,
            Self::Status(405 | 501) if method == Method::Head => "no HEAD",
            Self::Status(429) => "429",
            Self::Status(500..) => "5xx",
            Self::Status(_) => "4xx",
            Self::Later(..) => "Retry-After",
            Self::Redirect(..) => "redirect",
            Self::Refuse => "refused",
            Self::Reset => "reset",
            Self::Stall => "stalled",
        })
    }
}

impl Robots {
    fn act(&self) -> Act {
        self.fails.clone().unwrap_or_else(|| Act::Text(self.text()))
    }

    /// A server that is there and fails may forbid anything (RFC 9309, 2.3.1.4); one that does not answer is no site.
    fn is_against(&self, path: &str) -> bool {
        match &self.fails {
            Some(Act::Status(500..)) => true,
            Some(_) => false,
            None => {
                self.forbids.as_deref().is_some_and(|prefix| path.starts_with(prefix))
            }
        }
    }

    fn text(&self) -> String {
        let mut text = String::from("User-agent: *\n");
        if let Some(prefix) = &self.forbids {
            let _ = writeln!(text, "Disallow: {prefix}");
        }
        if let Some(seconds) = self.crawl_delay {
            let _ = writeln!(text, "Crawl-delay: {seconds}");
        }
        text
    }
}

impl Body {
    /// The page as HTML, which has each link on the line that it says.
    fn html(&self) -> String {
        let mut html = "<!DOCTYPE html><title>page</title>".to_owned();
        for id in &self.ids {
            let _ = write!(html, "<p id=\"{id}\"></p>");
        }
        html.push('\n');
        for link in &self.links {
            let _ = writeln!(html, "<p><a href=\"{}\">a link</a>", link.written);
        }
        html
    }
}

/// A plan on its way.
struct Drawing<'a> {
    random: &'a mut Rng,
    scale: &'a Scale,
    plan: Plan,
    pages: Vec<Url>,
}

impl<'a> Drawing<'a> {
    fn new(random: &'a mut Rng, scale: &'a Scale) -> Self {
        let plan = Plan {
            seed: 0,
            starts: Starts::default(),
            settings: scale.settings.clone(),
            scripts: BTreeMap::new(),
            robots: BTreeMap::new(),
            bodies: BTreeMap::new(),
        };
        Self { random, scale, plan, pages: Vec::new() }
    }

    /// Whether something happens that happens so often in a hundred times.
    fn chance(&mut self, percent: u32) -> bool {
        self.random.u32(0..100) < percent
    }

    fn draw(mut self, seed: u64) -> Plan {
        self.plan.seed = seed;
        self.draw_settings();
        let hosts = &self.scale.hosts[..self.random.usize(1..=self.scale.hosts.len())];
        for (n, host) in hosts.iter().enumerate() {
            self.draw_robots(n, host);
        }
        for n in 0..self.random.usize(10..=40) {
            let address = self.draw_address(n, hosts);
            self.pages.push(address);
        }
        let start = self.pages[0].clone();
        self.plan.starts.within = vec![start.join(".").unwrap()];
        self.plan.starts.pages = vec![start];
        let pages = self.pages.clone();
        for (n, page) in pages.iter().enumerate() {
            self.draw_script(n, page);
        }
        let late = url(&format!("http://{}/late.html", self.scale.late));
        let script = Script {
            faults: Vec::new(),
            then: Act::Later(429, self.plan.settings.deadline * 2),
            head: None,
        };
        self.plan.scripts.insert(late.clone(), script);
        self.pages.push(late);
        self.write_pages();
        self.plan
    }

    fn draw_settings(&mut self) {
        let attempts = self.random.u32(1..=self.scale.tries);
        let jitter = self.random.bool();
        let redirects = self.random.usize(1..=5);
        let per_host = self.random.usize(1..=4);
        let at_once = self.random.usize(1..=8);
        let robots = self.chance(80);
        let has_delay = self.chance(40);
        let seed = self.random.u64(..);
        let settings = &mut self.plan.settings;
        settings.backoff = Backoff { attempts, jitter, ..settings.backoff };
        settings.redirects = redirects;
        settings.per_host = per_host;
        settings.at_once = at_once;
        settings.robots = robots;
        settings.seed = seed;
        settings.exclude = vec!["http://excluded.test/".into()];
        if !has_delay {
            settings.delay = Duration::ZERO;
        }
    }

    fn draw_robots(&mut self, n: usize, host: &str) {
        if self.chance(40) {
            return; // there is none
        }
        let private = if n == 0 { "/docs/private/" } else { "/private/" };
        let forbids = self.chance(70).then(|| private.to_owned());
        let slow = !self.plan.settings.delay.is_zero() && self.chance(30);
        let crawl_delay = slow.then(|| self.random.u64(1..=2));
        let fails = match self.random.u32(0..12) {
            0 if n > 0 => Some(Act::Status(503)),
            1 => Some(Act::Status(403)),
            2 => Some(Act::Reset),
            _ => None,
        };
        let crawl_delay = crawl_delay.filter(|_| fails.is_none());
        self.plan.robots.insert(host.to_owned(), Robots { forbids, crawl_delay, fails });
    }

    fn draw_address(&mut self, n: usize, hosts: &[String]) -> Url {
        let host = if self.chance(60) { 0 } else { self.random.usize(0..hosts.len()) };
        let host = if n == 0 { 0 } else { host };
        let folder = match (n, host) {
            (0, _) => "/docs/",
            _ if self.chance(12) => {
                ["/docs/private/", "/private/"][usize::from(host > 0)]
            }
            (_, 0) if self.chance(85) => "/docs/",
            _ => "/",
        };
        url(&format!("http://{}{folder}p{n}.html", hosts[host]))
    }

    /// A fault that passes.
    fn draw_fault(&mut self) -> Act {
        if self.chance(self.scale.stalls) {
            return Act::Stall;
        }
        let wait = Duration::from_secs(self.random.u64(0..=self.scale.retry_after));
        match self.random.u32(0..8) {
            0 => Act::Refuse,
            1 | 2 => Act::Reset,
            3 => Act::Status(500),
            4 => Act::Status(502),
            5 => Act::Status(429),
            6 => Act::Later(429, wait),
            _ => Act::Later(503, wait),
        }
    }

    fn draw_script(&mut self, n: usize, page: &Url) {
        let head = self.chance(20).then(|| if self.chance(50) { 405 } else { 501 });
        let tries = self.plan.settings.backoff.attempts as usize;
        // Sometimes as many as there are tries: then the last of them is what came of it.
        let mut faults = Vec::new();
        if self.chance(35) {
            for _ in 0..self.random.usize(0..=tries) {
                let fault = self.draw_fault();
                faults.push(fault);
            }
        }
        let kind = if n == 0 { 0 } else { self.random.u32(0..100) };
        let then = match kind {
            0..75 => Act::Page(String::new()), // written when every address is known
            75..82 => Act::Status(if self.chance(70) { 404 } else { 410 }),
            82..84 => Act::Status(403),
            84..92 => {
                // Only what does not change is led to: else the outcome would depend on who asks first.
                faults.clear();
                self.draw_redirects(n, page)
            }
            _ => {
                let act = self.draw_fault();
                // How often it is asked for depends on how soon; what comes of it does not.
                faults.clear();
                act
            }
        };
        self.plan.scripts.insert(page.clone(), Script { faults, then, head });
    }

    /// A chain of redirects of which the first is returned, by way of addresses that nothing else leads to.
    fn draw_redirects(&mut self, n: usize, from: &Url) -> Act {
        let code = [301, 302, 303, 307, 308][self.random.usize(0..5)];
        let last = match self.random.u32(0..10) {
            0 => None,
            1 => Some("ftp://elsewhere.test/".to_owned()),
            2 => Some("file:///etc/passwd".to_owned()),
            3 => Some(from.to_string()), // a loop
            4 => Some("http://excluded.test/there".to_owned()),
            _ => {
                let to = self.random.usize(0..self.pages.len());
                let name = if self.chance(20) { "gone" } else { "end" };
                // A page of its own beside another one, so with any robots.txt and in or out.
                Some(self.pages[to].join(&format!("{name}{n}.html")).unwrap().to_string())
            }
        };
        if let Some(last) = last.as_deref().filter(|last| last.contains("/end")) {
            let script =
                Script { faults: Vec::new(), then: Act::Page(String::new()), head: None };
            self.plan.scripts.insert(url(last), script);
        }
        let mut next = last;
        for hop in 0..self.random.usize(0..=self.plan.settings.redirects) {
            let here = from.join(&format!("hop{n}-{hop}.html")).unwrap();
            let then = Act::Redirect(302, next);
            let script = Script { faults: Vec::new(), then, head: None };
            self.plan.scripts.insert(here.clone(), script);
            // As a path, half of the time: `Location` may be relative.
            let relative = self.random.bool();
            next = Some(if relative { here.path().to_owned() } else { here.to_string() });
        }
        Act::Redirect(code, next)
    }

    /// Gives each page its ids and links, now that there are addresses to lead to.
    fn write_pages(&mut self) {
        let is_page = |(url, script): (&Url, &Script)| {
            matches!(script.then, Act::Page(_)).then(|| url.clone())
        };
        let pages: Vec<Url> = self.plan.scripts.iter().filter_map(is_page).collect();
        let ids: BTreeMap<Url, BTreeSet<String>> = pages
            .iter()
            .map(|page| {
                let ids = IDS.iter().filter(|_| self.random.bool());
                (page.clone(), ids.map(|&id| id.to_owned()).collect())
            })
            .collect();
        for page in pages {
            let mut body = Body { ids: ids[&page].clone(), links: Vec::new() };
            let least = if page == self.pages[0] { 8 } else { 0 };
            for n in 0..self.random.usize(least..12) {
                let link = self.draw_link(&page, n + 2);
                body.links.push(link);
            }
            if let Some(script) = self.plan.scripts.get_mut(&page) {
                script.then = Act::Page(body.html());
            }
            self.plan.bodies.insert(page, body);
        }
    }

    fn draw_link(&mut self, page: &Url, line: usize) -> Link {
        let odd = |written: &str, to: &str| Link {
            written: written.to_owned(),
            to: url(to),
            fragment: None,
            line,
        };
        match self.random.u32(0..40) {
            0 => return odd("mailto:somebody@site.test", "mailto:somebody@site.test"),
            1 => return odd("http://[bad", "invalid:http://[bad"),
            2 => return odd("http://excluded.test/x", "http://excluded.test/x"),
            3 => {
                return Link {
                    line,
                    ..odd("nowhere.html", page.join("nowhere.html").unwrap().as_str())
                };
            }
            _ => {}
        }
        let to = self.pages[self.random.usize(0..self.pages.len())].clone();
        let mut written = to.to_string();
        if to.authority() == page.authority() && self.random.bool() {
            to.path().clone_into(&mut written);
        }
        let fragment = self.chance(25).then(|| IDS[self.random.usize(0..IDS.len())]);
        if let Some(fragment) = fragment {
            let escaped = fragment.replace('ü', "%C3%BC");
            let as_is = self.random.bool();
            let _ = write!(written, "#{}", if as_is { fragment } else { &escaped });
        } else if self.chance(10) {
            written.push('#'); // the page itself
        }
        Link { written, to, fragment: fragment.map(str::to_owned), line }
    }
}
