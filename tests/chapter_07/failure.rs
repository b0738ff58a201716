//! Every failure in every model: what is returned, and that no other result is lost.

#[path = "../../examples/07-other-waits/examples/07-failure/arrange.rs"]
#[expect(dead_code, reason = "some of it is for printing")]
mod arrange;

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::panic;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Once};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, never};
use lab::slow_web::SlowWeb;
use other_waits::failure::{
    Care, Fault, Model, News, ON_PURPOSE, Outcome, Plan, Site, fetch_all,
};
use sequential_fetch::{FetchErrorKind, Url};

use self::arrange::{
    Cell, Failure, Place, Returned, SITES, Trap, Working, before, cell, kill,
};
use crate::patience::{PATIENCE, ends_within};

/// What a test of many runs may take on a busy machine.
const LONG: Duration = Duration::from_mins(8);

/// A fetch of a site that stalls is given up then: no site that is well takes so long, even on a busy machine.
const STALL: Duration = Duration::from_secs(2);

const PLAN: &str = "WHILE_YOU_WAIT_PLAN";

/// This program again, to be the test below.
fn again(plan: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--exact", "--ignored", "--nocapture", "failure::be_a_child"]);
    command.env(PLAN, plan);
    Ok(command)
}

#[test]
#[ignore = "run by the tests below, as a program that is killed or interrupted"]
fn be_a_child() {
    let Ok(plan) = env::var(PLAN) else { return };
    let code = arrange::be_a_child(&plan).unwrap();
    std::process::exit(if code == std::process::ExitCode::SUCCESS { 0 } else { 130 });
}

/// What is to panic is looked for in the results, and need not be printed.
fn report_no_panic_on_purpose() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if panic.payload_as_str() != Some(ON_PURPOSE) {
                report(panic);
            }
        }));
    });
}

/// The failure at each of the five sites in turn, in all models at the same time.
fn everywhere(failure: Failure, care: Care) {
    report_no_panic_on_purpose();
    let at_each_site = move |model| {
        for site in 0..SITES {
            let place = Place { model, care, site, workers: SITES, timeout: STALL };
            let cell = cell(failure, place, &again);
            check(&cell.unwrap_or_else(|error| panic!("{place:?}: {error}")), site);
        }
    };
    ends_within(LONG, move || {
        thread::scope(|scope| {
            for model in Model::ALL {
                scope.spawn(move || at_each_site(model));
            }
        });
    });
}

/// Holds one cell of the table to what the book says of it.
#[track_caller]
fn check(cell: &Cell, site: usize) {
    let Cell { failure, model, care, .. } = *cell;
    let is_processes = model == Model::Processes;
    let guarded = care == Care::Guarded || is_processes || model == Model::Pool;
    // A panic that nobody catches on its way.
    let unwinds = !guarded && model != Model::Threads;
    let panicked = |kind: &FetchErrorKind| matches!(kind, FetchErrorKind::Lost(why) if why.contains(ON_PURPOSE));
    let killed = |kind: &FetchErrorKind| matches!(kind, FetchErrorKind::Lost(why) if why.contains("signal 9"));
    let is_right = match (failure, &cell.returned) {
        (Failure::Refused, Returned::Error(kind)) => *kind == FetchErrorKind::Refused,
        (Failure::Reset, Returned::Error(kind)) => {
            matches!(kind, FetchErrorKind::Body(_))
        }
        (Failure::Stalled, Returned::Error(kind)) => *kind == FetchErrorKind::Timeout,
        (Failure::Status, Returned::Error(kind)) => *kind == FetchErrorKind::Status(500),
        (Failure::Panic | Failure::Poisoned, Returned::Error(kind)) => {
            !unwinds && panicked(kind)
        }
        (Failure::Panic | Failure::Poisoned, Returned::Panicked(why)) => {
            unwinds && why.contains(ON_PURPOSE)
        }
        (Failure::Kill, Returned::Error(kind)) => is_processes && killed(kind),
        (Failure::Kill, Returned::Ended(how)) => !is_processes && how == "signal 9",
        (Failure::Interrupt, Returned::Interrupted) => care == Care::Guarded,
        (Failure::Interrupt, Returned::Ended(how)) => {
            care == Care::Plain && how == "signal 2"
        }
        _ => false,
    };
    assert!(is_right, "{cell:?}");

    // One after another, those behind it have no turn where it is the last thing that happens.
    let others = SITES - 1;
    let (arrived, no_turn) = match model {
        Model::Sequential => (site, others - site),
        _ => (others, 0),
    };
    let expected = match failure {
        Failure::Kill if is_processes => (0, 0),
        Failure::Interrupt if care == Care::Guarded => (0, no_turn),
        Failure::Kill | Failure::Interrupt => (arrived, no_turn),
        Failure::Panic | Failure::Poisoned if unwinds => (arrived, no_turn),
        // Whoever takes the lock later is told of it, and gives up. A worker process has a lock of its own.
        Failure::Poisoned if care == Care::Plain && !is_processes => (others, 0),
        _ => (0, 0),
    };
    assert_eq!((cell.lost, cell.not_begun), expected, "site {site}: {cell:?}");
}

