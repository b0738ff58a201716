//! The predict questions: each has one right answer and an explanation for every belief, under an id that does not change.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A book of so many pages asks at least so often.
const FEWEST_QUESTIONS: usize = 40;
/// What an explanation needs at least, in words; a belief that is corrected needs more.
const SHORTEST_EXPLANATION: usize = 8;
const SHORTEST_CORRECTION: usize = 15;
const FEWEST_ANSWERS: usize = 2;
const MOST_ANSWERS: usize = 5;
/// No letter is the right one more often than this, in percent: whoever always says B learns nothing.
const MOST_OF_ONE_LETTER: usize = 60;
/// How the explanation of the right answer begins, and no other: without JavaScript nothing else tells it.
const RIGHT_OPENING: &str = "Yes";

/// A page of the book, or one that was made up to be wrong.
struct Page<'a> {
    name: &'a str,
    text: &'a str,
}

/// A question of the book: its answers, in order.
#[derive(Default)]
struct Question {
    id: String,
    page: String,
    answers: Vec<Answer>,
}

/// One answer, as the page has it.
#[derive(Default)]
struct Answer {
    /// The `name` of its `<details>`; the open questions of a recap have none.
    id: Option<String>,
    is_right: bool,
    is_predict: bool,
    /// `A. Site 4: its page arrives first`
    summary: String,
    explanation: String,
}

impl Page<'_> {
    /// All answers of this page, and everything about them that cannot be read.
    fn answers(&self) -> (Vec<Answer>, Vec<String>) {
        let (mut answers, mut problems) = (Vec::new(), Vec::new());
        let mut open: Option<Answer> = None;
        let (mut heading, mut is_heading) = (String::new(), false);
        for event in Parser::new_ext(self.text, Options::all()) {
            match event {
                Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                    heading.clear();
                    is_heading = true;
                }
                Event::End(TagEnd::Heading(_)) => is_heading = false,
                Event::Html(line) => {
                    let line = line.trim();
                    if let Some(rest) = line.strip_prefix("<details") {
                        match attributes(rest) {
                            Some((id, is_right)) => {
                                let is_predict = heading == "Predict";
                                open = Some(Answer {
                                    id,
                                    is_right,
                                    is_predict,
                                    ..Answer::default()
                                });
                            }
                            None => problems.push(format!(
                                "{}: {line}: write <details>, <details name=\"ID\"> or \
                                 <details name=\"ID\" data-right>",
                                self.name
                            )),
                        }
                    } else if line == "</details>" {
                        answers.extend(open.take());
                    } else if let Some(answer) = &mut open
                        && let Some(summary) = line
                            .strip_prefix("<summary>")
                            .and_then(|rest| rest.strip_suffix("</summary>"))
                    {
                        summary.clone_into(&mut answer.summary);
                    }
                }
                Event::Text(text) | Event::Code(text) => {
                    if is_heading {
                        heading.push_str(&text);
                    } else if let Some(answer) = &mut open {
                        answer.explanation.push_str(&text);
                    }
                }
                Event::SoftBreak | Event::HardBreak | Event::End(TagEnd::Paragraph) => {
                    if let Some(answer) = &mut open {
                        answer.explanation.push(' ');
                    }
                }
                _ => {}
            }
        }
        if open.is_some() {
            problems.push(format!("{}: a <details> is not closed", self.name));
        }
        (answers, problems)
    }
}

/// The id, and whether it is the right answer, of what follows `<details`; nothing if it is written otherwise.
fn attributes(rest: &str) -> Option<(Option<String>, bool)> {
    let rest = rest.strip_suffix('>')?;
    if rest.is_empty() {
        return Some((None, false));
    }
    let (id, rest) = rest.strip_prefix(" name=\"")?.split_once('"')?;
    match rest {
        "" => Some((Some(id.to_owned()), false)),
        " data-right" => Some((Some(id.to_owned()), true)),
        _ => None,
    }
}

