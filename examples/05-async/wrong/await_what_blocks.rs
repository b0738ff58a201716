use std::thread;
use std::time::Duration;

#[tokio::main]
async fn main() {
    println!("tick");
    thread::sleep(Duration::from_secs(1)).await;
    println!("tock");
}
