// Wrong: all look before the first has an answer, and all fetch.
// rejected by each_page_is_fetched_once_and_all_get_it: 18 requests were made in all, and 3 were wanted
// rejected by other_pages_are_fetched_meanwhile: requests were in flight together, and 2 were wanted: more

use std::collections::HashMap;
use std::sync::Mutex;

use course::asynchronous::{Client, fetch};
use course::{Page, Url};

/// The pages that are known; `None` for one that could not be had.
type Known = Mutex<HashMap<Url, Option<Page>>>;

/// The page, fetched by the first who asks; the others wait for that one's answer.
async fn get(known: &Known, client: &Client, url: &Url) -> Option<Page> {
    let page = known.lock().expect("no panic").get(url).cloned();
    if let Some(page) = page {
        return page;
    }
    let page = fetch(client, url).await.ok();
    known.lock().expect("no panic").insert(url.clone(), page.clone());
    page
}
