// Wrong: rayon's global pool is made larger. That fails if it is there already, and changes nothing for who runs on another one.
// rejected by all_eight_are_in_flight_together: 2 requests were in flight together, and 8 were wanted

use course::{Client, FetchError, Page, Url, fetch};
use rayon::prelude::*;

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let _ = rayon::ThreadPoolBuilder::new().num_threads(urls.len()).build_global();
    urls.par_iter().map(|url| fetch(client, url)).collect()
}
