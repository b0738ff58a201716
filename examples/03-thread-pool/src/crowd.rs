//! Threads that do nothing but wait, to see what a thread costs and how many there can be.

use std::io;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, unbounded};

/// Threads that wait for each other's end: all of them are released together.
#[derive(Debug)]
pub struct Crowd {
    /// Nothing is ever sent: the threads wait for the moment when it is dropped.
    door: Sender<()>,
    threads: Vec<JoinHandle<()>>,
}

// ANCHOR: gather
/// Starts `wanted` threads, or as many as the operating system has to give.
///
/// When this returns, each of them is running and waits. With fewer than `wanted`, the
/// error says why the next one was refused.
pub fn gather(wanted: usize) -> (Crowd, io::Result<()>) {
    let (door, closed) = unbounded();
    let (arrive, arrived) = unbounded();
    let mut crowd = Crowd { door, threads: Vec::new() };
    for _ in 0..wanted {
        let (arrive, closed) = (arrive.clone(), closed.clone());
        let wait = move || {
            let _ = arrive.send(());
            let _ = closed.recv();
        };
        match thread::Builder::new().spawn(wait) {
            Ok(thread) => crowd.threads.push(thread),
            Err(refused) => return (crowd, Err(refused)),
        }
        // A thread that has not run yet has not touched its stack: it would look cheap.
        let _ = arrived.recv();
    }
    (crowd, Ok(()))
}
// ANCHOR_END: gather

impl Crowd {
    /// How many threads there are.
    pub fn size(&self) -> usize {
        self.threads.len()
    }

    // ANCHOR: dismiss
    /// Lets all threads end, and waits for them. Returns how many there were.
    pub fn dismiss(self) -> usize {
        drop(self.door);
        self.threads.into_iter().filter_map(|thread| thread.join().ok()).count()
    }
    // ANCHOR_END: dismiss
}

/// Starts `n` threads that do nothing, one at a time, and waits for each.
///
/// # Errors
///
/// When the operating system has no thread to give.
pub fn one_by_one(n: usize) -> io::Result<()> {
    for _ in 0..n {
        let thread = thread::Builder::new().spawn(|| ())?;
        // It cannot panic.
        let _ = thread.join();
    }
    Ok(())
}
