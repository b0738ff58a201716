//! The ways through the book hold: every term is linked where a page first uses it, every wrong turn can be found by its code, the
//! phrasebook and the chapters lead to each other, and the map tells how long the reading takes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{
    Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What mdBook reads, but for its typographic quotes, which would hide a term like *Little's law*.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS);

/// The source of a page or another file of the book, by its path below `book/`.
fn page(path: &str) -> String {
    let file = Path::new(ROOT).join("book").join(path);
    fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The pages of the book as `SUMMARY.md` has them: title and path, in order.
fn summary() -> Vec<(String, String)> {
    links(&page("SUMMARY.md"))
        .into_iter()
        .map(|Link { text, target, .. }| (text, target))
        .collect()
}

/// The id that mdBook gives a heading.
fn id(heading: &str) -> String {
    heading
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => {
                Some(c.to_ascii_lowercase())
            }
            _ => None,
        })
        .collect()
}

/// A link on a page: what it says, where it leads, and the heading of the second level that it stands under.
struct Link {
    text: String,
    target: String,
    section: String,
}

fn links(text: &str) -> Vec<Link> {
    let (mut links, mut section) = (Vec::new(), String::new());
    let (mut heading, mut link): (Option<String>, Option<Link>) = (None, None);
    for event in TextMergeStream::new(Parser::new_ext(text, OPTIONS)) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                section = heading.take().unwrap_or_default();
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                link = Some(Link {
                    text: String::new(),
                    target: dest_url.to_string(),
                    section: section.clone(),
                });
            }
            Event::End(TagEnd::Link) => links.extend(link.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
                if let Some(link) = &mut link {
                    link.text.push_str(&text);
                }
            }
            Event::SoftBreak => {
                if let Some(link) = &mut link {
                    link.text.push(' ');
                }
            }
            _ => {}
        }
    }
    links
}

/// Where a relative link of `page` leads: a path below `book/`, and the fragment.
fn resolve(page: &str, target: &str) -> (String, String) {
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let mut file = match path {
        "" => PathBuf::from(page),
        _ => Path::new(page).parent().unwrap().to_path_buf(),
    };
    for part in Path::new(path) {
        if part == ".." {
            file.pop();
        } else {
            file.push(part);
        }
    }
    (file.to_str().unwrap().replace('\\', "/"), fragment.to_owned())
}

