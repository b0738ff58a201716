use std::fs::File;
use std::io::{self, Read as _};

use processes::{Task, Worker};

const READ: Task<File, String> = Task::new("read", |mut file| {
    let mut text = String::new();
    let _ = file.read_to_string(&mut text);
    text
});

fn main() -> io::Result<()> {
    let mut worker = Worker::start()?;
    let file = File::open("Cargo.toml")?;
    println!("{:?}", worker.call(&READ, &file));
    Ok(())
}
