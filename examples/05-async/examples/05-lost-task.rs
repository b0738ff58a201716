//! Tasks whose handle is dropped: what becomes of them, and who hears of it.

use std::panic;
use std::process::ExitCode;

use asynchronous::pitfalls::forget_and_leave;
use asynchronous::pitfalls::{Event, drop_the_set, forget, forget_a_panic};
use clap::Parser;
use lab::stage;
use tokio::runtime;

/// Four tasks that nobody waits for.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {}

fn main() -> ExitCode {
    stage::show(|_: &Arguments, screen| {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).build()?;
        // So that nothing at all is said of the panic: by default, it is a message on standard error.
        panic::set_hook(Box::new(|_| {}));
        let tell = |lost: &str, end: Option<Event>| {
            let end =
                end.map_or_else(|| "nothing is known".into(), |end| format!("{end:?}"));
            screen.line(&format!("  {lost:<40} {end}"))
        };
        screen.line("what becomes of a task that nobody waits for")?;
        tell("its handle is dropped", runtime.block_on(forget()))?;
        tell("its handle is dropped, and it panics", runtime.block_on(forget_a_panic()))?;
        tell("its JoinSet is dropped", runtime.block_on(drop_the_set()))?;
        tell("its handle and its runtime are dropped", forget_and_leave(runtime))?;
        Ok(())
    })
}
