//! What the pool of `procspawn` does when a job panics, when a worker dies, and when nobody takes a result.

use std::error::Error;
use std::process::{self, ExitCode};
use std::time::Duration;
use std::{panic, thread};

use clap::Parser;
use lab::stage::{self, Screen};
use procspawn::{Pool, SpawnError};

/// Tries out what a pool of procspawn does when things go wrong.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

type Job = fn(());

fn main() -> ExitCode {
    // Here and in the workers, for these do all that stands before `init`: what a panic says goes to whoever waits for it,
    // and not to the screen too.
    panic::set_hook(Box::new(|_| {}));
    procspawn::init();
    stage::show(|_: &Arguments, screen| {
        let pool = Pool::new(1)?;
        let jobs: [(&str, Job); 2] = [
            ("panics", |()| panic!("no more coffee")),
            ("aborts", |()| process::abort()),
        ];
        for (what, job) in jobs {
            alone(screen, what, job)?;
            pooled(screen, &pool, what, job)?;
        }
        #[cfg(unix)]
        killed_between_jobs(screen, &pool)?;
        too_late(screen, &pool)?;
        not_taken(screen, &pool)?;
        #[cfg(target_os = "linux")]
        queued(screen, &pool)?;
        Ok(())
    })
}

/// Who does the jobs of a pool of one.
fn worker(pool: &Pool) -> Result<u32, SpawnError> {
    pool.spawn((), |()| process::id()).join()
}

fn told<T>(outcome: Result<T, SpawnError>, done: &str) -> String {
    outcome.map_or_else(|error| error.to_string(), |_| done.to_owned())
}

// ANCHOR: lost
/// A job in a process of its own: what is said of its end.
fn alone(screen: &Screen, what: &str, job: Job) -> Result<(), Box<dyn Error>> {
    let outcome = procspawn::spawn((), job).join();
    screen.line(&format!("a job {what}, in a process of its own"))?;
    screen.line(&format!("  {}", told(outcome, "done")))?;
    Ok(())
}

/// A job in the pool: whether it is lost, and who does the next one.
fn pooled(
    screen: &Screen,
    pool: &Pool,
    what: &str,
    job: Job,
) -> Result<(), Box<dyn Error>> {
    let before = worker(pool)?;
    let lost = if pool.spawn((), job).join().is_err() { "lost" } else { "done" };
    let replaced = if worker(pool)? == before { "the same" } else { "another" };
    screen.line(&format!("a job {what}, in the pool"))?;
    screen.line(&format!("  it is {lost}; {replaced} process does the next one"))?;
    Ok(())
}
// ANCHOR_END: lost

#[cfg(unix)]
fn killed_between_jobs(screen: &Screen, pool: &Pool) -> Result<(), Box<dyn Error>> {
    let id = worker(pool)?.to_string();
    process::Command::new("kill").args(["-9", &id]).status()?;
    // It depends on who is quicker whether the loss is an error of the job or a panic in `spawn`.
    let next = thread::scope(|scope| scope.spawn(|| worker(pool)).join());
    let next = if let Ok(Ok(_)) = next { "done" } else { "lost" };
    screen.line("a worker is killed, between two jobs")?;
    screen.line(&format!("  the next job is {next}"))?;
    screen.line(&format!("  the one after it: {}", told(worker(pool), "done")))?;
    Ok(())
}

fn too_late(screen: &Screen, pool: &Pool) -> Result<(), Box<dyn Error>> {
    let before = worker(pool)?;
    // No longer: if this program is killed meanwhile, the worker goes on with its job.
    let minute = |()| thread::sleep(Duration::from_mins(1));
    let mut handle = pool.spawn((), minute);
    let outcome = handle.join_timeout(Duration::from_millis(100));
    drop(handle); // ends the worker, and with it the job
    let replaced = if worker(pool)? == before { "the same" } else { "another" };
    screen.line("a job that takes too long")?;
    screen.line(&format!("  {}", told(outcome, "done")))?;
    screen.line(&format!("  its handle is dropped: {replaced} process does the next"))?;
    Ok(())
}

// ANCHOR: not_taken
/// A worker keeps its result until somebody takes it. Until then it does nothing else.
fn not_taken(screen: &Screen, pool: &Pool) -> Result<(), Box<dyn Error>> {
    let first = pool.spawn(1, |n: u32| n);
    let mut second = pool.spawn(2, |n: u32| n);
    let early = second.join_timeout(Duration::from_millis(200));
    first.join()?;
    let late = second.join_timeout(Duration::from_secs(20));
    screen.line("two jobs, one worker, and the second is waited for first")?;
    screen.line(&format!("  the second: {}", told(early, "done")))?;
    screen.line(&format!(
        "  the second, once the first is taken: {}",
        told(late, "done")
    ))?;
    Ok(())
}
// ANCHOR_END: not_taken

/// How many descriptors of this process each job takes that is not done yet.
#[cfg(target_os = "linux")]
fn queued(screen: &Screen, pool: &Pool) -> Result<(), Box<dyn Error>> {
    let open = || std::fs::read_dir("/proc/self/fd").map(Iterator::count);
    let before = open()?;
    let handles: Vec<_> = (0..100).map(|n| pool.spawn(n, |n: u32| n)).collect();
    let each = open()?.saturating_sub(before).div_ceil(handles.len());
    screen.line("100 jobs are queued")?;
    screen.line(&format!("  each holds {each} descriptors of this process"))?;
    for handle in handles {
        handle.join()?;
    }
    Ok(())
}
