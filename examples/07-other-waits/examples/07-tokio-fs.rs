//! What is behind `tokio::fs`: threads. How many, how often they are asked, and when more of them make it slower.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use lab::command_line::number;
use lab::scratch::Scratch;
use lab::stage::{self, Screen, cpu_time};
use other_waits::files::on_tokio::{
    hand_overs, hash, hash_all, read_in_pieces, rewrite_all,
};
use other_waits::files::{FileError, cache, one_by_one};
use tokio::runtime::{self, Runtime};

/// Shows the threads behind tokio's files
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many named pipes are read at once
    #[arg(long, value_name = "N", default_value = "100", value_parser = number(1, 1_000))]
    pipes: usize,
    /// How many files, of 4 KiB
    #[arg(long, value_name = "N", default_value = "500", value_parser = number(1, 20_000))]
    small: usize,
    /// How many threads tokio may have for what blocks, in turn
    #[arg(
        long, value_name = "N,N,...", value_delimiter = ',',
        default_value = "1,2,4,16,64,256", value_parser = number(1, 512)
    )]
    workers: Vec<usize>,
    /// How often to measure each
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 20))]
    rounds: usize,
    /// Where to put the files for a while, if not where temporary ones go
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// A thread for every wait is many; this many is a queue.
const FEW: usize = 4;
/// A share of the files: replacing waits for the device each time.
const REPLACED: usize = 10;

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let scratch = Scratch::new(arguments.folder.as_deref())?;
        show_threads(arguments.pipes, scratch.path(), screen)?;
        show_hand_overs(scratch.path(), screen)?;
        sweep(arguments, scratch.path(), screen)
    })
}

