// Results come as they are ready, so in another order each time, and an address that many
// link to comes more than once. The report of the same results is to be the same text.
// The page: book/07-other-waits/keep-what-is-known.md

use std::collections::HashMap;

/// An address, and what came of it: a status, or what went wrong.
type Checked = (&'static str, Result<u16, &'static str>);

/// A line for each address that failed, in the order of the addresses, and how many they are.
///
/// One that failed once and was fine once has failed. Of several errors, it tells the one
/// that comes first in the alphabet.
fn report(results: impl Iterator<Item = Checked>) -> String {
    // TODO: let the report depend on the results, and not on who was first.
    let mut known = HashMap::new();
    for (address, result) in results {
        known.insert(address, result);
    }
    let failed =
        known.iter().filter_map(|(address, result)| Some((address, result.err()?)));
    let lines: Vec<String> =
        failed.map(|(address, error)| format!("{address}: {error}\n")).collect();
    format!("{}{} broken\n", lines.concat(), lines.len())
}

fn main() {}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same results, beginning with each of them in turn.
    fn check(results: &[Checked], wanted: &str) {
        let all = results.len();
        let orders = (0..all).map(|n| [&results[n..], &results[..n]].concat());
        let reports = orders.map(|results| report(results.into_iter()));
        let same = reports.filter(|text| text == wanted).count();
        assert!(same == all, "{same} of {all} reports are the one that was wanted");
    }
    #[test]
    fn the_order_in_which_they_come_is_not_to_be_seen() {
        let results = &[
            ("/a", Err("timeout")),
            ("/b", Ok(200)),
            ("/c", Err("404")),
            ("/d", Err("refused")),
            ("/e", Err("500")),
        ];
        check(results, "/a: timeout\n/c: 404\n/d: refused\n/e: 500\n4 broken\n");
    }
    #[test]
    fn an_address_that_comes_twice_is_told_once() {
        let results = &[
            ("/a", Err("timeout")),
            ("/a", Ok(200)),
            ("/a", Err("503")),
            ("/b", Ok(200)),
        ];
        check(results, "/a: 503\n1 broken\n");
    }
}
