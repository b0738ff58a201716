//! A web that is not there: what each address does is written down beforehand, every request is kept, and time is tokio's.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use asynchronous::Url;
use asynchronous::retry::Rng;
use other_waits::link_checker::Broken;
use other_waits::link_checker::web::{Answer, Kind, Method, Web};
use tokio::time::{Instant, sleep};

use super::plan::{Act, Plan};

/// A plan that is carried out, and everything that was asked for.
pub(super) struct Simulated<'a> {
    plan: &'a Plan,
    state: Mutex<State>,
}

struct State {
    random: Rng,
    log: Vec<Request>,
    /// How often each script has moved on.
    moves: BTreeMap<Url, usize>,
    in_flight: Peak,
    by_host: BTreeMap<String, Peak>,
}

/// How many there are, and the most there were.
#[derive(Debug, Default, Clone, Copy)]
struct Peak {
    now: usize,
    most: usize,
}

impl Peak {
    fn begin(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }
}

/// A request as the web saw it.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) begun: Instant,
    /// When it was answered, or failed; nothing where whoever asked has given up.
    pub(super) ended: Option<Instant>,
    /// What it was answered.
    pub(super) act: Act,
}

impl<'a> Simulated<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let state = State {
            random: Rng::with_seed(plan.seed),
            log: Vec::new(),
            moves: BTreeMap::new(),
            in_flight: Peak::default(),
            by_host: BTreeMap::new(),
        };
        Self { plan, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All requests since the last time, in the order in which they began.
    pub(super) fn take_log(&self) -> Vec<Request> {
        std::mem::take(&mut self.state().log)
    }

    /// The most requests at once: in all, and to the host that had most of them.
    pub(super) fn peaks(&self) -> (usize, usize) {
        let state = self.state();
        let hosts = state.by_host.values().map(|peak| peak.most);
        (state.in_flight.most, hosts.max().unwrap_or(0))
    }

    /// How many are in flight now.
    pub(super) fn in_flight(&self) -> usize {
        self.state().in_flight.now
    }

    fn begin(&self, method: Method, url: &Url) -> (usize, Act, Duration) {
        let mut state = self.state();
        let act = self.plan.act(method, url, state.moves.entry(url.clone()).or_default());
        state.in_flight.begin();
        state.by_host.entry(url.authority().to_owned()).or_default().begin();
        let latency = Duration::from_millis(state.random.u64(1..400));
        let begun = Instant::now();
        let act_kept = act.clone();
        let url = url.clone();
        state.log.push(Request { method, url, begun, ended: None, act: act_kept });
        (state.log.len() - 1, act, latency)
    }
}

/// A request under way: however it ends, it is no longer in flight then.
struct Underway<'a> {
    web: &'a Simulated<'a>,
    host: String,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        let mut state = self.web.state();
        state.in_flight.now -= 1;
        if let Some(peak) = state.by_host.get_mut(&self.host) {
            peak.now -= 1;
        }
    }
}

impl Web for Simulated<'_> {
    async fn ask(&self, method: Method, url: &Url) -> Result<Answer, Broken> {
        let (n, act, latency) = self.begin(method, url);
        let _underway = Underway { web: self, host: url.authority().to_owned() };
        sleep(latency).await;
        if act == Act::Stall {
            pending::<()>().await;
        }
        if let Some(request) = self.state().log.get_mut(n) {
            request.ended = Some(Instant::now());
        }
        answer(method, act)
    }
}

fn answer(method: Method, act: Act) -> Result<Answer, Broken> {
    let status = |status| Answer { status, ..Answer::default() };
    match act {
        Act::Page(body) => Ok(Answer {
            kind: Some(Kind::Html),
            body: if method == Method::Head { String::new() } else { body },
            ..status(200)
        }),
        Act::Text(body) => Ok(Answer { body, ..status(200) }),
        Act::Status(code) => Ok(status(code)),
        Act::Later(code, wait) => Ok(Answer { retry_after: Some(wait), ..status(code) }),
        Act::Redirect(code, location) => Ok(Answer { location, ..status(code) }),
        Act::Refuse => Err(Broken::Refused),
        Act::Reset => Err(Broken::Connection { text: "reset".into() }),
        Act::Stall => Err(Broken::Timeout),
    }
}
