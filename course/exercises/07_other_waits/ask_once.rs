// Many ask for the same page at the same moment. Nobody knows it yet, so everyone fetches
// it: to look whether it is there, and to fetch it, are two steps with a wait between.
// The page: book/07-other-waits/every-address-once.md

use std::collections::HashMap;
use std::sync::Mutex;

use course::asynchronous::{Client, fetch};
use course::{Page, Url};

/// The pages that are known; `None` for one that could not be had.
type Known = Mutex<HashMap<Url, Option<Page>>>;

/// The page, fetched by the first who asks; the others wait for that one's answer.
async fn get(known: &Known, client: &Client, url: &Url) -> Option<Page> {
    // TODO: have one fetch for all who ask, and others for other pages meanwhile.
    let page = known.lock().expect("no panic").get(url).cloned();
    if let Some(page) = page {
        return page;
    }
    let page = fetch(client, url).await.ok();
    known.lock().expect("no panic").insert(url.clone(), page.clone());
    page
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{PATIENCE, Web, asynchronous as a, within};
    use futures_util::future::join_all;
    use std::sync::LazyLock;

    /// Each page is asked for six times at once.
    fn ask(web: &'static Web) -> Vec<Option<Page>> {
        let urls: Vec<Url> = (0..6).flat_map(|_| web.urls()).collect();
        within(move || {
            a::block_on(async {
                let (known, client) = (Known::default(), a::client(PATIENCE));
                join_all(urls.iter().map(|url| get(&known, &client, url))).await
            })
        })
    }
    #[test]
    fn each_page_is_fetched_once_and_all_get_it() {
        static WEB: LazyLock<Web> = LazyLock::new(|| Web::of(3));
        let pages = ask(&WEB);
        WEB.assert_requests(3);
        let got = pages.iter().flatten().count();
        assert!(got == 18, "{got} of 18 got their page");
    }
    #[test]
    fn other_pages_are_fetched_meanwhile() {
        static WEB: LazyLock<Web> = LazyLock::new(|| Web::together(2));
        ask(&WEB);
        WEB.assert_together();
    }
}
