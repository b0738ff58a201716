//! A transfer that is ended at every point there is: the sum stays whole, it is there entirely or not at all, and nothing is locked
//! afterwards.

use std::env;
use std::future::{pending, ready};
use std::io::{BufRead as _, BufReader, Read as _};
use std::ops::Range;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::{Child, Command, Stdio, exit};
use std::thread;
use std::time::Duration;

use asynchronous::retry::Rng;
use other_waits::one_writer::{Connection, entries, insert};
use other_waits::rollback::sqlite::{Sqlite, add, transfer_blocking};
use other_waits::rollback::{Bank, Order, Polled, transfer_unless, transfer_within};
use tempfile::TempDir;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet, spawn_blocking, yield_now};
use tokio::time::timeout;

use crate::patience::ends_within;

const SEEDS: Range<u64> = 0..24;
const ORDER: Order = Order { from: 0, to: 1, amount: 30 };

/// Runs on one thread, as a bank wants it, and fails in place of hanging.
fn run<F: Future>(job: impl FnOnce() -> F + Send + 'static) {
    // A server has to be started, and each await to be tried, on a machine that may be busy.
    ends_within(Duration::from_mins(5), move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async { job().await });
    });
}

async fn never(tell: oneshot::Sender<()>) {
    let _ = tell.send(());
    pending::<()>().await;
}

fn after(mut balances: Vec<i64>, order: Order) -> Vec<i64> {
    balances[usize::try_from(order.from).unwrap()] -= order.amount;
    balances[usize::try_from(order.to).unwrap()] += order.amount;
    balances
}

fn back(order: Order) -> Order {
    Order { from: order.to, to: order.from, ..order }
}

#[derive(Debug, Default)]
struct Points {
    given_up: usize,
    /// Given up while the commit was under way.
    done_nevertheless: usize,
}

/// Ends a transfer at each of its awaits, for orders that are drawn.
async fn end_at_each_await<B: Bank>(bank: &mut B) -> Points {
    let mut points = Points::default();
    bank.set_up(&[1_000_000; 5]).await.unwrap();
    let mut before = vec![1_000_000; 5];
    for seed in SEEDS {
        let mut random = Rng::with_seed(seed);
        let (from, steps) = (random.i64(0..5), random.usize(1..5));
        let to = (from + random.i64(1..5)) % 5;
        let order = Order { from, to, amount: random.i64(1..100) };
        for polls in 0.. {
            let approval = async {
                for _ in 0..steps {
                    yield_now().await;
                }
            };
            let ended = Polled::new(bank.transfer(order, approval), polls).await;
            let now = bank.balances().await.unwrap();
            assert_eq!(now.iter().sum::<i64>(), 5_000_000, "seed {seed}, {polls} polls");
            let done = now == after(before.clone(), order);
            if let Some(result) = &ended {
                assert!(result.is_ok() && done, "seed {seed}, {polls} polls");
            } else {
                assert!(done || now == before, "{seed}, {polls}: {before:?} {now:?}");
                points.given_up += 1;
                points.done_nevertheless += usize::from(done);
            }
            // A second one succeeds: nothing is locked.
            bank.transfer(back(order), ready(())).await.unwrap();
            before = bank.balances().await.unwrap();
            assert_eq!(before, after(now, back(order)), "{seed}, {polls}");
            if ended.is_some() {
                break;
            }
        }
    }
    points
}

