use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

async fn add(total: Arc<Mutex<u64>>) {
    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
    tokio::time::sleep(Duration::from_secs(1)).await;
    *total += 1;
}

#[tokio::main]
async fn main() {
    let total = Arc::new(Mutex::new(0));
    println!("{:?}", tokio::spawn(add(total)).await);
}
