//! Files hashed and replaced in every model: those that are in memory, and those that are not.

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
use other_waits::files::{
    Digest, FileError, cache, on_rayon, on_tokio, one_by_one, pooled,
};
use thread_pool::ThreadPool;
use tokio::runtime::{self, Runtime};

/// Hashes and replaces files in every model, from memory and from the device
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many small files, of 4 KiB
    #[arg(long, value_name = "N", default_value = "5000", value_parser = number(1, 20_000))]
    small: usize,
    /// How many large files, of 4 MiB
    #[arg(long, value_name = "N", default_value = "8", value_parser = number(1, 64))]
    large: usize,
    /// How many workers the pool has, and how many files tokio has in flight
    #[arg(long, value_name = "N", default_value = "16", value_parser = number(1, 256))]
    workers: usize,
    /// How often to measure each
    #[arg(long, value_name = "N", default_value = "1", value_parser = number(1, 20))]
    rounds: usize,
    /// Where to put the files for a while, if not where temporary ones go
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Replacing waits for the device each time, so that not all of them are replaced.
const MOST_REPLACED: usize = 200;

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let scratch = Scratch::new(arguments.folder.as_deref())?;
        let models = Models::new(arguments.workers)?;
        for (n, kib, size) in
            [(arguments.small, 4, "4 KiB"), (arguments.large, 4 << 10, "4 MiB")]
        {
            let paths = make(&scratch.path().join(size), n, kib << 10)?;
            let title = format!("{n} files of {size}");
            let units = format!("{:>16}{:>11}{:>11}", "least", "most", "CPU");
            screen.line(&format!("{title:<25}{units}{:>17}", "from the device"))?;
            measure_all(&models, &paths, arguments.rounds, screen)?;
            screen.line("")?;
        }
        if cache::is_memory(scratch.path()) {
            screen.line("these files are on tmpfs, which is memory (try --folder)")?;
        }
        screen.line("each model gave the same digests")?;
        Ok(())
    })
}

/// Files of so many bytes, each with a text of its own.
fn make(folder: &Path, n: usize, bytes: usize) -> io::Result<Vec<PathBuf>> {
    fs::create_dir(folder)?;
    let file = |i| {
        let line = format!("this is file number {i}\n").into_bytes();
        let text: Vec<u8> = line.into_iter().cycle().take(bytes).collect();
        let path = folder.join(format!("{i}.txt"));
        fs::write(&path, text).map(|()| path)
    };
    (0..n).map(file).collect()
}

/// What each model needs, and what is not timed.
struct Models {
    workers: usize,
    pool: ThreadPool,
    runtime: Runtime,
}

const NAMES: [&str; 4] = ["one by one", "pool", "rayon", "tokio::fs"];

impl Models {
    fn new(workers: usize) -> io::Result<Self> {
        let pool = ThreadPool::new(workers)?;
        let runtime = runtime::Builder::new_current_thread().build()?;
        Ok(Self { workers, pool, runtime })
    }

    fn hash_all(
        &self,
        model: usize,
        paths: &[PathBuf],
    ) -> Vec<Result<Digest, FileError>> {
        match model {
            0 => one_by_one::hash_all(paths),
            1 => pooled::hash_all(&self.pool, paths),
            2 => on_rayon::hash_all(paths),
            _ => self.runtime.block_on(on_tokio::hash_all(paths, self.workers)),
        }
    }

    fn rewrite_all(&self, model: usize, paths: &[PathBuf]) -> Vec<Result<(), FileError>> {
        match model {
            0 => one_by_one::rewrite_all(paths),
            1 => pooled::rewrite_all(&self.pool, paths),
            2 => on_rayon::rewrite_all(paths),
            _ => self.runtime.block_on(on_tokio::rewrite_all(paths, self.workers)),
        }
    }
}

/// What one run took.
struct Measured {
    wall: Duration,
    cpu: Option<Duration>,
    fetched: Option<u64>,
}

fn measure<T>(job: impl FnOnce() -> T) -> (T, Measured) {
    let (fetched, cpu, began) = (cache::fetched(), cpu_time(), Instant::now());
    let done = job();
    let wall = began.elapsed();
    let cpu = cpu_time().zip(cpu).map(|(after, before)| after.saturating_sub(before));
    let fetched = cache::fetched().zip(fetched).map(|(after, before)| after - before);
    (done, Measured { wall, cpu, fetched })
}

fn measure_all(
    models: &Models,
    paths: &[PathBuf],
    rounds: usize,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    // From here on the files are in memory, and all threads are there.
    let known = whole(models.hash_all(0, paths))?;
    for model in 1..NAMES.len() {
        whole(models.hash_all(model, paths))?;
    }
    let hash = |model| {
        let (digests, measured) = measure(|| models.hash_all(model, paths));
        if whole(digests)? == known {
            Ok(measured)
        } else {
            Err("a model gave other digests".into())
        }
    };
    in_turn("hash, warm", rounds, hash, screen)?;
    let hash_cold = |model| {
        cache::forget(paths)?;
        hash(model)
    };
    if cfg!(target_os = "linux") {
        in_turn("hash, cold", rounds, hash_cold, screen)?;
    } else {
        screen.line("  hash, cold      only Linux is asked to forget files")?;
    }
    let some = &paths[..paths.len().min(MOST_REPLACED)];
    let rewrite = |model| {
        let (done, measured) = measure(|| models.rewrite_all(model, some));
        whole(done)?;
        Ok(measured)
    };
    in_turn(&format!("rewrite {}", some.len()), rounds, rewrite, screen)
}

/// Runs all models in turn, so many times, and prints a line for each.
fn in_turn(
    what: &str,
    rounds: usize,
    job: impl Fn(usize) -> Result<Measured, Box<dyn Error>>,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let mut runs: [Vec<Measured>; NAMES.len()] = Default::default();
    for _ in 0..rounds {
        for (model, runs) in runs.iter_mut().enumerate() {
            runs.push(job(model)?);
        }
    }
    for (model, mut runs) in runs.into_iter().enumerate() {
        runs.sort_by_key(|run| run.wall);
        if let (Some(least), Some(most)) = (runs.first(), runs.last()) {
            let what = if model == 0 { what } else { "" };
            let row = row(least, most);
            screen.line(&format!("  {what:<14}{:<11}{row}", NAMES[model]))?;
        }
    }
    Ok(())
}

/// The shortest run, and how long the longest took.
fn row(least: &Measured, most: &Measured) -> String {
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let mib = |bytes| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let unknown = || "?".to_owned();
    let cpu = least.cpu.map_or_else(unknown, ms);
    let fetched = least.fetched.map_or_else(unknown, mib);
    let [least, most] = [least, most].map(|run| ms(run.wall));
    format!("{least:>14}{most:>11}{cpu:>11}{fetched:>17}")
}

/// All of them, or the first error: here it would spoil the comparison.
fn whole<T>(results: Vec<Result<T, FileError>>) -> Result<Vec<T>, FileError> {
    results.into_iter().collect()
}
