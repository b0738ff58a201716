//! The reader: what it serves, what it refuses, when it rebuilds, how it ends.
//!
//! Requests are written as bytes to a socket, because a client would tidy a path like `/../` before it left.
//! Nothing here sleeps or looks at the clock; a wait is a blocking read, and [`PATIENCE`] only turns a hang into a failure.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use pulldown_cmark::{Event, Parser, Tag};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use while_you_wait::build;
use while_you_wait::run::{Limits, Runner};
use while_you_wait::serve::{self, Site};
use while_you_wait::watch::{self, Sources};

const PATIENCE: Duration = Duration::from_secs(30);

// ---------------------------------------------------------------------------------------------------------- what it serves

#[test]
fn serves_every_page_of_the_summary_and_what_the_pages_load() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let reader = Reader::start(root);
    let summary = fs::read_to_string(root.join("book/SUMMARY.md")).unwrap();
    let pages: Vec<String> = Parser::new(&summary)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. }) if !dest_url.is_empty() => {
                let path = dest_url.replace("README.md", "index.md");
                Some(format!(
                    "/{}",
                    path.trim_start_matches("./").replace(".md", ".html")
                ))
            }
            _ => None,
        })
        .collect();
    assert!(!pages.is_empty());

    let mut assets = BTreeSet::new();
    for page in pages.iter().map(String::as_str).chain(["/", "/print.html"]) {
        let answer = reader.get(page);
        assert_eq!(answer.status, 200, "{page}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{page}"
        );
        let folder = &page[..=page.rfind('/').unwrap()];
        let html = answer.text();
        let loaded = ["src=\"", "<link rel=\"stylesheet\" href=\""];
        for rest in loaded.iter().flat_map(|before| html.split(before).skip(1)) {
            let asset = rest.split('"').next().unwrap();
            if !asset.contains(':') {
                assets.insert(resolve(folder, asset));
            }
        }
    }
    let mut types = BTreeSet::new();
    while let Some(asset) = assets.pop_first() {
        let answer = reader.get(&asset);
        assert_eq!(answer.status, 200, "{asset}");
        let media_type = answer.header("content-type").unwrap().to_owned();
        assert_ne!(media_type, "application/octet-stream", "{asset}");
        if media_type.starts_with("text/css") {
            let folder = &asset[..=asset.rfind('/').unwrap()];
            for url in answer.text().split("url(").skip(1) {
                let url = url.split(')').next().unwrap().trim_matches(['\'', '"']);
                if !url.starts_with("data:") {
                    assets.insert(resolve(folder, url));
                }
            }
        }
        types.insert(media_type);
    }
    for expected in ["text/css; charset=utf-8", "text/javascript; charset=utf-8"] {
        assert!(types.contains(expected), "no page loads {expected}: {types:?}");
    }
}

#[test]
fn a_folder_is_its_index_page() {
    let reader = Reader::start(&Book::new().root);
    assert_eq!(reader.get("/folder/").text(), reader.get("/folder/index.html").text());
    let answer = reader.get("/folder");
    assert_eq!((answer.status, answer.header("location")), (307, Some("/folder/")));
    // A second slash would make the target the name of a host.
    assert_eq!(reader.get("//folder").header("location"), None);
}

#[test]
fn an_unknown_path_is_the_page_404_of_the_book() {
    let reader = Reader::start(&Book::new().root);
    for path in [
        "/nowhere",
        "/folder/nowhere.html",
        "/nowhere/",
        "/welcome.html/",
        "/.reader/nowhere",
    ] {
        let answer = reader.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.text().contains("Document not found (404)"), "{path}");
    }
}

#[test]
fn compresses_text_when_asked_and_only_then() {
    let reader = Reader::start(&Book::new().root);
    let plain = reader.get("/welcome.html");
    assert_eq!(plain.header("content-encoding"), None);
    let zipped =
        reader.request("GET /welcome.html HTTP/1.1", "Accept-Encoding: gzip\r\n");
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert_eq!(zipped.header("vary"), Some("accept-encoding"));
    assert!(zipped.body.len() < plain.body.len() / 2);
}

