//! A task that measures how late it is, beside one that does not let go of the thread.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

/// How often the heart wants to beat.
pub const INTERVAL: Duration = Duration::from_millis(10);

/// The finest that a timer of tokio tells apart.
const TICK: Duration = Duration::from_millis(1);

/// What a heart has noted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulse {
    /// How often it has beaten.
    pub beats: usize,
    /// By how much it was late when it was latest.
    pub worst: Duration,
}

// ANCHOR: beat
/// Beats each [`INTERVAL`], for ever, and tells how it goes.
pub async fn beat(tell: watch::Sender<Pulse>) {
    let mut ticks = interval(INTERVAL);
    // A beat that was missed is missed: no burst makes up for it.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let due = ticks.tick().await;
        tell.send_modify(|pulse| {
            pulse.beats += 1;
            pulse.worst = pulse.worst.max(due.elapsed());
        });
    }
}
// ANCHOR_END: beat

// ANCHOR: beside
/// Runs a section beside a heart, and tells how many beats fell into the section, and
/// how late the latest beat was.
pub async fn beside(section: impl Future<Output = ()>) -> Pulse {
    let (tell, mut told) = watch::channel(Pulse::default());
    let heart = tokio::spawn(beat(tell));
    // The section begins shortly before a beat is due. If that one has come already,
    // wait for the next. The channel cannot be closed while the heart beats.
    let mut before = 0;
    while told.borrow_and_update().beats != before || before == 0 {
        let _ = told.changed().await;
        before = told.borrow().beats;
        sleep(INTERVAL.saturating_sub(TICK)).await;
    }

    section.await;
    let beats = told.borrow_and_update().beats - before;

    // The beat that was held up says how late it is.
    let _ = told.changed().await;
    let worst = told.borrow().worst;
    heart.abort();
    Pulse { beats, worst }
}
// ANCHOR_END: beside

// ANCHOR: sections
/// Holds the thread for so long, asleep.
pub fn block(length: Duration) {
    thread::sleep(length);
}

/// Holds the thread for so long, at work.
pub fn work(length: Duration) {
    let began = Instant::now();
    while began.elapsed() < length {
        step();
    }
}

/// Works for so long, and lets others have the thread after each step.
pub async fn work_and_yield(length: Duration) {
    let began = Instant::now();
    while began.elapsed() < length {
        step();
        yield_now().await;
    }
}
// ANCHOR_END: sections

/// Some microseconds of work.
fn step() {
    black_box(sequential_fetch::crunch(black_box(0..500)));
}

/// What a section does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Waits as a task should.
    Await,
    /// Sleeps on the loop's own thread.
    Block,
    /// Works there.
    Work,
    /// Works there in small steps, and yields between them.
    WorkAndYield,
    /// Sleeps on another thread.
    BlockElsewhere,
    /// Works on another thread.
    WorkElsewhere,
}

impl Section {
    /// All of them, in the order in which they are taught.
    pub const ALL: [Self; 6] = [
        Self::Await,
        Self::Block,
        Self::Work,
        Self::WorkAndYield,
        Self::BlockElsewhere,
        Self::WorkElsewhere,
    ];

    /// How it is written.
    pub fn code(self) -> &'static str {
        match self {
            Self::Await => "sleep(..).await",
            Self::Block => "thread::sleep(..)",
            Self::Work => "work(..)",
            Self::WorkAndYield => "work, yield_now().await, work, ..",
            Self::BlockElsewhere => "spawn_blocking(thread::sleep)",
            Self::WorkElsewhere => "spawn_blocking(work)",
        }
    }

    /// Runs the section.
    pub async fn run(self, length: Duration) {
        // Fails only if what it runs panics, and none of these does.
        let elsewhere = |f: fn(Duration)| async move {
            let _ = spawn_blocking(move || f(length)).await;
        };
        match self {
            Self::Await => sleep(length).await,
            Self::Block => block(length),
            Self::Work => work(length),
            Self::WorkAndYield => work_and_yield(length).await,
            Self::BlockElsewhere => elsewhere(block).await,
            Self::WorkElsewhere => elsewhere(work).await,
        }
    }
}

/// Runs so many sections of this length, and tells of the one that the rest of the machine disturbed least.
pub async fn calmest_beside(section: Section, length: Duration, repeats: usize) -> Pulse {
    let mut calmest = beside(section.run(length)).await;
    for _ in 1..repeats {
        let pulse = beside(section.run(length)).await;
        if pulse.worst < calmest.worst {
            calmest = pulse;
        }
    }
    calmest
}
