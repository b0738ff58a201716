//! Many waits at once, close to the limit: what is left when each kind of work is taken away in turn.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

// ANCHOR: by_hand
/// Fetches a page with nothing but a socket, and counts the bytes of the answer, its head
/// included. What a client library does besides is left out: no limit of time, no
/// redirect, no look at the status.
///
/// # Errors
///
/// When the connection fails.
pub async fn fetch_by_hand(site: SocketAddr, path: &str) -> io::Result<u64> {
    let mut stream = TcpStream::connect(site).await?;
    stream.set_nodelay(true)?;
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {site}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let (mut bytes, mut piece) = (0, Vec::with_capacity(2048));
    while stream.read_buf(&mut piece).await? > 0 {
        bytes += piece.len() as u64;
        piece.clear();
    }
    Ok(bytes)
}
// ANCHOR_END: by_hand

/// Fetches the page `n` times at once, a task each: the bytes of all answers together.
///
/// # Errors
///
/// When a connection fails, or a task has panicked.
pub async fn fetch_all_by_hand(
    site: SocketAddr,
    path: &str,
    n: usize,
) -> io::Result<u64> {
    let path: Arc<str> = path.into();
    let mut tasks = JoinSet::new();
    for _ in 0..n {
        let path = Arc::clone(&path);
        tasks.spawn(async move { fetch_by_hand(site, &path).await });
    }
    let mut bytes = 0;
    while let Some(result) = tasks.join_next().await {
        bytes += result??;
    }
    Ok(bytes)
}

/// The CPU time that a process has used, in milliseconds, as Linux counts it: in steps of
/// ten. `None` on other systems.
pub fn cpu_ms_of(process: u32) -> Option<f64> {
    /// So long is a tick of `/proc`, whatever the kernel's own are.
    const TICK_MS: f64 = 10.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program comes first, in brackets, and may have brackets in it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
    Some((user + system) * TICK_MS)
}
