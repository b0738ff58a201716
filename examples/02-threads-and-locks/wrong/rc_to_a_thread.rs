use std::rc::Rc;
use std::thread;

fn main() {
    let pages = Rc::new(vec!["a", "b"]);
    let mine = Rc::clone(&pages);
    let counted = thread::spawn(move || mine.len());
    println!("{:?} of {}", counted.join(), pages.len());
}
