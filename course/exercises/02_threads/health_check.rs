// Which sites are up? Each is told as soon as it has answered. A check may fail, panic or
// never end: who is silent at the deadline is told as that, and nobody waits for it.
// The page: book/02-threads-and-locks/recap.md

use std::time::Duration;

use course::{Url, fetch};

type Health = Result<(), &'static str>;
type Check = Box<dyn FnOnce() -> Health + Send>;

/// Runs all checks at once, and tells of each site once, by its number: what its check
/// returned, or `Err("panicked")`, or, when the deadline came first, `Err("silent")`.
fn check_all(sites: Vec<Check>, deadline: Duration, mut tell: impl FnMut(usize, Health)) {
    // TODO: a thread for each, results as they come, no panic lost, one deadline for all.
    sites.into_iter().enumerate().for_each(|(n, check)| tell(n, check()));
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
