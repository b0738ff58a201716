//! A slow web whose findings are sentences.

use std::collections::HashSet;
use std::ops::Deref;
use std::time::Duration;

use lab::slow_web::{Builder, SlowWeb};
use sequential_fetch::{Client, FetchError, Page, Url, client};

use crate::patience::{PATIENCE, comes_true, end_at_the_limit};

/// How long the requests of a group wait for the others. Nobody waits so long for an answer that is right.
const TOGETHER: Duration = Duration::from_secs(5);

/// How long a site takes to answer once its group is complete: time for requests that should not be there to show.
const LINGER: Duration = Duration::from_millis(200);

/// A slow web for the test of an exercise. What the [`SlowWeb`] itself counts can be asked as well.
#[derive(Debug)]
pub struct Web {
    web: SlowWeb,
    together: usize,
}

impl Deref for Web {
    type Target = SlowWeb;

    fn deref(&self) -> &SlowWeb {
        &self.web
    }
}

impl Web {
    /// So many sites that answer at once.
    ///
    /// # Panics
    ///
    /// As every way to start one: when the system has no port left, or the builder makes no sense.
    pub fn of(sites: usize) -> Self {
        Self::from(SlowWeb::builder().sites(vec![Duration::ZERO; sites]))
    }

    /// So many sites, none of which answers before requests for all of them have come together.
    pub fn together(sites: usize) -> Self {
        Self::in_groups(sites, sites)
    }

    /// So many sites, none of which answers before `together` requests wait at the same time.
    ///
    /// Then they take 200 ms to answer: more than `together` in flight show themselves meanwhile. `sites` should be a multiple
    /// of `together`, or the last group is never complete.
    pub fn in_groups(sites: usize, together: usize) -> Self {
        let builder = SlowWeb::builder().sites(vec![LINGER; sites]);
        Self { together, ..Self::from(builder.barrier(together, TOGETHER)) }
    }

    /// Any web: `Web::from(SlowWeb::builder()..)`.
    pub fn from(builder: Builder) -> Self {
        end_at_the_limit();
        let web = builder.start().unwrap_or_else(|error| panic!("no slow web: {error}"));
        Self { web, together: 1 }
    }

    /// A blocking client that waits longer for an answer than any test.
    ///
    /// # Panics
    ///
    /// When there can be none.
    pub fn client(&self) -> Client {
        client(3 * PATIENCE).unwrap_or_else(|error| panic!("no client: {error}"))
    }

    /// The requests came in groups as large as was wanted, and never more of them at once.
    #[track_caller]
    pub fn assert_together(&self) {
        self.assert_peak(self.together);
    }

    /// At its fullest moment, so many requests were in flight.
    #[track_caller]
    pub fn assert_peak(&self, wanted: usize) {
        let seen = self.peak_in_flight();
        let meaning = match seen {
            0 => "nothing was asked for",
            1 if wanted > 1 => "they are made one after another",
            _ if seen < wanted => "not all of them are made at the same time",
            _ => "more are made at the same time than should be",
        };
        assert!(
            seen == wanted,
            "{} in flight together, and {}: {meaning}",
            requests(seen),
            wanted_in_words(wanted)
        );
    }

    /// So many requests were made, at one time or another.
    #[track_caller]
    pub fn assert_requests(&self, wanted: usize) {
        let seen = self.requests();
        assert!(
            seen == wanted,
            "{} made in all, and {}",
            requests(seen),
            wanted_in_words(wanted)
        );
    }

    /// So many TCP connections were opened.
    #[track_caller]
    pub fn assert_connections(&self, wanted: usize) {
        let seen = self.connections();
        let meaning = if seen == 0 {
            "nothing was asked for"
        } else if seen > wanted {
            "a client keeps its connections and uses them again; a new client knows none, \
             and where a body was not read to its end there is nothing to keep"
        } else {
            "requests share a connection only one after another"
        };
        assert!(
            seen == wanted,
            "the server saw {}, and {}: {meaning}",
            count(seen, "connection"),
            wanted_in_words(wanted)
        );
    }

    /// So many requests were given up: their client hung up before the answer came. Waits for the server to notice.
    #[track_caller]
    pub fn assert_given_up(&self, wanted: usize) {
        // First nothing may be in flight any more: who is still there may yet be given up.
        let all_over = comes_true(|| self.in_flight() == 0);
        let seen = self.given_up();
        assert!(
            all_over,
            "{} still in flight, and nobody waits for the answer",
            requests(self.in_flight())
        );
        assert!(
            seen == wanted,
            "{} given up, and {}",
            requests(seen),
            wanted_in_words(wanted)
        );
    }

    /// Each line begins as the wanted one, and there are as many. A wanted `/path: ..` stands for that address on this web.
    #[track_caller]
    pub fn assert_lines(&self, lines: &[String], wanted: &[&str]) {
        for (n, wanted) in (1..).zip(wanted) {
            let wanted = match wanted.strip_prefix('/') {
                Some(path) => format!("{}{path}", self.url("/")),
                None => (*wanted).to_owned(),
            };
            let Some(seen) = lines.get(n - 1) else {
                panic!(
                    "{} came, and the next was to be {wanted:?}",
                    count(n - 1, "line")
                );
            };
            assert!(
                seen.starts_with(&wanted),
                "line {n} is {seen:?}, and {wanted:?} was wanted"
            );
        }
        assert!(
            lines.len() == wanted.len(),
            "{} came, and {}",
            count(lines.len(), "line"),
            wanted_in_words(wanted.len())
        );
    }
}

/// `1 line`, `2 lines`.
pub(crate) fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// `1 was wanted`, `2 were wanted`.
pub(crate) fn wanted_in_words(n: usize) -> String {
    if n == 1 { "1 was wanted".to_owned() } else { format!("{n} were wanted") }
}

fn requests(n: usize) -> String {
    if n == 1 { "1 request was".to_owned() } else { format!("{n} requests were") }
}

/// Each address brought its page, in the order of the addresses.
///
/// # Panics
///
/// With a sentence about the first result that is not what was wanted.
#[track_caller]
pub fn assert_pages(results: &[Result<Page, FetchError>], urls: &[Url]) {
    assert!(
        results.len() == urls.len(),
        "{} came of {} addresses: each should have one",
        count(results.len(), "result"),
        urls.len()
    );
    let came: HashSet<&Url> = results.iter().flatten().map(|page| &page.url).collect();
    let meaning = if urls.iter().all(|url| came.contains(url)) {
        "the order of the addresses is lost"
    } else {
        "some came twice, and some not at all"
    };
    for (n, (result, url)) in (1..).zip(results.iter().zip(urls)) {
        match result {
            Ok(page) => assert!(
                page.url == *url,
                "result {n} is the page of {}, and {} was wanted: {meaning}",
                page.url.path(),
                url.path()
            ),
            Err(error) => panic!("result {n}, of {}, is an error: {error}", url.path()),
        }
    }
}
