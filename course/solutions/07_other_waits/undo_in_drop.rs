// A change in several steps is undone when a step fails. But a step may also panic, or be
// waiting when the future is dropped, and then no line after it is run.
// The page: book/07-other-waits/rolled-back.md

// CHANGED: a value that undoes when it is dropped, whatever drops it.
struct Undo<'a> {
    sites: &'a mut Vec<u32>,
    before: Option<Vec<u32>>,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            *self.sites = before;
        }
    }
}

/// Makes all of a change, or nothing of it: what `work` leaves half done is undone.
async fn change(
    sites: &mut Vec<u32>,
    work: impl AsyncFnOnce(&mut Vec<u32>) -> Result<(), String>,
) -> Result<(), String> {
    let before = Some(sites.clone());
    let mut undo = Undo { sites, before };
    work(undo.sites).await?;
    // CHANGED: all is done: from here on, there is nothing to undo.
    undo.before = None;
    Ok(())
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::block_on_paused;
    use std::future::pending;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;
    use tokio::time::timeout;

    #[derive(Clone, Copy)]
    enum End {
        Well,
        Fails,
        Panics,
        Waits,
    }

    fn check(end: End, wanted: &[u32]) {
        let mut sites = vec![1, 2, 3];
        let change = change(&mut sites, async |sites| {
            sites.push(4);
            match end {
                End::Well => Ok(()),
                End::Fails => Err("no more room".to_owned()),
                End::Panics => panic!("on purpose"),
                End::Waits => pending().await,
            }
        });
        let limited = async { timeout(Duration::from_secs(60), change).await.is_ok() };
        let _ = catch_unwind(AssertUnwindSafe(|| block_on_paused(limited)));
        assert!(sites == wanted, "left behind: {sites:?}, and {wanted:?} was wanted");
    }
    #[test]
    fn what_is_done_stays() {
        check(End::Well, &[1, 2, 3, 4]);
    }
    #[test]
    fn what_fails_or_panics_is_undone() {
        check(End::Fails, &[1, 2, 3]);
        check(End::Panics, &[1, 2, 3]);
    }
    #[test]
    fn what_is_dropped_is_undone() {
        check(End::Waits, &[1, 2, 3]);
    }
}
