//! Who waits for whom in SQLite, and what a transaction costs.

use std::error::Error;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use lab::command_line::number;
use lab::scratch::Scratch;
use lab::stage::{self, Screen};
use other_waits::one_writer::{
    BEGINS, Journal, add_one_twice, commit_beside_a_reader, count_up, counter, create,
    each_and_together, name_of, read_beside_a_writer, write_beside_a_writer,
    write_by_one, write_from_threads, write_in_turn,
};

/// More than SQLite keeps in memory before it begins to write: 2 MB.
const LARGE: i32 = 4_000_000;

/// Reads and writes from several connections at once, and counts what fails
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How many threads write at once
    #[arg(long, value_name = "N", default_value = "4", value_parser = number(1, 16))]
    threads: usize,

    /// How many entries are written, a transaction each and all in one
    #[arg(long, value_name = "N", default_value = "50", value_parser = number(1, 1_000))]
    entries: usize,

    /// Where the databases lie, for this run [default: the folder for temporary files]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let folder = Scratch::new(arguments.folder.as_deref())?;
        show_who_waits(folder.path(), screen)?;
        show_counting(arguments, folder.path(), screen)?;
        show_batches(arguments, folder.path(), screen)?;
        show_one_writer(arguments, folder.path(), screen)
    })
}

/// Two connections, and steps of both in an order that leaves nothing to luck.
fn show_who_waits(folder: &Path, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let [rollback, wal] = [Journal::Rollback, Journal::Wal];
    screen.line(&format!(
        "{:<42}{rollback:>18}{wal:>18}",
        "while another connection ..."
    ))?;
    let files = [rollback, wal].map(|journal| {
        let path = folder.join(format!("{journal}.db"));
        create(&path, journal).map(|_| path)
    });
    let [rollback, wal] = files;
    let (rollback, wal) = (rollback?, wal?);
    let show = |what: &str, run: &dyn Fn(&Path) -> Result<String, rusqlite::Error>| {
        let cells = format!("{:>18}{:>18}", run(&rollback)?, run(&wal)?);
        screen.line(&format!("  {what:<40}{cells}"))?;
        Ok::<_, Box<dyn Error>>(())
    };
    show("... writes a little: read", &|path| Ok(seen(read_beside_a_writer(path, 1))))?;
    show("... writes 4 MB: read", &|path| Ok(seen(read_beside_a_writer(path, LARGE))))?;
    show("... reads: commit", &|path| Ok(done(&commit_beside_a_reader(path)?.0)))?;
    show("... writes: write, and do not wait", &|path| {
        Ok(done(&write_beside_a_writer(path)?))
    })?;
    show("... writes: write, and wait", &|path| Ok(done(&write_in_turn(path)?)))?;
    screen.line("both read a number, then both write one more")?;
    let patience = Duration::from_mins(1);
    for (name, begin) in BEGINS {
        for (of, which) in [("the first to read", 0), ("the other", 1)] {
            show(&format!("{name}: {of}"), &|path| {
                Ok(done(&add_one_twice(path, begin, patience)?[which]))
            })?;
        }
    }
    Ok(())
}

fn seen(entries: Result<i64, rusqlite::Error>) -> String {
    match entries {
        Ok(_) => "as before".to_owned(),
        Err(error) => name_of(&error),
    }
}

fn done(result: &Result<(), rusqlite::Error>) -> String {
    result.as_ref().map_or_else(name_of, |()| "done".to_owned())
}

/// Threads that add to one counter, with a minute's patience each.
fn show_counting(
    arguments: &Arguments,
    folder: &Path,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let threads = arguments.threads;
    screen.line(&format!("\n25 times one more, on each of {threads} threads, WAL"))?;
    for (name, begin) in BEGINS {
        let path = folder.join(format!("{name}.db"));
        let connection = create(&path, Journal::Wal)?;
        let counted = count_up(&path, threads, 25, begin)?;
        let n = usize::try_from(counter(&connection)?)?;
        let right = if n == counted.done { "none is lost" } else { "some are lost" };
        let name = format!("{name}:");
        screen.line(&format!("  {name:<17}{:>4} busy, {right}", counted.busy))?;
    }
    Ok(())
}

/// A transaction for each entry against one for all.
fn show_batches(
    arguments: &Arguments,
    folder: &Path,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let n = arguments.entries;
    let line = |name: &str, cells: [&dyn Display; 3]| {
        let [each, all, ratio] = cells;
        let line = format!("{name:<36}{each:>14}{all:>14}{ratio:>14}");
        screen.line(line.trim_end())
    };
    screen.line("")?;
    line(&format!("{n} entries, one commit for ..."), [&"... each", &"... all", &""])?;
    for (journal, synchronous) in [
        (Journal::Rollback, "full"),
        (Journal::Wal, "full"),
        (Journal::Wal, "normal"),
        (Journal::Wal, "off"),
    ] {
        let name = format!("  {journal}, synchronous = {synchronous}");
        let mut connection = create(&folder.join(format!("{name}.db")), journal)?;
        let [each, all] = each_and_together(&mut connection, synchronous, n)?;
        let ratio = each.as_secs_f64() / all.as_secs_f64();
        line(&name, [&millis(each), &millis(all), &format!("{ratio:.0} times")])?;
    }
    Ok(())
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

/// Threads with a connection each against threads that send to one writer.
fn show_one_writer(
    arguments: &Arguments,
    folder: &Path,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let (threads, each) = (arguments.threads, arguments.entries);
    screen
        .line(&format!("\n{each} entries from each of {threads} threads, WAL, full"))?;
    let show = |what: &str, took: Duration, commits: usize| {
        let took = millis(took);
        screen.line(&format!("  {what:<34}{took:>14}, committed {commits} times"))
    };
    let path = folder.join("a connection each.db");
    drop(create(&path, Journal::Wal)?);
    let began = Instant::now();
    let written = write_from_threads(&path, threads, each)?;
    show("a connection for each thread", began.elapsed(), written.done)?;

    let path = folder.join("one writer.db");
    let connection = create(&path, Journal::Wal)?;
    connection.pragma_update(None, "synchronous", "full")?;
    let began = Instant::now();
    let written = write_by_one(connection, threads, each)?;
    show("one writer, and a channel", began.elapsed(), written.commits)?;
    Ok(())
}
