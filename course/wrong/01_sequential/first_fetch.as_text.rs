// Wrong: `len(response.text)`. It decodes, and the text need not be as long as the bytes that came.
// rejected by the_page_arrives_whole: /not-utf8: Ok(19) came, and Ok(17) was wanted

use course::{Client, FetchErrorKind, Url};

/// How many bytes the page has. A status outside 200 to 299 is an error.
fn fetch(client: &Client, url: &Url) -> Result<u64, FetchErrorKind> {
    let response = client.get(url.clone()).send()?;
    let status = response.status();
    if !status.is_success() {
        return Err(FetchErrorKind::Status(status.as_u16()));
    }
    Ok(response.text()?.len() as u64)
}
