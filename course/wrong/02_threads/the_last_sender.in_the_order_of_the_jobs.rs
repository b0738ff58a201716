// Wrong: no channel; each thread is joined for its result, in the order of the jobs.
// rejected by each_result_is_taken_as_soon_as_it_is_there: each is wanted as soon as it is there

use std::sync::mpsc;
use std::thread;

type Job<T> = Box<dyn FnOnce() -> T + Send>;

/// Hands each result to `take`, in completion order. A job that panics has none.
fn as_completed<T: Send + 'static>(jobs: Vec<Job<T>>, mut take: impl FnMut(T)) {
    let threads: Vec<_> = jobs.into_iter().map(thread::spawn).collect();
    for thread in threads {
        if let Ok(result) = thread.join() {
            take(result);
        }
    }
}
