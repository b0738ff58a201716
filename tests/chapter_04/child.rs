//! One child: what it is given, how it ended, a full pipe, and what is left where nobody waits.

use std::io::{BufReader, ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::patience::{PATIENCE, ends};
use processes::child::{
    ChildError, KillOnDrop, State, Talk, Written, ask, how_it_ended, line, pipes, state,
    talk_within, until_it_ends, wait_timeout, write_then_read, write_while_reading,
};
use while_you_wait::programs::Programs;

pub(crate) static PROGRAMS: LazyLock<Programs> =
    LazyLock::new(|| Programs::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());

/// A program of the book, built.
pub(crate) fn program(name: &str) -> Command {
    PROGRAMS.command(&format!("cargo run --example {name}")).unwrap()
}

/// A child such as the programs of this chapter start: a program of the book that plays `role`.
fn child(role: &str) -> Command {
    let mut command = program("04-ending");
    command.args(["be-a-child", role]);
    command
}

fn with_pipes(role: &str) -> Command {
    let mut command = child(role);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Fails the test where the system can say what state a process is in, and says another one.
#[track_caller]
fn assert_state(id: u32, expected: State) {
    let expected = if cfg!(target_os = "linux") { expected } else { State::Unknown };
    assert_eq!(state(id), expected);
}

#[test]
fn arguments_are_handed_over_as_they_are() {
    let mut child = child("arguments");
    let said = ends(move || ask(child.args(["two words", "*; echo $HOME", ""])));
    // The last one is empty, and `ask` cuts white space off the end.
    assert_eq!(said.unwrap(), "two words\n*; echo $HOME");
}

#[test]
fn a_child_inherits_what_it_is_not_given() {
    let surroundings =
        |command: &mut Command| ask(command.env_remove("NOTHING")).unwrap();
    let folder = std::env::temp_dir().canonicalize().unwrap();
    let mut command = child("surroundings");
    command.env("GREETING", "hello").current_dir(&folder);
    assert_eq!(surroundings(&mut command), format!("hello\n{}", folder.display()));

    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = child("surroundings");
    command.env_remove("GREETING").current_dir(here);
    assert_eq!(surroundings(&mut command), format!("(not set)\n{}", here.display()));
}

#[test]
fn a_bad_end_and_no_beginning_are_two_errors() {
    let ChildError::Failed { status, said } = ask(&mut child("fail")).unwrap_err() else {
        panic!("it was started");
    };
    assert_eq!((status.code(), &*said), (Some(3), "no paper"));
    assert_eq!(how_it_ended(status), "exit code 3");

    let error = ask(&mut Command::new("no-such-program-anywhere")).unwrap_err();
    let ChildError::NotStarted(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[cfg(unix)]
#[test]
fn a_killed_child_has_a_signal_and_no_exit_code() {
    let mut child = KillOnDrop::start(&mut with_pipes("wait")).unwrap();
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None);
    assert_eq!(how_it_ended(status), "signal 9");
    // To be asked again is no error: the answer is kept.
    assert_eq!(child.wait().unwrap(), status);
    child.kill().unwrap();
}

#[test]
fn written_first_and_read_after_that_a_long_text_gets_stuck() {
    let text = vec![b'a'; 1 << 20];
    let written = Written::new(0);
    let talk = talk_within(Duration::from_secs(1), &mut child("capitals"), |to, from| {
        write_then_read(to, from, &text, &written)
    });
    assert!(matches!(talk.unwrap(), Talk::Stuck(_)));
    assert!(written.load(Ordering::Relaxed) < text.len());
}

#[test]
fn written_first_and_read_after_that_a_short_text_comes_back() {
    let talk = talk_within(PATIENCE, &mut child("capitals"), |to, from| {
        write_then_read(to, from, b"a short text", &Written::new(0))
    });
    assert_eq!(talk.unwrap(), Talk::Done(b"A SHORT TEXT".to_vec()));
}

#[test]
fn written_while_it_is_read_a_long_text_comes_back_whole() {
    let text: Vec<u8> = (b'a'..=b'z').cycle().take(4 << 20).collect();
    let written = Written::new(0);
    let talk = talk_within(PATIENCE, &mut child("capitals"), |to, from| {
        write_while_reading(to, from, &text, &written)
    });
    let talk = talk.unwrap();
    assert!(talk == Talk::Done(text.to_ascii_uppercase()), "stuck, or other bytes");
    assert_eq!(written.load(Ordering::Relaxed), text.len());
}

#[test]
fn a_wait_with_a_deadline_leaves_the_child_as_it_is() {
    let mut child = KillOnDrop::start(&mut with_pipes("wait")).unwrap();
    let (to, _from) = pipes(&mut child).unwrap();
    for _ in 0..2 {
        let patience = Duration::from_millis(1);
        assert_eq!(wait_timeout(&mut child, patience).unwrap(), None);
    }
    drop(to);
    let status = wait_timeout(&mut child, PATIENCE).unwrap().unwrap();
    assert!(status.success());
}

#[test]
fn a_child_is_a_zombie_until_it_is_waited_for() {
    let mut child = KillOnDrop::start(&mut with_pipes("wait")).unwrap();
    let (to, mut from) = pipes(&mut child).unwrap();
    assert_state(child.id(), State::Alive);
    drop(to);
    until_it_ends(child.id(), &mut from).unwrap();
    assert_state(child.id(), State::Zombie);
    child.wait().unwrap();
    assert_state(child.id(), State::Gone);
}

#[test]
fn a_child_that_is_dropped_lives_on() {
    let mut child: Child = with_pipes("capitals").spawn().unwrap();
    let (mut to, from) = pipes(&mut child).unwrap();
    drop(child);
    writeln!(to, "still there?").unwrap();
    let mut from = BufReader::new(from);
    assert_eq!(ends(move || line(&mut from)).unwrap(), "STILL THERE?");
}

#[test]
fn a_child_in_a_kill_on_drop_does_not() {
    let mut child = KillOnDrop::start(&mut with_pipes("wait")).unwrap();
    let (id, (to, mut from)) = (child.id(), pipes(&mut child).unwrap());
    drop(child);
    assert_state(id, State::Gone);
    // Its input never ended: it was killed.
    ends(move || from.read_to_end(&mut Vec::new())).unwrap();
    drop(to);
}

#[test]
fn a_grandchild_outlives_the_kill_of_its_parent() {
    let mut child = KillOnDrop::start(&mut with_pipes("parent")).unwrap();
    let (mut to, from) = pipes(&mut child).unwrap();
    let mut from = BufReader::new(from);
    writeln!(to, "one").unwrap();
    let (said, mut from) = ends(move || (line(&mut from).unwrap(), from));
    assert_eq!(said, "ONE");
    child.kill().unwrap();
    child.wait().unwrap();
    writeln!(to, "two").unwrap();
    let (said, mut from) = ends(move || (line(&mut from).unwrap(), from));
    assert_eq!(said, "TWO");
    drop(to);
    let rest = ends(move || from.read_to_end(&mut Vec::new())).unwrap();
    assert_eq!(rest, 0, "it has ended, with its input");
}
