use processes::{Task, Worker};

fn main() -> std::io::Result<()> {
    let mut worker = Worker::start()?;
    let limit = 100;
    let below = Task::new("below", |n: u64| n < limit);
    println!("{:?}", worker.call(&below, &50));
    Ok(())
}
