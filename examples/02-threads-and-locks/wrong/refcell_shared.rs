use std::cell::RefCell;
use std::thread;

fn main() {
    let pages = RefCell::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| pages.borrow_mut().push("a page"));
        }
    });
    println!("{:?}", pages.borrow());
}
