//! "Run it from the page": what may be run, who may run it, and that nothing is left of a run that was stopped.
//!
//! Requests are bytes on a socket, as an attacker would send them. The programs that behave badly are those of a small book in
//! `target/tmp`. Nothing here sleeps or looks at the clock. Whether a run has been ended needs no wait: the next one in the queue starts
//! only when nothing is left of the one before.

#![cfg(target_os = "linux")] // processes are looked for in /proc
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "common/patience.rs"]
#[allow(dead_code, reason = "each test takes what it needs")]
mod patience;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use while_you_wait::build;
use while_you_wait::run::catalogue::{self, Kind, Values};
use while_you_wait::run::{Limits, Runner};
use while_you_wait::serve::{self, Site};

use patience::ends_within;

/// Longer than anything takes that does happen, a build on a busy machine included.
const PATIENCE: Duration = Duration::from_mins(4);

// ------------------------------------------------------------------------------------------------------------- what it runs

#[test]
fn a_run_is_built_started_printed_drawn_and_ended_in_this_order() {
    let reader = Reader::start(Limits::default());
    let events = reader.run("greets", &json!({"times": 3})).all();
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    let mut order = names.clone();
    order.dedup();
    assert_eq!(order, ["building", "started", "output", "picture", "ended"]);
    let said = |wanted| events.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
    assert_eq!(
        said("started"),
        json!({"command": "cargo run --example probe -- greet --times 3"})
    );
    assert_eq!(output(&events), "hello µ\nhello µ\nhello µ\naside\n");
    let ended = said("ended");
    assert_eq!((&ended["how"], &ended["code"]), (&json!("exit"), &json!(3)));
    assert_eq!(ended["cut"], json!(false));
    assert!(ended["elapsed_ms"].is_u64());
    let first = said("picture")["svg"].as_str().unwrap().to_owned();
    assert!(first.starts_with("<svg id=\"run-0-a\""), "{first}");

    // What the page does not change is what was recorded; and no two pictures share an id.
    let events = reader.run("greets", &json!({})).all();
    assert_eq!(output(&events), "hello µ\naside\n");
    let second = &events.iter().find(|(name, _)| name == "picture").unwrap().1;
    assert!(second["svg"].as_str().unwrap().starts_with("<svg id=\"run-1-a\""));
}

#[test]
fn a_program_that_does_not_build_says_why() {
    let reader = Reader::start(Limits::default());
    let events = reader.run("broken", &json!({})).all();
    let (name, ended) = events.last().unwrap();
    assert_eq!((name.as_str(), &ended["how"]), ("ended", &json!("build failed")));
    let lines: Vec<String> = events
        .iter()
        .filter_map(|(_, data)| Some(data["line"].as_str()?.into()))
        .collect();
    assert!(lines.iter().any(|line| line.contains("error[E0425]")), "{lines:#?}");
    assert!(!events.iter().any(|(name, _)| name == "started"));
}

