//! What is left of the other jobs, and what a process shares with the one that started it.

#[cfg(target_os = "linux")]
use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use processes::isolation::{Mishap, NUMBERS, in_threads};

use super::child::program;
use crate::patience::ends;

/// What a program prints, line by line.
fn said(name: &'static str, arguments: &'static [&str]) -> Vec<String> {
    // Not inside `ends`: the first one to ask for a program builds it.
    let mut program = program(name);
    let output = ends(move || program.args(arguments).output()).unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_panic_takes_its_own_result_and_no_other() {
    let expected = NUMBERS.map(|n| (n != 3).then_some(n * n));
    assert_eq!(ends(|| in_threads(Mishap::Panic)), expected);
}

#[test]
fn a_crash_takes_all_results_of_its_process_and_one_of_a_pool_of_processes() {
    let said = said("04-isolation", &[]);
    let words =
        |line: &String| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = said[2..].iter().map(words).collect();
    assert_eq!(rows[0].join(" "), "panic 5 results, exit code 0 5 results");
    assert_eq!(rows[1].join(" "), "exit(0) 0 results, exit code 0 5 results");
    assert_eq!(rows[2][..3].join(" "), "abort 0 results,");
    assert_eq!(rows[2][5..].join(" "), "5 results");
    if cfg!(unix) {
        assert_eq!(rows[2][3..5].join(" "), "signal 6");
    }
    assert_eq!(rows.len(), 3);
}

#[test]
fn squares_come_in_the_order_of_the_numbers() {
    let squares = ["[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]"];
    assert_eq!(said("04-square", &["--workers", "1"]), squares);
    assert_eq!(said("04-square", &["--workers", "4"]), squares);
}

#[test]
fn a_worker_begins_with_a_memory_of_its_own() {
    let said = said("04-start-methods", &[]);
    assert!(said[0].starts_with("a thread ") && said[0].ends_with(" sees 7"), "{said:?}");
    assert!(
        said[1].starts_with("a process ") && said[1].ends_with(" sees 0"),
        "{said:?}"
    );
}

/// Counts all primes five times on one worker, and loses the worker after the first time.
#[test]
#[cfg(target_os = "linux")]
fn a_program_that_needs_all_results_says_in_one_line_which_it_lost() {
    let mut program = program("04-process-crunch");
    program.args(["--workers", "1", "--sites", "1", "--rounds", "5"]);
    let mut running =
        program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let output = ends(move || {
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains(" ms   ")), "it ended too soon");
        let workers = children_of(running.id());
        assert_eq!(workers.len(), 1);
        let kill = Command::new("kill").args(["-9", &workers[0].to_string()]).status();
        assert!(kill.unwrap().success());
        lines.for_each(drop);
        running.wait_with_output().unwrap()
    });
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "04-process-crunch: its worker ended: signal 9\n");
}

#[cfg(target_os = "linux")]
fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |id: &u32| {
        // Behind the name, which is in brackets: the state, and the parent.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let behind = stat.rsplit(") ").next().unwrap_or_default();
        behind.split(' ').nth(1) == Some(&parent.to_string())
    };
    ids.filter(is_child).collect()
}