/// The fragments that a page has: its headings, and what carries an `id`.
fn fragments(text: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(text, OPTIONS) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                found.extend(heading.take().map(|heading| id(&heading)));
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                for rest in html.split(" id=\"").skip(1) {
                    found.extend(rest.split('"').next().map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    found
}

/// Says what is wrong with a link that leads to another place of this book; nothing of one that leads out of it.
fn check_link(from: &str, target: &str) -> Result<(), String> {
    if target.starts_with("https://") {
        return Ok(());
    }
    let (path, fragment) = resolve(from, target);
    if !Path::new(ROOT).join("book").join(&path).is_file() {
        return Err(format!("{from}: {target}: there is no {path}"));
    }
    if !fragment.is_empty() && !fragments(&page(&path)).contains(&fragment) {
        return Err(format!("{from}: {target}: {path} has no #{fragment}"));
    }
    Ok(())
}

// The glossary.

const GLOSSARY: &str = "glossary.md";
/// Where words are looked up, and not read in order.
const LOOKED_UP: [&str; 3] = [GLOSSARY, "phrasebook.md", "errors.md"];
/// The page that teaches a term, in the glossary.
const TAUGHT: &str = "Where it is taught:";

/// An entry of the glossary.
struct Entry {
    heading: String,
    /// What has to be a link at its first use on a page: words as a text has them, or code in backticks.
    forms: Vec<String>,
    /// Pages whose path begins so mean something else by the word.
    other_sense: Vec<String>,
    text: String,
}

impl Entry {
    fn id(&self) -> String {
        id(&self.heading)
    }
}

/// Reads the entries and their marks, which the head of the glossary explains.
fn entries(glossary: &str) -> Vec<Entry> {
    let list = |marks: &str| -> Vec<String> {
        marks.split(',').map(|form| form.trim().to_owned()).collect()
    };
    let mut entries = Vec::new();
    for part in glossary.split("\n## ").skip(1) {
        let (heading, text) = part.split_once('\n').unwrap();
        let mut entry = Entry {
            heading: heading.to_owned(),
            forms: vec![heading.to_owned()],
            other_sense: Vec::new(),
            text: text.to_owned(),
        };
        for mark in text.split("<!--").skip(1) {
            let mark = mark.split("-->").next().unwrap().trim();
            if let Some(forms) = mark.strip_prefix("also:") {
                entry.forms.extend(list(forms));
            } else if mark == "everyday" {
                entry.forms.remove(0);
            } else if let Some(places) = mark.strip_prefix("other sense in:") {
                entry.other_sense = list(places);
            } else {
                panic!("{heading}: this mark says nothing here: {mark}");
            }
        }
        entries.push(entry);
    }
    entries
}

/// A letter of running text, where it stands in the source, and what it is a part of.
#[derive(Clone)]
struct Letter {
    sign: char,
    at: usize,
    within: Within,
}

#[derive(Clone, PartialEq)]
enum Within {
    Text,
    Code,
    /// A link to this entry of the glossary.
    Entry(String),
    /// A link to somewhere else: neither a use nor a link of a term.
    Link,
}

/// The paragraphs, list items and table cells of a page, letter by letter. Left out are headings (of tables too), blocks of code,
/// footnotes, and questions: `## Predict`, and whatever is in a `<details>`.
fn running_text(text: &str) -> Vec<Vec<Letter>> {
    let (mut blocks, mut block) = (Vec::new(), Vec::new());
    let (mut left_out, mut details, mut is_predict) = (0_usize, 0_usize, false);
    let mut heading: Option<(HeadingLevel, String)> = None;
    let mut within = Within::Text;
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        let is_shown = left_out == 0 && details == 0 && !is_predict;
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((level, String::new()));
                left_out += 1;
            }
            Event::End(TagEnd::Heading(_)) => {
                left_out -= 1;
                let (level, heading) = heading.take().unwrap();
                if level <= HeadingLevel::H2 {
                    is_predict = heading == "Predict";
                }
            }
            Event::Start(
                Tag::CodeBlock(_) | Tag::FootnoteDefinition(_) | Tag::TableHead,
            ) => left_out += 1,
            Event::End(
                TagEnd::CodeBlock | TagEnd::FootnoteDefinition | TagEnd::TableHead,
            ) => left_out -= 1,
            Event::Html(html) => {
                details += html.matches("<details").count();
                details = details.saturating_sub(html.matches("</details>").count());
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                within = match dest_url.split_once("glossary.md#") {
                    Some((_, entry)) => Within::Entry(entry.to_owned()),
                    None => Within::Link,
                };
            }
            Event::End(TagEnd::Link) => within = Within::Text,
            Event::Text(part) => {
                if let Some((_, heading)) = &mut heading {
                    heading.push_str(&part);
                }
                if is_shown {
                    // An entity is longer in the source than in the text; nothing is looked for in it.
                    let is_plain = text[range.clone()] == *part;
                    block.extend(part.char_indices().map(|(offset, letter)| Letter {
                        sign: letter,
                        at: range.start + if is_plain { offset } else { 0 },
                        within: within.clone(),
                    }));
                }
            }
            Event::InlineHtml(html) if is_shown => match &*html {
                "<code>" => within = Within::Code,
                "</code>" => within = Within::Text,
                _ => {}
            },
            Event::Code(code) if is_shown => {
                let within =
                    if within == Within::Text { Within::Code } else { within.clone() };
                block.extend(format!("`{code}`").chars().map(|letter| Letter {
                    sign: letter,
                    at: range.start,
                    within: within.clone(),
                }));
            }
            Event::SoftBreak | Event::HardBreak if is_shown => {
                block.push(Letter { sign: ' ', at: range.start, within: within.clone() });
            }
            Event::Start(_) | Event::End(_) if !is_within_a_line(&event) => {
                blocks.push(std::mem::take(&mut block));
            }
            _ => {}
        }
    }
    blocks.push(block);
    blocks.retain(|block| !block.is_empty());
    for block in &mut blocks {
        blank_includes(block);
    }
    blocks
}

fn is_within_a_line(event: &Event) -> bool {
    matches!(
        event,
        Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough)
    )
}

/// `{{#include figures.md:a--thread--b}}` is a figure, and no use of a term.
fn blank_includes(block: &mut [Letter]) {
    let mut is_include = false;
    for at in 0..block.len() {
        let pair = (block[at].sign, block.get(at + 1).map(|next| next.sign));
        is_include |= pair == ('{', Some('{'));
        let is_end = is_include && pair.0 == '}' && pair.1 != Some('}');
        if is_include {
            block[at].sign = '0';
        }
        is_include &= !is_end;
    }
}

/// What a page says of a term that it has not linked: where in the source, its words there, and the entry.
#[derive(Debug, PartialEq)]
struct Unlinked {
    at: usize,
    words: String,
    entry: String,
}

