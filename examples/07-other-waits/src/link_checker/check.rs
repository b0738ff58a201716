//! One address: HEAD or GET, redirects, tries, and what came of it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use asynchronous::retry::Rng;
use futures_util::FutureExt as _;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::journal::{Entry, Not, There};
use super::limits::{Denied, Limits};
use super::robots::Robots;
use super::web::{Answer, Kind, Method, Web};
use super::{Broken, Settings, Skipped, extract};

/// What all checks of a run share.
#[derive(Debug)]
pub struct Desk<'a, W> {
    /// Who answers.
    pub web: &'a W,
    /// How to check.
    pub settings: &'a Settings,
    /// The gates.
    pub limits: Limits,
    /// What the sites ask of us.
    pub robots: Robots,
}

/// Why a check has no answer to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The address has none, or not a good one.
    Broken(Broken),
    /// We did not ask.
    Skipped(Skipped),
    /// The run ends; nothing is known.
    Closed,
}

impl From<Broken> for Stop {
    fn from(why: Broken) -> Self {
        Self::Broken(why)
    }
}

/// What an address is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Whether it is there.
    Presence,
    /// What fragments can lead to.
    Ids,
    /// That, and its links, if it also lies inside where redirects end.
    Links,
}

/// Checks one address, with all its redirects and tries. `None` if the run ended first.
pub async fn check<W: Web>(
    desk: &Desk<'_, W>,
    url: &Url,
    purpose: Purpose,
    inside: impl Fn(&Url) -> bool,
) -> Option<Entry> {
    let requests = AtomicU32::new(0);
    let looked = AssertUnwindSafe(async {
        let mut visit = Visit::new(desk, url, purpose, &requests);
        let (last, answer) = visit.follow(url).await?;
        let links = purpose == Purpose::Links && inside(&last);
        let there = match visit.method {
            Method::Head => There::default(), // nothing to read
            Method::Get => read(desk.settings, &last, answer, links).await,
        };
        Ok((last, there))
    });
    // A panic is one address that we do not know, and no reason to lose the others.
    let looked = looked.catch_unwind().await;
    let mut redirected_to = None;
    let result = match looked.unwrap_or(Err(Stop::Broken(Broken::Panicked))) {
        Ok((last, there)) => {
            redirected_to = (last != *url).then_some(last);
            Ok(there)
        }
        Err(Stop::Broken(why)) => Err(Not::Broken { why }),
        Err(Stop::Skipped(why)) => Err(Not::Skipped { why }),
        Err(Stop::Closed) => return None,
    };
    let requests = requests.into_inner();
    Some(Entry { url: url.clone(), requests, redirected_to, result })
}

/// The way from one address to its answer.
pub(super) struct Visit<'a, W> {
    desk: &'a Desk<'a, W>,
    method: Method,
    tries: u32,
    /// Whether a second try may end otherwise.
    pub(super) worth_it: fn(&Broken) -> bool,
    /// When it ends; from its first request on.
    deadline: Option<Instant>,
    requests: &'a AtomicU32,
    random: Rng,
}

impl<'a, W: Web> Visit<'a, W> {
    pub(super) fn new(
        desk: &'a Desk<'a, W>,
        url: &Url,
        purpose: Purpose,
        requests: &'a AtomicU32,
    ) -> Self {
        let method = match purpose {
            Purpose::Presence => Method::Head,
            Purpose::Ids | Purpose::Links => Method::Get,
        };
        // Each address draws for itself, so that the draws do not hang on who is answered first.
        let random = Rng::with_seed(desk.settings.seed ^ number(url));
        Self { desk, method, tries: 0, worth_it, deadline: None, requests, random }
    }

    /// Asks, and goes where the answers lead. Returns the last address and its answer.
    async fn follow(&mut self, url: &Url) -> Result<(Url, Answer), Stop> {
        let mut url = url.clone();
        let mut seen = HashSet::new();
        loop {
            self.may_ask(&url).await?;
            let answer = self.ask(&url).await?;
            if !is_redirect(answer.status) {
                return Ok((url, answer));
            }
            let next = target(&url, answer.location)?;
            seen.insert(url);
            if seen.len() > self.desk.settings.redirects || seen.contains(&next) {
                return Err(Broken::Redirects.into());
            }
            url = next;
        }
    }

    async fn may_ask(&mut self, url: &Url) -> Result<(), Stop> {
        let Desk { settings, robots, .. } = self.desk;
        if is_excluded(settings, url) {
            return Err(Stop::Skipped(Skipped::Excluded));
        }
        let queued = Instant::now();
        let allowed = robots.allow(self.desk, url).await?;
        self.wait_out(queued);
        if allowed { Ok(()) } else { Err(Stop::Skipped(Skipped::Robots)) }
    }

    // ANCHOR: ask
    /// Asks until an answer says yes or somewhere else, or no more try is worth it.
    pub(super) async fn ask(&mut self, url: &Url) -> Result<Answer, Stop> {
        loop {
            let (why, later) = match self.try_once(url).await? {
                Ok(answer) if is_good(answer.status) => return Ok(answer),
                Ok(answer) if self.is_only_a_hint(answer.status) => {
                    self.method = Method::Get;
                    continue;
                }
                Ok(Answer { status, retry_after, .. }) => {
                    (Broken::Status { status }, retry_after.filter(|_| is_later(status)))
                }
                Err(why) => (why, None),
            };
            self.method = Method::Get;
            self.tries += 1;
            let backoff = &self.desk.settings.backoff;
            if self.tries >= backoff.attempts || !(self.worth_it)(&why) {
                return Err(why.into());
            }
            let delay = backoff.delay(self.tries - 1, &mut self.random);
            self.wait_to_try_again(delay.max(later.unwrap_or_default()), why).await?;
        }
    }
    // ANCHOR_END: ask