#[test]
fn the_page_knows_what_it_may_run_and_the_token() {
    let reader = Reader::start(Limits::default());
    let answer = reader.get("/.reader/programs");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let greets = body["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["name"] == "greets")
        .unwrap();
    assert_eq!(greets["command"], "cargo run --example probe -- greet");
    assert_eq!(greets["python"], false);
    let times = json!({"name": "times", "label": "how often", "kind": "number", "min": 1, "max": 9, "value": 1});
    let loud = json!({"name": "loud", "label": "loud", "kind": "flag", "value": false});
    let tone = json!({"name": "tone", "label": "tone", "kind": "choice", "choices": ["high", "low"], "value": null});
    assert_eq!(greets["inputs"], json!([times, loud, tone]));
    assert!(!answer.body.contains("secret"), "an excluded recording is not offered");
    assert_eq!(reader.post(&json!({"run": "secret"}).to_string()).status, 404);
    let page = reader.get("/welcome.html").body;
    let token = reader.token.clone();
    assert!(page.contains(&format!("src=\"/.reader/run.js\" data-token=\"{token}\"")));
    assert_eq!(reader.get("/.reader/run.js").status, 200);
    assert_eq!(reader.get("/.reader/exercises").body, "{\"exercises\":{}}");
}

// --------------------------------------------------------------------------------------------------------------- who may run

#[test]
fn only_a_page_of_this_reader_and_of_this_start_may_run_anything() {
    let reader = Reader::start(Limits::default());
    let other = Reader::start(Limits::default());
    assert_ne!(reader.token, other.token);
    let (port, token) = (reader.port, reader.token.clone());
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let origin = format!("Origin: http://127.0.0.1:{port}\r\n");
    let json = "Content-Type: application/json\r\n";
    let with_token = format!("X-Reader-Token: {token}\r\n");
    let body = "{\"run\":\"greets\"}"; // would it run, it would end, and the test fail at once
    let mut cases = Vec::new();
    // DNS rebinding: the page and its requests are of one origin, with a name that is not ours.
    let evil =
        format!("Host: evil.example:{port}\r\nOrigin: http://evil.example:{port}\r\n");
    cases.push((403, format!("{evil}{json}{with_token}")));
    for foreign in [
        String::new(),
        "Origin: null\r\n".into(),
        "Origin: \r\n".into(),
        "Origin: http://evil.example\r\n".into(),
        format!("Origin: http://127.0.0.1:{}\r\n", port ^ 1),
        "Origin: http://127.0.0.1\r\n".into(),
        format!("Origin: https://127.0.0.1:{port}\r\n"),
        format!("Origin: http://localhost:{port}\r\n"), // ours, but not that of `Host`
        format!("Origin: http://127.0.0.1:{port}.evil.example\r\n"),
        format!("Origin: http://127.0.0.1:{port}/\r\n"),
        format!("{origin}Origin: http://evil.example\r\n"),
        format!("{origin}{origin}"),
        format!("{origin}Sec-Fetch-Site: cross-site\r\n"),
        format!("{origin}Sec-Fetch-Site: same-site\r\n"),
    ] {
        cases.push((403, format!("{host}{foreign}{json}{with_token}")));
    }
    for wrong in [
        String::new(),
        "X-Reader-Token: \r\n".into(),
        format!("X-Reader-Token: {}\r\n", other.token),
        format!("X-Reader-Token: {}\r\n", token.to_uppercase() + "x"),
        format!("X-Reader-Token: {}\r\n", &token[..31]),
        format!("{with_token}X-Reader-Token: {}\r\n", other.token),
        format!("Cookie: X-Reader-Token={token}\r\n"),
    ] {
        cases.push((403, format!("{host}{origin}{json}{wrong}")));
    }
    // What a form, or a `fetch` without a question beforehand, can send.
    for media_type in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: text/plain; application/json\r\n",
        "Content-Type: application/jsonp\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
    ] {
        cases.push((415, format!("{host}{origin}{media_type}{with_token}")));
    }
    for (status, headers) in cases {
        let answer = reader.send("POST /.reader/runs HTTP/1.0", &headers, body);
        assert_eq!(answer.status, status, "{headers}");
        assert!(!answer.body.contains("event:"), "{headers}");
        if !headers.contains("evil.example:") {
            let error: Value = serde_json::from_str(&answer.body).unwrap();
            let sentence = error["error"].as_str().unwrap();
            assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        }
    }
    // None of them is in the queue: this one has its turn at once.
    assert_eq!(reader.run("greets", &json!({})).next().unwrap().0, "building");
    // A charset changes nothing, nor does a browser's word that all is well.
    let good = format!(
        "Host: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/json; charset=utf-8\r\n{with_token}"
    );
    let answer =
        reader.send("POST /.reader/runs HTTP/1.0", &good, "{\"run\":\"greets\"}");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn no_other_method_runs_and_no_browser_is_given_leave_to_ask() {
    let reader = Reader::start(Limits::default());
    let host = format!("Host: 127.0.0.1:{}\r\n", reader.port);
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let line = format!("{method} /.reader/runs?run=hangs HTTP/1.0");
        let asks = "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\
            Access-Control-Request-Headers: content-type,x-reader-token\r\n";
        let answer = reader.send(&line, &format!("{host}{asks}"), "");
        assert_eq!(answer.status, 405, "{method}");
        assert!(
            !answer.head.to_lowercase().contains("access-control"),
            "{}",
            answer.head
        );
    }
}

#[test]
fn nobody_may_show_a_page_in_a_frame_but_the_table_of_contents_in_ours() {
    let reader = Reader::start(Limits::default());
    let host = format!("Host: 127.0.0.1:{}\r\n", reader.port);
    let post = |headers: &str| reader.send("POST /.reader/runs HTTP/1.0", headers, "{}");
    for answer in [
        reader.get("/welcome.html"),
        reader.get("/"),
        reader.get("/nowhere"),
        reader.get("/.reader/programs"),
        reader.get("/.reader/runs"),
        post(&host),
        post("Host: evil.example\r\n"),
        reader.post("{}"),
    ] {
        let head = answer.head.to_lowercase();
        assert!(head.contains("x-frame-options: deny\r\n"), "{head}");
        assert!(
            head.contains("content-security-policy: frame-ancestors 'none'\r\n"),
            "{head}"
        );
    }
    let contents = reader.get("/toc.html").head.to_lowercase();
    assert!(contents.contains("x-frame-options: sameorigin\r\n"), "{contents}");
    assert!(contents.contains("frame-ancestors 'self'\r\n"), "{contents}");
}

