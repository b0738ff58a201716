//! Health checks: many services asked at once, each verdict there as soon as it is known.

use std::fmt;
use std::time::Duration;

use sequential_fetch::{Client, FetchErrorKind, Url, fetch};

use crate::{JobPanicked, ThreadPool};

/// A service to be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What people call it.
    pub name: String,
    /// What it answers at, when it is well.
    pub url: Url,
}

// ANCHOR: health
/// What a check found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It answered in time.
    Healthy,
    /// It answered, and took longer than it should.
    Slow,
    /// It did not answer well, or not before the deadline.
    Down(FetchErrorKind),
    /// The check itself failed, and says nothing of the service.
    Unknown(JobPanicked),
}
// ANCHOR_END: health

impl Health {
    /// The verdict in a word.
    pub fn verdict(&self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Slow => "slow",
            Self::Down(_) => "down",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict())?;
        match self {
            Self::Healthy | Self::Slow => Ok(()),
            Self::Down(why) => write!(f, ": {why}"),
            Self::Unknown(why) => write!(f, ": the check {why}"),
        }
    }
}

// ANCHOR: check
/// Asks one service how it is. An answer after more than `slow` is a slow one.
///
/// # Panics
///
/// When the answer has no body: whoever wrote this was sure that there is one.
pub fn check(client: &Client, service: &Service, slow: Duration) -> Health {
    match fetch(client, &service.url) {
        Err(error) => Health::Down(error.kind),
        Ok(page) => {
            assert!(page.bytes > 0, "no body to look at");
            if page.elapsed > slow { Health::Slow } else { Health::Healthy }
        }
    }
}
// ANCHOR_END: check

// ANCHOR: check_all
/// Checks all services, and yields what each check found as soon as it is known.
///
/// One item for each service, in completion order, with the service's position. A check
/// that panicked is an item like the others.
pub fn check_all(
    pool: &ThreadPool,
    client: &Client,
    services: &[Service],
    slow: Duration,
) -> impl Iterator<Item = (usize, Health)> + use<> {
    let client = client.clone();
    let job = move |service: Service| check(&client, &service, slow);
    pool.as_completed(services.to_vec(), job)
        .map(|(position, result)| (position, result.unwrap_or_else(Health::Unknown)))
}
// ANCHOR_END: check_all

/// The names under each verdict, a line each, in the order of the services.
///
/// A service without a verdict has a line too: nothing is left out in silence.
pub fn tally(services: &[Service], verdicts: &[Option<Health>]) -> Vec<String> {
    let verdict =
        |health: &Option<Health>| health.as_ref().map_or("lost", Health::verdict);
    ["healthy", "slow", "down", "unknown", "lost"]
        .map(|wanted| {
            let names: Vec<&str> = services
                .iter()
                .zip(verdicts)
                .filter(|(_, health)| verdict(health) == wanted)
                .map(|(service, _)| service.name.as_str())
                .collect();
            let line = format!("{wanted:<8}{:>3}  {}", names.len(), names.join(", "));
            line.trim_end().to_owned()
        })
        .to_vec()
}