#[test]
fn asks_the_browser_to_ask_again_and_answers_briefly_when_nothing_changed() {
    let reader = Reader::start(&Book::new().root);
    let answer = reader.get("/welcome.html");
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let etag = answer.header("etag").unwrap();
    let again = reader
        .request("GET /welcome.html HTTP/1.1", &format!("If-None-Match: {etag}\r\n"));
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other =
        reader.request("GET /folder/ HTTP/1.1", &format!("If-None-Match: {etag}\r\n"));
    assert_eq!(other.status, 200);
}

// --------------------------------------------------------------------------------------------------------- what it refuses

#[test]
fn no_spelling_of_a_path_leaves_the_book() {
    let book = Book::new();
    fs::write(book.root.join("secret.txt"), "the secret").unwrap();
    let secret = book.root.join("secret.txt").display().to_string();
    let reader = Reader::start(&book.root);
    let mut paths = vec![
        secret.clone(),
        format!("/{secret}"),
        format!("/%2f{secret}"),
        format!("/file://{secret}"),
    ];
    for up in [
        "../",
        "%2e%2e/",
        "..%2f",
        "%2E%2E%2F",
        "..\\",
        "..%5c",
        "....//",
        "%252e%252e/",
        ".%2e/",
        "./../",
        "folder/../../",
    ] {
        for depth in 1..=4 {
            paths.push(format!("/{}secret.txt", up.repeat(depth)));
        }
    }
    for path in paths {
        let answer = reader.get(&path);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.text().contains("the secret"), "{path}");
    }
    // Names that a file system would cut short or resolve.
    for path in [
        "/welcome.html%00",
        "/welcome.html%00.txt",
        "/./welcome.html",
        "/folder/../welcome.html",
        "/%ff",
    ] {
        assert!([400, 404].contains(&reader.get(path).status), "{path}");
    }
}

#[test]
fn answers_only_to_its_own_names() {
    let reader = Reader::start(&Book::new().root);
    let port = reader.port;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        assert_eq!(
            reader.raw(&format!("GET / HTTP/1.1\r\nHost: {host}:{port}\r\n")).status,
            200,
            "{host}"
        );
    }
    for request in [
        "GET / HTTP/1.1\r\n".into(),
        "GET / HTTP/1.0\r\n".into(),
        "GET / HTTP/1.1\r\nHost:\r\n".into(),
        "GET / HTTP/1.1\r\nHost: localhost\r\n".into(),
        format!("GET / HTTP/1.1\r\nHost: evil.example:{port}\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost.evil.example:{port}\r\n"),
        format!("GET / HTTP/1.1\r\nHost: localhost:{}\r\n", port ^ 1),
        format!(
            "GET / HTTP/1.1\r\nHost: localhost:{port}\r\nHost: evil.example:{port}\r\n"
        ),
        format!("GET http://evil.example:{port}/ HTTP/1.1\r\nHost: localhost:{port}\r\n"),
        format!("GET /.reader/events HTTP/1.1\r\nHost: evil.example:{port}\r\n"),
        format!("POST / HTTP/1.1\r\nHost: evil.example:{port}\r\n"),
    ] {
        let answer = reader.raw(&request);
        assert_eq!(answer.status, 403, "{request}");
        assert!(answer.text().contains("answers only to"), "{request}");
    }
}

#[test]
fn only_reads() {
    let reader = Reader::start(&Book::new().root);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"] {
        for path in ["/", "/welcome.html", "/nowhere", "/.reader/events"] {
            let answer = reader
                .request(&format!("{method} {path} HTTP/1.1"), "Content-Length: 0\r\n");
            assert_eq!(answer.status, 405, "{method} {path}");
        }
    }
    let answer = reader.request("HEAD /welcome.html HTTP/1.1", "");
    let whole = reader.get("/welcome.html").body.len().to_string();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.header("content-length"), Some(whole.as_str()));
}

// -------------------------------------------------------------------------------------------------------- when it rebuilds

#[test]
fn a_change_is_built_and_told_to_the_open_pages() {
    let book = Book::new();
    let reader = Reader::start(&book.root);
    let events = reader.events();
    let first = events.next_version();
    let shown = reader.get("/welcome.html").text();
    assert!(
        shown.contains(&format!("data-version=\"{first}\"")),
        "a page knows its version"
    );
    assert!(!shown.contains("A new sentence."));

    book.write("book/welcome.md", "# Welcome\n\nA new sentence.\n");
    let second = events.next_version();
    assert_ne!(first, second);
    assert!(reader.get("/welcome.html").text().contains("A new sentence."));

    // A file that no page is, but that a page includes.
    book.write("examples/01-one/src/lib.rs", "pub fn changed_listing() {}\n");
    let third = events.next_version();
    assert_ne!(third, second);
    assert!(reader.get("/folder/page.html").text().contains("changed_listing"));

    // A file that keeps its name and that no page holds.
    book.write("book/folder/picture.svg", "<svg></svg>");
    assert_ne!(events.next_version(), third);
}

