// The site wants a log-in before it gives a page. This runs without an error, and the
// server sees one request in place of two. (The compiler has a warning for you.)
// The page: book/05-async/a-future-does-nothing.md

use course::asynchronous::{Client, fetch};
use course::{FetchError, Page, Url};

/// Asks the site to let this client in.
async fn log_in(client: &Client, url: &Url) -> Result<(), FetchError> {
    fetch(client, url).await.map(|_page| ())
}

/// Logs in at `door`, and then fetches the page. An error of the log-in is returned, too.
async fn fetch_page(client: &Client, door: &Url, url: &Url) -> Result<Page, FetchError> {
    // TODO: the log-in never happens. It has to be over before the page is asked for.
    log_in(client, door);
    fetch(client, url).await
}

fn main() {
    course::draw_async(async |client, urls| {
        fetch_page(&client, &urls[0], &urls[1]).await.map(|_page| ())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::asynchronous::{block_on, client};
    use course::{PATIENCE, Web};

    #[test]
    fn the_log_in_is_answered_before_the_page_is_asked_for() {
        let web = Web::in_groups(2, 1);
        let urls = web.urls();
        let page = block_on(fetch_page(&client(PATIENCE), &urls[0], &urls[1]));
        assert!(page.expect("a page").url == urls[1], "another page came back");
        web.assert_requests(2);
        web.assert_together();
    }

    #[test]
    fn after_a_refused_log_in_no_page_is_asked_for() {
        let web = Web::of(1);
        let (refusal, page) = (web.url("/status/403"), web.url("/site-1"));
        let result = block_on(fetch_page(&client(PATIENCE), &refusal, &page));
        assert!(result.is_err(), "the log-in is refused, and a page comes all the same");
        web.assert_requests(1);
    }
}
