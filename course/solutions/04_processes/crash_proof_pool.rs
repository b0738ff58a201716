// A pool: each worker is a thread and a process. The thread takes jobs from a queue, the
// process does them, and may crash. `ProcessPoolExecutor` breaks then; this one does not.
// The page: book/04-processes/when-a-worker-crashes.md

use std::io;
use std::sync::Mutex;
use std::thread;

use course::worker::{Roster, Worker};

// A `Roster` starts workers. A `Worker` has `ask(job)`; `end()` has it end, and waits.

/// Has the worker in `place` do a job, or a new one if nobody is there.
fn ask(roster: &Roster, place: &mut Option<Worker>, job: &str) -> io::Result<String> {
    let mut worker = place.take().map_or_else(|| roster.start(), Ok)?;
    let answer = worker.ask(job);
    // CHANGED: only one that has answered is put back. The next job of this thread
    // finds the place empty, and starts another: with nothing of the damage in it.
    if answer.is_ok() {
        *place = Some(worker);
    } else {
        // CHANGED: it has ended, and is a zombie until somebody has waited for it.
        worker.end()?;
    }
    answer
}

/// One result for each job, in the order of the jobs: an error if its worker crashed.
fn map(roster: &Roster, workers: usize, jobs: &[&str]) -> Vec<io::Result<String>> {
    // CHANGED: one queue, so that no job waits for
    // a worker while another one has nothing to do.
    let queue = Mutex::new(jobs.iter().enumerate());
    // CHANGED: the lock is free again when a position
    // and a job are out, before the job is done.
    let next = || queue.lock().expect("no panic").next();
    let work = || {
        let (mut place, mut done) = (None, Vec::new());
        while let Some((position, job)) = next() {
            done.push((position, ask(roster, &mut place, job)));
        }
        // CHANGED: a worker that is dropped runs on: it is told to end, and waited for.
        if let Some(worker) = place {
            worker.end().expect("a child of ours");
        }
        done
    };
    // CHANGED: collected, so that all threads have begun before the first is joined.
    let mut done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    // CHANGED: each thread has brought its own jobs:
    // back to the order in which they were given.
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, answer)| answer).collect()
}

fn main() {
    println!("{:?}", Roster::new(1).within(|r| map(r, 2, &["crash", "double 3"])));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::worker::assert_answers;

    const JOBS: [&str; 6] =
        ["crash", "double 2", "crash", "double 4", "double 5", "double 6"];

    #[test]
    fn a_crash_is_the_error_of_one_job() {
        let answers = Roster::new(3).within(|roster| map(roster, 3, &JOBS));
        assert_answers(&answers, &["lost", "4", "lost", "8", "10", "12"]);
    }

    #[test]
    fn three_are_at_work_and_those_that_crash_are_replaced() {
        let roster = Roster::new(3);
        roster.within(|roster| map(roster, 3, &JOBS));
        roster.assert_together();
        roster.assert_started(3, 2);
        roster.assert_none_left();
    }

    #[test]
    fn a_slow_job_keeps_only_its_worker_busy() {
        let roster = Roster::new(1);
        roster.within(|roster| map(roster, 2, &["slow 3", "pid", "pid", "pid"]));
        roster.assert_done_meanwhile(3);
    }
}
