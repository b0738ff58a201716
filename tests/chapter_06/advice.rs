//! The recommendation: what it cites is recorded, and it does not turn round where it should not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;
use std::time::Duration;

use choosing::Model;
use choosing::advice::{Choice, Job, Knows, advise};
use choosing::measured::Measured;
use while_you_wait::programs::Programs;

const SHARES: [f64; 10] = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 0.9999, 1.0];
const SIZES: [usize; 10] = [1, 2, 5, 16, 60, 100, 290, 1_000, 10_000, 1_000_000];
const SLOTS: [Option<usize>; 5] = [Some(1), Some(4), Some(32), Some(800), None];
const CORES: [usize; 4] = [1, 2, 8, 128];
const KNOWS: [Knows; 3] = [Knows::Python, Knows::Threads, Knows::Async];

/// A job for each combination of answers.
fn jobs() -> Vec<Job> {
    let mut jobs = Vec::new();
    let units = [20, 5_000, 120_000, 1_000_000].map(Duration::from_micros);
    for waiting in SHARES {
        for tasks in SIZES {
            for unit in units {
                for slots in SLOTS {
                    for cores in CORES {
                        for (survive_crash, shared_data) in
                            [(false, false), (true, false), (false, true), (true, true)]
                        {
                            jobs.extend(KNOWS.map(|knows| Job {
                                waiting,
                                tasks,
                                unit,
                                slots,
                                cores,
                                survive_crash,
                                shared_data,
                                knows,
                            }));
                        }
                    }
                }
            }
        }
    }
    jobs
}

#[test]
fn whatever_is_recommended_is_measured() {
    let measured = Measured::recorded().unwrap();
    let rows: BTreeSet<_> = measured
        .runs
        .iter()
        .map(|run| (&run.table[..], &run.by[..], &run.row[..]))
        .collect();
    let mut reached = BTreeMap::new();
    for job in jobs() {
        let advice = advise(&job);
        assert!(advice.cited.len() >= 2, "a figure alone says nothing: {job:?}");
        for cited in &advice.cited {
            let row = (cited.table, cited.by, cited.row);
            assert!(rows.contains(&row), "not recorded: {row:?}, for {job:?}");
            assert!(measured.table(cited.table).is_some(), "{cited:?}");
        }
        let of_it = |by: &str, row: &str| {
            advice.cited.iter().any(|cited| cited.by == by && cited.row == row)
        };
        match advice.choice {
            // The rows of the model itself are among them.
            Choice::Take(model) => {
                let soon = of_it("python", "requests");
                assert!(of_it("rust", model.id()) || soon, "{advice:?}");
            }
            Choice::StayInPython => {
                assert!(
                    of_it("python", "pool") && of_it("rust", "threads"),
                    "{advice:?}"
                );
            }
            Choice::TasksAndRayon => {
                let both = of_it("rust", "async-one-thread") && of_it("rust", "rayon");
                assert!(both, "{advice:?}");
            }
            Choice::TasksInProcesses => {
                let both = of_it("rust", "task") && of_it("rust", "process");
                assert!(both, "{advice:?}");
            }
        }
        reached.insert(advice.choice.name(), advice.choice);
    }
    // All of them are somebody's answer.
    for choice in Model::ALL.map(Choice::Take) {
        assert_eq!(reached.remove(choice.name()), Some(choice));
    }
    assert_eq!(reached.len(), 3, "{reached:?}");
    for choice in reached.values() {
        assert!(!matches!(choice, Choice::Take(_)), "{reached:?}");
    }
}

/// Advice on the same job with other numbers of units: from few to many.
fn by_size(job: &Job) -> impl Iterator<Item = (Job, Choice, usize)> {
    SIZES.map(|tasks| Job { tasks, ..job.clone() }).into_iter().map(|job| {
        let advice = advise(&job);
        (job, advice.choice, advice.workers)
    })
}

#[test]
fn more_units_never_lead_back() {
    // How far each has gone from one unit after another.
    let rank = |choice| match choice {
        Choice::Take(Model::Sequential) => 0,
        Choice::StayInPython => 1,
        Choice::Take(Model::Threads | Model::Pool) => 2,
        Choice::Take(Model::OneThread | Model::Bounded) => 3,
        Choice::Take(Model::AllCores) | Choice::TasksAndRayon => 4,
        Choice::Take(Model::Rayon) => 5,
        Choice::Take(Model::Processes) => 6,
        Choice::TasksInProcesses => 7,
    };
    for job in jobs().iter().filter(|job| job.tasks == 1) {
        let mut before = (0, 0);
        for (job, choice, workers) in by_size(job) {
            let now = (rank(choice), workers);
            assert!(
                now.0 >= before.0 && now.1 >= before.1,
                "{job:?}: {choice:?} {now:?}"
            );
            before = now;
        }
    }
}

