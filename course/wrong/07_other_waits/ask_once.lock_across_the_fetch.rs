// Wrong: once each, and one after another: whoever fetches holds the lock of all.
// rejected by other_pages_are_fetched_meanwhile: 1 request was in flight together, and 2 were wanted

use std::collections::HashMap;

use course::asynchronous::{Client, fetch};
use course::{Page, Url};
use tokio::sync::Mutex;

/// The pages that are known; `None` for one that could not be had.
type Known = Mutex<HashMap<Url, Option<Page>>>;

/// The page, fetched by the first who asks; the others wait for that one's answer.
async fn get(known: &Known, client: &Client, url: &Url) -> Option<Page> {
    let mut known = known.lock().await;
    if let Some(page) = known.get(url) {
        return page.clone();
    }
    let page = fetch(client, url).await.ok();
    known.insert(url.clone(), page.clone());
    page
}
