// Wrong: a mirror is asked when the one before it has failed. Nobody else is asked meanwhile.
// rejected by the_first_answer_wins_and_the_others_are_given_up: 1 request was in flight together, and 3 were wanted

use course::asynchronous::{Client, fetch};
use course::{Page, Url};

/// The page of the mirror that answers first; none if all of them fail.
///
/// The requests to the others are given up.
async fn first_page(client: &Client, mirrors: &[Url]) -> Option<Page> {
    for mirror in mirrors {
        if let Ok(page) = fetch(client, mirror).await {
            return Some(page);
        }
    }
    None
}
