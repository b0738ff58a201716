// Wrong: a crash leaves the loop of its thread by `?`, and what that thread has done is lost with it.
// rejected by a_crash_is_the_error_of_one_job: answers came, and 6 were wanted
// rejected by three_are_at_work_and_those_that_crash_are_replaced: processes were started, and 5 were wanted

use std::io;
use std::sync::Mutex;
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
    let queue = Mutex::new(jobs.iter().enumerate());
    let next = || queue.lock().expect("no panic").next();
    let work = || {
        let (mut place, mut done) = (None, Vec::new());
        while let Some((position, job)) = next() {
            done.push((position, ask(roster, &mut place, job)?));
        }
        if let Some(worker) = place {
            worker.end().expect("a child of ours");
        }
        Ok::<_, io::Error>(done)
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let ended = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        ended.flat_map(Result::unwrap_or_default).collect()
    });
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, answer)| Ok(answer)).collect()
}
