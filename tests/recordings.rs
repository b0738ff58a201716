//! The recordings that the pages show are what the programs print and draw today, but for the milliseconds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod common;

use std::fs;
use std::path::Path;

use common::{ROOT, can_run_python};
use while_you_wait::programs::Programs;
use while_you_wait::record::{FOLDER, Recording, names};

#[test]
fn a_fresh_run_has_the_shape_of_the_recorded_one() {
    let root = Path::new(ROOT);
    let programs = Programs::build(root).unwrap();
    for name in names(root).unwrap() {
        let recorded = Recording::read(root, &name).unwrap();
        if recorded.command.contains("python3") && !can_run_python(&name) {
            continue;
        }
        let fresh = Recording::make(&programs, &recorded.command).unwrap();
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
        for (ending, text) in recording.files().unwrap() {
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
