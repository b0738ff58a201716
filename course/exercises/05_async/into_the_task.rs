// Each page in a task of its own, for all threads of the runtime to take. The compiler
// refuses: what these tasks use may be gone before they are. (Then look at the timeline.)
// The page: book/05-async/many-threads.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::task::JoinError;

/// Fetches a page that must not be empty, and panics if it is.
async fn fetch_full(client: &Client, url: &Url) -> Result<Page, FetchError> {
    let page = fetch(client, url).await?;
    assert!(page.bytes > 0, "an empty page");
    Ok(page)
}

type Joined = Result<Result<Page, FetchError>, JoinError>;

/// One result for each address, in their order. The outer error is a task that panicked.
async fn fetch_each(client: &Client, urls: &[Url]) -> Vec<Joined> {
    let mut results = Vec::new();
    for url in urls {
        // TODO: give each task what it needs, and have all five in flight together.
        let task = tokio::spawn(async { fetch_full(client, url).await });
        results.push(task.await);
    }
    results
}

fn main() {
    course::draw_async(async |client, urls| fetch_each(&client, &urls).await.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::{block_on_threads, client};
    use course::{PATIENCE, SlowWeb, Web, assert_pages, within};
    use std::time::Duration;

    #[test]
    fn all_five_are_in_flight_together() {
        let waits = [300, 0, 0, 0, 0].map(Duration::from_millis);
        let web = Web::from(SlowWeb::builder().sites(waits).barrier(5, PATIENCE / 2));
        let (client, urls) = (client(PATIENCE), web.urls());
        let joined = within(move || block_on_threads(2, fetch_each(&client, &urls)));
        web.assert_peak(5);
        let pages = joined.into_iter().map(|page| page.expect("no panic"));
        assert_pages(&pages.collect::<Vec<_>>(), &web.urls());
    }

    #[test]
    fn a_panic_costs_its_own_page_alone() {
        let web = Web::of(1);
        let urls = ["/empty", "/site-1", "/empty"].map(|path| web.url(path));
        let fetch = move || block_on_threads(2, fetch_each(&client(PATIENCE), &urls));
        let joined = within(fetch);
        let panics = joined.iter().filter(|page| page.is_err()).count();
        assert_eq!((panics, joined.len()), (2, 3), "so many panics, of so many results");
    }
}
