//! From address to address, each of them once.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use percent_encoding::percent_decode_str;
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::check::{Desk, Purpose, check, is_excluded};
use super::journal::{Entry, Not, There};
use super::limits::{Limits, host_and_port};
use super::robots::Robots;
use super::start::Starts;
use super::web::Web;
use super::{Broken, Checked, Known, Outcome, Place, Settings, Skipped};

/// How long requests in flight may go on after an interrupt.
pub const GRACE: Duration = Duration::from_secs(1);

/// What a crawl tells of while it goes on.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// An address that was not met before. Once for each.
    Found {
        /// Without its fragment.
        url: &'a Url,
        /// Whether this run asks for it: it is neither skipped nor known from before.
        asked: bool,
    },
    /// What this run asked for, and what came of it. A second time for an address that was there at first, and is then read
    /// because of a fragment; the second one counts.
    Known(&'a Entry),
}

/// Checks all addresses that can be reached, each of them once, and tells of each.
///
/// What is in `known` is not asked again. After an interrupt no request begins, and those in flight have [`GRACE`]; a second
/// interrupt ends that at once. What was found by then and has no answer is [`Outcome::NotChecked`].
pub async fn crawl<W: Web>(
    web: &W,
    starts: &Starts,
    settings: &Settings,
    known: Vec<Entry>,
    interrupts: &mut mpsc::Receiver<()>,
    mut tell: impl FnMut(Event<'_>),
) -> Known {
    let (limits, robots) = (Limits::new(settings), Robots::default());
    let desk = &Desk { web, settings, limits, robots };
    let mut frontier = Frontier::new(starts, settings, known);
    let mut running = FuturesUnordered::new();
    let mut end = None; // when the grace ends, once there is an interrupt
    loop {
        for (url, asked) in frontier.found.drain(..) {
            tell(Event::Found { url: &url, asked });
        }
        while end.is_none() && interrupts.is_empty() {
            let Some((url, purpose)) = frontier.next() else { break };
            running.push(async move {
                check(desk, &url, purpose, |url| starts.has(url)).await
            });
        }
        select! {
            biased; // an interrupt first
            Some(()) = interrupts.recv() => match end {
                None => {
                    desk.limits.close();
                    end = Some(Instant::now() + GRACE);
                }
                Some(_) => break, // the second one
            },
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => break,
            next = running.next() => match next {
                Some(Some(entry)) => {
                    tell(Event::Known(&entry));
                    frontier.settle(entry);
                }
                None if interrupts.is_empty() => break, // all done
                Some(None) | None => {} // the run ended first
            },
        }
    }
    drop(running); // hangs up
    frontier.into_known()
}

impl Starts {
    /// Whether the links of this address are followed.
    pub fn has(&self, url: &Url) -> bool {
        let below = |within: &Url| url.as_str().starts_with(within.as_str());
        self.pages.binary_search(url).is_ok() || self.within.iter().any(below)
    }
}

/// All that was found, and what is still to be asked.
struct Frontier<'a> {
    starts: &'a Starts,
    settings: &'a Settings,
    /// From an earlier run; used up as the links lead there.
    known: HashMap<Url, Entry>,
    addresses: BTreeMap<Url, Address>,
    lanes: HashMap<String, Lane>,
    /// Their turn has come.
    next: VecDeque<Url>,
    /// Not told yet.
    found: Vec<(Url, bool)>,
}

/// One address, whatever number of links lead to it.
struct Address {
    state: State,
    places: BTreeMap<String, BTreeSet<Place>>, // by fragment; "" is none
    requests: u32,
}

enum State {
    /// It stands in its lane.
    Waiting,
    /// It is being asked for.
    Running(Purpose),
    /// It was asked for.
    Known(Purpose, Box<Entry>),
    /// Nobody will ask.
    Settled(Outcome),
}

/// The addresses of one host. A lane with a thousand addresses keeps no other one waiting.
#[derive(Default)]
struct Lane {
    running: usize,
    waiting: VecDeque<Url>,
}

