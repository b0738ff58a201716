// Wrong: the answers of the first thread, then those of the second: nobody sorts.
// rejected by a_crash_is_the_error_of_one_job: the answers are [

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
            done.push((position, ask(roster, &mut place, job)));
        }
        if let Some(worker) = place {
            worker.end().expect("a child of ours");
        }
        done
    };
    let done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    done.into_iter().map(|(_, answer)| answer).collect()
}
