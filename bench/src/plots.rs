//! Pictures of the tables, drawn from the data alone: the same data gives the same bytes.

mod bars;
mod sweep;

use std::error::Error;

use choosing::measured::{Measured, Row, Run, Table};
use choosing::statistics::Spread;
use lab::plot::{self, ends};
use plotters::style::RGBColor;

use crate::derived::{JOBS, Kind, memory_each};
use crate::labels::{capital, language, words};
use crate::numbers::{count, nominal};

use bars::{Bar, Bars, MEMORY, TIME};

/// From this ratio of the longest to the shortest on, a scale is logarithmic: a shorter bar would be gone.
const MOST_TIMES: f64 = 20.0;

/// In units of a picture, which is about 350 pixels wide on a telephone.
const WIDTH: i32 = 560;

/// All pictures that the data has something for, each with the name of its file.
///
/// # Errors
///
/// Those of plotters, which has none when it writes text.
pub(crate) fn draw(measured: &Measured) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let tables = JOBS.iter().filter_map(|id| measured.table(id));
    let mut charts: Vec<Bars> = tables.map(|table| jobs(measured, table)).collect();
    charts.extend(measured.table("starting").map(|table| starts(measured, table)));
    charts.push(units(measured));
    let mut files = Vec::new();
    for chart in charts.iter().filter(|chart| !chart.rows.is_empty()) {
        files.push((format!("{}.svg", chart.id), chart.draw()?));
    }
    if let Some(svg) = sweep::draw(measured)? {
        files.push(("sweep.svg".to_owned(), svg));
    }
    Ok(files)
}

/// What the jobs of a table took, beside what nothing can beat.
fn jobs(measured: &Measured, table: &Table) -> Bars {
    let limit = table.limit_ms.map(|ms| {
        let what = table.limit.as_deref().unwrap_or("the limit");
        (ms, format!("{what}: {}", nominal(ms)))
    });
    Bars { limit, ..times(measured, table, |run| run.job_ms) }
}

/// What the whole processes took that only start.
fn starts(measured: &Measured, table: &Table) -> Bars {
    times(measured, table, |run| run.wall_ms)
}

/// A time of each row of a table.
fn times(measured: &Measured, table: &Table, figure: impl Fn(&Run) -> f64) -> Bars {
    let bar = |row: &Row<'_>| {
        let name = words(row.by, row.row);
        Some(Bar::new(measured, row.by, name, row.spread(&figure)?))
    };
    let rows = by_language(measured.rows(&table.id).iter().filter_map(bar));
    let (least, most) = ends(rows.iter().map(|bar| bar.spread.median), 1.0);
    Bars {
        id: table.id.clone(),
        title: capital(&table.title),
        limit: None,
        unit: TIME,
        is_log: most > MOST_TIMES * least,
        rows,
    }
}