#[test]
fn a_broken_change_keeps_the_old_book_until_it_is_mended() {
    let book = Book::new();
    let reader = Reader::start(&book.root);
    let events = reader.events();
    let first = events.next_version();
    let before = reader.get("/welcome.html").text();

    book.write("book/welcome.md", "# Welcome\n\n{{#include nowhere.rs}}\n");
    let error = reader.next_report().unwrap_err();
    assert!(error.contains("nowhere.rs"), "{error}");
    assert_eq!(reader.get("/welcome.html").text(), before);
    assert!(
        !fs::read_to_string(reader.dest.join("welcome.html"))
            .unwrap()
            .contains("nowhere.rs")
    );

    book.write("book.toml", "this is no TOML");
    assert!(reader.next_report().is_err());
    assert_eq!(reader.get("/welcome.html").text(), before);

    book.write("book.toml", BOOK_TOML);
    book.write("book/welcome.md", "# Welcome\n\nMended.\n");
    while reader.next_report().is_err() {} // one of the two files may be seen first
    assert_ne!(events.next_version(), first);
    assert!(reader.get("/welcome.html").text().contains("Mended."));
}

#[test]
fn live_reload_is_no_part_of_the_book() {
    let book = Book::new();
    let reader = Reader::start(&book.root);
    assert!(reader.get("/welcome.html").text().contains("/.reader/reload.js"));
    let script = reader.get("/.reader/reload.js");
    assert_eq!(
        (script.status, script.header("content-type")),
        (200, Some("text/javascript; charset=utf-8"))
    );
    assert!(
        !fs::read_to_string(reader.dest.join("welcome.html"))
            .unwrap()
            .contains(".reader")
    );
    assert!(!reader.dest.join(".reader").exists());
    // Neither is its version: an open page stays as it is when the reader starts again.
    assert_eq!(
        Site::load(&reader.dest, "another token").unwrap().version(),
        reader.events().next_version()
    );
}

// ----------------------------------------------------------------------------------------------------------- what it builds

