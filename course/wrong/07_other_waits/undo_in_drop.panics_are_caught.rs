// Wrong: it hears of errors and of panics. Of being dropped nobody is told.
// rejected by what_is_dropped_is_undone: left behind: [1, 2, 3, 4]

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;

/// Makes all of a change, or nothing of it: what `work` leaves half done is undone.
async fn change(
    sites: &mut Vec<u32>,
    work: impl AsyncFnOnce(&mut Vec<u32>) -> Result<(), String>,
) -> Result<(), String> {
    let before = sites.clone();
    let ended = AssertUnwindSafe(work(sites)).catch_unwind().await;
    if !matches!(ended, Ok(Ok(()))) {
        *sites = before;
    }
    ended.unwrap_or_else(|panic| resume_unwind(panic))
}
