// Wrong: takes what is left of the wall time for the wait, and forgets that several cores can give more than there is.
// rejected by a_short_run_may_wait: 112ms of CPU time in 100ms: Working is said, and WorkingOnSeveralCores is wanted

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
    let idle = wall.saturating_sub(cpu).as_secs_f64() / wall.as_secs_f64();
    match idle {
        ..=0.1 => Verdict::Working,
        0.1..=0.9 => Verdict::SomeOfBoth,
        _ => Verdict::Waiting,
    }
}
