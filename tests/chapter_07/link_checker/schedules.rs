//! Two hundred webs where much goes wrong, each drawn from a seed: every address is in the report once, with what its schedule
//! says, and no limit is broken on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use asynchronous::Url;
use asynchronous::retry::{Backoff, Rng};
use other_waits::link_checker::crawl::{Event, GRACE, crawl};
use other_waits::link_checker::journal;
use other_waits::link_checker::web::Method;
use other_waits::link_checker::{Known, Outcome, Settings};
use tokio::runtime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::plan::{Act, Entry, Plan, Scale, Wanted, unescaped};
use super::simulated::{Request, Simulated};
use crate::patience::ends_within;

const SCHEDULES: u64 = 200;
const SECOND: Duration = Duration::from_secs(1);
/// Of the paused clock: longer than any schedule takes, and shorter than for ever.
const LONGEST: Duration = Duration::from_hours(24 * 30);
/// Of the real one, for all schedules.
const PATIENCE: Duration = Duration::from_mins(5);

fn scale() -> Scale {
    let hosts = ["one.test", "two.test:8080", "three.test", "four.test"];
    Scale {
        hosts: hosts.map(str::to_owned).to_vec(),
        late: "late.test".into(),
        retry_after: 30,
        tries: 4,
        stalls: 12,
        settings: Settings {
            delay: SECOND,
            timeout: 10 * SECOND,
            deadline: 100_000 * SECOND,
            backoff: Backoff { base: SECOND, cap: 8 * SECOND, attempts: 3, jitter: true },
            ..Settings::default()
        },
    }
}

/// What one run came to.
struct Run {
    known: Known,
    /// What was told, in order.
    told: Vec<journal::Entry>,
    found: Vec<Url>,
    log: Vec<Request>,
    took: Duration,
    began: Instant,
}

/// Crawls once. `interrupts` says when, from the beginning, and how many come at once.
async fn run(
    plan: &Plan,
    web: &Simulated<'_>,
    known: Vec<journal::Entry>,
    interrupts: Option<(Duration, usize)>,
) -> Run {
    let (tx, mut rx) = mpsc::channel(2);
    let (mut told, mut found) = (Vec::new(), Vec::new());
    let tell = |event: Event<'_>| match event {
        Event::Found { url, .. } => found.push(url.clone()),
        Event::Known(entry) => told.push(entry.clone()),
    };
    let began = Instant::now();
    let crawled = crawl(web, &plan.starts, &plan.settings, known, &mut rx, tell);
    let crawled = async {
        let known = timeout(LONGEST, crawled).await.expect("the run ends");
        (known, began.elapsed())
    };
    let interrupt = async {
        if let Some((at, how_many)) = interrupts {
            sleep(at).await;
            for _ in 0..how_many {
                let _ = tx.try_send(());
            }
        }
        tx // not dropped before the end
    };
    let ((known, took), _) = tokio::join!(crawled, interrupt);
    assert_eq!(web.in_flight(), 0, "seed {}: a request is left over", plan.seed);
    Run { known, told, found, log: web.take_log(), took, began }
}

/// On a runtime with a clock that stands still, and jumps when everything waits.
fn paused<T>(job: impl Future<Output = T>) -> T {
    let mut runtime = runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(job)
}

// ---------------------------------------------------------------------------------------------------------- what has to hold

/// Everything about a report that is not as the plan has it; a line each.
pub(super) fn problems_of_report(
    expected: &BTreeMap<Url, Entry>,
    known: &Known,
) -> Vec<String> {
    let mut problems = Vec::new();
    for (url, entry) in expected {
        let Some(checked) = known.addresses.get(url) else {
            problems.push(format!("{url} is not in the report"));
            continue;
        };
        if !entry.wanted.is(&checked.outcome) {
            problems.push(format!(
                "{url}: wanted {:?}, got {:?}",
                entry.wanted, checked.outcome
            ));
        }
        if checked.places != entry.places {
            problems.push(format!(
                "{url}: wanted {:?}, got {:?}",
                entry.places, checked.places
            ));
        }
        let is_there = matches!(entry.wanted, Wanted::Fine | Wanted::NoFragment(_));
        if is_there && checked.redirected_to.as_ref() != entry.chain.last() {
            problems.push(format!(
                "{url}: wanted {:?}, led to {:?}",
                entry.chain, checked.redirected_to
            ));
        }
    }
    let strange = known.addresses.keys().filter(|url| !expected.contains_key(url));
    problems.extend(strange.map(|url| format!("{url} was not to be found")));
    problems
}

