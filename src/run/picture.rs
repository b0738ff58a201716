//! The picture of a run, for a page that shows another one already.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use lab::stage::Run;

/// What a run drew: from its data, or its own picture. Nothing where there is none, or where it is larger than `most` bytes.
pub(super) fn picture(
    run_file: &Path,
    own_file: &Path,
    most: usize,
    number: u64,
) -> Option<String> {
    let read = |path| read_at_most(path, most).ok();
    let svg = read(run_file)
        .and_then(|json| serde_json::from_str::<Run>(&json).ok())
        .map(|run| run.to_svg(&run.program))
        .or_else(|| read(own_file))?;
    let svg = with_own_ids(svg.trim_start(), &format!("run-{number}-"));
    (svg.len() <= most && svg.starts_with("<svg")).then_some(svg)
}

fn read_at_most(path: &Path, most: usize) -> io::Result<String> {
    let mut text = String::new();
    let n = fs::File::open(path)?.take(most as u64 + 1).read_to_string(&mut text)?;
    if n > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

/// The same picture with `prefix` before each id, and wherever one is named: two pictures on a page must not share any.
pub(super) fn with_own_ids(svg: &str, prefix: &str) -> String {
    // The attributes that name ids, several of them parted by a space; and what an id follows in others.
    const NAMES: [&str; 5] = [
        " id=\"",
        " aria-labelledby=\"",
        " aria-describedby=\"",
        " aria-controls=\"",
        " aria-owns=\"",
    ];
    const LINKS: [&str; 3] = ["url(#", " href=\"#", " xlink:href=\"#"];
    let mut out = String::with_capacity(svg.len() + svg.len() / 16);
    let mut rest = svg;
    loop {
        let next = |mark: &&str| rest.find(*mark).map(|at| at + mark.len());
        let name = NAMES.iter().filter_map(next).min();
        let link = LINKS.iter().filter_map(next).min();
        let Some(at) = name.into_iter().chain(link).min() else {
            out.push_str(rest);
            return out;
        };
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if name == Some(at) {
            let end = rest.find('"').unwrap_or(rest.len());
            let ids: Vec<String> = rest[..end]
                .split_whitespace()
                .map(|id| format!("{prefix}{id}"))
                .collect();
            out.push_str(&ids.join(" "));
            rest = &rest[end..];
        } else {
            out.push_str(prefix);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_own_ids;

    #[test]
    fn every_id_and_every_mention_of_one_is_renamed_and_nothing_else() {
        let svg = "<svg class=\"t\" id=\"a\" aria-labelledby=\"a-title a-desc\"><title id=\"a-title\">id=5 #a</title>\
            <rect fill=\"url(#a-hatch)\"/><use href=\"#a\" data-id=\"a\"/></svg>";
        let renamed = "<svg class=\"t\" id=\"r-a\" aria-labelledby=\"r-a-title r-a-desc\"><title id=\"r-a-title\">id=5 #a</title>\
            <rect fill=\"url(#r-a-hatch)\"/><use href=\"#r-a\" data-id=\"a\"/></svg>";
        assert_eq!(with_own_ids(svg, "r-"), renamed);
    }
}
