//! The contract that every program keeps, and its Python twin with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use common::{ROOT, can_run_python};
use lab::slow_web::SlowWeb;
use lab::stage::Run;
use while_you_wait::programs::Programs;

/// These take a command, not the shared arguments.
const OWN_ARGUMENTS: [&str; 1] = ["01-waiting-or-working"];

static PROGRAMS: LazyLock<Programs> =
    LazyLock::new(|| Programs::build(Path::new(ROOT)).unwrap());

/// Every program on the stage, as the command line that runs it: in Rust, and in Python where Python can run.
static COMMANDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut commands: Vec<String> = PROGRAMS
        .names()
        .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()))
        .filter(|name| !OWN_ARGUMENTS.contains(name))
        .map(|name| format!("cargo run --example {name} --"))
        .collect();
    assert!(!commands.is_empty());
    if can_run_python("the Python twins") {
        commands.extend(twins().values().map(|file| format!("python3 {file}")));
    }
    commands
});

/// The Python twins on the stage: the program that each is a twin of, and its file.
fn twins() -> BTreeMap<String, String> {
    let mut twins = BTreeMap::new();
    for chapter in fs::read_dir(Path::new(ROOT).join("examples")).unwrap() {
        let chapter = chapter.unwrap().file_name().into_string().unwrap();
        let folder = format!("examples/{chapter}/python");
        let Ok(files) = fs::read_dir(Path::new(ROOT).join(&folder)) else {
            continue;
        };
        for file in files {
            let file = file.unwrap().file_name().into_string().unwrap();
            let Some(stem) = file.strip_suffix(".py") else {
                continue;
            };
            let program = format!("{}-{}", &chapter[..2], stem.replace('_', "-"));
            if !OWN_ARGUMENTS.contains(&program.as_str()) {
                twins.insert(program, format!("{folder}/{file}"));
            }
        }
    }
    twins
}

fn command(line: &str, arguments: &[&str]) -> Command {
    let mut command = PROGRAMS.command(line).unwrap();
    command.args(arguments);
    // The slow web is on this machine, and must be found there whatever proxy a reader has.
    for proxy in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(proxy, "http://127.0.0.1:1");
    }
    command
}

fn output(line: &str, arguments: &[&str]) -> Output {
    command(line, arguments).output().unwrap()
}

fn run(line: &str, arguments: &[&str]) -> Run {
    let output = output(line, &[arguments, &["--format", "json"]].concat());
    let context = || format!("{line} {arguments:?}\n{output:?}");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", context()))
}

fn computes(run: &Run) -> bool {
    run.results[0].value.is_some()
}

#[test]
fn every_twin_is_the_twin_of_a_program() {
    let names: Vec<&str> = PROGRAMS.names().collect();
    for (program, file) in twins() {
        assert!(
            names.contains(&program.as_str()),
            "{file} is the twin of no program ({program})"
        );
    }
}

#[test]
fn the_shared_arguments_are_accepted_and_the_json_is_consistent() {
    let folder = tempfile::tempdir().unwrap();
    let (svg, trace) = (folder.path().join("a.svg"), folder.path().join("a.json"));
    for line in COMMANDS.iter() {
        let arguments = [
            ["--sites", "3"],
            ["--delay", "20"],
            ["--workers", "2"],
            ["--rounds", "2"],
            ["--timeout", "20000"],
            ["--seed", "7"],
            ["--svg", svg.to_str().unwrap()],
            ["--trace", trace.to_str().unwrap()],
        ];
        let run = run(line, arguments.as_flattened());

        assert_eq!(run.results.len(), 6, "{line}: three sites, twice");
        assert!(run.results.iter().all(|result| result.ok), "{line}: {:?}", run.results);
        assert_eq!(
            run.results[0].url, run.results[3].url,
            "{line}: the second round is like the first"
        );
        assert_eq!(run.spans.spans.len(), 6, "{line}");
        assert!(run.threads >= 1, "{line}");
        assert_eq!(run.threads, run.spans.threads(), "{line}");
        assert!(run.cpu_ms.is_some_and(|cpu| cpu >= 0.0) || cfg!(windows), "{line}");
        let longest =
            run.results.iter().map(|result| result.elapsed_ms).fold(0.0, f64::max);
        assert!(run.wall_ms >= longest, "{line}: {} < {longest}", run.wall_ms);
        for span in &run.spans.spans {
            assert!(
                span.begin_ms <= span.end_ms && span.end_ms <= run.wall_ms + 0.001,
                "{line}: {span:?}"
            );
            for held in &span.held {
                let inside = span.begin_ms <= held.begin_ms && held.end_ms <= span.end_ms;
                assert!(inside && held.begin_ms <= held.end_ms, "{line}: {span:?}");
            }
        }
        if computes(&run) {
            // The primes below 500,000, twice: two rounds.
            assert_eq!(
                run.results.iter().filter_map(|r| r.value).sum::<u64>(),
                2 * 41_538,
                "{line}"
            );
            assert_eq!(run.peak_in_flight, None, "{line}");
        } else {
            assert!(
                run.results.iter().all(|r| r.elapsed_ms >= 20.0),
                "{line}: the sites take 20 ms"
            );
            assert!(
                run.peak_in_flight.is_some_and(|peak| (1..=6).contains(&peak)),
                "{line}"
            );
        }

        let drawn = fs::read_to_string(&svg).unwrap();
        assert_eq!(drawn, run.to_svg(), "{line}: the picture is of this run");
        let trace = fs::read_to_string(&trace).unwrap();
        assert_eq!(
            trace,
            run.spans.to_chrome_trace(),
            "{line}: the trace is of this run"
        );
    }
}

