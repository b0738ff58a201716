//! The timeline records what happened, and draws what it recorded.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use lab::timeline::{Block, Blocked, Held, LOCK, Record, Several, Span, Timeline};
use proptest::prelude::*;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, dispatcher, info_span};
use tracing_subscriber::prelude::*;

/// Runs `work` under a timeline, and returns what it recorded.
fn recorded(work: impl FnOnce(&Dispatch)) -> Record {
    let timeline = Timeline::new();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(timeline.clone()));
    dispatcher::with_default(&dispatch, || work(&dispatch));
    timeline.record()
}

fn names(pairs: &BTreeSet<(String, String)>) -> Vec<(&str, &str)> {
    pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}

#[test]
fn one_after_another_on_one_thread() {
    let record = recorded(|_| {
        for site in ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b?x=/c"] {
            let _span = info_span!("fetch", url = %site).entered();
        }
    });
    let labels: Vec<&str> = record.spans.iter().map(|span| span.label.as_str()).collect();
    assert_eq!(labels, ["a", "b"]);
    assert_eq!(record.spans[0].name, "fetch");
    assert_eq!(record.threads(), 1);
    let structure = record.structure();
    assert_eq!(names(&structure.one_after_another), [("a", "b")]);
    assert_eq!(names(&structure.on_one_thread), [("a", "b")]);
    assert!(structure.overlapping.is_empty(), "{structure:?}");
}

#[test]
fn two_threads_overlap() {
    let both_inside = Barrier::new(2);
    let record = recorded(|dispatch| {
        thread::scope(|scope| {
            for site in ["a", "b"] {
                let both_inside = &both_inside;
                scope.spawn(move || {
                    dispatcher::with_default(dispatch, || {
                        let _span = info_span!("fetch", site).entered();
                        both_inside.wait();
                    });
                });
            }
        });
    });
    assert_eq!(record.threads(), 2);
    let structure = record.structure();
    assert_eq!(names(&structure.overlapping), [("a", "b")]);
    assert!(structure.on_one_thread.is_empty(), "{structure:?}");
    assert!(structure.one_after_another.is_empty(), "{structure:?}");
    assert_eq!(structure.solid.len(), 2);
}

#[test]
fn a_span_that_is_left_and_entered_again_holds_its_thread_twice() {
    let record = recorded(|_| {
        let waiting = info_span!("fetch", site = "waits");
        waiting.in_scope(|| {});
        {
            let _other = info_span!("fetch", site = "works").entered();
        }
        waiting.in_scope(|| {});
    });
    let [waits, works] = &record.spans[..] else { panic!("two spans: {record:?}") };
    assert_eq!((waits.label.as_str(), waits.held.len()), ("waits", 2));
    assert_eq!((works.label.as_str(), works.held.len()), ("works", 1));
    // The thread was free in between, and the other span used it there.
    assert!(waits.held[0].end_ms <= works.held[0].begin_ms, "{record:?}");
    assert!(works.held[0].end_ms <= waits.held[1].begin_ms, "{record:?}");
}

#[test]
fn a_span_that_is_still_open_is_recorded_up_to_now() {
    let timeline = Timeline::new();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(timeline.clone()));
    dispatcher::with_default(&dispatch, || {
        let _open = info_span!("fetch", site = "hangs").entered();
        let record = timeline.record();
        assert_eq!(record.spans.len(), 1);
        assert_eq!(record.spans[0].held.len(), 1);
    });
}

#[test]
fn spans_below_info_are_the_libraries_own_affair() {
    /// Another layer, that wants to hear of everything.
    struct Curious;
    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Curious {
        fn max_level_hint(&self) -> Option<LevelFilter> {
            Some(LevelFilter::TRACE)
        }
    }
    let timeline = Timeline::new();
    let subscriber = tracing_subscriber::registry().with(timeline.clone()).with(Curious);
    tracing::subscriber::with_default(subscriber, || {
        let _span = tracing::debug_span!("poll", site = "a").entered();
    });
    assert_eq!(timeline.record().spans, []);
}