/// The questions of these pages, and everything that breaks a rule in one of them; a line each.
fn questions(pages: &[Page]) -> (Vec<Question>, Vec<String>) {
    let (mut questions, mut problems): (Vec<Question>, _) = (Vec::new(), Vec::new());
    for page in pages {
        let (answers, unreadable) = page.answers();
        problems.extend(unreadable);
        let mut here: Vec<Question> = Vec::new();
        for answer in answers {
            let Some(id) = answer.id.clone() else {
                if answer.is_predict {
                    problems.push(format!(
                        "{}: {:?} has no name: whose answer is it?",
                        page.name, answer.summary
                    ));
                }
                continue;
            };
            match here.last_mut() {
                Some(question) if question.id == id => question.answers.push(answer),
                _ => here.push(Question {
                    id,
                    page: page.name.to_owned(),
                    answers: vec![answer],
                }),
            }
        }
        if page.text.contains("\n## Predict\n") && here.is_empty() {
            problems.push(format!("{}: a section Predict that asks nothing", page.name));
        }
        questions.extend(here);
    }
    let mut ids = BTreeSet::new();
    for question in &questions {
        if !ids.insert(&question.id) {
            problems.push(format!("{}: the id {} is taken", question.page, question.id));
        }
        problems.extend(question.problems());
    }
    (questions, problems)
}

impl Question {
    /// Everything in which this question breaks a rule; a line each.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut say = |problem: String| {
            problems.push(format!("{}: {}: {problem}", self.page, self.id));
        };
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if !self.id.split('-').all(is_word) {
            say("an id is small letters, digits and single hyphens".to_owned());
        }
        let count = self.answers.len();
        if !(FEWEST_ANSWERS..=MOST_ANSWERS).contains(&count) {
            say(format!("{count} answers"));
        }
        let right = self.answers.iter().filter(|answer| answer.is_right).count();
        if right != 1 {
            say(format!("{right} answers are right"));
        }
        let mut labels = BTreeSet::new();
        for (letter, answer) in ('A'..).zip(&self.answers) {
            let label = answer.summary.strip_prefix(&format!("{letter}. "));
            match label {
                None => say(format!("{:?} should be answer {letter}", answer.summary)),
                Some(label) if !labels.insert(label) => {
                    say(format!("{label:?} is there twice"));
                }
                Some(_) => {}
            }
            let words = answer.explanation.split_whitespace().count();
            let least =
                if answer.is_right { SHORTEST_EXPLANATION } else { SHORTEST_CORRECTION };
            if words < least {
                say(format!(
                    "{words} words explain {:?}: at least {least}",
                    answer.summary
                ));
            }
            if answer.explanation.starts_with(RIGHT_OPENING) != answer.is_right {
                say(format!(
                    "{:?}: the right answer's explanation begins with {RIGHT_OPENING:?}, and no other",
                    answer.summary
                ));
            }
        }
        problems
    }

    /// The letter of the right answer, if there is one.
    fn right_letter(&self) -> Option<char> {
        let mut answers = ('A'..).zip(&self.answers);
        answers.find(|(_, answer)| answer.is_right).map(|(letter, _)| letter)
    }

    /// The folder of its page.
    fn chapter(&self) -> &str {
        self.page.split('/').next().unwrap_or_default()
    }
}

/// Says if the questions are too few, or if the right answer has mostly the same letter.
fn check_all(questions: &[Question]) -> Vec<String> {
    let mut problems = Vec::new();
    if questions.len() < FEWEST_QUESTIONS {
        problems
            .push(format!("{} questions: at least {FEWEST_QUESTIONS}", questions.len()));
    }
    let mut letters: BTreeMap<char, usize> = BTreeMap::new();
    for letter in questions.iter().filter_map(Question::right_letter) {
        *letters.entry(letter).or_default() += 1;
    }
    for (letter, count) in letters {
        if count * 100 > questions.len() * MOST_OF_ONE_LETTER {
            problems.push(format!("{letter} is right in {count} of {}", questions.len()));
        }
    }
    problems
}

