//! How many workers.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::patience::PATIENCE;
use lab::slow_web::SlowWeb;
use thread_pool::sweep::{Step, jobs_for, measure, percentile, predicted};
use thread_pool::{Client, client};

fn patient() -> Client {
    client(PATIENCE).unwrap()
}

fn step(workers: usize, wall_ms: u64, latencies_ms: &[u64]) -> Step {
    Step {
        workers,
        wall: Duration::from_millis(wall_ms),
        latencies: latencies_ms.iter().copied().map(Duration::from_millis).collect(),
        failures: Vec::new(),
    }
}

#[test]
fn each_step_has_as_many_in_flight_as_it_has_workers() {
    for (workers, jobs) in [(1, 4), (2, 8), (5, 20), (16, 48), (8, 3)] {
        // Answers come by groups of that size, so that many must be in flight.
        let expected = workers.min(jobs);
        let web = SlowWeb::builder()
            .sites([Duration::ZERO])
            .barrier(expected, PATIENCE)
            .start()
            .unwrap();
        let step = measure(&patient(), &web.url("site-1"), workers, jobs).unwrap();
        assert_eq!((step.workers, step.latencies.len()), (workers, jobs));
        assert_eq!(step.failures, [""; 0]);
        assert_eq!(web.requests(), jobs, "each job is one request");
        assert_eq!(web.peak_in_flight(), expected, "{workers} workers, {jobs} jobs");
    }
}

#[test]
fn one_more_than_the_workers_never_come_together() {
    for workers in [1, 4] {
        // Answers come only by groups of one more: with that many workers none comes, however long they wait.
        let web = SlowWeb::builder()
            .sites([Duration::ZERO])
            .barrier(workers + 1, Duration::from_millis(200))
            .start()
            .unwrap();
        let step = measure(&patient(), &web.url("site-1"), workers, workers + 1).unwrap();
        assert_eq!(step.failures, vec!["status 503"; workers + 1], "{workers} workers");
    }
}

#[test]
fn slots_hold_the_rest_in_a_queue_and_the_workers_with_it() {
    // The web serves two at once, and six wait with it: what is in flight is set by the workers, not by the slots.
    let web = SlowWeb::builder()
        .sites([Duration::from_millis(5)])
        .slots(2)
        .barrier(6, PATIENCE)
        .start()
        .unwrap();
    let step = measure(&patient(), &web.url("site-1"), 6, 12).unwrap();
    assert_eq!(step.latencies.len(), 12);
    assert_eq!(web.peak_in_flight(), 6);
    // The last of a group of six has two pairs before it.
    assert!(step.latencies[11] >= Duration::from_millis(15), "{step:?}");
}

#[test]
fn every_job_is_accounted_for_when_the_site_fails() {
    let web = SlowWeb::builder()
        .sites([Duration::ZERO])
        .error_rate(0.5)
        .seed(1)
        .start()
        .unwrap();
    let step = measure(&patient(), &web.url("site-1"), 4, 100).unwrap();
    assert_eq!(step.latencies.len() + step.failures.len(), 100);
    assert!(!step.latencies.is_empty() && !step.failures.is_empty(), "{step:?}");
    assert!(step.failures.iter().all(|why| why == "status 500"), "{:?}", step.failures);

    let none = measure(&patient(), &web.refused_url(), 2, 3).unwrap();
    assert_eq!((none.latencies.len(), none.failures.len()), (0, 3));
    assert_eq!((none.throughput(), none.in_flight()), (0.0, 0.0), "nothing arrived");
    assert!(measure(&patient(), &web.refused_url(), 0, 3).is_err(), "no workers");
}

#[test]
fn littles_law_on_numbers_that_can_be_checked_by_hand() {
    // Two workers, each busy for all of 100 ms: four pages of 50 ms.
    let full = step(2, 100, &[50, 50, 50, 50]);
    assert!((full.throughput() - 40.0).abs() < 1e-9);
    assert!((full.mean_latency() - 0.05).abs() < 1e-9);
    assert!((full.in_flight() - 2.0).abs() < 1e-9);
    // One of the two is idle for half of the time.
    let idle = step(2, 100, &[50, 50, 50]);
    assert!((idle.in_flight() - 1.5).abs() < 1e-9);
}

#[test]
fn the_product_never_exceeds_the_workers() {
    let web = SlowWeb::builder().sites([Duration::from_millis(1)]).start().unwrap();
    for workers in [1, 3, 9] {
        let step = measure(&patient(), &web.url("site-1"), workers, 30).unwrap();
        let in_flight = step.in_flight();
        assert!(0.0 < in_flight && in_flight <= workers as f64, "{workers}: {in_flight}");
    }
}

#[test]
fn the_prediction_grows_with_the_workers_up_to_the_slots() {
    let with = |workers, slots| format!("{:.0}", predicted(workers, 0.02, slots));
    let up_to_four = [1, 2, 4, 8, 256].map(|workers| with(workers, Some(4)));
    assert_eq!(up_to_four, ["50", "100", "200", "200", "200"]);
    assert_eq!(with(8, None), "400", "no slots are known");
}

#[test]
fn percentiles_are_by_the_nearest_rank() {
    let sorted = |n: u64| (1..=n).map(Duration::from_millis).collect::<Vec<_>>();
    let of =
        |values: &[Duration], percent| percentile(values, percent).unwrap().as_millis();
    // Of 1 to 100, the 50th percentile is 50 and not 50.5: a value that was measured.
    assert_eq!([0, 1, 50, 99, 100].map(|p| of(&sorted(100), p)), [1, 1, 50, 99, 100]);
    // The ranks of five values: 30 % of 5 is 1.5, so the 2nd; 40 % is 2, so the 2nd; 50 % is 2.5, so the 3rd.
    let five = [15, 20, 35, 40, 50].map(Duration::from_millis);
    assert_eq!([5, 30, 40, 50, 100].map(|p| of(&five, p)), [15, 20, 20, 35, 50]);
    assert_eq!([50, 99].map(|p| of(&sorted(1), p)), [1, 1]);
    assert_eq!(percentile(&[], 50), None);
}

#[test]
fn a_step_has_enough_jobs_for_its_workers() {
    assert_eq!([1, 10, 11, 256].map(|n| jobs_for(n, 100)), [100, 100, 110, 2560]);
}

/// The picture says in words what it shows; they have to be the figures of the table.
#[test]
fn the_recorded_picture_is_of_the_recorded_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("book/recorded");
    for name in ["03-how-many-workers", "03-how-many-workers-4-slots"] {
        let table = fs::read_to_string(folder.join(name).with_extension("txt")).unwrap();
        let picture =
            fs::read_to_string(folder.join(name).with_extension("svg")).unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|words| words.contains(&"busy"))
            .collect();
        assert!(rows.len() > 5, "{table}");
        for row in rows {
            let [workers, predicted, _, measured, _, p50, _, p99, ..] = row[..] else {
                panic!("{row:?}");
            };
            let words = format!(
                " {workers} workers: {measured} pages a second, {predicted} predicted; \
                 half within {p50} ms, 99 of 100 within {p99} ms."
            );
            assert!(picture.contains(&words), "{name}: the picture does not say {words}");
        }
    }
}