#[test]
fn nothing_but_a_value_that_is_allowed_reaches_a_command() {
    let reader = Reader::start(Limits::default());
    for name in [
        "nothing",
        "",
        "../greets",
        "greets.txt",
        "greets\0",
        "/etc/passwd",
        "--help",
        "probe",
        "GREETS",
    ] {
        assert_eq!(
            reader.post(&json!({"run": name}).to_string()).status,
            404,
            "{name:?}"
        );
    }
    for value in [
        json!("3"),
        json!("3 --svg /tmp/x"),
        json!("--help"),
        json!("; touch /tmp/x"),
        json!(0),
        json!(10),
        json!(-1),
        json!(3.0),
        json!(2.5),
        json!(u64::MAX),
        json!(null),
        json!(true),
        json!([3]),
        json!({"$gt": 1}),
    ] {
        let body = json!({"run": "greets", "inputs": {"times": value}});
        let answer = reader.post(&body.to_string());
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(
            answer.body,
            "{\"error\":\"how often must be a whole number from 1 to 9.\"}"
        );
    }
    for inputs in [
        json!({"tone": "loudly"}),
        json!({"tone": "high --times"}),
        json!({"tone": 1}),
        json!({"loud": "true"}),
        json!({"loud": 1}),
        json!({"svg": "/tmp/x"}),
        json!({"--times": 1}),
        json!({"times\0": 1}),
        json!({"times": 1, "other": 2}),
        json!([1]),
        json!("times"),
        json!(null),
    ] {
        let answer = reader.post(&json!({"run": "greets", "inputs": inputs}).to_string());
        assert_eq!(answer.status, 400, "{inputs}: {}", answer.body);
    }
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"greets\"",
        "{\"run\": 1}",
        "{\"run\": [\"greets\"]}",
        "{\"inputs\": {}}",
        "{\"run\": \"greets\", \"run\": \"greets\"}",
        "{\"run\": \"greets\", \"inputs\": {\"times\": 1, \"times\": 2}}",
        "{\"run\": \"greets\", \"inputs\": {\"times\": 1}, \"inputs\": {}}",
        "{\"run\": \"greets\", \"shell\": true}",
        "{\"run\": \"greets\", \"inputs\": {\"times\": 1e99}}",
        "{\"run\": \"greets\", \"inputs\": {\"times\": 1e0}}",
        "{\"run\": \"greets\"} {}",
        "run=greets",
        "\u{feff}{\"run\": \"greets\"}",
    ] {
        assert_eq!(reader.post(body).status, 400, "{body}");
    }
    let nested = format!(
        "{{\"run\": \"greets\", \"inputs\": {}{}}}",
        "[".repeat(1500),
        "]".repeat(1500)
    );
    assert_eq!(reader.post(&nested).status, 400);
    let large =
        json!({"run": "greets", "inputs": {"times": "x".repeat(1 << 20)}}).to_string();
    assert_eq!(reader.post(&large).status, 413);
    // A body that never comes to its end.
    let mut cut = reader.connect();
    write!(cut, "{}", reader.head(1000)).unwrap();
    cut.write_all(b"{\"run\":").unwrap();
    cut.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = String::new();
    let _ = cut.read_to_string(&mut rest);
    assert!(!rest.contains(" 200 "), "{rest}");
    // None of all these has run, or is in the queue.
    assert_eq!(reader.run("greets", &json!({})).next().unwrap().0, "building");
}

#[test]
fn a_request_that_never_ends_is_given_up() {
    let limits = Limits { patience: Duration::from_millis(100), ..Limits::default() };
    let reader = Reader::start(limits);
    let mut stream = reader.connect();
    write!(stream, "{}", reader.head(1000)).unwrap();
    assert_eq!(Answer::read(stream).status, 408);
}

