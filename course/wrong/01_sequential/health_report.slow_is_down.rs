// Wrong: whatever is an error is down, even a site that may yet answer.
// rejected by silence_has_an_end: /never: down, timeout

use std::time::Duration;

use course::{FetchErrorKind, Url, client, fetch};

/// A line for each address, in their order: `URL: up, PAGE`, or `URL: down, ERROR`, or
/// `URL: silent` if nothing came before the deadline. Last the counts: `2 up, 1 down, 0 silent`.
fn health_report(
    urls: &[Url],
    deadline: Duration,
) -> Result<Vec<String>, reqwest::Error> {
    let client = client(deadline)?;
    let (mut up, mut down, silent) = (0, 0, 0);
    let mut lines = Vec::new();
    for url in urls {
        let verdict = match fetch(&client, url) {
            Ok(page) => {
                up += 1;
                format!("up, {page}")
            }
            Err(error) => {
                down += 1;
                format!("down, {error}")
            }
        };
        lines.push(format!("{url}: {verdict}"));
    }
    lines.push(format!("{up} up, {down} down, {silent} silent"));
    Ok(lines)
}
