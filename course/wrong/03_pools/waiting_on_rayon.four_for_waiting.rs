// Wrong: a pool for waiting, and not sized for the waits.
// rejected by all_eight_are_in_flight_together: 4 requests were in flight together, and 8 were wanted

use course::{Client, FetchError, Page, Url, fetch};
use rayon::prelude::*;

/// One result for each address, in the order of the addresses.
fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let waiting =
        rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("threads");
    waiting.install(|| urls.par_iter().map(|url| fetch(client, url)).collect())
}