#[test]
fn a_book_with_a_mistake_is_not_built() {
    let toml = BOOK_TOML;
    let unknown =
        |section: &str| toml.replace(section, &format!("{section}\nno-such-key = 1"));
    for (path, content, named) in [
        ("book/welcome.md", "{{#include nowhere.rs}}".into(), "nowhere.rs"),
        (
            "book/welcome.md",
            "A `Vec` in <b>bold that never ends".into(),
            "unclosed HTML tag",
        ),
        ("book/SUMMARY.md", "[Welcome](unwritten.md)".into(), "unwritten.md"),
        ("book/SUMMARY.md", "# Summary".into(), "no chapter"),
        ("book.toml", unknown("[output.html]"), "book.toml: "),
        ("book.toml", unknown("[output.html.fold]"), "no-such-key"),
        ("book.toml", unknown("[book]"), "no-such-key"),
        ("book.toml", format!("{toml}\n[output.htlm]\n"), "htlm"),
        ("book.toml", format!("{toml}\n[preprocessor.no-such]\n"), "no-such"),
    ] {
        let book = Book::new();
        assert_success(&book.run(&["build"]));
        let before = fs::read(book.root.join("target/book/welcome.html")).unwrap();
        book.write(path, &content);
        let output = book.run(&["build"]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{named}: {error}");
        assert!(
            error.starts_with("while-you-wait: ") && error.contains(named),
            "{named}: {error}"
        );
        assert_eq!(
            fs::read(book.root.join("target/book/welcome.html")).unwrap(),
            before,
            "{named}: the old book stays"
        );
        assert!(!book.root.join("book/unwritten.md").exists(), "no source is created");
        assert_eq!(
            fs::read_dir(book.root.join("target")).unwrap().count(),
            1,
            "nothing is left behind"
        );
    }
}

#[test]
fn builds_where_it_is_told_but_over_nobodys_files() {
    let book = Book::new();
    assert_success(&book.run(&["build", "--dest", "out/here"]));
    assert!(book.root.join("out/here/folder/page.html").is_file());
    book.write("book/welcome.md", "# Welcome\n\nAgain.\n");
    assert_success(&book.run(&["build", "--dest", "out/here"]));
    assert!(
        fs::read_to_string(book.root.join("out/here/welcome.html"))
            .unwrap()
            .contains("Again.")
    );

    book.write("precious/thesis.txt", "three years");
    for (dest, named) in [
        ("precious", "not replaced"),
        (".", "not replaced"),
        ("..", "not replaced"),
        ("precious/thesis.txt", "no directory"),
        ("precious/thesis.txt/book", "thesis.txt"),
        ("book/out", "among the sources"),
    ] {
        let output = book.run(&["build", "--dest", dest]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{dest}: {error}");
        assert!(error.contains(named) && error.lines().count() == 1, "{dest}: {error}");
    }
    assert_eq!(
        fs::read_to_string(book.root.join("precious/thesis.txt")).unwrap(),
        "three years"
    );
}

/// The preprocessor runs in the middle of the build, and ends it there.
#[cfg(unix)]
#[test]
fn what_a_killed_build_leaves_is_gone_after_the_next_one() {
    for dest in ["target/book", "out/here"] {
        let book = Book::new();
        let build = || book.run(&["build", "--dest", dest]);
        let left =
            || fs::read_dir(book.root.join(dest).parent().unwrap()).unwrap().count();
        book.preprocess("kill -KILL $PPID");
        for _ in 0..2 {
            assert_eq!(build().status.code(), None, "killed");
            assert_eq!(left(), 1, "its own, and not that of the one before");
        }
        book.write("book.toml", BOOK_TOML);
        assert_success(&build());
        assert_eq!(left(), 1, "only the book");
        assert!(book.root.join(dest).join("welcome.html").is_file());
    }
}

#[cfg(unix)]
#[test]
fn a_build_leaves_the_work_of_another_and_the_files_of_others_alone() {
    let (book, other) = (Book::new(), Book::new());
    book.write("target/.while-you-wait-thesis/thesis.txt", "three years");
    let program = env!("CARGO_BIN_EXE_while-you-wait");
    let dest = book.root.join("target/book").display().to_string();
    // In the middle of the one build, the other one builds to the same place.
    book.preprocess(&format!(
        "cd {} && {program} build --dest {dest} && ls -A {dest}/.. >seen",
        other.root.display()
    ));
    assert_success(&book.run(&["build"]));
    let seen = fs::read_to_string(other.root.join("seen")).unwrap();
    assert_eq!(seen.lines().count(), 3, "thesis, book and the work of the first: {seen}");
    assert_eq!(fs::read_dir(book.root.join("target")).unwrap().count(), 2);
    assert!(book.root.join("target/.while-you-wait-thesis/thesis.txt").is_file());
}

#[test]
fn the_root_is_the_nearest_book_or_the_one_compiled_in() {
    let book = Book::new();
    assert_eq!(
        build::find_root(&book.root.join("examples/01-one/src")).unwrap(),
        book.root
    );
    let nowhere = TempDir::new().unwrap();
    assert_eq!(
        build::find_root(nowhere.path()).unwrap(),
        Path::new(env!("CARGO_MANIFEST_DIR"))
    );
}

// --------------------------------------------------------------------------------------------------- how it starts and ends

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_whatever_is_open() {
    let book = Book::new();
    let mut program = Program::start(&book.root);
    let connect = |request: String| {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, program.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    };
    let port = program.port;
    let asked = format!("GET /.reader/events HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    let events = Events::on(connect(asked));
    events.next_version();
    let mut kept_alive =
        connect(format!("GET / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"));
    kept_alive.read_exact(&mut [0; 512]).unwrap();
    let half_asked = connect("GET / HT".into());
    let silent = connect(String::new());

    let killed = Command::new("kill")
        .args(["-INT", &program.child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(program.wait().code(), Some(0));
    drop((half_asked, silent));
}

#[test]
fn a_bad_argument_is_one_line_and_the_help_fits_a_terminal() {
    let book = Book::new();
    for bad in [
        &["--port", "70000"][..],
        &["--prot", "3000"],
        &["brew"],
        &["build", "--dest"],
        &["build", "extra"],
        &["--no-open", "build"],
        &["record", "--all"],
        &["--port", "3\r\x1b[2J\n"],
    ] {
        let output = book.run(bad);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{bad:?}: {error}");
        assert!(error.starts_with("while-you-wait: "), "{bad:?}: {error}");
        assert_eq!(error.chars().filter(|c| c.is_control()).count(), 1, "{error:?}");
        assert!(error.ends_with('\n') && output.stdout.is_empty(), "{bad:?}: {error}");
    }
    book.write("book/recorded/known.txt", "$ true\n");
    let error = String::from_utf8(book.run(&["record", "un\nknown"]).stderr).unwrap();
    assert!(error.contains("un known") && error.lines().count() == 1, "{error}");

    for help in [&["--help"][..], &["build", "--help"], &["record", "--help"], &["help"]]
    {
        let wide = &mut book.command(help);
        let output = ended(wide.env("COLUMNS", "200").stdout(Stdio::piped()));
        assert_success(&output);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("Usage: "), "{help:?}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{help:?}: {text}");
    }
}

#[cfg(unix)]
#[test]
fn serves_on_when_nobody_reads_the_address() {
    let book = Book::new();
    // A source changes in the middle of the first build, so that there is a second one, long after the address is out.
    book.preprocess("printf again >>book/welcome.md");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = book.command(&["--no-open", "--port", "0"]);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let mut program = Program { child, port: 0 };
    let _watchdog = watchdog(&program.child);
    let mut said = String::new();
    BufReader::new(program.child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "rebuilt\n");
}

#[test]
fn a_port_that_was_asked_for_is_not_replaced_by_another() {
    let book = Book::new();
    let taken = serve::listen(Some(0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = book.run(&["--no-open", "--port", &port]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(&port) && error.lines().count() == 1, "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line_and_no_panic() {
    let book = Book::new();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let output = ended(book.command(&["--no-open", "--port", "0"]).stdout(full()));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("cannot print the address") && error.lines().count() == 1,
        "{error}"
    );

    let deaf = book
        .command(&["build", "--dest", "/dev/null/book"])
        .stderr(full())
        .status()
        .unwrap();
    assert_eq!(deaf.code(), Some(1)); // a panic would be 101
}

// ---------------------------------------------------------------------------------------------------------------- the stage

/// Not the real one, which may name files that the small book has not.
const BOOK_TOML: &str = r#"
[book]
title = "A small book"
src = "book"
[build]
build-dir = "target/book"
extra-watch-dirs = ["examples"]
[output.html]
[output.html.fold]
"#;

/// A small book of two pages and an example, in a directory of its own.
struct Book {
    root: PathBuf,
    _dir: TempDir,
}

impl Book {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let book = Self { root: dir.path().canonicalize().unwrap(), _dir: dir };
        book.write("book.toml", BOOK_TOML);
        book.write(
            "book/SUMMARY.md",
            "[Welcome](welcome.md)\n\n- [Folder](folder/README.md)\n  - [Page](folder/page.md)\n",
        );
        book.write("book/welcome.md", "# Welcome\n\nAn old sentence.\n");
        book.write("book/folder/README.md", "# Folder\n");
        book.write(
            "book/folder/page.md",
            "# Page\n\n```rust\n{{#include ../../examples/01-one/src/lib.rs}}\n```\n",
        );
        book.write("book/folder/picture.svg", "<svg/>");
        book.write("examples/01-one/src/lib.rs", "pub fn listing() {}\n");
        book
    }

    /// Writes the file as a whole, so that no rebuild sees half of it.
    fn write(&self, path: &str, content: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let draft = path.with_file_name(".draft");
        fs::write(&draft, content).unwrap();
        fs::rename(draft, path).unwrap();
    }

    /// Has every build run `script` in its middle.
    #[cfg(unix)]
    fn preprocess(&self, script: &str) {
        let path = self.root.join("preprocess.sh");
        self.write(
            "preprocess.sh",
            &format!("{script}\nexit 1 # \"not for me\": the pages stay as they are\n"),
        );
        let command =
            format!("[preprocessor.test]\ncommand = \"sh {}\"\n", path.display());
        self.write("book.toml", &format!("{BOOK_TOML}{command}"));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_while-you-wait"));
        command.args(arguments).current_dir(&self.root);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        ended(self.command(arguments).stdout(Stdio::piped()))
    }
}

/// What `command` answered, its errors included.
fn ended(command: &mut Command) -> Output {
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let _watchdog = watchdog(&child);
    child.wait_with_output().unwrap()
}

fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The reader, in this process: a rebuild is looked for every few milliseconds.
struct Reader {
    port: u16,
    dest: PathBuf,
    reports: mpsc::Receiver<Result<(), String>>,
    runtime: Option<Runtime>,
    _dir: TempDir,
}

impl Reader {
    fn start(root: &Path) -> Self {
        let dir = TempDir::new().unwrap();
        let dest = dir.path().join("book");
        let sources = Sources::look(root);
        build::build(root, &dest).unwrap();
        let runner =
            Runner::new(root, Path::new("no keeper"), Limits::default()).unwrap();
        let site = Arc::new(Site::load(&dest, runner.token()).unwrap());
        let (sites, current) = tokio::sync::watch::channel(site);
        let listener = serve::listen(Some(0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = Runtime::new().unwrap();
        runtime.spawn(serve::serve(listener, current, runner));
        let (report, reports) = mpsc::channel();
        thread::spawn({
            let (root, dest) = (root.to_path_buf(), dest.clone());
            move || {
                watch::rebuild_on_change(
                    &root,
                    &dest,
                    sources,
                    Duration::from_millis(5),
                    &sites,
                    |built| {
                        let _ = report.send(built.map_err(|error| format!("{error:#}")));
                    },
                );
            }
        });
        Self { port, dest, reports, runtime: Some(runtime), _dir: dir }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends `head` as it is, and `Connection: close`.
    fn raw(&self, head: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end =
            bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer");
        let body = bytes.split_off(end + 4);
        let head = String::from_utf8(bytes).unwrap();
        Answer { status: head[9..12].parse().unwrap(), head, body }
    }

    fn request(&self, line: &str, headers: &str) -> Answer {
        self.raw(&format!("{line}\r\nHost: 127.0.0.1:{}\r\n{headers}", self.port))
    }

    fn get(&self, path: &str) -> Answer {
        self.request(&format!("GET {path} HTTP/1.1"), "")
    }

    fn events(&self) -> Events {
        let mut stream = self.connect();
        write!(
            stream,
            "GET /.reader/events HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
            self.port
        )
        .unwrap();
        Events::on(stream)
    }

    fn next_report(&self) -> Result<(), String> {
        self.reports.recv_timeout(PATIENCE).expect("a build")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// The versions that the reader tells an open page.
struct Events(mpsc::Receiver<String>);

impl Events {
    /// Reads on a thread of its own: the comments that keep the connection alive would put off a time limit on reading for ever.
    fn on(stream: TcpStream) -> Self {
        let (version, versions) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if let Some(data) = line.strip_prefix("data: ") {
                    let _ = version.send(data.to_owned());
                }
            }
        });
        Self(versions)
    }

    fn next_version(&self) -> String {
        self.0.recv_timeout(PATIENCE).expect("an event")
    }
}

/// The reader as a program, as `cargo run` starts it.
struct Program {
    child: Child,
    port: u16,
}

impl Program {
    fn start(root: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_while-you-wait"))
            .args(["--no-open", "--port", "0"])
            .current_dir(root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let port = address
            .trim()
            .strip_prefix("http://127.0.0.1:")
            .unwrap()
            .strip_suffix('/')
            .unwrap();
        Self { port: port.parse().unwrap(), child }
    }

    fn wait(&mut self) -> std::process::ExitStatus {
        let _watchdog = watchdog(&self.child);
        self.child.wait().unwrap()
    }
}

/// Kills `child` when [`PATIENCE`] runs out before the answer is dropped.
fn watchdog(child: &Child) -> mpsc::Sender<()> {
    let pid = child.id().to_string();
    let (alive, dropped) = mpsc::channel();
    thread::spawn(move || {
        if dropped.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            Command::new("kill").args(["-KILL", &pid]).status().unwrap();
        }
    });
    alive
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The path that `reference` means on a page in `folder`, as a browser finds it.
fn resolve(folder: &str, reference: &str) -> String {
    let reference = reference.split(['#', '?']).next().unwrap();
    if reference.starts_with('/') {
        return reference.to_owned();
    }
    let mut parts: Vec<&str> =
        folder.trim_matches('/').split('/').filter(|part| !part.is_empty()).collect();
    for part in reference.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