    /// Servers say 403, 404, 405 or 500 to a HEAD whose GET is fine: it alone condemns nobody.
    fn is_only_a_hint(&self, status: u16) -> bool {
        self.method == Method::Head && !is_later(status)
    }

    /// Waits, or ends with `why` at once if the deadline would come first.
    async fn wait_to_try_again(&self, wait: Duration, why: Broken) -> Result<(), Stop> {
        if wait >= self.left() {
            return Err(why.into());
        }
        sleep(wait).await;
        Ok(())
    }

    // ANCHOR: try_once
    /// One request, when its turn has come.
    async fn try_once(&mut self, url: &Url) -> Result<Result<Answer, Broken>, Stop> {
        let Desk { web, settings, limits, .. } = self.desk;
        let queued = Instant::now();
        let turn = limits.turn(url, self.left()).await;
        let _turn = turn.map_err(|denied| match denied {
            Denied::Later(status) => Stop::Broken(Broken::Status { status }),
            Denied::Closed => Stop::Closed,
        })?;
        self.wait_out(queued);
        let deadline = *self.deadline.get_or_insert(Instant::now() + settings.deadline);
        let end = deadline.min(Instant::now() + settings.timeout);
        self.requests.fetch_add(1, Relaxed);
        let answer = timeout_at(end, web.ask(self.method, url)).await;
        let answer = answer.unwrap_or(Err(Broken::Timeout));
        if let Ok(Answer { status, retry_after: Some(wait), .. }) = &answer
            && is_later(*status)
        {
            limits.hold(url, *status, *wait); // for all addresses of the host
        }
        Ok(answer)
    }
    // ANCHOR_END: try_once

    /// Our own queues are not their slowness: the deadline moves by the time that we stood there.
    fn wait_out(&mut self, queued: Instant) {
        self.deadline = self.deadline.map(|deadline| deadline + queued.elapsed());
    }

    /// How long this may still take.
    fn left(&self) -> Duration {
        let all = self.desk.settings.deadline;
        self.deadline
            .map_or(all, |deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

// ANCHOR: worth_it
/// Whether a second try may end otherwise.
pub(super) fn worth_it(why: &Broken) -> bool {
    match why {
        Broken::Status { status } => *status >= 500 || *status == 429,
        Broken::Refused | Broken::Timeout | Broken::Connection { .. } => true,
        _ => false, // gone, forbidden, redirected for ever: the same the next time
    }
}

/// Whether a status says "not now", and nothing about the address.
fn is_later(status: u16) -> bool {
    matches!(status, 429 | 503)
}
// ANCHOR_END: worth_it

fn is_good(status: u16) -> bool {
    (200..300).contains(&status) || is_redirect(status)
}

pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Whether the settings forbid to ask for it.
pub(super) fn is_excluded(settings: &Settings, url: &Url) -> bool {
    settings.exclude.iter().any(|prefix| url.as_str().starts_with(prefix))
}

/// Where a redirect leads, without its fragment.
pub(super) fn target(from: &Url, location: Option<String>) -> Result<Url, Broken> {
    let text = location.unwrap_or_default();
    match from.join(&text) {
        Ok(mut to) if !text.is_empty() && matches!(to.scheme(), "http" | "https") => {
            to.set_fragment(None);
            Ok(to)
        }
        _ => Err(Broken::BadRedirect { text }),
    }
}

/// What an answer has to say: the ids, where its body could be read, and on request the links.
async fn read(settings: &Settings, url: &Url, answer: Answer, links: bool) -> There {
    let Answer { kind: Some(kind), body, .. } = answer else { return There::default() };
    let (root, page) = (settings.root.clone(), url.clone());
    // Megabytes of HTML are work, and would hold up everybody on this thread.
    let reading =
        spawn_blocking(move || read_page(kind, &body, &page, root.as_ref(), links));
    reading.await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => There::default(),
    })
}

/// In bytes; no server takes a longer address.
const LONGEST_BASE: usize = 8 * 1024;

fn read_page(
    kind: Kind,
    body: &str,
    page: &Url,
    root: Option<&Url>,
    links: bool,
) -> There {
    let found = match kind {
        Kind::Html => extract::html(body),
        Kind::Markdown => extract::markdown(body),
    };
    if !links {
        return There { ids: Some(found.ids), ..There::default() };
    }
    // Each link would be as long as a long base, and a page may have a hundred thousand.
    let base = found.base.as_deref().filter(|base| base.len() <= LONGEST_BASE);
    let base = base.and_then(|base| resolve(page, root, base));
    let base = base.as_ref().unwrap_or(page);
    let resolved = found.links.into_iter().map(|(text, line)| {
        let url = resolve(base, root, &text);
        (url.map_or(text, String::from), line)
    });
    There { ids: Some(found.ids), links: resolved.collect(), page: true }
}

/// What a link on a page means; `None` if it means nothing.
fn resolve(base: &Url, root: Option<&Url>, text: &str) -> Option<Url> {
    let text = text.trim();
    let below_root = text.strip_prefix('/').filter(|rest| !rest.starts_with('/'));
    match (root, below_root) {
        (Some(root), Some(rest)) if base.scheme() == "file" => root.join(rest).ok(),
        _ => base.join(text).ok(),
    }
}

/// FNV-1a: the same number for the same address, on every machine and with every compiler.
fn number(url: &Url) -> u64 {
    let mix =
        |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    url.as_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
