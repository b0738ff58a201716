//! What of a record must not depend on luck.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Record;

/// The relations between the spans of a record: what two runs of the same program must have in common, whatever the clock said.
///
/// Spans are named by their label; a label that occurs again is numbered (`site-1`, `site-1 (2)`). Pairs are in the order of
/// those names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Structure {
    /// Pairs of which the first ended before the second began.
    pub one_after_another: BTreeSet<(String, String)>,
    /// Pairs that were open at the same time.
    pub overlapping: BTreeSet<(String, String)>,
    /// Pairs that held the same thread at some time.
    pub on_one_thread: BTreeSet<(String, String)>,
    /// Spans that were entered once, and so held their thread all the time: the solid ones. The others came back to a thread
    /// after waiting without one.
    pub solid: BTreeSet<String>,
}

impl Record {
    /// The structure of this record; of the order of n² in the number of spans.
    pub fn structure(&self) -> Structure {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let names: Vec<String> = self
            .spans
            .iter()
            .map(|span| {
                let times = seen.entry(&span.label).or_default();
                *times += 1;
                if *times == 1 {
                    span.label.clone()
                } else {
                    format!("{} ({times})", span.label)
                }
            })
            .collect();

        let mut structure = Structure::default();
        for (i, a) in self.spans.iter().enumerate() {
            if a.held.len() == 1 {
                structure.solid.insert(names[i].clone());
            }
            for (j, b) in self.spans.iter().enumerate() {
                let pair = (names[i].clone(), names[j].clone());
                if i != j && a.end_ms <= b.begin_ms {
                    structure.one_after_another.insert(pair);
                } else if names[i] < names[j]
                    && a.begin_ms < b.end_ms
                    && b.begin_ms < a.end_ms
                {
                    structure.overlapping.insert(pair);
                }
                if names[i] < names[j] {
                    let threads = b.threads();
                    if a.threads().iter().any(|thread| threads.contains(thread)) {
                        structure
                            .on_one_thread
                            .insert((names[i].clone(), names[j].clone()));
                    }
                }
            }
        }
        structure
    }
}