#[test]
fn a_refused_connection_is_the_error_of_its_site_in_every_model() {
    everywhere(Failure::Refused, Care::Guarded);
}

#[test]
fn a_reset_is_too() {
    everywhere(Failure::Reset, Care::Guarded);
}

#[test]
fn and_a_site_that_stalls() {
    everywhere(Failure::Stalled, Care::Guarded);
}

#[test]
fn and_a_status_500() {
    everywhere(Failure::Status, Care::Guarded);
}

#[test]
fn and_a_panic_in_the_job() {
    everywhere(Failure::Panic, Care::Guarded);
}

#[test]
fn and_a_panic_with_the_lock_held() {
    everywhere(Failure::Poisoned, Care::Guarded);
}

#[test]
#[cfg(unix)]
fn a_kill_costs_one_job_among_processes_and_everything_elsewhere() {
    everywhere(Failure::Kill, Care::Guarded);
}

#[test]
#[cfg(unix)]
fn after_ctrl_c_what_has_arrived_is_kept() {
    everywhere(Failure::Interrupt, Care::Guarded);
}

#[test]
fn without_care_a_panic_takes_what_is_in_one_piece_with_it() {
    everywhere(Failure::Panic, Care::Plain);
    everywhere(Failure::Poisoned, Care::Plain);
}

#[test]
#[cfg(unix)]
fn without_care_ctrl_c_takes_everything() {
    everywhere(Failure::Interrupt, Care::Plain);
}

/// Ctrl-C before the k-th answer: the sites before it answer at once, and the others not at all.
#[test]
#[cfg(unix)]
fn ctrl_c_at_each_of_five_moments_keeps_what_has_arrived() {
    ends_within(LONG, || {
        thread::scope(|scope| {
            for model in Model::ALL {
                scope.spawn(move || (0..SITES).for_each(|k| interrupted_at(model, k)));
            }
        });
    });
}

fn interrupted_at(model: Model, k: usize) {
    let web = SlowWeb::builder().start().unwrap();
    let url = |n| web.url(if n < k { "/empty" } else { "/never" });
    let sites = (0..SITES).map(|n| Site { url: url(n), fault: Fault::None }).collect();
    let (care, workers, timeout) = (Care::Guarded, SITES, 2 * PATIENCE);
    let plan = Plan { model, care, workers, timeout, sites };
    let mut child = Working::start(&plan, &again).unwrap();
    let (_, begun) = before(Place { model, care, site: k, workers, timeout });
    child.until(k, begun).unwrap();
    child.interrupt().unwrap();
    child.end(Instant::now()).unwrap();
    let results = child.results.take().unwrap();
    for (n, result) in results.iter().enumerate() {
        match result {
            Some(Ok(_)) => assert!(n < k, "{model:?} {k}: {results:?}"),
            None => assert!(n >= k, "{model:?} {k}: {results:?}"),
            // The terminal sends it to the workers, too.
            Some(Err(error)) => {
                assert!(
                    n >= k && model == Model::Processes,
                    "{model:?} {k}: {results:?}"
                );
                assert!(error.to_string().contains("signal 2"), "{error}");
            }
        }
    }
}

/// What is wrong with a site of a random schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    Refused,
    Reset,
    Stalled,
    Status(u16),
    Panic,
    PanicWithLock,
    Killed,
}

