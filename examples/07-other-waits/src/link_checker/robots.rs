//! What a site asks of programs.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use url::Url;

use super::Broken;
use super::check::{Desk, Purpose, Stop, Visit, is_redirect, target, worth_it};
use super::once::Once;
use super::web::{AGENT, Answer, ROBOTS, Web};

/// How many redirects of a robots.txt are followed: as many as RFC 9309 asks for.
const REDIRECTS: usize = 5;

/// The rules of all sites of a run, each asked for once.
#[derive(Debug, Default)]
pub struct Robots {
    sites: Once<Arc<Rules>>,
}

impl Robots {
    /// Whether the site lets us ask for this address. Asks for its robots.txt, if nobody has yet.
    ///
    /// # Errors
    ///
    /// [`Stop::Closed`], when the run ended first.
    // ANCHOR: allow
    pub async fn allow<W: Web>(
        &self,
        desk: &Desk<'_, W>,
        url: &Url,
    ) -> Result<bool, Stop> {
        if !desk.settings.robots || !matches!(url.scheme(), "http" | "https") {
            return Ok(true);
        }
        let site = url.origin().ascii_serialization();
        let rules = self.sites.get(&site, ask(desk, url)).await?;
        Ok(rules.allow(url))
    }
    // ANCHOR_END: allow
}

/// Asks a site for its rules.
async fn ask<W: Web>(desk: &Desk<'_, W>, url: &Url) -> Result<Arc<Rules>, Stop> {
    let requests = AtomicU32::new(0); // not those of any one address
    let rules = match follow(desk, url, &requests).await {
        Ok(answer) => Rules::read(&answer.body, AGENT),
        // RFC 9309: a server in trouble may have rules that we cannot see.
        Err(Stop::Broken(Broken::Status { status }))
            if status >= 500 || status == 429 =>
        {
            Rules::NOTHING
        }
        Err(Stop::Closed) => return Err(Stop::Closed),
        // Without rules, all is allowed. And where nobody answers, the address itself has to say so: that is what we are for.
        Err(_) => Rules::default(),
    };
    if let Some(delay) = rules.delay {
        desk.limits.slow_down(url, delay).await;
    }
    Ok(Arc::new(rules))
}

async fn follow<W: Web>(
    desk: &Desk<'_, W>,
    url: &Url,
    requests: &AtomicU32,
) -> Result<Answer, Stop> {
    let mut url = url.join(ROBOTS).map_err(|_| Stop::Broken(Broken::Redirects))?;
    let mut visit = Visit::new(desk, &url, Purpose::Ids, requests);
    // Where nobody answers, the address itself will be tried often enough.
    visit.worth_it = |why| matches!(why, Broken::Status { .. }) && worth_it(why);
    for _ in 0..=REDIRECTS {
        let answer = visit.ask(&url).await?;
        if !is_redirect(answer.status) {
            return Ok(answer);
        }
        url = target(&url, answer.location)?;
    }
    Err(Broken::Redirects.into())
}

/// What one site asks of us.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// Each a pattern, and whether it allows.
    paths: Vec<(String, bool)>,
    delay: Option<Duration>,
    nothing: bool,
}

impl Rules {
    const NOTHING: Self = Self { paths: Vec::new(), delay: None, nothing: true };

    /// Reads a robots.txt as RFC 9309 has it, and `Crawl-delay` besides.
    ///
    /// The groups for `agent` count, all of them; those for `*` where there is none for it.
    pub fn read(text: &str, agent: &str) -> Self {
        let (mut ours, mut everyones) = (None, Self::default());
        let (mut for_us, mut for_all, mut in_rules) = (false, false, true);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if in_rules {
                    (for_us, for_all, in_rules) = (false, false, false); // a new group
                }
                for_all |= value == "*";
                for_us |= value.eq_ignore_ascii_case(agent);
                if for_us {
                    ours.get_or_insert_with(Self::default);
                }
                continue;
            }
            in_rules = in_rules || matches!(&*key, "allow" | "disallow" | "crawl-delay");
            if let (true, Some(ours)) = (for_us, &mut ours) {
                ours.add(&key, value);
            } else if for_all {
                everyones.add(&key, value);
            }
        }
        ours.unwrap_or(everyones)
    }

    fn add(&mut self, key: &str, value: &str) {
        match key {
            // An empty rule forbids nothing.
            "allow" | "disallow" if !value.is_empty() => {
                self.paths.push((spelled(value), key == "allow"));
            }
            "crawl-delay" => {
                // With a day between two requests no run would end; and not every number is a time.
                let seconds =
                    value.parse().ok().filter(|seconds: &f64| seconds.is_finite());
                let seconds = seconds.map(|seconds| seconds.min(60.0));
                self.delay =
                    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            }
            _ => {}
        }
    }

    /// Whether this address may be asked for: the longest pattern decides, and of two equal ones the one that allows.
    // ANCHOR: decide
    pub fn allow(&self, url: &Url) -> bool {
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = spelled(&format!("{}{query}", url.path()));
        let fits = self.paths.iter().filter(|(pattern, _)| matches(pattern, &path));
        let longest = fits.max_by_key(|(pattern, allow)| (pattern.len(), *allow));
        !self.nothing && longest.is_none_or(|(_, allow)| *allow)
    }
    // ANCHOR_END: decide
}

/// One spelling for each path: a percent sign only where RFC 9309 wants one.
fn spelled(path: &str) -> String {
    let mut spelled = String::new();
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        let encoded = (*byte == b'%').then(|| hex(after)).flatten();
        let value = encoded.unwrap_or(*byte);
        rest = if encoded.is_some() { &after[2..] } else { after };
        // `%2F` stays apart from `/`, which parts two names, and `%2A` from `*`.
        let plain = match encoded {
            Some(value) => value.is_ascii_alphanumeric() || b"-._~".contains(&value),
            None => value.is_ascii_graphic(),
        };
        if plain {
            spelled.push(char::from(value));
        } else {
            let _ = write!(spelled, "%{value:02X}"); // a String takes anything
        }
    }
    spelled
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Whether a path begins with a pattern, where `*` stands for anything and a `$` at the end for the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let Some((begin, wild)) = pattern.split_once('*') else {
        return if whole { path == pattern } else { path.starts_with(pattern) };
    };
    let Some(mut rest) = path.strip_prefix(begin) else { return false };
    let (middle, end) = wild.rsplit_once('*').unwrap_or(("", wild));
    for piece in middle.split('*') {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    if whole { rest.ends_with(end) } else { rest.contains(end) }
}
