// Wrong: `let _ =` silences the warning. The future is dropped as it was, unpolled.
// rejected by the_log_in_is_answered_before_the_page_is_asked_for: 1 request was made in all, and 2 were wanted
// rejected by after_a_refused_log_in_no_page_is_asked_for: the log-in is refused, and a page comes all the same

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

async fn log_in(client: &Client, url: &Url) -> Result<(), FetchError> {
    fetch(client, url).await.map(|_page| ())
}

async fn fetch_page(client: &Client, door: &Url, url: &Url) -> Result<Page, FetchError> {
    let _ = log_in(client, door);
    fetch(client, url).await
}
