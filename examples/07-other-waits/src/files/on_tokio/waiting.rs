//! Files that keep their readers waiting for as long as we like: named pipes (Linux).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread;

use futures_util::future::join_all;
use rustix::fs::{CWD, Mode, mkfifoat};
use tokio::join;
use tokio::runtime::Builder;

/// Makes so many named pipes, in a new folder.
///
/// # Errors
///
/// When the system does not let us.
pub fn named_pipes(folder: &Path, n: usize) -> io::Result<Vec<PathBuf>> {
    fs::create_dir(folder)?;
    let pipe = |i: usize| {
        let path = folder.join(i.to_string());
        mkfifoat(CWD, &path, Mode::RUSR | Mode::WUSR)?;
        Ok(path)
    };
    (0..n).map(pipe).collect()
}

/// How many threads tokio starts to read these pipes at once, where it may have `most`.
///
/// The first `most` of them have no data before all these are being read. Each pipe takes two descriptors of this process:
/// without them, an end waits for the other one for ever.
///
/// # Errors
///
/// When one of them cannot be read or written.
// ANCHOR: threads_for
pub fn threads_for(pipes: &[PathBuf], most: usize) -> io::Result<usize> {
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(most)
        .on_thread_start(move || _ = count.fetch_add(1, Relaxed))
        .build()?;
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let (first, rest) = pipes.split_at(most.min(pipes.len()));
            // Each waits until somebody reads: so all of these are read at once.
            let open: io::Result<Vec<File>> = first.iter().map(open_to_write).collect();
            open?.iter_mut().try_for_each(|pipe| pipe.write_all(b"text"))?;
            rest.iter().try_for_each(|pipe| open_to_write(pipe)?.write_all(b"text"))
        });
        let texts = runtime.block_on(join_all(pipes.iter().map(tokio::fs::read)));
        texts.into_iter().try_for_each(|text| text.map(drop))?;
        writer.join().map_err(|_| io::Error::other("the writer panicked"))?
    })?;
    Ok(started.load(Relaxed))
}
// ANCHOR_END: threads_for

fn open_to_write(pipe: &PathBuf) -> io::Result<File> {
    File::options().write(true).open(pipe)
}

/// Whether a file can be read while a pipe that was asked for before it keeps its reader waiting, where tokio
/// may have `most` threads.
///
/// # Errors
///
/// When one of them cannot be read or written.
// ANCHOR: overtakes
pub fn overtakes(pipe: &Path, file: &Path, most: usize) -> io::Result<bool> {
    let (tell, told) = mpsc::channel();
    let (theirs, written) = (pipe.to_owned(), Arc::new(AtomicBool::new(false)));
    let tells = Arc::clone(&written);
    let writer = thread::spawn(move || {
        let mut pipe = open_to_write(&theirs)?; // as soon as somebody reads it
        // With one thread nobody would tell us: the file would wait for the pipe.
        let _ = if most > 1 { told.recv() } else { Ok(()) };
        tells.store(true, Relaxed);
        pipe.write_all(b"text")
    });
    let read_both = async {
        join!(tokio::fs::read(pipe), async {
            let text = tokio::fs::read(file).await;
            let overtook = !written.load(Relaxed);
            let _ = tell.send(()); // fails where nobody waits for it
            text.map(|_| overtook)
        })
    };
    let runtime = Builder::new_current_thread().max_blocking_threads(most).build()?;
    let (text, overtook) = runtime.block_on(read_both);
    writer.join().map_err(|_| io::Error::other("the writer panicked"))??;
    text.and(overtook)
}
// ANCHOR_END: overtakes