#[test]
fn waiting_is_drawn_hollow_and_holding_solid() {
    let record = Record {
        spans: vec![
            Span {
                name: "fetch".into(),
                label: "async".into(),
                begin_ms: 0.0,
                end_ms: 100.0,
                held: vec![
                    Held { thread: 1, begin_ms: 0.0, end_ms: 0.1 },
                    Held { thread: 1, begin_ms: 99.9, end_ms: 100.0 },
                ],
                blocked: Vec::new(),
            },
            Span {
                name: "fetch".into(),
                label: "thread".into(),
                begin_ms: 0.0,
                end_ms: 50.0,
                held: vec![Held { thread: 2, begin_ms: 0.0, end_ms: 50.0 }],
                blocked: Vec::new(),
            },
        ],
    };
    let text = record.to_text();
    let rows: Vec<&str> = text.lines().skip(1).collect();
    let bar =
        |row: &str| -> String { row.chars().filter(|c| "█░".contains(*c)).collect() };
    let hollow = bar(rows[0]);
    assert!(hollow.starts_with("█░") && hollow.ends_with("░█"), "{text}");
    assert_eq!(hollow.matches('█').count(), 2, "{text}");
    let solid = bar(rows[1]);
    assert!(!solid.contains('░'), "{text}");
    // Half the time is half the columns, to the next whole one.
    assert!((2 * solid.chars().count()).abs_diff(hollow.chars().count()) <= 1, "{text}");
    assert_eq!(record.structure().solid, BTreeSet::from(["thread".to_owned()]));
}

#[test]
fn a_wait_for_a_lock_is_part_of_the_row_that_waits_and_no_row_of_its_own() {
    let record = recorded(|_| {
        let _row = info_span!("fetch_into", site = "a").entered();
        {
            let _waiting = info_span!(LOCK).entered();
        }
        {
            // Another span inside: neither a row nor a wait.
            let _fetch = info_span!("fetch", site = "a").entered();
            // Deeper inside, it is still this row that waits.
            let _waiting = info_span!(LOCK).entered();
        }
    });
    let [row] = &record.spans[..] else { panic!("one row: {record:?}") };
    assert_eq!((row.name.as_str(), row.held.len()), ("fetch_into", 1));
    let [first, second] = &row.blocked[..] else { panic!("two waits: {row:?}") };
    let order = [
        row.begin_ms,
        first.begin_ms,
        first.end_ms,
        second.begin_ms,
        second.end_ms,
        row.end_ms,
    ];
    assert!(order.is_sorted(), "{row:?}");
}

#[test]
fn each_wait_is_of_the_row_on_whose_thread_it_is() {
    let both_wait = Barrier::new(2);
    let record = recorded(|dispatch| {
        thread::scope(|scope| {
            for site in ["a", "b"] {
                let both_wait = &both_wait;
                scope.spawn(move || {
                    dispatcher::with_default(dispatch, || {
                        let _row = info_span!("fetch_into", site).entered();
                        let _waiting = info_span!(LOCK).entered();
                        both_wait.wait();
                    });
                });
            }
        });
    });
    let waits: Vec<usize> = record.spans.iter().map(|row| row.blocked.len()).collect();
    assert_eq!(waits, [1, 1], "{record:?}");
}

/// A row of 100 ms on thread 3, of which it waits 40 for a lock, and then again for an instant.
fn blocked_row() -> Record {
    let span = Span {
        name: "fetch_into".into(),
        label: "site-1".into(),
        begin_ms: 0.0,
        end_ms: 100.0,
        held: vec![Held { thread: 3, begin_ms: 0.0, end_ms: 100.0 }],
        blocked: vec![
            Blocked { begin_ms: 0.0, end_ms: 40.0 },
            Blocked { begin_ms: 70.0, end_ms: 70.01 },
        ],
    };
    Record { spans: vec![span] }
}