#[test]
fn a_twin_gives_the_results_of_its_program() {
    if !can_run_python("the Python twins") {
        return;
    }
    for (program, file) in twins() {
        let arguments = ["--delays", "10,30,20"];
        let rust = run(&format!("cargo run --example {program} --"), &arguments);
        let python = run(&format!("python3 {file}"), &arguments);
        let results = |run: &Run| -> Vec<_> {
            let path = |url: &str| url.rsplit('/').next().map(str::to_owned);
            run.results
                .iter()
                .map(|r| (path(&r.url), r.ok, r.status, r.bytes, r.value))
                .collect()
        };
        assert_eq!(results(&rust), results(&python), "{program}");
        assert_eq!(rust.peak_in_flight, python.peak_in_flight, "{program}");
        assert_eq!(rust.spans.structure(), python.spans.structure(), "{program}");
    }
}

#[test]
fn text_fits_80_columns_and_ends_with_the_summary() {
    for line in COMMANDS.iter() {
        let output = output(line, &["--delay", "5"]);
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        for row in text.lines() {
            assert!(row.chars().count() <= 80, "{line}: {row}");
        }
        let from_the_end: Vec<&str> = text.lines().rev().collect();
        assert!(from_the_end[0].contains("1 thread"), "{line}: {text}");
        assert!(from_the_end[1].starts_with("total "), "{line}: {text}");
        assert!(text.contains('█'), "{line}: {text}");
    }
}

#[test]
fn failures_fit_80_columns_too() {
    let web = SlowWeb::builder().start().unwrap();
    let long = web.url(&format!("/{}", "long".repeat(50))).to_string();
    let urls = [long, web.url("/cut").to_string(), web.url("/redirect-loop").to_string()];
    let arguments: Vec<&str> = urls.iter().map(String::as_str).collect();
    for line in COMMANDS.iter() {
        let output = output(line, &arguments);
        for row in String::from_utf8(output.stdout).unwrap().lines() {
            assert!(row.chars().count() <= 80, "{line}: {row}");
        }
        let help = self::output(line, &["--help"]);
        assert_eq!(help.status.code(), Some(0), "{line}");
        for row in String::from_utf8(help.stdout).unwrap().lines() {
            assert!(row.chars().count() <= 80, "{line} --help: {row}");
        }
    }
}

#[test]
fn a_bad_argument_is_one_line_and_exit_code_2() {
    for line in COMMANDS.iter() {
        for bad in [
            &["--sites", "0"][..],
            &["--sites", "many"],
            &["--delays", "1,,2"],
            &["--delays", "1,-2"],
            &["--delay", "5", "--delays", "5"],
            &["--timeout", "0"],
            &["--timeout", "99999999999999999999"],
            &["--format", "yaml"],
            &["--no-such-option"],
            &["not-an-address"],
            &["--sites", "20000", "--rounds", "1000"],
            &["ftp://127.0.0.1/"],
        ] {
            let output = output(line, bad);
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{line} {bad:?}: {error}");
            assert_eq!(error.lines().count(), 1, "{line} {bad:?}: {error}");
            assert_eq!(output.stdout, b"", "{line} {bad:?}");
        }
    }
}

#[test]
fn a_site_that_fails_is_a_result_and_exit_code_1() {
    let web = SlowWeb::builder().start().unwrap();
    let urls = [
        web.url("/delay/1").to_string(),
        web.url("/status/404").to_string(),
        web.refused_url().to_string(),
        web.url("/cut").to_string(),
        web.url("/empty").to_string(),
    ];
    let arguments: Vec<&str> =
        urls.iter().map(String::as_str).chain(["--format", "json"]).collect();
    for line in COMMANDS.iter() {
        let output = output(line, &arguments);
        if output.status.code() == Some(2) {
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(error.contains("no use for addresses"), "{line}: {error}");
            continue;
        }
        assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
        let run: Run = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(run.peak_in_flight, None, "{line}: the sites are not its own");
        let asked: Vec<&str> = run.results.iter().map(|r| r.url.as_str()).collect();
        assert_eq!(asked, urls, "{line}");
        let errors: Vec<&str> = run
            .results
            .iter()
            .map(|r| r.error.as_deref().unwrap_or("none").split(": ").next().unwrap())
            .collect();
        assert_eq!(errors, ["none", "status 404", "refused", "body", "none"], "{line}");
        assert_eq!(run.results[1].status, Some(404), "{line}");

        let never = web.url("/never").to_string();
        let run = self::run(line, &[&never, "--timeout", "100"]);
        assert_eq!(run.results[0].error.as_deref(), Some("timeout"), "{line}");
        assert!(run.results[0].elapsed_ms >= 100.0, "{line}: {:?}", run.results);
    }
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    for line in COMMANDS.iter() {
        for format in ["text", "json"] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let output = command(line, &["--delay", "5", "--format", format])
                .stdout(writer)
                .stderr(Stdio::piped())
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line} {format}");
            assert_eq!(output.status.code(), Some(0), "{line} {format}");
        }
    }
}