#[test]
fn a_value_replaces_the_recorded_one_or_is_added() {
    let offers = catalogue::read(&BOOK).unwrap();
    let command = |run: &str, inputs: Value| {
        let offer = offers.iter().find(|offer| offer.name == run).unwrap();
        let values: Values = serde_json::from_value(inputs).unwrap();
        offer.command_with(&values)
    };
    let probe = "cargo run --example probe --";
    for (run, inputs, expected) in [
        ("greets", json!({}), "greet"),
        ("greets", json!({"times": 9}), "greet --times 9"),
        ("greets", json!({"loud": true, "tone": "low"}), "greet --loud --tone low"),
        ("greets", json!({"loud": false}), "greet"),
        ("greets-loudly", json!({}), "greet --loud --times 2"),
        ("greets-loudly", json!({"times": 4}), "greet --loud --times 4"),
        ("greets-loudly", json!({"loud": false}), "greet --times 2"),
        ("greets-loudly", json!({"loud": true}), "greet --loud --times 2"),
    ] {
        assert_eq!(command(run, inputs).unwrap(), format!("{probe} {expected}"));
    }
    assert_eq!(
        command("plain", json!({"times": 2})).unwrap(),
        format!("{probe} --times 2")
    );
}

// ------------------------------------------------------------------------------------------------------- how a run is ended

#[test]
fn who_leaves_ends_the_run_and_all_that_it_started() {
    let reader = Reader::start(Limits::default());
    let mut run = reader.run("hangs", &json!({}));
    let pids = run.pids();
    assert!(pids.iter().all(|&pid| is_alive(pid)), "{pids:?}");
    let mut next = reader.run("greets", &json!({}));
    assert_eq!(next.next().unwrap(), ("queued".to_owned(), json!({"ahead": 1})));
    drop(run);
    next.until("building");
    assert_gone(&pids);
    assert_eq!(next.all().last().unwrap().1["how"], "exit");
}

#[test]
fn who_leaves_the_queue_is_passed_over() {
    let reader = Reader::start(Limits::default());
    let mut first = reader.run("hangs", &json!({}));
    first.pids();
    let mut second = reader.run("greets", &json!({}));
    let mut third = reader.run("greets", &json!({}));
    assert_eq!(second.next().unwrap().1, json!({"ahead": 1}));
    assert_eq!(third.next().unwrap().1, json!({"ahead": 2}));
    drop(second);
    assert_eq!(third.next().unwrap(), ("queued".to_owned(), json!({"ahead": 1})));
    drop(first);
    assert_eq!(third.next().unwrap().0, "building");
}

#[test]
fn who_leaves_ends_the_build() {
    let reader = Reader::start(Limits::default());
    let fifo = BOOK.join("builds");
    let mut run = reader.run("slow-build", &json!({}));
    run.until("building");
    // The build script tells its number, and then builds for ever.
    let script = ends_within(PATIENCE, move || fs::read_to_string(fifo).unwrap());
    let script: i32 = script.trim().parse().unwrap();
    assert!(is_alive(script));
    let mut next = reader.run("greets", &json!({}));
    next.until("queued");
    drop(run);
    next.until("building");
    assert_gone(&[script]);
}

#[test]
fn the_limit_ends_a_run_and_all_that_it_started() {
    let reader =
        Reader::start(Limits { run: Duration::from_secs(2), ..Limits::default() });
    let mut run = reader.run("hangs", &json!({}));
    let pids = run.pids();
    let ended = run.all().pop().unwrap();
    assert_eq!((ended.0.as_str(), &ended.1["how"]), ("ended", &json!("time limit")));
    assert_eq!(ended.1["code"], Value::Null);
    assert_gone(&pids);
}

#[test]
fn what_a_program_leaves_behind_is_ended_with_it() {
    let reader = Reader::start(Limits::default());
    let mut run = reader.run("leaves", &json!({}));
    let pids = run.pids();
    let ended = run.all().pop().unwrap().1;
    assert_eq!((&ended["how"], &ended["code"]), (&json!("exit"), &json!(0)));
    assert_gone(&pids);
}

#[test]
fn a_flood_is_cut_at_a_character_and_ended() {
    let limits = Limits { output: 10_000, ..Limits::default() };
    let reader = Reader::start(limits);
    let events = reader.run("floods", &json!({})).all();
    let text = output(&events);
    assert!((9_990..=10_000).contains(&text.len()), "{}", text.len());
    assert!(!text.contains('\u{fffd}'), "no character is cut in two");
    let ended = &events.last().unwrap().1;
    assert_eq!((&ended["how"], &ended["cut"]), (&json!("signal"), &json!(true)));
}

#[test]
fn who_never_reads_holds_up_nobody() {
    // More than the buffers of the system and of ours hold, so that the program really is held up.
    let limits =
        Limits { output: 1 << 30, run: Duration::from_secs(2), ..Limits::default() };
    let reader = Reader::start(limits);
    let deaf = reader.run("floods", &json!({}));
    let mut next = reader.run("greets", &json!({}));
    assert_eq!(next.next().unwrap().0, "queued");
    assert_eq!(next.all().last().unwrap().1["how"], "exit");
    drop(deaf);
}

