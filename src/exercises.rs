//! Which exercises of the course are solved, from the course's own state.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The course, from the root of the book.
const COURSE: &str = "course";

/// Where rustlings keeps its state, in the course.
const STATE: &str = ".rustlings-state.txt";

/// Whether an exercise is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// rustlings has seen its tests pass.
    Solved,
    /// It has not, or has never looked.
    Unsolved,
}

#[derive(Deserialize)]
struct Info {
    exercises: Vec<Exercise>,
}

#[derive(Deserialize)]
struct Exercise {
    name: String,
}

/// The exercises of the course of the book at `root`, each with its state. Without a course there are none, and without
/// a state, or with one that cannot be read, all are unsolved.
pub fn read(root: &Path) -> BTreeMap<String, State> {
    let course = root.join(COURSE);
    let info = fs::read_to_string(course.join("info.toml")).ok();
    let info = info.and_then(|text| toml::from_str::<Info>(&text).ok());
    let state = fs::read(course.join(STATE)).unwrap_or_default();
    let state = String::from_utf8_lossy(&state);
    let solved = solved(&state);
    let exercises = info.map(|info| info.exercises).unwrap_or_default();
    exercises
        .into_iter()
        .map(|Exercise { name }| {
            let is_solved = solved.contains(name.as_str());
            (name, if is_solved { State::Solved } else { State::Unsolved })
        })
        .collect()
}

/// The names of the solved exercises in the state of rustlings 6: a comment, an empty line, the current exercise, an empty line, and
/// then these, a line each.
fn solved(state: &str) -> HashSet<&str> {
    let mut lines = state.split('\n').skip(2);
    match (lines.next(), lines.next()) {
        (Some(current), Some(_)) if !current.is_empty() => {
            lines.take_while(|line| !line.is_empty()).collect()
        }
        _ => HashSet::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::{State, read, solved};

    #[test]
    fn reads_what_rustlings_writes_and_takes_anything_else_as_nothing() {
        let head = "DON'T EDIT THIS FILE!\n\n";
        let names = |state: &str| {
            let mut names: Vec<String> =
                solved(state).into_iter().map(str::to_owned).collect();
            names.sort();
            names
        };
        // Written as rustlings does: a line feed before each name, none after the last.
        assert_eq!(names(&format!("{head}third\n\nfirst\nsecond")), ["first", "second"]);
        assert!(names(&format!("{head}first\n")).is_empty(), "none is solved yet");
        for strange in ["", "\n\n\n\n", "first", head, "\u{fffd}\0", "a\nb\n\n\nfirst"] {
            assert!(names(strange).is_empty(), "{strange:?}");
        }
    }

    #[test]
    fn without_a_course_or_a_state_nothing_is_solved() {
        let root = tempfile::tempdir().unwrap();
        assert!(read(root.path()).is_empty());
        let course = root.path().join("course");
        fs::create_dir(&course).unwrap();
        fs::write(course.join("info.toml"), "this is no TOML").unwrap();
        assert!(read(root.path()).is_empty());
        let info = "format_version = 1\n[[exercises]]\nname = \"a\"\n[[exercises]]\nname = \"b\"\n";
        fs::write(course.join("info.toml"), info).unwrap();
        let states = || read(root.path()).into_values().collect::<Vec<_>>();
        assert_eq!(states(), [State::Unsolved, State::Unsolved]);
        fs::write(course.join(super::STATE), "DON'T\n\na\n\nb").unwrap();
        assert_eq!(states(), [State::Unsolved, State::Solved]);
        fs::write(course.join(super::STATE), [0xff, b'\n', b'\n', 0xff, 0]).unwrap();
        assert_eq!(states(), [State::Unsolved, State::Unsolved]);
        fs::remove_file(course.join(super::STATE)).unwrap();
        fs::create_dir(course.join(super::STATE)).unwrap();
        assert_eq!(states(), [State::Unsolved, State::Unsolved]);
    }
}
