//! The contract that every program keeps, and its Python twin with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

use common::{ROOT, can_run_python, tell};
use lab::slow_web::SlowWeb;
use lab::stage::Run;
use lab::timeline::Blocked;
use while_you_wait::programs::Programs;

/// What a program with arguments of its own is given where it is only to show that it ends as it should: so that it ends soon.
const IN_SHORT: &[(&str, &[&str])] = &[
    ("01-waiting-or-working", &["--", "cargo", "--version"]),
    ("03-downloads", &["--workers", "5"]),
    ("03-grain", &["--repeats", "1"]),
    ("03-how-many-workers", &["--workers", "1,2", "--jobs", "20"]),
    ("03-speed-up", &["--repeats", "1"]),
    ("04-copy-or-work", &["--kib", "64", "--repeats", "1"]),
    ("04-cost", &["--repeats", "3", "--largest", "4096"]),
    ("05-ctrl-c", &["/empty"]),
    ("05-deadlines", &["--limit", "100"]),
    ("05-heartbeat", &["--repeats", "1"]),
    (
        "05-memory",
        &["--timers", "1000", "--requests", "20", "--threads", "20", "--wait", "20"],
    ),
    ("05-ten-thousand", &["--sites", "50", "--delay", "20"]),
    ("06-close-to-the-limit", &["--requests", "50", "--wait", "20"]),
    ("06-every-model", &["--delay", "20"]),
    ("07-against-lychee", &["examples/07-other-waits/site", "--runs", "1"]),
    ("07-connection-limit", &["--limit", "5"]),
    ("07-failure", &["--failure", "status"]),
    ("07-files", &["--small", "50", "--large", "2"]),
    ("07-hybrid", &["--pages", "4"]),
    ("07-link-checker", &["book/glossary.md", "--offline"]),
    ("07-one-writer", &["--entries", "5", "--threads", "2"]),
    ("07-queries", &["--queries", "2", "--wait", "1", "--rows", "10", "--pool", "1,2"]),
    ("07-replace", &["--rewrites", "10"]),
    (
        "07-tokio-fs",
        &["--small", "40", "--pipes", "10", "--workers", "1,4", "--rounds", "1"],
    ),
];

static PROGRAMS: LazyLock<Programs> =
    LazyLock::new(|| Programs::build(Path::new(ROOT)).unwrap());

/// The programs on the stage, which fetch or compute and have the shared arguments.
static ON_STAGE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut on_stage = chapters();
    on_stage.retain(|name| {
        let help = output(&format!("cargo run --example {name} --"), &["--help"]);
        String::from_utf8(help.stdout).unwrap().contains("--trace")
    });
    assert!(!on_stage.is_empty());
    on_stage
});

/// Every program on the stage, as the command line that runs it: in Rust, and in Python where Python can run.
static COMMANDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let rust = ON_STAGE.iter().map(|name| format!("cargo run --example {name} --"));
    let mut commands: Vec<String> = rust.collect();
    if can_run_python("the Python twins") {
        commands.extend(twins_on_stage().values().map(|file| format!("python3 {file}")));
    }
    commands
});

/// The programs of chapter 1, in both languages: what is the stage's own, and not a program's, is tried out on these.
fn of_chapter_1() -> impl Iterator<Item = &'static String> {
    COMMANDS.iter().filter(|line| line.contains("--example 01-") || line.contains("/01-"))
}

/// Those, and all other programs in Rust: what threads could spoil. A Python twin takes its time to start.
fn rust_and_chapter_1() -> impl Iterator<Item = &'static String> {
    let python = |line: &&String| line.starts_with("python3");
    COMMANDS.iter().filter(move |line| !python(line)).chain(of_chapter_1().filter(python))
}

/// Checks all programs, four at a time: what they do is waiting, most of it.
fn each_of<T>(programs: impl Iterator<Item = T> + Send, check: impl Fn(T) + Sync) {
    let programs = Mutex::new(programs);
    let next = || programs.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(program) = next() {
                    check(program);
                }
            });
        }
    });
}

/// Every program of a chapter; the others belong to the lab.
fn chapters() -> Vec<&'static str> {
    PROGRAMS
        .names()
        .filter(|name| name.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

fn has_lychee() -> bool {
    let output =
        output("cargo run --example 07-against-lychee --", &["lab", "--runs", "1"]);
    let found = !String::from_utf8_lossy(&output.stderr).contains("not installed");
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "CI must have lychee");
    found
}

/// The programs that have arguments of their own, each with its command line and with arguments that make it short.
fn with_own_arguments() -> impl Iterator<Item = (String, &'static [&'static str])> {
    let own = chapters().into_iter().filter(|name| !ON_STAGE.contains(name));
    // It runs another program, and says that it is missing.
    let own = own.filter(|name| *name != "07-against-lychee" || has_lychee());
    own.map(|name| {
        let short = IN_SHORT.iter().find(|(program, _)| *program == name);
        (
            format!("cargo run --example {name} --"),
            short.map_or(&[][..], |(_, short)| short),
        )
    })
}

