use std::thread;

fn main() {
    let agent = "while-you-wait".to_owned();
    let mut handles = Vec::new();
    for site in ["rust-lang.org", "python.org"] {
        handles.push(thread::spawn(move || format!("{agent} asks {site}")));
    }
    for handle in handles {
        println!("{:?}", handle.join());
    }
}
