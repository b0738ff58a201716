use std::thread;

fn main() {
    let mut counter = 0;
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| counter += 1);
        }
    });
    println!("{counter}");
}
