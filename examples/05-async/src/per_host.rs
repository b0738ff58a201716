//! A bound for each host, beside the bound on all.

use std::collections::HashMap;

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::{Client, FetchError, Page, Url, fetch};

/// How many requests may be in flight.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all.
    pub overall: usize,
    /// To one host and port.
    pub per_host: usize,
}

// ANCHOR: by_host
/// A semaphore for each host; another port is another host.
fn by_host(urls: &[Url], permits: usize) -> HashMap<&str, Semaphore> {
    urls.iter().map(|url| (url.authority(), Semaphore::new(permits))).collect()
}
// ANCHOR_END: by_host

// ANCHOR: fetch_all
/// Fetches all pages within the limits.
///
/// One result for each address, in the order of the addresses.
pub async fn fetch_all(
    client: &Client,
    urls: &[Url],
    limits: Limits,
) -> Vec<Result<Page, FetchError>> {
    let all = Semaphore::new(limits.overall);
    let hosts = by_host(urls, limits.per_host);
    let fetches = urls.iter().map(async |url| {
        // The narrow gate first: whoever waits here keeps nobody else waiting.
        let _host = hosts[url.authority()].acquire().await;
        let _any = all.acquire().await;
        fetch(client, url).await
    });
    join_all(fetches).await
}
// ANCHOR_END: fetch_all

/// The same in the wrong order: whoever waits for his host holds a permit that another host could use.
///
/// One result for each address, in the order of the addresses.
pub async fn fetch_all_overall_first(
    client: &Client,
    urls: &[Url],
    limits: Limits,
) -> Vec<Result<Page, FetchError>> {
    let all = Semaphore::new(limits.overall);
    let hosts = by_host(urls, limits.per_host);
    // ANCHOR: overall_first
    let fetches = urls.iter().map(async |url| {
        let _any = all.acquire().await;
        let _host = hosts[url.authority()].acquire().await;
        fetch(client, url).await
    });
    // ANCHOR_END: overall_first
    join_all(fetches).await
}
