//! Workers that are lost, each in its own way; and that none is left behind.

use std::env;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{self, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::patience::{PATIENCE, ends, ends_within};
use crate::pool::who_serve;
use processes::child::{State, state};
use processes::{JobLost, ProcessPool, Serve, Task, Worker, frame};

pub(crate) const TASKS: [&dyn Serve; 5] = [&DO, &HANG, &LARGE, &NUMBER, &LENGTH];

/// Ways to be lost, by name; every other name is answered with the process id.
const DO: Task<String, u32> = Task::new("do", |what| {
    match &*what {
        "abort" => process::abort(),
        "exit" => process::exit(3),
        "panic" => panic!("on purpose"),
        "park" => thread::park(),
        "print" => print(b"hello from a job\n"),
        "print two bytes" => print(b"hi"),
        "half an answer" => {
            print(&[&1_u64.to_le_bytes()[..], &100_u32.to_le_bytes(), b"half"].concat());
            process::exit(0)
        }
        "four gigabytes" => {
            print(&[&1_u64.to_le_bytes()[..], &u32::MAX.to_le_bytes()].concat());
        }
        "no such answer" => frame::write(&mut io::stdout(), 1, &[7; 3]).unwrap(),
        "two answers" => {
            let answer = [0, 5]; // Ok(5)
            frame::write(&mut io::stdout(), 1, &answer).unwrap();
        }
        "have workers" => match Worker::start() {
            Ok(_) => panic!("it has one"),
            Err(error) => panic!("{error}"),
        },
        #[cfg(unix)]
        "become another program" => {
            use std::os::unix::process::CommandExt as _;
            panic!("{}", Command::new("sleep").arg("1000").stdout(Stdio::null()).exec());
        }
        _ => {}
    }
    process::id()
});

/// Tells whoever listens at this port that it has begun, and never ends.
const HANG: Task<u16, ()> = Task::new("hang", |port| {
    let _line = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    thread::park();
});

const LARGE: Task<usize, String> = Task::new("large", |bytes| "0".repeat(bytes));
const NUMBER: Task<String, u64> = Task::new("number", |text| text.parse().unwrap());
const LENGTH: Task<String, usize> = Task::new("length", |text| text.len());
/// One that the worker does not know.
const UNKNOWN: Task<(), ()> = Task::new("unknown", |()| ());

/// Past the test runner, which would keep what `print!` prints.
fn print(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).unwrap();
}

fn call(worker: &mut Worker, what: &str) -> Result<u32, JobLost> {
    worker.call(&DO, &what.to_owned())
}

#[cfg(unix)]
fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

/// Whether there is no such process any more, not even one that nobody has waited for.
fn is_gone(pid: u32) -> bool {
    // Asked on Linux only.
    matches!(state(pid), State::Gone | State::Unknown)
}

/// The error of the job that does `what`, between two that go well; the worker is another one after it, or the same.
#[track_caller]
fn is_lost(what: &'static str, replaced: bool) -> JobLost {
    let (before, lost, after) = ends(move || {
        let pool = ProcessPool::new(1).unwrap();
        let before = who_serve(&pool).pop_first().unwrap();
        // The first message of this one: some of the ways count on it.
        let lost = pool.submit(move |worker| {
            *worker = Worker::start().unwrap();
            let id = worker.id().unwrap();
            let lost = call(worker, what).unwrap_err();
            Ok((id, lost, worker.id()))
        });
        let (id, lost, id_after) = lost.join().unwrap();
        assert_eq!(id_after, (!replaced).then_some(id), "{what}");
        let after = who_serve(&pool).pop_first().unwrap();
        assert_eq!(after != id, replaced, "{what}");
        assert_eq!(is_gone(id), replaced || cfg!(not(target_os = "linux")), "{what}");
        (before, lost, after)
    });
    assert_ne!(before, after);
    assert!(is_gone(before));
    lost
}

fn crashed(how: &str) -> JobLost {
    JobLost::Crashed(how.to_owned())
}

#[test]
#[cfg(unix)]
fn a_worker_that_ends_is_reported_with_its_status_and_replaced() {
    assert_eq!(is_lost("abort", true), crashed("signal 6"));
    assert_eq!(is_lost("exit", true), crashed("exit code 3"));
    assert_eq!(is_lost("half an answer", true), crashed("exit code 0"));
}

