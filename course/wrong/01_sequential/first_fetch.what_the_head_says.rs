// Wrong: takes the length that the head promises, and never reads the body.
// rejected by half_a_page_is_an_error: half a page: Ok(1024) came of it, and Err(Body(_)) was wanted

use course::{Client, FetchErrorKind, Url};

fn fetch(client: &Client, url: &Url) -> Result<u64, FetchErrorKind> {
    let response = client.get(url.clone()).send()?;
    let status = response.status();
    if !status.is_success() {
        return Err(FetchErrorKind::Status(status.as_u16()));
    }
    Ok(response.content_length().unwrap_or(0))
}
