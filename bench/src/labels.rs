//! What rows and languages are called.

use choosing::Model;
use choosing::measured::By;

/// Language and model, for people: `Rust, a thread each`, `Python, ThreadPoolExecutor`.
pub(crate) fn label(by: &str, row: &str) -> String {
    format!("{}, {}", language(by, &[]), words(by, row))
}

/// What a row is called where its language is said already: `a thread each`, `ThreadPoolExecutor`.
///
/// A row that is not known is called by its id.
pub(crate) fn words(by: &str, row: &str) -> String {
    let words = match row {
        // starting
        "nothing" => "nothing else",
        // clients
        "shared-client" => "one client",
        "client-each" => "a client each",
        "async-http2" => "async, HTTP/2",
        "async-shared-client" => "async, one client",
        "session" => "one Session",
        "no-session" => "requests.get each",
        "httpx-client" => "one httpx.Client",
        "httpx-each" => "httpx.get each",
        // units
        "thread" => "a thread",
        "task" => "a task",
        "process" => "a process",
        // counter
        "mutex" => "a Mutex",
        "lock" => "a Lock",
        "atomic" => "an atomic",
        "apart" => "a counter each",
        // fetch, crunch, hash and sweep: Python's own names where it has them
        "pool" if by != "rust" => "ThreadPoolExecutor",
        "processes" if by != "rust" => "ProcessPoolExecutor",
        "multiprocessing-pool" => "multiprocessing.Pool",
        "asyncio" => "asyncio, aiohttp",
        "asyncio-bounded" => "asyncio, bounded",
        _ => match Model::ALL.into_iter().find(|model| model.id() == row) {
            Some(model) => model.name(),
            None => return row.replace('-', " "),
        },
    };
    words.to_owned()
}

/// A title as it begins a sentence.
pub(crate) fn capital(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// `Rust`, `Python 3.13 without a GIL`: with the version where the list of languages or the id says it.
pub(crate) fn language(by: &str, languages: &[By]) -> String {
    if by == "rust" {
        return "Rust".to_owned();
    }
    let Some(id) = by.strip_prefix("python") else { return by.to_owned() };
    let listed = languages.iter().find(|language| language.id == by);
    let version = listed.and_then(|language| version_in(&language.name));
    let name = match version.or_else(|| version_of(id)) {
        Some(version) => format!("Python {version}"),
        None => "Python".to_owned(),
    };
    // Asked of the interpreter, where there is one; else `t` is what such a build is called.
    let without = match listed.and_then(|language| language.gil) {
        Some(gil) => !gil,
        None => id.ends_with('t'),
    };
    if without { format!("{name} without a GIL") } else { name }
}

/// `3.11` of `CPython 3.11.7`.
fn version_in(name: &str) -> Option<String> {
    let is_version = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    minor(name.split([' ', ',']).find(is_version)?)
}

/// `3.13` of `-313t`, and of `-3.13.5t`.
fn version_of(id: &str) -> Option<String> {
    let digits = id.trim_start_matches('-').trim_end_matches('t');
    match digits.split_at_checked(1) {
        _ if digits.contains('.') => minor(digits),
        Some((major, minor)) if !minor.is_empty() => Some(format!("{major}.{minor}")),
        _ => None,
    }
}

/// The first two parts of a version.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.split('.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::interpreters::Interpreter;
    use crate::matrix::{FULL, Planned, plans};

    /// Every row of the comparison, with its language.
    pub(crate) fn rows() -> BTreeSet<(&'static str, &'static str)> {
        let plans = plans(&FULL, &[Interpreter::made_up("python")]);
        let row = |row: &Planned| (row.python.map_or("rust", |_| "python"), row.row);
        plans.iter().flat_map(|plan| &plan.rows).map(row).collect()
    }

    #[test]
    fn a_row_has_a_name_for_people() {
        assert_eq!(label("rust", "threads"), "Rust, a thread each");
        assert_eq!(label("rust", "pool"), "Rust, a pool of threads");
        assert_eq!(label("python", "pool"), "Python, ThreadPoolExecutor");
        assert_eq!(label("python", "httpx"), "Python, httpx");
        assert_eq!(
            label("python-313t", "sequential"),
            "Python 3.13 without a GIL, one after another"
        );
        assert_eq!(label("ruby", "some-row"), "ruby, some row");
    }

    #[test]
    fn no_two_rows_of_a_language_have_the_same_name() {
        let rows = rows();
        let names: BTreeSet<_> =
            rows.iter().map(|(by, row)| (by, words(by, row))).collect();
        assert!(names.iter().all(|(_, name)| !name.contains('-')), "{names:?}");
        assert_eq!(names.len(), rows.len(), "{names:?}");
    }

    #[test]
    fn a_language_has_its_version_where_it_is_known() {
        let by = |id: &str, name: &str, gil| By {
            id: id.to_owned(),
            name: name.to_owned(),
            gil,
            build: String::new(),
        };
        let all = [
            by("rust", "Rust 1.95.0", None),
            by("python", "CPython 3.11.7", Some(true)),
            by("python-313t", "CPython 3.13.5, free-threaded", Some(false)),
            // Such a build can be told to have one.
            by("python-314t", "CPython 3.14.0, free-threaded", Some(true)),
        ];
        let names =
            ["rust", "python", "python-313t", "python-314t"].map(|id| language(id, &all));
        assert_eq!(
            names,
            ["Rust", "Python 3.11", "Python 3.13 without a GIL", "Python 3.14"]
        );
        let names = ["rust", "python", "python-313", "python-3.13.5t", "python-x"]
            .map(|id| language(id, &[]));
        assert_eq!(
            names,
            ["Rust", "Python", "Python 3.13", "Python 3.13 without a GIL", "Python"]
        );
    }
}
