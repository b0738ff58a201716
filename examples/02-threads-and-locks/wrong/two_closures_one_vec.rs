use std::thread;

fn main() {
    let mut sizes = vec![0, 0];
    thread::scope(|scope| {
        scope.spawn(|| sizes[0] = "page one".len());
        scope.spawn(|| sizes[1] = "page two".len());
    });
    println!("{sizes:?}");
}
