//! Every model does both jobs, and has as many in flight as it promises.

use std::time::Duration;

use choosing::{FetchErrorKind, Model, Setting, Url};
use lab::slow_web::SlowWeb;

use crate::patience::{PATIENCE, ends};

/// Different, so that one cannot be taken for the other.
const WORKERS: usize = 2;
const CORES: usize = 3;
const SETTING: Setting = Setting { timeout: PATIENCE, workers: WORKERS, cores: CORES };

/// How many a model has in flight at most; nothing where that is as many as there are.
fn limit(model: Model) -> Option<usize> {
    match model {
        Model::Sequential => Some(1),
        Model::Pool | Model::Processes | Model::Bounded => Some(WORKERS),
        Model::Rayon => Some(CORES),
        Model::Threads | Model::OneThread | Model::AllCores => None,
    }
}

/// What came of each address: which it was, and why it failed if it did.
fn fetched(model: Model, urls: Vec<Url>) -> Vec<(Url, Option<FetchErrorKind>)> {
    let results = ends(move || {
        let ready = model.ready(SETTING).unwrap();
        ready.fetch_all(&urls).unwrap()
    });
    results
        .into_iter()
        .map(|result| match result {
            Ok(page) => (page.url, None),
            Err(error) => (error.url, Some(error.kind)),
        })
        .collect()
}

#[test]
fn a_site_that_fails_is_an_error_in_its_place_and_costs_no_other() {
    for model in Model::ALL {
        let web = SlowWeb::builder().sites([Duration::ZERO; 3]).start().unwrap();
        let [first, second, third] = &web.urls()[..] else { panic!("three") };
        let missing = FetchErrorKind::Status(404);
        let expected = [
            (first.clone(), None),
            (web.url("/status/404"), Some(missing)),
            (second.clone(), None),
            (web.refused_url(), Some(FetchErrorKind::Refused)),
            (third.clone(), None),
        ];
        let asked = expected.iter().map(|(url, _)| url.clone()).collect();
        assert_eq!(fetched(model, asked), expected, "{model:?}");
    }
}

#[test]
fn every_model_has_as_many_in_flight_as_it_promises() {
    for model in Model::ALL {
        // Nobody is answered before so many wait together.
        let n = limit(model).unwrap_or(20);
        let web = SlowWeb::builder()
            .sites(vec![Duration::ZERO; n])
            .barrier(n, PATIENCE)
            .start()
            .unwrap();
        let failures = fetched(model, web.urls());
        assert!(failures.iter().all(|(_, why)| why.is_none()), "{model:?}: {failures:?}");
        assert_eq!(web.peak_in_flight(), n, "{model:?}");
    }
}

#[test]
fn and_no_model_with_a_limit_has_one_more() {
    for (model, limit) in
        Model::ALL.into_iter().filter_map(|model| Some((model, limit(model)?)))
    {
        let web = SlowWeb::builder()
            .sites(vec![Duration::ZERO; 2 * limit + 2])
            .barrier(limit + 1, Duration::from_millis(100))
            .start()
            .unwrap();
        for (url, why) in fetched(model, web.urls()) {
            assert_eq!(why, Some(FetchErrorKind::Status(503)), "{model:?}: {url}");
        }
        assert!(web.peak_in_flight() <= limit, "{model:?}");
    }
}

#[test]
fn every_model_counts_the_same_primes_in_the_order_of_the_chunks() {
    for model in Model::ALL {
        let counts = ends(move || {
            let ready = model.ready(SETTING).unwrap();
            ready.crunch_all(&[0..100, 100..1000, 0..10, 5..5]).unwrap()
        });
        assert_eq!(counts, [25, 143, 4, 0], "{model:?}");
    }
}

#[test]
fn one_model_does_several_jobs() {
    for model in Model::ALL {
        let web = SlowWeb::builder().sites([Duration::ZERO; 3]).start().unwrap();
        let urls = web.urls();
        let pages = ends(move || {
            let ready = model.ready(SETTING).unwrap();
            let counts = ready.crunch_all(std::slice::from_ref(&(0..100))).unwrap();
            assert_eq!(counts, [25], "{model:?}");
            let times =
                [ready.fetch_all(&urls).unwrap(), ready.fetch_all(&urls).unwrap()];
            times.iter().flatten().filter(|result| result.is_ok()).count()
        });
        assert_eq!((pages, web.requests()), (6, 6), "{model:?}");
    }
}

#[test]
fn every_model_is_found_by_its_id() {
    for model in Model::ALL {
        assert_eq!(Model::from_id(model.id()), Some(model));
        // It stands in a command line, in an anchor and in a table of figures.
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(model.id().chars().all(is_plain), "{model:?}");
    }
    assert_eq!(Model::from_id("Threads"), None);
    assert!(Model::WORKING.iter().all(|model| Model::ALL.contains(model)));
}

#[test]
fn without_workers_a_model_with_a_limit_is_refused_and_does_not_hang() {
    for model in Model::ALL {
        let refused =
            ends(move || model.ready(Setting { workers: 0, ..SETTING }).is_err());
        let has_workers = limit(model) == Some(WORKERS);
        assert_eq!(refused, has_workers, "{model:?}");
    }
}

#[test]
fn a_model_for_all_cores_has_at_least_one() {
    for model in [Model::Rayon, Model::AllCores] {
        let counts = ends(move || {
            let ready = model.ready(Setting { cores: 0, ..SETTING }).unwrap();
            ready.crunch_all(std::slice::from_ref(&(0..100))).unwrap()
        });
        assert_eq!(counts, [25], "{model:?}");
    }
    assert!(Setting::here(PATIENCE, 1).cores >= 1);
}
