//! Two threads run at once; and what a lock around each step does not make safe.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use choosing::by_accident::{
    Added, Visits, add_beside_a_copy, add_to_locked, answered, two_visits, visit,
    visit_in_two,
};
use clap::Parser;
use lab::command_line::number;
use lab::stage;
use threads_and_locks::counter::lose_one;

/// Two threads run at once; and what a lock around each step does not make safe.
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many questions one thread answers while the other runs
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = number(1, 1_000_000))]
    questions: usize,
}

fn main() -> ExitCode {
    stage::show(|&Arguments { questions }: &Arguments, screen| {
        // Long: where the machine is busy, a thread waits for its core.
        let answers = answered(questions as u64, Duration::from_secs(5));
        let at_once = if answers > 0 { "two threads at once" } else { "one at a time" };
        screen.line(&format!(
            "Rust answers {answers} of {questions} questions: {at_once}"
        ))?;

        screen.line("\ncheck, then act: two threads visit a new page")?;
        let in_two = |between: &(dyn Fn() + Sync)| {
            two_visits(|visits, page| visit_in_two(visits, page, between))
        };
        let lines = [
            ("both check before either acts", lose_one(in_two)),
            ("one lock around both", two_visits(visit)),
        ];
        for (name, counted) in lines {
            screen.line(&format!("  {name:<32} {counted} counted"))?;
        }

        screen.line("\ngo through a map of two pages, while a thread adds one")?;
        let two_pages = || Visits::new(BTreeMap::from([("/a", 1), ("/b", 1)]));
        for (name, Added { seen, meanwhile }) in [
            ("the map itself, under its lock", add_to_locked(&two_pages())),
            ("a copy", add_beside_a_copy(&two_pages())),
        ] {
            let other =
                if meanwhile { "added meanwhile" } else { "the thread must wait" };
            screen.line(&format!("  {name:<32} {seen} seen, {other}"))?;
        }
        Ok(())
    })
}
