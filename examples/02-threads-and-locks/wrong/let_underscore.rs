use std::sync::Mutex;

fn main() {
    let balance = Mutex::new(100);
    let _ = balance.lock();
    println!("{balance:?} is mine alone until the end of main");
}
