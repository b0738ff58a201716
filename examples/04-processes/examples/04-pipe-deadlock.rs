//! A program and its child, each waiting for the other to empty a pipe.

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Parser;
use lab::command_line::{millis, number};
use lab::stage;
use processes::child::{
    Talk, Written, be_one_if_asked, talk_within, this_program, write_then_read,
    write_while_reading,
};

/// Has a child put text in capitals: written first and read after that, and both at once.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How much text
    #[arg(long, value_name = "KIB", default_value = "1024", value_parser = number(1, 10_240))]
    kib: usize,
    /// How long to wait for the whole answer
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis(1, 10_000))]
    patience: Duration,
}

fn main() -> ExitCode {
    if let Some(code) = be_one_if_asked() {
        return code;
    }
    stage::show(|&Arguments { kib, patience }: &Arguments, screen| {
        let text = vec![b'a'; kib * 1024];
        screen.line(&format!("a child is to put {kib} KiB of text in capitals"))?;
        let tell = |way, written: &Written, talk| {
            let written = written.load(Ordering::Relaxed) / 1024;
            let came = match talk {
                Talk::Done(answer) => format!("{} KiB came back", answer.len() / 1024),
                Talk::Stuck(unread) => {
                    format!("stuck, {} KiB unread; killed", unread / 1024)
                }
            };
            screen.line(&format!("  {way:<21} {written:>4} KiB written, {came}"))
        };
        let (first, both) = (Written::new(0), Written::new(0));
        let talk = talk_within(patience, &mut this_program("capitals")?, |to, from| {
            write_then_read(to, from, &text, &first)
        });
        tell("write, then read", &first, talk?)?;
        let talk = talk_within(patience, &mut this_program("capitals")?, |to, from| {
            write_while_reading(to, from, &text, &both)
        });
        tell("write while reading", &both, talk?)?;
        Ok(())
    })
}
