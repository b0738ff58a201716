//! Workers end by themselves as soon as their pipe is closed, and none is left when its pool is gone.

use std::process::ExitCode;
use std::sync::{Arc, Barrier};

use clap::Parser;
use lab::stage;
use processes::child::{State, how_it_ended, state};
use processes::{ProcessPool, Worker, work_if_asked};

/// Starts three workers and then a pool of three, and looks for what is left of them.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

// ANCHOR: main
fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&[]) {
        return code;
    }
    stage::show(|_: &Arguments, screen| {
        for worker in [Worker::start()?, Worker::start()?, Worker::start()?] {
            let status = worker.end().ok_or("there was no worker")?;
            let how = how_it_ended(status);
            screen.line(&format!("its pipe is closed, the worker ends: {how}"))?;
        }
        let pool = ProcessPool::new(3)?;
        let ids = ids(&pool);
        screen.line(&format!("{} processes belong to the pool", there(&ids)))?;
        drop(pool);
        screen.line(&format!("{} of them are left after its drop", there(&ids)))?;
        Ok(())
    })
}
// ANCHOR_END: main

/// The process id of each worker.
fn ids(pool: &ProcessPool) -> Vec<u32> {
    let meet = Arc::new(Barrier::new(pool.workers()));
    let ids = pool.map(vec![meet; pool.workers()], |worker, meet| {
        meet.wait();
        Ok(worker.id())
    });
    ids.into_iter().flatten().flatten().collect()
}

/// How many of these processes there are, with those that have ended and that nobody has waited for.
fn there(ids: &[u32]) -> String {
    if ids.iter().any(|id| state(*id) == State::Unknown) {
        return "(counted on Linux only)".to_owned();
    }
    ids.iter().filter(|id| state(**id) != State::Gone).count().to_string()
}
