use std::thread;

fn main() {
    let sites = vec!["rust-lang.org", "python.org"];
    let counting = thread::spawn(|| sites.len());
    println!("{:?}", counting.join());
}
