// A producer makes pages faster than the consumer takes them. Their queue has no bound.
// There is memory for 8 pages: whatever is made and not yet done with counts.
// The page: book/02-threads-and-locks/bounded-channels.md

use std::sync::mpsc;
use std::thread;

/// Makes each page on a thread of its own and hands it to `take` on this one, in order.
/// Not more than 8 exist at once: one being taken, one just made, and those that wait.
fn hand_over<T: Send>(pages: impl Iterator<Item = T> + Send, take: impl FnMut(T)) {
    // TODO: let the producer wait when 8 pages exist, and not before.
    let (tx, rx) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            for page in pages {
                if tx.send(page).is_err() {
                    break; // Nobody takes pages any more.
                }
            }
        });
        rx.into_iter().for_each(take);
    });
}

fn main() {
    let pages = (1..=12).inspect(|page| println!("{page:7} is made"));
    hand_over(pages, |page| {
        thread::sleep(std::time::Duration::from_millis(20));
        println!("{page:7} is done with");
    });
}

#[cfg(test)]
mod tests {
    use super::{hand_over, thread};
    use course::{comes_true, within};
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    #[test]
    fn eight_pages_exist_at_once_and_all_are_taken() {
        let (taken, exist) = within(|| {
            let (made, mut exist, mut taken) = (&AtomicUsize::new(0), 0, Vec::new());
            let pages = (0..100).inspect(|_| _ = made.fetch_add(1, SeqCst));
            hand_over(pages, |page| {
                if taken.is_empty() {
                    // The first is held until 8 exist, and a moment longer for a ninth.
                    comes_true(|| made.load(SeqCst) >= 8);
                    thread::sleep(Duration::from_millis(200));
                    exist = made.load(SeqCst);
                }
                taken.push(page);
            });
            (taken, exist)
        });
        assert!(taken.into_iter().eq(0..100), "pages are missing, or not in order");
        assert_eq!(exist, 8, "pages made before the first is done with: seen, wanted");
    }
}
