//! The link checker as a program, end to end: a small site of our own counts what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use other_waits::link_checker::journal::{Entry, Journal, JournalError, Not, Run, There};
use other_waits::link_checker::start::Starts;
use other_waits::link_checker::{Broken, Settings, Skipped};
use serde_json::Value;
use url::Url;
use while_you_wait::programs::{Programs, cargo_build};

use crate::patience::{PATIENCE, ends};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const NAME: &str = "07-link-checker";
/// Half of a page of HTML.
const HTML: &str = "<!doctype html><title>x</title>";

static PROGRAMS: LazyLock<Programs> = LazyLock::new(|| {
    let cargo = cargo_build(Path::new(ROOT))
        .args(["--quiet", "--example", NAME])
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    Programs::new(Path::new(ROOT), &String::from_utf8_lossy(&cargo.stdout))
});

/// The program, with the options that a site of ours can do without.
fn checker<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = PROGRAMS.command(&format!("cargo run --example {NAME}")).unwrap();
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end, which has to come.
fn output<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    let mut command = checker(arguments);
    ends(move || command.output().unwrap())
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it printed, if it ended with this exit code and complained of nothing.
fn printed(output: &Output, code: i32) -> String {
    let (out, err) = (words(&output.stdout), words(&output.stderr));
    assert_eq!((output.status.code(), &err[..]), (Some(code), ""), "{out}");
    out
}

/// The line that it ended with, if that was all.
fn complaint(output: &Output) -> String {
    let err = words(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with(&format!("{NAME}: ")) && err.ends_with('\n'), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    err
}

/// The addresses of a report, each without the number of requests: that depends on which link was found first.
fn addresses(json: &str) -> BTreeMap<String, Value> {
    let mut report: Value = serde_json::from_str(json).unwrap();
    let addresses = report["addresses"].as_object_mut().unwrap();
    let without = |(url, mut of): (String, Value)| {
        of.as_object_mut().unwrap().remove("requests").unwrap();
        (url, of)
    };
    std::mem::take(addresses).into_iter().map(without).collect()
}

/// What came of an address, in a word.
fn outcome(report: &BTreeMap<String, Value>, url: &str) -> String {
    report[url]["outcome"]["is"].as_str().unwrap().to_owned()
}

/// A site that counts, and that can let somebody wait.
struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    pages: BTreeMap<String, (u16, String)>,
    /// Seeds a pause before each answer.
    pauses: Option<u64>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: BTreeMap<String, usize>,
    /// Whether `/held/...` is answered.
    released: bool,
    closed: bool,
}

impl Site {
    fn new(pages: &[(&str, u16, &str)], pauses: Option<u64>) -> Self {
        let page = |&(path, status, body): &(&str, u16, &str)| {
            (path.to_owned(), (status, format!("{HTML}{body}")))
        };
        let pages = pages.iter().map(page).collect();
        let shared = Arc::new(Shared { pages, pauses, ..Shared::default() });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let shared = Arc::clone(&for_thread);
                if shared.state.lock().unwrap().closed {
                    break;
                }
                // Who hangs up meanwhile is none of ours.
                thread::spawn(move || connection.map(|stream| shared.answer(&stream)));
            }
        });
        Self { address, shared }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How often each path was asked for, but for robots.txt.
    fn asked(&self) -> BTreeMap<String, usize> {
        let mut asked = self.shared.state.lock().unwrap().asked.clone();
        asked.remove("/robots.txt");
        asked
    }

    fn wait_until_asked(&self, path: &str) {
        let state = self.shared.state.lock().unwrap();
        let missing = |state: &mut State| !state.asked.contains_key(path);
        let changed = &self.shared.changed;
        let (_state, timeout) =
            changed.wait_timeout_while(state, PATIENCE, missing).unwrap();
        assert!(!timeout.timed_out(), "nobody asked for {path}");
    }

    fn release(&self) {
        self.shared.state.lock().unwrap().released = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap().closed = true;
        self.release();
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// One request, one answer, and the connection ends.
    fn answer(&self, stream: &TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next()?.ok()?;
        let (method, path) = first.rsplit_once(' ')?.0.split_once(' ')?;
        while !lines.next()?.ok()?.is_empty() {}
        {
            let mut state = self.state.lock().unwrap();
            *state.asked.entry(path.to_owned()).or_default() += 1;
            self.changed.notify_all();
            let held = |state: &mut State| path.starts_with("/held/") && !state.released;
            drop(self.changed.wait_while(state, held).unwrap());
        }
        if let Some(seed) = self.pauses {
            let sum = path.bytes().fold(seed, |sum, b| sum * 31 % 997 + u64::from(b));
            thread::sleep(Duration::from_millis(sum % 40));
        }
        let missing = (404, String::new());
        let (status, body) = self.pages.get(path).unwrap_or(&missing);
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n",
            body.len()
        );
        let body = if method == "HEAD" { "" } else { body };
        let mut stream = stream;
        stream.write_all(format!("{head}{body}").as_bytes()).ok()
    }
}

