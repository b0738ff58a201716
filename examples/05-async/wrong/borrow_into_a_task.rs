#[tokio::main(flavor = "current_thread")]
async fn main() {
    let urls = ["/a", "/long"].map(str::to_owned);
    let longest = tokio::spawn(async { urls.iter().map(String::len).max() });
    println!("{:?} of {urls:?}", longest.await);
}