/// Says which ids are in the book and not in the list, or the other way round.
fn check_list(questions: &[Question], list: &str) -> Vec<String> {
    let listed: Vec<&str> =
        list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let mut problems = Vec::new();
    if !listed.is_sorted() {
        problems.push("the list is not sorted".to_owned());
    }
    let listed: BTreeSet<&str> = listed.into_iter().collect();
    let asked: BTreeSet<&str> = questions.iter().map(|it| it.id.as_str()).collect();
    for id in asked.difference(&listed) {
        problems.push(format!("{id} is a new id: add it to the list"));
    }
    for id in listed.difference(&asked) {
        problems
            .push(format!("{id} is no longer in the book: who answered it loses that"));
    }
    problems
}

/// The pages of the chapters.
fn pages() -> Vec<(String, String)> {
    let book = Path::new(ROOT).join("book");
    let mut pages = Vec::new();
    for folder in fs::read_dir(&book).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        if !name.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        for file in fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|it| it == "md") {
                let page =
                    format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
                pages.push((page, fs::read_to_string(path).unwrap()));
            }
        }
    }
    pages.sort();
    pages
}

fn of_the_book() -> (Vec<Question>, Vec<String>) {
    let pages = pages();
    let pages: Vec<Page> = pages.iter().map(|(name, text)| Page { name, text }).collect();
    questions(&pages)
}

#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_question_has_one_right_answer_and_explains_each() {
    let (questions, mut problems) = of_the_book();
    problems.extend(check_all(&questions));
    assert_none(&problems);
}

#[test]
fn no_id_changes_without_notice() {
    let list = fs::read_to_string(Path::new(ROOT).join("tests/questions.txt")).unwrap();
    assert!(list.starts_with('#'), "the first line says why the list is there");
    assert_none(&check_list(&of_the_book().0, &list));
}

#[test]
fn the_page_of_progress_knows_how_many_there_are() {
    let page = fs::read_to_string(Path::new(ROOT).join("book/progress.md")).unwrap();
    let (_, rest) = page.split_once("data-questions='").unwrap();
    let (counts, _) = rest.split_once('\'').unwrap();
    let counts: BTreeMap<String, usize> = serde_json::from_str(counts).unwrap();
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for question in of_the_book().0 {
        *asked.entry(question.chapter().to_owned()).or_default() += 1;
    }
    assert_eq!(counts, asked);
}

// --- each rule, broken ---

const RIGHT: &str = "Yes. The two of them wait side by side.";
const WRONG: &str = "Nobody runs Python code while waiting. So the lock on the interpreter is free, \
                     and the other thread may go on.";

/// A page with one question, of which each answer is the attributes, the summary and the explanation.
fn page_of(answers: &[(&str, &str, &str)]) -> String {
    let mut page = "# A page\n\n## Predict\n\nHow long?\n\n".to_owned();
    for (attributes, summary, explanation) in answers {
        page.push_str("<details");
        page.push_str(attributes);
        page.push_str(">\n<summary>");
        page.push_str(summary);
        page.push_str("</summary>\n\n");
        page.push_str(explanation);
        page.push_str("\n\n</details>\n");
    }
    page.push_str("\n## Why\n\nBecause.\n");
    page
}

/// What the rules say of pages with these answers; the first page is sound, with the id `two-waits`.
#[track_caller]
fn assert_says(words: &str, answers: &[(&str, &str, &str)]) {
    let sound = page_of(&[
        (" name=\"two-waits\"", "A. Two seconds", WRONG),
        (" name=\"two-waits\" data-right", "B. One second", RIGHT),
    ]);
    let sound = Page { name: "01-a/sound.md", text: &sound };
    assert_none(&questions(&[Page { ..sound }]).1);
    let wrong = page_of(answers);
    let (_, problems) = questions(&[sound, Page { name: "01-a/wrong.md", text: &wrong }]);
    let is_said = problems.iter().any(|it| it.contains(words));
    assert!(is_said, "nothing says {words:?}:\n{}\n", problems.join("\n"));
}

