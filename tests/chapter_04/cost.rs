//! What crosses to another process, what that costs, and what a crate does about it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::Duration;

use crate::child::PROGRAMS;
use crate::patience::ends;
use lab::stage::Run;
use processes::Page;
use processes::cost::{
    Way, cross, digest, digest_by_threads, digest_here, is_where_it_was, measure,
};
use serde_bytes::ByteBuf;
use thread_pool::ThreadPool;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn command(line: &str) -> Command {
    PROGRAMS.command(line).unwrap()
}

/// What a program says; it ends by itself, and what it has started ends with it: standard output is closed by the last of them.
fn said(line: &str) -> Output {
    let mut command = command(line);
    ends(move || command.output().unwrap())
}

#[test]
fn values_become_the_bytes_that_the_page_says_and_come_back() {
    fn bytes<T>(value: &T) -> usize
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let (bytes, there) = cross(value).unwrap();
        assert_eq!(there, *value);
        bytes.len()
    }
    // A number takes seven bits of it to a byte; a text and a list have their length before them.
    assert_eq!(
        [0, 127, 128, 16_383, 16_384, u64::MAX].map(|n| bytes(&n)),
        [1, 1, 2, 2, 3, 10]
    );
    assert_eq!(bytes(&"über".to_owned()), 1 + 5);
    assert_eq!(bytes(&vec![1.5_f64; 1000]), 2 + 8000);
    assert_eq!(bytes(&vec![7_u8; 1000]), 2 + 1000);
    let url = "http://127.0.0.1/site-1".parse().unwrap();
    let page =
        Page { url, status: 200, bytes: 1234, elapsed: Duration::from_millis(120) };
    assert_eq!(bytes(&page), 33);
    let list = vec![1.5_f64; 1000];
    assert_eq!(bytes(&(list.clone(), list)), 2 * 8002, "nothing is shared");
}

#[test]
fn bytes_as_a_list_and_as_bytes_are_the_same_bytes() {
    let list: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let bytes = ByteBuf::from(list.clone());
    assert_eq!(cross(&list).unwrap().0, cross(&bytes).unwrap().0);
    assert_eq!(cross(&bytes).unwrap().1, bytes);
}

#[test]
fn of_a_mutex_its_value_crosses() {
    let (bytes, there) = cross(&Mutex::new(5_u64)).unwrap();
    assert_eq!((bytes.len(), there.into_inner().unwrap()), (1, 5));
}

#[test]
fn what_goes_to_a_thread_stays_where_it_was() {
    assert!(is_where_it_was(vec![7; 1 << 20]).unwrap());
}

#[test]
fn threads_give_back_what_they_were_given() {
    let pool = ThreadPool::new(1).unwrap();
    for way in [Way::NewThread, Way::ThreadPool(&pool)] {
        for bytes in [0, 1, 100_000] {
            let payload: Vec<u8> = (0..=255).cycle().take(bytes).collect();
            assert_eq!(way.round_trip(ByteBuf::from(payload.clone())).unwrap(), payload);
            let times = measure(way, &payload, 5, Duration::ZERO).unwrap();
            assert_eq!(times.len(), 3, "there are always three");
            assert!(times.is_sorted());
        }
    }
    let times = measure(Way::NewThread, b"x", 5, Duration::MAX).unwrap();
    assert_eq!(times.len(), 5);
}

/// The program fails where something else comes back than what was sent.
#[test]
fn processes_give_back_what_they_were_given_in_every_size() {
    let output = said("cargo run --example 04-cost -- --repeats 3");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    let sizes: Vec<String> = rows(&table).into_iter().map(|row| row.0).collect();
    let all = ["1 B", "16 B", "256 B", "4 KiB", "64 KiB", "1 MiB", "16 MiB"];
    assert_eq!(sizes, all, "{table}");
    let few = said("cargo run --example 04-cost -- --repeats 3 --largest 300");
    assert_eq!(rows(&String::from_utf8(few.stdout).unwrap()).len(), 3);
}

