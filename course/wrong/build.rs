//! Puts each wrong answer together with the tests of its exercise, and each solution too, as modules of one program.
//!
//! An exercise, `exercises/DIR/NAME.rs`, ends with `#[cfg(test)] mod tests`. A wrong answer, `wrong/DIR/NAME.MISTAKE.rs`, is only
//! the part before that, below a head that tells which tests reject it, and how:
//!
//! ```text
//! // rejected by NAME_OF_THE_TEST: what it says
//! ```

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the tests of an exercise begin.
const TESTS: &str = "\n#[cfg(test)]\nmod tests {\n";
/// An exercise is no longer, its tests included. Most need no more than 60 lines.
const LONGEST: usize = 66;
/// How a test begins, up to its name.
const TEST: &str = "    #[test]\n    fn ";
/// What a line of a wrong answer begins with that names a test.
const REJECTED: &str = "// rejected by ";

fn main() {
    // Not `env!`: a build script that was copied with its folder would look at the old one.
    let wrong =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("CARGO_MANIFEST_DIR"));
    let course = wrong.parent().expect("a folder above");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("OUT_DIR"));
    let mut answers =
        Answers { out, modules: String::new(), table: String::new(), count: 0 };
    for folder in ["exercises", "solutions", "wrong"] {
        println!("cargo::rerun-if-changed={}", course.join(folder).display());
    }

    let mut wrong = files(&course.join("wrong"));
    for exercise in files(&course.join("exercises")) {
        let name = exercise.strip_suffix(".rs").expect("a Rust file");
        let (start, tests) = halves(&course.join("exercises").join(&exercise));
        check_shape(name, &start, &tests);
        let (solution, its_tests) = halves(&course.join("solutions").join(&exercise));
        assert!(
            its_tests == tests,
            "{name}: the solution has other tests than the exercise"
        );
        assert!(
            solution.contains("// CHANGED"),
            "{name}: the solution says nowhere `// CHANGED`, and why"
        );
        answers.add(name, &solution, &tests, &[]);

        let is_its_own = |file: &String| {
            file.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
        };
        let (its_own, others) = wrong.into_iter().partition::<Vec<_>, _>(is_its_own);
        wrong = others;
        assert!(
            !its_own.is_empty() || name.starts_with("01_"),
            "{name}: no wrong answer shows that its tests can fail"
        );
        for file in its_own {
            let answer = read(&course.join("wrong").join(&file));
            let rejections = rejections(&file, &answer);
            assert!(
                !rejections.is_empty(),
                "{file}: which test rejects it? Add a line `{REJECTED}TEST: WORDS`"
            );
            answers.add(file.trim_end_matches(".rs"), &answer, &tests, &rejections);
        }
    }
    assert!(wrong.is_empty(), "wrong answers to no exercise: {wrong:?}");

    let all = format!(
        "{}\npub const ANSWERS: &[crate::Answer] = &[\n{}];\n",
        answers.modules, answers.table
    );
    fs::write(answers.out.join("answers.rs"), all).expect("a writable OUT_DIR");
}

struct Answers {
    out: PathBuf,
    modules: String,
    table: String,
    count: usize,
}

impl Answers {
    /// Adds a module with the answer and the tests, which it makes functions that are called by name.
    fn add(
        &mut self,
        name: &str,
        answer: &str,
        tests: &str,
        rejections: &[(String, String)],
    ) {
        let module = format!("answer_{}", self.count);
        self.count += 1;
        let names: Vec<&str> = tests
            .split(TEST)
            .skip(1)
            .filter_map(|test| test.split("() {").next())
            .collect();
        assert!(
            !names.is_empty() && names.len() == tests.matches("#[test]").count(),
            "{name}: a test is `fn name() {{`"
        );
        for (test, _) in rejections {
            assert!(
                names.contains(&test.as_str()),
                "{name}: there is no test {test}, only {names:?}"
            );
        }

        let tests = tests.replace(TEST, "    pub fn ");
        let path = self.out.join(format!("{module}.rs"));
        fs::write(&path, format!("{answer}\npub mod tests {{\n{tests}"))
            .expect("a writable OUT_DIR");
        writeln!(self.modules, "#[path = {path:?}]\nmod {module};")
            .expect("a String takes all");
        let functions: String = names
            .iter()
            .map(|test| format!("({test:?}, {module}::tests::{test}), "))
            .collect();
        writeln!(
            self.table,
            "    crate::Answer {{ name: {name:?}, tests: &[{functions}], rejections: &{rejections:?} }},"
        )
        .expect("a String takes all");
    }
}

/// The Rust files in the folders of a folder, as `DIR/FILE`, sorted; the folders' names begin with two digits.
fn files(folder: &Path) -> Vec<String> {
    let list = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries
            .map(|entry| {
                entry.expect("an entry").file_name().into_string().expect("UTF-8")
            })
            .collect()
    };
    let mut files = Vec::new();
    for dir in list(folder).into_iter().filter(|name| name.starts_with('0')) {
        let names =
            list(&folder.join(&dir)).into_iter().filter(|name| name.ends_with(".rs"));
        files.extend(names.map(|name| format!("{dir}/{name}")));
    }
    files.sort();
    files
}

/// A scene of three lines, the last of which names the page, and no more than fits on a screen or two.
fn check_shape(name: &str, start: &str, tests: &str) {
    let scene: Vec<&str> =
        start.lines().take_while(|line| line.starts_with("// ")).collect();
    assert!(
        matches!(scene[..], [_, _, page] if page.starts_with("// The page: book/")),
        "{name}: it begins with three lines, and the third is `// The page: book/...`"
    );
    let lines = start.lines().count() + TESTS.lines().count() + tests.lines().count();
    assert!(lines <= LONGEST, "{name}: {lines} lines, and at most {LONGEST} are wanted");
}

/// What stands before the tests of a file, and the tests.
fn halves(path: &Path) -> (String, String) {
    let text = read(path);
    let Some((answer, tests)) = text.split_once(TESTS) else {
        panic!("{}: it ends with `#[cfg(test)]`, `mod tests {{`", path.display());
    };
    (answer.to_owned(), tests.to_owned())
}

/// The tests that reject a wrong answer, and what each says.
fn rejections(file: &str, answer: &str) -> Vec<(String, String)> {
    let mut rejections = Vec::<(String, String)>::new();
    for line in answer.lines().filter_map(|line| line.strip_prefix(REJECTED)) {
        let Some((test, words)) = line.split_once(": ") else {
            panic!("{file}: with which words? `{REJECTED}TEST: WORDS`, not {line:?}");
        };
        let twice = rejections.iter().any(|(other, _)| other == test);
        assert!(!twice, "{file}: {test} is named twice, and only the first would count");
        rejections.push((test.to_owned(), words.to_owned()));
    }
    rejections
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
