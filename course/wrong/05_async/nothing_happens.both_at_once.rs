// Wrong: both are polled, and at the same time: the page is asked for before the log-in is answered.
// rejected by the_log_in_is_answered_before_the_page_is_asked_for: 2 requests were in flight together, and 1 was wanted
// rejected by after_a_refused_log_in_no_page_is_asked_for: 2 requests were made in all, and 1 was wanted

use futures_util::future::join;

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

async fn log_in(client: &Client, url: &Url) -> Result<(), FetchError> {
    fetch(client, url).await.map(|_page| ())
}

async fn fetch_page(client: &Client, door: &Url, url: &Url) -> Result<Page, FetchError> {
    let (let_in, page) = join(log_in(client, door), fetch(client, url)).await;
    let_in?;
    page
}
