use std::rc::Rc;

use thread_pool::ThreadPool;

fn main() -> std::io::Result<()> {
    let pool = ThreadPool::new(4)?;
    let pages = Rc::new(vec!["a", "b"]);
    let counted = pool.submit(move || pages.len());
    println!("{:?}", counted.join());
    Ok(())
}