#[cfg(target_os = "linux")]
fn show_threads(
    pipes: usize,
    folder: &Path,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    use asynchronous::many::raise_descriptor_limit;
    use other_waits::files::on_tokio::waiting::{named_pipes, overtakes, threads_for};

    /// Output, the runtime's own, a folder that is made and removed.
    const SPARE: usize = 64;

    // Both ends of each pipe are descriptors of this process. An end without its other one would be waited for for ever.
    let limit = raise_descriptor_limit();
    if limit < 2 * pipes + SPARE {
        let too_many = format!("too many pipes: {limit} descriptors, and two for each");
        return Err(too_many.into());
    }
    let paths = named_pipes(&folder.join("pipes"), pipes)?;
    screen.line(&format!("{pipes} named pipes, read at once by tokio::fs::read"))?;
    for (name, most) in [("as tokio comes", 512), ("max_blocking_threads(4)", FEW)] {
        let threads = threads_for(&paths, most)?;
        screen.line(&format!("  {name:<26}{threads:>4} threads more"))?;
    }
    screen.line("\na file that is read after a pipe that nobody writes to")?;
    let file = folder.join("file");
    fs::write(&file, "text")?;
    for most in [1, 2] {
        let when = if overtakes(&paths[0], &file, most)? {
            "at once"
        } else {
            "when the pipe is done"
        };
        screen.line(&format!("  max_blocking_threads({most})   {when}"))?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn show_threads(_: usize, _: &Path, screen: &Screen) -> Result<(), Box<dyn Error>> {
    screen.line("threads are counted on Linux only")?;
    Ok(())
}

/// How often one file is handed over to another thread.
fn show_hand_overs(folder: &Path, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let file = &folder.join("large");
    fs::write(file, vec![b'a'; 1 << 20])?;
    let runtime = with_threads(1)?;
    screen.line("\nhand-overs for a file of 1 MiB")?;
    for (name, count) in [
        ("tokio::fs::read", runtime.block_on(hand_overs(hash(file)))),
        (
            "read, 64 KiB at a time",
            runtime.block_on(hand_overs(read_in_pieces(file, 64 << 10))),
        ),
        (
            "read, 4 KiB at a time",
            runtime.block_on(hand_overs(read_in_pieces(file, 4 << 10))),
        ),
    ] {
        screen.line(&format!("  {name:<26}{count:>4}"))?;
    }
    Ok(())
}

fn with_threads(most: usize) -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().max_blocking_threads(most).build()
}

/// A way to do it: its name, and what does it.
struct Row {
    name: String,
    run: Box<dyn Fn(Job) -> Result<Measured, FileError>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Job {
    Warm,
    Cold,
    Rewrite,
}

/// What one run took, or the best of several; and the worst of them.
#[derive(Clone, Copy)]
struct Measured {
    least: Duration,
    most: Duration,
    cpu: Duration,
}

fn sweep(
    arguments: &Arguments,
    folder: &Path,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let folder = folder.join("small");
    fs::create_dir(&folder)?;
    let paths: Vec<PathBuf> =
        (0..arguments.small).map(|i| folder.join(format!("{i}.txt"))).collect();
    for path in &paths {
        fs::write(path, vec![b'a'; 4 << 10])?;
    }
    let mut rows = vec![plain_loop(&paths)];
    for most in &arguments.workers {
        rows.push(on_threads(*most, &paths)?);
    }
    let (n, few) = (paths.len(), share(&paths).len());
    let runs = arguments.rounds;
    screen.line(&format!("\n{n} files of 4 KiB, {runs} runs of each in turn"))?;
    let title = format!("rewrite {few}");
    let titles =
        format!("{:>18}{:>8}{:>19}{title:>19}", "hash, warm", "CPU", "hash, cold");
    screen.line(&format!("{:<13}{titles}", ""))?;
    let warm = in_turn(&rows, Job::Warm, &paths, runs)?;
    let cold = if cfg!(target_os = "linux") {
        Some(in_turn(&rows, Job::Cold, &paths, runs)?)
    } else {
        None // only Linux is asked to forget files
    };
    let rewritten = in_turn(&rows, Job::Rewrite, &paths, runs)?;
    let ms = |time: Duration| format!("{:.0} ms", time.as_secs_f64() * 1000.0);
    let spread = |m: &Measured| format!("{:>8} -{:>8}", ms(m.least), ms(m.most));
    for (i, row) in rows.iter().enumerate() {
        let cpu = ms(warm[i].cpu);
        let cold = cold.as_ref().map_or_else(|| "?".to_owned(), |cold| spread(&cold[i]));
        let [warm, rewritten] = [&warm[i], &rewritten[i]].map(spread);
        screen
            .line(&format!("{:<13}{warm}{cpu:>8}{cold:>19}{rewritten:>19}", row.name))?;
    }
    if cache::is_memory(&folder) {
        screen.line("these files are on tmpfs, which is memory (try --folder)")?;
    }
    Ok(())
}

fn share(paths: &[PathBuf]) -> &[PathBuf] {
    &paths[..paths.len().div_ceil(REPLACED)]
}

fn timed<T>(
    job: impl FnOnce() -> Vec<Result<T, FileError>>,
) -> Result<Measured, FileError> {
    let (cpu, began) = (cpu_time().unwrap_or_default(), Instant::now());
    let done = job();
    let wall = began.elapsed();
    let cpu = cpu_time().unwrap_or_default().saturating_sub(cpu);
    done.into_iter().try_for_each(|result| result.map(drop))?;
    Ok(Measured { least: wall, most: wall, cpu })
}

fn plain_loop(paths: &[PathBuf]) -> Row {
    let paths = paths.to_vec();
    let run = move |job| match job {
        Job::Rewrite => timed(|| one_by_one::rewrite_all(share(&paths))),
        Job::Warm | Job::Cold => timed(|| one_by_one::hash_all(&paths)),
    };
    Row { name: "a plain loop".to_owned(), run: Box::new(run) }
}

/// All files at once, as far as there are threads.
fn on_threads(most: usize, paths: &[PathBuf]) -> io::Result<Row> {
    let (paths, runtime) = (paths.to_vec(), with_threads(most)?);
    let n = paths.len();
    let run = move |job| match job {
        Job::Rewrite => timed(|| runtime.block_on(rewrite_all(share(&paths), n))),
        Job::Warm | Job::Cold => timed(|| runtime.block_on(hash_all(&paths, n))),
    };
    let threads = if most == 1 { "thread" } else { "threads" };
    Ok(Row { name: format!("{most} {threads}"), run: Box::new(run) })
}

/// The best and the worst of so many runs of each row, after one that does not count.
fn in_turn(
    rows: &[Row],
    job: Job,
    paths: &[PathBuf],
    runs: usize,
) -> Result<Vec<Measured>, Box<dyn Error>> {
    let mut best: Vec<Option<Measured>> = vec![None; rows.len()];
    for run in 0..=runs {
        for (row, best) in rows.iter().zip(&mut best) {
            if job == Job::Cold {
                cache::forget(paths)?;
            }
            let new = (row.run)(job)?;
            let together = |old: Measured| Measured {
                least: old.least.min(new.least),
                most: old.most.max(new.most),
                cpu: old.cpu.min(new.cpu),
            };
            if run > 0 {
                *best = Some(best.map_or(new, together));
            }
        }
    }
    Ok(best.into_iter().flatten().collect())
}
