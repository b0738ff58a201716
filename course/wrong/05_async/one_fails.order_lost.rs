// Wrong: the `group` of the page, as it is: its values are in completion order.
// rejected by all_pages_in_order_when_none_fails: result 1 is the page of

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};
use tokio::task::JoinSet;

/// All pages, in the order of the addresses; or the first error, the rest given up.
async fn all_or_none(client: &Client, urls: &[Url]) -> Result<Vec<Page>, FetchError> {
    let mut tasks = JoinSet::new();
    for url in urls {
        let (client, url) = (client.clone(), url.clone());
        tasks.spawn(async move { fetch(&client, &url).await });
    }
    let mut pages = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        match joined.expect("no panic") {
            Ok(page) => pages.push(page),
            Err(error) => {
                tasks.shutdown().await;
                return Err(error);
            }
        }
    }
    Ok(pages)
}
