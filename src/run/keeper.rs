//! The process between the reader and a program: it ends the program, and all that the program started, when the reader lets go.
//!
//! A reader that is killed can end nothing. But the system closes its pipes, and the keeper reads such a pipe, its standard input:
//! when that ends, by whatever cause, so does the program. The keeper is a process group of its own, which Ctrl-C in
//! the reader's terminal does not reach, and so is the program, which is ended as a group. On Linux the keeper also adopts
//! what the program leaves behind (as a subreaper), so that a process which has left the group is found as well.
//!
//! When the program has ended, one line on standard output says how: `exit CODE`, `signal NUMBER` or `cannot run: WHY`.
//! The standard error of the keeper is the output of the program, both its streams.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;

use anyhow::{Context as _, Result};

/// Runs `command`, whose first word is the program, until it ends or standard input does. Its standard output goes to the file
/// `output`, if one is given, and otherwise where its standard error goes.
pub fn keep(command: &[OsString], output: Option<&Path>) -> ExitCode {
    let report = match run(command, output) {
        Ok(report) => report,
        Err(error) => format!("cannot run: {error:#}"),
    };
    // A reader that is gone needs no report.
    let _ = writeln!(io::stdout(), "{}", report.replace(char::is_control, " "));
    ExitCode::SUCCESS
}

fn run(command: &[OsString], output: Option<&Path>) -> Result<String> {
    let (program, arguments) = command.split_first().context("no program")?;
    let mut command = Command::new(program);
    let output = match output {
        Some(file) => File::create(file)?.into(),
        None => Stdio::from(io::stderr()),
    };
    command.args(arguments).stdin(Stdio::null()).stdout(output).stderr(io::stderr());
    system::prepare(&mut command);
    let child =
        command.spawn().with_context(|| program.to_string_lossy().into_owned())?;
    drop(command); // and with it the file
    system::wait(child, until_let_go)
}

/// Returns when standard input ends, or when this process is asked to end: who ends all that is called `while-you-wait` means
/// the keeper too, and without it nobody would end the program.
fn until_let_go() {
    // Nothing is ever sent. An error is an end too.
    let stdin_ends = || io::copy(&mut io::stdin(), &mut io::sink());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build()
    else {
        let _ = stdin_ends();
        return;
    };
    runtime.block_on(async {
        tokio::select! {
            Ok(()) = super::asked_to_end() => {}
            _ = tokio::task::spawn_blocking(stdin_ends) => {}
        }
    });
    runtime.shutdown_background(); // it may still read
}

#[cfg(unix)]
mod system {
    use std::os::unix::process::CommandExt as _;
    use std::sync::{Arc, Mutex, PoisonError};

    use rustix::process::{
        Pid, Signal, WaitOptions, kill_process, kill_process_group, wait as wait_for_any,
    };

    use anyhow::Context as _;

    use super::{Child, Command, Result, thread};

    pub(super) fn prepare(command: &mut Command) {
        command.process_group(0);
        #[cfg(target_os = "linux")]
        {
            // Without it, as elsewhere, there is still the group.
            let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "elsewhere it has to be owned")]
    pub(super) fn wait(child: Child, until_let_go: fn()) -> Result<String> {
        let leader = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let leader = leader.context("no process has this number")?;
        // Emptied as soon as the leader has ended: from then on its number may be given to another process.
        let target = Arc::new(Mutex::new(Some(leader)));
        thread::spawn({
            let target = Arc::clone(&target);
            move || {
                until_let_go();
                let target = target.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(leader) = *target {
                    let _ = kill_process_group(leader, Signal::KILL);
                    let _ = kill_process(leader, Signal::KILL); // it may have left its group
                }
            }
        });
        // Who was adopted and has ended is let go of at once: the program may look whether it is gone.
        let status = loop {
            match wait_for_any(WaitOptions::empty()) {
                Ok(Some((pid, status))) if pid == leader => break status,
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        };
        *target.lock().unwrap_or_else(PoisonError::into_inner) = None;
        // While one of the group lives, its number is not given to another.
        let _ = kill_process_group(leader, Signal::KILL);
        end_the_adopted();
        Ok(match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        })
    }

    /// Ends what the program left behind, and what that leaves behind, until nothing is left.
    fn end_the_adopted() {
        loop {
            let adopted = children();
            for &pid in &adopted {
                let _ = kill_process(pid, Signal::KILL);
            }
            // Without /proc, only those that have ended already are waited for.
            let options = if adopted.is_empty() {
                WaitOptions::NOHANG
            } else {
                WaitOptions::empty()
            };
            match wait_for_any(options) {
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// The processes whose parent is this one.
    #[cfg(target_os = "linux")]
    fn children() -> Vec<Pid> {
        let me = rustix::process::getpid().as_raw_nonzero().to_string();
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| {
                let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
                let stat = std::fs::read(entry.path().join("stat")).ok()?;
                let stat = String::from_utf8_lossy(&stat);
                // `PID (NAME) STATE PARENT ...`, and a name may have anything in it.
                let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
                (parent == me).then(|| Pid::from_raw(pid)).flatten()
            })
            .collect()
    }

    #[cfg(not(target_os = "linux"))]
    fn children() -> Vec<Pid> {
        Vec::new()
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Child, Command, Result, Stdio, thread};

    pub(super) fn prepare(_: &mut Command) {}

    pub(super) fn wait(mut child: Child, until_let_go: fn()) -> Result<String> {
        let pid = child.id().to_string();
        // `child` is held until the process ends here, and Windows gives its number to nobody meanwhile.
        thread::spawn(move || {
            until_let_go();
            // The whole tree, as long as the parents in it live.
            let _ = Command::new("taskkill")
                .args(["/T", "/F", "/PID", &pid])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        });
        let status = child.wait()?;
        Ok(format!("exit {}", status.code().unwrap_or_default()))
    }
}
