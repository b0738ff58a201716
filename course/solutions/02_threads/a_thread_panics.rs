// A page of 0 KiB makes `1000 / kib` panic, where Python raises `ZeroDivisionError`. One
// of three threads ends by it, and here the results of the others are gone too.
// The page: book/02-threads-and-locks/when-a-thread-panics.md

use std::any::Any;
use std::thread;

/// Runs `job` on each item, each on a thread of its own.
///
/// One outcome for each item, in order: what the job returned, or a panic's message.
fn map_on_threads<I: Sync, T: Send>(
    items: &[I],
    job: impl Fn(&I) -> T + Sync,
) -> Vec<Result<T, String>> {
    let job = &job;
    thread::scope(|scope| {
        let threads: Vec<_> =
            items.iter().map(|item| scope.spawn(move || job(item))).collect();
        threads
            .into_iter()
            // CHANGED: the error of `join` is a panic. It is told in its place; an
            // `unwrap` would make it a panic of this thread too.
            .map(|thread| thread.join().map_err(|panic| panic_message(&*panic)))
            .collect()
    })
}

// CHANGED: a panic leaves a value of any type. A fixed text is a `&str`, one with values
// in it a `String`.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

fn main() {
    // Solved or not, the thread that panics says so itself: look at the list.
    println!("{:?}", map_on_threads(&[4, 0, 8], |kib| 1000 / kib));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn outcomes(job: impl Fn(&u32) -> u32 + Sync) -> Vec<Result<u32, String>> {
        let outcomes = catch_unwind(AssertUnwindSafe(|| map_on_threads(&[4, 0, 8], job)));
        let outcomes = outcomes.unwrap_or_else(|_| {
            panic!("one thread panicked, and no result came: 2 and an error were wanted")
        });
        assert!(outcomes.len() == 3, "of 3 items came {} outcomes", outcomes.len());
        outcomes
    }

    #[test]
    fn the_message_is_in_its_place_and_the_others_are_kept() {
        let gauge = course::Gauge::new(3);
        let seen = outcomes(|kib| {
            gauge.work();
            1000 / kib
        });
        gauge.assert_together();
        let wanted = [Ok(250), Err("attempt to divide by zero".to_owned()), Ok(125)];
        assert!(seen == wanted, "{seen:?} came, and {wanted:?} was wanted");
    }

    #[test]
    fn a_message_that_was_put_together_comes_too() {
        let seen = outcomes(|kib| if *kib == 0 { panic!("{kib} KiB") } else { *kib });
        let wanted = [Ok(4), Err("0 KiB".to_owned()), Ok(8)];
        assert!(seen == wanted, "{seen:?} came, and {wanted:?} was wanted");
    }
}
