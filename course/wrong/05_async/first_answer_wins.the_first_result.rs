// Wrong: the first result of all, be it a page or an error: the others would have had the page.
// rejected by an_error_is_no_answer: no page came: one mirror fails, but the other has it

use course::asynchronous::{Client, fetch};
use course::{Page, Url};
use futures_util::future::select_all;

/// The page of the mirror that answers first; none if all of them fail.
///
/// The requests to the others are given up.
async fn first_page(client: &Client, mirrors: &[Url]) -> Option<Page> {
    let fetches = mirrors.iter().map(|mirror| Box::pin(fetch(client, mirror)));
    let (first, _, _) = select_all(fetches).await;
    first.ok()
}
