// Wrong: looks first whether all is well, and then asks everyone again.
// rejected by five_good_sites_bring_five_pages: 10 requests were made in all, and 5 were wanted
// rejected by each_failure_stays_in_its_place: 7 requests were made in all, and 5 were wanted

use course::{Client, FetchError, Page, Url, fetch};

fn fetch_all(client: &Client, urls: &[Url]) -> Vec<Result<Page, FetchError>> {
    let _all_well = urls.iter().all(|url| fetch(client, url).is_ok());
    urls.iter().map(|url| fetch(client, url)).collect()
}
