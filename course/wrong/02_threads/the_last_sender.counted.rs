// Wrong: takes as many results as there are jobs. A job that panics has none.
// rejected by it_ends_when_a_job_has_panicked: it hangs

use std::sync::mpsc;
use std::thread;

type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Hands each result to `take`, in completion order. A job that panics has none.
fn as_completed<T: Send + 'static>(jobs: Vec<Job<T>>, take: impl FnMut(T)) {
    let (tx, rx) = mpsc::channel();
    let n = jobs.len();
    for job in jobs {
        let tx = tx.clone();
        thread::spawn(move || tx.send(job()));
    }
    rx.into_iter().take(n).for_each(take);
}
