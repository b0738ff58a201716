//! One of six jobs goes wrong: what is left of the others, in threads and in processes.

use std::env;
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use lab::stage;
use processes::child::how_it_ended;
use processes::isolation::{FRAGILE_SQUARE, Mishap, in_processes, in_threads};
use processes::{ProcessPool, work_if_asked};

/// One of six jobs goes wrong: what is left of the others?
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// Do the jobs in threads of this very process, let the fourth go wrong, and tell
    #[arg(long, value_name = "MISHAP", hide = true)]
    threads: Option<String>,
}

fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&[&FRAGILE_SQUARE]) {
        return code;
    }
    stage::show(|arguments: &Arguments, screen| {
        let named = |name: &str| Mishap::ALL.into_iter().find(|(own, _)| *own == name);
        if let Some(name) = &arguments.threads {
            let (_, mishap) = named(name).ok_or("no such mishap")?;
            screen.line(&in_threads(mishap).iter().flatten().count().to_string())?;
            return Ok(());
        }
        screen.line("six jobs, and one goes wrong")?;
        screen.line("             in threads of one process     in worker processes")?;
        let pool = ProcessPool::new(2)?;
        for (name, mishap) in Mishap::ALL {
            // In a child, so that this program is there to tell.
            let threads = Command::new(env::current_exe()?)
                .args(["--threads", name])
                .stderr(Stdio::null())
                .output()?;
            let results = String::from_utf8_lossy(&threads.stdout);
            let results = results.trim().parse().unwrap_or(0);
            let ended = how_it_ended(threads.status);
            let left = in_processes(&pool, mishap).iter().flatten().count();
            screen.line(&format!(
                "  {name:<9}  {results} results, {ended:<15}   {left} results"
            ))?;
        }
        Ok(())
    })
}
