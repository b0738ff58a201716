// Wrong: the others are aborted, and an error is noticed when its turn comes.
// rejected by the_first_error_gives_up_the_others: one failed, and it still waits for the rest

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

/// All pages, in the order of the addresses; or the first error, the rest given up.
async fn all_or_none(client: &Client, urls: &[Url]) -> Result<Vec<Page>, FetchError> {
    let start = |url: &Url| {
        let (client, url) = (client.clone(), url.clone());
        tokio::spawn(async move { fetch(&client, &url).await })
    };
    let mut tasks: Vec<_> = urls.iter().map(start).collect();
    let mut pages = Vec::new();
    let mut failed = None;
    for task in &mut tasks {
        match task.await.expect("no panic") {
            Ok(page) => pages.push(page),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    if let Some(error) = failed {
        tasks.iter().for_each(|task| task.abort());
        return Err(error);
    }
    Ok(pages)
}