impl<'a> Frontier<'a> {
    fn new(starts: &'a Starts, settings: &'a Settings, known: Vec<Entry>) -> Self {
        let mut frontier = Self {
            starts,
            settings,
            known: known.into_iter().map(|entry| (entry.url.clone(), entry)).collect(),
            addresses: BTreeMap::new(),
            lanes: HashMap::new(),
            next: VecDeque::new(),
            found: Vec::new(),
        };
        for url in &starts.pages {
            let known = frontier.find(url.clone(), "", None);
            frontier.learn(Vec::from_iter(known));
        }
        frontier
    }

    /// The next address to ask for, and what for.
    fn next(&mut self) -> Option<(Url, Purpose)> {
        let url = self.next.pop_front()?;
        let address = self.addresses.get_mut(&url)?;
        let purpose = if self.starts.has(&url) {
            Purpose::Links
        } else if address.wants_ids() {
            Purpose::Ids
        } else {
            Purpose::Presence
        };
        address.state = State::Running(purpose);
        Some((url, purpose))
    }

    /// Takes what came of an address, and the links that it has.
    fn settle(&mut self, entry: Entry) {
        self.leave_lane(&entry.url);
        let running = self.addresses.get(&entry.url).map(|address| &address.state);
        if let Some(State::Running(purpose)) = running {
            self.learn(vec![(*purpose, entry)]);
        }
    }

    /// Keeps what is known, and follows its links; also those of pages that an earlier run has read.
    fn learn(&mut self, mut known: Vec<(Purpose, Entry)>) {
        while let Some((purpose, mut entry)) = known.pop() {
            let links = match &mut entry.result {
                Ok(there) => std::mem::take(&mut there.links), // not needed any longer
                Err(_) => Vec::new(),
            };
            let url = entry.url.clone();
            let page = entry.redirected_to.clone().unwrap_or_else(|| url.clone());
            if let Some(address) = self.addresses.get_mut(&url) {
                address.requests += entry.requests;
                address.state = State::Known(purpose, Box::new(entry));
            }
            self.ask_for_ids(&url);
            for (text, line) in links {
                let place = Some(Place { page: page.clone(), line });
                known.extend(self.find_link(&text, place));
            }
        }
    }

    fn find_link(
        &mut self,
        text: &str,
        place: Option<Place>,
    ) -> Option<(Purpose, Entry)> {
        if let Ok(mut url) = Url::parse(text) {
            let fragment = url.fragment().unwrap_or_default().to_owned();
            url.set_fragment(None);
            return self.find(url, &fragment, place);
        }
        // Any text makes an address behind a scheme, so that this one too has its place in the report.
        let url = Url::parse(&format!("invalid:{}", text.replace('#', "%23"))).ok()?;
        let known = self.find(url.clone(), "", place);
        if let Some(address) = self.addresses.get_mut(&url) {
            let why = Broken::Invalid { text: text.to_owned() };
            address.state = State::Settled(Outcome::Broken { why });
        }
        known
    }

    /// Notes one link to an address. Returns what an earlier run knows of it.
    // ANCHOR: find
    fn find(
        &mut self,
        url: Url,
        fragment: &str,
        place: Option<Place>,
    ) -> Option<(Purpose, Entry)> {
        let first = !self.addresses.contains_key(&url);
        let address = self.addresses.entry(url.clone()).or_insert_with(Address::new);
        address.places.entry(fragment.to_owned()).or_default().extend(place);
        if !first {
            self.ask_for_ids(&url); // unless nothing new is wanted
            return None;
        }
        let never = never_asked(self.settings, self.starts, &url);
        let known = self.known.remove(&url); // by an earlier run
        self.found.push((url.clone(), never.is_none() && known.is_none()));
        match (never, known) {
            (Some(outcome), _) => address.state = State::Settled(outcome),
            (None, Some(entry)) => return Some((Purpose::Presence, entry)),
            (None, None) => self.enter_lane(url),
        }
        None
    }
    // ANCHOR_END: find

