//! Draws a run that is read from standard input, in the JSON that every program prints with `--format json`.

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use lab::command_line;
use lab::stage::Run;

/// Draws a run, read from standard input as the JSON that every program prints with --format json.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// Whether to draw the timeline as text, too
    #[arg(long, default_value = "text", value_parser = ["text", "none"])]
    format: String,
    /// Draw it as SVG into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write a Chrome trace, for ui.perfetto.dev, into this file
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Arguments = match command_line::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match draw(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read our output has left: nothing is wrong with the drawing.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            command_line::complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn draw(arguments: &Arguments) -> io::Result<()> {
    let mut json = String::new();
    io::stdin().read_to_string(&mut json)?;
    let run: Run = serde_json::from_str(&json)?;
    run.check().map_err(io::Error::other)?;
    if arguments.format == "text" {
        let mut stdout = io::stdout().lock();
        stdout.write_all(run.drawing().as_bytes())?;
        stdout.flush()?;
    }
    run.save(arguments.svg.as_deref(), arguments.trace.as_deref())
}
