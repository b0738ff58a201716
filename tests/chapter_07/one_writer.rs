//! Who waits for whom in SQLite: two connections and steps of both in a fixed order, so that nothing depends on time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{channel, sync_channel};
use std::time::Duration;

use other_waits::one_writer::{
    Connection, Counted, Deferred, Immediate, Journal, Result, Written, add_one,
    add_one_twice, commit_beside_a_reader, count_up, counter, create, entries, insert,
    insert_each, insert_together, is_busy, name_of, open, read_beside_a_writer,
    wait_and_tell, write_all, write_beside_a_writer, write_by_one, write_from_threads,
    write_in_turn,
};
use tempfile::TempDir;

use crate::patience::{ends, ends_within};

const JOURNALS: [Journal; 2] = [Journal::Rollback, Journal::Wal];
const LONG: Duration = Duration::from_mins(1);
/// A hundred commits, each of which reaches the device several times.
const LONGER: Duration = Duration::from_mins(5);
/// More than SQLite's cache holds by default.
const LARGE: i32 = 4_000_000;

struct Fresh {
    _folder: TempDir,
    path: PathBuf,
    /// As long as it is open, the log is not put away.
    connection: Connection,
}

fn fresh(journal: Journal) -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let connection = create(&path, journal).unwrap();
    Fresh { _folder: folder, path, connection }
}

fn name(result: &Result<()>) -> String {
    result.as_ref().map_or_else(name_of, |()| "done".to_owned())
}

/// How many transactions have been committed to the log: each one's last frame says how large the database is after it.
/// (<https://www.sqlite.org/fileformat2.html#walformat>; frames of before the last restart of the log have another salt.)
fn commits(path: &Path) -> usize {
    let log = fs::read(path.with_extension("db-wal")).unwrap();
    let size = u32::from_be_bytes(log[8..12].try_into().unwrap()) as usize;
    let (head, frames) = log.split_at(32);
    let of_this_round = |frame: &&[u8]| frame[8..16] == head[16..24];
    let is_commit = |frame: &&[u8]| frame[4..8] != [0; 4];
    frames.chunks_exact(24 + size).filter(of_this_round).filter(is_commit).count()
}

#[test]
fn a_connection_waits_for_five_seconds_unless_it_is_told() {
    let of = |connection: &Connection| -> i64 {
        connection.pragma_query_value(None, "busy_timeout", |row| row.get(0)).unwrap()
    };
    assert_eq!(of(&Connection::open_in_memory().unwrap()), 5_000);
    let fresh = fresh(Journal::Wal);
    assert_eq!(of(&open(&fresh.path, Duration::ZERO).unwrap()), 0);
}

#[test]
fn the_log_is_a_property_of_the_file() {
    for (journal, mode) in [(Journal::Rollback, "delete"), (Journal::Wal, "wal")] {
        let fresh = fresh(journal);
        let other = open(&fresh.path, LONG).unwrap();
        let found: String =
            other.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(found, mode);
    }
}

#[test]
fn who_reads_beside_a_writer_sees_what_was_before() {
    for journal in JOURNALS {
        let fresh = fresh(journal);
        insert(&fresh.connection, 1).unwrap();
        assert_eq!(read_beside_a_writer(&fresh.path, 1).unwrap(), 1, "{journal}");
        assert_eq!(entries(&fresh.connection).unwrap(), 1, "{journal}: rolled back");
    }
}

#[test]
fn a_large_write_keeps_readers_out_but_for_the_log() {
    let [rollback, wal] = JOURNALS.map(fresh);
    let error = read_beside_a_writer(&rollback.path, LARGE).unwrap_err();
    assert_eq!(name_of(&error), "BUSY");
    assert!(is_busy(&error));
    assert_eq!(read_beside_a_writer(&wal.path, LARGE).unwrap(), 0);
}

#[test]
fn a_reader_keeps_a_commit_out_but_for_the_log() {
    let [rollback, wal] = JOURNALS.map(fresh);
    let (committed, more) = commit_beside_a_reader(&rollback.path).unwrap();
    assert_eq!((&*name(&committed), more), ("BUSY", 0));
    assert_eq!(entries(&rollback.connection).unwrap(), 0, "it was rolled back");

    let (committed, more) = commit_beside_a_reader(&wal.path).unwrap();
    assert_eq!((&*name(&committed), more), ("done", 0), "its snapshot is of before");
    assert_eq!(entries(&wal.connection).unwrap(), 1, "who looks later sees it");
}

#[test]
fn a_second_writer_is_refused_at_once_or_waits_its_turn() {
    for journal in JOURNALS {
        let fresh = fresh(journal);
        let refused = write_beside_a_writer(&fresh.path).unwrap();
        assert_eq!(name(&refused), "BUSY", "{journal}");
        let path = fresh.path.clone();
        let waited = ends(move || write_in_turn(&path).unwrap());
        assert_eq!(name(&waited), "done", "{journal}");
        assert_eq!(entries(&fresh.connection).unwrap(), 2, "{journal}");
    }
}

