//! How long a test waits for what should come at once.

use std::io::{self, Write as _};
use std::panic::resume_unwind;
use std::sync::Once;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{process, thread};

/// Longer than anything takes that does happen. An answer that is right never waits so long.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// No test takes so long. What does is without [`within`], and turns or waits for ever.
const LIMIT: Duration = Duration::from_secs(60);

/// Ends this process, with a sentence, when it has not ended by itself. The runner would wait for it for ever.
pub(crate) fn end_at_the_limit() {
    static ONCE: Once = Once::new();
    if cfg!(test) {
        return; // The tests of the instruments take their time.
    }
    ONCE.call_once(|| {
        thread::spawn(|| {
            thread::sleep(LIMIT);
            // Not `eprintln!`, which a test keeps to itself until it has ended.
            let _ = writeln!(
                io::stderr(),
                "it has not ended within {} s: something in it turns or waits for ever",
                LIMIT.as_secs()
            );
            process::exit(101);
        });
    });
}

/// What `job` comes to, done on a thread of its own so that one that hangs can be told.
///
/// # Panics
///
/// With the panic of the job; or with a sentence, when it has not ended within [`PATIENCE`]. Its thread is left behind then.
#[track_caller]
pub fn within<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    // A panic is told with the name of its thread: here that of the test.
    let name = thread::current().name().unwrap_or("test").to_owned();
    let run = move || {
        // Fails if nobody waits any more.
        let _ = tell.send(job());
    };
    let spawned = thread::Builder::new().name(name).spawn(run);
    let thread = spawned.unwrap_or_else(|error| panic!("no thread: {error}"));
    match told.recv_timeout(PATIENCE) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => panic!(
            "it hangs: nothing came of it within {} s. What does it wait for, and who should bring that about?",
            PATIENCE.as_secs()
        ),
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => unreachable!("it has sent before it ended"),
        },
    }
}

/// Whether `condition` comes true, in a little less than [`PATIENCE`]: who asks [`within`] a test is to hear the answer. It is
/// asked again and again.
pub fn comes_true(mut condition: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if began.elapsed() > PATIENCE / 5 * 4 {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
}
