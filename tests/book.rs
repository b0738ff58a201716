//! The rules that keep the book true: nothing on a page is untested, nothing printed is pasted, and the stock mdBook builds it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};

use choosing::measured::Measured;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde::Deserialize;
use while_you_wait::build::build;
use while_you_wait::programs::Programs;
use while_you_wait::record::{FOLDER, names};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A listing longer than this is two ideas, or is not read.
const LONGEST_LISTING: usize = 25;
/// A wider line is cut off on the page, at 1280 pixels.
const WIDEST_LISTING: usize = 90;
/// A page longer than this, in bytes of source, is two pages.
const LONGEST_PAGE: usize = 12 * 1024;
/// The pages that nobody reads from end to end.
const LOOKED_UP: [&str; 4] = [
    "book/glossary.md",
    "book/phrasebook.md",
    "book/errors.md",
    "book/course/exercises.md",
];

/// What the bench has rendered of its data.
const BENCH: &str = "book/recorded/bench";
/// Single figures, each under an anchor; the only file there of which a page includes a part.
const FIGURES: &str = "figures.md";
/// What is rendered and needs no page, with the reason.
const NOT_SHOWN: [&str; 1] = ["units-0.md"]; // only to be taken off the other `units`
/// The chapter that has measured figures, and so must not have them typed.
const MEASURED: &str = "book/06-choosing";
/// Figures of that chapter that nobody has measured: how long its sites take, how large its pages are, how much there is to do.
const NOMINAL: [&str; 20] = [
    "0 ms",
    "5 ms",
    "10 ms",
    "20 ms",
    "50 ms",
    "80 ms",
    "90 ms",
    "100 ms",
    "120 ms",
    "150 ms",
    "200 ms",
    "1 s",
    "1 KiB",
    "2 KiB",
    "4 KiB",
    "64 KiB",
    "1 MiB",
    "64 MiB",
    "250,000 times",
    "1.5 times",
];
/// What makes a number on a page a figure.
const FIGURE_UNITS: [&str; 11] =
    ["ns", "µs", "ms", "s", "seconds", "minutes", "KiB", "MiB", "GiB", "times", "%"];

/// A page, or a book made up to be wrong, as the rules see it.
struct Page<'a> {
    /// Where it would stand; includes are relative to its folder.
    path: &'a Path,
    text: &'a str,
}

/// What a page includes: the file, and the anchor if one is named.
struct Include {
    file: PathBuf,
    anchor: Option<String>,
}

