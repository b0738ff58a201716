// Wrong: it becomes a task that nobody waits for, as if it were JavaScript.
// rejected by the_log_in_is_answered_before_the_page_is_asked_for: 2 requests were in flight together, and 1 was wanted
// rejected by after_a_refused_log_in_no_page_is_asked_for: the log-in is refused, and a page comes all the same

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

async fn log_in(client: &Client, url: &Url) -> Result<(), FetchError> {
    fetch(client, url).await.map(|_page| ())
}

async fn fetch_page(client: &Client, door: &Url, url: &Url) -> Result<Page, FetchError> {
    let (its_client, door) = (client.clone(), door.clone());
    tokio::spawn(async move { log_in(&its_client, &door).await });
    fetch(client, url).await
}
