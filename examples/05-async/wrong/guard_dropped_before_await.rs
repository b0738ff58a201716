use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

async fn add(total: Arc<Mutex<u64>>) {
    let mut guard = total.lock().unwrap_or_else(PoisonError::into_inner);
    *guard += 1;
    drop(guard);
    tokio::time::sleep(Duration::from_secs(1)).await;
}

#[tokio::main]
async fn main() {
    let total = Arc::new(Mutex::new(0));
    println!("{:?}", tokio::spawn(add(total)).await);
}
