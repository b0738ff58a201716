use thread_pool::ThreadPool;

fn main() -> std::io::Result<()> {
    let pool = ThreadPool::new(4)?;
    let pages = vec!["a".to_owned(), "b".to_owned()];
    let counted = pool.submit(|| pages.len());
    println!("{:?} of {pages:?}", counted.join());
    Ok(())
}
