//! Eight failures in five models: what each returns, what it loses, and how long until it says so.

mod arrange;

use std::env;
use std::error::Error;
use std::panic;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use lab::command_line::{millis, number};
use lab::stage::{self, Screen};
use other_waits::failure::{Care, Model, ON_PURPOSE, TASKS};
use processes::work_if_asked;
use serde_json::json;

use arrange::{Cell, Failure, Place, SITES, be_a_child, cell};

/// Five sites, one of which fails: eight failures, in each of the five models
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// Only this model
    #[arg(long, value_enum, value_name = "MODEL")]
    model: Option<Name>,

    /// Only this failure
    #[arg(long, value_enum, value_name = "FAILURE")]
    failure: Option<Kind>,

    /// Which of the five sites fails
    #[arg(long, value_name = "N", default_value = "3", value_parser = number(1, SITES as u64))]
    site: usize,

    /// How long a fetch may take: a site that stalls is given up then
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis(100, 5_000))]
    timeout: Duration,

    /// Text for people, or JSON
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Be a child that does this plan
    #[arg(long, value_name = "PLAN", hide = true)]
    child: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Name {
    Sequential,
    Threads,
    Pool,
    Processes,
    Async,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    Refused,
    Reset,
    Stalled,
    Status,
    Panic,
    Kill,
    Poisoned,
    CtrlC,
}

/// The failures that a model has to be written for.
const CARE_HELPS: [Failure; 3] = [Failure::Panic, Failure::Poisoned, Failure::Interrupt];

fn main() -> ExitCode {
    if let Some(code) = work_if_asked(&TASKS) {
        return code;
    }
    report_no_panic_on_purpose();
    stage::show(|arguments: &Arguments, screen| match &arguments.child {
        Some(plan) => be_a_child(plan),
        None => show(arguments, screen).map(|()| ExitCode::SUCCESS),
    })
}

/// What is to panic here is told as a result.
fn report_no_panic_on_purpose() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if panic.payload_as_str() != Some(ON_PURPOSE) {
            report(panic);
        }
    }));
}

fn show(arguments: &Arguments, screen: &Screen) -> Result<(), Box<dyn Error>> {
    // Where there are no process groups, nobody can do as a terminal does.
    let chosen = |kind: Kind| {
        arguments.failure.is_none_or(|only| only == kind)
            && (cfg!(unix) || kind != Kind::CtrlC)
    };
    let failures = Kind::value_variants().iter().zip(Failure::ALL);
    let failures: Vec<Failure> =
        failures.filter(|(kind, _)| chosen(**kind)).map(|(_, failure)| failure).collect();
    let models = Name::value_variants().iter().zip(Model::ALL);
    let models: Vec<Model> = models
        .filter(|(name, _)| arguments.model.is_none_or(|only| only == **name))
        .map(|(_, model)| model)
        .collect();
    let plain: Vec<Failure> =
        failures.iter().copied().filter(|failure| CARE_HELPS.contains(failure)).collect();
    let mut rows = Vec::new();
    for (care, failures) in [(Care::Guarded, &failures), (Care::Plain, &plain)] {
        for failure in failures {
            rows.push(row(*failure, care, &models, arguments)?);
        }
    }
    let (guarded, plain) = rows.split_at(failures.len());
    if arguments.format == Format::Json {
        let table = json!({
            "sites": SITES,
            "site": arguments.site,
            "timeout_ms": arguments.timeout.as_millis(),
            "cells": rows.concat(),
        });
        screen.line(&serde_json::to_string_pretty(&table)?)?;
    } else if arguments.model.is_some() || arguments.failure.is_some() {
        in_words(screen, &rows)?;
    } else {
        tables(screen, arguments.site, guarded, plain)?;
    }
    Ok(())
}

/// One failure in several models, at the same time: what they do is waiting.
fn row(
    failure: Failure,
    care: Care,
    models: &[Model],
    arguments: &Arguments,
) -> Result<Vec<Cell>, Box<dyn Error>> {
    let (site, timeout) = (arguments.site - 1, arguments.timeout);
    let cells: Vec<Result<Cell, String>> = thread::scope(|scope| {
        let cell = |model| {
            let place = Place { model, care, site, workers: SITES, timeout };
            cell(failure, place, &again)
                .map_err(|error| format!("{}: {error}", model.id()))
        };
        let spawn = |model: &Model| {
            let model = *model;
            scope.spawn(move || cell(model))
        };
        let cells: Vec<_> = models.iter().map(spawn).collect();
        let lost = |_| Err("a cell has panicked".to_owned());
        cells.into_iter().map(|cell| cell.join().unwrap_or_else(lost)).collect()
    });
    Ok(cells.into_iter().collect::<Result<_, _>>()?)
}

/// This program, as a child with a plan.
fn again(plan: &str) -> std::io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--child", plan]);
    Ok(command)
}

fn label(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused => "refused",
        Failure::Reset => "reset",
        Failure::Stalled => "stalled",
        Failure::Status => "status 500",
        Failure::Panic => "panic",
        Failure::Kill => "kill -9",
        Failure::Poisoned => "poisoned",
        Failure::Interrupt => "Ctrl-C",
    }
}

/// How many of the others are missing, and of those that had no turn.
fn missing(cell: &Cell) -> String {
    match cell.not_begun {
        0 => cell.lost.to_string(),
        n => format!("{}, {n} unasked", cell.lost),
    }
}

fn tables(
    screen: &Screen,
    site: usize,
    guarded: &[Vec<Cell>],
    plain: &[Vec<Cell>],
) -> Result<(), Box<dyn Error>> {
    screen.line(&format!("five sites, one of which fails: number {site}\n"))?;
    table(screen, "what the caller has in its place", guarded, |cell| {
        cell.returned.name()
    })?;
    table(screen, "\nlost of the other four", guarded, missing)?;
    table(screen, "\nhow long until it says so", guarded, |cell| {
        format!("{:.0} ms", cell.after_ms)
    })?;
    table(screen, "\nlost of the other four, where nobody took care", plain, missing)
}

fn table(
    screen: &Screen,
    title: &str,
    rows: &[Vec<Cell>],
    show: impl Fn(&Cell) -> String,
) -> Result<(), Box<dyn Error>> {
    screen.line(title)?;
    let line = |label: &str, cells: Vec<String>| {
        let pad = |line: String, cell: &String| format!("{line}{cell:>14}");
        cells.iter().fold(format!("{label:<10}"), pad)
    };
    let models = Model::ALL.map(|model| model.id().to_owned());
    screen.line(&line("", models.to_vec()))?;
    for cells in rows {
        let Some(first) = cells.first() else { continue };
        screen.line(&line(label(first.failure), cells.iter().map(&show).collect()))?;
    }
    Ok(())
}

/// A part of the table, with all that is known of each cell.
fn in_words(screen: &Screen, rows: &[Vec<Cell>]) -> Result<(), Box<dyn Error>> {
    for cell in rows.iter().flatten() {
        let (label, model) = (label(cell.failure), cell.model.id());
        let care = if cell.care == Care::Plain { ", no care taken" } else { "" };
        let returned: String = cell.returned.to_string().chars().take(70).collect();
        screen.line(&format!("{label}, {model}{care}"))?;
        screen.line(&format!("  has:  {returned}"))?;
        let (missing, ms) = (missing(cell), cell.after_ms);
        screen.line(&format!("  lost: {missing}    said after {ms:.0} ms"))?;
    }
    Ok(())
}
