//! The link checker held against lychee, on the built book: the same links are found, and the same of them are broken. Every
//! difference that there is stands here, with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use asynchronous::Url;
use other_waits::link_checker::crawl::{Event, crawl};
use other_waits::link_checker::start::starts;
use other_waits::link_checker::web::Http;
use other_waits::link_checker::{Outcome, Settings};
use serde::Deserialize;
use tokio::runtime;
use tokio::sync::mpsc;
use while_you_wait::build::build;

use crate::patience::ends_within;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// To build the book and to read it twice.
const PATIENCE: Duration = Duration::from_mins(5);

/// A page and where a link on it leads, both below the folder, with no escapes in them.
type Links = BTreeSet<(String, String)>;

/// What a tool has found on the pages of a folder.
#[derive(Debug, Default)]
struct Found {
    /// All links to files.
    links: Links,
    /// Those that lead nowhere.
    broken: Links,
}

/// Whose views and faults are listed here. Another version has others.
const KNOWN: &str = "lychee 0.24.2";

/// lychee, where this version of it is installed. In CI nothing may be skipped.
fn lychee(what: &str) -> Option<PathBuf> {
    let name = format!("lychee{}", env::consts::EXE_SUFFIX);
    let ours = Path::new(ROOT).join(".tools/bin").join(&name);
    let path = env::var_os("PATH").unwrap_or_default();
    let mut places =
        [ours].into_iter().chain(env::split_paths(&path).map(|at| at.join(&name)));
    let is_known = |file: &PathBuf| {
        let said = Command::new(file).arg("--version").output();
        said.is_ok_and(|said| said.stdout.starts_with(KNOWN.as_bytes()))
    };
    let found = places.find(is_known);
    if found.is_none() {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "CI must not skip {what}");
        // Past the test runner, which keeps what a passing test prints to itself.
        let _ = writeln!(io::stderr(), "skipped: {what}, for want of {KNOWN}");
    }
    found
}

/// A book in a folder of its own, with a folder round it.
struct Book {
    _scratch: tempfile::TempDir,
    folder: PathBuf,
}

impl Book {
    fn build() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        // The way by which both tools name it.
        let folder = scratch.path().canonicalize().unwrap().join("book");
        build(Path::new(ROOT), &folder).unwrap();
        Self { _scratch: scratch, folder }
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// A `file://` address as both tools mean it: below the folder, and as a person would write it.
    fn name(&self, url: &str) -> String {
        let Ok(mut url) = Url::parse(url) else { return url.to_owned() };
        // A fragment that is words to mark, or nothing, is none.
        if url.fragment().is_some_and(|it| it.is_empty() || it.starts_with(":~:")) {
            url.set_fragment(None);
        }
        let text = url.as_str().trim_end_matches('/');
        let below = Url::from_directory_path(&self.folder).unwrap();
        let text = text.strip_prefix(below.as_str()).unwrap_or(text);
        let above = below.join("..").unwrap();
        let text = match text.strip_prefix(above.as_str()) {
            Some(rest) => format!("../{rest}"),
            None => text.to_owned(),
        };
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    }

