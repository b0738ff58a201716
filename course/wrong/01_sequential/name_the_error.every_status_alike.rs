// Wrong: a status is a status. (A server that is down for a minute, and a page that is not there.)
// rejected by what_may_end_otherwise_is_tried_again: Status(500): Report is said, and TryAgain is wanted

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
        | FetchErrorKind::Connection(_) => Verdict::TryAgain,
        FetchErrorKind::Status(_) | FetchErrorKind::Lost(_) => Verdict::Report,
        FetchErrorKind::Address(_) => Verdict::Correct,
    }
}