/// The first use of each term on a page that is no link to its entry.
fn unlinked(path: &str, text: &str, entries: &[Entry]) -> Vec<Unlinked> {
    let mut forms: Vec<(Vec<char>, String)> = entries
        .iter()
        .filter(|entry| {
            !entry.other_sense.iter().any(|place| path.starts_with(place.as_str()))
        })
        .flat_map(|entry| {
            entry.forms.iter().map(|form| (form.chars().collect(), entry.id()))
        })
        .collect();
    // "thread pool" is not a use of "thread".
    forms.sort_by_key(|(form, _)| std::cmp::Reverse(form.len()));
    let mut by_letter: BTreeMap<char, Vec<&(Vec<char>, String)>> = BTreeMap::new();
    for form in &forms {
        by_letter.entry(form.0[0].to_ascii_lowercase()).or_default().push(form);
    }
    let (mut seen, mut unlinked) = (BTreeSet::new(), Vec::new());
    for block in running_text(text) {
        let mut at = 0;
        while at < block.len() {
            if at > 0 && is_of_a_word(block[at].sign) && is_of_a_word(block[at - 1].sign)
            {
                at += 1;
                continue;
            }
            if let Within::Entry(entry) = &block[at].within {
                seen.insert(entry.clone());
            }
            let found = by_letter
                .get(&block[at].sign.to_ascii_lowercase())
                .and_then(|forms| forms.iter().find(|(form, _)| is_at(form, &block, at)));
            if let Some((form, entry)) = found {
                let is_open = block[at..at + form.len()]
                    .iter()
                    .all(|letter| matches!(letter.within, Within::Text | Within::Code));
                if is_open && seen.insert(entry.clone()) {
                    unlinked.push(Unlinked {
                        at: block[at].at,
                        words: form_at(&block, at, form.len()),
                        entry: entry.clone(),
                    });
                }
                for letter in &block[at..at + form.len()] {
                    if let Within::Entry(entry) = &letter.within {
                        seen.insert(entry.clone());
                    }
                }
                at += form.len();
            } else {
                at += 1;
            }
        }
    }
    unlinked
}

fn form_at(block: &[Letter], at: usize, length: usize) -> String {
    block[at..at + length].iter().map(|letter| letter.sign).collect()
}

/// Whether the form stands here as words of their own; its first letter may be a capital. Code has to be in backticks.
fn is_at(form: &[char], block: &[Letter], at: usize) -> bool {
    let is_part =
        |letter: Option<&Letter>| letter.is_some_and(|it| is_of_a_word(it.sign));
    let Some(here) = block.get(at..at + form.len()) else { return false };
    let is_code = form[0] == '`';
    here.iter().zip(form).enumerate().all(|(index, (letter, form))| {
        (letter.sign == *form || (index == 0 && letter.sign.eq_ignore_ascii_case(form)))
            && (is_code || letter.within != Within::Code)
    }) && !(at > 0 && is_part(block.get(at - 1)))
        && !is_part(block.get(at + form.len()))
}

/// A hyphen too, soft ones among them: "multi-thread" is not "thread".
fn is_of_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '\u{ad}')
}

/// Line and column, from 1, as a compiler tells them.
fn place(text: &str, at: usize) -> String {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    format!("{line}:{}", at - before.rfind('\n').map_or(0, |end| end + 1) + 1)
}

