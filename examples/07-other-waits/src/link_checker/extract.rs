//! The links and the ids of a page.

use std::collections::{BTreeSet, HashMap};

use html5gum::emitters::default::{DefaultEmitter, StartTag, Token};
use html5gum::{Spanned, Tokenizer};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// What stands on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Each link as it is written, entities decoded, with its line counted from 1; in the order of the page.
    pub links: Vec<(String, usize)>,
    /// What a fragment can lead to.
    pub ids: BTreeSet<String>,
    /// What relative links are relative to, where that is not the page itself.
    pub base: Option<String>,
}

// ANCHOR: html
/// The links and ids of an HTML page, as a browser would find them. Any text is a page.
pub fn html(text: &str) -> Found {
    let mut found = Found::default();
    read_html(text, 1, &mut found);
    found
}

fn read_html(text: &str, first_line: usize, found: &mut Found) {
    let lines = Lines::new(text, first_line);
    let mut emitter = DefaultEmitter::new_with_span();
    // Without it, what stands in a script would be taken for tags.
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(text, emitter) {
        if let Token::StartTag(tag) = token {
            read_tag(&tag, &lines, found);
        }
    }
}
// ANCHOR_END: html

fn read_tag(tag: &StartTag<usize>, lines: &Lines, found: &mut Found) {
    let element = &tag.name.0[..];
    let value = |name: &[u8]| tag.attributes.get(name).map(words);
    found.ids.extend(value(b"id"));
    match element {
        b"a" => found.ids.extend(value(b"name")), // how it was done before HTML 5
        b"base" => {
            found.base = found.base.take().or_else(|| value(b"href"));
            return;
        }
        // It names a host to be ready for, and no page.
        b"link" if value(b"rel").is_some_and(|rel| is_hint(&rel)) => return,
        _ => {}
    }
    let mut here = Vec::new();
    for (name, value) in &tag.attributes {
        let line = lines.of(value.span.start);
        let mut add =
            |link: &str| here.push((value.span.start, link.trim().to_owned(), line));
        match (element, &name.0[..]) {
            (_, b"srcset") | (b"link", b"imagesrcset") => {
                candidates(&words(value)).for_each(add);
            }
            (_, b"href" | b"src")
            | (b"video", b"poster")
            | (b"object", b"data")
            | (b"blockquote" | b"q" | b"ins" | b"del", b"cite") => add(&words(value)),
            // Not `action` of a form: to follow that is to do something.
            _ => {}
        }
    }
    // Attributes come sorted by name.
    here.sort_by_key(|&(at, ..)| at);
    found.links.extend(here.into_iter().map(|(_, link, line)| (link, line)));
}

fn words(value: &Spanned<html5gum::HtmlString>) -> String {
    String::from_utf8_lossy(value).into_owned()
}

fn is_hint(rel: &str) -> bool {
    rel.split_ascii_whitespace().any(|rel| {
        rel.eq_ignore_ascii_case("preconnect") || rel.eq_ignore_ascii_case("dns-prefetch")
    })
}

/// The addresses of a `srcset`: `a.png 1x, b.png 2x`. A comma may be part of an address, but not at its end.
fn candidates(srcset: &str) -> impl Iterator<Item = &str> {
    let mut rest = srcset;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        let bare = address.trim_end_matches(',');
        // After the address comes its width or density, up to the next comma outside of parentheses.
        rest = if bare.len() < address.len() { after } else { skip_descriptor(after) };
        (!bare.is_empty()).then_some(bare)
    })
}

fn skip_descriptor(text: &str) -> &str {
    let mut inside = false;
    let end = text.find(|c: char| {
        inside = (inside || c == '(') && c != ')';
        c == ',' && !inside
    });
    end.map_or("", |end| &text[end..])
}

/// The links and ids of a page in Markdown, as mdBook and GitHub show it. Any text is a page.
///
/// An address that stands in the text without angle brackets is text.
pub fn markdown(text: &str) -> Found {
    let lines = Lines::new(text, 1);
    let mut found = Found::default();
    let mut heading: Option<String> = None;
    let mut numbers = HashMap::new();
    let mut block: Option<(String, usize)> = None; // of HTML; it comes line by line
    for (event, range) in Parser::new_ext(text, options()).into_offset_iter() {
        let line = lines.of(range.start);
        match event {
            Event::Start(Tag::Link { link_type: LinkType::Email, dest_url, .. }) => {
                found.links.push((format!("mailto:{dest_url}"), line));
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                found.links.push((dest_url.into_string(), line));
            }
            Event::Start(Tag::Heading { id: Some(id), .. }) => {
                found.ids.insert(id.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                found.add_heading(heading.take(), &mut numbers);
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::Start(Tag::HtmlBlock) => block = Some((String::new(), line)),
            Event::Html(html) => {
                if let Some((block, _)) = &mut block {
                    block.push_str(&html);
                }
            }
            Event::End(TagEnd::HtmlBlock) => {
                if let Some((html, line)) = block.take() {
                    read_html(&html, line, &mut found);
                }
            }
            Event::InlineHtml(html) => read_html(&html, line, &mut found),
            _ => {}
        }
    }
    found
}

/// What mdBook reads, but for the quotes that it rounds: no id has any.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

impl Found {
    /// The id that a heading without one is given; the second of the same name is `name-1`.
    ///
    /// `numbers` has the last number that was tried for each name: a page of one heading, written a
    /// hundred thousand times, would take hours if each began at 1 again.
    fn add_heading(
        &mut self,
        text: Option<String>,
        numbers: &mut HashMap<String, usize>,
    ) {
        let Some(text) = text else { return };
        let id = slug(&text);
        if self.ids.insert(id.clone()) {
            return;
        }
        let number = numbers.entry(id.clone()).or_default();
        loop {
            *number += 1;
            // Each turn that fails met an id of the page, so there is an end.
            if self.ids.insert(format!("{id}-{number}")) {
                return;
            }
        }
    }
}

/// What mdBook and GitHub make of a heading: small letters, digits, `_` and `-`.
fn slug(text: &str) -> String {
    let letters = text.trim().to_lowercase();
    let of = |c: char| match c {
        c if c.is_whitespace() => Some('-'),
        c if c.is_alphanumeric() || "_-".contains(c) => Some(c),
        _ => None,
    };
    letters.chars().filter_map(of).collect()
}

/// Which line a byte is in.
struct Lines {
    /// Where each line but the first begins.
    begins: Vec<usize>,
    first: usize,
}

impl Lines {
    fn new(text: &str, first: usize) -> Self {
        Self { begins: text.match_indices('\n').map(|(at, _)| at + 1).collect(), first }
    }

    fn of(&self, at: usize) -> usize {
        self.first + self.begins.partition_point(|&begin| begin <= at)
    }
}