#[test]
fn of_a_thousand_at_once_one_runs_eight_wait_and_the_book_is_still_there() {
    let reader = Reader::start(Limits::default());
    let (refused, served) = crowd(&reader);
    assert_eq!((refused, served), (991, 9));
    assert_eq!(reader.get("/welcome.html").status, 200);
    reader.ends_with_a_run();
}

#[test]
fn with_few_descriptors_too_and_with_a_crowd_that_says_nothing() {
    let limits =
        Limits { connections: 16, idle: Duration::from_secs(1), ..Limits::default() };
    let reader = Reader::start(limits);
    let silent: Vec<TcpStream> = (0..200).map(|_| reader.connect()).collect();
    // Each batch of the silent is let go after a while, and those who ask have their turn.
    assert_eq!(reader.get("/welcome.html").status, 200);
    drop(silent);
    reader.ends_with_a_run();

    let mut command = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_while-you-wait");
    command.arg("-c").arg(format!("ulimit -n 64; exec {program} --no-open --port 0"));
    let program = Program::start(command);
    let (refused, served) = crowd(&program.reader);
    assert_eq!((refused, served), (991, 9));
    assert_eq!(program.reader.get("/welcome.html").status, 200);
    program.reader.ends_with_a_run();
}

/// A thousand run requests at once, whose clients stay until all are answered: how many are refused, and how many are not.
fn crowd(reader: &Reader) -> (usize, usize) {
    let mut first = reader.run("hangs", &json!({}));
    first.pids();
    let (answers, answered) = std::sync::mpsc::channel();
    for _ in 0..999 {
        let mut stream = reader.connect();
        let body = "{\"run\":\"greets\"}";
        let _ = write!(stream, "{}{body}", reader.head(body.len()));
        let answers = answers.clone();
        thread::Builder::new()
            .stack_size(64 << 10)
            .spawn(move || {
                let mut line = String::new();
                let mut stream = BufReader::new(stream);
                let _ = stream.read_line(&mut line);
                answers.send((line, stream)).unwrap();
            })
            .unwrap();
    }
    drop(answers);
    let mut waiting = Vec::new();
    let mut refused = 0;
    for (line, stream) in answered {
        if line.contains(" 200 ") {
            waiting.push(stream);
        } else {
            assert!(line.contains(" 429 "), "{line:?}");
            refused += 1;
        }
    }
    (refused, 1 + waiting.len())
}

// ------------------------------------------------------------------------------------------------------ the end of the reader

#[test]
fn nothing_is_left_of_a_run_when_the_reader_is_asked_to_end() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut program = Program::of_the_book();
        let mut run = program.reader.run("hangs", &json!({}));
        let pids = run.pids();
        program.signal(signal);
        assert_eq!(program.wait(), Some(0), "{signal}");
        assert_gone(&pids);
    }
}

/// Ctrl-C in a terminal goes to the whole group of the reader, and `pkill while-you-wait` to all that have its name.
#[test]
fn nothing_is_left_of_a_run_when_the_keeper_is_asked_to_end_too() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_while-you-wait"));
        command.args(["--no-open", "--port", "0"]).process_group(0);
        let mut program = Program::start(command);
        let mut run = program.reader.run("hangs", &json!({}));
        let pids = run.pids();
        let reader = program.child.id().to_string();
        let keeper = parent(pids[0]).to_string();
        assert_ne!(reader, keeper);
        let group = format!("-{reader}");
        let mut kill = Command::new("kill");
        kill.args([signal, "--", &keeper, &group]);
        assert!(kill.status().unwrap().success());
        assert_eq!(program.wait(), Some(0), "{signal}");
        assert_gone(&pids);
    }
}

fn parent(pid: i32) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    rest.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn nothing_is_left_of_a_run_when_the_reader_is_killed() {
    let mut program = Program::of_the_book();
    let mut run = program.reader.run("hangs", &json!({}));
    let pids = run.pids();
    program.signal("-KILL");
    assert_eq!(program.wait(), None);
    // The keeper outlives the reader by a moment: there is nothing to wait on but /proc.
    ends_within(PATIENCE, move || {
        while pids.iter().any(|&pid| is_alive(pid)) {
            thread::yield_now();
        }
    });
}

// --------------------------------------------------------------------------------------------------------- the inputs of the book