#[test]
fn a_wait_for_a_lock_is_drawn_hatched_unless_it_is_too_short_to_be_seen() {
    let record = blocked_row();
    let text = record.to_text();
    let hatched = text.matches('▒').count();
    let solid = text.matches('█').count();
    assert!(text.contains("▒█") && !text.contains("█▒"), "{text}");
    // Two fifths of the row, to the next whole column.
    assert!((5 * hatched).abs_diff(2 * (hatched + solid)) <= 5, "{text}");

    let svg = record.to_svg("id", "title");
    let document = roxmltree::Document::parse(&svg).unwrap();
    let class = |wanted: &'static str| {
        document
            .descendants()
            .filter(move |node| node.attribute("class") == Some(wanted))
            .collect::<Vec<_>>()
    };
    let [blocked] = &class("blocked")[..] else { panic!("{svg}") };
    assert_eq!((percent(blocked, "x"), percent(blocked, "width")), (0.0, 40.0));
    // Drawn after what it covers, with a pattern that is there.
    assert!(blocked.range().start > class("held")[0].range().start);
    let [hatch] = &class("hatch")[..] else { panic!("{svg}") };
    let fill = format!("url(#{})", hatch.attribute("id").unwrap());
    assert_eq!(blocked.attribute("fill"), Some(fill.as_str()));
    assert!(svg.contains("100 ms · thread 3 · 40 ms for a lock"), "{svg}");
    // The same as data, in the order of the rectangles.
    let [row] = &class("row")[..] else { panic!("{svg}") };
    let data = ["task", "at", "held", "lock"]
        .map(|name| row.attribute(format!("data-{name}").as_str()).unwrap_or_default());
    assert_eq!(data, ["site-1", "0 100", "3 0 100", "0 40"]);
    assert!(svg.contains("Of that, it waited 40 ms for a lock."), "{svg}");
}

#[test]
fn a_record_without_locks_has_neither_pattern_nor_word_of_them() {
    let mut record = blocked_row();
    // Too short to be seen: there is nothing to explain either.
    record.spans[0].blocked.remove(0);
    let svg = record.to_svg("id", "title");
    assert!(!svg.contains("<pattern") && !svg.contains("for a lock"), "{svg}");
    assert!(!svg.contains("hatch"), "{svg}");
    record.spans[0].blocked.clear();
    assert_eq!(svg, record.to_svg("id", "title"));
    assert!(!record.to_text().contains('▒'));
    assert!(!serde_json::to_string(&record).unwrap().contains("blocked"));
}

#[test]
fn the_chrome_trace_has_the_wait_on_the_thread_that_waits() {
    let trace: serde_json::Value =
        serde_json::from_str(&blocked_row().to_chrome_trace()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let waits: Vec<_> = events.iter().filter(|event| event["cat"] == "blocked").collect();
    assert_eq!(waits.len(), 2, "{trace}");
    assert_eq!((&waits[0]["tid"], &waits[0]["ph"]), (&3.into(), &"X".into()));
    assert_eq!(
        (waits[0]["ts"].as_f64(), waits[0]["dur"].as_f64()),
        (Some(0.0), Some(40e3))
    );
}

/// Any record: spans in the order of their begin, stretches inside their span, many without length, labels of any kind.
fn records(
    rows: impl Into<proptest::collection::SizeRange>,
) -> impl Strategy<Value = Record> {
    let point = prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64];
    let length = prop_oneof![Just(0.0), 0.0..1.0_f64];
    let blocked = proptest::collection::vec((point.clone(), point.clone()), 0..3);
    let held = proptest::collection::vec((1_usize..40, point.clone(), point), 0..4);
    let label =
        prop_oneof!["site-[0-9]{1,3}", "\\PC{0,30}", Just("a\n\n<b>&\"\u{1}".to_owned())];
    let span = (label, 0.0..1e6_f64, length, 0.0..1e6_f64, held, blocked);
    proptest::collection::vec(span, rows).prop_map(|spans| {
        let mut spans: Vec<Span> = spans
            .into_iter()
            .map(|(label, begin_ms, share, longest, held, blocked)| {
                let end_ms = begin_ms + share * longest;
                let inside = |part: f64| begin_ms + part * (end_ms - begin_ms);
                let held = held
                    .into_iter()
                    .map(|(thread, a, b)| Held {
                        thread,
                        begin_ms: inside(a.min(b)),
                        end_ms: inside(a.max(b)),
                    })
                    .collect();
                let blocked = blocked
                    .into_iter()
                    .map(|(a, b)| Blocked {
                        begin_ms: inside(a.min(b)),
                        end_ms: inside(a.max(b)),
                    })
                    .collect();
                Span { name: "fetch".into(), label, begin_ms, end_ms, held, blocked }
            })
            .collect();
        spans.sort_by(|a, b| a.begin_ms.total_cmp(&b.begin_ms));
        Record { spans }
    })
}