/// Draws a schedule: the model, how many workers, and what is wrong with each of up to nine sites.
fn drawn(seed: u64) -> (Model, usize, Vec<Wrong>) {
    let mut random = Draw(seed);
    let model = Model::ALL[random.below(5)];
    let sites = (0..=random.below(9)).map(|_| match random.below(12) {
        0 => Wrong::Refused,
        1 => Wrong::Reset,
        2 => Wrong::Status(400 + u16::try_from(random.below(200)).unwrap()),
        3 | 4 => Wrong::Panic,
        5 | 6 => Wrong::PanicWithLock,
        7 | 8 if model == Model::Processes => Wrong::Killed,
        _ => Wrong::Nothing,
    });
    let mut sites: Vec<Wrong> = sites.collect();
    // One at most: they take their time.
    if random.below(4) == 0 {
        let place = random.below(sites.len());
        sites[place] = Wrong::Stalled;
    }
    (model, 1 + random.below(5), sites)
}

/// A small generator: the same numbers everywhere. Sebastiano Vigna's splitmix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
}

const SCHEDULES: usize = 150;

#[test]
#[cfg(unix)]
fn in_every_random_schedule_each_site_is_accounted_for_exactly_once() {
    report_no_panic_on_purpose();
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    ends_within(LONG, move || {
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    while let seed = next.fetch_add(1, SeqCst)
                        && seed < SCHEDULES
                    {
                        for wrong in play(seed as u64) {
                            let name =
                                format!("{wrong:?}").split('(').next().map(str::to_owned);
                            *faults.lock().unwrap().entry(name).or_insert(0) += 1;
                        }
                    }
                });
            }
        });
        // Eight sorts, Nothing among them: none was left out.
        let faults = faults.into_inner().unwrap();
        assert_eq!(faults.len(), 8, "{faults:?}");
        println!("{SCHEDULES} schedules: {faults:?}");
    });
}

fn play(seed: u64) -> Vec<Wrong> {
    let (model, workers, wrongs) = drawn(seed);
    let context = format!("seed {seed}: {model:?}, {workers} workers, {wrongs:?}");
    let web = SlowWeb::builder().start().unwrap();
    let traps: Vec<Trap> = wrongs.iter().map(|_| Trap::set().unwrap()).collect();
    let site = |(wrong, trap): (&Wrong, &Trap)| {
        let fault = match wrong {
            Wrong::Panic => Fault::Panic,
            Wrong::PanicWithLock => Fault::PanicWithLock,
            _ => Fault::None,
        };
        let url: Url = match wrong {
            Wrong::Refused => web.refused_url(),
            Wrong::Reset => web.url("/reset"),
            Wrong::Stalled => web.url("/never"),
            Wrong::Status(code) => web.url(&format!("/status/{code}")),
            Wrong::Killed => trap.url().unwrap(),
            _ => web.url("/delay/5"),
        };
        Site { url, fault }
    };
    let sites = wrongs.iter().zip(&traps).map(site).collect();
    let timeout = if wrongs.contains(&Wrong::Stalled) { STALL } else { PATIENCE };
    let plan = Plan { model, care: Care::Guarded, workers, timeout, sites };

    let total = Arc::new(Mutex::new(0));
    let pids: Vec<_> = wrongs.iter().map(|_| bounded(1)).collect();
    let mut ended = vec![0; wrongs.len()];
    let outcome = thread::scope(|scope| {
        for ((wrong, trap), (_, pid)) in wrongs.iter().zip(&traps).zip(&pids) {
            if *wrong == Wrong::Killed {
                scope.spawn(move || {
                    let _asked = trap.asked();
                    kill(pid.recv().unwrap()).unwrap();
                });
            }
        }
        fetch_all(plan, &total, &never(), |news| match news {
            News::Begun { site, process } => {
                let _ = process.map(|process| pids[*site].0.try_send(process));
            }
            News::Ended { site, .. } => ended[*site] += 1,
        })
        .unwrap()
    });

    assert!(ended.iter().all(|n| *n == 1), "told {ended:?} times: {context}");
    let mut bytes = 0;
    for (wrong, result) in wrongs.iter().zip(&outcome.results) {
        let kind = match result.as_ref().unwrap() {
            Ok(page) => {
                bytes += page.bytes;
                None
            }
            Err(error) => Some(&error.kind),
        };
        let is_right = match (wrong, kind) {
            (Wrong::Nothing, None)
            | (Wrong::Refused, Some(FetchErrorKind::Refused))
            | (Wrong::Reset, Some(FetchErrorKind::Body(_)))
            | (Wrong::Stalled, Some(FetchErrorKind::Timeout)) => true,
            (Wrong::Status(code), Some(FetchErrorKind::Status(told))) => code == told,
            (Wrong::Panic | Wrong::PanicWithLock, Some(FetchErrorKind::Lost(why))) => {
                why.contains(ON_PURPOSE)
            }
            (Wrong::Killed, Some(FetchErrorKind::Lost(why))) => why.contains("signal 9"),
            _ => false,
        };
        assert!(is_right, "{wrong:?} came to {kind:?}: {context}");
    }
    outcome.wait().unwrap();
    if model != Model::Processes {
        let poisoned = wrongs.contains(&Wrong::PanicWithLock);
        assert_eq!(total.is_poisoned(), poisoned, "{context}");
        let total = *total.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        assert_eq!(total, bytes, "{context}");
    }
    wrongs
}

