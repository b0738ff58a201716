use std::sync::{Mutex, PoisonError};

fn main() {
    let pages = Mutex::new(vec!["one".to_owned(), "two".to_owned()]);
    let guard = pages.lock().unwrap_or_else(PoisonError::into_inner);
    let first = guard.first();
    drop(guard);
    println!("{first:?}");
}
