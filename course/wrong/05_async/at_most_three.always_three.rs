// Wrong: it looks at the site of today, and not at the argument.
// rejected by whoever_is_done_makes_room_for_the_next: requests were in flight together, and 2 were wanted

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use futures_util::stream::{self, StreamExt as _};

/// Fetches all pages, and has at most `workers` of them in flight.
///
/// One result for each address, in the order of the addresses.
async fn fetch_all(
    client: &Client,
    urls: &[Url],
    workers: usize,
) -> Vec<Result<Page, FetchError>> {
    let fetches = stream::iter(urls).map(|url| fetch(client, url));
    fetches.buffered(3).collect().await
}