/// The rows of the table: the size, and the four medians as they are printed.
fn rows(table: &str) -> Vec<(String, Vec<String>)> {
    let words = |line: &str| -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    };
    let rows = table.lines().map(words).filter(|words| words.len() == 2 + 4 * 5);
    rows.map(|words| {
        let medians = words[2..].chunks(5).map(|cell| cell[0].clone()).collect();
        (words[..2].join(" "), medians)
    })
    .collect()
}

/// The picture says in words what it shows; they have to be the figures of the table.
#[test]
fn the_recorded_picture_is_of_the_recorded_table() {
    let folder = Path::new(ROOT).join("book/recorded");
    let table = fs::read_to_string(folder.join("04-cost.txt")).unwrap();
    let picture = fs::read_to_string(folder.join("04-cost.svg")).unwrap();
    let rows = rows(&table);
    assert_eq!(rows.len(), 7, "{table}");
    for (size, medians) in rows {
        let [process, processes, thread, threads] = &medians[..] else {
            panic!("{medians:?}");
        };
        let words = format!(
            " {size}: a process each {process}, process pool {processes}, \
             a thread each {thread}, thread pool {threads}."
        );
        assert!(picture.contains(&words), "the picture does not say {words}");
    }
}

#[test]
fn the_digest_is_fnv_1a_however_it_is_made() {
    // From the test vectors of its authors.
    assert_eq!(digest(b"", 9), 0xcbf2_9ce4_8422_2325);
    assert_eq!(digest(b"a", 1), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(digest(b"foobar", 6), 0x8594_4171_f739_67e8);
    assert_eq!(digest(b"fool", 3), digest(b"foo", 3));
    assert_eq!(digest(b"foofoo", 6), digest(b"foo", 6));
    let pieces = [ByteBuf::from(*b"foo"), ByteBuf::from(*b"bar")];
    let here = digest_here(&pieces, 9);
    assert_eq!(here, [digest(b"foo", 9), digest(b"bar", 9)]);
    assert_eq!(digest_by_threads(&pieces, 9), here);
}

/// The program fails where the processes come to something else than this process does.
#[test]
fn processes_do_the_same_work() {
    let output = said("cargo run --example 04-copy-or-work -- --kib 64 --repeats 1");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.ends_with("times here")).count(), 6);
}

#[test]
fn procspawn_does_the_same_crunch() {
    let line = "cargo run --example 04-procspawn -- --workers 3 --sites 6 --format json";
    let output = said(line);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let run: Run = serde_json::from_slice(&output.stdout).unwrap();
    let primes: u64 = run.results.iter().filter_map(|result| result.value).sum();
    assert_eq!((primes, run.results.len(), run.threads), (41_538, 6, 3));
}

/// Three descriptors a job would be too many if all were queued: a thread for each worker has one job there at a time.
#[cfg(target_os = "linux")]
#[test]
fn never_more_jobs_are_with_procspawn_than_it_has_workers() {
    let line = "cargo run --example 04-procspawn -- --sites 100 --format json";
    let program = command(line);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]);
    limited.arg(program.get_program()).args(program.get_args());
    let output = ends(move || limited.output().unwrap());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn procspawn_does_what_the_page_says_when_things_go_wrong() {
    let output = said("cargo run --example 04-procspawn-limits");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    for (what, then) in [
        (
            "a job panics, in a process of its own",
            "process spawn error: panic: no more coffee",
        ),
        ("a job panics, in the pool", "it is lost; another process does the next one"),
        (
            "a job aborts, in a process of its own",
            "process spawn error: remote side closed",
        ),
        ("a job aborts, in the pool", "it is lost; another process does the next one"),
        ("a worker is killed, between two jobs", "the next job is lost"),
        ("the next job is lost", "the one after it: done"),
        ("a job that takes too long", "process spawn error: timed out"),
        ("timed out", "its handle is dropped: another process does the next"),
        (
            "two jobs, one worker, and the second",
            "the second: process spawn error: timed out",
        ),
        ("the second: process", "the second, once the first is taken: done"),
        ("100 jobs are queued", "each holds 3 descriptors of this process"),
    ] {
        let told = text.lines().zip(text.lines().skip(1)).any(|(line, next)| {
            line.contains(what) && next.trim_start().starts_with(then)
        });
        assert!(told, "{what}: {then}\n{text}");
    }
}