impl Page<'_> {
    /// Everything on this page that breaks a rule; a line each.
    fn problems(&self, programs: &BTreeSet<String>) -> Vec<String> {
        let mut problems = Vec::new();
        let mut say = |problem: String| {
            problems.push(format!("{}: {problem}", self.path.display()));
        };
        let is_looked_up = LOOKED_UP.iter().any(|page| self.path.ends_with(page));
        if self.text.len() > LONGEST_PAGE && !is_looked_up {
            say(format!("{} bytes: is it one idea or two?", self.text.len()));
        }
        for (language, code) in self.code_blocks() {
            let outcome = match language.as_deref() {
                Some("rust" | "python") => self.check_listing(&code),
                Some("console" | "text") => self.check_output(&code),
                Some("sh") => self.check_commands(&code, programs),
                Some(other) => Err(format!(
                    "a block of `{other}`: use rust, python, console, text or sh"
                )),
                None => Err(format!("a block without a language: {code:?}")),
            };
            if let Err(problem) = outcome {
                say(problem);
            }
        }
        for event in Parser::new_ext(self.text, Options::all()) {
            if let Event::Code(command) = event
                && command.starts_with("just bench")
                && let Err(problem) = self.check_commands(&command, programs)
            {
                say(problem);
            }
        }
        let blocks = self.code_blocks();
        for include in self.text.split("{{#").skip(1) {
            let include = format!("{{{{#{include}");
            let is_in_a_block = include
                .split_inclusive("}}")
                .next()
                .is_some_and(|this| blocks.iter().any(|(_, code)| code.contains(this)));
            let outcome = self.include(&include).and_then(|include| {
                if is_in_a_block { Ok(()) } else { check_rendered(&include) }
            });
            if let Err(problem) = outcome {
                say(problem);
            }
        }
        for line in self.text.lines().map(str::trim_start) {
            // `1` and a full stop at the beginning of a line begin a list.
            if let Some((_, rest)) = line.split_once("}}")
                && rest.starts_with(['.', ')'])
                && let Ok(include) = self.include(line)
                && let Ok([figure]) = figure(&include).as_deref()
                && figure.bytes().all(|byte| byte.is_ascii_digit())
            {
                say(format!("this begins a list, wrap the line elsewhere: {line}"));
            }
        }
        if self.path.starts_with(MEASURED) {
            for figure in self.typed_figures() {
                say(format!(
                    "{figure:?} is typed: include it from {FIGURES}, say in words what holds \
                     on the next run too, give a source ([^...]), or name it in NOMINAL"
                ));
            }
        }
        problems
    }

    /// Numbers with a unit in running text, but for those in code, in a footnote, or in a sentence that has one.
    fn typed_figures(&self) -> Vec<String> {
        const SOURCE: &str = "[^]";
        let (mut typed, mut text, mut inside) = (Vec::new(), String::new(), 0);
        for event in Parser::new_ext(self.text, Options::all()) {
            match event {
                Event::Start(Tag::CodeBlock(_) | Tag::FootnoteDefinition(_)) => {
                    inside += 1;
                }
                Event::End(TagEnd::CodeBlock | TagEnd::FootnoteDefinition) => inside -= 1,
                Event::Text(part) if inside == 0 => text.push_str(&part),
                Event::Code(_) => text.push('`'),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                Event::FootnoteReference(_) => {
                    // It stands behind the full stop, and belongs to the sentence before.
                    let end = text.trim_end_matches('.').len();
                    text.insert_str(end, SOURCE);
                }
                Event::End(
                    TagEnd::Paragraph
                    | TagEnd::Item
                    | TagEnd::TableCell
                    | TagEnd::Heading(_),
                ) => {
                    let all = mem::take(&mut text);
                    for sentence in all.split(". ").filter(|it| !it.contains(SOURCE)) {
                        typed.extend(figures(sentence));
                    }
                }
                _ => {}
            }
        }
        typed.retain(|figure| !NOMINAL.contains(&figure.as_str()));
        typed
    }

    fn code_blocks(&self) -> Vec<(Option<String>, String)> {
        let mut blocks = Vec::new();
        let mut inside = None;
        for event in Parser::new_ext(self.text, Options::all()) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => Some(language.to_string()),
                        CodeBlockKind::Indented => None,
                    };
                    inside = Some((language, String::new()));
                }
                Event::Text(text) => {
                    if let Some((_, code)) = &mut inside {
                        code.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => blocks.extend(inside.take()),
                _ => {}
            }
        }
        blocks
    }

    /// Code on a page is an include of an anchor in a file that is built and run.
    fn check_listing(&self, code: &str) -> Result<(), String> {
        let include = self.only_include(code)?;
        let path = include.file.display();
        let folders: Vec<&str> =
            include.file.iter().filter_map(|part| part.to_str()).collect();
        let is_tested = match folders[..] {
            ["examples", _, "src" | "examples", ..] => {
                include.file.extension() == Some("rs".as_ref())
            }
            // The bench runs it, every row of it.
            ["examples", _, "python", ..] | ["bench", "python", _] => {
                include.file.extension() == Some("py".as_ref())
            }
            // A wrong turn is short, is shown whole, and has the compiler's answer beside it.
            ["examples", _, "wrong", _] if include.anchor.is_none() => {
                if !Path::new(ROOT).join(&include.file).with_extension("stderr").is_file()
                {
                    return Err(format!("{path} has no .stderr beside it"));
                }
                return check_lines(
                    &include.file,
                    &read(&include.file)?.lines().collect::<Vec<_>>(),
                );
            }
            _ => false,
        };
        if !is_tested {
            return Err(format!("{path} is not among the files that are built and run"));
        }
        let anchor = include
            .anchor
            .ok_or_else(|| format!("{path} is included without an anchor"))?;
        let text = read(&include.file)?;
        let listing =
            anchored(&text, &anchor).map_err(|problem| format!("{path}: {problem}"))?;
        check_lines(Path::new(&format!("{path}:{anchor}")), &listing)
    }

    /// What a program printed is an include of a recording, what the compiler said one of a wrong turn's answer.
    fn check_output(&self, code: &str) -> Result<(), String> {
        let include = self.only_include(code)?;
        let folders: Vec<&str> =
            include.file.iter().filter_map(|part| part.to_str()).collect();
        if let ["examples", _, "wrong", name] = folders[..]
            && name.ends_with(".stderr")
        {
            return Ok(());
        }
        if include.file.parent() != Some(Path::new(FOLDER)) || include.anchor.is_some() {
            return Err(format!("{} is not a recording", include.file.display()));
        }
        Ok(())
    }

    /// A command for the reader to type is one that this book knows, and names a program or a file that is there.
    #[expect(clippy::unused_self, reason = "it is a rule of a page like the others")]
    fn check_commands(
        &self,
        code: &str,
        programs: &BTreeSet<String>,
    ) -> Result<(), String> {
        for line in code.replace("\\\n", " ").lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["cargo", "run", "--example", name, "--", ..]
                | ["cargo", "run", "--example", name]
                | ["cargo", "build", "--release", "--example", name] => {
                    if !programs.contains(name) {
                        return Err(format!("no program is called {name}: {line}"));
                    }
                }
                ["python3", file, ..] if file.ends_with("py") => {
                    if !Path::new(ROOT).join(file).is_file() {
                        return Err(format!("no file is called {file}: {line}"));
                    }
                }
                [
                    "cargo",
                    "run",
                    "--release",
                    "-p",
                    "bench",
                    "--",
                    ref arguments @ ..,
                ]
                | ["just", "bench", ref arguments @ ..] => {
                    check_bench(arguments)
                        .map_err(|problem| format!("{problem}: {line}"))?;
                }
                ["cargo", "run" | "test", "-p", "course", "--bin", name] => {
                    if !exercises().iter().any(|exercise| exercise.name == name) {
                        return Err(format!("no exercise is called {name}: {line}"));
                    }
                }
                ["cargo", "run" | "test" | "fetch"]
                | ["cargo", "run", "--example"]
                | ["cargo", "run", "--", "--no-open" | "record" | "build"]
                | ["cargo", "test", "--no-run"]
                | ["just", "venv"]
                | ["cargo", "install", "rustlings", "--locked"]
                | ["cd", "course"]
                | ["rustlings"]
                | ["cargo", "run", "-p", "wrong-answers"]
                | ["cargo", "run", "-p", "wrong-answers", "--", "02_threads"]
                | ["python3", "-m", "venv", ".venv"]
                | [".venv/bin/pip", "install", "-r", "requirements.txt"]
                | [".", ".venv/bin/activate"] => {}
                _ => {
                    return Err(format!(
                        "this is no command that the book knows: {line}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// The one include that a block consists of.
    fn only_include(&self, code: &str) -> Result<Include, String> {
        let code = code.trim();
        let is_one = code.starts_with("{{#include ")
            && code.ends_with("}}")
            && code.lines().count() == 1;
        if !is_one {
            return Err(format!("this is not an include, but typed or pasted: {code:?}"));
        }
        self.include(code)
    }

    /// Reads `{{#include PATH}}` or `{{#include PATH:ANCHOR}}`. The path in the result is relative to the root.
    fn include(&self, text: &str) -> Result<Include, String> {
        let target = text
            .strip_prefix("{{#include ")
            .and_then(|rest| rest.split_once("}}"))
            .map(|(target, _)| target.trim())
            .ok_or_else(|| {
                format!("only {{{{#include}}}} is used here: {:?}", text.lines().next())
            })?;
        let (path, anchor) = match target.split_once(':') {
            Some((path, anchor)) => (path, Some(anchor.to_owned())),
            None => (target, None),
        };
        let mut file = self.path.parent().unwrap_or(Path::new("")).to_path_buf();
        for part in Path::new(path) {
            if part == ".." {
                file.pop();
            } else {
                file.push(part);
            }
        }
        if !Path::new(ROOT).join(&file).is_file() {
            return Err(format!("{} is included and is not there", file.display()));
        }
        Ok(Include { file, anchor })
    }
}

/// The lines under the anchor that is included. mdBook says nothing of one that is not there, and leaves a gap.
fn figure(include: &Include) -> Result<Vec<String>, String> {
    let path = include.file.display();
    let Some(anchor) = &include.anchor else {
        return Err(format!("{path} is included without an anchor"));
    };
    let text = read(&include.file)?;
    let lines =
        anchored(&text, anchor).map_err(|problem| format!("{path}: {problem}"))?;
    Ok(lines.into_iter().map(str::to_owned).collect())
}

/// What stands outside a block is a picture, or what the bench has rendered: a table, or one figure in a sentence.
fn check_rendered(include: &Include) -> Result<(), String> {
    let path = include.file.display();
    let ending = include.file.extension().and_then(|ending| ending.to_str());
    let is_bench = include.file.parent() == Some(Path::new(BENCH));
    let is_recorded = include.file.parent() == Some(Path::new(FOLDER));
    let is_figures = is_bench && include.file.ends_with(FIGURES);
    match (ending, &include.anchor) {
        (Some("md"), Some(anchor)) if is_figures => match figure(include)?.as_slice() {
            [figure] if !figure.trim().is_empty() => Ok(()),
            _ => Err(format!("{path}: {anchor} is not one line")),
        },
        (Some("md"), None) if is_bench && !is_figures => Ok(()),
        (Some("svg"), None) if is_bench || is_recorded => Ok(()),
        _ => Err(format!(
            "{path} is included outside a block, and is neither a picture nor of the bench"
        )),
    }
}

/// A command of the bench, and options that it has; the tables are measured.
fn check_bench(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        [] | ["render" | "compare", _] => Ok(()),
        ["quick" | "full", options @ ..] => check_bench_options(options),
        _ => Err(format!("the bench knows nothing of {arguments:?}")),
    }
}

fn check_bench_options(options: &[&str]) -> Result<(), String> {
    match options {
        [] | ["--compare"] => Ok(()),
        ["--table", table, rest @ ..] => {
            // `sweep-` stands for all that begin so.
            let is_asked_for = |id: &str| {
                id == *table || (table.ends_with('-') && id.starts_with(table))
            };
            let measured = Measured::recorded()?;
            if !measured.about.tables.iter().any(|measured| is_asked_for(&measured.id)) {
                return Err(format!("the bench has no table {table}"));
            }
            check_bench_options(rest)
        }
        ["--strict", rest @ ..] => check_bench_options(rest),
        ["--runs" | "--python" | "--out" | "--compare", value, rest @ ..]
            if !value.starts_with('-') =>
        {
            check_bench_options(rest)
        }
        _ => Err(format!("the bench knows nothing of {options:?}")),
    }
}

/// The numbers with a unit in a text, `203 ms`.
fn figures(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut figures = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let word = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let unit_at = word
            .find(|c: char| !c.is_ascii_digit() && !",.–".contains(c))
            .unwrap_or(word.len());
        let (number, attached) = word.split_at(unit_at);
        let unit = match (number, attached) {
            ("", _) => continue,
            (_, "") => words.get(i + 1).copied().unwrap_or_default(),
            _ => attached,
        };
        let unit = unit.trim_end_matches(|c: char| c.is_ascii_punctuation() && c != '%');
        if FIGURE_UNITS.contains(&unit) {
            figures.push(format!("{number} {unit}"));
        }
    }
    figures
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(Path::new(ROOT).join(file))
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// A listing is short enough to be read, and narrow enough to be seen.
fn check_lines(listing: &Path, lines: &[&str]) -> Result<(), String> {
    let listing = listing.display();
    if let Some(line) = lines.iter().find(|line| line.chars().count() > WIDEST_LISTING) {
        return Err(format!(
            "{listing} has a line of more than {WIDEST_LISTING} columns: {line}"
        ));
    }
    match lines.len() {
        0 => Err(format!("{listing} is empty")),
        1..=LONGEST_LISTING => Ok(()),
        n => Err(format!("{listing} has {n} lines, more than {LONGEST_LISTING}")),
    }
}

/// The lines between `ANCHOR: name` and `ANCHOR_END: name`, of which there must be one each, in this order.
fn anchored<'a>(text: &'a str, name: &str) -> Result<Vec<&'a str>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let only = |marker: String| {
        let mut found = lines.iter().enumerate().filter(|(_, line)| {
            // In Markdown, a marker stands in a comment.
            line.split_once(&marker)
                .is_some_and(|(_, rest)| ["", "-->"].contains(&rest.trim()))
        });
        match (found.next(), found.next()) {
            (Some((number, _)), None) => Ok(number),
            (None, _) => Err(format!("there is no `{marker}`")),
            (Some(_), Some(_)) => Err(format!("there is more than one `{marker}`")),
        }
    };
    let (begin, end) =
        (only(format!("ANCHOR: {name}"))?, only(format!("ANCHOR_END: {name}"))?);
    if begin >= end {
        return Err(format!("ANCHOR_END: {name} stands before its beginning"));
    }
    Ok(lines[begin + 1..end]
        .iter()
        .copied()
        .filter(|line| !line.contains("ANCHOR"))
        .collect())
}

