// Which sites are up? Each is told as soon as it has answered. A check may fail, panic or
// never end: who is silent at the deadline is told as that, and nobody waits for it.
// The page: book/02-threads-and-locks/recap.md

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
    // CHANGED: a point in time. Waited for anew after each answer, it would never come.
    let end = Instant::now() + deadline;
    let mut silent: Vec<usize> = (0..sites.len()).collect();
    let (tx, rx) = mpsc::channel();
    for (n, check) in sites.into_iter().enumerate() {
        let tx = tx.clone();
        // CHANGED: detached. A scope would wait for the silent ones.
        thread::spawn(move || {
            // CHANGED: a thread that panics sends nothing, so the panic has to end here.
            let health = catch_unwind(AssertUnwindSafe(check)).unwrap_or(Err("panicked"));
            // After the deadline nobody receives, and nobody needs to know.
            let _ = tx.send((n, health));
        });
    }
    // CHANGED: closes the channel when all have answered, long before the deadline.
    drop(tx);
    let left = || end.saturating_duration_since(Instant::now());
    while let Ok((n, health)) = rx.recv_timeout(left()) {
        silent.retain(|other| *other != n);
        tell(n, health);
    }
    silent.into_iter().for_each(|n| tell(n, Err("silent")));
}

fn main() {
    course::draw(|client, urls| {
        let check = |url: &Url| -> Check {
            let (client, url) = (client.clone(), url.clone());
            Box::new(move || fetch(&client, &url).map(drop).map_err(|_| "down"))
        };
        let tell = |n, health| println!("site-{}: {health:?}", n + 1);
        check_all(urls.iter().map(check).collect(), Duration::from_millis(135), tell);
    });
}

#[cfg(test)]
mod tests {
    use super::{Duration, check_all};
    use course::{NEVER, in_turn};

    #[test]
    fn what_comes_of_a_check_is_told_as_soon_as_it_is_there() {
        let check = |n| match n {
            0 => Err("down"), // When site 1 has been told.
            1 => Ok(()),      // At once.
            _ => panic!("on purpose: to be told as \"panicked\""), // The last one.
        };
        let told = in_turn([1, 0, 2], check, |sites, tell| {
            check_all(sites, Duration::from_secs(60), |n, health| tell((n, health)));
        });
        let wanted = [(1, Ok(())), (0, Err("down")), (2, Err("panicked"))];
        assert_eq!(told, wanted, "what was told: seen, and wanted");
    }

    #[test]
    fn the_deadline_is_one_for_all_and_nobody_waits_longer() {
        // One after another they take 250 ms each: site 8 answers after two seconds.
        let check = |_| Ok(());
        let told = in_turn([NEVER, 0, 1, 2, 3, 4, 5, 6, 7], check, |sites, tell| {
            check_all(sites, Duration::from_secs(1), |n, health| tell((n, health)));
        });
        let silent = [0, 8].map(|n| told.contains(&(n, Err("silent"))));
        assert_eq!(silent, [true; 2], "0 and 8 come long after the deadline: {told:?}");
    }
}
