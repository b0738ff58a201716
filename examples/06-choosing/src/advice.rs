//! Which model to take for a job, and why.
//!
//! The questions, in this order: is it waiting or working? How many at once? Must one survive another's crash? Who owns the data?
//! What does the team know? Every answer cites rows that the bench has recorded.

use std::time::Duration;

use crate::Model;
use crate::statistics::amdahl;

// ANCHOR: job
/// A job of many units, all alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The share of a unit's time that it waits: 0 is nothing but work, 1 nothing but
    /// waiting.
    pub waiting: f64,
    /// How many units there are.
    pub tasks: usize,
    /// How long one of them takes alone.
    pub unit: Duration,
    /// How many at once the other side allows, where it says so.
    pub slots: Option<usize>,
    /// How many cores there are.
    pub cores: usize,
    /// Whether the others must survive the crash of one.
    pub survive_crash: bool,
    /// Whether all of them change the same data.
    pub shared_data: bool,
    /// What the team knows.
    pub knows: Knows,
}
// ANCHOR_END: job

/// What a team writes and reads without effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knows {
    /// Python, and no Rust so far.
    Python,
    /// Rust that blocks: threads, channels, locks.
    Threads,
    /// Async Rust too.
    Async,
}

/// What to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// One of the models, as it is.
    Take(Model),
    /// Tasks for the waiting, and rayon for the work.
    TasksAndRayon,
    /// A process for each core, and tasks in each.
    TasksInProcesses,
    /// The Python program, with its own pool or asyncio.
    StayInPython,
}

/// What sets the limit of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// All are under way at once: the longest unit.
    Longest,
    /// The other side takes no more at once.
    Slots,
    /// The cores have no more to give.
    Cores,
}

/// A recommendation.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// What to take.
    pub choice: Choice,
    /// How many units at once; as many threads, tasks or processes.
    pub workers: usize,
    /// Why, in a sentence.
    pub why: String,
    /// What that means for the data.
    pub data: &'static str,
    /// The measured rows behind it, those of one table together.
    pub cited: Vec<Cited>,
}

/// A row that the bench has recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cited {
    /// As [`Table::id`](crate::measured::Table::id).
    pub table: &'static str,
    /// As [`By::id`](crate::measured::By::id).
    pub by: &'static str,
    /// As [`Run::row`](crate::measured::Run::row).
    pub row: &'static str,
}

/// A job that no model makes this many times as fast is left as it is.
const WORTH_IT: f64 = 1.5;
/// A job that is done so soon, one unit after another, is too: Python with `requests` takes longer to start.
const SOON: Duration = Duration::from_millis(20);
/// A unit that waits less than this share of its time works.
const WORKS: f64 = 0.2;
/// Up to here a thread for each wait is close enough to a task for each. It lies between two sizes that are measured, 100 and 1,000.
const MANY: usize = 300;
/// Up to here a process for each wait is affordable.
const MANY_PROCESSES: usize = 50;
/// Work that takes longer between two waits would hold up all other tasks of its thread: Alice Ryhl, "Async: What is blocking?"
const HOLDS_UP: Duration = Duration::from_micros(100);

impl Job {
    // ANCHOR: at_most
    /// How many times as fast as one unit after another the job can be at most, whatever
    /// the model; and so, by Little's law, how many units it pays to have under way.
    pub fn at_most(&self) -> f64 {
        // On one core the waits overlap and the work does not: it is the serial share.
        let a_core = amdahl(usize::MAX, 1.0 - self.waiting);
        let cores = self.cores as f64 * a_core;
        cores.min(self.allowed() as f64).max(1.0)
    }

    /// How long it takes at least: the time of all, one after another, over that.
    pub fn limit(&self) -> Duration {
        self.alone().div_f64(self.at_most())
    }

    /// How many at once there can be, if cores are no matter.
    fn allowed(&self) -> usize {
        self.tasks.min(self.slots.unwrap_or(usize::MAX))
    }
    // ANCHOR_END: at_most