/// Ends a transfer half-way, in each way that leaves this process alive.
async fn end_in_each_way<B: Bank + 'static>(bank: &mut B) {
    async fn check<B: Bank>(bank: &mut B, way: &str) {
        assert_eq!(bank.balances().await.unwrap(), [100, 100], "{way}");
        bank.transfer(ORDER, ready(())).await.unwrap();
        assert_eq!(bank.balances().await.unwrap(), [70, 130], "{way}");
        bank.transfer(back(ORDER), ready(())).await.unwrap();
    }
    bank.set_up(&[100, 100]).await.unwrap();

    let (tell, told) = oneshot::channel();
    let limit = Duration::from_millis(20);
    assert!(transfer_within(bank, ORDER, pending(), limit).await.is_none());
    check(bank, "timeout").await;

    let stop = async { told.await.unwrap() };
    assert!(transfer_unless(bank, ORDER, never(tell), stop).await.is_none());
    check(bank, "select!").await;

    let (tell, told) = oneshot::channel();
    let (mut tasks, mut other) = (JoinSet::new(), bank.another().unwrap());
    tasks.spawn_local(async move { drop(other.transfer(ORDER, never(tell)).await) });
    told.await.unwrap();
    tasks.abort_all();
    assert!(tasks.join_next().await.unwrap().unwrap_err().is_cancelled());
    check(bank, "abort").await;

    let mut other = bank.another().unwrap();
    tasks.spawn_local(async move {
        let approval = async { resume_unwind(Box::new("a bug")) };
        drop(other.transfer(ORDER, approval).await);
    });
    assert!(tasks.join_next().await.unwrap().unwrap_err().is_panic());
    check(bank, "panic").await;

    // More than there is: the second step is never reached.
    let too_much = Order { amount: 101, ..ORDER };
    assert!(bank.transfer(too_much, ready(())).await.is_err());
    check(bank, "an error").await;
}

/// The statements of a transfer, one after another.
const STATEMENTS: usize = 4;

/// This program once more, which does so many statements of a transfer (or something else) and then waits to be killed.
struct Client {
    child: Child,
    /// What it said when it was there.
    said: String,
}

impl Client {
    fn start(address: &str, until: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--test-threads=1", "rollback::be_a_client"])
            .env("WHILE_YOU_WAIT_BANK", address)
            .env("WHILE_YOU_WAIT_UNTIL", until)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.lines().map_while(Result::ok);
        let said =
            lines.find_map(|line| Some(line.split_once("half-way")?.1.trim().to_owned()));
        Self { child, said: said.expect("it gets half-way") }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What such a process does. In every other run it does nothing.
#[test]
fn be_a_client() {
    let (Ok(address), Ok(until)) =
        (env::var("WHILE_YOU_WAIT_BANK"), env::var("WHILE_YOU_WAIT_UNTIL"))
    else {
        return;
    };
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        exit(3)
    });
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let local = LocalSet::new();
    match address.strip_prefix("file:") {
        Some(path) => local.block_on(&runtime, be_a_client_of_a_file(path, &until)),
        #[cfg(unix)]
        None => local.block_on(&runtime, server::be_a_client(&address, &until)),
        #[cfg(not(unix))]
        None => {}
    }
}

fn half_way(what: &str) {
    println!("half-way {what}");
}

async fn be_a_client_of_a_file(path: &str, until: &str) {
    if until == "interrupt" {
        end_by_interrupt(Sqlite::open(Path::new(path)).unwrap()).await;
    }
    let connection = Connection::open(path).unwrap();
    if until == "large" {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        add(&connection, 0, -30).unwrap();
        insert(&connection, 4_000_000).unwrap();
    } else {
        let until: usize = until.parse().unwrap();
        let step = |n: usize| match n {
            0 => connection.execute_batch("BEGIN IMMEDIATE"),
            1 => add(&connection, 0, -30),
            2 => add(&connection, 1, 30),
            _ => connection.execute_batch("COMMIT"),
        };
        (0..until).for_each(|n| step(n).unwrap());
    }
    half_way("");
    pending::<()>().await;
}

/// Waits for Ctrl-C with a transfer half-way, and ends well.
async fn end_by_interrupt<B: Bank>(mut bank: B) {
    let approval = async {
        yield_now().await; // the other branch listens by now
        half_way("");
        pending::<()>().await;
    };
    let stop = async { tokio::signal::ctrl_c().await.unwrap() };
    let ended = transfer_unless(&mut bank, ORDER, approval, stop).await;
    exit(i32::from(ended.is_some()))
}

/// Kills a client behind each statement.
async fn kill_behind_each_statement<B: Bank>(bank: &mut B, address: &str) {
    for n in 0..=STATEMENTS {
        bank.set_up(&[100, 100]).await.unwrap();
        Client::start(address, &n.to_string()).kill();
        // SQLite: the system has let go its locks. PostgreSQL: a transfer waits for the row, and a read sees the last commit.
        let done = n == STATEMENTS;
        let expected = if done { [70, 130] } else { [100, 100] };
        assert_eq!(bank.balances().await.unwrap(), expected, "{n} statements");
        bank.transfer(back(ORDER), ready(())).await.unwrap();
        assert_eq!(bank.balances().await.unwrap().iter().sum::<i64>(), 200);
    }
}