#[test]
fn every_recording_is_offered_or_excluded_with_a_reason_and_its_values_are_within_bounds()
{
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // It refuses a value of a recorded command outside the bounds, and names that are not there.
    let offers = catalogue::read(root).unwrap();
    let offered: BTreeSet<String> =
        offers.iter().map(|offer| offer.name.clone()).collect();
    let list: toml::Table =
        fs::read_to_string(root.join(catalogue::FILE)).unwrap().parse().unwrap();
    let excluded = list["excluded"].as_table().unwrap();
    for name in while_you_wait::record::names(root).unwrap() {
        assert!(offered.contains(&name) != excluded.contains_key(&name), "{name}");
    }
    for (name, reason) in excluded {
        assert!(reason.as_str().unwrap().split(' ').count() >= 3, "{name}: {reason}");
    }
    let mut used = BTreeSet::new();
    for section in ["programs", "recordings"] {
        for inputs in list[section].as_table().unwrap().values() {
            used.extend(inputs.as_array().unwrap().iter().map(|id| id.as_str().unwrap()));
        }
    }
    for id in list["inputs"].as_table().unwrap().keys() {
        assert!(used.contains(id.as_str()), "nobody uses the input {id}");
    }
    for offer in &offers {
        assert!(offer.inputs.len() <= 4, "{}: more than four inputs", offer.name);
        let names: BTreeSet<&str> =
            offer.inputs.iter().map(|i| i.name.as_str()).collect();
        assert_eq!(names.len(), offer.inputs.len(), "{}: an input twice", offer.name);
    }
}

/// With `--help` at the end, a program checks the values before it, and then shows its help instead of running.
#[test]
fn the_programs_take_what_the_page_offers_and_refuse_what_is_not_allowed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let offers = catalogue::read(root).unwrap();
    let programs = while_you_wait::programs::Programs::build(root).unwrap();
    let python = while_you_wait::programs::python(root);
    let ask = |line: &str| {
        let mut command =
            programs.command_by(&format!("{line} --help"), || python.clone()).unwrap();
        command.output().unwrap()
    };
    let with = |offer: &catalogue::Offer, name: &str, value: Value| {
        let values = Values([(name.to_owned(), value)].into());
        offer.command_with(&values).unwrap()
    };
    // The programs are asked once for each of their inputs, not once for each recording.
    let mut asked = BTreeSet::new();
    for offer in offers.iter().filter(|offer| !offer.python || python.is_some()) {
        let program =
            offer.command.split(' ').nth(if offer.python { 1 } else { 3 }).unwrap();
        for input in &offer.inputs {
            if !asked.insert((program, input.name.clone(), format!("{:?}", input.kind))) {
                continue;
            }
            let mut values: Vec<Value> = match &input.kind {
                Kind::Number { min, max } => vec![json!(min), json!(max)],
                Kind::Choice { choices } => {
                    choices.iter().map(|choice| json!(choice)).collect()
                }
                Kind::Flag => vec![json!(true), json!(false)],
            };
            values.extend(Some(input.value.clone()).filter(|value| !value.is_null()));
            for value in values {
                let line = with(offer, &input.name, value);
                let output = ask(&line);
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{line}: {said}");
            }
            let wrong = match &input.kind {
                Kind::Flag => continue,
                _ => "no-such-value",
            };
            let line = format!("{} --{} {wrong}", with_separator(offer), input.name);
            let output = ask(&line);
            assert_eq!(output.status.code(), Some(2), "{line}");
            // What the program itself takes where the option is missing, if its help tells.
            let help = String::from_utf8_lossy(&ask(&offer.command).stdout).into_owned();
            if let Some(default) = default_in(&help, &input.name)
                && !offer.command.contains(&format!("--{} ", input.name))
            {
                let ours = match &input.value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(ours, default, "{program}: --{}", input.name);
            }
        }
    }
    assert!(asked.len() > 100, "{}", asked.len());
}

fn with_separator(offer: &catalogue::Offer) -> String {
    if offer.python || offer.command.contains(" -- ") {
        // An option that is given twice would be refused for that.
        let words: Vec<&str> = offer.command.split(' ').collect();
        let kept = if offer.python { 2 } else { 5 };
        words[..kept].join(" ")
    } else {
        format!("{} --", offer.command)
    }
}

/// The `[default: X]` of an option in a help text.
fn default_in(help: &str, option: &str) -> Option<String> {
    let at = help.find(&format!("--{option} <"))?;
    let entry = &help[at..];
    let end = entry.match_indices('\n').map(|(at, _)| at).find(|&at| {
        let next = entry[at + 1..].trim_start();
        next.starts_with("--") || next.starts_with("-h") || next.is_empty()
    });
    let entry = entry[..end.unwrap_or(entry.len())]
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let default = entry.split("[default: ").nth(1)?.split(']').next()?;
    default.parse::<u64>().is_ok().then(|| default.to_owned())
}

// ---------------------------------------------------------------------------------------------------------------- the stage

