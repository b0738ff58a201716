use std::sync::Mutex;
use std::thread;

fn main() {
    let sizes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for page in ["one", "three"] {
            let sizes = &sizes;
            scope.spawn(move || sizes.push(page.len()));
        }
    });
}
