use asynchronous::{Client, Url, fetch};

fn bytes(client: &Client, url: &Url) -> u64 {
    match fetch(client, url).await {
        Ok(page) => page.bytes,
        Err(_) => 0,
    }
}

fn main() {
    if let Ok(url) = Url::parse("https://a.example") {
        println!("{}", bytes(&Client::new(), &url));
    }
}
