// Wrong: a panic or a drop skips the line that undoes.
// rejected by what_fails_or_panics_is_undone: left behind: [1, 2, 3, 4]
// rejected by what_is_dropped_is_undone: left behind: [1, 2, 3, 4]

/// Makes all of a change, or nothing of it: what `work` leaves half done is undone.
async fn change(
    sites: &mut Vec<u32>,
    work: impl AsyncFnOnce(&mut Vec<u32>) -> Result<(), String>,
) -> Result<(), String> {
    let before = sites.clone();
    let result = work(sites).await;
    if result.is_err() {
        *sites = before;
    }
    result
}
