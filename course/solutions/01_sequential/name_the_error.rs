// In Python you name classes: `except requests.Timeout`, `except HTTPError`. In Rust the
// reason is an `enum`, and a `match` says for each of its kinds what is to be done.
// The page: book/01-sequential-fetch/when-a-site-fails.md

use course::FetchErrorKind;

#[derive(Debug, PartialEq)]
enum Verdict {
    TryAgain, // timeout, refused, body, connection, and a status from 500 on
    Report,   // any other status, and lost: it would be the same next time
    Correct,  // an address that can never work
}

fn verdict(kind: &FetchErrorKind) -> Verdict {
    // CHANGED: every kind is named, and there is no `_`. When the `enum` gets a new kind,
    // the compiler leads here, where somebody has to think about it.
    match kind {
        FetchErrorKind::Timeout
        | FetchErrorKind::Refused
        | FetchErrorKind::Body(_)
        | FetchErrorKind::Connection(_)
        | FetchErrorKind::Status(500..) => Verdict::TryAgain,
        // CHANGED: below the other statuses, since the first pattern that fits is taken.
        FetchErrorKind::Status(_) | FetchErrorKind::Lost(_) => Verdict::Report,
        FetchErrorKind::Address(_) => Verdict::Correct,
    }
}

fn main() {
    println!("a timeout: {:?}", verdict(&FetchErrorKind::Timeout));
}

#[cfg(test)]
mod tests {
    use super::{FetchErrorKind, Verdict, Verdict::*};
    use course::{Client, Url, Web, client, fetch};

    fn check(kind: &FetchErrorKind, wanted: Verdict) {
        let seen = super::verdict(kind);
        assert!(seen == wanted, "{kind:?}: {seen:?} is said, and {wanted:?} is wanted");
    }

    fn ask(client: &Client, url: &Url) -> FetchErrorKind {
        fetch(client, url).expect_err("it misbehaves").kind
    }

    #[test]
    fn what_may_end_otherwise_is_tried_again() {
        let web = Web::of(0);
        for path in ["status/500", "status/503", "cut", "reset"] {
            check(&ask(&web.client(), &web.url(path)), TryAgain);
        }
        check(&ask(&web.client(), &web.refused_url()), TryAgain);
        check(&FetchErrorKind::Connection("broken".to_owned()), TryAgain);
        let client = client(std::time::Duration::from_millis(200)).expect("a client");
        check(&ask(&client, &web.url("never")), TryAgain);
    }

    #[test]
    fn what_ends_the_same_is_not() {
        let web = Web::of(0);
        [304, 404].iter().for_each(|&n| check(&FetchErrorKind::Status(n), Report));
        check(&FetchErrorKind::Lost("a panic".to_owned()), Report);
        check(&ask(&web.client(), &Url::parse("ftp://a/").expect("a URL")), Correct);
    }
}