/// Every rule that the requests of a run have broken; a line each.
fn problems_of_requests(plan: &Plan, log: &[Request]) -> Vec<String> {
    let mut problems = Vec::new();
    let hosts: BTreeSet<&str> =
        log.iter().map(|request| request.url.authority()).collect();
    for host in hosts {
        let to_it: Vec<&Request> =
            log.iter().filter(|request| request.url.authority() == host).collect();
        problems.extend(problems_of_host(plan, host, &to_it));
    }
    for request in log {
        let Request { url, .. } = request;
        if plan.is_forbidden(url) && url.path() != "/robots.txt" {
            problems.push(format!("{url} was asked for, and robots.txt forbids it"));
        }
        if !plan.scripts.contains_key(url)
            && url.path() != "/robots.txt"
            && !url.path().ends_with("nowhere.html")
            && !url.path().contains("gone")
        {
            problems.push(format!("{url} was asked for, and no page has it"));
        }
    }
    problems
}

fn problems_of_host(plan: &Plan, host: &str, log: &[&Request]) -> Vec<String> {
    let mut problems = Vec::new();
    let robots_known = log
        .iter()
        .filter(|request| request.url.path() == "/robots.txt")
        .filter_map(|request| request.ended)
        .max();
    let crawl_delay = plan.robots.get(host).and_then(|robots| robots.crawl_delay);
    let crawl_delay = crawl_delay
        .filter(|_| plan.settings.robots)
        .map_or(Duration::ZERO, Duration::from_secs);
    for pair in log.windows(2) {
        let is_after_robots = robots_known.is_some_and(|known| pair[0].begun >= known);
        let robots = if is_after_robots { crawl_delay } else { Duration::ZERO };
        let least = plan.settings.delay.max(robots);
        let gap = pair[1].begun - pair[0].begun;
        if gap < least {
            problems.push(format!("{} came {gap:?} after the one before", pair[1].url));
        }
    }
    for (n, request) in log.iter().enumerate() {
        let is_robots = request.url.path() == "/robots.txt";
        if plan.settings.robots
            && !is_robots
            && robots_known.is_none_or(|known| request.begun < known)
        {
            problems.push(format!("{} was asked for before robots.txt", request.url));
        }
        if !plan.settings.robots && is_robots {
            problems.push(format!("{} was asked for", request.url));
        }
        if let (Act::Later(_, wait), Some(at)) = (&request.act, request.ended) {
            let held = at..at + *wait;
            for later in &log[n + 1..] {
                if later.begun != at && held.contains(&later.begun) {
                    let after = later.begun - at;
                    problems.push(format!(
                        "{} came {after:?} after a Retry-After of {wait:?}",
                        later.url
                    ));
                }
            }
        }
    }
    problems
}

/// How often each address may be asked for: its tries, each with a HEAD before the GET, and once more when a fragment turns up.
fn problems_of_counts(
    plan: &Plan,
    expected: &BTreeMap<Url, Entry>,
    run: &Run,
) -> Vec<String> {
    let mut problems = Vec::new();
    let tries = plan.settings.backoff.attempts;
    let mut of_report = 0;
    for (url, checked) in &run.known.addresses {
        of_report += checked.requests;
        let hops = u32::try_from(expected[url].chain.len()).unwrap();
        let most = (tries + hops) * 2 + 1 + hops;
        if checked.requests > most {
            problems
                .push(format!("{url}: {} requests, at most {most}", checked.requests));
        }
    }
    let is_robots = |request: &&Request| request.url.path() == "/robots.txt";
    let robots = run.log.iter().filter(is_robots).count();
    let seen = run.log.len() - robots;
    if of_report as usize != seen {
        problems
            .push(format!("the report has {of_report} requests, and the web saw {seen}"));
    }
    // A page that nothing redirects to is asked for as often as its schedule says, whoever links to it.
    let led_to: BTreeSet<&Url> =
        expected.values().flat_map(|entry| &entry.chain).collect();
    for (url, entry) in expected {
        let Some(script) = plan.scripts.get(url).filter(|_| !led_to.contains(url)) else {
            continue;
        };
        let is_read =
            plan.starts.within.iter().any(|at| url.as_str().starts_with(at.as_str()));
        let skipped = matches!(entry.wanted, Wanted::Skipped(_));
        let steady = matches!(script.then, Act::Page(_) | Act::Status(403..=410));
        if is_read && steady {
            let wanted = (script.faults.len() + 1).min(tries as usize);
            let wanted = if skipped { 0 } else { wanted };
            let seen = run.log.iter().filter(|request| request.url == *url).count();
            if seen != wanted {
                problems.push(format!("{url}: asked for {seen} times, wanted {wanted}"));
            }
        }
    }
    let hosts = run.log.iter().map(|request| request.url.authority());
    let hosts: BTreeSet<&str> = hosts.collect();
    if robots > hosts.len() * tries as usize {
        problems
            .push(format!("{robots} requests for robots.txt of {} hosts", hosts.len()));
    }
    let told = run.found.iter().collect::<BTreeSet<_>>();
    if told.len() != run.found.len() || told.len() != run.known.addresses.len() {
        problems.push(format!(
            "told of {} addresses ({} different), reported {}",
            run.found.len(),
            told.len(),
            run.known.addresses.len()
        ));
    }
    problems
}