/// A stop without a signal: the tasks hang up, and the blocking models are waited for.
fn stopped(model: Model) -> Outcome {
    let web = SlowWeb::builder().start().unwrap();
    let site = || Site { url: web.url("/never"), fault: Fault::None };
    let sites = (0..SITES).map(|_| site()).collect();
    let (care, timeout) = (Care::Guarded, Duration::from_millis(300));
    let plan = Plan { model, care, workers: 2, timeout, sites };
    let (stop, stops): (_, Receiver<()>) = bounded(1);
    let total = Arc::new(Mutex::new(0));
    fetch_all(plan, &total, &stops, |_| {
        let _ = stop.try_send(());
    })
    .unwrap()
}

#[test]
fn a_stop_is_told_and_what_blocks_can_be_waited_for() {
    ends_within(LONG, || {
        for model in Model::ALL {
            let outcome = stopped(model);
            assert!(outcome.interrupted, "{model:?}");
            let expected = match model {
                Model::Sequential => 1..=1,
                Model::Pool | Model::Processes => 1..=2,
                Model::Threads | Model::Async => 1..=5,
            };
            let begun = outcome.begun.iter().filter(|begun| **begun).count();
            assert!(expected.contains(&begun), "{model:?}: {begun}");
            outcome.wait().unwrap();
        }
    });
}

const COUNTED: &str = "WHILE_YOU_WAIT_COUNTED";

/// Threads, descriptors and child processes of this process.
#[cfg(target_os = "linux")]
fn owned() -> [usize; 3] {
    let entries = |folder| std::fs::read_dir(folder).unwrap().count();
    let me = std::process::id().to_string();
    let children = std::fs::read_dir("/proc").unwrap().filter(|entry| {
        let stat = entry.as_ref().unwrap().path().join("stat");
        let stat = std::fs::read_to_string(stat).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest);
        after_name.and_then(|rest| rest.split(' ').nth(1)) == Some(&me)
    });
    [entries("/proc/self/task"), entries("/proc/self/fd"), children.count()]
}

/// The same, when it has not changed for a while: a thread that has been waited for is listed for a moment more.
#[cfg(target_os = "linux")]
fn settled() -> [usize; 3] {
    let (mut last, mut since) = (owned(), Instant::now());
    while since.elapsed() < Duration::from_millis(500) {
        thread::sleep(Duration::from_millis(5));
        let now = owned();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    last
}

#[test]
#[ignore = "run by the test below, as a program of its own"]
#[cfg(target_os = "linux")]
fn count_what_is_left() {
    if env::var_os(COUNTED).is_none() {
        return;
    }
    let all = || {
        for model in Model::ALL {
            for failure in Failure::ALL {
                // What is killed or interrupted here is a child, whose end is seen elsewhere.
                let place = Place {
                    model,
                    care: Care::Guarded,
                    site: 2,
                    workers: 2,
                    timeout: STALL,
                };
                drop(cell(failure, place, &again).unwrap());
            }
            stopped(model).wait().unwrap();
        }
    };
    // What is made once, and kept, is there after the first time.
    all();
    let before = settled();
    all();
    // A client's thread ends when it has noticed that the client is gone.
    let since = Instant::now();
    while owned() != before && since.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(owned(), before, "threads, descriptors, processes");
}

#[test]
#[cfg(target_os = "linux")]
fn no_thread_no_descriptor_and_no_process_is_left_behind() {
    let mut program = Command::new(env::current_exe().unwrap());
    program
        .args(["--exact", "--ignored", "failure::count_what_is_left"])
        .env(COUNTED, "yes");
    let output = ends_within(LONG, move || program.output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