#[test]
fn a_panic_is_the_error_of_its_job_and_its_worker_lives_on() {
    assert_eq!(is_lost("panic", false), JobLost::Panicked("on purpose".to_owned()));
}

#[test]
fn what_is_no_answer_is_garbage_and_its_worker_is_replaced() {
    for (what, why) in [
        ("print", "this is not the beginning of a message"),
        ("print two bytes", "this is not the beginning of a message"),
        ("four gigabytes", "a message of 4294967295 bytes"),
    ] {
        assert_eq!(is_lost(what, true), JobLost::Garbage(why.to_owned()), "{what}");
    }
    assert!(matches!(is_lost("no such answer", true), JobLost::Garbage(_)));
}

#[test]
fn an_answer_too_many_is_never_taken_for_another_jobs() {
    let (first, second, third) = ends(|| {
        let mut worker = Worker::start().unwrap();
        let first = call(&mut worker, "two answers");
        let second = call(&mut worker, "");
        (first, second, call(&mut worker, "").is_ok())
    });
    assert_eq!(first, Ok(5), "whatever a job sends as its answer is its answer");
    assert!(matches!(second, Err(JobLost::Garbage(_))), "{second:?}");
    assert!(third);
}

#[test]
fn what_cannot_cross_costs_no_worker() {
    ends(|| {
        let mut worker = Worker::start().unwrap();
        let id = worker.id();
        let crosses = |lost: JobLost, why: &str| {
            assert_eq!(lost, JobLost::CannotCross(why.to_owned()));
        };
        let unknown = worker.call(&UNKNOWN, &()).unwrap_err();
        crosses(unknown, "no task is called unknown");
        let result = worker.call(&LARGE, &frame::LONGEST).unwrap_err();
        crosses(result, "a result of 67108869 bytes");
        let argument = worker.call(&LENGTH, &"0".repeat(frame::LONGEST)).unwrap_err();
        crosses(argument, "an argument of 67108875 bytes");
        // A name that is known, and an argument of another type.
        let other = Task::new("number", |n: u8| n);
        let lost = worker.call(&other, &200).unwrap_err();
        assert!(matches!(lost, JobLost::CannotCross(_)), "{lost:?}");
        assert_eq!(worker.call(&NUMBER, &"12".to_owned()), Ok(12));
        assert_eq!(worker.id(), id);
    });
}

/// A job that hangs in a worker, and the worker's process id; both are here when the job has begun.
fn hanging(pool: &ProcessPool) -> (processes::JobHandle<()>, u32) {
    let begun = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = begun.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    let job = pool.submit(move |worker| {
        tell.send(worker.id().unwrap()).unwrap();
        worker.call(&HANG, &port)
    });
    begun.accept().unwrap();
    (job, told.recv().unwrap())
}

