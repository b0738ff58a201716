// Wrong: the caller works even if no worker is missing: one page more is in flight than was allowed.
// rejected by it_is_not_one_more_when_none_is_refused: 3 requests were in flight together, and 2 were wanted

use course::{Client, FetchError, Page, Url, fetch};
use crossbeam_channel::unbounded;
use std::thread::{self, Builder};

/// Fetches all pages, in order, with so many workers; `builder(n)` is for worker `n`.
fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let (addresses, queue) = unbounded();
    urls.iter().enumerate().for_each(|address| _ = addresses.send(address));
    drop(addresses);
    // A worker takes one address after another, and keeps its place in the list.
    let page = |(n, url)| (n, fetch(client, url));
    let work = || queue.iter().map(page).collect::<Vec<_>>();
    let mut pages: Vec<_> = thread::scope(|scope| {
        let spawn = |n| builder(n).spawn_scoped(scope, work).ok();
        let threads: Vec<_> = (1..=workers).map_while(spawn).collect();
        let own = work();
        let joined = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        joined.chain([own]).flatten().collect()
    });
    pages.sort_by_key(|(n, _)| *n);
    pages.into_iter().map(|(_, page)| page).collect()
}

/// A system that has two threads to give: the stack of a third one is too large.
fn builder(n: usize) -> Builder {
    if n <= 2 { Builder::new() } else { Builder::new().stack_size(usize::MAX / 8) }
}