#[test]
fn no_recommendation_exceeds_what_it_rests_on() {
    for job in jobs() {
        let advice = advise(&job);
        let n = advice.workers;
        assert!(n >= 1 && n <= job.tasks, "{job:?}: {n}");
        assert!(n <= job.slots.unwrap_or(usize::MAX), "{job:?}: {n}");
        assert!(job.limit() <= job.alone(), "{job:?}");
        let one_core = job.on_one_core();
        assert!(one_core.limit() >= job.limit(), "{job:?}");
        // Work for which every core is busy takes its time, whatever is taken.
        let work = job.work().as_secs_f64() * job.tasks as f64 / job.cores as f64;
        assert!(job.limit().as_secs_f64() >= work * (1.0 - 1e-6) - 1e-6, "{job:?}");
        if job.survive_crash && job.tasks > 1 {
            let isolated = [Choice::Take(Model::Processes), Choice::TasksInProcesses];
            assert!(isolated.contains(&advice.choice), "{job:?}: {advice:?}");
        }
    }
}

static PROGRAMS: LazyLock<Programs> =
    LazyLock::new(|| Programs::build(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap());

fn choosing(arguments: &str) -> Output {
    let mut command = PROGRAMS.command("cargo run --example 06-choosing").unwrap();
    command.args(arguments.split_whitespace()).output().unwrap()
}

#[test]
fn the_program_says_what_to_take_why_and_what_was_measured() {
    for (arguments, take, rows) in [
        ("--cores 2", "a thread each: not async", 3),
        (
            "--cores 2 --knows python",
            "the Python that you have: a pool, or asyncio: not Rust",
            3,
        ),
        ("--cores 2 --knows async", "async on one thread: not threads", 5),
        (
            "--waiting 0.9 --tasks 1000 --unit 100 --cores 2",
            "a pool of threads: not async",
            3,
        ),
        ("--waiting 0 --tasks 16 --cores 2", "rayon: not async", 3),
        ("--waiting 1 --tasks 10000 --unit 1000", "async on one thread: not threads", 5),
        (
            "--waiting 0 --survive-crash --cores 2",
            "a pool of processes: not threads alone",
            3,
        ),
        ("--tasks 1", "one after another: not concurrency", 2),
        ("--tasks 4 --unit 0.05", "one after another: not concurrency", 2),
        ("--cores 2 --shared-data", "a thread each: not async", 6),
        (
            "--waiting 1 --tasks 1000000000 --unit 86400000 --survive-crash --cores 100000",
            "a process for each core, async in each: not threads alone",
            4,
        ),
    ] {
        let output = choosing(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(&format!("\ntake     {take}\n")), "{arguments}: {text}");
        let measured = text.split_once("\nmeasured").unwrap().1;
        let figures = measured.lines().filter(|line| line.ends_with(" MiB")).count();
        assert_eq!(figures, rows, "{arguments}: {text}");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{arguments}: {line}");
        }
    }
}

#[test]
fn a_crash_never_takes_all_units_and_no_process_is_without_one() {
    for (cores, processes) in [(1, 2), (4, 4), (128, 60)] {
        let arguments = format!("--waiting 1 --tasks 60 --survive-crash --cores {cores}");
        let text = String::from_utf8(choosing(&arguments).stdout).unwrap();
        let workers = format!("\nworkers  60, in {processes} processes\n");
        assert!(text.contains(&workers), "{arguments}: {text}");
    }
}

#[test]
fn the_program_refuses_a_job_that_is_none() {
    for bad in [
        "--waiting 1.1",
        "--waiting -0.1",
        "--waiting NaN",
        "--waiting much",
        "--tasks 0",
        "--unit 0",
        "--unit inf",
        "--unit -1",
        "--slots 0",
        "--cores 0",
        "--knows everything",
        "five",
    ] {
        let output = choosing(bad);
        assert_eq!(output.status.code(), Some(2), "{bad}: {output:?}");
        assert_eq!(output.stdout, b"", "{bad}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.lines().count(), 1, "{bad}: {error}");
        assert!(error.contains("(try --help)"), "{bad} is not an argument: {error}");
    }
}
