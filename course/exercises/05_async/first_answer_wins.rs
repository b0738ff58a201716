// Three mirrors have the same page, and the first that answers is enough. This works, and
// the other two go on working for nobody: a task whose handle is dropped runs on.
// The page: book/05-async/cancellation.md

use course::asynchronous::{Client, fetch};
use course::{Page, Url};
use tokio::sync::mpsc;

/// The page of the mirror that answers first; none if all of them fail.
///
/// The requests to the others are given up.
async fn first_page(client: &Client, mirrors: &[Url]) -> Option<Page> {
    // TODO: when this returns, no request may be left in flight.
    let (tell, mut told) = mpsc::channel(1);
    for mirror in mirrors {
        let (client, mirror, tell) = (client.clone(), mirror.clone(), tell.clone());
        tokio::spawn(async move {
            if let Ok(page) = fetch(&client, &mirror).await {
                let _ = tell.send(page).await; // fails if another one was first
            }
        });
    }
    drop(tell); // or the channel stays open when all have failed
    told.recv().await
}

fn main() {
    course::draw_async(async |client, urls: Vec<Url>| first_page(&client, &urls).await);
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{PATIENCE, SlowWeb, Web, asynchronous};
    use std::time::Duration;

    #[test]
    fn the_first_answer_wins_and_the_others_are_given_up() {
        let delays = [60, 0, 60].map(Duration::from_secs);
        // None answers before all three are asked; then the second does, at once.
        let web = Web::from(SlowWeb::builder().sites(delays).barrier(3, PATIENCE / 2));
        // A runtime that runs on while the server is asked: its end hangs up for all.
        asynchronous::block_on_threads(1, async {
            let page = first_page(&asynchronous::client(6 * PATIENCE), &web.urls()).await;
            web.assert_peak(3);
            let seen = page.map(|page| page.url.path().to_owned()).unwrap_or_default();
            assert!(seen == "/site-2", "{seen:?} came first, and \"/site-2\" was wanted");
            web.assert_given_up(2);
        });
    }

    #[test]
    fn an_error_is_no_answer() {
        let web = Web::of(0);
        let mirrors = ["status/503", "delay/300"].map(|path| web.url(path));
        let client = asynchronous::client(PATIENCE);
        let page = asynchronous::block_on(first_page(&client, &mirrors));
        assert!(page.is_some(), "no page came: one mirror fails, but the other has it");
    }
}