/// The attribute of a rectangle in per cent, as a number.
fn percent(rect: &roxmltree::Node<'_, '_>, name: &str) -> f64 {
    rect.attribute(name).unwrap().strip_suffix('%').unwrap().parse().unwrap()
}

proptest! {
    #[test]
    fn the_text_fits_80_columns_and_shows_every_row_it_does_not_fold(record in records(1..60)) {
        let text = record.to_text();
        let rows: Vec<&str> = text.lines().skip(1).collect();
        if record.spans.len() <= 24 {
            // A label may hold a line feed only where the drawing has made it harmless.
            prop_assert_eq!(rows.len(), record.spans.len());
        } else {
            prop_assert_eq!(rows.len(), 21);
            let folded = format!("... {} more ...", record.spans.len() - 20);
            prop_assert!(rows[16].contains(&folded), "{}", text);
        }
        for (number, row) in rows.iter().enumerate() {
            prop_assert!(row.chars().count() <= 80, "{}", text);
            let is_fold = record.spans.len() > 24 && number == 16;
            prop_assert!(is_fold || row.contains(['█', '▒', '░']), "row {} is invisible:\n{}", number, text);
        }
    }

    #[test]
    fn no_bar_leaves_the_frame_and_none_is_invisible(record in records(1..60)) {
        let svg = record.to_svg("id", "title");
        prop_assert_eq!(&svg, &record.to_svg("id", "title"));
        prop_assert!(svg.lines().all(|line| !line.trim().is_empty()), "a blank line ends the element in Markdown");
        let document = roxmltree::Document::parse(&svg).unwrap();
        let height: f64 = document.root_element().attribute("height").unwrap().parse().unwrap();
        // The rectangle of the hatching is a part of a pattern, and stands nowhere itself.
        let bars: Vec<_> = document
            .descendants()
            .filter(|node| node.has_tag_name("rect") && node.has_attribute("class"))
            .collect();
        let open: Vec<_> = bars.iter().filter(|bar| bar.attribute("class") == Some("open")).collect();
        prop_assert_eq!(open.len(), record.spans.len());
        let held = bars.iter().filter(|bar| bar.attribute("class") == Some("held")).count();
        prop_assert_eq!(held, record.spans.iter().map(|span| span.held.len()).sum::<usize>());
        // Of the waits for a lock, those that can be seen.
        let frame = record.spans.iter().map(|span| span.end_ms).fold(0.001, f64::max);
        let blocked = bars.len() - open.len() - held;
        let waits = |share: f64| record.spans.iter().flat_map(|span| &span.blocked)
            .filter(|wait| (wait.end_ms - wait.begin_ms) / frame * 100.0 >= share).count();
        prop_assert!(waits(0.401) <= blocked && blocked <= waits(0.399), "{}", svg);
        for bar in &bars {
            let (x, width) = (percent(bar, "x"), percent(bar, "width"));
            prop_assert!(x >= 0.0 && x + width <= 100.0005, "{} + {}", x, width);
            prop_assert!(width >= 0.4);
            let y: f64 = bar.attribute("y").unwrap().parse().unwrap();
            let bar_height: f64 = bar.attribute("height").unwrap().parse().unwrap();
            prop_assert!(bar_height >= 3.0 && y >= 0.0 && y + bar_height <= height);
        }
        // Rows stand in the order of the spans, and none covers another.
        let tops: Vec<f64> = open.iter().map(|bar| bar.attribute("y").unwrap().parse().unwrap()).collect();
        prop_assert!(tops.windows(2).all(|pair| pair[1] - pair[0] >= 4.0), "{:?}", tops);
        let begins: Vec<f64> = open.iter().map(|bar| percent(bar, "x")).collect();
        prop_assert!(begins.windows(2).all(|pair| pair[1] >= pair[0] - 0.4), "{:?}", begins);
    }

    #[test]
    fn the_chrome_trace_holds_every_stretch(record in records(1..20)) {
        let trace: serde_json::Value = serde_json::from_str(&record.to_chrome_trace()).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let phase = |wanted: &str| events.iter().filter(|event| event["ph"] == wanted).count();
        prop_assert_eq!(phase("b"), record.spans.len());
        prop_assert_eq!(phase("e"), record.spans.len());
        let stretches = record.spans.iter().map(|span| span.held.len() + span.blocked.len());
        prop_assert_eq!(phase("X"), stretches.sum::<usize>());
        for event in events.iter().filter(|event| event["ph"] == "X") {
            prop_assert!(event["dur"].as_f64().unwrap() >= 0.0);
        }
    }

    #[test]
    fn a_record_survives_json(record in records(0..10)) {
        let json = serde_json::to_string(&record).unwrap();
        prop_assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);
    }
}

