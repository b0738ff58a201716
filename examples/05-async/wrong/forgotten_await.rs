#![deny(unused_must_use)]

use asynchronous::{Client, Url, fetch};

#[tokio::main]
async fn main() {
    let client = Client::new();
    for site in ["https://a.example", "https://b.example"] {
        if let Ok(url) = Url::parse(site) {
            fetch(&client, &url);
        }
    }
}
