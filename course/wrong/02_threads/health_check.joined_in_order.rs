// Wrong: joined in the order of the sites. Who has answered waits for who is before it, and the deadline is not looked at.
// rejected by what_comes_of_a_check_is_told_as_soon_as_it_is_there: each is wanted as soon as it is there
// rejected by the_deadline_is_one_for_all_and_nobody_waits_longer: it hangs

use std::time::Duration;

use course::{Url, fetch};

type Health = Result<(), &'static str>;
type Check = Box<dyn FnOnce() -> Health + Send>;

/// Runs all checks at once, and tells of each site once, by its number: what its check
/// returned, or `Err("panicked")`, or, when the deadline came first, `Err("silent")`.
fn check_all(sites: Vec<Check>, deadline: Duration, mut tell: impl FnMut(usize, Health)) {
    let threads: Vec<_> = sites.into_iter().map(std::thread::spawn).collect();
    for (n, thread) in threads.into_iter().enumerate() {
        tell(n, thread.join().unwrap_or(Err("panicked")));
    }
}
