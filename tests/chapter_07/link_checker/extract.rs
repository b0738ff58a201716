//! Links and ids of pages, and where a run begins.

use std::fs;
use std::path::Path;

use other_waits::link_checker::extract::{Found, html, markdown};
use other_waits::link_checker::start::{StartError, starts};
use proptest::prelude::*;

fn links(found: &Found) -> Vec<(&str, usize)> {
    found.links.iter().map(|(link, line)| (&link[..], *line)).collect()
}

fn ids(found: &Found) -> Vec<&str> {
    found.ids.iter().map(String::as_str).collect()
}

#[test]
fn every_attribute_that_is_a_link_is_found_with_its_line() {
    let found = html(
        "<!doctype html>\n<a href=one>x</a><area href='two'>\n<link rel=stylesheet href=three>\n\
         <img src=four srcset='five 1x, six,seven 2x'>\n<script src=\"eight\"></script>\n\
         <iframe src=nine></iframe><source srcset=ten>\n<video poster=eleven src=twelve>\
         <track src=thirteen></video>\n<object data=fourteen></object><embed src=fifteen>\n\
         <a\n  class=x\n  href=' sixteen '>y</a><q cite=seventeen></q>",
    );
    let expected = [
        ("one", 2),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 4),
        ("six,seven", 4),
        ("eight", 5),
        ("nine", 6),
        ("ten", 6),
        ("eleven", 7),
        ("twelve", 7),
        ("thirteen", 7),
        ("fourteen", 8),
        ("fifteen", 8),
        ("sixteen", 11),
        ("seventeen", 11),
    ];
    assert_eq!(links(&found), expected);
}

#[test]
fn what_is_no_link_is_left_out() {
    let found = html(
        "<!-- <a href=comment> --><link rel='preconnect' href=//host><link rel=dns-prefetch href=//h>\
         <form action=send><button formaction=go></button></form><p data-href=x>\
         <textarea><a href=text></textarea><style>/* <a href=style> */</style>\
         <script>let x = '<a href=script>';</script><title><a href=title></title>\
         <img usemap=#map><a href=yes>",
    );
    assert_eq!(links(&found), [("yes", 1)]);
}

#[test]
fn what_comes_after_a_script_with_tags_in_it_is_found() {
    // lychee 0.24.2 takes the <code> for one, and leaves out everything after it; the quote would swallow it too.
    let script = "<script>\n// see <code>\nx = \"<a href='\";</script>";
    let found = html(&format!("{script}\n<a href=after id=here>"));
    assert_eq!(links(&found), [("after", 4)]);
    assert_eq!(ids(&found), ["here"]);
}

#[test]
fn entities_are_decoded_and_case_does_not_matter() {
    let found = html(
        "<A HREF='a?x=1&amp;y=&#50;' ID='&uuml;ber'><a href=b&lt><a href='#&#x41;'>",
    );
    assert_eq!(links(&found), [("a?x=1&y=2", 1), ("b<", 1), ("#A", 1)]);
    assert_eq!(ids(&found), ["über"]);
}

#[test]
fn ids_are_those_of_any_element_and_names_of_anchors_only() {
    let found = html("<p id=one><a name=two><input name=three><svg id=four></svg>");
    assert_eq!(ids(&found), ["four", "one", "two"]);
}

#[test]
fn the_first_base_counts_and_is_no_link() {
    let found = html("<base target=x><base href=/docs/><base href=/other/><a href=x>");
    assert_eq!(found.base.as_deref(), Some("/docs/"));
    assert_eq!(links(&found), [("x", 1)]);
    assert_eq!(html("<a href=x>").base, None);
}

#[test]
fn a_srcset_is_taken_apart_at_the_commas_that_part_it() {
    let of = |srcset: &str| {
        let found = html(&format!("<img srcset=\"{srcset}\">"));
        found.links.into_iter().map(|(link, _)| link).collect::<Vec<_>>()
    };
    assert_eq!(of("a.png"), ["a.png"]);
    assert_eq!(of("a.png, b.png 2x"), ["a.png", "b.png"]);
    assert_eq!(of(" ,a.png 1x,b.png 2x, "), ["a.png", "b.png"]);
    assert_eq!(
        of("data:image/png;base64,xx 1x, b 2x"),
        ["data:image/png;base64,xx", "b"]
    );
    assert_eq!(of("a 100w calc(1, 2), b"), ["a", "b"]);
    assert!(of(", ,,").is_empty());
}

#[test]
fn links_of_markdown_are_found_with_their_lines() {
    let found = markdown(
        "# Title\n\n[one](a.md) and ![two](b.png \"t\")\n[three][ref], <https://x.example/>,\n\
         <me@x.example>\n\n[ref]: c.md#x\n\n| a |\n|---|\n| [four](d.md) |\n\n> [five](e.md)\n\n\
         [^note]\n\n[^note]: [six](f.md)\n",
    );
    let expected = [
        ("a.md", 3),
        ("b.png", 3),
        ("c.md#x", 4),
        ("https://x.example/", 4),
        ("mailto:me@x.example", 5),
        ("d.md", 11),
        ("e.md", 13),
        ("f.md", 17),
    ];
    assert_eq!(links(&found), expected);
}