const PROBE: &str = r#"
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::{env, fs, process, thread};

fn sleeper() -> Command {
    let mut command = Command::new("sleep");
    command.arg("100000").stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Prints its number, and leaves it to nobody.
fn orphan() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 100000 >/dev/null 2>&1 & echo pid $!"]);
    command
}

/// Children of this group, of other groups, and of parents that are gone.
fn family() {
    println!("pid {}", process::id());
    println!("pid {}", sleeper().spawn().unwrap().id());
    println!("pid {}", sleeper().process_group(0).spawn().unwrap().id());
    orphan().status().unwrap();
    orphan().process_group(0).status().unwrap();
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let after = |option: &str| words.iter().position(|word| word == option).map(|at| words[at + 1].clone());
    match words.first().map(String::as_str) {
        Some("greet") => {
            let times = after("--times").map_or(1, |times| times.parse().unwrap());
            for _ in 0..times {
                println!("hello µ");
            }
            eprintln!("aside");
            let svg = "<svg id=\"a\"><title id=\"t\">x</title></svg>";
            fs::write(env::var("WHILE_YOU_WAIT_SVG").unwrap(), svg).unwrap();
            process::exit(times);
        }
        Some("hang") => {
            family();
            println!("ready");
            loop { thread::park(); }
        }
        Some("leave") => {
            family();
            println!("ready");
        }
        Some("flood") => {
            let mut out = std::io::stdout();
            loop { out.write_all("µ🦀 water ".repeat(100).as_bytes()).unwrap(); }
        }
        other => println!("{other:?}"),
    }
}
"#;

const BUILD_SCRIPT: &str = r#"
fn main() {
    // Asked for when it runs: cargo does not build it again when the folder of the book is moved.
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/../builds";
    std::fs::write(here, std::process::id().to_string()).unwrap();
    loop { std::thread::park(); }
}
"#;

const RUNS: &str = r#"
[inputs.times]
option = "--times"
label = "how often"
min = 1
max = 9
default = 1
[inputs.loud]
option = "--loud"
label = "loud"
[inputs.tone]
option = "--tone"
label = "tone"
choices = ["high", "low"]
[programs]
probe = ["times", "loud", "tone"]
[excluded]
secret = "It is a secret."
"#;

/// A small book whose programs behave badly. It stays, so that they are built once.
static BOOK: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book-that-runs");
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        // Else cargo would build again.
        if !fs::read_to_string(&path).is_ok_and(|there| there == text) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    };
    let package = |name: &str| {
        format!("[package]\nname = \"{name}\"\nedition = \"2024\"\nautobins = false\n")
    };
    write(
        "Cargo.toml",
        &(package("small")
            + "[workspace]\nmembers = [\"slow\"]\ndefault-members = [\".\", \"slow\"]\n"),
    );
    write("src/lib.rs", "");
    write("examples/probe.rs", PROBE);
    write("examples/broken.rs", "fn main() { nowhere() }\n");
    write("slow/Cargo.toml", &package("slow"));
    write("slow/src/lib.rs", "");
    write("slow/build.rs", BUILD_SCRIPT);
    write("slow/examples/slow-build.rs", "fn main() {}\n");
    write(
        "book.toml",
        "[book]\ntitle = \"Small\"\nsrc = \"book\"\n[build]\nbuild-dir = \"target/book\"\n",
    );
    write("book/SUMMARY.md", "[Welcome](welcome.md)\n");
    write("book/welcome.md", "# Welcome\n");
    write("book/runs.toml", RUNS);
    for (name, command) in [
        ("greets", "probe -- greet"),
        ("greets-loudly", "probe -- \\\n    greet --loud --times 2"),
        ("plain", "probe"),
        ("hangs", "probe -- hang"),
        ("leaves", "probe -- leave"),
        ("floods", "probe -- flood"),
        ("broken", "broken"),
        ("slow-build", "slow-build"),
        ("secret", "probe -- secret"),
    ] {
        write(
            &format!("book/recorded/{name}.txt"),
            &format!("$ cargo run --example {command}\n"),
        );
    }
    let fifo = root.join("builds");
    if !fifo.exists() {
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    }
    root
});

/// A reader of the small book, in this process or not.
struct Reader {
    port: u16,
    token: String,
    runtime: Option<Runtime>,
}

