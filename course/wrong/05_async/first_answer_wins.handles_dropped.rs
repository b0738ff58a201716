// Wrong: the handles are kept until the end, and dropped there. That detaches the tasks.
// rejected by the_first_answer_wins_and_the_others_are_given_up: 2 requests were still in flight, and nobody waits for the answer

use course::asynchronous::{Client, fetch};
use course::{Page, Url};
use tokio::sync::mpsc;

/// The page of the mirror that answers first; none if all of them fail.
///
/// The requests to the others are given up.
async fn first_page(client: &Client, mirrors: &[Url]) -> Option<Page> {
    let mut tasks = Vec::new();
    let (tell, mut told) = mpsc::channel(1);
    for mirror in mirrors {
        let (client, mirror, tell) = (client.clone(), mirror.clone(), tell.clone());
        tasks.push(tokio::spawn(async move {
            if let Ok(page) = fetch(&client, &mirror).await {
                let _ = tell.send(page).await; // fails if another one was first
            }
        }));
    }
    drop(tell); // or the channel stays open when all have failed
    let page = told.recv().await;
    drop(tasks);
    page
}
