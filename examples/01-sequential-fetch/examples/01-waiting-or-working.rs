//! Runs any command and says how much of its time was work for a CPU.
//!
//! Prints to standard error, as `time` does, so that the command's own output stays clean; exits as the command did.

use std::io::{self, Write as _};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::Instant;

use clap::Parser;
use lab::command_line;
use wait4::Wait4 as _;

/// Runs a command, then says whether it was waiting or working.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// The command, and whatever it takes
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    command: Vec<std::ffi::OsString>,
}

fn main() -> ExitCode {
    let arguments: Arguments = match command_line::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    // Ctrl-C reaches the command too, and is meant for it: wait for it to end, and report. Where no handler can be set, Ctrl-C
    // ends us both.
    let _ = ctrlc::set_handler(|| {});
    match measure(&arguments.command) {
        Ok((status, wall, cpu)) => {
            let _ = io::stderr().write_all(verdict(wall, cpu).as_bytes());
            exit_code(status)
        }
        Err(error) => {
            let name = arguments.command[0].to_string_lossy().into_owned();
            // The codes that shells use: not found, or found and not to be run.
            let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
            command_line::complain(&format!("cannot run {name}: {error}"));
            ExitCode::from(code)
        }
    }
}

// ANCHOR: measure
/// Runs the command to its end. Returns how it ended, and its wall time and CPU time in
/// seconds.
fn measure(command: &[std::ffi::OsString]) -> io::Result<(ExitStatus, f64, f64)> {
    let began = Instant::now();
    let child = Command::new(&command[0]).args(&command[1..]).spawn()?;
    // Like wait(), and the kernel adds what the child has used, and those of its own
    // children that it has waited for.
    let used = child.wait4()?;
    let wall = began.elapsed().as_secs_f64();
    let cpu = (used.rusage.utime + used.rusage.stime).as_secs_f64();
    Ok((used.status, wall, cpu))
}
// ANCHOR_END: measure

// ANCHOR: verdict
fn verdict(wall: f64, cpu: f64) -> String {
    let busy = cpu / wall;
    let verdict = match busy {
        ..0.1 => "waiting: I/O-bound, or asleep",
        0.1..0.9 => "some of both",
        0.9..1.1 => "working: CPU-bound, on one core",
        _ => "working: CPU-bound, on more than one core",
    };
    format!(
        "wall {wall:.3} s   CPU {cpu:.3} s   {:.0} % of one core\n{} {verdict}\n",
        busy * 100.0,
        bar(busy)
    )
}
// ANCHOR_END: verdict

/// Forty columns for the wall time: filled to the share in which a core was busy.
fn bar(busy: f64) -> String {
    let solid = (0..40).filter(|&column| f64::from(column) + 0.5 < busy * 40.0).count();
    "█".repeat(solid) + &"░".repeat(40 - solid)
}

fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::{bar, verdict};

    #[test]
    fn the_verdict_follows_the_share_of_cpu_time() {
        for (cpu, words) in [
            (0.0, "waiting: I/O-bound, or asleep"),
            (0.19, "waiting: I/O-bound, or asleep"),
            (0.2, "some of both"),
            (1.79, "some of both"),
            (1.8, "working: CPU-bound, on one core"),
            (2.19, "working: CPU-bound, on one core"),
            (2.2, "working: CPU-bound, on more than one core"),
            (8.0, "working: CPU-bound, on more than one core"),
        ] {
            let verdict = verdict(2.0, cpu);
            assert!(verdict.ends_with(&format!(" {words}\n")), "{cpu}: {verdict}");
        }
        assert!(
            verdict(2.0, 0.5)
                .starts_with("wall 2.000 s   CPU 0.500 s   25 % of one core\n")
        );
    }

    #[test]
    fn the_bar_is_filled_to_the_share() {
        let filled = |busy| bar(busy).matches('█').count();
        assert_eq!([0.0, 0.5, 0.99, 1.0, 3.0].map(filled), [0, 20, 40, 40, 40]);
        assert_eq!(bar(0.3).chars().count(), 40);
    }
}
