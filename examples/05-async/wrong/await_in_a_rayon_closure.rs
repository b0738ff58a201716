use asynchronous::{Client, FetchError, Page, Url, fetch};
use rayon::prelude::*;

async fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    urls.par_iter().map(|url| fetch(client, url).await).collect()
}

fn main() {
    let _ = fetch_all;
}