#[test]
#[cfg(unix)]
fn a_worker_that_is_killed_from_outside_costs_its_job_alone() {
    let (lost, others, served) = ends(|| {
        let pool = ProcessPool::new(2).unwrap();
        let (job, pid) = hanging(&pool);
        // The other worker does these meanwhile.
        let others = pool.map(0..10, |worker, _| call(worker, "").map(drop));
        kill("-9", pid);
        let lost = job.join();
        assert!(is_gone(pid));
        (lost, others, who_serve(&pool).len())
    });
    assert_eq!(lost, Err(crashed("signal 9")));
    assert_eq!((others, served), (vec![Ok(()); 10], 2));
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_that_dies_between_two_jobs_costs_no_job() {
    ends(|| {
        let mut worker = Worker::start().unwrap();
        let first = call(&mut worker, "").unwrap();
        kill("-9", first);
        // It has ended when it is a zombie without other threads: it is ours, and nobody else waits for it.
        let about = |what: &str| format!("/proc/{first}/{what}");
        let stat = || std::fs::read_to_string(about("stat")).unwrap();
        let threads = || std::fs::read_dir(about("task")).unwrap().count();
        while !stat().contains(") Z ") || threads() > 1 {
            thread::yield_now();
        }
        let second = call(&mut worker, "").unwrap();
        assert_ne!(first, second);
        assert!(is_gone(first));
    });
}

#[test]
#[cfg(unix)]
fn a_worker_that_closes_its_pipe_and_lives_on_is_ended() {
    let lost = is_lost("become another program", true);
    assert_eq!(lost, JobLost::Garbage("it closed its pipe, and lived on".to_owned()));
}

// Deadlines:

#[test]
fn a_job_that_hangs_is_ended_at_its_deadline_and_its_worker_replaced() {
    ends(|| {
        let mut worker = Worker::start().unwrap();
        let first = worker.id().unwrap();
        let soon = Duration::from_millis(50);
        let lost = worker.call_within(&DO, &"park".to_owned(), soon);
        assert_eq!(lost, Err(JobLost::Overdue(soon)));
        assert_eq!(worker.id(), None);
        assert!(is_gone(first));

        let second = worker.call_within(&DO, &String::new(), PATIENCE).unwrap();
        assert_ne!(first, second);
        assert_eq!(worker.id(), Some(second), "what is in time costs no worker");
        let panic = worker.call_within(&DO, &"panic".to_owned(), PATIENCE);
        assert_eq!(panic, Err(JobLost::Panicked("on purpose".to_owned())));
        assert_eq!(worker.id(), Some(second));
    });
}

/// It does not read either: this deadline ends a write.
#[test]
#[cfg(unix)]
fn a_stopped_worker_is_ended_at_the_deadline_of_its_job() {
    ends(|| {
        let mut worker = Worker::start().unwrap();
        let pid = worker.id().unwrap();
        kill("-STOP", pid);
        let soon = Duration::from_millis(50);
        let lost = worker.call_within(&LENGTH, &"0".repeat(5 << 20), soon);
        assert_eq!(lost, Err(JobLost::Overdue(soon)));
        assert!(is_gone(pid));
        assert_eq!(worker.call(&LENGTH, &"0".repeat(5 << 20)), Ok(5 << 20));
    });
}

// The guard:

/// Set for a program that is to forget `work_if_asked`; says what it does instead.
const FORGETFUL: &str = "WHILE_YOU_WAIT_FORGETFUL";

/// What a child of a program without the guard does in the place of `work_if_asked`.
pub(crate) fn forget_the_guard_if_asked() {
    let is_child = env::args().nth(1).is_some_and(|argument| argument == "be_a_worker");
    let Ok(instead) = env::var(FORGETFUL) else { return };
    if is_child {
        // What its parent did before it came here.
        match &*instead {
            "starts a pool" => say_why_there_is_no_pool(),
            "dislikes its arguments" => process::exit(2),
            "waits" => thread::park(),
            _ => {}
        }
        process::exit(1);
    }
}

/// Past the test runner, which would keep what `eprintln!` prints.
fn say_why_there_is_no_pool() {
    let why = ProcessPool::new(2).unwrap_err();
    io::stderr().write_all(format!("<{why}>\n").as_bytes()).unwrap();
}

#[test]
#[ignore = "run by the tests below, as a program that forgets the guard"]
fn forgetful() {
    if env::var_os(FORGETFUL).is_some() {
        say_why_there_is_no_pool();
    }
}

/// Runs one of the ignored tests as a program, to its end and to that of all that it has started: all have its standard error.
fn run(name: &str, variable: (&str, &str)) -> Output {
    let mut program = Command::new(env::current_exe().unwrap());
    program
        .args(["--exact", "--ignored", "--nocapture", name])
        .env(variable.0, variable.1);
    ends(move || program.output().unwrap())
}

/// What a program says that forgets the guard, and what its children say; they are one to each worker that it asks for.
fn said_without_the_guard(instead: &str) -> Vec<String> {
    let output = run("crashes::forgetful", (FORGETFUL, instead));
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.lines().filter_map(|line| line.strip_prefix('<')?.strip_suffix('>'));
    said.map(str::to_owned).collect()
}

#[test]
#[cfg(unix)]
fn a_program_without_the_guard_does_not_start_itself_for_ever() {
    let question = "is work_if_asked the first thing in main?";
    assert_eq!(
        said_without_the_guard("starts a pool"),
        [
            format!("a worker has no workers: {question}"),
            format!("its worker ended: exit code 1, before it was a worker: {question}"),
        ]
    );
    assert_eq!(
        said_without_the_guard("dislikes its arguments"),
        [format!("its worker ended: exit code 2, before it was a worker: {question}")]
    );
}

#[test]
fn a_child_that_never_says_that_it_is_a_worker_is_given_up() {
    assert_eq!(
        said_without_the_guard("waits"),
        ["no answer within 10s, before it was a worker: \
          is work_if_asked the first thing in main?"]
    );
}

#[test]
fn a_worker_has_no_workers_of_its_own() {
    let refused = "a worker has no workers: is work_if_asked the first thing in main?";
    assert_eq!(is_lost("have workers", false), JobLost::Panicked(refused.to_owned()));
}

// Nothing left behind:

#[test]
fn drop_does_what_is_queued_and_ends_every_worker() {
    let (done, gone) = ends(|| {
        let pool = ProcessPool::new(3).unwrap();
        let pids = who_serve(&pool);
        let jobs: Vec<_> =
            (0..30).map(|_| pool.submit(|worker| call(worker, ""))).collect();
        drop(pool);
        let done = jobs.into_iter().map(|job| job.join().is_ok());
        (done.filter(|ok| *ok).count(), pids.into_iter().all(is_gone))
    });
    assert_eq!(done, 30);
    assert!(gone);
}

/// It would not see the end of its input while another worker has that open, too.
#[test]
fn each_worker_ends_by_itself_as_soon_as_its_own_pipe_is_closed() {
    ends(|| {
        let mut workers: Vec<_> = (0..3).map(|_| Worker::start().unwrap()).collect();
        while !workers.is_empty() {
            let ended = workers.remove(0).end().unwrap();
            assert!(ended.success(), "{ended}: it was killed");
            for worker in &mut workers {
                assert_eq!(call(worker, ""), Ok(worker.id().unwrap()));
            }
        }
    });
}

#[test]
#[cfg(unix)]
fn a_worker_that_does_not_end_by_itself_is_killed() {
    let pid = ends(|| {
        let worker = Worker::start().unwrap();
        let pid = worker.id().unwrap();
        kill("-STOP", pid);
        drop(worker);
        pid
    });
    assert!(is_gone(pid));
}

const KILLED: &str = "WHILE_YOU_WAIT_KILLED";

#[test]
#[ignore = "run by the test below, which kills it"]
fn a_parent() {
    if env::var_os(KILLED).is_none() {
        return;
    }
    let pool = ProcessPool::new(3).unwrap();
    // One worker waits for a job, two are in the middle of one.
    let _hanging = [hanging(&pool), hanging(&pool)];
    assert!(pool.submit(|worker| call(worker, "")).join().is_ok());
    print(b"<ready>\n");
    thread::park();
}

#[test]
#[cfg(unix)]
fn workers_do_not_survive_a_parent_that_is_killed() {
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "crashes::a_parent"])
        .env(KILLED, "yes")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = parent.stdout.take().unwrap();
    let mut stderr = parent.stderr.take().unwrap();
    let (mut parent, said) = ends(move || {
        let (mut said, mut byte) = (Vec::new(), [0]);
        while !said.ends_with(b"<ready>") && stdout.read(&mut byte).unwrap() == 1 {
            said.push(byte[0]);
        }
        (parent, said)
    });
    kill("-9", parent.id());
    assert!(said.ends_with(b"<ready>"), "{}", String::from_utf8_lossy(&said));
    ends(move || parent.wait().unwrap());
    // The workers have its standard error, too: it ends when the last of them has.
    ends(move || stderr.read_to_end(&mut Vec::new()).unwrap());
}

const AGAIN: &str = "WHILE_YOU_WAIT_AGAIN";

/// Whatever the tests start has their standard error, which comes to its end when all of it is gone.
#[test]
fn the_tests_of_the_pool_leave_no_process_behind() {
    if env::var_os(AGAIN).is_some() {
        return;
    }
    let mut tests = Command::new(env::current_exe().unwrap());
    tests.args(["pool::", "crashes::", "--skip", "never_says"]).env(AGAIN, "yes");
    let again = ends_within(4 * PATIENCE, move || tests.output().unwrap());
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
}