    /// What lychee finds, with the options that `.ci/run` gives it.
    fn by_lychee(&self, lychee: &Path) -> Found {
        let output = Command::new(lychee)
            .args(["--offline", "--include-fragments=anchor-only", "--no-progress"])
            .args(["--index-files", "index.html", "--extensions", "html"])
            .args(["--format", "json", "-v", "--root-dir"])
            .args([&self.folder, &self.folder])
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 2)), "{said}");
        let said: Said = serde_json::from_slice(&output.stdout).unwrap();
        let pairs = |map: BTreeMap<String, Vec<OfLychee>>| -> Links {
            let of_page = |(page, links): (String, Vec<OfLychee>)| {
                let page = page.strip_prefix(&format!("{}/", self.folder.display()));
                let page = page.unwrap_or_default().to_owned();
                links.into_iter().map(move |link| (page.clone(), link))
            };
            map.into_iter()
                .flat_map(of_page)
                .map(|(page, link)| {
                    // A file that is not there has no fragment to miss.
                    let is_missing = link.status.text.starts_with("File not found");
                    let url = match link.url.split_once('#') {
                        Some((file, _)) if is_missing => file,
                        _ => &link.url,
                    };
                    (page, self.name(url))
                })
                .collect()
        };
        let broken = pairs(said.error_map);
        let mut links = pairs(said.success_map);
        links.extend(broken.iter().cloned());
        Found { links, broken }
    }

    /// What our own finds.
    fn by_ours(&self) -> Found {
        let given = [self.folder.display().to_string()];
        let starts = starts(&given).unwrap();
        let settings = Settings {
            offline: true,
            root: Some(Url::from_directory_path(&self.folder).unwrap()),
            ..Settings::default()
        };
        let mut found = Found::default();
        let (_keep, mut interrupts) = mpsc::channel(1);
        let web = Http::new(Duration::from_secs(10), &[]).unwrap();
        let tell = |event: Event<'_>| {
            let Event::Known(entry) = event else { return };
            let Ok(there) = &entry.result else { return };
            for (link, _) in &there.links {
                if link.starts_with("file:") {
                    found.links.insert((self.name(entry.url.as_str()), self.name(link)));
                }
            }
        };
        let crawled = crawl(&web, &starts, &settings, Vec::new(), &mut interrupts, tell);
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let known = runtime.unwrap().block_on(crawled);
        for (url, checked) in &known.addresses {
            let page = |page: &Url| self.name(page.as_str());
            match &checked.outcome {
                Outcome::Broken { .. } => {
                    let to = self.name(url.as_str());
                    let pairs =
                        checked.places.iter().map(|at| (page(&at.page), to.clone()));
                    found.broken.extend(pairs);
                }
                Outcome::NoFragment { fragments } => {
                    for (fragment, places) in fragments {
                        let to = self.name(&format!("{url}#{fragment}"));
                        let pairs = places.iter().map(|at| (page(&at.page), to.clone()));
                        found.broken.extend(pairs);
                    }
                }
                Outcome::Fine | Outcome::Skipped { .. } => {}
                Outcome::NotChecked => panic!("{url} was not checked"),
            }
        }
        found
    }
}

/// lychee's report as JSON: of it, what is needed.
#[derive(Deserialize)]
struct Said {
    success_map: BTreeMap<String, Vec<OfLychee>>,
    error_map: BTreeMap<String, Vec<OfLychee>>,
}

#[derive(Deserialize)]
struct OfLychee {
    url: String,
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    text: String,
}

fn only_in<'a>(here: &'a Links, not_there: &'a Links) -> Vec<&'a (String, String)> {
    here.difference(not_there).collect()
}

#[test]
fn of_the_built_book_both_find_the_same_links_and_none_of_them_broken() {
    let Some(lychee) = lychee("the built book, held against lychee") else { return };
    ends_within(PATIENCE, move || {
        let book = Book::build();
        let (ours, theirs) = (book.by_ours(), book.by_lychee(&lychee));
        assert_eq!(theirs.broken, Links::new());
        // The page has <base href="/">. So this leads to the first page, as a browser reads it, and lychee does not.
        let own = ("404.html".to_owned(), "#document-not-found-404".to_owned());
        assert_eq!(ours.broken, Links::from([own.clone()]));

        // lychee does not look at what a script is loaded from.
        let known = |pair: &&(String, String)| {
            pair.1.rsplit('.').next() == Some("js") || **pair == own
        };
        let (explained, unexplained): (Vec<_>, Vec<_>) =
            only_in(&ours.links, &theirs.links).into_iter().partition(known);
        assert!(unexplained.is_empty(), "only ours: {unexplained:#?}");
        assert!(!explained.is_empty(), "lychee sees them now: strike them from the list");
        let known = |pair: &&(String, String)| {
            pair.0 == "404.html" && (pair.1 == "../book" || pair.1.ends_with("-404"))
        };
        let only_theirs: Vec<_> = only_in(&theirs.links, &ours.links)
            .into_iter()
            .filter(|it| !known(it))
            .collect();
        assert!(only_theirs.is_empty(), "only lychee's: {only_theirs:#?}");

        // A checker that finds few links finds few that are broken. Once, a `<` in a script hid nine tenths of them from lychee.
        let pages =
            ours.links.iter().map(|(page, _)| page).collect::<BTreeSet<_>>().len();
        let each = theirs.links.len() / pages;
        assert!(each > 20, "{} links on {pages} pages", theirs.links.len());
    });
}