#[cfg(unix)]
async fn interrupt<B: Bank>(bank: &mut B, address: &str) {
    bank.set_up(&[100, 100]).await.unwrap();
    let mut client = Client::start(address, "interrupt");
    let pid = i32::try_from(client.child.id()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let input = client.child.stdin.take(); // `wait` would close it, and that ends it too
    assert_eq!(client.child.wait().unwrap().code(), Some(0));
    drop(input);
    assert_eq!(bank.balances().await.unwrap(), [100, 100]);
    bank.transfer(ORDER, ready(())).await.unwrap();
}

fn file() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.db").to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn in_sqlite_a_transfer_is_whole_at_each_await() {
    let (_folder, path) = file();
    run(async move || {
        let mut bank = Sqlite::open(Path::new(&path)).unwrap();
        let points = end_at_each_await(&mut bank).await;
        assert!(points.given_up >= 24 * 2, "{points:?}");
        assert_eq!(points.done_nevertheless, 0, "its commit is no await");
        assert!(bank.connection.is_autocommit(), "no transaction is left");
    });
}

#[test]
fn in_sqlite_a_transfer_is_whole_however_it_ends() {
    let (_folder, path) = file();
    run(async move || {
        let mut bank = Sqlite::open(Path::new(&path)).unwrap();
        end_in_each_way(&mut bank).await;
        assert!(bank.connection.is_autocommit());
    });
}

#[test]
fn in_sqlite_a_killed_client_leaves_all_or_nothing() {
    let (_folder, path) = file();
    run(async move || {
        let mut bank = Sqlite::open(Path::new(&path)).unwrap();
        let address = format!("file:{path}");
        kill_behind_each_statement(&mut bank, &address).await;
        #[cfg(unix)]
        interrupt(&mut bank, &address).await;
    });
}

#[test]
fn what_a_killed_client_had_written_is_taken_back_by_who_opens_the_file() {
    let (_folder, path) = file();
    run(async move || {
        let mut bank = Sqlite::open(Path::new(&path)).unwrap();
        bank.set_up(&[100, 100]).await.unwrap();
        bank.connection.execute_batch("CREATE TABLE entry (body BLOB)").unwrap();
        let size = || std::fs::metadata(&path).unwrap().len();
        let before = size();
        Client::start(&format!("file:{path}"), "large").kill();
        assert!(size() > before + 1_000_000, "the file is half written");
        let journal = format!("{path}-journal");
        assert!(Path::new(&journal).exists(), "and the old pages are in the journal");
        assert_eq!(bank.balances().await.unwrap(), [100, 100]);
        assert_eq!(entries(&bank.connection).unwrap(), 0);
        assert_eq!(size(), before);
        assert!(!Path::new(&journal).exists());
    });
}

#[test]
fn a_thread_cannot_be_dropped_and_its_transfer_is_made() {
    let (_folder, path) = file();
    run(async move || {
        let mut bank = Sqlite::open(Path::new(&path)).unwrap();
        bank.set_up(&[100, 100]).await.unwrap();
        let mut connection = bank.another().unwrap().connection;
        let (approve, approved) = std::sync::mpsc::channel();
        let mut thread = spawn_blocking(move || {
            transfer_blocking(&mut connection, ORDER, || approved.recv().unwrap())
        });
        let limit = Duration::from_millis(20);
        assert!(timeout(limit, &mut thread).await.is_err(), "given up");
        assert_eq!(bank.balances().await.unwrap(), [100, 100]);
        approve.send(()).unwrap();
        thread.await.unwrap().unwrap();
        assert_eq!(bank.balances().await.unwrap(), [70, 130], "and made");
    });
}

#[cfg(unix)]
mod server {
    use std::sync::LazyLock;

    use lab::postgres::Server;
    use other_waits::rollback::postgres::{
        Client as Session, Error as PgError, NoTls, Postgres, connect, in_schema, pid,
        session, until_asleep, within,
    };
    use tokio::time::sleep;

