//! How many at once, in all and for each host, and how soon after one another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as FairMutex, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::Settings;

/// The gates that every request passes.
#[derive(Debug)]
pub struct Limits {
    per_host: usize,
    delay: Duration,
    all: Semaphore,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

#[derive(Debug)]
struct Host {
    permits: Arc<Semaphore>,
    /// Whoever has it is the next to begin: the others stand in line, first come, first served.
    pace: FairMutex<Pace>,
    hold: Mutex<Option<Hold>>,
}

#[derive(Debug)]
struct Pace {
    began: Option<Instant>,
    delay: Duration,
}

/// A host that has asked to be left alone for a while.
#[derive(Debug, Clone, Copy)]
struct Hold {
    until: Instant,
    status: u16,
}

/// Leave to send one request; dropping it lets another one begin.
#[derive(Debug)]
pub struct Turn<'a> {
    _host: Option<OwnedSemaphorePermit>,
    _any: SemaphorePermit<'a>,
}

/// Why a request may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The host said, with this status, to come back later than we can wait.
    Later(u16),
    /// Nothing begins any more.
    Closed,
}

impl Limits {
    /// Gates for one run.
    pub fn new(settings: &Settings) -> Self {
        Self {
            per_host: settings.per_host.max(1),
            delay: settings.delay,
            all: Semaphore::new(settings.at_once.max(1)),
            hosts: Mutex::new(HashMap::new()),
        }
    }

    /// Waits until a request to this address may begin; no longer than `patience` for a host that holds us off.
    ///
    /// # Errors
    ///
    /// When it may not begin at all.
    // ANCHOR: turn
    pub async fn turn(&self, url: &Url, patience: Duration) -> Result<Turn<'_>, Denied> {
        if url.scheme() == "file" {
            let any = self.all.acquire().await.map_err(|_| Denied::Closed)?;
            return Ok(Turn { _host: None, _any: any });
        }
        let host = self.host(url);
        // The narrow gates first: whoever waits here keeps no other host waiting.
        let permit = Arc::clone(&host.permits).acquire_owned().await;
        let mut pace = host.pace.lock().await;
        loop {
            host.wait(&pace, patience).await?;
            let any = self.all.acquire().await.map_err(|_| Denied::Closed)?;
            // The host may have asked for peace while we stood at the last gate.
            if host.due(&pace) <= Instant::now() {
                pace.began = Some(Instant::now());
                return Ok(Turn { _host: permit.ok(), _any: any });
            }
        }
    }
    // ANCHOR_END: turn

    /// Lets no request to the host of `url` begin for as long as it asked for, with this status.
    pub fn hold(&self, url: &Url, status: u16, wait: Duration) {
        let until = Instant::now() + wait;
        let host = self.host(url);
        let mut hold = host.hold.lock().unwrap_or_else(PoisonError::into_inner);
        if hold.is_none_or(|hold| hold.until < until) {
            *hold = Some(Hold { until, status });
        }
    }

    /// Keeps at least `delay` between the beginnings of two requests to the host of `url`, from the next one on.
    pub async fn slow_down(&self, url: &Url, delay: Duration) {
        let host = self.host(url);
        let mut pace = host.pace.lock().await;
        pace.delay = pace.delay.max(delay);
    }

    /// Lets no request begin any more, to any host. Those in flight are not touched.
    pub fn close(&self) {
        self.all.close();
    }

    fn host(&self, url: &Url) -> Arc<Host> {
        // Nothing panics while it is locked.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(host_and_port(url)).or_insert_with(|| {
            Arc::new(Host {
                permits: Arc::new(Semaphore::new(self.per_host)),
                pace: FairMutex::new(Pace { began: None, delay: self.delay }),
                hold: Mutex::new(None),
            })
        });
        Arc::clone(host)
    }
}

impl Host {
    /// Waits until the delay since the last beginning is over, and the hold, if there is one.
    // ANCHOR: wait
    async fn wait(&self, pace: &Pace, patience: Duration) -> Result<(), Denied> {
        let give_up = Instant::now() + patience;
        // Again after each wait: another request may have been told to stay away.
        while self.due(pace) > Instant::now() {
            if let Some(hold) = self.hold().filter(|hold| hold.until > give_up) {
                return Err(Denied::Later(hold.status));
            }
            sleep_until(self.due(pace)).await;
        }
        Ok(())
    }
    // ANCHOR_END: wait

    /// When the next request may begin, which may be long ago.
    fn due(&self, pace: &Pace) -> Instant {
        let paced = pace.began.map(|began| began + pace.delay);
        let held = self.hold().map(|hold| hold.until);
        paced.max(held).unwrap_or_else(Instant::now)
    }

    fn hold(&self) -> Option<Hold> {
        *self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one limit is for. Another port is another host; another user of the same one is not.
pub fn host_and_port(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