    /// How long all units take, one after another.
    pub fn alone(&self) -> Duration {
        let seconds = self.unit.as_secs_f64() * self.tasks as f64;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// How long a unit works.
    pub fn work(&self) -> Duration {
        self.unit.mul_f64(1.0 - self.waiting)
    }

    /// The same job, where only one core can be used: by one thread, or by Python with a GIL.
    #[must_use]
    pub fn on_one_core(&self) -> Self {
        Self { cores: 1, ..self.clone() }
    }

    /// What keeps it from being faster.
    pub fn bound(&self) -> Bound {
        if self.at_most() < self.allowed() as f64 {
            Bound::Cores
        } else if self.allowed() < self.tasks {
            Bound::Slots
        } else {
            Bound::Longest
        }
    }

    /// Whether further cores would bring nothing.
    fn one_core_is_enough(&self) -> bool {
        self.on_one_core().bound() != Bound::Cores
    }

    /// [`Job::at_most`] as a number of workers.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 1, and at most the number of tasks or cores"
    )]
    fn at_once(&self) -> usize {
        self.at_most().round() as usize
    }
}

// ANCHOR: choose
/// What to take for a job.
fn choose(job: &Job) -> Choice {
    let at_once = job.at_once();
    if job.survive_crash && job.tasks > 1 {
        return isolated(job);
    }
    if at_once <= 1 || job.at_most() < WORTH_IT || job.alone() < SOON {
        return Choice::Take(Model::Sequential);
    }
    if job.waiting < WORKS {
        return Choice::Take(Model::Rayon);
    }
    if at_once > MANY || job.knows == Knows::Async {
        return tasks(job);
    }
    if job.knows == Knows::Python && job.one_core_is_enough() {
        return Choice::StayInPython;
    }
    // With fewer workers than units it is a pool.
    let each = at_once == job.tasks;
    Choice::Take(if each { Model::Threads } else { Model::Pool })
}
// ANCHOR_END: choose

/// Many waits, or a team at home with them.
fn tasks(job: &Job) -> Choice {
    let one_thread = job.cores == 1 || job.one_core_is_enough();
    if job.work() > HOLDS_UP && !one_thread {
        Choice::TasksAndRayon
    } else if !one_thread {
        Choice::Take(Model::AllCores)
    } else if job.at_once() < job.tasks {
        Choice::Take(Model::Bounded)
    } else {
        Choice::Take(Model::OneThread)
    }
}

/// One that crashes must not take the others along.
fn isolated(job: &Job) -> Choice {
    if job.waiting < WORKS || job.at_once() <= MANY_PROCESSES {
        Choice::Take(Model::Processes)
    } else {
        Choice::TasksInProcesses
    }
}

/// Recommends a model for a job, and says why.
pub fn advise(job: &Job) -> Advice {
    let choice = choose(job);
    let mut cited = measured_for(job, choice);
    if job.shared_data {
        cited.extend(measured_for_shared_data(choice));
    }
    Advice {
        choice,
        workers: workers(job, choice),
        why: why(job, choice),
        data: data(job, choice),
        cited,
    }
}

/// How many units at once.
fn workers(job: &Job, choice: Choice) -> usize {
    let at_once = job.at_once();
    match choice {
        Choice::Take(Model::Sequential) => 1,
        Choice::Take(Model::Rayon) => at_once.min(job.cores),
        Choice::Take(Model::Processes) if job.waiting < WORKS => at_once.min(job.cores),
        _ => at_once,
    }
}

impl Choice {
    /// What it is called in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Take(model) => model.name(),
            Self::TasksAndRayon => "async for the waiting, rayon for the work",
            Self::TasksInProcesses => "a process for each core, async in each",
            Self::StayInPython => "the Python that you have: a pool, or asyncio",
        }
    }

    /// What it is not: what others would have expected.
    pub fn instead_of(self) -> &'static str {
        match self {
            Self::Take(Model::Sequential) => "not concurrency",
            Self::Take(Model::Threads | Model::Pool | Model::Rayon) => "not async",
            Self::Take(Model::OneThread | Model::AllCores | Model::Bounded) => {
                "not threads"
            }
            Self::Take(Model::Processes) | Self::TasksInProcesses => "not threads alone",
            Self::TasksAndRayon => "not one of them alone",
            Self::StayInPython => "not Rust",
        }
    }
}

