use std::thread;

fn main() {
    let sites = vec!["rust-lang.org", "python.org"];
    let mut handles = Vec::new();
    thread::scope(|scope| {
        for site in &sites {
            handles.push(scope.spawn(move || site.len()));
        }
    });
    for handle in handles {
        println!("{:?}", handle.join());
    }
}
