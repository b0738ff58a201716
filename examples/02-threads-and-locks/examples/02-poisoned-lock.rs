//! A transfer that panics half way, and what the next thread finds.

use std::io;
use std::process::ExitCode;
use std::sync::Mutex;
use std::{panic, thread};

use clap::Parser;
use lab::stage::{self, Screen};
use threads_and_locks::panic_message;
use threads_and_locks::poison::{Accounts, lock, repair, transfer, transfer_at_once};

/// A transfer that panics half way, and what the next thread finds.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How much is transferred; each account has 100
    #[arg(long, value_name = "N", default_value = "150", value_parser = lab::command_line::number(1, 1_000))]
    amount: usize,
}

fn main() -> ExitCode {
    report_no_panic_but_of_main();
    stage::show(|arguments: &Arguments, screen| {
        let amount = i64::try_from(arguments.amount)?;
        screen.line("a transfer that checks half way")?;
        half_way(amount, screen)?;
        screen.line("a transfer that changes both accounts at once")?;
        at_once(amount, screen)?;
        Ok(())
    })
}

/// The panics of the other threads are the lesson, and are told by whoever joins them.
fn report_no_panic_but_of_main() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name() == Some("main") {
            report(panic);
        }
    }));
}

fn half_way(amount: i64, screen: &Screen) -> io::Result<()> {
    let before = Accounts { first: 100, second: 100 };
    let accounts = Mutex::new(before);
    let moved = |amount| in_a_thread(|| transfer(&accounts, amount));
    screen.line(&format!("  move {amount}: {}", moved(amount)))?;
    screen.line(&format!("  move 10: {}", moved(10)))?;
    screen.line(&format!("  move 10: {}", moved(10)))?;
    let found = *lock(&accounts);
    screen.line(&format!("  behind the lock: {found}"))?;

    repair(&accounts, before);
    screen.line(&format!("  repaired, move 10: {}", moved(10)))?;
    let found = *lock(&accounts);
    screen.line(&format!("  behind the lock: {found}"))
}

fn at_once(amount: i64, screen: &Screen) -> io::Result<()> {
    let accounts = Mutex::new(Accounts { first: 100, second: 100 });
    for amount in [amount, 10] {
        let outcome = in_a_thread(|| {
            transfer_at_once(&accounts, amount);
            Ok(())
        });
        screen.line(&format!("  move {amount}: {outcome}"))?;
    }
    let found = *lock(&accounts);
    screen.line(&format!("  behind the lock: {found}"))
}

/// What became of a transfer on a thread of its own.
fn in_a_thread(transfer: impl FnOnce() -> Result<(), String> + Send) -> String {
    match thread::scope(|scope| scope.spawn(transfer).join()) {
        Ok(Ok(())) => "done".to_owned(),
        Ok(Err(refused)) => format!("refused: {refused}"),
        Err(panic) => format!("panicked: {}", panic_message(&*panic)),
    }
}
