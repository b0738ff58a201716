//! A process from its start to its end: what it took.

use std::fs;
use std::io::Read as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use wait4::Wait4 as _;

/// How often a process is looked at: seldom enough to take no core away from it.
const INTERVAL: Duration = Duration::from_millis(10);

/// The same for a process with children, each of which has to be found.
const INTERVAL_OF_A_TREE: Duration = Duration::from_millis(50);

/// A process that takes longer than this hangs, and is ended: many times what the slowest row takes.
const LONGEST: Duration = Duration::from_mins(10);

/// What a process took.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) status: ExitStatus,
    /// All that it printed to standard output.
    pub(crate) output: String,
    pub(crate) wall: Duration,
    /// User and system, with the children that it has waited for.
    pub(crate) cpu: Duration,
    /// The most that was resident at once, in KiB, as `wait4` tells it.
    peak_kib: u64,
    /// The most that it and its children were seen to hold together, in KiB; 0 where they were not looked at.
    seen_kib: u64,
    /// The most threads that were seen at once; nothing where the system does not tell.
    pub(crate) threads: Option<u64>,
}

impl Taken {
    /// The most memory that was resident at once, in KiB, given what the process `told` of itself.
    ///
    /// On Linux the peak that `wait4` tells begins with what the parent held when it started the child: its account goes on
    /// across `exec`. `VmHWM`, which only the process itself sees at its end, begins anew; it is what a process tells.
    pub(crate) fn memory_kib(&self, told: Option<u64>) -> u64 {
        self.seen_kib.max(told.unwrap_or(self.peak_kib))
    }
}

/// Runs a command to its end. `tree`: it has children, and what they hold counts too.
///
/// Wall and CPU time are the system's own account (`wait4`). Threads, and the memory of a process with its children, are looked
/// at while it runs; so what is there for less than the interval may be missed.
pub(crate) fn run(command: &mut Command, tree: bool) -> Result<Taken> {
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let pid = child.id();
    let mut stdout = child.stdout.take().context("no pipe")?;
    let (stop, stopped) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let seen = scope.spawn(move || look(pid, tree, &stopped));
        let mut output = String::new();
        let read = stdout.read_to_string(&mut output);
        let ended = end(child, read.is_err());
        let wall = began.elapsed();
        drop(stop);
        let seen = seen.join().unwrap_or_default();
        read.context("what it printed cannot be read")?;
        let used = ended?;
        Ok(Taken {
            status: used.status,
            output,
            wall,
            cpu: used.rusage.utime + used.rusage.stime,
            peak_kib: used.rusage.maxrss / 1024,
            seen_kib: seen.memory_kib,
            threads: seen.threads,
        })
    })
}

fn end(mut child: Child, kill: bool) -> Result<wait4::ResUse> {
    if kill {
        child.kill()?;
    }
    Ok(child.wait4()?)
}

/// What was seen of a process while it ran.
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    threads: Option<u64>,
    memory_kib: u64,
}

/// Looks at a process, and at its children where they count, until `stopped` is closed.
fn look(pid: u32, tree: bool, stopped: &mpsc::Receiver<()>) -> Seen {
    let interval = if tree { INTERVAL_OF_A_TREE } else { INTERVAL };
    let mut most = Seen::default();
    let began = Instant::now();
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
        let processes = if tree { family(pid) } else { vec![pid] };
        if began.elapsed() > LONGEST {
            for pid in &processes {
                kill(*pid);
            }
        }
        let threads = processes.iter().filter_map(|pid| status(*pid, "Threads"));
        most.threads = most.threads.max(threads.reduce(|a, b| a + b));
        if tree {
            // Shared pages are shared out: added up, each counts once.
            let memory: u64 = processes.iter().filter_map(|pid| share(*pid)).sum();
            most.memory_kib = most.memory_kib.max(memory);
        }
    }
    most
}

/// Ends a process of ours that hangs. Whoever waits for it sees how it ended.
#[cfg(unix)]
fn kill(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // An error says that it has ended by itself.
    let _ = pid.map(|pid| kill_process(pid, Signal::KILL));
}

/// Not here: it is waited for.
#[cfg(not(unix))]
fn kill(_pid: u32) {}

/// A process and all that descend from it; on Linux only.
fn family(pid: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let with_parents: Vec<(u32, u64)> =
        pids.filter_map(|pid| Some((pid, status(pid, "PPid")?))).collect();
    let mut family = vec![pid];
    let mut looked_at = 0;
    while let Some(parent) = family.get(looked_at).copied() {
        let is_child = |(_, its): &&(u32, u64)| *its == u64::from(parent);
        family.extend(with_parents.iter().filter(is_child).map(|(pid, _)| *pid));
        looked_at += 1;
    }
    family
}

fn status(pid: u32, field: &str) -> Option<u64> {
    number(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, field)
}

/// The memory of a process in KiB, with its share of what it has in common with others.
fn share(pid: u32) -> Option<u64> {
    number(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?, "Pss")
}

fn number(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.strip_prefix(':')?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{family, number, run};

    #[test]
    fn a_field_is_read_and_no_other_one() {
        let status = "VmRSSx:\t1 kB\nThreads:\t12\nPss:   7 kB\nPss_Anon: 3 kB\n";
        assert_eq!(number(status, "Threads"), Some(12));
        assert_eq!(number(status, "Pss"), Some(7));
        assert_eq!(number(status, "VmRSS"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_is_taken_whole() -> anyhow::Result<()> {
        let taken = run(Command::new("sh").args(["-c", "echo done; exit 3"]), false)?;
        assert_eq!((taken.status.code(), &taken.output[..]), (Some(3), "done\n"));
        assert!(taken.memory_kib(None) > 0, "{taken:?}");
        assert_eq!(taken.memory_kib(Some(7)), 7, "what it tells of itself counts");
        Ok(())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn children_and_theirs_belong_to_the_family() -> anyhow::Result<()> {
        // The innermost ends when its standard input does.
        let mut parent = Command::new("sh")
            .args(["-c", "echo; sh -c 'echo; cat; :'; :"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()?;
        let stdout = parent.stdout.take().ok_or_else(|| anyhow::anyhow!("no pipe"))?;
        // Both shells have begun; `cat` may have, too.
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(stdout));
        lines.next().transpose()?;
        lines.next().transpose()?;
        let found = family(parent.id());
        drop(parent.stdin.take());
        parent.wait()?;
        assert_eq!(found.first(), Some(&parent.id()));
        assert!((2..=3).contains(&found.len()), "{found:?}");
        Ok(())
    }
}
