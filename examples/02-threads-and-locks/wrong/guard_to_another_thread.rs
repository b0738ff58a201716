use std::sync::{Mutex, PoisonError};
use std::thread;

fn main() {
    let counter = Mutex::new(0);
    thread::scope(|scope| {
        let guard = counter.lock().unwrap_or_else(PoisonError::into_inner);
        scope.spawn(move || println!("{guard}, and still locked"));
    });
}
