use std::sync::mpsc;
use std::thread;

fn main() {
    let (tx, rx) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| println!("{:?}", rx.recv()));
        }
        for job in 0..8 {
            let _ = tx.send(job);
        }
    });
}
