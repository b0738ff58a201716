use std::sync::mpsc::{self, Sender};
use std::thread;

fn fetch(tx: Sender<String>) {
    let page = String::from("200, 1024 bytes");
    let sent = tx.send(page);
    println!("sent {page}: {}", sent.is_ok());
}

fn main() {
    let (tx, rx) = mpsc::channel();
    thread::spawn(|| fetch(tx));
    for page in rx {
        println!("received {page}");
    }
}
