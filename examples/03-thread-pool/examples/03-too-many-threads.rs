//! What a thread costs, and what happens when there is none left to have.

use std::env;
use std::error::Error;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, Screen};
use thread_pool::crowd::{gather, one_by_one};

/// Measures what a thread costs, then asks for more threads than there are.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many threads to measure with
    #[arg(long, value_name = "N", default_value = "1000", value_parser = number(1, 10_000))]
    threads: usize,
    /// Only ask for threads until one is refused. Do this in a process that has a limit
    #[arg(long)]
    until_refused: bool,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        if arguments.until_refused {
            return until_refused(screen);
        }
        measure(arguments.threads, screen)?;
        in_a_process_with_a_limit(screen)
    })
}

fn measure(n: usize, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    one_by_one(n)?;
    let each = began.elapsed().as_secs_f64() * 1e6 / n as f64;
    screen.line(&format!("{n} threads, begun and joined one at a time"))?;
    screen.line(&format!("  time             {each:6.0} µs each"))?;

    let before = [memory("VmRSS:"), memory("VmSize:")];
    let (crowd, refused) = gather(n);
    let after = [memory("VmRSS:"), memory("VmSize:")];
    crowd.dismiss();
    refused?;
    screen.line(&format!("{n} threads that wait, all at once"))?;
    for (i, what) in ["resident memory", "address space"].into_iter().enumerate() {
        // Told by Linux only.
        if let (Some(before), Some(after)) = (before[i], after[i]) {
            let each = (after - before) / n as f64;
            screen.line(&format!("  {what:<16} {each:6.0} KiB each"))?;
        }
    }
    Ok(())
}

/// What Linux says of this process, in KiB.
fn memory(field: &str) -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn until_refused(screen: &Screen) -> Result<(), Box<dyn Error>> {
    let (crowd, outcome) = gather(5000);
    screen.line(&format!("  {} threads have begun", crowd.size()))?;
    match outcome {
        Ok(()) => screen.line("  and none was refused")?,
        Err(refused) => screen.line(&format!("  the next one: {refused}"))?,
    }
    screen.line(&format!("  {} threads have ended", crowd.dismiss()))?;
    Ok(())
}

// ANCHOR: limit
/// Runs this program again, where it can harm nobody: with 4 GiB of address space, and
/// threads whose stacks take 256 MiB of that each.
fn in_a_process_with_a_limit(screen: &Screen) -> Result<(), Box<dyn Error>> {
    if cfg!(not(target_os = "linux")) {
        screen.line("5000 threads, until one is refused: shown on Linux only")?;
        return Ok(());
    }
    screen.line(
        "5000 threads, where address space ends at 4 GiB and a stack has 256 MiB",
    )?;
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -v 4194304 && exec \"$0\" --until-refused"]);
    shell.arg(env::current_exe()?);
    shell.env("RUST_MIN_STACK", (256 << 20).to_string());
    // glibc would set aside address space for each thread's small allocations, too.
    shell.env("MALLOC_ARENA_MAX", "1");
    let status = shell.status()?;
    if status.success() { Ok(()) } else { Err(format!("sh: {status}").into()) }
}
// ANCHOR_END: limit
