// Workers fetch, and the system refuses the third one. Here that is a panic, as it is
// `RuntimeError: can't start new thread` in Python, and the pages of the others are lost.
// The page: book/03-thread-pool/too-many-threads.md

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
        // CHANGED: a refusal is a value. The first one ends
        // the asking: the next would be told the same.
        let spawn = |n| builder(n).spawn_scoped(scope, work).ok();
        let threads: Vec<_> = (1..=workers).map_while(spawn).collect();
        // CHANGED: the caller has nothing else to do until the
        // threads end. So it works too, but only if a worker is
        // missing: no more than `workers` pages are to be in flight.
        let own = if threads.len() < workers { work() } else { Vec::new() };
        let joined = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        // CHANGED: its pages are results like those of the threads.
        joined.chain([own]).flatten().collect()
    });
    pages.sort_by_key(|(n, _)| *n);
    pages.into_iter().map(|(_, page)| page).collect()
}

/// A system that has two threads to give: the stack of a third one is too large.
fn builder(n: usize) -> Builder {
    if n <= 2 { Builder::new() } else { Builder::new().stack_size(usize::MAX / 8) }
}

fn main() {
    course::draw(|client, urls| fetch_all(client, urls, 5));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, assert_pages};

    #[test]
    fn the_caller_works_in_place_of_those_that_are_refused() {
        let web = Web::in_groups(6, 3);
        let pages = fetch_all(&web.client(), &web.urls(), 5);
        web.assert_together();
        assert_pages(&pages, &web.urls());
    }

    #[test]
    fn it_is_not_one_more_when_none_is_refused() {
        let web = Web::in_groups(6, 2);
        let pages = fetch_all(&web.client(), &web.urls(), 2);
        web.assert_together();
        assert_pages(&pages, &web.urls());
    }
}
