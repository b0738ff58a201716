use tokio::task::{JoinError, spawn_blocking};

async fn count_words(text: String) -> Result<usize, JoinError> {
    let counting = spawn_blocking(|| text.split_whitespace().count());
    counting.await
}

fn main() {
    let _ = count_words;
}