    use crate::postgres::can_run_postgres;

    use super::{
        Bank as _, Client, Duration, ORDER, back, end_at_each_await, end_by_interrupt,
        end_in_each_way, half_way, interrupt, kill_behind_each_statement, pending, ready,
        run, timeout,
    };

    /// One for all tests; it ends with them.
    static SERVER: LazyLock<Option<Server>> = LazyLock::new(|| start(&[]));

    fn start(settings: &[(&str, &str)]) -> Option<Server> {
        can_run_postgres("transactions in PostgreSQL")
            .then(|| Server::start(settings).unwrap())
    }

    /// A schema of its own for a test, and somebody to watch.
    async fn bank(schema: &str) -> Option<(Postgres, String, Session)> {
        let address = SERVER.as_ref()?.url();
        let watcher = connect(&address).await.unwrap();
        watcher.batch_execute(&format!("CREATE SCHEMA {schema}")).await.unwrap();
        let address = in_schema(&address, schema);
        Some((Postgres::new(&address).unwrap(), address, watcher))
    }

    /// Waits until the server has seen that a connection is gone.
    async fn is_gone(watcher: &Session, number: i32) {
        while session(watcher, number).await.unwrap().is_some() {
            sleep(Duration::from_millis(2)).await;
        }
    }

    #[test]
    fn in_postgres_a_transfer_is_whole_at_each_await() {
        run(async || {
            let Some((mut bank, _, watcher)) = bank("awaits").await else { return };
            let number = pid(&bank.pool.get().await.unwrap()).await.unwrap();
            let points = end_at_each_await(&mut bank).await;
            assert!(points.given_up >= 24 * 5, "{points:?}");
            assert!(points.done_nevertheless > 0, "{points:?}: a commit was under way");
            let same = pid(&bank.pool.get().await.unwrap()).await.unwrap();
            assert_eq!(same, number, "one connection has lived through all of it");
            let left = session(&watcher, number).await.unwrap().unwrap();
            assert_eq!((&*left.state, left.locks), ("idle", 0));
            drop(bank);
            is_gone(&watcher, number).await;
        });
    }

    #[test]
    fn in_postgres_a_transfer_is_whole_however_it_ends() {
        run(async || {
            let Some((mut bank, ..)) = bank("ways").await else { return };
            end_in_each_way(&mut bank).await;
        });
    }

    #[test]
    fn in_postgres_a_killed_client_leaves_all_or_nothing() {
        run(async || {
            let Some((mut bank, address, _)) = bank("killed").await else { return };
            kill_behind_each_statement(&mut bank, &address).await;
            interrupt(&mut bank, &address).await;
        });
    }

    #[test]
    fn a_dropped_statement_runs_on_with_its_locks_until_the_server_is_told() {
        run(async || {
            let Some((mut bank, _, watcher)) = bank("in_flight").await else { return };
            bank.set_up(&[100, 100]).await.unwrap();
            let mut client = bank.pool.get().await.unwrap();
            let number = pid(&client).await.unwrap();
            let given_up = tokio::select! {
                _ = long_transfer(&mut client) => false,
                asleep = until_asleep(&watcher, number) => asleep.is_ok(),
            };
            assert!(given_up);
            let left = session(&watcher, number).await.unwrap().unwrap();
            assert_eq!(left.state, "active");
            assert!(left.locks > 0, "{left:?}");
            // Whoever gets this connection next waits behind it.
            let next = timeout(Duration::from_millis(50), client.batch_execute("")).await;
            assert!(next.is_err());
            client.cancel_token().cancel_query(NoTls).await.unwrap();
            client.batch_execute("").await.unwrap();
            let left = session(&watcher, number).await.unwrap().unwrap();
            assert_eq!((&*left.state, left.locks), ("idle", 0));
            drop(client);
            assert_eq!(bank.balances().await.unwrap(), [100, 100]);

            let limit = Duration::from_millis(50);
            let ended = within(&bank.pool, limit, long_transfer).await.unwrap();
            assert!(ended.is_none());
            assert_eq!(bank.pool.status().size, 0, "it is not in the pool any more");
            is_gone(&watcher, number).await;
            assert_eq!(bank.balances().await.unwrap(), [100, 100]);
            bank.transfer(ORDER, ready(())).await.unwrap();
            let in_time =
                within(&bank.pool, Duration::from_mins(1), pid_of).await.unwrap();
            assert!(in_time.is_some());
            assert_eq!(bank.pool.status().size, 1, "this one is");
        });
    }

