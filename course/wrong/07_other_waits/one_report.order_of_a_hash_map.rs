// Wrong: twice is told once, and the order is that of a HashMap.
// rejected by the_order_in_which_they_come_is_not_to_be_seen: of 5 reports are the one that was wanted

use std::collections::HashMap;

/// An address, and what came of it: a status, or what went wrong.
type Checked = (&'static str, Result<u16, &'static str>);

/// A line for each address that failed, in the order of the addresses, and how many they are.
///
/// One that failed once and was fine once has failed. Of several errors, it tells the one
/// that comes first in the alphabet.
fn report(results: impl Iterator<Item = Checked>) -> String {
    let mut known: HashMap<_, Result<u16, _>> = HashMap::new();
    for (address, result) in results {
        let known = known.entry(address).or_insert(result);
        *known = match (*known, result) {
            (Err(one), Err(other)) => Err(one.min(other)),
            (Err(error), _) | (_, Err(error)) => Err(error),
            (ok, _) => ok,
        };
    }
    let failed =
        known.iter().filter_map(|(address, result)| Some((address, result.err()?)));
    let lines: Vec<String> =
        failed.map(|(address, error)| format!("{address}: {error}\n")).collect();
    format!("{}{} broken\n", lines.concat(), lines.len())
}