/// Why it is that, in a sentence.
fn why(job: &Job, choice: Choice) -> String {
    let (n, cores) = (job.at_once(), job.cores);
    let bounded = matches!(choice, Choice::Take(Model::Pool | Model::Bounded));
    if bounded && job.bound() == Bound::Slots {
        return format!("The other side takes {n}: one more stands in its queue.");
    }
    if bounded {
        return format!("With {n} under way the cores ({cores}) have no time for more.");
    }
    let why = match choice {
        Choice::Take(Model::Sequential) if job.tasks <= 1 => {
            "One unit has nothing to overlap with."
        }
        Choice::Take(Model::Sequential) if job.alone() < SOON => {
            "All of it is done sooner than Python with requests has started."
        }
        Choice::Take(Model::Sequential) => {
            "What any model could gain is less than it costs to write."
        }
        Choice::Take(Model::Rayon) => {
            "It works: the cores set the limit, and a worker for each reaches it."
        }
        Choice::Take(Model::Threads | Model::Pool) => {
            "It waits, and for so few a thread each is close to a task each."
        }
        Choice::Take(Model::OneThread | Model::Bounded) => {
            "It waits, a task costs less than a thread, and one core is enough."
        }
        Choice::Take(Model::AllCores) => {
            "It waits, and what each has to do between is short, but fills a core."
        }
        Choice::Take(Model::Processes) => {
            "A crash takes the whole process, so each worker is one."
        }
        Choice::TasksAndRayon => {
            "It waits and works, and work on the loop would hold up the waits."
        }
        Choice::TasksInProcesses => {
            "A process for each wait is dear, so a crash may take a share of them."
        }
        Choice::StayInPython => {
            "One core is enough, and asyncio comes nearly as close to the limit."
        }
    };
    why.to_owned()
}

/// Who owns the data, and what that asks for.
fn data(job: &Job, choice: Choice) -> &'static str {
    if !job.shared_data {
        return "each unit its own: it is moved in, and a result comes out";
    }
    match choice {
        Choice::Take(Model::Sequential) => "all of them: there is no other at the time",
        Choice::Take(Model::OneThread | Model::Bounded) => {
            "all of them: one thread needs no lock, but no await in between"
        }
        Choice::Take(Model::Threads | Model::Pool | Model::AllCores) => {
            "all of them: a lock, held briefly and never while waiting"
        }
        Choice::Take(Model::Rayon) | Choice::TasksAndRayon => {
            "all of them: a part for each worker, put together at the end"
        }
        Choice::Take(Model::Processes) | Choice::TasksInProcesses => {
            "one process: what the others know of it are copies"
        }
        Choice::StayInPython => "all of them: a lock, whatever the GIL does today",
    }
}

/// The measured sizes of waiting: so many at once.
const WAITS: [(usize, &str); 4] =
    [(5, "five"), (100, "hundred"), (1_000, "thousand"), (10_000, "ten-thousand")];

/// The measured numbers of workers on a site with 32 slots. More than those have been measured too, but stand in the site's
/// queue, where nobody is advised to stand.
const SWEEP: [(usize, &str); 6] = [
    (1, "sweep-1"),
    (2, "sweep-2"),
    (4, "sweep-4"),
    (8, "sweep-8"),
    (16, "sweep-16"),
    (32, "sweep-32"),
];

