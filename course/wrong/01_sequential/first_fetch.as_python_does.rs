// Wrong: `error_for_status` is Python's `raise_for_status`: what is below 400 is no error to them.
// rejected by a_bad_status_is_an_error: Ok(0) came of it, and Err(Status(304)) was wanted

use std::io;

use course::{Client, FetchErrorKind, Url};

fn fetch(client: &Client, url: &Url) -> Result<u64, FetchErrorKind> {
    let response = client.get(url.clone()).send()?;
    let bad = FetchErrorKind::Status(response.status().as_u16());
    let mut response = response.error_for_status().map_err(|_| bad)?;
    Ok(response.copy_to(&mut io::sink())?)
}