    /// One more request, if all that was asked is whether it is there, and a link wants to know more.
    fn ask_for_ids(&mut self, url: &Url) {
        let Some(address) = self.addresses.get_mut(url) else { return };
        let State::Known(Purpose::Presence, entry) = &address.state else { return };
        let unread = matches!(entry.result, Ok(There { ids: None, .. }));
        if unread && address.wants_ids() {
            address.state = State::Waiting;
            self.enter_lane(url.clone());
        }
    }

    fn enter_lane(&mut self, url: Url) {
        let (name, width) = self.lane(&url);
        let lane = self.lanes.entry(name).or_default();
        if lane.running < width {
            lane.running += 1;
            self.next.push_back(url);
        } else {
            lane.waiting.push_back(url);
        }
    }

    fn leave_lane(&mut self, url: &Url) {
        let (name, _) = self.lane(url);
        let Some(lane) = self.lanes.get_mut(&name) else { return };
        match lane.waiting.pop_front() {
            Some(url) => self.next.push_back(url),
            None => lane.running -= 1,
        }
    }

    /// The lane of an address, and how many of it may be under way.
    fn lane(&self, url: &Url) -> (String, usize) {
        let file = url.scheme() == "file";
        let width = if file { self.settings.at_once } else { self.settings.per_host };
        (host_and_port(url), width.max(1))
    }

    fn into_known(self) -> Known {
        let checked = |(url, address): (Url, Address)| (url, address.into_checked());
        Known { addresses: self.addresses.into_iter().map(checked).collect() }
    }
}

impl Address {
    fn new() -> Self {
        Self { state: State::Waiting, places: BTreeMap::new(), requests: 0 }
    }

    fn wants_ids(&self) -> bool {
        self.places.keys().any(|fragment| id(fragment).is_some())
    }

    fn into_checked(self) -> Checked {
        let Self { state, places, requests } = self;
        let mut redirected_to = None;
        let outcome = match state {
            State::Waiting | State::Running(_) => Outcome::NotChecked,
            State::Settled(outcome) => outcome,
            State::Known(_, entry) => {
                redirected_to = entry.redirected_to;
                match entry.result {
                    Ok(there) => fragments_of(&there, &places),
                    Err(Not::Broken { why }) => Outcome::Broken { why },
                    Err(Not::Skipped { why }) => Outcome::Skipped { why },
                }
            }
        };
        let places = places.into_values().flatten().collect();
        Checked { outcome, requests, redirected_to, places }
    }
}

/// What comes of an address that is there.
fn fragments_of(there: &There, places: &BTreeMap<String, BTreeSet<Place>>) -> Outcome {
    let Some(ids) = &there.ids else { return Outcome::Fine }; // nothing that we could read
    let missing = |fragment: &str| {
        let decoded = |id| percent_decode_str(id).decode_utf8_lossy();
        id(fragment).is_some_and(|id| !ids.contains(id) && !ids.contains(&*decoded(id)))
    };
    let fragments: BTreeMap<_, _> =
        places.iter().filter(|(fragment, _)| missing(fragment)).collect();
    if fragments.is_empty() {
        return Outcome::Fine;
    }
    let fragments =
        fragments.into_iter().map(|(key, places)| (key.clone(), places.clone()));
    Outcome::NoFragment { fragments: fragments.collect() }
}

/// The id that a fragment leads to, if it needs one: `#` and `#top` lead to the top of any page, and `:~:` begins what a
/// browser looks for in the text.
fn id(fragment: &str) -> Option<&str> {
    let id = fragment.split(":~:").next().unwrap_or_default();
    (!id.is_empty() && !id.eq_ignore_ascii_case("top")).then_some(id)
}

/// The outcome of what nobody has to be asked for.
fn never_asked(settings: &Settings, starts: &Starts, url: &Url) -> Option<Outcome> {
    // A site must not be able to ask what is on this disk.
    let of_this_disk = || starts.pages.iter().any(|page| page.scheme() == "file");
    let why = match url.scheme() {
        _ if is_excluded(settings, url) => Skipped::Excluded,
        "http" | "https" if settings.offline => Skipped::Offline,
        "http" | "https" => return None,
        "file" if of_this_disk() => return None,
        _ => Skipped::Scheme,
    };
    Some(Outcome::Skipped { why })
}
