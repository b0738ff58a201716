//! A race that compiles: updates are lost, with atomics and with locks.

use std::process::ExitCode;

use clap::Parser;
use lab::command_line::number;
use lab::stage;
use threads_and_locks::counter::{
    count_atomic, count_load_store, count_locked, count_locked_twice, lose_one,
};

/// Counts with many threads, and says how much of it is lost.
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

type Two = fn(usize, u64, &(dyn Fn() + Sync)) -> u64;
type One = fn(usize, u64) -> u64;

/// In two steps, and something may come between them.
const IN_TWO: [(&str, Two); 2] = [
    ("load, store", |n, m, between| count_load_store(n, m, between)),
    ("lock, read, unlock, lock, write", |n, m, between| {
        count_locked_twice(n, m, between)
    }),
];
const IN_ONE: [(&str, One); 2] =
    [("lock, read, write", count_locked), ("fetch_add", count_atomic)];

fn main() -> ExitCode {
    stage::show(|&Arguments { threads, increments }: &Arguments, screen| {
        screen.line("2 x 1 increment, and both read before either writes")?;
        for (name, way) in IN_TWO {
            let count = lose_one(|between| way(2, 1, between));
            screen.line(&format!("  {name:<32} counts to {count}"))?;
        }

        screen.line(&format!("\n{threads} x {increments} increments"))?;
        let (each, all) = (increments as u64, (threads * increments) as u64);
        for (name, way) in IN_TWO {
            let lost = all - way(threads, each, &|| {});
            screen.line(&format!("  {name:<32} {lost:>9} lost"))?;
        }
        for (name, way) in IN_ONE {
            // In words, so that it is compared with the recording, where a figure is left out.
            let lost = match all - way(threads, each) {
                0 => "none lost".to_owned(),
                lost => format!("{lost} lost, and that is a bug"),
            };
            screen.line(&format!("  {name:<32} {lost:>14}"))?;
        }
        Ok(screen.line("Where it takes two steps, 0 lost would be no promise.")?)
    })
}