/// All pages of the book, relative to the root: its Markdown files but for those that a program writes.
fn pages() -> Vec<PathBuf> {
    fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                if path != Path::new(FOLDER) {
                    collect(&path, into);
                }
            } else if path.extension().is_some_and(|ending| ending == "md") {
                into.push(path);
            }
        }
    }
    let mut pages = Vec::new();
    collect(Path::new("book"), &mut pages);
    pages.sort();
    pages
}

fn programs() -> BTreeSet<String> {
    Programs::build(Path::new(ROOT)).unwrap().names().map(str::to_owned).collect()
}

#[test]
fn every_block_on_every_page_is_an_include_that_is_tested() {
    let programs = programs();
    let pages = pages();
    assert!(pages.len() > 5, "{pages:?}");
    let mut problems = Vec::new();
    for path in pages {
        let text = fs::read_to_string(Path::new(ROOT).join(&path)).unwrap();
        problems.extend(Page { path: &path, text: &text }.problems(&programs));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn every_page_is_in_the_summary_and_every_recording_on_a_page() {
    let read = |path: &Path| fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
    let summary = read(Path::new("book/SUMMARY.md"));
    let pages = pages();
    for page in pages.iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        let link =
            page.strip_prefix("book").unwrap().to_str().unwrap().replace('\\', "/");
        assert!(summary.contains(&format!("({link})")), "{link} is not in SUMMARY.md");
    }
    let text: String = pages.iter().map(|page| read(page)).collect();
    for name in names(Path::new(ROOT)).unwrap() {
        assert!(
            text.contains(&format!("recorded/{name}.txt")),
            "no page shows the recording {name}"
        );
    }
}

/// What the bench has rendered is read by somebody, or a reason is given.
#[test]
fn every_table_and_picture_of_the_bench_is_on_a_page() {
    let text: String = pages().iter().map(|page| read(page).unwrap()).collect();
    for file in fs::read_dir(Path::new(ROOT).join(BENCH)).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let ending = Path::new(&name).extension();
        let is_rendered = ending.is_some_and(|ending| ending == "md" || ending == "svg");
        if is_rendered && name != FIGURES {
            let is_shown = text.contains(&format!("recorded/bench/{name}}}}}"));
            let needs_none = NOT_SHOWN.contains(&name.as_str());
            assert!(is_shown || needs_none, "no page shows {BENCH}/{name}");
            assert!(
                !(is_shown && needs_none),
                "{name} is shown: take it out of NOT_SHOWN"
            );
        }
    }
}

