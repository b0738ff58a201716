// Wrong: waits for the end of all threads before it takes the first result.
// rejected by each_result_is_taken_as_soon_as_it_is_there: each is wanted as soon as it is there

use std::sync::mpsc;
use std::thread;

type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Hands each result to `take`, in completion order. A job that panics has none.
fn as_completed<T: Send + 'static>(jobs: Vec<Job<T>>, take: impl FnMut(T)) {
    let (tx, rx) = mpsc::channel();
    let spawn = |job: Job<T>| {
        let tx = tx.clone();
        thread::spawn(move || tx.send(job()))
    };
    let threads: Vec<_> = jobs.into_iter().map(spawn).collect();
    for thread in threads {
        let _ = thread.join();
    }
    drop(tx);
    rx.into_iter().for_each(take);
}
