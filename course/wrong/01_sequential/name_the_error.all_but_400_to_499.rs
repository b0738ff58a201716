// Wrong: the statuses that are to be reported are named, and not those that are worth another try.
// rejected by what_ends_the_same_is_not: Status(304): TryAgain is said, and Report is wanted

use course::FetchErrorKind;

#[derive(Debug, PartialEq)]
enum Verdict {
    TryAgain, // timeout, refused, body, connection, and a status from 500 on
    Report,   // any other status, and lost: it would be the same next time
    Correct,  // an address that can never work
}

fn verdict(kind: &FetchErrorKind) -> Verdict {
    match kind {
        FetchErrorKind::Timeout
        | FetchErrorKind::Refused
        | FetchErrorKind::Body(_)
        | FetchErrorKind::Connection(_)
        | FetchErrorKind::Status(..400 | 500..) => Verdict::TryAgain,
        FetchErrorKind::Status(_) | FetchErrorKind::Lost(_) => Verdict::Report,
        FetchErrorKind::Address(_) => Verdict::Correct,
    }
}