/// An exercise of the course, as `course/info.toml` has it.
#[derive(Deserialize)]
struct Exercise {
    name: String,
    dir: String,
    hint: String,
}

fn exercises() -> Vec<Exercise> {
    #[derive(Deserialize)]
    struct Info {
        exercises: Vec<Exercise>,
    }
    let info: Info =
        toml::from_str(&read(Path::new("course/info.toml")).unwrap()).unwrap();
    info.exercises
}

/// The exercise names its page, the page and the list of exercises link to it, and its hints escalate.
#[test]
fn every_exercise_and_its_page_know_each_other() {
    let list = read(Path::new("book/course/exercises.md")).unwrap();
    let exercises = exercises();
    assert!(!exercises.is_empty());
    assert!(exercises.is_sorted_by_key(|exercise| exercise.dir[..2].to_owned()));
    assert_eq!(list.matches("<a id=\"").count(), exercises.len());
    for Exercise { name, dir, hint } in &exercises {
        let file = format!("course/exercises/{dir}/{name}.rs");
        let scene = read(Path::new(&file)).unwrap();
        let page = scene
            .lines()
            .nth(2)
            .and_then(|line| line.strip_prefix("// The page: "))
            .unwrap_or_else(|| panic!("{file}: its third line names its page"));
        let link = format!("](../course/exercises.md#{name})");
        assert!(read(Path::new(page)).unwrap().contains(&link), "{page} has no {link}");
        let entry = list
            .lines()
            .find(|line| line.contains(&format!("<a id=\"{name}\"></a>")))
            .unwrap_or_else(|| panic!("{name} is not in the list of exercises"));
        let back = page.replacen("book/", "](../", 1) + ")";
        assert!(entry.contains(&back), "{name}: the list should link to {back}");
        // A numbered step each; what belongs to one is indented.
        let steps: Vec<&str> = hint
            .lines()
            .filter(|line| line.starts_with(|c: char| !c.is_whitespace()))
            .collect();
        assert!(steps.len() >= 2, "{name}: {} hint", steps.len());
        for (number, step) in (1..).zip(steps) {
            assert!(step.starts_with(&format!("{number}. ")), "{name}: {step}");
        }
        let too_wide = hint.lines().find(|line| line.chars().count() > 78);
        assert_eq!(too_wide, None, "{name}: too wide for a terminal");
    }
}

