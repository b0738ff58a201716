// The wrong turns of a chapter do not compile, and the compiler says what the pages show.
//
// Each chapter that has any includes this file as a test of its own crate: there, what a wrong turn may use is what the chapter
// uses. On the compiler that CI uses, the whole answer is compared with `wrong/NAME.stderr`; another compiler words its answers
// otherwise, and is asked for the same error codes.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use trybuild::TestCases;

const CHAPTER: &str = env!("CARGO_MANIFEST_DIR");
/// Where the answers of another compiler are put, when that is what a test is run for.
const ANSWERS: &str = "WHILE_YOU_WAIT_ANSWERS";

#[test]
fn wrong_turns_fail_with_the_errors_that_the_pages_show() {
    let chapter = Path::new(CHAPTER);
    let pinned = fs::read_to_string(chapter.join("../../.ci/rust-version")).unwrap();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    if version.starts_with(&format!("rustc {} ", pinned.trim())) {
        TestCases::new().compile_fail("wrong/*.rs");
    } else {
        compare_codes(chapter);
    }
}

/// The errors of a compiler's answer: their codes, or their headlines where there is no code.
fn errors(answer: &str) -> Vec<&str> {
    let headlines = answer.lines().filter_map(|line| line.strip_prefix("error"));
    headlines.map(|line| line.strip_prefix('[').map_or(line, |code| &code[..5])).collect()
}

fn compare_codes(chapter: &Path) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_PKG_NAME"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut names = Vec::new();
    for file in fs::read_dir(chapter.join("wrong")).unwrap() {
        let path = file.unwrap().path();
        if path.extension() == Some(OsStr::new("rs")) {
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
            names.push(path.with_extension("stderr").file_name().unwrap().to_owned());
        }
    }
    // Without a .stderr beside it trybuild writes one, and is content. Its switch for that is in the environment, which a
    // test cannot change safely for itself: so in another process.
    let this = env::current_exe().unwrap();
    let output = Command::new(this)
        .args(["--exact", "--ignored", "answers_of_another_compiler"])
        .env("TRYBUILD", "overwrite")
        .env(ANSWERS, &folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!names.is_empty());
    for name in names {
        let kept = fs::read_to_string(chapter.join("wrong").join(&name)).unwrap();
        let given = fs::read_to_string(folder.join(&name)).unwrap();
        assert_eq!(errors(&given), errors(&kept), "{}:\n{given}", name.display());
    }
}

#[test]
#[ignore = "run by the test above, where the compiler is another one"]
fn answers_of_another_compiler() {
    if let Some(folder) = env::var_os(ANSWERS) {
        TestCases::new().compile_fail(Path::new(&folder).join("*.rs"));
    }
}
