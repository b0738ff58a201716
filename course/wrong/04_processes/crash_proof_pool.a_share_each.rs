// Wrong: no queue. The jobs are shared out before it begins, and those behind a slow one wait.
// rejected by a_slow_job_keeps_only_its_worker_busy: 2 of 3 jobs were done while

use std::io;
use std::thread;

use course::worker::{Roster, Worker};

// A `Roster` starts workers. A `Worker` has `ask(job)`; `end()` has it end, and waits.

/// Has the worker in `place` do a job, or a new one if nobody is there.
fn ask(roster: &Roster, place: &mut Option<Worker>, job: &str) -> io::Result<String> {
    let mut worker = place.take().map_or_else(|| roster.start(), Ok)?;
    let answer = worker.ask(job);
    if answer.is_ok() {
        *place = Some(worker);
    } else {
        worker.end()?;
    }
    answer
}

/// One result for each job, in the order of the jobs: an error if its worker crashed.
fn map(roster: &Roster, workers: usize, jobs: &[&str]) -> Vec<io::Result<String>> {
    let share = jobs.len().div_ceil(workers);
    let work = |jobs: &[&str]| {
        let (mut place, mut done) = (None, Vec::new());
        for job in jobs {
            done.push(ask(roster, &mut place, job));
        }
        if let Some(worker) = place {
            worker.end().expect("a child of ours");
        }
        done
    };
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> =
            jobs.chunks(share).map(|jobs| scope.spawn(move || work(jobs))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}