impl Reader {
    fn start(limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let dest = dir.path().join("book");
        build::build(&BOOK, &dest).unwrap();
        let keeper = Path::new(env!("CARGO_BIN_EXE_while-you-wait"));
        let runner = Runner::new(&BOOK, keeper, limits).unwrap();
        let token = runner.token().to_owned();
        let site = Site::load(&dest, &token).unwrap();
        let (sites, current) = tokio::sync::watch::channel(Arc::new(site));
        let listener = serve::listen(Some(0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = Runtime::new().unwrap();
        runtime.spawn(async move {
            let _sites = sites;
            serve::serve(listener, current, runner).await
        });
        Self { port, token, runtime: Some(runtime) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The head of a good request to run something. With HTTP/1.0 the answer is not cut in chunks.
    fn head(&self, length: usize) -> String {
        let (port, token) = (self.port, &self.token);
        format!(
            "POST /.reader/runs HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Content-Type: application/json\r\nX-Reader-Token: {token}\r\nContent-Length: {length}\r\n\r\n"
        )
    }

    fn send(&self, line: &str, headers: &str, body: &str) -> Answer {
        let mut stream = self.connect();
        let length = body.len();
        let request =
            format!("{line}\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(stream)
    }

    fn get(&self, path: &str) -> Answer {
        let host = format!("Host: 127.0.0.1:{}\r\n", self.port);
        self.send(&format!("GET {path} HTTP/1.0"), &host, "")
    }

    /// A request to run that is good but for its body.
    fn post(&self, body: &str) -> Answer {
        let mut stream = self.connect();
        // It may be refused before all of it is sent.
        let _ = write!(stream, "{}{body}", self.head(body.len()));
        Answer::read(stream)
    }

    fn run(&self, name: &str, inputs: &Value) -> Run {
        let body = json!({"run": name, "inputs": inputs}).to_string();
        let mut stream = self.connect();
        write!(stream, "{}{body}", self.head(body.len())).unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).unwrap(), 0, "{head}");
        }
        assert!(head.contains(" 200 OK\r\n"), "{head}");
        assert!(head.contains("content-type: text/event-stream\r\n"), "{head}");
        Run(stream)
    }

    /// Whatever went before, a run has its turn in the end.
    fn ends_with_a_run(&self) {
        loop {
            let answer = self.post("{\"run\":\"greets\"}");
            if answer.status == 200 {
                assert!(answer.body.contains("event: ended"), "{}", answer.body);
                return;
            }
            assert_eq!(answer.status, 429, "{}", answer.body); // those who left are not gone yet
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(PATIENCE);
        }
    }
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A refusal may come as a reset, where the request was longer than was read of it.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
        let status = head[9..12].parse().unwrap();
        Self { status, head: format!("{head}\r\n"), body: body.to_owned() }
    }
}

/// The events of a run. Dropping it drops the connection, as Stop does.
struct Run(BufReader<TcpStream>);

impl Run {
    fn next(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(event) = line.strip_prefix("event: ") {
                event.clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).unwrap()));
            }
        }
    }

    fn all(mut self) -> Vec<(String, Value)> {
        std::iter::from_fn(|| self.next()).collect()
    }

    fn until(&mut self, name: &str) {
        while self.next().expect("an event").0 != name {}
    }

    /// The numbers of the processes of `hangs` or `leaves`, once all are there.
    fn pids(&mut self) -> Vec<i32> {
        let mut text = String::new();
        while !text.contains("ready\n") {
            let (_, data) = self.next().expect("an event");
            let _ = write!(text, "{}", data["text"].as_str().unwrap_or_default());
        }
        let pids: Vec<i32> = text
            .lines()
            .filter_map(|line| line.strip_prefix("pid ")?.parse().ok())
            .collect();
        assert_eq!(pids.len(), 5, "{text}");
        pids
    }
}

fn output(events: &[(String, Value)]) -> String {
    events.iter().filter_map(|(_, data)| data["text"].as_str()).collect()
}

/// Whether a process is there, and not only its exit code.
fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

#[track_caller]
fn assert_gone(pids: &[i32]) {
    let left: Vec<&i32> = pids.iter().filter(|&&pid| is_alive(pid)).collect();
    assert!(left.is_empty(), "{left:?} of {pids:?} are left");
}

/// The reader as a program, in the small book.
struct Program {
    child: Child,
    reader: Reader,
}

impl Program {
    fn of_the_book() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_while-you-wait"));
        command.args(["--no-open", "--port", "0"]);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child =
            command.current_dir(&*BOOK).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let port = address.trim().trim_end_matches('/').rsplit(':').next().unwrap();
        let mut reader =
            Reader { port: port.parse().unwrap(), token: String::new(), runtime: None };
        let page = reader.get("/welcome.html").body;
        let token =
            page.split("data-token=\"").nth(1).unwrap().split('"').next().unwrap();
        token.clone_into(&mut reader.token);
        Self { child, reader }
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