#[test]
fn every_term_is_linked_where_a_page_first_uses_it() {
    let entries = entries(&page(GLOSSARY));
    let mut problems = Vec::new();
    for (_, path) in summary() {
        if LOOKED_UP.contains(&path.as_str()) {
            continue;
        }
        let text = page(&path);
        let up = "../".repeat(path.matches('/').count());
        for Unlinked { at, words, entry } in unlinked(&path, &text, &entries) {
            problems.push(format!(
                "book/{path}:{}: [{words}]({up}glossary.md#{entry})",
                place(&text, at)
            ));
        }
    }
    assert!(
        problems.is_empty(),
        "{} first uses of a term are no link to the glossary. Write:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn every_entry_of_the_glossary_is_used_and_leads_to_where_it_is_taught() {
    let entries = entries(&page(GLOSSARY));
    let ids: Vec<String> = entries.iter().map(Entry::id).collect();
    let headings: Vec<String> =
        entries.iter().map(|entry| entry.heading.to_lowercase()).collect();
    assert!(headings.is_sorted(), "not in the order of the alphabet: {headings:?}");
    let summary = summary();
    // Which entries each page links.
    let linked: BTreeMap<&str, BTreeSet<String>> = summary
        .iter()
        .filter(|(_, path)| path != GLOSSARY)
        .map(|(_, path)| {
            let entries = links(&page(path))
                .into_iter()
                .filter_map(|link| match resolve(path, &link.target) {
                    (to, entry) if to == GLOSSARY => Some(entry),
                    _ => None,
                })
                .collect();
            (path.as_str(), entries)
        })
        .collect();
    for (path, entries) in &linked {
        for entry in entries {
            assert!(
                entry.is_empty() || ids.contains(entry),
                "{path}: no term has #{entry}"
            );
        }
    }
    let mut problems = Vec::new();
    for entry in &entries {
        let (id, heading) = (entry.id(), &entry.heading);
        if !linked.values().any(|entries| entries.contains(&id)) {
            problems.push(format!(
                "{heading}: no page links to it: link it, or leave it out"
            ));
        }
        let Some((_, taught)) = entry.text.split_once(TAUGHT) else { continue };
        let links = links(taught);
        if links.is_empty() {
            problems.push(format!("{heading}: taught where?"));
        }
        for Link { text, target, .. } in links {
            if !summary.contains(&(text.clone(), target.clone())) {
                problems.push(format!(
                    "{heading}: the summary has no page [{text}]({target})"
                ));
            } else if !linked[target.as_str()].contains(&id) {
                problems.push(format!(
                    "{heading}: {target} is said to teach it, and has no link to it"
                ));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

// The errors page.

const ERRORS: &str = "errors.md";
/// Its part on what compiles.
const RUNS: &str = "When it runs";
/// Its part on errors that have neither a number nor the name of a lint.
const WITHOUT: &str = "Without a code";

/// A line of a table: where it stands, its cells as they are written, and its ids, code and links.
struct Row {
    section: String,
    cells: Vec<String>,
    /// What is in backticks, by cell.
    code: Vec<(usize, String)>,
    links: Vec<String>,
}

impl Row {
    fn id(&self) -> Option<&str> {
        self.cells[0].split("<a id=\"").nth(1)?.split('"').next()
    }
}

/// The rows of the tables of a page, heads left out.
fn rows(text: &str) -> Vec<Row> {
    let (mut rows, mut section) = (Vec::new(), String::new());
    let (mut row, mut heading): (Option<Row>, Option<String>) = (None, None);
    let mut cell = 0;
    for (event, range) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                heading = Some(String::new());
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                section = heading.take().unwrap_or_default();
            }
            Event::Text(text) | Event::Code(text) if heading.is_some() => {
                heading.as_mut().unwrap().push_str(&text);
            }
            Event::Start(Tag::TableRow) => {
                cell = 0;
                row = Some(Row {
                    section: section.clone(),
                    cells: Vec::new(),
                    code: Vec::new(),
                    links: Vec::new(),
                });
            }
            Event::End(TagEnd::TableRow) => rows.extend(row.take()),
            Event::Start(Tag::TableCell) => {
                if let Some(row) = &mut row {
                    row.cells.push(text[range].to_owned());
                }
            }
            Event::End(TagEnd::TableCell) => cell += 1,
            Event::Code(code) => {
                if let Some(row) = &mut row {
                    row.code.push((cell, code.to_string()));
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                if let Some(row) = &mut row {
                    row.links.push(dest_url.to_string());
                }
            }
            _ => {}
        }
    }
    rows
}

/// What the compiler answers to a wrong turn.
struct Answer {
    name: String,
    /// Its codes, in order.
    codes: Vec<String>,
    /// The first error, without its code.
    first_line: String,
    /// All of it.
    text: String,
}

fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for chapter in fs::read_dir(Path::new(ROOT).join("examples")).unwrap() {
        let Ok(files) = fs::read_dir(chapter.unwrap().path().join("wrong")) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            if path.extension() != Some("stderr".as_ref()) {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let errors: Vec<&str> =
                text.lines().filter(|line| line.starts_with("error")).collect();
            let codes: BTreeSet<String> = errors
                .iter()
                .filter_map(|line| line.strip_prefix("error["))
                .map(|line| line[..5].to_owned())
                .collect();
            let first_line = errors[0].split_once(": ").unwrap().1.to_owned();
            answers.push(Answer {
                name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                codes: codes.into_iter().collect(),
                first_line,
                text,
            });
        }
    }
    answers
}

/// The pages that include a file, by the end of its path.
fn pages_with(file: &str) -> Vec<String> {
    summary()
        .into_iter()
        .map(|(_, path)| path)
        .filter(|path| page(path).contains(&format!("{file}}}}}")))
        .collect()
}

/// What is wrong with the rows of the errors page for this wrong turn: one for each of its codes.
fn check_answer(answer: &Answer, rows: &[Row]) -> Vec<String> {
    let Answer { name, codes, first_line, text } = answer;
    let mut problems = Vec::new();
    let its: Vec<&Row> = rows
        .iter()
        .filter(|row| {
            row.id().is_some_and(|id| id == name || id.starts_with(&format!("{name}--")))
        })
        .collect();
    if its.is_empty() {
        let code = codes.first().map_or(WITHOUT, String::as_str);
        return vec![format!("{name} is missing: under {code}, `{first_line}`")];
    }
    for row in &its {
        let section = &row.section;
        let is_right = if codes.is_empty() {
            section == WITHOUT || (section.contains('_') && text.contains(section))
        } else {
            codes.contains(section)
        };
        if !is_right {
            problems.push(format!("{name} stands under {section}, and is {codes:?}"));
        }
        if !row.code.iter().any(|(cell, code)| *cell == 0 && code == first_line) {
            problems.push(format!(
                "{name} is quoted otherwise than `{first_line}`: {}",
                row.cells[0]
            ));
        }
        let pages = pages_with(&format!("/wrong/{name}.stderr"));
        if !row.links.iter().any(|link| pages.contains(link)) {
            problems.push(format!(
                "{name} is explained on {pages:?}, not on {:?}",
                row.links
            ));
        }
    }
    for code in codes {
        if !its.iter().any(|row| row.section == *code) {
            problems.push(format!("{name} is {code} too, and has no row there"));
        }
    }
    problems
}

#[test]
fn every_wrong_turn_can_be_found_by_its_code() {
    let text = page(ERRORS);
    let rows = rows(&text);
    let answers = answers();
    let names: BTreeSet<&str> = answers.iter().map(|answer| &*answer.name).collect();
    assert_eq!(names.len(), answers.len(), "two wrong turns have one name: {names:?}");
    let mut problems: Vec<String> =
        answers.iter().flat_map(|answer| check_answer(answer, &rows)).collect();
    for row in &rows {
        let Some(id) = row.id() else {
            problems.push(format!("a row without an id: {}", row.cells[0]));
            continue;
        };
        let name = id.split("--").next().unwrap();
        if row.section != RUNS && !names.contains(name) {
            problems.push(format!("no wrong turn is called {name}"));
        }
    }
    // Codes, lints, what has neither, what compiles; each in the order of the alphabet.
    let sections: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let order = |section: &&str| {
        let kind = match *section {
            RUNS => 3,
            WITHOUT => 2,
            lint if lint.contains('_') => 1,
            _ => 0,
        };
        (kind, (*section).to_owned())
    };
    assert!(sections.is_sorted_by_key(order), "{sections:?}");
    for Link { target, .. } in links(&text) {
        problems.extend(check_link(ERRORS, &target).err());
    }
    for section in sections {
        if !text.contains(&format!("](#{})", id(section))) {
            problems.push(format!("the list at the top does not have {section}"));
        }
        let ids: Vec<Option<&str>> =
            rows.iter().filter(|row| row.section == section).map(Row::id).collect();
        if !ids.is_sorted() {
            problems
                .push(format!("{section}: not in the order of the alphabet: {ids:?}"));
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// What happens when it runs is what the program of the page has printed.
#[test]
fn every_symptom_is_in_the_recording_that_it_names() {
    let mut symptoms = 0;
    let mut problems = Vec::new();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for row in rows(&page(ERRORS)).iter().filter(|row| row.section == RUNS) {
        symptoms += 1;
        let symptom = row.id().unwrap();
        let recording = &row.code.last().unwrap().1;
        let pages = pages_with(&format!("recorded/{recording}.txt"));
        if !row.links.iter().any(|link| pages.contains(link)) {
            problems.push(format!("{symptom}: {recording} is on {pages:?}"));
            continue;
        }
        let printed = words(&page(&format!("recorded/{recording}.txt")));
        for (_, quoted) in row.code.iter().filter(|(cell, _)| *cell == 0) {
            if !printed.contains(&words(quoted)) {
                problems.push(format!("{symptom}: {recording} does not say `{quoted}`"));
            }
        }
    }
    assert!(symptoms >= 20, "{symptoms}");
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

// The phrasebook.

const PHRASEBOOK: &str = "phrasebook.md";

/// What is wrong with the ways between the phrasebook and these pages (path and source).
fn check_phrasebook(phrasebook: &str, pages: &[(String, String)]) -> Vec<String> {
    let mut problems = Vec::new();
    // The parts of the phrasebook in which a row leads to a page.
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows(phrasebook) {
        let construct = row.cells.first().map_or("", |cell| cell.trim());
        let taught = links(construct);
        let Some(Link { target, .. }) = taught.first() else {
            problems.push(format!("{PHRASEBOOK}: no page teaches {construct}: link it"));
            continue;
        };
        let (path, _) = resolve(PHRASEBOOK, target);
        if !is_of_a_chapter(&path) {
            problems.push(format!("{PHRASEBOOK}: {construct}: {path} is of no chapter"));
        }
        parts.entry(path).or_default().insert(id(&row.section));
    }
    for Link { target, .. } in links(phrasebook) {
        problems.extend(check_link(PHRASEBOOK, &target).err());
    }
    for (path, text) in pages {
        if !is_of_a_chapter(path) || !has_python(text) {
            continue;
        }
        let Some(parts) = parts.get(path) else {
            problems.push(format!(
                "{path} has a listing in Python, and no row of {PHRASEBOOK} leads to it"
            ));
            continue;
        };
        let leads_back = links(text).iter().any(|link| {
            let (to, part) = resolve(path, &link.target);
            to == PHRASEBOOK && parts.contains(&part)
        });
        if !leads_back {
            problems.push(format!(
                "{path} has a listing in Python, and no link to its part of {PHRASEBOOK}: one \
                 of {parts:?}"
            ));
        }
    }
    problems
}

fn is_of_a_chapter(path: &str) -> bool {
    path.starts_with('0') && path.contains('/')
}

/// Whether a page includes a part of a Python program.
fn has_python(text: &str) -> bool {
    text.split("{{#include ")
        .skip(1)
        .filter_map(|include| include.split("}}").next())
        .any(|include| include.contains(".py:"))
}

#[test]
fn the_phrasebook_and_the_pages_lead_to_each_other() {
    let pages: Vec<(String, String)> = summary()
        .into_iter()
        .map(|(_, path)| {
            let text = page(&path);
            (path, text)
        })
        .collect();
    let phrasebook = page(PHRASEBOOK);
    assert!(rows(&phrasebook).len() > 200);
    let problems = check_phrasebook(&phrasebook, &pages);
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

// The map.

const MAP: &str = "welcome.md";
/// The heading that the map stands under.
const MAP_PART: &str = "The map";
/// Prose is read at so many words a minute; the map says so.
const WORDS_A_MINUTE: f64 = 200.0;
/// A listing, an output or a table at so many lines.
const LINES_A_MINUTE: f64 = 20.0;
/// How far the map may be off.
const SHARE: f64 = 0.10;

/// How much there is to read: words of prose, and lines of listings, outputs and rendered tables.
#[derive(Clone, Copy, Default)]
struct Reading {
    words: usize,
    lines: usize,
}

impl Reading {
    fn minutes(self) -> f64 {
        self.words as f64 / WORDS_A_MINUTE + self.lines as f64 / LINES_A_MINUTE
    }
}

/// What a page has to read. Footnotes and pictures are not counted; an included figure is a word.
fn reading(path: &str, text: &str) -> Reading {
    let mut reading = Reading::default();
    let (mut is_code, mut left_out) = (false, false);
    for event in TextMergeStream::new(Parser::new_ext(text, OPTIONS)) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Start(Tag::FootnoteDefinition(_)) => left_out = true,
            Event::End(TagEnd::FootnoteDefinition) => left_out = false,
            Event::Text(part) | Event::Code(part) if !left_out => {
                let mut rest = &*part;
                while let Some((before, after)) = rest.split_once("{{#include ") {
                    let (include, after) = after.split_once("}}").unwrap();
                    reading.words += before.split_whitespace().count();
                    match included_lines(path, include) {
                        Some(lines) => reading.lines += lines,
                        None => reading.words += 1,
                    }
                    rest = after;
                }
                if is_code {
                    reading.lines +=
                        rest.lines().filter(|line| !line.trim().is_empty()).count();
                } else {
                    reading.words += rest.split_whitespace().count();
                }
            }
            _ => {}
        }
    }
    reading
}

/// How many lines an include brings, blank ones left out; `None` for a picture, and for a figure in a sentence.
fn included_lines(from: &str, include: &str) -> Option<usize> {
    let (path, anchor) = match include.trim().split_once(':') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (include.trim(), None),
    };
    let is_picture = Path::new(path).extension() == Some("svg".as_ref());
    if is_picture || path.ends_with("/figures.md") {
        return None;
    }
    let file = Path::new(ROOT).join("book").join(from).parent().unwrap().join(path);
    let text = fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let is_mark = |line: &str, mark: &str| {
        anchor.is_some_and(|anchor| line.trim().ends_with(&format!("{mark}: {anchor}")))
    };
    let mut is_inside = anchor.is_none();
    let mut lines = 0;
    for line in text.lines() {
        if is_mark(line, "ANCHOR") {
            is_inside = true;
        } else if is_mark(line, "ANCHOR_END") {
            is_inside = false;
        } else if is_inside && !line.trim().is_empty() && !line.contains("ANCHOR") {
            lines += 1;
        }
    }
    Some(lines)
}

/// The pages and the reading of each chapter, by the name of its folder.
fn chapters() -> BTreeMap<String, (usize, Reading)> {
    let mut chapters: BTreeMap<String, (usize, Reading)> = BTreeMap::new();
    for (_, path) in summary() {
        if is_of_a_chapter(&path) {
            let folder = path.split('/').next().unwrap().to_owned();
            let Reading { words, lines } = reading(&path, &page(&path));
            let (pages, all) = chapters.entry(folder).or_default();
            *pages += 1;
            all.words += words;
            all.lines += lines;
        }
    }
    chapters
}

/// The number that stands before a word: 12 in "12 pages, 80 minutes" for "pages".
fn number_before(text: &str, word: &str) -> Option<usize> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
    let at = words.iter().position(|it| *it == word)?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

/// What is wrong with the map for these chapters.
fn check_map(map: &str, chapters: &BTreeMap<String, (usize, Reading)>) -> Vec<String> {
    let mut problems = Vec::new();
    let rows: Vec<Row> =
        rows(map).into_iter().filter(|row| row.section == MAP_PART).collect();
    for (folder, (pages, reading)) in chapters {
        let number = folder[..2].trim_start_matches('0');
        let Some(row) = rows.iter().find(|row| {
            row.links.first().is_some_and(|link| link.starts_with(folder.as_str()))
        }) else {
            problems.push(format!("chapter {number} is not on the map"));
            continue;
        };
        let on_page = |word| number_before(&row.cells[0], word);
        if on_page("pages") != Some(*pages) {
            problems.push(format!(
                "chapter {number}: {:?} pages on the map, {pages} in the summary",
                on_page("pages")
            ));
        }
        let minutes = reading.minutes();
        let said = on_page("minutes").unwrap_or(0);
        if (said as f64 - minutes).abs() > SHARE * minutes {
            problems.push(format!(
                "chapter {number}: {said} minutes on the page, {minutes:.0} by its words"
            ));
        }
    }
    for rate in [WORDS_A_MINUTE, LINES_A_MINUTE] {
        if !map.contains(&format!("{rate} ")) {
            problems.push(format!("the map does not say that it counts {rate} a minute"));
        }
    }
    problems
}

#[test]
fn the_map_tells_how_long_the_reading_takes() {
    let map = page(MAP);
    let mut problems = check_map(&map, &chapters());
    let to_the_map = links(&map).into_iter().filter(|link| link.section == MAP_PART);
    for Link { target, .. } in to_the_map {
        problems.extend(check_link(MAP, &target).err());
    }
    let (_, hour) = map.split_once("**You have one hour.**").unwrap();
    let way = links(hour.split("\n- ").next().unwrap());
    assert!(way.len() >= 5, "{}", way.len());
    let minutes: f64 =
        way.iter().map(|link| reading(&link.target, &page(&link.target)).minutes()).sum();
    if minutes > 60.0 {
        problems.push(format!("one hour is {minutes:.0} minutes"));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

// The rules themselves can fail:

fn unlinked_on(text: &str) -> Vec<String> {
    let glossary = "# Glossary\n\n## Thread\n\n<!-- also: threads -->\n\n## Thread pool\n\n\
                    ## Send\n\n<!-- also: `Send` -->\n<!-- everyday -->\n\n\
                    ## Task\n\n<!-- other sense in: 04-processes/ -->\n";
    unlinked("05-async/page.md", text, &entries(glossary))
        .into_iter()
        .map(|Unlinked { at, words, entry }| {
            format!("{} {words} {entry}", place(text, at))
        })
        .collect()
}

#[test]
fn a_term_that_is_not_linked_at_first_use_is_found() {
    let linked = "[thread](../glossary.md#thread)";
    assert_eq!(unlinked_on("A thread, and threads.\n"), ["1:3 thread thread"]);
    assert_eq!(unlinked_on("| a |\n|---|\n| Threads |\n"), ["3:3 Threads thread"]);
    assert_eq!(unlinked_on("A thread\npool.\n"), ["1:3 thread pool thread-pool"]);
    assert_eq!(unlinked_on("It is `Send`. Send it.\n"), ["1:7 `Send` send"]);
    assert_eq!(
        unlinked_on(&format!("A thread. A {linked}.\n")),
        ["1:3 thread thread"],
        "a later link is too late"
    );
    assert_eq!(
        unlinked_on("See [a thread](../02/page.md), a *thread*.\n"),
        ["1:35 thread thread"],
        "a link to somewhere else is neither a use nor a link"
    );
    // A link, no use of the word, and where nothing is asked for.
    for text in [
        format!("A {linked}, and a thread.\n"),
        "Multi-thread `thread` multithread {{#include a.md:a--thread--b}}.\n".to_owned(),
        "# A thread\n\n```text\nthread\n```\n\n| thread |\n|---|\n| a |\n".to_owned(),
        "## Predict\n\nA thread?\n\n### So\n\nA thread.\n\n## Run it\n".to_owned(),
        "<details>\n<summary>A thread</summary>\n\nA thread.\n\n</details>\n".to_owned(),
        "Note.[^a]\n\n[^a]: A thread.\n".to_owned(),
    ] {
        assert_eq!(unlinked_on(&text), [""; 0], "{text}");
    }
    assert_eq!(unlinked_on("A task.\n"), ["1:3 task task"]);
    let elsewhere =
        unlinked("04-processes/page.md", "A task.\n", &entries("\n## Task\n\n"));
    assert_eq!(elsewhere.len(), 1);
    let marked = "\n## Task\n\n<!-- other sense in: 04-processes/ -->\n";
    assert_eq!(unlinked("04-processes/page.md", "A task.\n", &entries(marked)), []);
}

#[test]
fn a_wrong_turn_that_is_missing_or_misquoted_is_found() {
    let answers = answers();
    let answer = answers.iter().find(|answer| answer.name == "static_mut").unwrap();
    let row = |section: &str, quoted: &str, page: &str| {
        format!(
            "## {section}\n\n| a | b |\n|---|---|\n| <a id=\"static_mut\"></a>`{quoted}` | [p]({page}) |\n"
        )
    };
    let problems = |text: String| check_answer(answer, &rows(&text)).join("\n");
    let (line, taught) =
        (answer.first_line.as_str(), "02-threads-and-locks/the-counter.md");
    assert_eq!(problems(row("E0133", line, taught)), "");
    assert!(problems(String::new()).contains("static_mut is missing: under E0133"));
    assert!(problems(row("E0277", line, taught)).contains("stands under E0277"));
    assert!(problems(row("E0133", "unsafe", taught)).contains("quoted otherwise than"));
    assert!(problems(row("E0133", line, MAP)).contains("not on [\"welcome.md\"]"));
    let two = Answer {
        name: answer.name.clone(),
        codes: vec!["E0133".to_owned(), "E0382".to_owned()],
        first_line: answer.first_line.clone(),
        text: String::new(),
    };
    let problems = check_answer(&two, &rows(&row("E0133", line, taught)));
    assert_eq!(problems, ["static_mut is E0382 too, and has no row there"]);
}

#[test]
fn a_way_that_leads_one_way_only_is_found() {
    let book = |text: &str| vec![("05-async/one-thread.md".to_owned(), text.to_owned())];
    let python = "{{#include ../a.py:b}}";
    let back = "[Async](../phrasebook.md#async)";
    let phrasebook =
        |cell: &str| format!("## Async\n\n| a | b |\n|---|---|\n| {cell} | c |\n");
    let there = "[`await`](05-async/one-thread.md)";
    let problems = |cell: &str, text: &str| {
        check_phrasebook(&phrasebook(cell), &book(text)).join("\n")
    };
    assert_eq!(problems(there, &format!("{python} {back}")), "");
    assert_eq!(problems(there, "no Python"), "");
    assert!(problems("`await`", "").contains("no page teaches `await`"));
    assert!(
        problems("[`a`](05-async/nowhere.md)", "")
            .contains("there is no 05-async/nowhere.md")
    );
    assert!(problems("[`a`](05-async/one-thread.md#no)", "").contains("has no #no"));
    assert!(problems("[`a`](glossary.md)", "").contains("is of no chapter"));
    assert!(problems(there, python).contains("no link to its part"));
    assert!(
        problems(there, &format!("{python} [x](../phrasebook.md#pools)"))
            .contains("no link to its part")
    );
    assert!(
        problems("[`a`](05-async/retry.md)", &format!("{python} {back}"))
            .contains("no row of phrasebook.md leads to it")
    );
}

#[test]
fn a_map_that_is_off_is_found() {
    let two_hours = Reading { words: 20_000, lines: 400 };
    let chapters = BTreeMap::from([("02-threads".to_owned(), (19, two_hours))]);
    let problems = |row: &str| {
        let map = format!(
            "## The map\n\n| a |\n|---|\n| [2](02-threads/a.md)<br>{row} |\n\n200 words, 20 lines\n"
        );
        check_map(&map, &chapters).join("\n")
    };
    assert_eq!(problems("19 pages, 120 minutes"), "");
    assert_eq!(problems("19 pages, 131 minutes"), "", "within a tenth");
    assert_eq!(
        problems("19 pages, 71 minutes"),
        "chapter 2: 71 minutes on the page, 120 by its words"
    );
    assert!(problems("18 pages, 120 minutes").contains("19 in the summary"));
    assert_eq!(
        check_map("200 words, 20 lines", &chapters),
        ["chapter 2 is not on the map"]
    );
    let page = "# A page\n\nFour words are here.[^a]\n\n```sh\nls\n\nls\n```\n\n[^a]: Not this.\n";
    let Reading { words, lines } = reading("welcome.md", page);
    assert_eq!((words, lines), (6, 2));
}