#[test]
fn five_hundred_rows_are_legible() {
    let spans = (0..500)
        .map(|i| {
            let begin_ms = f64::from(i);
            let held = vec![Held { thread: 1, begin_ms, end_ms: begin_ms + 50.0 }];
            Span {
                name: "fetch".into(),
                label: format!("site-{}", i + 1),
                begin_ms,
                end_ms: begin_ms + 50.0,
                held,
                blocked: Vec::new(),
            }
        })
        .collect();
    let record = Record { spans };
    assert_eq!(record.to_text().lines().count(), 22, "a terminal shows about 24 lines");
    let svg = record.to_svg("id", "title");
    let document = roxmltree::Document::parse(&svg).unwrap();
    let labels: Vec<&str> = document
        .root_element()
        .children()
        .filter(|node| node.has_tag_name("text"))
        .filter_map(|node| node.text())
        .collect();
    assert_eq!(labels.len(), 20);
    assert_eq!(labels[19], "site-476 … site-500");
    let height: f64 =
        document.root_element().attribute("height").unwrap().parse().unwrap();
    assert!(height < 3000.0, "{height}");
}

#[test]
fn what_follows_in_time_does_not_overlap_on_the_screen() {
    let spans: Vec<Span> =
        [(0.0, 120.0), (120.0, 200.0), (200.0, 400.0), (400.0, 450.0), (450.0, 600.0)]
            .map(|(begin_ms, end_ms)| {
                let held = vec![Held { thread: 1, begin_ms, end_ms }];
                Span {
                    name: "fetch".into(),
                    label: format!("{begin_ms}"),
                    begin_ms,
                    end_ms,
                    held,
                    blocked: Vec::new(),
                }
            })
            .into();
    let text = Record { spans }.to_text();
    let rows: Vec<Vec<char>> =
        text.lines().skip(1).map(|row| row.chars().collect()).collect();
    let solid = |row: &Vec<char>, column: usize| row.get(column) == Some(&'█');
    let width = rows.iter().map(Vec::len).max().unwrap();
    let covered: Vec<usize> = (0..width)
        .map(|column| rows.iter().filter(|row| solid(row, column)).count())
        .collect();
    assert!(covered.iter().all(|&rows| rows <= 1), "{text}");
    let first = covered.iter().position(|&rows| rows == 1).unwrap();
    let last = covered.iter().rposition(|&rows| rows == 1).unwrap();
    assert!(
        covered[first..=last].iter().all(|&rows| rows == 1),
        "no gap either:\n{text}"
    );
}

