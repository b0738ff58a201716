use std::thread;

fn main() {
    let mut sizes = vec![0, 0];
    thread::scope(|scope| {
        for size in &mut sizes {
            scope.spawn(|| *size = "a page".len());
        }
        println!("so far: {sizes:?}");
    });
}
