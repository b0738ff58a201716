//! What a child is given, what it says, and how it ended.

use std::error::Error;
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;
use lab::stage::{self, Screen};
use processes::child::{
    KillOnDrop, ask, be_one_if_asked, how_it_ended, pipes, this_program,
};

/// Starts this program as a child, again and again, and tells what comes of it.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    if let Some(code) = be_one_if_asked() {
        return code;
    }
    stage::show(|_: &Arguments, screen| {
        what_it_is_given(screen)?;
        how_it_ends(screen)
    })
}

fn what_it_is_given(screen: &Screen) -> Result<(), Box<dyn Error>> {
    // ANCHOR: given
    screen.line("its arguments")?;
    let mut command = this_program("arguments")?;
    for argument in ask(command.args(["two words", "*.rs; echo $HOME"]))?.lines() {
        screen.line(&format!("  [{argument}]"))?;
    }
    screen.line("its surroundings")?;
    let mut command = this_program("surroundings")?;
    for line in ask(command.env("GREETING", "hello").current_dir("/"))?.lines() {
        screen.line(&format!("  {line}"))?;
    }
    // ANCHOR_END: given
    Ok(())
}

fn how_it_ends(screen: &Screen) -> Result<(), Box<dyn Error>> {
    // ANCHOR: ends
    screen.line("how it ends")?;
    let tell = |how: &str, ended: &str| screen.line(&format!("  {how:<13} {ended}"));
    ask(&mut this_program("arguments")?)?;
    tell("well", "exit code 0")?;

    if let Err(error) = ask(&mut this_program("fail")?) {
        tell("badly", &error.to_string())?;
    }

    let mut command = this_program("wait")?;
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = KillOnDrop::start(command)?;
    // Held to the end of this block. Closed, they would end the child by themselves.
    let _pipes = pipes(&mut child)?;
    child.kill()?;
    tell("killed", &how_it_ended(child.wait()?))?;

    if let Err(error) = ask(&mut Command::new("no-such-program")) {
        tell("never began", &error.to_string())?;
    }
    // ANCHOR_END: ends
    Ok(())
}
