// Each job has a thread of its own and sends its result. All results arrive, each as soon
// as it is there. Then the loop waits for one more, for ever, and counting is no cure.
// The page: book/02-threads-and-locks/channels.md

use std::sync::mpsc;
use std::thread;

type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Hands each result to `take`, in completion order. A job that panics has none.
fn as_completed<T: Send + 'static>(jobs: Vec<Job<T>>, take: impl FnMut(T)) {
    let (tx, rx) = mpsc::channel();
    for job in jobs {
        let tx = tx.clone();
        thread::spawn(move || tx.send(job()));
    }
    // TODO: let this end when no result can come any more.
    rx.into_iter().for_each(take);
}

fn main() {
    let jobs: Vec<Job<_>> = vec![Box::new(|| "one result"), Box::new(|| "and another")];
    let caller = thread::spawn(|| as_completed(jobs, |result| println!("{result}")));
    thread::sleep(std::time::Duration::from_millis(200));
    println!("the caller has gone on: {}", caller.is_finished());
}

#[cfg(test)]
mod tests {
    use super::as_completed;
    use course::in_turn;

    #[test]
    fn each_result_is_taken_as_soon_as_it_is_there() {
        // Job 0 waits until one result has been taken: that of job 1.
        let taken = in_turn([1, 0], |n| n, |jobs, take| as_completed(jobs, take));
        assert_eq!(taken, [1, 0], "the jobs whose results were taken: seen, and wanted");
    }

    #[test]
    fn it_ends_when_a_job_has_panicked() {
        let job = |n| if n == 1 { n } else { panic!("on purpose: it has no result") };
        let taken = in_turn([0, 0], job, |jobs, take| as_completed(jobs, take));
        assert_eq!(taken, [1], "the jobs whose results were taken: seen, and wanted");
    }
}