#[test]
fn nothing_recorded_is_nothing_drawn() {
    assert_eq!(Record::default().to_text(), "");
    roxmltree::Document::parse(&Record::default().to_svg("id", "title")).unwrap();
}

/// A record of one row that holds a thread from 0 to there.
fn one_row(end_ms: f64) -> Record {
    let held = vec![Held { thread: 7, begin_ms: 0.0, end_ms }];
    let (name, label) = ("fetch".to_owned(), "site-1".to_owned());
    Record {
        spans: vec![Span { name, label, begin_ms: 0.0, end_ms, held, blocked: vec![] }],
    }
}

fn several(records: impl IntoIterator<Item = Record>) -> Several {
    let block = |(n, record)| Block {
        name: format!("model <{n}>"),
        note: format!("note {n}"),
        record,
    };
    Several { blocks: records.into_iter().enumerate().map(block).collect() }
}

#[test]
fn several_records_are_drawn_on_one_scale() {
    let both = several([one_row(200.0), one_row(50.0)]);
    let text = both.to_text();
    let lines: Vec<&str> = text.lines().collect();
    let [ends, "", "model <0>  note 0", long, "", "model <1>  note 1", short] = lines[..]
    else {
        panic!("{text}")
    };
    assert!(ends.trim_start().starts_with("0 ") && ends.ends_with(" 200 ms"), "{text}");
    let columns = |row: &str| row.matches('█').count();
    assert!(columns(long) > 60 && (4 * columns(short)).abs_diff(columns(long)) <= 4);
    assert!(!text.contains("thread"), "which one it was is luck");

    let svg = both.to_svg("id", "title");
    let document = roxmltree::Document::parse(&svg).unwrap();
    let widths: Vec<f64> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("held"))
        .map(|bar| percent(&bar, "width"))
        .collect();
    assert_eq!(widths, [100.0, 25.0]);
    let of: Vec<&str> =
        document.descendants().filter_map(|node| node.attribute("data-of")).collect();
    assert_eq!(of, ["model <0>", "model <1>"]);
    assert_eq!(svg.matches(" id=").count(), 3, "the element, its title, its description");
    assert!(svg.contains(" model &lt;1&gt;: note 1; 1 span in 50 ms.</desc>"), "{svg}");
}

#[test]
fn without_rows_several_records_are_nothing_to_print() {
    assert_eq!(Several::default().to_text(), "");
    assert_eq!(several([Record::default()]).to_text(), "");
    // As a picture, it is an empty frame.
    roxmltree::Document::parse(&several([]).to_svg("id", "title")).unwrap();
}

proptest! {
    #[test]
    fn several_records_keep_within_frame_and_columns(records in proptest::collection::vec(records(0..30), 0..5)) {
        let rows: usize = records.iter().map(|record| record.spans.len()).sum();
        let all = several(records);
        let text = all.to_text();
        prop_assert!(text.lines().all(|line| line.chars().count() <= 80), "{}", text);
        let drawn = text.lines().filter(|line| line.contains(['█', '▒', '░'])).count();
        prop_assert_eq!(drawn, rows, "{}", text);

        let svg = all.to_svg("id", "title");
        prop_assert!(svg.lines().all(|line| !line.trim().is_empty()));
        let document = roxmltree::Document::parse(&svg).unwrap();
        let height: f64 = document.root_element().attribute("height").unwrap().parse().unwrap();
        let of_class = |class| document.descendants().filter(move |node| node.attribute("class") == Some(class));
        let mut below = 0.0;
        for bar in of_class("open") {
            let (x, width) = (percent(&bar, "x"), percent(&bar, "width"));
            prop_assert!(x >= 0.0 && x + width <= 100.0005 && width >= 0.4);
            let top: f64 = bar.attribute("y").unwrap().parse().unwrap();
            prop_assert!(top >= below, "one row covers another");
            below = top + bar.attribute("height").unwrap().parse::<f64>().unwrap();
        }
        prop_assert!(below <= height);
        prop_assert_eq!(of_class("open").count(), rows);
    }
}
