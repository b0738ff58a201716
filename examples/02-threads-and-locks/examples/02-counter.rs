//! Counts with many threads: three ways that are right, and what each costs.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use lab::command_line::number;
use lab::stage;
use threads_and_locks::counter::{
    Classic, count_apart, count_atomic, count_locked, count_the_classic_way,
};

/// Counts with many threads, and says what each way to do it costs.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many threads count
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = number(1, 64))]
    threads: usize,

    /// How often each of them adds 1
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = number(1, 10_000_000))]
    increments: usize,
}

type Way = fn(usize, u64) -> u64;

const WAYS: [(&str, Way); 3] = [
    ("a sum for each thread", count_apart),
    ("fetch_add", count_atomic),
    ("a lock", count_locked),
];

fn main() -> ExitCode {
    stage::show(|&Arguments { threads, increments }: &Arguments, screen| {
        let Classic { count, met } = count_the_classic_way(1_000);
        let (lost, met) = (1_000 - count, met as f64 / 10.0);
        screen.line("1000 x 1 increment, in two careless steps")?;
        screen.line(&format!("  {lost} lost, {met:.1} % met another thread at work"))?;

        screen.line(&format!("\n{threads} x {increments} increments"))?;
        let mut cheapest = None;
        for (name, way) in WAYS {
            let (count, ns) = measure(way, threads, increments);
            let times = ns / *cheapest.get_or_insert(ns);
            screen.line(&format!(
                "  {name:<22} {count:>9} {ns:>8.1} ns each {times:>7.1} times"
            ))?;
        }
        Ok(())
    })
}

/// What `way` counts, and the time for each increment in nanoseconds.
fn measure(way: Way, threads: usize, increments: usize) -> (u64, f64) {
    let began = Instant::now();
    let count = way(threads, increments as u64);
    let ns = began.elapsed().as_secs_f64() * 1e9;
    (count, ns / (threads * increments) as f64)
}