/// Every wrong turn is on a page, with the compiler's answer, and the page names the error.
#[test]
fn every_wrong_turn_is_on_a_page_that_names_its_error() {
    let pages: Vec<String> = pages().iter().map(|page| read(page).unwrap()).collect();
    let mut wrong_turns = 0;
    for chapter in fs::read_dir(Path::new(ROOT).join("examples")).unwrap() {
        let chapter = chapter.unwrap();
        let Ok(files) = fs::read_dir(chapter.path().join("wrong")) else { continue };
        for file in files {
            let path = file.unwrap().path();
            if path.extension() != Some("rs".as_ref()) {
                continue;
            }
            wrong_turns += 1;
            let name = path.file_stem().unwrap().to_str().unwrap();
            let shown = |ending: &str| {
                let include = format!(
                    "{}/wrong/{name}.{ending}}}}}",
                    chapter.file_name().display()
                );
                pages.iter().position(|page| page.contains(&include))
            };
            let page = shown("rs").unwrap_or_else(|| panic!("no page shows {name}.rs"));
            assert_eq!(
                shown("stderr"),
                Some(page),
                "{name}: the answer stands elsewhere"
            );
            let answer = read(&path.with_extension("stderr")).unwrap();
            for code in answer.lines().filter_map(|line| line.strip_prefix("error[")) {
                let code = &code[..5];
                assert!(
                    pages[page].contains(code),
                    "{name}: the page does not say {code}"
                );
            }
        }
    }
    assert!(wrong_turns >= 14, "{wrong_turns}");
}