#[test]
fn who_has_read_is_not_made_to_wait_and_fails_at_once() {
    let fresh = fresh(Journal::Wal);
    let (tell, told) = channel();
    let mut first = open(&fresh.path, Duration::ZERO).unwrap();
    wait_and_tell(&mut first, tell).unwrap();
    let transaction = first.transaction_with_behavior(Deferred).unwrap();
    counter(&transaction).unwrap();
    add_one(&mut open(&fresh.path, LONG).unwrap(), Deferred).unwrap();
    let error = insert(&transaction, 1).unwrap_err();
    assert_eq!(name_of(&error), "BUSY_SNAPSHOT");
    assert!(told.try_recv().is_err(), "it was never asked to wait");
    // Neither is it while the other one has not committed yet.
    transaction.rollback().unwrap();
    let transaction = first.transaction_with_behavior(Deferred).unwrap();
    counter(&transaction).unwrap();
    let mut other = open(&fresh.path, LONG).unwrap();
    let other = other.transaction_with_behavior(Immediate).unwrap();
    assert_eq!(name_of(&insert(&transaction, 1).unwrap_err()), "BUSY");
    assert!(told.try_recv().is_err(), "it was never asked to wait");
    drop(transaction);
    // Who has not read is.
    drop(other);
    let mut other = open(&fresh.path, LONG).unwrap();
    let other = other.transaction_with_behavior(Immediate).unwrap();
    let waiting = std::thread::spawn(move || insert(&first, 1));
    assert!(told.recv().is_ok(), "now it waits");
    drop(other);
    ends(move || waiting.join().unwrap()).unwrap();
}

#[test]
fn read_then_write_fails_and_begin_immediate_does_not() {
    let names = |results: [Result<()>; 2]| results.map(|result| name(&result));
    let fresh_wal = fresh(Journal::Wal);
    let deferred = add_one_twice(&fresh_wal.path, Deferred, LONG).unwrap();
    assert_eq!(names(deferred), ["BUSY_SNAPSHOT", "done"]);
    assert_eq!(counter(&fresh_wal.connection).unwrap(), 1, "one was refused, none lost");
    let immediate = add_one_twice(&fresh_wal.path, Immediate, LONG).unwrap();
    assert_eq!(names(immediate), ["done", "BUSY"], "the other one does not wait");
    assert_eq!(counter(&fresh_wal.connection).unwrap(), 2);

    let rollback = fresh(Journal::Rollback);
    let deferred = add_one_twice(&rollback.path, Deferred, LONG).unwrap();
    assert_eq!(names(deferred), ["done", "BUSY"], "a reader keeps a commit out");
    assert_eq!(counter(&rollback.connection).unwrap(), 1);
}

#[test]
fn no_update_is_lost_and_with_immediate_none_is_refused() {
    for journal in JOURNALS {
        let fresh = fresh(journal);
        let path = fresh.path.clone();
        let counted =
            ends_within(LONGER, move || count_up(&path, 4, 25, Immediate).unwrap());
        assert_eq!(counted, Counted { done: 100, busy: 0 }, "{journal}");
        assert_eq!(counter(&fresh.connection).unwrap(), 100, "{journal}");

        let path = fresh.path.clone();
        let counted =
            ends_within(LONGER, move || count_up(&path, 4, 25, Deferred).unwrap());
        assert_eq!(counted.done + counted.busy, 100, "{journal}");
        let n = usize::try_from(counter(&fresh.connection).unwrap()).unwrap();
        assert_eq!(n, 100 + counted.done, "{journal}: all that said yes are in it");
    }
}

#[test]
fn each_is_a_commit_each_and_together_is_one() {
    let mut fresh = fresh(Journal::Wal);
    let before = commits(&fresh.path);
    insert_each(&fresh.connection, 50).unwrap();
    assert_eq!(commits(&fresh.path) - before, 50);
    insert_together(&mut fresh.connection, 50).unwrap();
    assert_eq!(commits(&fresh.path) - before, 51);
    assert_eq!(entries(&fresh.connection).unwrap(), 100);
}

#[test]
fn a_writer_takes_together_what_is_there() {
    let fresh = fresh(Journal::Wal);
    let before = commits(&fresh.path);
    let (send, arriving) = sync_channel(250);
    (0..250).for_each(|_| send.send(10).unwrap());
    drop(send);
    let connection = open(&fresh.path, LONG).unwrap();
    let written = ends(move || write_all(connection, arriving, 100).unwrap());
    assert_eq!(written, Written { entries: 250, commits: 3 });
    assert_eq!(commits(&fresh.path) - before, 3);
    assert_eq!(entries(&fresh.connection).unwrap(), 250);
}

#[test]
fn one_writer_writes_what_all_threads_send() {
    let fresh = fresh(Journal::Wal);
    let before = commits(&fresh.path);
    let connection = open(&fresh.path, LONG).unwrap();
    let written = ends(move || write_by_one(connection, 4, 50).unwrap());
    assert_eq!(written.entries, 200);
    assert_eq!(commits(&fresh.path) - before, written.commits);
    assert_eq!(entries(&fresh.connection).unwrap(), 200);
}

#[test]
fn threads_with_a_connection_each_commit_each_entry() {
    let fresh = fresh(Journal::Wal);
    let before = commits(&fresh.path);
    let path = fresh.path.clone();
    let written = ends(move || write_from_threads(&path, 4, 20).unwrap());
    assert_eq!(written.done, 80);
    assert_eq!(commits(&fresh.path) - before, 80);
}

#[test]
fn a_writer_that_fails_says_why_and_its_senders_hear_of_it() {
    let mut fresh = fresh(Journal::Wal);
    let holder = fresh.connection.transaction_with_behavior(Immediate).unwrap();
    let connection = open(&fresh.path, Duration::ZERO).unwrap();
    let (send, arriving) = sync_channel(1);
    send.send(10).unwrap();
    let written = ends(move || write_all(connection, arriving, 100));
    assert!(is_busy(&written.unwrap_err()));
    assert!(send.send(10).is_err(), "nobody takes it any more");
    drop(holder);
    assert_eq!(entries(&fresh.connection).unwrap(), 0);
}
