//! How children end, and what is left of them where nobody waits.

use std::error::Error;
use std::io::{BufReader, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use clap::Parser;
use lab::stage::{self, Screen};
use processes::child::{
    KillOnDrop, be_one_if_asked, how_it_ended, line, pipes, state, this_program,
    until_it_ends, wait_timeout,
};

/// Starts children, ends them in several ways, and tells what is left of each.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    if let Some(code) = be_one_if_asked() {
        return code;
    }
    stage::show(|_: &Arguments, screen| {
        nobody_waits(screen)?;
        dropped(screen)?;
        overdue(screen)?;
        grandchild(screen)
    })
}

/// A child with pipes on both sides.
fn with_pipes(role: &str) -> Result<Command, Box<dyn Error>> {
    let mut command = this_program(role)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

fn nobody_waits(screen: &Screen) -> Result<(), Box<dyn Error>> {
    // ANCHOR: zombie
    screen.line("a child that has ended")?;
    let mut child = KillOnDrop::start(&mut with_pipes("wait")?)?;
    let (to, mut from) = pipes(&mut child)?;
    drop(to); // its input ends, and so does the child
    let before = until_it_ends(child.id(), &mut from)?;
    screen.line(&format!("  before wait()               {before:?}"))?;
    child.wait()?;
    screen.line(&format!("  after wait()                {:?}", state(child.id())))?;
    // ANCHOR_END: zombie
    Ok(())
}

fn dropped(screen: &Screen) -> Result<(), Box<dyn Error>> {
    // ANCHOR: dropped
    screen.line("a child whose handle is dropped")?;
    let mut child = with_pipes("wait")?.spawn()?;
    let (id, (to, mut from)) = (child.id(), pipes(&mut child)?);
    drop(child);
    screen.line(&format!("  a plain Child               {:?}", state(id)))?;
    drop(to);
    let after = until_it_ends(id, &mut from)?;
    screen.line(&format!("  the same, when it has ended {after:?}"))?;

    let child = KillOnDrop::start(&mut with_pipes("wait")?)?;
    let id = child.id();
    drop(child);
    screen.line(&format!("  in a KillOnDrop             {:?}", state(id)))?;
    // ANCHOR_END: dropped
    Ok(())
}

fn overdue(screen: &Screen) -> Result<(), Box<dyn Error>> {
    // ANCHOR: overdue
    screen.line("a child that does not end in time")?;
    let mut child = KillOnDrop::start(&mut with_pipes("wait")?)?;
    let status = wait_timeout(&mut child, Duration::from_millis(100))?;
    screen.line(&format!("  wait_timeout                {status:?}"))?;
    child.kill()?;
    screen.line(&format!(
        "  kill, then wait             {}",
        how_it_ended(child.wait()?)
    ))?;
    // ANCHOR_END: overdue
    Ok(())
}

fn grandchild(screen: &Screen) -> Result<(), Box<dyn Error>> {
    // ANCHOR: grandchild
    screen.line("a child that has a child, and is killed")?;
    let mut child = KillOnDrop::start(&mut with_pipes("parent")?)?;
    let (mut to, from) = pipes(&mut child)?;
    let mut from = BufReader::new(from);
    writeln!(to, "are you there?")?;
    line(&mut from)?; // it is the grandchild who answers: now there is one
    child.kill()?;
    child.wait()?;
    writeln!(to, "still there?")?;
    screen.line(&format!("  the grandchild says         {}", line(&mut from)?))?;
    // `to` is dropped here: the grandchild's input ends, and so does the grandchild.
    // ANCHOR_END: grandchild
    Ok(())
}
