// Wrong: all that is not named is worth another try. Nobody thought of the addresses, and `_` let it pass.
// rejected by what_ends_the_same_is_not: Address("URL scheme is not allowed"): TryAgain is said, and Correct is wanted

use course::FetchErrorKind;

#[derive(Debug, PartialEq)]
enum Verdict {
    TryAgain, // timeout, refused, body, connection, and a status from 500 on
    Report,   // any other status, and lost: it would be the same next time
    Correct,  // an address that can never work
}

fn verdict(kind: &FetchErrorKind) -> Verdict {
    match kind {
        FetchErrorKind::Status(..500) | FetchErrorKind::Lost(_) => Verdict::Report,
        _ => Verdict::TryAgain,
    }
}
