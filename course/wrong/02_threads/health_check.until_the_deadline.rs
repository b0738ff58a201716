// Wrong: the first sender is kept, so the deadline is waited for even when all have answered.
// rejected by what_comes_of_a_check_is_told_as_soon_as_it_is_there: it hangs

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use course::{Url, fetch};

type Health = Result<(), &'static str>;
type Check = Box<dyn FnOnce() -> Health + Send>;

/// Runs all checks at once, and tells of each site once, by its number: what its check
/// returned, or `Err("panicked")`, or, when the deadline came first, `Err("silent")`.
fn check_all(sites: Vec<Check>, deadline: Duration, mut tell: impl FnMut(usize, Health)) {
    let end = Instant::now() + deadline;
    let mut silent: Vec<usize> = (0..sites.len()).collect();
    let (tx, rx) = mpsc::channel();
    for (n, check) in sites.into_iter().enumerate() {
        let tx = tx.clone();
        thread::spawn(move || {
            let health = catch_unwind(AssertUnwindSafe(check)).unwrap_or(Err("panicked"));
            // After the deadline nobody receives, and nobody needs to know.
            let _ = tx.send((n, health));
        });
    }
    let left = || end.saturating_duration_since(Instant::now());
    while let Ok((n, health)) = rx.recv_timeout(left()) {
        silent.retain(|other| *other != n);
        tell(n, health);
    }
    silent.into_iter().for_each(|n| tell(n, Err("silent")));
}
