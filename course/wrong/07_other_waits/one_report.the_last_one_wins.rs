// Wrong: sorted, and of two results for one address the later one is told.
// rejected by an_address_that_comes_twice_is_told_once: 2 of 4 reports are the one that was wanted

use std::collections::BTreeMap;

/// An address, and what came of it: a status, or what went wrong.
type Checked = (&'static str, Result<u16, &'static str>);

/// A line for each address that failed, in the order of the addresses, and how many they are.
///
/// One that failed once and was fine once has failed. Of several errors, it tells the one
/// that comes first in the alphabet.
fn report(results: impl Iterator<Item = Checked>) -> String {
    let mut known = BTreeMap::new();
    for (address, result) in results {
        known.insert(address, result);
    }
    let failed =
        known.iter().filter_map(|(address, result)| Some((address, result.err()?)));
    let lines: Vec<String> =
        failed.map(|(address, error)| format!("{address}: {error}\n")).collect();
    format!("{}{} broken\n", lines.concat(), lines.len())
}
