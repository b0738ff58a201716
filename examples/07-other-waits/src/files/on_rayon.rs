//! On rayon's threads: as many as there are cores, whatever the files wait for.

use std::path::PathBuf;

use rayon::prelude::*;

use super::{Digest, FileError, hash, rewrite};

// ANCHOR: all
/// Hashes the files. One result for each, in their order. A panic takes all of them.
pub fn hash_all(paths: &[PathBuf]) -> Vec<Result<Digest, FileError>> {
    paths.par_iter().map(|path| hash(path)).collect()
}

/// Rewrites the files. One result for each, in their order. A panic takes all of them.
pub fn rewrite_all(paths: &[PathBuf]) -> Vec<Result<(), FileError>> {
    paths.par_iter().map(|path| rewrite(path)).collect()
}
// ANCHOR_END: all