/// The table whose size is nearest to `n`: the ratio of the two is nearest to 1.
fn nearest(tables: &[(usize, &'static str)], n: usize) -> &'static str {
    let distance = |size: usize| (size as f64 / n.max(1) as f64).ln().abs();
    let closer =
        |a: &&(usize, &str), b: &&(usize, &str)| distance(a.0).total_cmp(&distance(b.0));
    tables.iter().min_by(closer).map_or("", |(_, table)| table)
}

/// The rows of one table, each as (by, row).
fn of<const N: usize>(
    table: &'static str,
    rows: [(&'static str, &'static str); N],
) -> Vec<Cited> {
    rows.map(|(by, row)| Cited { table, by, row }).to_vec()
}

/// The measured rows that are nearest to the job.
fn measured_for(job: &Job, choice: Choice) -> Vec<Cited> {
    let at_once = job.at_once();
    let (waits, workers) = (nearest(&WAITS, at_once), nearest(&SWEEP, at_once));
    let (rust, python) = ("rust", "python");
    match choice {
        Choice::Take(Model::Sequential) if job.alone() < SOON && job.tasks > 1 => {
            of("starting", [(rust, "nothing"), (python, "requests")])
        }
        Choice::Take(Model::Sequential) if job.waiting < WORKS => {
            of("primes", [(rust, "sequential"), (python, "sequential")])
        }
        Choice::Take(Model::Sequential) => {
            of("five", [(rust, "sequential"), (python, "sequential")])
        }
        Choice::Take(Model::Rayon) => {
            of("primes", [(rust, "rayon"), (rust, "sequential"), (python, "processes")])
        }
        Choice::Take(Model::Threads) => of(
            waits,
            [(rust, "threads"), (rust, "async-one-thread"), (python, "threads")],
        ),
        Choice::Take(Model::Pool) => {
            of(workers, [(rust, "pool"), (rust, "async-bounded"), (python, "pool")])
        }
        Choice::Take(Model::Bounded) => of(
            workers,
            [(rust, "async-bounded"), (rust, "pool"), (python, "asyncio-bounded")],
        ),
        Choice::Take(Model::OneThread) => {
            let rows =
                [(rust, "async-one-thread"), (rust, "threads"), (python, "asyncio")];
            let mut cited = of(waits, rows);
            cited.extend(of("units-10000", [(rust, "task"), (rust, "thread")]));
            cited
        }
        Choice::Take(Model::AllCores) => of(
            waits,
            [(rust, "async-all-cores"), (rust, "async-one-thread"), (python, "asyncio")],
        ),
        Choice::Take(Model::Processes) if job.waiting < WORKS => {
            of("primes", [(rust, "processes"), (rust, "rayon"), (python, "processes")])
        }
        Choice::Take(Model::Processes) => {
            of("five", [(rust, "processes"), (rust, "threads"), (python, "processes")])
        }
        Choice::TasksAndRayon => {
            let mut cited = of(waits, [(rust, "async-one-thread"), (rust, "threads")]);
            cited.extend(of("primes", [(rust, "rayon"), (rust, "sequential")]));
            cited
        }
        Choice::TasksInProcesses => {
            let mut cited =
                of("hundred", [(rust, "async-one-thread"), (rust, "processes")]);
            cited.extend(of("units-1000", [(rust, "task"), (rust, "process")]));
            cited
        }
        Choice::StayInPython => {
            let rows = [(python, "pool"), (python, "asyncio"), (rust, "threads")];
            of(waits, rows)
        }
    }
}

/// What sharing costs; between processes, what crossing costs.
fn measured_for_shared_data(choice: Choice) -> Vec<Cited> {
    match choice {
        Choice::Take(Model::Processes) | Choice::TasksInProcesses => {
            of("hash-large", [("rust", "processes"), ("rust", "pool")])
        }
        Choice::StayInPython => of("counter", [("python", "lock"), ("python", "apart")]),
        _ => of("counter", [("rust", "mutex"), ("rust", "atomic"), ("rust", "apart")]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Choice::{StayInPython, Take, TasksAndRayon, TasksInProcesses};
    use super::{Bound, Job, Knows, advise, nearest};
    use crate::Model::{
        AllCores, Bounded, OneThread, Pool, Processes, Rayon, Sequential, Threads,
    };

    /// The five sites.
    fn five() -> Job {
        Job {
            waiting: 0.99,
            tasks: 5,
            unit: Duration::from_millis(120),
            slots: None,
            cores: 2,
            survive_crash: false,
            shared_data: false,
            knows: Knows::Threads,
        }
    }

    #[track_caller]
    fn assert_advised(job: &Job, choice: super::Choice, workers: usize) {
        let advice = advise(job);
        assert_eq!((advice.choice, advice.workers), (choice, workers), "{job:?}");
    }

    #[track_caller]
    fn assert_at_most(job: &Job, times: f64, bound: Bound) {
        assert!((job.at_most() - times).abs() < 1e-6, "{} {job:?}", job.at_most());
        assert_eq!(job.bound(), bound, "{job:?}");
        let limit = job.alone().as_secs_f64() / times;
        assert!((job.limit().as_secs_f64() - limit).abs() < 1e-6, "{job:?}");
    }

    #[test]
    fn waiting_takes_threads_and_work_takes_the_cores() {
        assert_advised(&five(), Take(Threads), 5);
        assert_advised(&Job { waiting: 1.0, ..five() }, Take(Threads), 5);
        assert_advised(&Job { waiting: 0.0, ..five() }, Take(Rayon), 2);
        assert_advised(&Job { waiting: 0.1, ..five() }, Take(Rayon), 2);
        // Half and half: each core has another unit to go on with.
        assert_advised(&Job { waiting: 0.5, ..five() }, Take(Pool), 4);
        // Work is work, whatever one knows.
        for knows in [Knows::Python, Knows::Threads, Knows::Async] {
            assert_advised(&Job { waiting: 0.0, knows, ..five() }, Take(Rayon), 2);
        }
    }

    #[test]
    fn many_waits_take_tasks() {
        let waits = |tasks| Job { waiting: 1.0, tasks, ..five() };
        assert_advised(&waits(100), Take(Threads), 100);
        assert_advised(&waits(1_000), Take(OneThread), 1_000);
        assert_advised(&waits(10_000), Take(OneThread), 10_000);
        // So many of these keep a core busy. What is little work for each is tokio's, what is more is rayon's.
        let mixed = |unit, cores| Job { waiting: 0.999, unit, cores, ..waits(10_000) };
        let (short, long) = (Duration::from_millis(20), Duration::from_secs(1));
        assert_advised(&mixed(short, 2), Take(AllCores), 2_000);
        assert_advised(&mixed(long, 2), TasksAndRayon, 2_000);
        // On one core there are no others to use.
        assert_advised(&mixed(short, 1), Take(Bounded), 1_000);
    }

    #[test]
    fn the_slots_of_the_other_side_bound_the_workers() {
        let slots = |slots| Job { tasks: 1_000, waiting: 1.0, slots, ..five() };
        assert_advised(&slots(Some(32)), Take(Pool), 32);
        assert_advised(&slots(Some(1)), Take(Sequential), 1);
        assert_advised(&slots(Some(800)), Take(Bounded), 800);
        assert_advised(
            &Job { knows: Knows::Async, ..slots(Some(32)) },
            Take(Bounded),
            32,
        );
        // More than there are units is no bound.
        assert_advised(&slots(Some(1_000)), Take(OneThread), 1_000);
        assert_advised(&slots(Some(5_000)), Take(OneThread), 1_000);
    }

    #[test]
    fn a_crash_that_others_must_survive_takes_processes() {
        let survive = |job| Job { survive_crash: true, ..job };
        assert_advised(&survive(five()), Take(Processes), 5);
        assert_advised(&survive(Job { waiting: 0.0, ..five() }), Take(Processes), 2);
        let many = Job { tasks: 1_000, waiting: 1.0, ..five() };
        assert_advised(&survive(many.clone()), TasksInProcesses, 1_000);
        // A bound makes it few.
        assert_advised(&survive(Job { slots: Some(8), ..many }), Take(Processes), 8);
        // It decides before gain and habit do, but for one unit there are no others.
        assert_advised(&survive(Job { slots: Some(1), ..five() }), Take(Processes), 1);
        let python = Job { knows: Knows::Python, ..five() };
        assert_advised(&survive(python), Take(Processes), 5);
        assert_advised(&survive(Job { tasks: 1, ..five() }), Take(Sequential), 1);
    }

    #[test]
    fn what_the_team_knows_decides_where_the_figures_do_not() {
        let knows = |knows| Job { knows, ..five() };
        assert_advised(&knows(Knows::Python), StayInPython, 5);
        assert_advised(&knows(Knows::Threads), Take(Threads), 5);
        assert_advised(&knows(Knows::Async), Take(OneThread), 5);
        // One core is not enough for these, and Python has but one.
        let mixed = |knows| Job { waiting: 0.9, tasks: 1_000, knows, ..five() };
        assert_advised(&mixed(Knows::Python), Take(Pool), 20);
        assert_advised(&mixed(Knows::Threads), Take(Pool), 20);
        assert_advised(&mixed(Knows::Async), TasksAndRayon, 20);
        // With one core, there is no other to lose.
        let alone = Job { cores: 1, slots: Some(8), ..mixed(Knows::Python) };
        assert_advised(&alone, StayInPython, 8);
    }

    #[test]
    fn where_nothing_is_to_be_gained_nothing_is_taken() {
        assert_advised(&Job { tasks: 0, ..five() }, Take(Sequential), 1);
        assert_advised(&Job { tasks: 1, ..five() }, Take(Sequential), 1);
        assert_advised(&Job { cores: 1, waiting: 0.0, ..five() }, Take(Sequential), 1);
        // A quarter more speed at most, and 4 ms in all.
        let little = Job { cores: 1, waiting: 0.2, tasks: 1_000_000, ..five() };
        assert_advised(&little, Take(Sequential), 1);
        let soon = Job { unit: Duration::from_micros(40), tasks: 100, ..five() };
        assert_advised(&soon, Take(Sequential), 1);
        assert_advised(&Job { tasks: 10_000, ..soon }, Take(Pool), 200);
        assert_advised(&Job { unit: Duration::ZERO, ..five() }, Take(Sequential), 1);
    }

    #[test]
    fn no_job_gains_more_than_its_units_its_slots_and_its_cores_allow() {
        assert_at_most(&five(), 5.0, Bound::Longest);
        assert_at_most(&Job { waiting: 1.0, ..five() }, 5.0, Bound::Longest);
        assert_at_most(&Job { slots: Some(2), ..five() }, 2.0, Bound::Slots);
        assert_at_most(&Job { waiting: 0.0, ..five() }, 2.0, Bound::Cores);
        assert_at_most(&Job { waiting: 0.5, ..five() }, 4.0, Bound::Cores);
        let many = Job { waiting: 0.9, tasks: 1_000, ..five() };
        assert_at_most(&many, 20.0, Bound::Cores);
        assert_at_most(&many.on_one_core(), 10.0, Bound::Cores);
        assert_at_most(&Job { slots: Some(20), ..many }, 20.0, Bound::Slots);
        assert_at_most(&Job { cores: 64, ..five() }, 5.0, Bound::Longest);
        assert_at_most(&Job { tasks: 1, ..five() }, 1.0, Bound::Longest);
        let none = Job { tasks: 0, ..five() };
        assert_eq!((none.at_most(), none.limit()), (1.0, Duration::ZERO));
        let endless = Job { unit: Duration::MAX, ..five() };
        assert_eq!(endless.alone(), Duration::MAX);
    }

    #[test]
    fn shared_data_adds_what_sharing_costs_and_changes_no_choice() {
        for (knows, survive_crash) in
            [(Knows::Python, false), (Knows::Threads, false), (Knows::Async, true)]
        {
            let own = Job { survive_crash, knows, ..five() };
            let (own, shared) =
                (advise(&own), advise(&Job { shared_data: true, ..own.clone() }));
            assert_eq!((own.choice, own.workers), (shared.choice, shared.workers));
            assert!(shared.cited.starts_with(&own.cited), "{shared:?}");
            assert!(shared.cited.len() > own.cited.len(), "{shared:?}");
            assert_ne!(own.data, shared.data);
        }
    }

    #[test]
    fn the_nearest_table_is_nearest_by_ratio() {
        let tables = [(5, "five"), (100, "hundred"), (1_000, "thousand")];
        let near = |n| nearest(&tables, n);
        assert_eq!([0, 1, 5, 22].map(near), ["five"; 4]);
        assert_eq!([23, 100, 316].map(near), ["hundred"; 3]);
        assert_eq!([317, 1_000, usize::MAX].map(near), ["thousand"; 3]);
    }
}
