// A pool: each worker is a thread and a process. The thread takes jobs from a queue, the
// process does them, and may crash. `ProcessPoolExecutor` breaks then; this one does not.
// The page: book/04-processes/when-a-worker-crashes.md

use std::io;

use course::worker::{Roster, Worker};

// A `Roster` starts workers. A `Worker` has `ask(job)`; `end()` has it end, and waits.

/// Has the worker in `place` do a job, or a new one if nobody is there.
fn ask(roster: &Roster, place: &mut Option<Worker>, job: &str) -> io::Result<String> {
    let mut worker = place.take().map_or_else(|| roster.start(), Ok)?;
    let answer = worker.ask(job);
    // TODO: put back a worker that has answered. One that crashed is to be waited for.
    answer
}

/// One result for each job, in the order of the jobs: an error if its worker crashed.
fn map(roster: &Roster, workers: usize, jobs: &[&str]) -> Vec<io::Result<String>> {
    // TODO: `workers` threads, each with its place, take the jobs from one queue. When it
    // is empty, they end their workers.
    let mut place = None;
    jobs.iter().map(|job| ask(roster, &mut place, job)).collect()
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