#[test]
fn the_book_builds_as_strictly_as_it_can_and_asks_no_other_host() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book");
    build(Path::new(ROOT), &book).unwrap();
    let config = fs::read_to_string(Path::new(ROOT).join("book.toml")).unwrap();
    assert!(
        !config.contains("[preprocessor"),
        "plain `mdbook build` must do, without anything to install"
    );
    for page in pages().iter().filter(|page| !page.ends_with("SUMMARY.md")) {
        let html = book.join(page.strip_prefix("book").unwrap()).with_extension("html");
        let html = fs::read_to_string(&html)
            .unwrap_or_else(|error| panic!("{}: {error}", html.display()));
        // A link may lead elsewhere; what a browser loads by itself may not.
        for tag in html.split('<').filter(|tag| !tag.starts_with("a ")) {
            let tag = tag.split('>').next().unwrap();
            for attribute in ["src=\"", "href=\"", "srcset=\"", "action=\""] {
                let elsewhere = tag.split(attribute).skip(1).any(|value| {
                    value.starts_with("http:")
                        || value.starts_with("https:")
                        || value.starts_with("//")
                });
                assert!(!elsewhere, "{}: <{tag}>", page.display());
            }
        }
    }
}

// The rules themselves can fail:

fn problems_of(text: &str) -> Vec<String> {
    let programs = BTreeSet::from(["01-sequential-fetch".to_owned()]);
    Page { path: Path::new("book/chapter/page.md"), text }.problems(&programs)
}