fn twins_on_stage() -> BTreeMap<String, String> {
    let mut twins = twins();
    twins.retain(|program, _| ON_STAGE.contains(&program.as_str()));
    twins
}

/// The Python twins: the program that each is a twin of, and its file.
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
            twins.insert(program, format!("{folder}/{file}"));
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
    each_of(COMMANDS.iter(), |line| {
        let folder = tempfile::tempdir().unwrap();
        let (svg, trace) = (folder.path().join("a.svg"), folder.path().join("a.json"));
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
        // A row for each, and a second one where a page is fetched and then worked on elsewhere.
        let rows = if line.contains("hybrid") { 12 } else { 6 };
        assert_eq!(run.spans.spans.len(), rows, "{line}");
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
        assert_eq!(drawn, run.to_svg(&run.program), "{line}: the picture is of this run");
        let trace = fs::read_to_string(&trace).unwrap();
        assert_eq!(
            trace,
            run.spans.to_chrome_trace(),
            "{line}: the trace is of this run"
        );
    });
}

#[test]
fn a_twin_gives_the_results_of_its_program() {
    if !can_run_python("the Python twins") {
        return;
    }
    // Far enough apart for threads of a busy machine, and for workers to take the jobs in one order only.
    let arguments = ["--delays", "60,240,120", "--workers", "2"];
    for (program, file) in twins_on_stage() {
        let results = |run: &Run| -> Vec<_> {
            let path = |url: &str| url.rsplit('/').next().map(str::to_owned);
            run.results
                .iter()
                .map(|r| (path(&r.url), r.ok, r.status, r.bytes, r.value))
                .collect()
        };
        // A machine that is busy enough can delay a thread past any wait. One that is always late is another program.
        let mut attempts = 0;
        loop {
            attempts += 1;
            let rust = run(&format!("cargo run --example {program} --"), &arguments);
            let python = run(&format!("python3 {file}"), &arguments);
            assert_eq!(results(&rust), results(&python), "{program}");
            // Which worker is free first is told by the latencies of the sites; where few workers count many chunks, by luck.
            let is_luck =
                computes(&rust) && (2..rust.results.len()).contains(&rust.threads);
            let same = rust.peak_in_flight == python.peak_in_flight
                && rust.threads == python.threads
                && (is_luck || rust.spans.structure() == python.spans.structure());
            if same {
                break;
            }
            assert!(attempts < 3, "{program}: {rust:#?}\n{python:#?}");
            tell(&format!("{program} and its twin differed: once more"));
        }
    }
}

#[test]
fn text_fits_80_columns_and_ends_with_the_summary() {
    each_of(rust_and_chapter_1(), |line| {
        let output = output(line, &["--delay", "5"]);
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        for row in text.lines() {
            assert!(row.chars().count() <= 80, "{line}: {row}");
        }
        let from_the_end: Vec<&str> = text.lines().rev().collect();
        assert!(from_the_end[0].contains(" thread"), "{line}: {text}");
        assert!(from_the_end[1].starts_with("total "), "{line}: {text}");
        assert!(text.contains('█'), "{line}: {text}");
    });
}

#[test]
fn failures_fit_80_columns_too() {
    let web = SlowWeb::builder().start().unwrap();
    let long = web.url(&format!("/{}", "long".repeat(50))).to_string();
    let urls = [long, web.url("/cut").to_string(), web.url("/redirect-loop").to_string()];
    let arguments: Vec<&str> = urls.iter().map(String::as_str).collect();
    each_of(rust_and_chapter_1(), |line| {
        let output = output(line, &arguments);
        for row in String::from_utf8(output.stdout).unwrap().lines() {
            assert!(row.chars().count() <= 80, "{line}: {row}");
        }
        let help = self::output(line, &["--help"]);
        assert_eq!(help.status.code(), Some(0), "{line}");
        for row in String::from_utf8(help.stdout).unwrap().lines() {
            assert!(row.chars().count() <= 80, "{line} --help: {row}");
        }
    });
}

