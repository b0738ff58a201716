//! What goes wrong with files, brought about on purpose: no room, and no permission.

pub use here::{with_room_for, without_privileges};

#[cfg(not(unix))]
#[expect(missing_docs, reason = "said of the others")]
mod here {
    use std::io;

    pub fn with_room_for<T>(_: u64, _: impl FnOnce() -> T) -> io::Result<T> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn without_privileges<T: Send>(_: impl FnOnce() -> T + Send) -> io::Result<T> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
mod here {
    use std::io;
    use std::thread;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use tokio::runtime;
    use tokio::signal::unix::{SignalKind, signal};

    /// The same on Linux (but for MIPS), macOS and the BSDs. Left alone it ends the process; Python ignores it for you.
    const SIGXFSZ: i32 = 25;

    /// Runs `job` while no file of this process can be longer than `bytes`, as if the disk were full there.
    ///
    /// That holds for the whole process, and so for its other threads too; and for good, if `job` panics.
    ///
    /// # Errors
    ///
    /// When the system does not let us.
    // ANCHOR: with_room_for
    pub fn with_room_for<T>(bytes: u64, job: impl FnOnce() -> T) -> io::Result<T> {
        // A signal that somebody listens to does not end the process: the write fails.
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let _listening = {
            let _inside = runtime.enter();
            signal(SignalKind::from_raw(SIGXFSZ))?
        };
        let before = getrlimit(Resource::Fsize);
        setrlimit(Resource::Fsize, Rlimit { current: Some(bytes), ..before })?;
        let outcome = job();
        setrlimit(Resource::Fsize, before)?;
        Ok(outcome)
    }
    // ANCHOR_END: with_room_for

    /// Runs `job` on a thread that permissions hold for, whoever we are.
    ///
    /// Root passes them. On Linux that is a capability, which a thread can give up for itself.
    ///
    /// # Errors
    ///
    /// When the system does not let us: `Unsupported` for root anywhere else than on Linux.
    ///
    /// # Panics
    ///
    /// When `job` does.
    pub fn without_privileges<T: Send>(job: impl FnOnce() -> T + Send) -> io::Result<T> {
        thread::scope(|scope| {
            let thread = thread::Builder::new().spawn_scoped(scope, || {
                give_up_privileges()?;
                Ok(job())
            })?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    #[cfg(target_os = "linux")]
    fn give_up_privileges() -> io::Result<()> {
        use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

        let mut sets = capabilities(None)?;
        sets.effective -= CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
        Ok(set_capabilities(None, sets)?)
    }

    #[cfg(not(target_os = "linux"))]
    fn give_up_privileges() -> io::Result<()> {
        if rustix::process::geteuid().is_root() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "root passes every permission",
            ));
        }
        Ok(())
    }
}