#[track_caller]
fn assert_refused(text: &str, because: &str) {
    let problems = problems_of(text);
    assert!(
        problems.iter().any(|problem| problem.contains(because)),
        "{because:?} is not in {problems:?}"
    );
}

#[test]
fn what_is_typed_pasted_or_missing_is_refused() {
    const LIB: &str = "../../examples/01-sequential-fetch/src/lib.rs";
    let block =
        |language: &str, code: &str| format!("# Page\n\n```{language}\n{code}\n```\n");

    assert_eq!(
        problems_of(&block("rust", &format!("{{{{#include {LIB}:fetch_all}}}}"))),
        [""; 0]
    );
    assert_eq!(
        problems_of(&block("sh", "cargo run --example 01-sequential-fetch")),
        [""; 0]
    );

    assert_refused(&block("rust", "fn main() {}"), "typed or pasted");
    assert_refused(&block("python", "print('hello')"), "typed or pasted");
    assert_refused(
        &block("rust", &format!("{{{{#include {LIB}:fetch_all}}}}\nfn main() {{}}")),
        "typed or pasted",
    );
    assert_refused(&block("rust,ignore", "fn main() {}"), "a block of `rust,ignore`");
    assert_refused(&block("", "fn main() {}"), "a block of ``");
    assert_refused("# Page\n\n    fn main() {}\n", "without a language");
    assert_refused(
        &block("rust", &format!("{{{{#include {LIB}:no_such_anchor}}}}")),
        "there is no `ANCHOR: no_such_anchor`",
    );
    assert_refused(
        &block("rust", &format!("{{{{#include {LIB}}}}}")),
        "without an anchor",
    );
    assert_refused(
        &block("rust", "{{#include ../../examples/nowhere.rs:a}}"),
        "is not there",
    );
    assert_refused(
        &block("rust", "{{#include ../../src/main.rs:a}}"),
        "not among the files",
    );
    assert_refused(&block("console", "$ ls"), "typed or pasted");
    assert_refused(
        &block("console", "{{#include ../../README.md}}"),
        "is not a recording",
    );
    assert_refused(
        &block("sh", "cargo run --example 01-no-such-program"),
        "no program is called",
    );
    assert_refused(&block("sh", "python3 examples/no-such-file.py"), "no file is called");
    assert_refused(&block("sh", "cargo run --sample 01-sequential-fetch"), "no command");
    assert_refused("# Page\n\n{{#include nowhere.svg}}\n", "is not there");
    assert_refused(
        &format!("# Page\n\n{{{{#include {LIB}:fetch_all}}}}\n"),
        "neither a picture nor of the bench",
    );
    let table = "# Page\n\n{{#include ../recorded/bench/machine.md}}\n";
    assert_eq!(problems_of(table), [""; 0]);
    let figures = "# Page\n\n{{#include ../recorded/bench/figures.md";
    assert_refused(
        &format!("{figures}:no-such-figure}}}}"),
        "no `ANCHOR: no-such-figure`",
    );
    // A bare number; one with its unit does no harm.
    assert_refused(&format!("{figures}:thousand--runs}}}}. So."), "this begins a list");
    assert_eq!(problems_of(&format!("{figures}:thousand--limit}}}}. So.")), [""; 0]);
    assert_refused(&format!("{figures}}}}}"), "neither a picture nor of the bench");
    assert_refused(
        "# Page\n\n{{#include ../recorded/bench/runs.csv}}",
        "neither a picture nor of the bench",
    );
    assert_refused(
        &block("text", "{{#include ../recorded/bench/machine.md}}"),
        "is not a recording",
    );
    for command in ["cargo run --release -p bench -- quick", "just bench", "just venv"] {
        assert_eq!(problems_of(&block("sh", command)), [""; 0]);
    }
    for options in [
        "quick --compare",
        "full --runs 3 --compare target/mine --out a",
        "compare target/mine",
    ] {
        assert_eq!(problems_of(&block("sh", &format!("just bench {options}"))), [""; 0]);
    }
    assert_refused(&block("sh", "just bench slow"), "the bench knows nothing of");
    let in_a_sentence = "# Page\n\nRun `just bench --table primes` again.\n";
    assert_refused(in_a_sentence, "the bench knows nothing of");
    assert_refused(&block("sh", "just bench quick --runs"), "the bench knows nothing of");
    assert_refused(&block("sh", "just bench full --table no-such"), "no table no-such");
    assert_refused("# Page\n\n{{#playground x.rs}}\n", "only {{#include}}");
    assert_refused(&format!("# Page\n\n{}", "long ".repeat(3000)), "one idea or two");
}

