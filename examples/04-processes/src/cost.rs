//! What it costs to have a job done elsewhere: the way there and back, and what crosses.

use std::error::Error;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;
use thread_pool::ThreadPool;
use threads_and_locks::panic_message;

use crate::{JobLost, ProcessPool, Serve, Task, Worker};

/// What the workers of this page can do.
pub const TASKS: [&dyn Serve; 2] = [&ECHO, &DIGEST];

// ANCHOR: cross
/// What a value is on its way to another process, and what is made of that there.
///
/// # Errors
///
/// When it cannot be written as bytes, or the bytes are not such a value.
pub fn cross<T>(value: &T) -> postcard::Result<(Vec<u8>, T)>
where
    T: Serialize + DeserializeOwned,
{
    let bytes = postcard::to_stdvec(value)?;
    let there = postcard::from_bytes(&bytes)?;
    Ok((bytes, there))
}
// ANCHOR_END: cross

/// Whether a payload is in the same place in memory when it has gone to another thread.
///
/// # Errors
///
/// When there is no thread to be had.
pub fn is_where_it_was(payload: Vec<u8>) -> io::Result<bool> {
    let here = payload.as_ptr().addr();
    let thread = thread::Builder::new().spawn(move || payload.as_ptr().addr() == here)?;
    thread.join().map_err(|panic| io::Error::other(panic_message(&*panic)))
}

const ECHO: Task<ByteBuf, ByteBuf> = Task::new("echo", echo);

/// Gives back what it is given: all that a round trip costs is the way.
fn echo(payload: ByteBuf) -> ByteBuf {
    payload
}

/// Where a job is done.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// By a process that is started for it, and ended after it.
    NewProcess,
    /// By a process that is there already.
    ProcessPool(&'a ProcessPool),
    /// By a thread that is started for it.
    NewThread,
    /// By a thread that is there already.
    ThreadPool(&'a ThreadPool),
}

// ANCHOR: round_trip
impl Way<'_> {
    /// Sends `payload` to be echoed, and waits for it.
    ///
    /// # Errors
    ///
    /// When there is no process or thread to be had, or the job was lost.
    pub fn round_trip(self, payload: ByteBuf) -> Result<ByteBuf, Box<dyn Error>> {
        Ok(match self {
            // The worker is dropped at the end of this line: ended, and waited for.
            Way::NewProcess => Worker::start()?.call(&ECHO, &payload)?,
            Way::ProcessPool(pool) => {
                pool.submit(move |worker| worker.call(&ECHO, &payload)).join()?
            }
            Way::NewThread => {
                let thread = thread::Builder::new().spawn(move || echo(payload))?;
                thread.join().map_err(|panic| panic_message(&*panic))?
            }
            Way::ThreadPool(pool) => pool.submit(move || echo(payload)).join()?,
        })
    }
}
// ANCHOR_END: round_trip

/// Times round trips of `payload`: `most`, or as many as `enough` allows, and 3 at least.
///
/// In ascending order.
///
/// # Errors
///
/// As [`Way::round_trip`], and when what comes back is not what was sent.
// ANCHOR: measure
pub fn measure(
    way: Way<'_>,
    payload: &[u8],
    most: usize,
    enough: Duration,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let began = Instant::now();
    let mut times = Vec::new();
    while times.len() < 3 || (times.len() < most && began.elapsed() < enough) {
        let copy = ByteBuf::from(payload); // not a part of the trip
        let sent = Instant::now();
        let back = way.round_trip(copy)?;
        times.push(sent.elapsed());
        if back != payload {
            return Err("what came back is not what was sent".into());
        }
    }
    times.sort_unstable();
    Ok(times)
}
// ANCHOR_END: measure

const DIGEST: Task<(ByteBuf, usize), u64> =
    Task::new("digest", |(bytes, steps)| digest(&bytes, steps));

// ANCHOR: digest
/// A number made from `bytes` (FNV-1a) in so many steps, each of which takes one byte
/// more; after the last one comes the first again.
pub fn digest(bytes: &[u8], steps: usize) -> u64 {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    for byte in bytes.iter().cycle().take(steps) {
        digest = (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    digest
}
// ANCHOR_END: digest

/// The digests of all pieces, one after another, here.
pub fn digest_here(pieces: &[ByteBuf], steps: usize) -> Vec<u64> {
    pieces.iter().map(|piece| digest(piece, steps)).collect()
}

/// The same on a thread for each piece, which borrows it: nothing is copied.
pub fn digest_by_threads(pieces: &[ByteBuf], steps: usize) -> Vec<u64> {
    thread::scope(|scope| {
        let threads: Vec<_> = pieces
            .iter()
            .map(|piece| scope.spawn(move || digest(piece, steps)))
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    })
}

// ANCHOR: digest_by_processes
/// The same by processes, to which each piece is written.
///
/// # Errors
///
/// The first piece whose worker was lost takes all of them.
pub fn digest_by_processes(
    pool: &ProcessPool,
    pieces: Vec<ByteBuf>,
    steps: usize,
) -> Result<Vec<u64>, JobLost> {
    let job = move |worker: &mut Worker, piece| worker.call(&DIGEST, &(piece, steps));
    pool.map(pieces, job).into_iter().collect()
}
// ANCHOR_END: digest_by_processes