#[test]
fn a_bad_argument_is_one_line_and_exit_code_2() {
    each_of(of_chapter_1(), |line| {
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
    });
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
    each_of(COMMANDS.iter(), |line| {
        let output = output(line, &arguments);
        if output.status.code() == Some(2) {
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(error.contains("no use for addresses"), "{line}: {error}");
            return;
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
    });
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    each_of(rust_and_chapter_1(), |line| {
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
    });
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
    each_of(COMMANDS.iter(), |line| {
        // Something to interrupt: a wait of a minute, or work for a while.
        let computes = output(line, &["/delay/1"]).status.code() == Some(2);
        let arguments: &[&str] = if computes {
            &["--sites", "1", "--rounds", "300"]
        } else {
            &["--delays", "1,60000"]
        };
        let begun = if computes { "the primes below" } else { " ms   " };
        let mut running = command(line, arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(running.stdout.take().unwrap());
        let mut row = String::new();
        while !row.contains(begun) {
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
    });
}

#[test]
fn what_cannot_be_written_is_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no-such-folder/a.svg");
    each_of(of_chapter_1(), |line| {
        let output = output(line, &["--delay", "5", "--svg", nowhere.to_str().unwrap()]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
        assert!(error.contains("no-such-folder"), "{line}: {error}");
        assert!(
            !output.stdout.is_empty(),
            "{line}: the results are printed all the same"
        );
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_line_and_exit_code_2() {
    each_of(of_chapter_1(), |line| {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(line, &["--delay", "5", "--format", "json"])
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
    });
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
        json(|run| {
            let wait = Blocked { begin_ms: 2.0, end_ms: 1.0 };
            run.spans.spans[0].blocked.push(wait);
        }),
    ] {
        let ended = ended(bad.clone());
        assert_eq!(ended.status.code(), Some(2), "{bad}");
        assert_eq!(String::from_utf8(ended.stderr).unwrap().lines().count(), 1, "{bad}");
    }
}

#[test]
fn programs_with_arguments_of_their_own_keep_the_contract_too() {
    each_of(with_own_arguments(), |(line, short)| {
        let whole = output(&line, short);
        assert_eq!(whole.status.code(), Some(0), "{line}: {whole:?}");
        for row in String::from_utf8(whole.stdout).unwrap().lines() {
            assert!(row.chars().count() <= 80, "{line}: {row}");
        }

        let help = output(&line, &["--help"]);
        assert_eq!(help.status.code(), Some(0), "{line}");
        for row in String::from_utf8(help.stdout).unwrap().lines() {
            assert!(row.chars().count() <= 80, "{line} --help: {row}");
        }

        let bad = output(&line, &["--no-such-option"]);
        let error = String::from_utf8(bad.stderr).unwrap();
        if !line.contains("01-waiting-or-working") {
            assert_eq!(bad.status.code(), Some(2), "{line}: {error}");
        }
        assert_eq!(error.lines().count(), 1, "{line}: {error}");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let left = command(&line, short).stdout(writer).stderr(Stdio::piped()).output();
        let left = left.unwrap();
        assert_eq!(left.status.code(), Some(0), "{line}: {left:?}");
        let lines = |text: &[u8]| String::from_utf8_lossy(text).lines().count();
        assert_eq!(lines(&left.stderr), lines(&whole.stderr), "{line}: {left:?}");
    });
}

#[test]
fn a_twin_without_arguments_refuses_them() {
    if !can_run_python("the Python twins") {
        return;
    }
    let own = twins().into_iter().filter(|(program, _)| !ON_STAGE.contains(&&**program));
    each_of(own, |(program, file)| {
        let line = format!("python3 {file}");
        let help = output(&line, &["--help"]);
        assert_eq!(help.status.code(), Some(0), "{line}");
        for row in String::from_utf8(help.stdout).unwrap().lines() {
            assert!(row.chars().count() <= 80, "{line} --help: {row}");
        }
        if program == "01-waiting-or-working" {
            return; // takes a command
        }
        let bad = output(&line, &["--no-such-option"]);
        let error = String::from_utf8(bad.stderr).unwrap();
        assert_eq!(bad.status.code(), Some(2), "{line}: {error}");
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
        assert_eq!(bad.stdout, b"", "{line}");
    });
}

/// The stacks are so large that few of them fit into the address space. The threads that there are wait for those that there are
/// not; nobody may wait for them in turn.
#[test]
#[cfg(target_os = "linux")]
fn a_thread_that_cannot_be_had_is_one_line_and_exit_code_2() {
    for name in [
        "02-thread-per-site --sites 60",
        "02-counter --threads 60 --increments 1",
        "02-lost-updates --threads 60 --increments 1",
        "02-read-twice --readers 60",
        "02-event --waiters 60",
        "02-pipeline --workers 60",
        "03-pool --workers 60",
        "04-process-pool --workers 60",
    ] {
        let program = command(&format!("cargo run --example {name}"), &[]);
        let refused = Command::new("timeout")
            .args(["60", "sh", "-c", "ulimit -v 4194304; exec \"$0\" \"$@\""])
            .arg(program.get_program())
            .args(program.get_args())
            .env("RUST_MIN_STACK", (256 << 20).to_string())
            .env("MALLOC_ARENA_MAX", "1")
            .output()
            .unwrap();
        let error = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{name}: {error}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_of_programs_with_arguments_of_their_own_too() {
    each_of(with_own_arguments(), |(line, short)| {
        if line.contains("01-waiting-or-working") {
            return; // prints to standard error only
        }
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(&line, short).stdout(full).stderr(Stdio::piped()).output();
        let output = output.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert!(error.contains("cannot print"), "{line}: {error}");
    });
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