#[test]
fn a_measured_figure_that_was_typed_is_refused() {
    let typed = |text: &str| {
        Page { path: Path::new("book/06-choosing/page.md"), text }.typed_figures()
    };
    assert_eq!(typed("It takes 203 ms, or (1.4 times) that.\n"), ["203 ms", "1.4 times"]);
    assert_eq!(typed("Some 12,300\nms; 40%, 40 %. 3µs!\n").len(), 4);
    assert_eq!(typed("| a |\n|---|\n| 7 MiB |\n\n- 8 s\n"), ["7 MiB", "8 s"]);
    // Sizes of the job, what comes from the data, code, and what has a source.
    for text in [
        "A thousand waits of 100 ms, and 32 slots in 3.13 sites.\n",
        "It takes {{#include ../recorded/bench/figures.md:a--b--c--job}} there.\n",
        "Up to `8 s`, or:\n\n```text\n9 s\n```\n",
        "Python says 40 %.[^doc] So it is.\n\n[^doc]: Measured 41 % there.\n",
    ] {
        assert_eq!(typed(text), [""; 0], "{text}");
    }
    assert_eq!(
        typed("It takes 8 s. Python says more.[^doc]\n\n[^doc]: There.\n"),
        ["8 s"]
    );
    assert_eq!(typed("It says 4 %.[^a] It takes 8 s.\n\n[^a]: There.\n"), ["8 s"]);
    let text = "It takes 203 ms.\n";
    let problems = |path| Page { path: Path::new(path), text }.problems(&BTreeSet::new());
    assert_eq!(problems("book/05-async/page.md"), [""; 0]);
    assert!(problems("book/06-choosing/page.md")[0].contains("is typed"));
}

#[test]
fn anchors_are_found_once_each_and_in_order() {
    let text =
        "a\n// ANCHOR: x\nb\n// ANCHOR: xy\nc\n// ANCHOR_END: xy\n// ANCHOR_END: x\n";
    assert_eq!(anchored(text, "x").unwrap(), ["b", "c"]);
    assert_eq!(anchored(text, "xy").unwrap(), ["c"]);
    let markdown = "<!-- ANCHOR: x -->\n7 ms\n<!-- ANCHOR_END: x -->\n";
    assert_eq!(anchored(markdown, "x").unwrap(), ["7 ms"]);
    assert!(
        anchored("// ANCHOR: x\nb\n", "x").unwrap_err().contains("no `ANCHOR_END: x`")
    );
    assert!(
        anchored("// ANCHOR_END: x\n// ANCHOR: x\n", "x")
            .unwrap_err()
            .contains("before its beginning")
    );
    assert!(
        anchored("// ANCHOR: x\n// ANCHOR: x\n// ANCHOR_END: x\n", "x")
            .unwrap_err()
            .contains("more than one")
    );
}