    async fn pid_of(client: &mut Session) -> Result<i32, PgError> {
        pid(client).await
    }

    async fn long_transfer(client: &mut Session) -> Result<(), PgError> {
        let transaction = client.transaction().await?;
        transaction
            .execute("UPDATE account SET balance = balance - 30 WHERE id = 0", &[])
            .await?;
        transaction.execute("SELECT pg_sleep(3600)", &[]).await?;
        transaction.commit().await
    }

    /// What a client of the server does: so many statements, or a statement of an hour behind the first two.
    pub(super) async fn be_a_client(address: &str, until: &str) {
        if until == "interrupt" {
            end_by_interrupt(Postgres::new(address).unwrap()).await;
        }
        let client = connect(address).await.unwrap();
        let add = async |account: i64, amount: i64| {
            let sql = "UPDATE account SET balance = balance + $2 WHERE id = $1";
            client.execute(sql, &[&account, &amount]).await.unwrap();
        };
        if let Ok(until) = until.parse::<usize>() {
            for n in 0..until {
                match n {
                    0 => client.batch_execute("BEGIN").await.unwrap(),
                    1 => add(0, -30).await,
                    2 => add(1, 30).await,
                    _ => client.batch_execute("COMMIT").await.unwrap(),
                }
            }
            half_way("");
            return pending().await;
        }
        let account = match until {
            "checked" => {
                let set = "SET client_connection_check_interval = '20ms'";
                client.batch_execute(set).await.unwrap();
                0
            }
            _ => 1,
        };
        client.batch_execute("BEGIN").await.unwrap();
        add(account, -30).await;
        half_way(&pid(&client).await.unwrap().to_string());
        client.batch_execute("SELECT pg_sleep(3600)").await.unwrap();
    }

    #[test]
    fn the_server_looks_for_its_client_only_if_it_is_told_to() {
        run(async || {
            let Some((mut bank, address, watcher)) = bank("unseen").await else { return };
            bank.set_up(&[100, 100]).await.unwrap();
            let clients =
                ["checked", "unchecked"].map(|how| Client::start(&address, how));
            let numbers = [0, 1].map(|n| clients[n].said.parse::<i32>().unwrap());
            for number in numbers {
                until_asleep(&watcher, number).await.unwrap();
            }
            let _ = clients.map(Client::kill);
            let [checked, unchecked] = numbers;
            is_gone(&watcher, checked).await;
            let left = session(&watcher, unchecked).await.unwrap().unwrap();
            assert_eq!(left.state, "active", "its client has been dead for as long");
            assert!(left.locks > 0, "{left:?}");
            watcher
                .query_one("SELECT pg_terminate_backend($1)", &[&unchecked])
                .await
                .unwrap();
            is_gone(&watcher, unchecked).await;
            assert_eq!(bank.balances().await.unwrap(), [100, 100]);
            bank.transfer(ORDER, ready(())).await.unwrap();
        });
    }

    #[test]
    fn a_server_that_is_killed_comes_back_whole() {
        run(async || {
            let Some(server) = start(&[]) else { return };
            let mut bank = Postgres::new(&server.url()).unwrap();
            bank.set_up(&[100, 100]).await.unwrap();
            let number = pid(&bank.pool.get().await.unwrap()).await.unwrap();
            let process = rustix::process::Pid::from_raw(number).unwrap();
            let kill = async {
                let signal = rustix::process::Signal::KILL;
                rustix::process::kill_process(process, signal).unwrap();
            };
            assert!(bank.transfer(ORDER, kill).await.is_err());
            // It starts again by itself, and says so until it has.
            while bank.balances().await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(bank.balances().await.unwrap(), [100, 100]);
            bank.transfer(ORDER, ready(())).await.unwrap();
            bank.transfer(back(ORDER), ready(())).await.unwrap();
            let another = pid(&bank.pool.get().await.unwrap()).await.unwrap();
            assert_ne!(another, number, "the pool has made a new connection");
        });
    }
}
