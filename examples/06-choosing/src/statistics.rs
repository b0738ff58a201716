//! What to make of several runs.

/// The middle of some figures, and how far they spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least of them.
    pub least: f64,
    /// Half are above it, half below.
    pub median: f64,
    /// The most.
    pub most: f64,
}

// ANCHOR: spread
/// The median of the figures and both ends; `None` where there are none.
pub fn spread(figures: &[f64]) -> Option<Spread> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (&least, &most) = (sorted.first()?, sorted.last()?);
    let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    Some(Spread { least, median: f64::midpoint(low, high), most })
}
// ANCHOR_END: spread

// ANCHOR: ratios
/// How many times `a` took what `b` took, run by run: the runs of a pair are of the same
/// round, so a machine that was slow then was slow for both.
///
/// As many ratios as the shorter of the two has runs.
pub fn ratios(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a / b).collect()
}
// ANCHOR_END: ratios

// ANCHOR: little
/// How many jobs are done in a second when `workers` wait `latency_ms` for each, and the
/// server does `slots` at once: Little's law, until the slots are full.
pub fn little(workers: usize, slots: usize, latency_ms: f64) -> f64 {
    workers.min(slots) as f64 * 1e3 / latency_ms
}
// ANCHOR_END: little

// ANCHOR: amdahl
/// How many times faster `n` workers are than one, when `serial` of the work, a fraction,
/// cannot be shared: Amdahl's law.
pub fn amdahl(n: usize, serial: f64) -> f64 {
    1.0 / (serial + (1.0 - serial) / n as f64)
}
// ANCHOR_END: amdahl

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these figures are exact in binary")]

    use super::{Spread, amdahl, little, ratios, spread};

    fn of(figures: &[f64]) -> Option<(f64, f64, f64)> {
        spread(figures).map(|Spread { least, median, most }| (least, median, most))
    }

    #[test]
    fn the_median_is_the_middle_one_or_lies_between_the_middle_two() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7.0]), Some((7.0, 7.0, 7.0)));
        assert_eq!(of(&[9.0, 1.0]), Some((1.0, 5.0, 9.0)));
        assert_eq!(of(&[30.0, 10.0, 20.0]), Some((10.0, 20.0, 30.0)));
        assert_eq!(of(&[4.0, 1.0, 100.0, 2.0]), Some((1.0, 3.0, 100.0)));
        // One run that was held up moves an end, and not the middle.
        assert_eq!(of(&[1.0, 2.0, 3.0, 4.0, 1e6]), Some((1.0, 3.0, 1e6)));
        // By size, not as text.
        assert_eq!(of(&[9.0, 10.0, 100.0]), Some((9.0, 10.0, 100.0)));
    }

    #[test]
    fn the_figures_stay_as_they_were() {
        let figures = [3.0, 1.0, 2.0];
        assert_eq!(of(&figures), Some((1.0, 2.0, 3.0)));
        assert_eq!(figures, [3.0, 1.0, 2.0]);
    }

    #[test]
    fn ratios_are_of_runs_of_the_same_number() {
        assert_eq!(ratios(&[10.0, 30.0], &[5.0, 10.0]), [2.0, 3.0]);
        assert_eq!(ratios(&[10.0, 30.0, 99.0], &[5.0, 10.0]), [2.0, 3.0]);
        assert_eq!(ratios(&[10.0], &[5.0, 10.0]), [2.0]);
        assert_eq!(ratios(&[], &[5.0]), [0.0; 0]);
    }

    /// A slow moment that hits both of a pair is not in their ratio; in the ratio of the medians it is.
    #[test]
    fn a_slow_moment_hits_both_of_a_pair() {
        let (a, b) = ([20.0, 200.0, 20.0, 200.0], [10.0, 100.0, 10.0, 10.0]);
        assert_eq!(of(&ratios(&a, &b)), Some((2.0, 2.0, 20.0)));
        let median = |figures| spread(figures).map_or(0.0, |spread| spread.median);
        assert_eq!(median(&a) / median(&b), 11.0);
    }

    #[test]
    fn little_grows_with_the_workers_up_to_the_slots() {
        let with = |workers| little(workers, 32, 20.0);
        assert_eq!([0, 1, 2, 16, 31].map(with), [0.0, 50.0, 100.0, 800.0, 1550.0]);
        assert_eq!([32, 33, 256, usize::MAX].map(with), [1600.0; 4]);
        assert_eq!(little(8, 1, 20.0), 50.0);
        // Half the wait, twice the throughput.
        assert_eq!(little(8, 32, 10.0), 800.0);
    }

    #[test]
    fn amdahl_gives_all_or_nothing_at_the_ends() {
        for serial in [0.0, 0.2, 0.5, 1.0] {
            assert_eq!(amdahl(1, serial), 1.0, "one worker, {serial}");
        }
        for n in [1, 2, 8, 1000] {
            assert_eq!(amdahl(n, 0.0), n as f64, "nothing is serial");
            assert_eq!(amdahl(n, 1.0), 1.0, "all is serial");
        }
        assert!((amdahl(2, 0.2) - 1.0 / 0.6).abs() < 1e-12);
        // One over the serial share, however many there are.
        assert!((amdahl(usize::MAX, 0.2) - 5.0).abs() < 1e-12);
        assert!(amdahl(1000, 0.2) < 5.0);
    }
}