/// Who says that a planted link is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Both,
    Neither,
    /// And why.
    OursOnly(&'static str),
    /// And why.
    LycheeOnly(&'static str),
}

use Says::{Both, LycheeOnly, Neither, OursOnly};

const SCRIPT: &str = "lychee 0.24 does not look at what a script is loaded from";
const HIDDEN: &str =
    "lychee leaves out what stands in pre and code; who reads the page can follow it";
const NOFOLLOW: &str = "lychee takes nofollow for itself; it is meant for search engines";
const FORM: &str = "a form is sent and not followed, so ours does not ask for it";
const INDEX: &str =
    "ours takes a folder that is there for a page, whether it has an index or not";
const SWITCH: &str = "lychee 0.24.2 takes a < in a script for a tag, and loses what follows (its issue 2287)";
const BASE: &str = "lychee does not know <base>, and takes it for a link";

/// What is planted on a page, where it leads, and who says that it is broken.
type Planted = (&'static str, &'static [&'static str], Says);

const PLANTED: [Planted; 33] = [
    (r#"<a href="missing.html">"#, &["missing.html"], Both),
    (r"<A HREF=missing-too.html>", &["missing-too.html"], Both),
    (r#"<a href="missing.html?q=1#x">"#, &["missing.html?q=1"], Both),
    (r#"<a href="/missing-from-the-root.html">"#, &["missing-from-the-root.html"], Both),
    (r#"<a href="index.html#no-such-id">"#, &["index.html#no-such-id"], Both),
    (r##"<a href="#no-such-id">"##, &["planted.html#no-such-id"], Both),
    (r##"<a href="#TWICE">"##, &["planted.html#TWICE"], Both),
    (r#"<img src="missing.png" alt="">"#, &["missing.png"], Both),
    (
        r#"<img srcset="small.png 1x, large.png 2x" src="here.png" alt="">"#,
        &["small.png", "large.png"],
        Both,
    ),
    (r#"<picture><source srcset="source.png"></picture>"#, &["source.png"], Both),
    (
        r#"<video poster="poster.png" src="film.mp4"></video>"#,
        &["poster.png", "film.mp4"],
        Both,
    ),
    (r#"<iframe src="frame.html"></iframe>"#, &["frame.html"], Both),
    (r#"<object data="object.svg"></object>"#, &["object.svg"], Both),
    (r#"<a href="INDEX.HTML">"#, &["INDEX.HTML"], Both), // where case matters
    (r#"<a href="../outside.html">"#, &["../outside.html"], Both),
    (r#"<a href="../book/index.html">"#, &["index.html"], Neither),
    (r#"<a href="a%20page.html">"#, &["a page.html"], Neither),
    (r#"<a href="no%20page.html">"#, &["no page.html"], Both),
    (r##"<a href="#%C3%BCber">"##, &["planted.html#über"], Neither),
    (r##"<a href="#%C3%BCbel">"##, &["planted.html#übel"], Both),
    (r#"<a href="missing&amp;more.html">"#, &["missing&more.html"], Both),
    (
        r##"<a href=""> <a href="#"> <a href="#top">"##,
        &["planted.html", "planted.html#top"],
        Neither,
    ),
    (r##"<a href="#twice">"##, &["planted.html#twice"], Neither),
    (r#"<a href="a%20page.html#:~:text=words">"#, &["a page.html"], Neither),
    (r#"<!-- <a href="in-a-comment.html"> -->"#, &["in-a-comment.html"], Neither),
    (r#"<code>&lt;a href="in-code.html"&gt;</code>"#, &["in-code.html"], Neither),
    (r#"<script>"<a href='in-a-script.html'>"</script>"#, &["in-a-script.html"], Neither),
    (
        r#"<pre><code><a href="from-code.html"></a></code></pre>"#,
        &["from-code.html"],
        OursOnly(HIDDEN),
    ),
    (
        r#"<noscript><a href="from-noscript.html"></a></noscript>"#,
        &["from-noscript.html"],
        Neither,
    ),
    (r#"<script src="missing.js"></script>"#, &["missing.js"], OursOnly(SCRIPT)),
    (
        r#"<a rel="nofollow" href="nofollow.html">"#,
        &["nofollow.html"],
        OursOnly(NOFOLLOW),
    ),
    (r#"<form action="send.html"></form>"#, &["send.html"], LycheeOnly(FORM)),
    (r#"<a href="no-index/">"#, &["no-index"], LycheeOnly(INDEX)),
];

#[test]
fn of_planted_faults_both_say_the_same_but_where_a_reason_is_given() {
    let Some(lychee) = lychee("planted faults, held against lychee") else { return };
    ends_within(PATIENCE, move || {
        let book = Book::build();
        let rows: Vec<_> =
            PLANTED.iter().map(|(html, ..)| format!("<p>{html}x</a>\n")).collect();
        book.write(
            "planted.html",
            &format!(
                "<!DOCTYPE html><title>x</title><p id=\"über\"><p id=twice><p id=twice>\n{}",
                rows.concat()
            ),
        );
        book.write("a page.html", "<p>words");
        book.write("here.png", "no picture");
        book.write("no-index/page.html", "<p>words");
        book.write(
            "switch.html",
            "<script>// each <code> of it</script>\n<a href=after-a-script.html>x</a>",
        );
        book.write(
            "based.html",
            "<base href=\"no-index/\"><a href=page.html>x</a><a href=based.png>x</a>",
        );
        // Of the book's own: a page that many lead to, and an id that some lead to.
        let gone = "phrasebook.html";
        fs::remove_file(book.folder.join(gone)).unwrap();
        let glossary = fs::read_to_string(book.folder.join("glossary.html")).unwrap();
        assert!(glossary.contains("id=\"deadline\""));
        book.write(
            "glossary.html",
            &glossary.replace("id=\"deadline\"", "id=\"dead-line\""),
        );

        let (ours, theirs) = (book.by_ours(), book.by_lychee(&lychee));
        let cases_matter = !book.folder.join("INDEX.HTML").exists();
        let (mut only_ours, mut only_theirs) = (Links::new(), Links::new());
        let page = "planted.html".to_owned();
        for (html, targets, says) in PLANTED {
            let says =
                if html.contains("INDEX") && !cases_matter { Neither } else { says };
            for target in targets {
                let pair = (page.clone(), (*target).to_owned());
                let said = (ours.broken.contains(&pair), theirs.broken.contains(&pair));
                let wanted = match says {
                    Both => (true, true),
                    Neither => (false, false),
                    OursOnly(_) => (true, false),
                    LycheeOnly(_) => (false, true),
                };
                assert_eq!(said, wanted, "{html}, by ours and by lychee: {says:?}");
                match says {
                    OursOnly(_) => _ = only_ours.insert(pair),
                    LycheeOnly(_) => _ = only_theirs.insert(pair),
                    Both | Neither => {}
                }
            }
        }
        for (page, to, says) in [
            ("404.html", "#document-not-found-404", OursOnly(BASE)), // mdBook's own
            ("switch.html", "after-a-script.html", OursOnly(SWITCH)),
            ("based.html", "no-index/based.png", OursOnly(BASE)),
            ("based.html", "based.png", LycheeOnly(BASE)),
            ("based.html", "page.html", LycheeOnly(BASE)),
            ("based.html", "no-index", LycheeOnly(BASE)),
        ] {
            let pair = (page.to_owned(), to.to_owned());
            match says {
                OursOnly(_) => _ = only_ours.insert(pair),
                _ => _ = only_theirs.insert(pair),
            }
        }
        // Nothing else is told apart, on no page of the book.
        let differing = |links: &Links| -> Vec<_> { links.iter().cloned().collect() };
        let ours_alone: Vec<_> =
            only_in(&ours.broken, &theirs.broken).into_iter().cloned().collect();
        let theirs_alone: Vec<_> =
            only_in(&theirs.broken, &ours.broken).into_iter().cloned().collect();
        assert_eq!(ours_alone, differing(&only_ours));
        assert_eq!(theirs_alone, differing(&only_theirs));
        // What was taken from the book itself is missed by both on each page that leads to it.
        let both: Vec<_> = ours.broken.intersection(&theirs.broken).collect();
        let to_gone = both.iter().filter(|(_, to)| to == gone).count();
        let to_id = both.iter().filter(|(_, to)| to == "glossary.html#deadline").count();
        println!("{} broken for both, {to_gone} to a page, {to_id} to an id", both.len());
        assert!(to_gone > 2 && to_id > 5, "{to_gone} to the page, {to_id} to the id");
    });
}
