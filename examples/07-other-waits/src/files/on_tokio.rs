//! On tasks, or so it looks: [`tokio::fs`] has the threads of [`spawn_blocking`] do it.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::stream::{self, StreamExt as _};
use tokio::io::AsyncReadExt as _;
use tokio::task::spawn_blocking;

use super::{Digest, FileError, digest, lost, rewrite};

#[cfg(target_os = "linux")]
pub mod waiting;

/// Reads one file, and hashes it on the thread that polls this.
///
/// # Errors
///
/// When it cannot be read.
// ANCHOR: all
pub async fn hash(path: &Path) -> Result<Digest, FileError> {
    let bytes = tokio::fs::read(path).await.map_err(|e| cannot_read(path, e))?;
    Ok(digest(&bytes)) // work on the loop: short for a small file, long for a large one
}

/// Hashes the files, at most so many at once. One result for each, in their order.
pub async fn hash_all(
    paths: &[PathBuf],
    at_once: usize,
) -> Vec<Result<Digest, FileError>> {
    let hashes = stream::iter(paths).map(|path| hash(path));
    hashes.buffered(at_once.max(1)).collect().await
}
// ANCHOR_END: all

// ANCHOR: rewrite_all
/// Rewrites the files, at most so many at once. One result for each, in their order.
pub async fn rewrite_all(
    paths: &[PathBuf],
    at_once: usize,
) -> Vec<Result<(), FileError>> {
    let rewrites = stream::iter(paths).map(async |path| {
        // In one piece: a future may be dropped between two steps, and a thread may not.
        let theirs = path.clone();
        let done = spawn_blocking(move || rewrite(&theirs)).await;
        done.unwrap_or_else(|panic| Err(lost(path, &panic)))
    });
    rewrites.buffered(at_once.max(1)).collect().await
}
// ANCHOR_END: rewrite_all

/// The same with one hand-over for each file, read and hashed: [`super::hash`] on a thread
/// for what blocks.
// ANCHOR: in_one_piece
pub async fn hash_all_in_one_piece(
    paths: &[PathBuf],
    at_once: usize,
) -> Vec<Result<Digest, FileError>> {
    let hashes = stream::iter(paths).map(async |path| {
        let theirs = path.clone();
        let hashed = spawn_blocking(move || super::hash(&theirs)).await;
        hashed.unwrap_or_else(|panic| Err(lost(path, &panic)))
    });
    hashes.buffered(at_once.max(1)).collect().await
}
// ANCHOR_END: in_one_piece

/// Reads one file piece by piece, as one reads from a socket.
///
/// # Errors
///
/// When it cannot be read.
// ANCHOR: in_pieces
pub async fn read_in_pieces(path: &Path, piece: usize) -> std::io::Result<Vec<u8>> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; piece.max(1)]);
    loop {
        match file.read(&mut buffer).await? {
            0 => return Ok(bytes),
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    }
}
// ANCHOR_END: in_pieces

/// How often `future` hands something over to the threads for what blocks, and waits.
///
/// To be run where [`max_blocking_threads`](tokio::runtime::Builder::max_blocking_threads) is 1.
// ANCHOR: hand_overs
pub async fn hand_overs(future: impl Future) -> usize {
    let gate = Arc::new(Mutex::new(()));
    let (mut future, mut count) = (pin!(future), 0);
    std::future::poll_fn(move |context| {
        // The one thread stands before this gate until we have polled, so that whatever
        // is handed over now cannot be done at once: the future has to wait for it.
        let _closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = Arc::clone(&gate);
        spawn_blocking(move || drop(theirs.lock()));
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(count),
            Poll::Pending => {
                count += 1;
                Poll::Pending
            }
        }
    })
    .await
}
// ANCHOR_END: hand_overs

fn cannot_read(path: &Path, source: std::io::Error) -> FileError {
    FileError::Read { path: path.to_owned(), source }
}