/// The memory of one unit, where there were most of it.
fn units(measured: &Measured) -> Bars {
    let mut largest: Vec<(u64, Row<'_>)> = Vec::new();
    for table in &measured.about.tables {
        let n = table.units;
        if Kind::of(table) != Kind::Units || n == 0 {
            continue;
        }
        for row in measured.rows(&table.id) {
            match largest.iter_mut().find(|(_, r)| (r.by, r.row) == (row.by, row.row)) {
                Some(known) if n > known.0 => *known = (n, row),
                Some(_) => {}
                None => largest.push((n, row)),
            }
        }
    }
    let bar = |(n, row): (u64, Row<'_>)| {
        let each = memory_each(measured, &row, n)?;
        let name = format!("{} of {}", words(row.by, row.row), count(n));
        let spread = Spread { least: each, median: each, most: each };
        Some(Bar::new(measured, row.by, name, spread))
    };
    Bars {
        id: "units".to_owned(),
        title: "The memory of one among many".to_owned(),
        limit: None,
        unit: MEMORY,
        is_log: true,
        rows: by_language(largest.into_iter().filter_map(bar)),
    }
}

impl Bar {
    fn new(measured: &Measured, by: &str, name: String, spread: Spread) -> Self {
        let language = language(by, &measured.about.by);
        Self { language, colour: colour(by), name, spread }
    }
}

/// Bars in their order, but each language together: it has one heading.
fn by_language(bars: impl Iterator<Item = Bar>) -> Vec<Bar> {
    let mut bars: Vec<Bar> = bars.collect();
    let mut languages: Vec<String> = Vec::new();
    for bar in &bars {
        if !languages.contains(&bar.language) {
            languages.push(bar.language.clone());
        }
    }
    bars.sort_by_key(|bar| languages.iter().position(|known| *known == bar.language));
    bars
}

/// Rust and the others; the words beside say which.
fn colour(by: &str) -> RGBColor {
    if by == "rust" { plot::ORANGE } else { plot::BLUE }
}

#[cfg(test)]
mod tests {
    use super::bars::{BAR, LEFT};
    use super::*;
    use std::fmt::Write as _;

    use roxmltree::{Document, Node};

    /// Three runs of each row: the median is given, the others are 5 % off; the process takes 40 ms more.
    fn made_up(
        tables: &[(&str, &str)],
        rows: &[(&str, &str, &str, f64, u64)],
    ) -> Measured {
        let table = |(id, rest): &(&str, &str)| {
            format!(r#"{{"id":"{id}","title":"work of {id}",{rest},"left_out":[]}}"#)
        };
        let tables: Vec<String> = tables.iter().map(table).collect();
        let about = format!(
            r#"{{"date":"2026-11-21","machine":[],"cores":2,"by":[
            {{"id":"rust","name":"Rust 1.95.0","gil":null,"build":""}},
            {{"id":"python","name":"CPython 3.11.7","gil":true,"build":""}},
            {{"id":"python-313t","name":"CPython 3.13.5","gil":false,"build":""}}],"tables":[{}]}}"#,
            tables.join(",")
        );
        let mut runs = String::from(
            "table,by,row,run,job_ms,wall_ms,cpu_ms,memory_kib,threads,in_flight,connections,web_cpu_ms,gil\n",
        );
        for (table, by, row, job, memory) in rows {
            for (run, factor) in [(1, 1.0), (2, 0.95), (3, 1.05)] {
                let job = job * factor;
                let wall = job + 40.0;
                let _ = writeln!(
                    runs,
                    "{table},{by},{row},{run},{job},{wall},1,{memory},,,,,"
                );
            }
        }
        Measured::parse(&about, runs.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
    }

    const LIMIT: &str = r#""units":5,"limit_ms":200.0,"limit":"the longest wait""#;
    const NO_LIMIT: &str = r#""units":640,"limit_ms":null,"limit":null"#;

    /// Ratios of less than 20, and languages mixed.
    fn near() -> Measured {
        let rows = [
            ("five", "rust", "sequential", 600.0, 1),
            ("five", "python", "asyncio", 300.0, 1),
            ("five", "rust", "threads", 200.0, 1),
            ("five", "python-313t", "threads", 400.0, 1),
        ];
        made_up(&[("five", LIMIT)], &rows)
    }

    /// Each a hundred times the one before, and none below the limit.
    fn far() -> Measured {
        let rows = [
            ("five", "rust", "threads", 200.0, 1),
            ("five", "rust", "pool", 20_000.0, 1),
            ("five", "python", "threads", 2_000_000.0, 1),
        ];
        made_up(&[("five", LIMIT)], &rows)
    }

    fn picture(measured: &Measured, name: &str) -> String {
        let files = draw(measured).unwrap_or_else(|e| panic!("{e}"));
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        match files.iter().find(|(file, _)| file == name) {
            Some((_, svg)) => svg.clone(),
            None => panic!("{name} is not there: {names:?}"),
        }
    }

    fn read(svg: &str) -> Document<'_> {
        Document::parse(svg).unwrap_or_else(|e| panic!("{e}"))
    }

    fn elements<'a>(svg: &'a Document<'a>, name: &'static str) -> Vec<Node<'a, 'a>> {
        let name = ("http://www.w3.org/2000/svg", name);
        svg.descendants().filter(|node| node.has_tag_name(name)).collect()
    }

    fn at(node: &Node<'_, '_>, name: &str) -> i32 {
        let value = node.attribute(name).and_then(|text| text.parse().ok());
        value.unwrap_or_else(|| panic!("no {name}"))
    }

    fn style<'a>(node: &Node<'a, '_>) -> &'a str {
        node.attribute("style").unwrap_or_default()
    }

    /// From where to where each bar goes, from the top down.
    fn bars(svg: &Document<'_>) -> Vec<(i32, i32)> {
        let bar = |rect: &Node<'_, '_>| {
            let (x, width) = (at(rect, "x"), at(rect, "width"));
            (x, x + width)
        };
        elements(svg, "rect").iter().map(bar).collect()
    }

    /// Each text with its place.
    fn texts<'a>(svg: &'a Document<'_>) -> Vec<(&'a str, i32, i32)> {
        let place = |node: &Node<'a, '_>| {
            let words = node.text().unwrap_or_default().trim();
            (words, at(node, "x"), at(node, "y"))
        };
        let nodes = svg.descendants();
        nodes.filter(|node| node.tag_name().name() == "text").map(|n| place(&n)).collect()
    }

    fn has(texts: &[(&str, i32, i32)], words: &str) -> bool {
        texts.iter().any(|(text, ..)| *text == words)
    }

    fn description(svg: &str) -> String {
        let svg = read(svg);
        let desc = elements(&svg, "desc");
        desc.first().and_then(Node::text).unwrap_or_default().to_owned()
    }

    /// The ends of all dashed lines.
    fn dashed(svg: &Document<'_>) -> Vec<(i32, i32)> {
        let lines = elements(svg, "polyline");
        let dashed = lines.iter().filter(|line| style(line).contains("dasharray"));
        let points = dashed.filter_map(|line| line.attribute("points"));
        let point = |point: &str| -> Option<(i32, i32)> {
            let (x, y) = point.split_once(',')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        };
        points.flat_map(|points| points.split(' ').filter_map(point)).collect()
    }

    #[test]
    fn bars_are_as_long_as_what_they_stand_for() {
        let svg = picture(&near(), "five.svg");
        let svg = read(&svg);
        let bars = bars(&svg);
        assert_eq!(bars.len(), 4);
        assert!(bars.iter().all(|(from, _)| *from == LEFT), "{bars:?}");
        let length = |i: usize| f64::from(bars[i].1 - LEFT);
        for (i, third) in [(0, 3.0), (1, 1.0), (2, 1.5), (3, 2.0)] {
            assert!((length(i) / third - length(0) / 3.0).abs() <= 1.0, "{i}: {bars:?}");
        }
        // What is measured at the limit ends there.
        let limit = dashed(&svg);
        assert_eq!(
            limit.len(),
            8,
            "through each of three groups, and from the words down"
        );
        assert!(limit.iter().all(|(x, _)| (x - bars[1].1).abs() <= 1), "{limit:?}");
        assert!(has(&texts(&svg), "the longest wait: 200 ms"));
        assert!(has(&texts(&svg), "0") && has(&texts(&svg), "400 ms"));
    }

    #[test]
    fn far_apart_the_same_ratio_is_the_same_step() {
        let svg = picture(&far(), "five.svg");
        let svg = read(&svg);
        let bars = bars(&svg);
        let (first, second) = (bars[1].1 - bars[0].1, bars[2].1 - bars[1].1);
        assert!((first - second).abs() <= 1 && first > 50, "{bars:?}");
        assert!(bars[0].1 > LEFT + 10, "the shortest is seen: {bars:?}");
        assert!(dashed(&svg).iter().all(|(x, _)| (x - bars[0].1).abs() <= 1));
        // As between a mark and the next but one.
        let marks = texts(&svg);
        let x =
            |mark| marks.iter().find(|(words, ..)| *words == mark).map(|(_, x, _)| *x);
        let step = x("10 s").zip(x("100 ms")).map(|(more, less)| more - less);
        assert!(step.is_some_and(|step| (step - first).abs() <= 2), "{marks:?}");
        assert!(has(&marks, "each line is ten times the one before"), "{marks:?}");
        assert!(!has(&marks, "0"), "there is no nothing on such a scale");
    }

    #[test]
    fn every_bar_has_its_name_its_figure_and_its_whisker() {
        let svg = picture(&near(), "five.svg");
        let svg = read(&svg);
        let (texts, bars) = (texts(&svg), elements(&svg, "rect"));
        let wanted = [
            ("one after another", "600 ms", "--tl-2"),
            ("a thread each", "200 ms", "--tl-2"),
            ("asyncio, aiohttp", "300 ms", "--tl-1"),
            ("a thread each", "400 ms", "--tl-1"),
        ];
        for (bar, (name, figure, colour)) in bars.iter().zip(wanted) {
            assert!(style(bar).contains(colour), "{name}");
            let middle = at(bar, "y") + BAR / 2;
            let end = at(bar, "x") + at(bar, "width");
            let beside: Vec<_> = texts.iter().filter(|(.., y)| *y == middle).collect();
            let [(left, before, _), (right, after, _)] = beside[..] else {
                panic!("{name}: {beside:?}");
            };
            assert_eq!((*left, *right), (name, figure));
            assert!(*before < LEFT && *after > end, "{beside:?}");
            // From 5 % below to 5 % above.
            let whisker = elements(&svg, "polyline").into_iter().find_map(|line| {
                let (from, to) = line.attribute("points")?.trim().split_once(' ')?;
                let ((x, y), (to, other)) = (from.split_once(',')?, to.split_once(',')?);
                let height = middle.to_string();
                (y == height && other == height)
                    .then_some((x.parse().ok()?, to.parse().ok()?))
            });
            let (from, to): (i32, i32) =
                whisker.unwrap_or_else(|| panic!("{name}: none"));
            let tenth = f64::from(end - LEFT) / 10.0;
            assert!((f64::from(to - from) - tenth).abs() <= 1.0, "{from} to {to}");
            assert!(from < end && end < to && to < *after, "{from} {end} {to}");
        }
        // A heading for each language, in this order, each over its bars.
        let heights: Vec<i32> = ["Rust", "Python 3.11", "Python 3.13 without a GIL"]
            .iter()
            .flat_map(|name| texts.iter().filter(move |(words, ..)| words == name))
            .map(|(.., y)| *y)
            .collect();
        let tops: Vec<i32> = bars.iter().map(|bar| at(bar, "y")).collect();
        assert_eq!(heights.len(), 3);
        let order =
            [heights[0], tops[0], tops[1], heights[1], tops[2], heights[2], tops[3]];
        assert!(order.is_sorted(), "{order:?}");
    }

    #[test]
    fn every_figure_is_told_in_words() {
        assert_eq!(
            description(&picture(&near(), "five.svg")),
            "Work of five. The limit, the longest wait: 200 ms. \
             Rust, one after another: 600 ms, in all runs 570 to 630 ms. \
             Rust, a thread each: 200 ms, in all runs 190 to 210 ms. \
             Python 3.11, asyncio, aiohttp: 300 ms, in all runs 285 to 315 ms. \
             Python 3.13 without a GIL, a thread each: 400 ms, in all runs 380 to 420 ms."
        );
    }

    #[test]
    fn starting_is_the_whole_process() {
        let rows = [
            ("starting", "rust", "nothing", 0.0, 1),
            ("starting", "python", "httpx", 400.0, 1),
        ];
        let svg = picture(&made_up(&[("starting", NO_LIMIT)], &rows), "starting.svg");
        let told = description(&svg);
        assert!(told.contains("Rust, nothing else: 40.0 ms."), "{told}");
        assert!(told.contains("Python 3.11, httpx: 440 ms, in all runs"), "{told}");
        let svg = read(&svg);
        let bars = bars(&svg);
        assert!(dashed(&svg).is_empty(), "no limit, no line");
        assert_eq!((bars[1].1 - LEFT + 5) / 11, bars[0].1 - LEFT, "{bars:?}");
    }

    #[test]
    fn a_unit_is_taken_where_there_are_most_of_it() {
        let rows = [
            ("units-0", "rust", "thread", 1.0, 2_000),
            ("units-0", "rust", "process", 1.0, 2_000),
            ("units-0", "python", "task", 1.0, 2_000),
            ("units-1000", "rust", "thread", 1.0, 99_000),
            ("units-1000", "rust", "process", 1.0, 1_002_000),
            ("units-1000", "python", "task", 1.0, 99_000),
            ("units-10000", "rust", "thread", 1.0, 102_000),
            ("units-10000", "python", "task", 1.0, 1_000),
        ];
        let tables = [
            ("units-0", r#""units":0,"limit_ms":null,"limit":null"#),
            ("units-1000", r#""units":1000,"limit_ms":null,"limit":null"#),
            ("units-10000", r#""units":10000,"limit_ms":null,"limit":null"#),
        ];
        let svg = picture(&made_up(&tables, &rows), "units.svg");
        assert_eq!(
            description(&svg),
            "The memory of one among many. Rust, a thread of 10,000: 10 KiB. \
             Rust, a process of 1,000: 1,000 KiB. \
             Python 3.11, a task of 10,000: -0.10 KiB."
        );
        let svg = read(&svg);
        let bars = bars(&svg);
        // From 10 to 1,000 are two powers of ten, as from 10 to 1,000 on the scale; less than nothing is no bar.
        let texts = texts(&svg);
        let x =
            |mark| texts.iter().find(|(words, ..)| *words == mark).map(|(_, x, _)| *x);
        assert_eq!((Some(bars[0].1), Some(bars[1].1)), (x("10"), x("1000")), "{texts:?}");
        assert_eq!(bars[2], (LEFT, LEFT));
        assert!(has(&texts, "KiB each, each line is ten times the one before"));
    }

    #[test]
    fn the_sweep_has_a_spot_for_each_step_and_the_law_beside() {
        let mut rows = Vec::new();
        let mut tables = Vec::new();
        // As many pages a second as the law says, and for Python half of it.
        for (id, ms) in [("sweep-128", 400.0), ("sweep-8", 1600.0), ("sweep-16", 800.0)] {
            tables.push((id, NO_LIMIT));
            rows.push((id, "rust", "pool", ms, 1));
            rows.push((id, "rust", "async-bounded", ms, 1));
            rows.push((id, "python", "pool", 2.0 * ms, 1));
        }
        let svg = picture(&made_up(&tables, &rows), "sweep.svg");
        assert!(
            description(&svg).starts_with(
                "Pages a second. 8 workers: 400 by Little's law; Rust, a pool of threads 400; \
                 Rust, async, bounded 400; Python, ThreadPoolExecutor 200. 16 workers: 800"
            ),
            "{}",
            description(&svg)
        );
        let svg = read(&svg);
        let law = dashed(&svg);
        // 8, 16, the bend at 32, 128; and the stroke of its key.
        assert_eq!(law.len(), 6, "{law:?}");
        assert_eq!(law[2].1, law[3].1, "flat beyond the slots: {law:?}");
        let spots = |style_has: &str, radius: i32| -> Vec<(i32, i32)> {
            let circles = elements(&svg, "circle");
            let mine = circles.iter().filter(|c| style(c).contains(style_has));
            mine.filter(|c| at(c, "r") == radius)
                .map(|c| (at(c, "cx"), at(c, "cy")))
                .collect()
        };
        // Three, and one in the key; full the first of a colour, rings the second.
        let (pool, bounded, python) = (
            spots("fill:var(--tl-2)", 5),
            spots("stroke:var(--tl-2)", 7),
            spots("fill:var(--tl-1)", 5),
        );
        assert_eq!((pool.len(), bounded.len(), python.len()), (4, 4, 4));
        assert_eq!(pool[..3], bounded[..3]);
        for (spot, law) in pool.iter().zip([law[0], law[1]]) {
            assert!(
                (spot.0 - law.0).abs() <= 1 && (spot.1 - law.1).abs() <= 1,
                "{spot:?}"
            );
        }
        // Half as much is as far down as half the workers.
        let half = pool[0].1 - pool[1].1;
        assert!((python[0].1 - pool[0].1 - half).abs() <= 1, "{python:?} {pool:?}");
        let texts = texts(&svg);
        for name in
            ["Rust, a pool of threads", "Rust, async, bounded", "Little's law", "128"]
        {
            assert!(has(&texts, name), "{name}: {texts:?}");
        }
    }

    /// A bit of everything.
    fn all() -> Measured {
        let mut tables: Vec<(&str, &str)> = JOBS.map(|id| (id, LIMIT)).to_vec();
        for id in ["starting", "units-0", "units-1000", "sweep-1", "clients", "counter"] {
            tables.push((id, NO_LIMIT));
        }
        let rows: Vec<_> =
            tables.iter().map(|(id, _)| (*id, "rust", "threads", 250.0, 4000)).collect();
        made_up(&tables, &rows)
    }

    #[test]
    fn all_can_stand_on_a_page_and_the_same_data_gives_the_same_bytes()
    -> Result<(), Box<dyn Error>> {
        let files = draw(&all())?;
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let wanted: Vec<String> = JOBS
            .iter()
            .chain(&["starting", "units", "sweep"])
            .map(|name| format!("{name}.svg"))
            .collect();
        assert_eq!(names, wanted);
        assert_eq!(files, draw(&all())?);
        for (name, text) in &files {
            assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"), "{name}");
            assert!(text.lines().all(|line| !line.trim().is_empty()), "{name}: blank");
            let (style, rest) = text.split_once("</style>").unwrap_or_default();
            assert!(
                style.contains('#') && !rest.contains('#'),
                "{name}: a colour is left"
            );
            let svg = read(text);
            let id = format!("bench-{}", name.trim_end_matches(".svg"));
            assert_eq!(svg.root_element().attribute("id"), Some(id.as_str()));
        }
        Ok(())
    }

    #[test]
    fn what_is_not_in_the_data_has_no_picture() -> Result<(), Box<dyn Error>> {
        assert_eq!(draw(&made_up(&[], &[]))?, []);
        // A table that was named and has no run.
        let tables = [("five", LIMIT), ("starting", NO_LIMIT), ("sweep-1", NO_LIMIT)];
        assert_eq!(draw(&made_up(&tables, &[]))?, []);
        Ok(())
    }

    #[test]
    fn every_name_fits_beside_its_bar() {
        // At 18 units a letter is about 9 wide.
        let most = usize::try_from((LEFT - 8) / 9).unwrap_or(0);
        for (by, row) in crate::labels::tests::rows() {
            let words = words(by, row);
            assert!(words.chars().count() <= most, "{words}: more than {most}");
        }
    }
}
