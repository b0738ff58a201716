// Wrong: keeps pages and failures apart, and loses the order.
// rejected by each_failure_stays_in_its_place: in the place of /status/404 is /site-3

use course::{Client, FetchError, Page, Url, fetch};

fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let (mut pages, mut errors) = (vec![], vec![]);
    for url in urls {
        match fetch(client, url) {
            Ok(page) => pages.push(Ok(page)),
            Err(error) => errors.push(Err(error)),
        }
    }
    pages.extend(errors);
    pages
}
