//! The recordings that the pages show are what the programs print and draw today, but for the milliseconds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod common;
#[path = "common/postgres.rs"]
mod postgres;

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use common::{ROOT, can_run_python, tell};
use postgres::can_run_postgres;
use while_you_wait::programs::Programs;
use while_you_wait::record::{FOLDER, Recording, names, redraw};

#[test]
fn a_fresh_run_has_the_shape_of_the_recorded_one() {
    let root = Path::new(ROOT);
    let programs = Programs::build(root).unwrap();
    let mut todo: Vec<(String, Recording)> = names(root)
        .unwrap()
        .into_iter()
        .map(|name| (name.clone(), Recording::read(root, &name).unwrap()))
        .filter(|(name, recorded)| {
            !recorded.command.contains("python3") || can_run_python(name)
        })
        // Of the book as it was built then, by an optimised checker; tests/chapter_07/lychee.rs holds what it is about.
        .filter(|(name, _)| name != "07-against-lychee")
        .filter(|(name, recorded)| {
            !recorded.command.contains("--database postgres") || can_run_postgres(name)
        })
        .collect();
    assert!(todo.len() > 20);

    // Most of them wait most of the time: four at once. What differs then has two more chances, alone: a machine that is busy
    // can delay a thread past any wait, and a stale recording is never like a fresh run.
    let make =
        |recorded: &Recording| Recording::make(&programs, &recorded.command).unwrap();
    let differs =
        |recorded: &Recording, fresh: &Recording| recorded.shape() != fresh.shape();
    let queue = Mutex::new(todo.drain(..));
    let next = || queue.lock().unwrap().next();
    let differing = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, recorded)) = next() {
                    if differs(&recorded, &make(&recorded)) {
                        differing.lock().unwrap().push((name, recorded));
                    }
                }
            });
        }
    });
    for (name, recorded) in differing.into_inner().unwrap() {
        tell(&format!("{name} differed beside others: once more, alone"));
        let mut fresh = make(&recorded);
        if differs(&recorded, &fresh) {
            tell(&format!("{name} differed again: once more"));
            fresh = make(&recorded);
        }
        let (was, is) = (recorded.shape(), fresh.shape());
        assert!(
            was == is,
            "{name} is stale: record it again with `cargo run -- record {name}`\n\
             --- recorded\n{}\n--- fresh\n{}\n{was:#?}\n{is:#?}",
            recorded.output,
            fresh.output,
        );
    }
}

#[test]
fn text_and_picture_are_drawn_from_the_recorded_run() {
    let root = Path::new(ROOT);
    for name in names(root).unwrap() {
        let recording = Recording::read(root, &name).unwrap();
        for (ending, text) in recording.files(&name).unwrap() {
            let file = root.join(FOLDER).join(format!("{name}.{ending}"));
            assert_eq!(fs::read_to_string(&file).unwrap(), text, "{}", file.display());
        }
        if let Some(run) = &recording.run {
            let drawing = run.drawing();
            assert!(
                recording.output.contains(&drawing),
                "{name}: the text shows another run:\n{drawing}"
            );
        }
    }
}

#[test]
fn a_picture_is_drawn_anew_from_the_recorded_run_and_nothing_is_run() {
    const NAME: &str = "02-lock-during-fetch";
    let book = tempfile::tempdir().unwrap();
    let folder = book.path().join(FOLDER);
    fs::create_dir_all(&folder).unwrap();
    let recorded =
        |ending: &str| Path::new(ROOT).join(FOLDER).join(format!("{NAME}.{ending}"));
    for ending in ["txt", "json"] {
        fs::copy(recorded(ending), folder.join(format!("{NAME}.{ending}"))).unwrap();
    }
    fs::write(folder.join(format!("{NAME}.svg")), "<svg>another drawing</svg>").unwrap();

    let said = || {
        let mut said = Vec::new();
        redraw(book.path(), |line| said.push(line.to_owned())).unwrap();
        said
    };
    assert_eq!(said(), [format!("{NAME}.svg: drawn anew")]);
    let drawn = fs::read_to_string(folder.join(format!("{NAME}.svg"))).unwrap();
    assert_eq!(drawn, fs::read_to_string(recorded("svg")).unwrap());
    assert_eq!(said(), [""; 0], "what is as it should be is left alone");
}

#[test]
fn what_a_program_draws_by_itself_is_kept_beside_its_text() {
    let programs = Programs::build(Path::new(ROOT)).unwrap();
    let made = |command: &str| {
        let recording = Recording::make(&programs, command).unwrap();
        let endings: Vec<&str> =
            recording.files("drawn").unwrap().iter().map(|(ending, _)| *ending).collect();
        (recording, endings)
    };
    let (draws, endings) =
        made("cargo run --example 03-how-many-workers -- --workers 1,2 --jobs 5");
    assert_eq!(endings, ["txt", "svg"]);
    let picture = draws.picture.clone().unwrap();
    assert!(picture.contains(" 2 workers: "), "{picture}");
    // A run that does not draw any more is another one.
    assert!(draws.shape() != Recording { picture: None, ..draws.clone() }.shape());

    let (_, endings) =
        made("cargo run --example 01-waiting-or-working -- cargo --version");
    assert_eq!(endings, ["txt"]);
}