/// Runs until something has been printed about the first unit of work, and interrupts as Ctrl-C does.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_program_and_all_that_it_started() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::os::unix::process::ExitStatusExt as _;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    // A script that runs tests in the background may have them ignore SIGINT, and their children with them. What is handled
    // here is back at its default there.
    ctrlc::set_handler(|| std::process::exit(130)).unwrap();
    for line in COMMANDS.iter() {
        let mut running = command(line, &["--delays", "1,60000", "--rounds", "1000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(running.stdout.take().unwrap());
        let mut row = String::new();
        while !row.contains(" ms   ") {
            row.clear();
            assert_ne!(
                stdout.read_line(&mut row).unwrap(),
                0,
                "{line}: it ended by itself"
            );
        }
        let interrupt =
            Command::new("kill").args(["-INT", &running.id().to_string()]).status();
        assert!(interrupt.unwrap().success());
        let status = running.wait().unwrap();
        assert!(
            status.signal() == Some(2) || status.code() == Some(130),
            "{line}: {status}"
        );
        // Whatever a program has started has its standard error too: the end comes when the last of them is gone.
        let (tell, ended) = mpsc::channel();
        let mut stderr = running.stderr.take().unwrap();
        thread::spawn(move || {
            let mut errors = String::new();
            stderr.read_to_string(&mut errors).map(|_| tell.send(errors))
        });
        let errors = ended.recv_timeout(Duration::from_secs(30));
        assert_eq!(
            errors.as_deref(),
            Ok(""),
            "{line}: something that it has started runs on"
        );
    }
}

#[test]
fn what_cannot_be_written_is_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no-such-folder/a.svg");
    for line in COMMANDS.iter() {
        let output = output(line, &["--delay", "5", "--svg", nowhere.to_str().unwrap()]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
        assert!(error.contains("no-such-folder"), "{line}: {error}");
        assert!(
            !output.stdout.is_empty(),
            "{line}: the results are printed all the same"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_line_and_exit_code_2() {
    for line in COMMANDS.iter() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(line, &["--delay", "5", "--format", "json"])
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
    }
}

#[test]
fn what_is_no_run_is_not_drawn() {
    use std::io::Write as _;

    let run = run(&COMMANDS[0], &["--sites", "1", "--delay", "1"]);
    let json = |change: fn(&mut Run)| {
        let mut run = run.clone();
        change(&mut run);
        serde_json::to_string(&run).unwrap()
    };
    let ended = |json: String| {
        let mut timeline = command("cargo run --example timeline", &[])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        timeline.stdin.take().unwrap().write_all(json.as_bytes()).unwrap();
        timeline.wait_with_output().unwrap()
    };
    let drawn = ended(json(|_| {}));
    assert_eq!(drawn.status.code(), Some(0), "{drawn:?}");
    assert_eq!(String::from_utf8(drawn.stdout).unwrap(), run.drawing());
    for bad in [
        String::new(),
        "{}".to_owned(),
        json(|run| run.spans.spans[0].end_ms = 1e300),
        json(|run| run.spans.spans[0].begin_ms = 1e6),
        json(|run| run.spans.spans[0].held[0].thread = 0),
    ] {
        let ended = ended(bad.clone());
        assert_eq!(ended.status.code(), Some(2), "{bad}");
        assert_eq!(String::from_utf8(ended.stderr).unwrap().lines().count(), 1, "{bad}");
    }
}

fn waiting_or_working(arguments: &[&OsStr]) -> Output {
    let line = "cargo run --example 01-waiting-or-working --";
    PROGRAMS.command(line).unwrap().args(arguments).output().unwrap()
}

#[test]
fn waiting_or_working_ends_as_its_command_did() {
    let python_or_cargo = env!("CARGO").as_ref();
    let known = waiting_or_working(&[python_or_cargo, "--version".as_ref()]);
    assert_eq!(known.status.code(), Some(0));
    assert!(
        String::from_utf8_lossy(&known.stdout).starts_with("cargo "),
        "its output stays clean"
    );
    assert!(String::from_utf8_lossy(&known.stderr).starts_with("wall "), "{known:?}");

    let failing = waiting_or_working(&[python_or_cargo, "no-such-command".as_ref()]);
    assert_eq!(failing.status.code(), Some(101), "cargo's own code");

    let missing = waiting_or_working(&["no-such-program-anywhere".as_ref()]);
    assert_eq!(missing.status.code(), Some(127));
    assert_eq!(String::from_utf8_lossy(&missing.stderr).lines().count(), 1);

    let nothing = waiting_or_working(&[]);
    assert_eq!(nothing.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&nothing.stderr).lines().count(), 1);
}
