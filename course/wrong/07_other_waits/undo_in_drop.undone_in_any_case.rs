// Wrong: nobody tells the guard that all is done.
// rejected by what_is_done_stays: left behind: [1, 2, 3], and [1, 2, 3, 4] was wanted

struct Undo<'a>(&'a mut Vec<u32>, Vec<u32>);

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        *self.0 = self.1.clone();
    }
}

/// Makes all of a change, or nothing of it: what `work` leaves half done is undone.
async fn change(
    sites: &mut Vec<u32>,
    work: impl AsyncFnOnce(&mut Vec<u32>) -> Result<(), String>,
) -> Result<(), String> {
    let before = sites.clone();
    let undo = Undo(sites, before);
    work(undo.0).await
}
