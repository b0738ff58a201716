// A page is asked for, as `session.get(url)` does it in Python. What comes after that is
// missing: is it a page, or an error? How many bytes has it? Save, and read what is red.
// The page: book/01-sequential-fetch/sequential-fetch.md

use std::io;

use course::{Client, FetchErrorKind, Url};

/// How many bytes the page has. A status outside 200 to 299 is an error.
fn fetch(client: &Client, url: &Url) -> Result<u64, FetchErrorKind> {
    let mut response = client.get(url.clone()).send()?;
    let status = response.status();
    // CHANGED: a list of bad statuses is never complete; that of good ones has a name.
    if !status.is_success() {
        return Err(FetchErrorKind::Status(status.as_u16()));
    }
    // CHANGED: the head says how long the body should be. Only who reads it knows whether
    // it came: hence the second `?`. Counted and not kept, a large page needs no memory.
    Ok(response.copy_to(&mut io::sink())?)
}

fn main() {
    let web = course::Web::of(1);
    for path in ["site-1", "status/503", "status/404", "cut"] {
        println!("/{path}: {:?}", fetch(&web.client(), &web.url(path)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::Web;

    #[test]
    fn the_page_arrives_whole() {
        let web = Web::of(0);
        for (path, bytes) in [("large", 4 << 20), ("not-utf8", 17)] {
            let (seen, wanted) = (fetch(&web.client(), &web.url(path)), Ok(bytes));
            assert!(seen == wanted, "/{path}: {seen:?} came, and {wanted:?} was wanted");
        }
        web.assert_requests(2);
    }

    #[test]
    fn a_bad_status_is_an_error() {
        let web = Web::of(0);
        for status in [404, 503, 304] {
            let seen = fetch(&web.client(), &web.url(&format!("status/{status}")));
            let wanted = Err(FetchErrorKind::Status(status));
            assert!(seen == wanted, "{seen:?} came of it, and {wanted:?} was wanted");
        }
        web.assert_requests(3);
    }

    #[test]
    fn half_a_page_is_an_error() {
        let web = Web::of(0);
        let seen = fetch(&web.client(), &web.url("cut"));
        let right = matches!(seen, Err(FetchErrorKind::Body(_)));
        assert!(right, "half a page: {seen:?} came of it, and Err(Body(_)) was wanted");
    }
}
