//! The same work cut into few pieces and into many, shared out by rayon and by the pool of this chapter.

use std::hint::black_box;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use clap::Parser;
use lab::command_line::number;
use lab::stage::{self, NUMBERS};
use rayon::ThreadPoolBuilder;
use thread_pool::work::{count, count_on, cut};
use thread_pool::{ThreadPool, crunch};

const PIECES: [u64; 7] = [1, 2, 5, 50, 500, 50_000, 500_000];

/// Cuts the same work into few pieces and into many, and measures both pools with each
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many workers each pool has [default: one for each core]
    #[arg(long, value_name = "N", value_parser = number(1, 1_000))]
    workers: Option<usize>,

    /// How often each is measured; the shortest time is shown
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, 1_000))]
    repeats: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let cores = thread::available_parallelism()?.get();
        let workers = arguments.workers.unwrap_or(cores);
        let rayon = ThreadPoolBuilder::new().num_threads(workers).build()?;
        let pool = ThreadPool::new(workers)?;
        screen
            .line("  pieces     no threads         rayon    the pool of this chapter")?;
        for pieces in PIECES {
            let chunks = cut(NUMBERS, pieces);
            let mut shortest = [f64::INFINITY; 3];
            for _ in 0..arguments.repeats {
                let taken = [
                    millis(|| chunks.iter().cloned().map(crunch).sum::<u64>()),
                    millis(|| rayon.install(|| count(&chunks))),
                    millis(|| count_on(&pool, chunks.clone())),
                ];
                for (shortest, taken) in shortest.iter_mut().zip(taken) {
                    *shortest = shortest.min(taken);
                }
            }
            let [alone, rayon, pool] = shortest;
            screen.line(&format!(
                "{pieces:8}{alone:12.0} ms{rayon:11.0} ms{pool:13.0} ms"
            ))?;
        }
        Ok(())
    })
}

fn millis<T>(job: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    // Without a use of the result, the compiler might leave out the work.
    black_box(job());
    began.elapsed().as_secs_f64() * 1e3
}
