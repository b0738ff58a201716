// Does a program wait, or does it work? This counts the seconds in which no core is
// busy. A short run has none, and so always "works". What matters is the share.
// The page: book/01-sequential-fetch/which-one.md

use std::time::Duration;

#[derive(Debug, PartialEq)]
enum Verdict {
    Waiting,
    SomeOfBoth,            // from a tenth of the time on, a core is busy
    Working,               // from nine tenths on
    WorkingOnSeveralCores, // from eleven tenths on
}

/// What a program does: `wall` is its time by the clock, `cpu` what all cores gave to it.
fn verdict(wall: Duration, cpu: Duration) -> Verdict {
    // TODO: decide by how much of the wall time is CPU time.
    let idle = wall.saturating_sub(cpu);
    match idle.as_secs() {
        _ if cpu > wall => Verdict::WorkingOnSeveralCores,
        0 => Verdict::Working,
        1..10 => Verdict::SomeOfBoth,
        _ => Verdict::Waiting,
    }
}

fn main() {
    let [wall, cpu] = [100, 2].map(Duration::from_millis);
    println!("sleep 0.1, with 2 ms of CPU time: {:?}", verdict(wall, cpu));
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, SomeOfBoth, Waiting, Working, WorkingOnSeveralCores};

    fn check(wall_ms: u64, cpu_ms: u64, wanted: Verdict) {
        let [wall, cpu] = [wall_ms, cpu_ms].map(std::time::Duration::from_millis);
        let seen = super::verdict(wall, cpu);
        let said = format!("{cpu:?} of CPU time in {wall:?}: {seen:?} is said");
        assert!(seen == wanted, "{said}, and {wanted:?} is wanted");
    }

    #[test]
    fn a_short_run_may_wait() {
        check(100, 2, Waiting);
        check(100, 92, Working);
        check(100, 112, WorkingOnSeveralCores);
    }

    #[test]
    fn a_long_run_may_work() {
        check(60_000, 55_000, Working);
        check(60_000, 65_000, Working);
        check(60_000, 53_000, SomeOfBoth);
        check(60_000, 7_000, SomeOfBoth);
        check(60_000, 5_000, Waiting);
    }
}
