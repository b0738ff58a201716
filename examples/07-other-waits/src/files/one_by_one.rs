//! One file after another.

use std::path::PathBuf;

use super::{Digest, FileError, hash, rewrite};

// ANCHOR: all
/// Hashes the files. One result for each, in their order.
pub fn hash_all(paths: &[PathBuf]) -> Vec<Result<Digest, FileError>> {
    paths.iter().map(|path| hash(path)).collect()
}

/// Rewrites the files. One result for each, in their order.
pub fn rewrite_all(paths: &[PathBuf]) -> Vec<Result<(), FileError>> {
    paths.iter().map(|path| rewrite(path)).collect()
}
// ANCHOR_END: all
