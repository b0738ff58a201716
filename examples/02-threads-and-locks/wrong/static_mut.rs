use std::thread;

static mut COUNTER: u64 = 0;

fn main() {
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| COUNTER += 1);
        }
    });
}
