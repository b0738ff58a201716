//! Two transfers in opposite directions: each holds what the other one wants.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage::{self, Screen};
use threads_and_locks::deadlock::{Account, both_ways, cross};
use threads_and_locks::poison::lock;

/// Two transfers that wait for each other, and the same two in one order of the locks.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How long to wait for the two before they are given up
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis(1, 60_000))]
    deadline: Duration,

    /// How many transfers each way, once the locks are taken in one order
    #[arg(long, value_name = "N", default_value = "10000", value_parser = number(1, 1_000_000))]
    transfers: usize,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        screen.line("the account that pays is locked first")?;
        watch(arguments.deadline, screen)?;

        let (a, b) = (Account::new(1, 100), Account::new(2, 100));
        both_ways(&a, &b, arguments.transfers);
        screen.line("the account with the lower number is locked first")?;
        screen.line(&format!("  {} transfers each way: done", arguments.transfers))?;
        let (a, b) = (*lock(&a.balance), *lock(&b.balance));
        screen.line(&format!("  balances {a} and {b}"))?;
        Ok(())
    })
}

// ANCHOR: watch
/// Waits for two crossed transfers until the deadline, and says who holds what.
fn watch(deadline: Duration, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let (a, b) = (Account::new(1, 100), Account::new(2, 100));
    let (asked, ends) = cross(&a, &b);
    for asks in asked {
        screen.line(&format!(
            "  transfer {}: holds account {}, asks for account {}",
            asks.transfer, asks.holds, asks.wants
        ))?;
    }
    let outcome = match ends.recv_timeout(deadline) {
        Ok(transfer) => format!("transfer {transfer} is done"),
        Err(_) => format!("{} ms later: none is done", deadline.as_millis()),
    };
    screen.line(&format!("  {outcome}"))?;
    for account in [a, b].iter().filter(|account| account.is_locked()) {
        screen.line(&format!("  account {} is still locked", account.number))?;
    }
    Ok(())
}
// ANCHOR_END: watch
