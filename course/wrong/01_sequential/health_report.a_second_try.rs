// Wrong: tries again what failed, and so hides what the report is for.
// rejected by each_site_has_its_line: 5 requests were made in all, and 3 were wanted

use std::time::Duration;

use course::{FetchErrorKind, Url, client, fetch};

/// A line for each address, in their order: `URL: up, PAGE`, or `URL: down, ERROR`, or
/// `URL: silent` if nothing came before the deadline. Last the counts: `2 up, 1 down, 0 silent`.
fn health_report(
    urls: &[Url],
    deadline: Duration,
) -> Result<Vec<String>, reqwest::Error> {
    let client = client(deadline)?;
    let (mut up, mut down, mut silent) = (0, 0, 0);
    let mut lines = Vec::new();
    for url in urls {
        let verdict = match fetch(&client, url).or_else(|_| fetch(&client, url)) {
            Ok(page) => {
                up += 1;
                format!("up, {page}")
            }
            Err(error) if error.kind == FetchErrorKind::Timeout => {
                silent += 1;
                "silent".to_owned()
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