/// Pages that link to one another, two of which are held.
fn half_held() -> Site {
    let pages = [
        ("/", 200, "<a href=a><a href=b#x><a href=held/1><a href=c><a href=held/2>"),
        ("/a", 200, "<a href=/>"),
        ("/b", 200, "<p id=x><a href=d>"),
        ("/d", 200, ""),
        ("/held/1", 200, "<a href=/gone>"),
        ("/held/2", 200, ""),
        // c is missing
    ];
    Site::new(&pages, None)
}

/// How often each path is asked for in a run that nothing disturbs.
fn once_each() -> BTreeMap<String, usize> {
    ["/", "/a", "/b", "/c", "/d", "/held/1", "/held/2", "/gone"]
        .map(|path| (path.to_owned(), 1))
        .into()
}

/// Waits until a journal has as many whole lines, its first one included.
fn wait_for_lines(journal: &Path, lines: usize) {
    let began = Instant::now();
    let text = || fs::read_to_string(journal).unwrap_or_default();
    while text().matches('\n').count() < lines {
        assert!(began.elapsed() < PATIENCE, "{}", text());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_small_site_in_the_repository_has_the_broken_links_that_the_page_shows() {
    let site = "examples/07-other-waits/site";
    let report = printed(&output([site, "--offline"]), 1);
    let expected = format!(
        "{site}/about.html\n     7  {site}/old/prices.html: no such file\n     \
         7  http://[half an address: not an address\n\
         {site}/index.html\n     7  {site}/about.html#history: no such id\n     \
         9  {site}/logo.svg: no such file\n     9  {site}/old/prices.html: no such file\n\
         {site}/news/index.html\n     6  {site}/notes.md#to-do: no such id\n\
         {site}/notes.md\n     5  {site}/plan.md: no such file\n\n\
         fine             4 addresses\nskipped          1 address: offline\n\
         skipped          1 address: scheme\nbroken           6 addresses\n"
    );
    assert_eq!(report, expected);
    assert!(report.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn the_sources_of_the_book_have_no_broken_link() {
    let report = printed(&output(["book/", "--offline"]), 0);
    assert!(report.ends_with("nothing broken\n"), "{report}");
}

#[test]
fn a_site_without_faults_is_exit_code_0_and_every_page_is_asked_for_once() {
    let pages = [
        ("/", 200, "<a href=a><a href=a#x><a href=b>"),
        ("/a", 200, "<p id=x><a href=/><a href=b>"),
        ("/b", 200, ""),
    ];
    let site = Site::new(&pages, None);
    let report = printed(&output([site.url("/")]), 0);
    assert_eq!(report, "fine             3 addresses\nnothing broken\n");
    assert_eq!(site.asked(), ["/", "/a", "/b"].map(|path| (path.to_owned(), 1)).into());
}

#[test]
fn a_broken_link_is_exit_code_1_and_stands_under_its_page_with_its_line() {
    let site = Site::new(&[("/", 200, "\n\n<a href=gone><a href='#no'>")], None);
    let report = printed(&output([site.url("/")]), 1);
    let (page, gone) = (site.url("/"), site.url("/gone"));
    let expected = format!(
        "{page}\n     3  {page}#no: no such id\n     3  {gone}: status 404\n\n\
         fine             0 addresses\nbroken           2 addresses\n"
    );
    assert_eq!(report, expected);
}

#[test]
fn a_start_that_nobody_answers_is_a_broken_address_and_the_others_are_checked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let site = Site::new(&[("/", 200, "")], None);
    let arguments = ["--tries", "1", &nobody, &site.url("/")];
    let report = printed(&output(arguments), 1);
    let expected = format!(
        "to begin with\n        {nobody}: refused\n\n\
         fine             1 address\nbroken           1 address\n"
    );
    assert_eq!(report, expected);
}

#[test]
fn the_reports_are_the_same_whatever_the_order_in_which_the_answers_come() {
    let many = (0..30).map(|n| format!("<a href=p{n}#i>\n")).collect::<Vec<_>>().concat();
    let names: Vec<String> = (0..30).map(|n| format!("/p{n}")).collect();
    let mut pages = vec![("/", 200, &many[..])];
    for (n, name) in names.iter().enumerate() {
        let body =
            ["<p id=i><a href=/gone>", "<a href=p0><a href=p7#j>", "<a href=/p1>"][n % 3];
        pages.push((name, if n % 7 == 6 { 404 } else { 200 }, body));
    }
    let mut site = Site::new(&pages, None);
    let address = site.address.to_string();
    let mut run = |pauses: Option<u64>, at_once: &str, format: &str| {
        site = Site::new(&pages, pauses);
        let arguments =
            [&site.url("/"), "--per-host", at_once, "--format", format, "--tries", "1"];
        // Each time at another port.
        printed(&output(arguments), 1).replace(&site.address.to_string(), &address)
    };
    let (text, json) = (run(None, "1", "text"), addresses(&run(None, "1", "json")));
    assert_eq!(json.len(), 32); // 30, the first, and the one that is gone
    for seed in [1, 2] {
        assert_eq!(run(Some(seed), "16", "text"), text);
        assert_eq!(addresses(&run(Some(seed), "16", "json")), json);
    }
}

/// Begins a run of which nothing more comes until `half_held` releases the rest, and what there is, is in the journal.
fn begin_half(site: &Site, journal: &Path) -> Child {
    let arguments =
        [&site.url("/"), "--format", "json", "--resume", journal.to_str().unwrap()];
    let running = checker(arguments).spawn().unwrap();
    site.wait_until_asked("/held/1");
    site.wait_until_asked("/held/2");
    wait_for_lines(journal, 6); // the first line; /, a, b, c, d
    running
}

/// Resumes it, and holds the whole to what an undisturbed run finds.
fn resume(site: &Site, journal: &Path) {
    site.release();
    let arguments =
        [&site.url("/"), "--format", "json", "--resume", journal.to_str().unwrap()];
    let resumed = addresses(&printed(&output(arguments), 1));
    let mut asked = once_each();
    asked.extend(["/held/1", "/held/2"].map(|path| (path.to_owned(), 2)));
    assert_eq!(site.asked(), asked, "what was known was asked for again");
    assert!(!journal.exists(), "all is known, and the journal is still there");
    let whole = addresses(&printed(&output([&site.url("/"), "--format", "json"]), 1));
    assert_eq!(resumed, whole);
}

#[cfg(unix)]
fn signal(running: &Child, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_child(running);
    rustix::process::kill_process(pid, signal).unwrap();
}

#[cfg(unix)]
#[test]
fn ctrl_c_reports_what_is_known_and_the_next_run_asks_for_the_rest() {
    let site = half_held();
    let scratch = tempfile::tempdir().unwrap();
    let journal = scratch.path().join("journal");
    let running = begin_half(&site, &journal);
    signal(&running, rustix::process::Signal::INT);
    let ended = ends(move || running.wait_with_output().unwrap());
    let report = addresses(&printed(&ended, 130));
    for (path, came_to) in
        [("/", "fine"), ("/b", "fine"), ("/c", "broken"), ("/held/1", "not-checked")]
    {
        assert_eq!(outcome(&report, &site.url(path)), came_to, "{path}");
    }
    assert!(!report.contains_key(&site.url("/gone")), "nobody has read of it yet");
    resume(&site, &journal);
}

#[cfg(unix)]
#[test]
fn however_often_ctrl_c_comes_there_is_a_report() {
    let site = half_held();
    let mut running = checker([site.url("/")]).spawn().unwrap();
    site.wait_until_asked("/held/2");
    let began = Instant::now();
    // Two signals that come close together may arrive as one: again and again.
    let status = loop {
        if let Some(status) = running.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < PATIENCE, "it hangs");
        signal(&running, rustix::process::Signal::INT);
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(130));
    let mut report = String::new();
    running.stdout.take().unwrap().read_to_string(&mut report).unwrap();
    assert!(report.contains("not checked "), "{report}");
}

#[test]
fn a_run_that_was_killed_is_resumed_though_its_last_line_is_torn() {
    for torn in ["", "{\"url\":\"http://127.0.0.1/x\",\"requests\":1,\"resu"] {
        let site = half_held();
        let scratch = tempfile::tempdir().unwrap();
        let journal = scratch.path().join("journal");
        let mut running = begin_half(&site, &journal);
        running.kill().unwrap();
        running.wait().unwrap();
        let mut file = fs::File::options().append(true).open(&journal).unwrap();
        file.write_all(torn.as_bytes()).unwrap();
        drop(file);
        resume(&site, &journal);
    }
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_is_a_line_and_what_is_known_is_reported() {
    let links = (0..40).map(|n| format!("<a href=/p{n}>")).collect::<Vec<_>>().concat();
    let names: Vec<String> = (0..40).map(|n| format!("/p{n}")).collect();
    let mut pages = vec![("/", 200, &links[..])];
    pages.extend(names.iter().map(|name| (&name[..], 200, "")));
    let site = Site::new(&pages, None);
    let scratch = tempfile::tempdir().unwrap();
    let journal = scratch.path().join("journal");
    let options =
        [&site.url("/"), "--per-host", "1", "--resume", journal.to_str().unwrap()];
    let program = checker([""; 0]).get_program().to_owned();
    // No file of this child may be larger than a kilobyte or two: its disk is full in the middle of a line.
    let limited = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"";
    let output_of = |command: &str| {
        let mut child = Command::new("sh");
        child.args(["-c", command]).arg(&program).args(options).current_dir(ROOT);
        ends(move || child.output().unwrap())
    };
    let ended = output_of(limited);
    let line = complaint(&ended);
    assert!(line.contains("journal cannot be written: File too large"), "{line}");
    let report = words(&ended.stdout);
    assert!(report.contains("not checked ") && report.contains("fine "), "{report}");
    let torn = fs::read_to_string(&journal).unwrap();
    assert!(
        !torn.is_empty() && !torn.ends_with('\n'),
        "the limit did not cut a line: {torn}"
    );
    // There is room again.
    let report = printed(&output_of("exec \"$0\" \"$@\""), 0);
    assert!(report.starts_with("fine            41 addresses\n"), "{report}");
    assert!(!journal.exists());
}

#[cfg(unix)]
#[test]
fn a_low_limit_of_descriptors_is_no_broken_link() {
    let links = (0..60).map(|n| format!("<a href=/p{n}>")).collect::<Vec<_>>().concat();
    let names: Vec<String> = (0..60).map(|n| format!("/p{n}")).collect();
    let mut pages = vec![("/", 200, &links[..])];
    pages.extend(names.iter().map(|name| (&name[..], 200, "")));
    let site = Site::new(&pages, Some(1));
    let program = checker([""; 0]).get_program().to_owned();
    let with = |limit: &str| {
        let mut child = Command::new("sh");
        let command = format!("ulimit -n {limit}; exec \"$0\" \"$@\"");
        child.args(["-c", &command]).arg(&program).current_dir(ROOT);
        child.args([&site.url("/"), "--at-once", "1000", "--per-host", "1000"]);
        ends(move || child.output().unwrap())
    };
    let report = printed(&with("80"), 0);
    assert!(report.starts_with("fine            61 addresses\n"), "{report}");
    let line = complaint(&with("50"));
    assert!(line.contains("descriptors"), "{line}");
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let mut running =
        checker(["book/", "--offline", "--format", "json"]).spawn().unwrap();
    drop(running.stdout.take());
    let ended = ends(move || running.wait_with_output().unwrap());
    assert_eq!(printed(&ended, 0), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_printed_is_exit_code_2() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = checker(["book/", "--offline"]);
    command.stdout(full);
    let line = complaint(&ends(move || command.output().unwrap()));
    assert!(line.contains("cannot print"), "{line}");
}

#[test]
fn a_start_that_nobody_looked_at_is_exit_code_2() {
    let line = complaint(&output(["http://127.0.0.1:1/", "--offline"]));
    assert!(line.contains("http://127.0.0.1:1/: not asked for: offline"), "{line}");
}

#[test]
fn what_makes_no_sense_is_one_line_and_exit_code_2() {
    let scratch = tempfile::tempdir().unwrap();
    let empty = scratch.path().to_str().unwrap();
    let site = "examples/07-other-waits/site";
    for arguments in [
        &[][..],
        &["--at-once", "0", site],
        &["--format", "xml", site],
        &["--timeout", "soon", site],
        &["--exclude", "", site],
        &["--nonsense", site],
        &["no/such/folder"],
        &[site, "no/such/folder"],
        &["ftp://127.0.0.1/"],
        &["http://["],
        &[empty],
        &["--root-dir", "no/such/folder", site],
        &["--root-dir", "README.md", site],
        &["--resume", empty, site],
        &["--resume", "/dev/null", site],
        &["--resume", "no/such/folder/journal", site],
    ] {
        let ended = output(arguments);
        complaint(&ended);
        assert!(ended.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_journal_of_another_run_and_what_is_no_journal_are_left_as_they_are() {
    let scratch = tempfile::tempdir().unwrap();
    let journal = scratch.path().join("journal");
    let site = half_held();
    let mut running = begin_half(&site, &journal);
    running.kill().unwrap();
    running.wait().unwrap(); // until then it has the journal
    let kept = fs::read(&journal).unwrap();
    let path = journal.to_str().unwrap();
    let other = site.url("/a");
    for arguments in
        [&[&other[..]][..], &[&site.url("/"), "--no-robots"], &[&site.url("/"), &other]]
    {
        let line = complaint(&output(arguments.iter().chain(&["--resume", path])));
        assert!(line.contains("the journal of another run"), "{line}");
        assert_eq!(fs::read(&journal).unwrap(), kept);
    }
    for text in ["My notes", "My notes\n", "{\"url\":1}\n"] {
        fs::write(&journal, text).unwrap();
        let line = complaint(&output([&site.url("/"), "--resume", path]));
        assert!(line.contains("not a journal of links (line 1)"), "{line}");
        assert_eq!(fs::read_to_string(&journal).unwrap(), text);
    }
}

// The journal by itself.

fn run_of(start: &str) -> Run {
    let given = vec![Url::parse(start).unwrap()];
    Run::new(&Starts { given, ..Starts::default() }, &Settings::default())
}

fn entry(url: &str, result: Result<There, Not>) -> Entry {
    Entry { url: Url::parse(url).unwrap(), requests: 1, redirected_to: None, result }
}

fn scratch() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    (folder, path)
}

#[test]
fn what_a_journal_was_told_comes_back_in_its_order() {
    let (_folder, path) = scratch();
    let run = run_of("http://x.example/");
    let there = There {
        ids: Some(BTreeSet::from(["a\n\u{2028}\"".to_owned()])),
        links: vec![("http://x.example/#é".to_owned(), 3), (String::new(), 4)],
        page: true,
    };
    let entries = [
        entry("http://x.example/", Ok(there)),
        entry(
            "http://y.example/",
            Err(Not::Broken { why: Broken::Status { status: 404 } }),
        ),
        entry("http://z.example/", Err(Not::Skipped { why: Skipped::Excluded })),
    ];
    let (mut journal, before) = Journal::open(&path, &run).unwrap();
    assert_eq!(before, []);
    for entry in &entries {
        journal.add(entry).unwrap();
    }
    assert!(matches!(Journal::open(&path, &run), Err(JournalError::InUse { .. })));
    drop(journal);
    let (journal, before) = Journal::open(&path, &run).unwrap();
    assert_eq!(before, entries);
    journal.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn only_answers_are_kept() {
    let (_folder, path) = scratch();
    let run = run_of("http://x.example/");
    let broken = |why| Err(Not::Broken { why });
    let (mut journal, _) = Journal::open(&path, &run).unwrap();
    for (n, result) in [
        broken(Broken::Refused),
        broken(Broken::Timeout),
        broken(Broken::Connection { text: "reset".to_owned() }),
        broken(Broken::Panicked),
        broken(Broken::Status { status: 503 }),
        broken(Broken::Status { status: 429 }),
        Err(Not::Skipped { why: Skipped::Robots }),
        broken(Broken::Redirects),
    ]
    .into_iter()
    .enumerate()
    {
        journal.add(&entry(&format!("http://x.example/{n}"), result)).unwrap();
    }
    journal.add(&entry("file:///page.html", Ok(There::default()))).unwrap();
    drop(journal);
    let (_, kept) = Journal::open(&path, &run).unwrap();
    let kept: Vec<_> = kept.iter().map(|entry| entry.url.path()).collect();
    assert_eq!(kept, ["/7"]);
}

#[test]
fn a_journal_cut_anywhere_gives_its_whole_lines_and_can_be_gone_on_with() {
    let (_folder, path) = scratch();
    let run = run_of("http://x.example/");
    let of = |n| entry(&format!("http://x.example/{n}"), Ok(There::default()));
    let (mut journal, _) = Journal::open(&path, &run).unwrap();
    (0..3).for_each(|n| journal.add(&of(n)).unwrap());
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for end in 0..whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let lines = whole[..end].split(|&byte| byte == b'\n').count() - 1;
        let (mut journal, before) = Journal::open(&path, &run).unwrap();
        let expected: Vec<_> = (0..lines.saturating_sub(1)).map(of).collect();
        assert_eq!(before, expected, "cut at {end}");
        journal.add(&of(9)).unwrap();
        drop(journal);
        let (_, after) = Journal::open(&path, &run).unwrap();
        assert_eq!(after.len(), expected.len() + 1, "cut at {end}");
        assert_eq!(after.last(), Some(&of(9)));
    }
}

#[test]
fn a_line_in_the_middle_that_makes_no_sense_is_named() {
    let (_folder, path) = scratch();
    let run = run_of("http://x.example/");
    let (mut journal, _) = Journal::open(&path, &run).unwrap();
    journal.add(&entry("http://x.example/", Ok(There::default()))).unwrap();
    drop(journal);
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("{\"url\":\n");
    fs::write(&path, &text).unwrap();
    let error = Journal::open(&path, &run).unwrap_err();
    assert!(matches!(error, JournalError::NoJournal { line: 3, .. }), "{error}");
    // A later version may say more in its first line than we can read: it is a journal all the same.
    fs::write(&path, "{\"journal_of_links\":2,\"what\":\"ever\"}\n").unwrap();
    let error = Journal::open(&path, &run).unwrap_err();
    assert!(matches!(error, JournalError::OtherRun { .. }), "{error}");
}