fn problems_of_peaks(plan: &Plan, (overall, of_a_host): (usize, usize)) -> Vec<String> {
    let mut problems = Vec::new();
    if overall > plan.settings.at_once {
        problems.push(format!("{overall} at once, allowed {}", plan.settings.at_once));
    }
    if of_a_host > plan.settings.per_host {
        problems
            .push(format!("{of_a_host} to a host, allowed {}", plan.settings.per_host));
    }
    problems
}

// ----------------------------------------------------------------------------------------------------------------- the tests

#[test]
fn of_200_schedules_every_address_comes_to_what_its_schedule_says_exactly_once() {
    ends_within(PATIENCE, || {
        let (mut addresses, mut requests) = (0, 0);
        let mut faults: BTreeMap<&str, usize> = BTreeMap::new();
        let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
        let mut at_a_limit = [0; 2];
        for seed in 0..SCHEDULES {
            let plan = Plan::draw(seed, &scale());
            let expected = plan.expected();
            paused(async {
                let web = Simulated::new(&plan);
                let run = run(&plan, &web, Vec::new(), None).await;
                let mut problems = problems_of_report(&expected, &run.known);
                problems.extend(problems_of_requests(&plan, &run.log));
                problems.extend(problems_of_counts(&plan, &expected, &run));
                problems.extend(problems_of_peaks(&plan, web.peaks()));
                assert!(problems.is_empty(), "seed {seed}: {problems:#?}\n{plan:#?}");
                addresses += run.known.addresses.len();
                requests += run.log.len();
                let met = run.log.iter().filter(|it| it.url.path() != "/robots.txt");
                for fault in met.filter_map(|it| it.act.fault(it.method)) {
                    *faults.entry(fault).or_insert(0) += 1;
                }
                let (overall, of_a_host) = web.peaks();
                at_a_limit[0] += usize::from(overall == plan.settings.at_once);
                at_a_limit[1] += usize::from(of_a_host == plan.settings.per_host);
            });
            for entry in expected.values() {
                let kind = format!("{:?}", entry.wanted);
                let kind = kind.split(['{', '(']).next().unwrap_or_default().to_owned();
                *outcomes.entry(kind).or_default() += 1;
            }
        }
        println!("{addresses} addresses, {requests} requests, {faults:?}\n{outcomes:?}");
        // What is never drawn is never tested.
        assert!(addresses > 2_000, "{addresses}");
        for kind in ["4xx", "429", "5xx", "Retry-After", "no HEAD", "redirect", "refused"]
        {
            assert!(faults.get(kind).is_some_and(|&n| n > 20), "{kind}: {faults:?}");
        }
        for kind in ["reset", "stalled"] {
            assert!(faults.get(kind).is_some_and(|&n| n > 20), "{kind}: {faults:?}");
        }
        assert_eq!(outcomes.len(), 10, "each kind of outcome: {outcomes:?}");
        assert!(at_a_limit.iter().all(|&n| n > 20), "the limits are met: {at_a_limit:?}");
    });
}

#[test]
fn the_same_seed_is_the_same_report_and_the_same_requests() {
    ends_within(PATIENCE, || {
        for seed in [3, 77, 141] {
            let once = || {
                let plan = Plan::draw(seed, &scale());
                let run = paused(async {
                    let web = Simulated::new(&plan);
                    run(&plan, &web, Vec::new(), None).await
                });
                let began = run.began;
                let asked: Vec<_> = run
                    .log
                    .into_iter()
                    .map(|request| (request.begun - began, request.url.to_string()))
                    .collect();
                (run.known, asked)
            };
            let ((report, asked), (report_again, asked_again)) = (once(), once());
            assert_eq!(report, report_again, "seed {seed}");
            assert_eq!(asked, asked_again, "seed {seed}");
        }
    });
}

