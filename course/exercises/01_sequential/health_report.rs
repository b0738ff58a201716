// Are our sites up? The report has a line for each. This first try has the flaws of the
// chapter: a site that fails ends it, nobody is counted, each request opens a connection.
// The page: book/01-sequential-fetch/recap.md

use std::time::Duration;

use course::{Url, client, fetch};

/// A line for each address, in their order: `URL: up, PAGE`, or `URL: down, ERROR`, or
/// `URL: silent` after a timeout. Last the counts: `2 up, 1 down, 0 silent`.
fn health_report(urls: &[Url], deadline: Duration) -> reqwest::Result<Vec<String>> {
    // TODO: tell what became of each site, count, and use connections again.
    let mut lines = Vec::new();
    for url in urls {
        let page = fetch(&client(deadline)?, url).expect("a page");
        lines.push(format!("{url}: up, {page}"));
    }
    Ok(lines)
}

fn main() {
    let web = course::Web::of(1);
    let urls = ["site-1", "status/500", "never", "cut"].map(|path| web.url(path));
    println!("{:#?}", health_report(&urls, Duration::from_secs(1)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use course::{Web, within};

    fn report(urls: Vec<Url>, ms: u64) -> Vec<String> {
        let deadline = Duration::from_millis(ms);
        within(move || health_report(&urls, deadline).expect("a client"))
    }

    #[test]
    fn each_site_has_its_line() {
        let web = Web::of(1);
        let urls = ["status/404", "site-1", "cut"].map(|path| web.url(path));
        let lines = ["/status/404: down, status 404", "/site-1: up, 200, 1024 bytes"];
        let last = ["/cut: down, body: ", "1 up, 2 down, 0 silent"];
        web.assert_lines(&report(urls.to_vec(), 9_000), &[lines, last].concat());
        web.assert_requests(3);
    }

    #[test]
    fn silence_has_an_end() {
        let web = Web::of(0);
        let wanted = ["/never: silent", "/never: silent", "0 up, 0 down, 2 silent"];
        web.assert_lines(&report(vec![web.url("never"); 2], 500), &wanted);
    }

    #[test]
    fn each_host_has_one_connection() {
        let hosts = [Web::of(3), Web::of(3)];
        report([hosts[0].urls(), hosts[1].urls()].concat(), 9_000);
        hosts.iter().for_each(|host| host.assert_connections(1));
    }
}
