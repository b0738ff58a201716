//! On the pool of chapter 3: a fixed number of threads, each of which waits for one file at a time.

use std::path::{Path, PathBuf};

use thread_pool::{JobPanicked, ThreadPool};

use super::{Digest, FileError, hash, lost, rewrite};

// ANCHOR: all
/// Hashes the files. One result for each, in their order.
pub fn hash_all(pool: &ThreadPool, paths: &[PathBuf]) -> Vec<Result<Digest, FileError>> {
    for_all(pool, paths, hash)
}

/// Rewrites the files. One result for each, in their order.
pub fn rewrite_all(pool: &ThreadPool, paths: &[PathBuf]) -> Vec<Result<(), FileError>> {
    for_all(pool, paths, rewrite)
}

fn for_all<T: Send + 'static>(
    pool: &ThreadPool,
    paths: &[PathBuf],
    job: fn(&Path) -> Result<T, FileError>,
) -> Vec<Result<T, FileError>> {
    let results = pool.map(paths.to_vec(), move |path| job(&path));
    let results = paths.iter().zip(results);
    let flat = |(path, result): (&PathBuf, Result<_, JobPanicked>)| {
        result.unwrap_or_else(|panic| Err(lost(path, &panic)))
    };
    results.map(flat).collect()
}
// ANCHOR_END: all
