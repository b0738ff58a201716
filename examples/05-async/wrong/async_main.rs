use asynchronous::{Client, Url, fetch};

async fn main() {
    if let Ok(url) = Url::parse("https://a.example") {
        println!("{:?}", fetch(&Client::new(), &url).await);
    }
}