#[test]
fn an_interrupt_at_any_moment_and_a_second_run_come_to_the_whole_and_ask_for_nothing_twice()
 {
    ends_within(PATIENCE, || {
        let (mut cut_short, mut spared) = (0, 0);
        for seed in 0..SCHEDULES {
            let plan = Plan::draw(seed, &scale());
            let expected = plan.expected();
            let took = paused(async {
                run(&plan, &Simulated::new(&plan), Vec::new(), None).await.took
            });
            let mut random = Rng::with_seed(!seed);
            let at = took.mul_f64(random.f64());
            let how_many = random.usize(1..=2);
            paused(async {
                let web = Simulated::new(&plan);
                let first = run(&plan, &web, Vec::new(), Some((at, how_many))).await;
                // What was not known begins anew, and so does its schedule.
                let web_again = Simulated::new(&plan);
                let second = run(&plan, &web_again, first.told.clone(), None).await;
                let mut problems = problems_of_first(&expected, &first, at, how_many);
                problems.extend(problems_of_report(&expected, &second.known));
                problems.extend(problems_of_requests(&plan, &first.log));
                problems.extend(problems_of_requests(&plan, &second.log));
                problems.extend(problems_of_resuming(&expected, &first, &second));
                problems.extend(problems_of_peaks(&plan, web.peaks()));
                problems.extend(problems_of_peaks(&plan, web_again.peaks()));
                assert!(
                    problems.is_empty(),
                    "seed {seed}, {how_many} interrupts after {at:?}: {problems:#?}\n{plan:#?}"
                );
                let is_open = |outcome: &Outcome| *outcome == Outcome::NotChecked;
                let known = first.known.addresses.values();
                cut_short += usize::from(known.clone().any(|it| is_open(&it.outcome)));
                spared += first.told.len();
            });
        }
        println!("{cut_short} cut short, {spared} results taken over");
        assert!(cut_short > 100, "{cut_short} of {SCHEDULES} were cut short");
        assert!(spared > 1_000, "{spared} results were taken over");
    });
}

/// What is wrong with a run that was interrupted: a report that says what is not so, or work that went on.
fn problems_of_first(
    expected: &BTreeMap<Url, Entry>,
    first: &Run,
    at: Duration,
    how_many: usize,
) -> Vec<String> {
    let mut problems = Vec::new();
    // What HEAD has found, and a fragment leads to, is not known yet.
    let is_whole = |entry: &&journal::Entry| {
        entry.result.as_ref().is_ok_and(|there| there.ids.is_some())
            || entry.result.is_err()
    };
    let told: BTreeSet<&Url> =
        first.told.iter().filter(is_whole).map(|entry| &entry.url).collect();
    for (url, checked) in &first.known.addresses {
        let Some(entry) = expected.get(url) else {
            problems.push(format!("{url} was not to be found"));
            continue;
        };
        let agrees = match (&entry.wanted, &checked.outcome) {
            (_, Outcome::NotChecked) => !told.contains(url),
            // Not all links are known yet.
            (Wanted::NoFragment(_), Outcome::Fine) => true,
            (Wanted::NoFragment(wanted), Outcome::NoFragment { fragments }) => {
                unescaped(fragments.keys()).is_subset(wanted)
            }
            (wanted, outcome) => wanted.is(outcome),
        };
        if !agrees {
            problems.push(format!(
                "{url}, first run: wanted {:?}, got {:?}",
                entry.wanted, checked.outcome
            ));
        }
        if !checked.places.is_subset(&entry.places) {
            problems.push(format!("{url}, first run: {:?}", checked.places));
        }
    }
    let late = first.log.iter().filter(|request| request.begun - first.began > at);
    problems.extend(late.map(|request| format!("{} begun after it", request.url)));
    // A timer of tokio's is exact to a millisecond.
    let grace = if how_many > 1 { SECOND / 500 } else { GRACE + SECOND / 500 };
    if first.took > at + grace {
        problems.push(format!(
            "ended {:?} after the interrupt",
            first.took.saturating_sub(at)
        ));
    }
    problems
}

/// What the second run did again, although the first had told it.
fn problems_of_resuming(
    expected: &BTreeMap<Url, Entry>,
    first: &Run,
    second: &Run,
) -> Vec<String> {
    let mut problems = Vec::new();
    let led_to: BTreeSet<&Url> =
        expected.values().flat_map(|entry| &entry.chain).collect();
    for entry in &first.told {
        let again: Vec<_> =
            second.log.iter().filter(|request| request.url == entry.url).collect();
        let was_not_read = entry.result.as_ref().is_ok_and(|there| there.ids.is_none());
        // Once it is to be read, after all: for a fragment that is asked for now.
        let is_read = was_not_read && again.iter().all(|it| it.method == Method::Get);
        if !(again.is_empty() || is_read || led_to.contains(&entry.url)) {
            problems.push(format!(
                "{} was known, and asked for {} times again",
                entry.url,
                again.len()
            ));
        }
    }
    problems
}
