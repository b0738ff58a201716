//! A fast producer and a late consumer, with queues of three sizes between them.

use std::process::ExitCode;

use clap::Parser;
use crossbeam_channel::{bounded, unbounded};
use lab::command_line::number;
use lab::stage;
use threads_and_locks::channels::{Messages, Traffic, hand_over};

/// Sends messages to a late consumer, through queues without and with a bound
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many messages to send through each queue
    #[arg(long, value_name = "N", value_parser = number(1, 1_000), default_value = "256")]
    messages: usize,
    /// The size of a message, in KiB
    #[arg(long, value_name = "KIB", value_parser = number(1, 1_024), default_value = "256")]
    size: usize,
    /// How many messages the bounded queue holds
    #[arg(long, value_name = "N", value_parser = number(0, 1_000), default_value = "4")]
    capacity: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let (number, kib, n) = (arguments.messages, arguments.size, arguments.capacity);
        if number * kib > 256 * 1024 {
            return Err("that is more than 256 MiB in all (try --help)".into());
        }
        let messages = Messages { number, size: kib * 1024 };
        screen.line(&format!("{number} messages, {kib} KiB each"))?;
        screen.line("")?;
        screen.line("             longest queue   memory grew by   producer waited")?;
        screen.line(&row("unbounded()", &hand_over(messages, unbounded())))?;
        screen.line(&row(&format!("bounded({n})"), &hand_over(messages, bounded(n))))?;
        screen.line(&row("bounded(0)", &hand_over(messages, bounded(0))))?;
        Ok(())
    })
}

fn row(queue: &str, traffic: &Traffic) -> String {
    let growth = traffic.growth.map_or_else(
        || "not known here".to_owned(),
        |bytes| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    );
    let Traffic { peak, waits, .. } = traffic;
    format!("{queue:<13}{peak:>4} messages   {growth:>14}   {waits:>9} times")
}
