use std::thread;

fn main() {
    let sites = vec!["rust-lang.org".to_owned(), "python.org".to_owned()];
    let handles: Vec<_> =
        sites.iter().map(|site| thread::spawn(move || site.len())).collect();
    for handle in handles {
        println!("{:?}", handle.join());
    }
}