#[test]
fn markdown_has_no_links_in_code_nor_bare_ones_nor_unknown_references() {
    let found = markdown(
        "`[a](b)` https://x.example/ [c][d] \\[e](f)\n\n    [g](h)\n\n```md\n[i](j)\n<a href=k>\n```\n\
         <!-- [l](m) <a href=n> -->\n",
    );
    assert_eq!(links(&found), []);
}

#[test]
fn html_within_markdown_counts_with_its_lines() {
    let found = markdown(
        "Text <a href=\"one.html\" id=in>x</a>\n\n<div\n id=\"block\">\n<img\n  src=two.png>\n</div>\n\n\
         - item\n\n  <a href=three>\n  </a>\n",
    );
    assert_eq!(links(&found), [("one.html", 1), ("two.png", 6), ("three", 11)]);
    assert_eq!(ids(&found), ["block", "in"]);
}

#[test]
fn headings_have_the_ids_that_mdbook_gives_them() {
    let found = markdown(
        "# What `fetch_all` does, & why\n## Same\n## Same\n## Same\n## Mine {#own-id}\n\
         Über uns\n---\n### [Linked](x) *em*\n# C++ — 2,000\n",
    );
    assert_eq!(
        ids(&found),
        [
            "c--2000",
            "linked-em",
            "own-id",
            "same",
            "same-1",
            "same-2",
            "what-fetch_all-does--why",
            "über-uns",
        ]
    );
}

proptest! {
    #[test]
    fn any_text_is_a_page(text in any::<String>(), line in "[ -~\n\r\t<>\"'&#\\[\\]()`{}|]{0,200}") {
        for text in [text, line] {
            let lines = text.matches('\n').count() + 1;
            for found in [html(&text), markdown(&text)] {
                prop_assert!(found.links.iter().all(|(_, line)| (1..=lines).contains(line)));
            }
        }
    }

    #[test]
    fn a_link_is_found_in_any_surroundings(before in "[a-z \n]{0,60}", after in "[a-z \n<>&]{0,60}") {
        let line = before.matches('\n').count() + 1;
        let found = html(&format!("{before}<a href=\"x\">y</a>{after}"));
        prop_assert_eq!(&found.links[0], &("x".to_owned(), line));
    }
}

fn write(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x").unwrap();
}

fn given(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The pages below `folder`, by name.
fn names(folder: &Path, of: &[String]) -> Vec<String> {
    let root = folder.canonicalize().unwrap();
    let name = |url: &url::Url| {
        let path = url.to_file_path().unwrap();
        path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/")
    };
    starts(of).unwrap().pages.iter().map(name).collect()
}

#[test]
fn a_folder_is_all_its_pages_but_for_the_hidden_sorted() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "b.md",
        "a/z.HTML",
        "a/y.htm",
        "a/x.txt",
        ".hidden/c.md",
        "a/.d.md",
        "e.markdown",
    ] {
        write(folder.path(), name);
    }
    let all = ["a/y.htm", "a/z.HTML", "b.md", "e.markdown"];
    assert_eq!(names(folder.path(), &[given(folder.path())]), all);
    // Given twice, in two ways, it is there once.
    let again =
        [given(&folder.path().join("a")), given(&folder.path().join("a/../b.md"))];
    assert_eq!(names(folder.path(), &again), ["a/y.htm", "a/z.HTML", "b.md"]);
    // A file that is named is a page, and so is a folder, whatever it is called.
    assert_eq!(
        names(folder.path(), &[given(&folder.path().join("a/x.txt"))]),
        ["a/x.txt"]
    );
    assert_eq!(
        names(folder.path(), &[given(&folder.path().join(".hidden"))]),
        [".hidden/c.md"]
    );
}

#[cfg(unix)]
#[test]
fn a_circle_of_links_is_walked_once_and_a_dead_one_is_passed_by() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a/page.md");
    symlink("..", folder.path().join("a/up")).unwrap();
    symlink("nowhere.md", folder.path().join("dead.md")).unwrap();
    symlink("a/page.md", folder.path().join("other.md")).unwrap();
    assert_eq!(names(folder.path(), &[given(folder.path())]), ["a/page.md", "other.md"]);
}

#[test]
fn an_address_goes_as_far_as_its_folder() {
    let starts = starts(&[
        "http://127.0.0.1:1/docs/a.html#x".to_owned(),
        "HTTPS://Example.org".to_owned(),
    ])
    .unwrap();
    let of = |urls: &[url::Url]| urls.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        of(&starts.pages),
        ["http://127.0.0.1:1/docs/a.html", "https://example.org/"]
    );
    assert_eq!(of(&starts.within), ["http://127.0.0.1:1/docs/", "https://example.org/"]);
}

#[test]
fn what_is_no_start_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let of = |given: &str| starts(&[given.to_owned()]).unwrap_err();
    assert!(matches!(of("no/such/file.md"), StartError::Unreadable { .. }));
    assert!(matches!(of("ftp://x.example/"), StartError::Address { .. }));
    assert!(matches!(of("http://"), StartError::Address { .. }));
    assert!(matches!(of(&given(folder.path())), StartError::NoPage { .. }));
    assert!(of("").to_string().starts_with(": "));
}