#[test]
fn a_question_that_breaks_a_rule_is_found() {
    let wrong = (" name=\"x\"", "A. Two seconds", WRONG);
    let right = (" name=\"x\" data-right", "B. One second", RIGHT);
    assert_says("2 answers are right", &[(right.0, "A. Now", RIGHT), right]);
    assert_says("0 answers are right", &[wrong, (wrong.0, "B. Now", WRONG)]);
    assert_says("1 answers", &[(right.0, "A. Now", RIGHT)]);
    let six = ["A. a", "B. b", "C. c", "D. d", "E. e", "F. f"];
    assert_says("6 answers", &six.map(|summary| (wrong.0, summary, WRONG)));
    assert_says("should be answer B", &[wrong, (right.0, "C. One second", RIGHT)]);
    assert_says("should be answer A", &[(wrong.0, "Two seconds", WRONG), right]);
    assert_says("is there twice", &[wrong, (right.0, "B. Two seconds", RIGHT)]);
    assert_says("at least 8", &[wrong, (right.0, right.1, "Yes. So it is.")]);
    assert_says("at least 15", &[(wrong.0, wrong.1, "Nobody runs Python code."), right]);
    assert_says("begins with", &[wrong, (right.0, right.1, WRONG)]);
    assert_says("begins with", &[(wrong.0, wrong.1, &RIGHT.repeat(3)), right]);
    assert_says("has no name", &[("", wrong.1, WRONG), right]);
    assert_says("write <details>", &[(" data-right name=\"x\"", wrong.1, WRONG), right]);
    assert_says("asks nothing", &[]);
    for id in ["Two", "two--waits", "-two", "two_waits", ""] {
        let (wrong_id, right_id) =
            (format!(" name=\"{id}\""), format!(" name=\"{id}\" data-right"));
        assert_says(
            "small letters",
            &[(&wrong_id, wrong.1, WRONG), (&right_id, right.1, RIGHT)],
        );
    }
    let taken = " name=\"two-waits\"";
    assert_says(
        "two-waits is taken",
        &[
            (taken, "A. Two seconds", WRONG),
            (" name=\"two-waits\" data-right", right.1, RIGHT),
        ],
    );
}

#[test]
fn a_book_that_breaks_a_rule_is_found() {
    let answer = |is_right| Answer { is_right, ..Answer::default() };
    let question = |id: &str, right: usize| Question {
        id: id.to_owned(),
        answers: (0..3).map(|it| answer(it == right)).collect(),
        ..Question::default()
    };
    let sound: Vec<Question> = (0..42).map(|it| question("x", it % 3)).collect();
    assert_none(&check_all(&sound));
    assert_eq!(check_all(&sound[..39]), ["39 questions: at least 40"]);
    let always: Vec<Question> = (0..42).map(|_| question("x", 1)).collect();
    assert_eq!(check_all(&always), ["B is right in 42 of 42"]);

    let two = [question("a", 0), question("b", 0)];
    assert_none(&check_list(&two, "# why\n\na\nb\n"));
    assert_eq!(check_list(&two, "# why\na\n"), ["b is a new id: add it to the list"]);
    assert_eq!(
        check_list(&two, "# why\na\nb\nc\n"),
        ["c is no longer in the book: who answered it loses that"]
    );
    assert_eq!(check_list(&two, "# why\nb\na\n"), ["the list is not sorted"]);
}

#[test]
fn an_open_question_has_no_name_and_is_left_alone() {
    let text = "# Recap\n\n## Questions\n\n<details>\n<summary>1. Why?</summary>\n\nSo.\n\n</details>\n";
    let (questions, problems) = questions(&[Page { name: "01-a/recap.md", text }]);
    assert!(questions.is_empty());
    assert_none(&problems);
}
