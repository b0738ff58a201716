// Wrong: whatever is above 1 must be several cores. (No clock is so exact.)
// rejected by a_long_run_may_work: 65s of CPU time in 60s: WorkingOnSeveralCores is said, and Working is wanted

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
    match cpu.as_secs_f64() / wall.as_secs_f64() {
        ..0.1 => Verdict::Waiting,
        0.1..0.9 => Verdict::SomeOfBoth,
        0.9..=1.0 => Verdict::Working,
        _ => Verdict::WorkingOnSeveralCores,
    }
}
