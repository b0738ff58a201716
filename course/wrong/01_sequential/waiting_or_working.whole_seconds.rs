// Wrong: divides whole seconds, of which a short run has none. (A wall time of none would be no divisor.)
// rejected by a_short_run_may_wait: 92ms of CPU time in 100ms: Waiting is said, and Working is wanted

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
    match cpu.as_secs() * 10 / wall.as_secs().max(1) {
        ..1 => Verdict::Waiting,
        1..9 => Verdict::SomeOfBoth,
        9..11 => Verdict::Working,
        _ => Verdict::WorkingOnSeveralCores,
    }
}
