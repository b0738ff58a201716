//! The page cache: the memory in which the system keeps what it has read, and what it still has to write.
//!
//! Only Linux is asked to forget a file, and to count what was fetched from the device.

use std::io;
use std::path::{Path, PathBuf};

/// Has the system forget the contents of files, so that the next read waits for the device.
///
/// It is a request. Whether it was granted is told by [`fetched`]. What the system knows about the files, such as
/// their names and lengths, stays in memory.
///
/// # Errors
///
/// When a file cannot be opened, or not be written to the device first; `Unsupported` anywhere else than on Linux.
// ANCHOR: forget
#[cfg(target_os = "linux")]
pub fn forget(paths: &[PathBuf]) -> io::Result<()> {
    use rustix::fs::{Advice, fadvise, syncfs};

    if let Some(first) = paths.first() {
        // What is not on the device yet cannot be forgotten: all of the file system.
        syncfs(std::fs::File::open(first)?)?;
    }
    for path in paths {
        fadvise(std::fs::File::open(path)?, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}
// ANCHOR_END: forget

#[cfg(not(target_os = "linux"))]
#[expect(missing_docs, reason = "said above")]
pub fn forget(_: &[PathBuf]) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "only Linux is asked to forget files here",
    ))
}

/// How many bytes this process has had fetched from a device so far; `None` where the system does not count.
///
/// `read_bytes` of proc(5): what was in memory already is not in it.
// ANCHOR: fetched
pub fn fetched() -> Option<u64> {
    let counts = std::fs::read_to_string("/proc/self/io").ok()?;
    let line = counts.lines().find_map(|line| line.strip_prefix("read_bytes: "))?;
    line.trim().parse().ok()
}
// ANCHOR_END: fetched

/// Whether a folder is on a file system that is memory and nothing else, so that there is no device to wait for.
pub fn is_memory(folder: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        /// statfs(2): `TMPFS_MAGIC` and `RAMFS_MAGIC`.
        const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];
        #[expect(clippy::unnecessary_cast, reason = "its width differs by platform")]
        rustix::fs::statfs(folder).is_ok_and(|fs| IN_MEMORY.contains(&(fs.f_type as i64)))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        false
    }
}
