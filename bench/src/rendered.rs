//! What the book shows is what the data says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use choosing::measured::Measured;

use crate::derived::tests::made_up;
use crate::render;

fn rendered(measured: &Measured) -> Vec<(String, String)> {
    render(measured).unwrap_or_else(|error| panic!("{error:#}"))
}

/// All files of a folder, by name.
fn kept(folder: &Path) -> BTreeMap<String, String> {
    let files =
        fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    files
        .filter_map(|file| {
            let file = file.ok()?;
            let text = fs::read_to_string(file.path()).unwrap_or_default();
            Some((file.file_name().into_string().ok()?, text))
        })
        .collect()
}

/// Byte for byte: nothing is typed, nothing is left over from an earlier measurement.
#[test]
fn the_book_shows_what_the_data_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/recorded/bench");
    let measured = Measured::recorded().unwrap_or_else(|e| panic!("{e}"));
    let rendered: BTreeMap<String, String> = rendered(&measured).into_iter().collect();
    let kept = kept(&folder);
    for name in rendered.keys().chain(kept.keys()) {
        assert!(
            rendered.get(name) == kept.get(name),
            "book/recorded/bench/{name} is not what the data says: \
             cargo run --release -p bench -- render book/recorded/bench"
        );
    }
}

#[test]
fn the_same_data_gives_the_same_files_each_once() {
    let files = rendered(&made_up());
    assert_eq!(files, rendered(&made_up()));
    let names: BTreeMap<_, _> = files.iter().cloned().collect();
    assert_eq!(names.len(), files.len());
}
