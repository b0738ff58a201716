//! How long a site takes: given, or drawn with a seed.

use std::time::Duration;

use fastrand::Rng;

/// The latencies of the book's five sites, in milliseconds: 630 one after another, 200 all at once.
pub const DEFAULT_DELAYS_MS: [u64; 5] = [120, 80, 200, 50, 150];

/// How long a site waits before it answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Latency {
    /// Always the same.
    Constant(Duration),
    /// Anything between the two ends, both included, each as likely as the other.
    Uniform {
        /// The shortest.
        from: Duration,
        /// The longest.
        to: Duration,
    },
    /// Mostly short, now and then very long, as real web sites are: a Pareto distribution, cut off at `cap`.
    ///
    /// With `u` drawn evenly from 0 to 1 (1 excluded), the latency is `least * (1 - u)^(-1 / shape)`, or `cap` when
    /// that is longer. Half of the requests take at most `least * 2^(1 / shape)`. Source: the inversion of the Pareto
    /// distribution function `F(x) = 1 - (least / x)^shape`, Devroye, *Non-Uniform Random Variate Generation* (1986),
    /// II.2.
    LongTail {
        /// The shortest.
        least: Duration,
        /// How fast the tail thins out, above 0: at 2 it is long, at 1 the mean would be infinite without the cap.
        shape: f64,
        /// The longest.
        cap: Duration,
    },
}

impl Latency {
    /// Always `latency`.
    pub fn constant(latency: Duration) -> Self {
        Latency::Constant(latency)
    }

    /// Anything from `from` to `to`, evenly.
    pub fn uniform(from: Duration, to: Duration) -> Self {
        Latency::Uniform { from, to }
    }

    /// From `least` upwards with a Pareto tail of that `shape`, at most `cap`.
    pub fn long_tail(least: Duration, shape: f64, cap: Duration) -> Self {
        Latency::LongTail { least, shape, cap }
    }

    /// The latency of the `n`-th request to `site`, counted from 0.
    ///
    /// A pure function of its arguments: what happens at other sites, or when, changes nothing.
    pub fn nth(&self, seed: u64, site: &str, n: u64) -> Duration {
        let u = draw(Draw::Latency, seed, site, n);
        let (seconds, least, most) = match *self {
            Latency::Constant(latency) => return latency,
            Latency::Uniform { from, to } => {
                let (low, high) = (from.as_secs_f64(), to.as_secs_f64());
                (low + (high - low) * u, from, to)
            }
            Latency::LongTail { least, shape, cap } => {
                (least.as_secs_f64() * (1.0 - u).powf(-1.0 / shape), least, cap)
            }
        };
        // Out of range for a Duration only far out in a tail; and rounding may step over an end by a nanosecond.
        Duration::try_from_secs_f64(seconds).unwrap_or(most).max(least).min(most)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match *self {
            Latency::Uniform { from: least, to: most }
            | Latency::LongTail { least, cap: most, .. }
                if least > most =>
            {
                Err(format!(
                    "the shortest latency, {least:?}, is longer than the longest, {most:?}"
                ))
            }
            Latency::LongTail { shape, .. } if !(shape > 0.0 && shape.is_finite()) => {
                Err(format!("the shape of a long tail is a number above 0, not {shape}"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether the `n`-th request to `site` is one of the fraction `rate` that fails.
pub(super) fn fails(rate: f64, seed: u64, site: &str, n: u64) -> bool {
    draw(Draw::Error, seed, site, n) < rate
}

/// What a number is drawn for, so that whether a request fails says nothing about how long it takes.
#[derive(Clone, Copy)]
enum Draw {
    Latency = 1,
    Error = 2,
}

/// A number from 0 to 1 (1 excluded) that depends on nothing but its arguments.
///
/// One generator for all would hand out its numbers in the order of arrival, which is what a concurrent client
/// changes from run to run. FNV-1a (Fowler, Noll and Vo) gives each request a state of its own; `fastrand` mixes it.
fn draw(what: Draw, seed: u64, site: &str, n: u64) -> f64 {
    let key = [what as u8]
        .into_iter()
        .chain(seed.to_le_bytes())
        .chain(n.to_le_bytes())
        .chain(site.bytes());
    let state = key.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    Rng::with_seed(state).f64()
}

/// The latencies that a program's options ask for, in the order of its sites.
///
/// - `sites` is `None`: `delays`, or the [default five](DEFAULT_DELAYS_MS) when it is empty;
/// - `Some(n)`: `delays` over and over until there are `n`; when it is empty, `n` drawn evenly from 50 to 200 ms in
///   whole milliseconds with `seed` (the first of them are the same for every `n`);
/// - `delay`, when given, replaces each of them, and their number stays.
pub fn latencies(
    sites: Option<usize>,
    delay: Option<Duration>,
    delays: &[Duration],
    seed: u64,
) -> Vec<Duration> {
    let mut rng = Rng::with_seed(seed);
    let mut latencies: Vec<Duration> = match (sites, delays) {
        (None, []) => DEFAULT_DELAYS_MS.map(Duration::from_millis).into(),
        (None, delays) => delays.into(),
        (Some(n), []) => {
            (0..n).map(|_| Duration::from_millis(rng.u64(50..=200))).collect()
        }
        (Some(n), delays) => delays.iter().copied().cycle().take(n).collect(),
    };
    if let Some(delay) = delay {
        latencies.fill(delay);
    }
    latencies
}
