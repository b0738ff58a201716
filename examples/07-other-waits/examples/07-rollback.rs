//! A transfer of money that is ended half-way, in all ways there are, and what is in the accounts then.

use std::convert::Infallible;
use std::error::Error;
use std::future::{pending, ready};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::panic::resume_unwind;
use std::process::{Child, Command, ExitCode, Stdio};
use std::str::FromStr;
use std::time::Duration;
use std::{env, io, process, thread};

use clap::Parser;
use lab::stage::{self, Screen};
use other_waits::rollback::postgres::{
    Postgres, connect, in_schema, pid, session, until_asleep, within,
};
use other_waits::rollback::sqlite::{Sqlite, transfer_blocking};
use other_waits::rollback::{Bank, Order, transfer_unless, transfer_within};
use tokio::runtime::Builder;
use tokio::signal::ctrl_c;
use tokio::sync::oneshot;
use tokio::task::{JoinSet, LocalSet, spawn_blocking, yield_now};
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, NoTls};

const ORDER: Order = Order { from: 0, to: 1, amount: 30 };
const BALANCES: [i64; 2] = [100, 100];
/// How long a transfer is waited for whose approval never comes.
const LIMIT: Duration = Duration::from_millis(50);

type Failed = Box<dyn Error>;

/// Ends a transfer of money half-way, and looks into the accounts
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// sqlite, postgres (a throwaway server), or the address postgres://... of one
    #[arg(long, value_name = "WHERE", default_value = "sqlite")]
    database: Database,

    /// To be the process that is ended half-way, and nothing else
    #[arg(long, hide = true)]
    half_way: bool,
}

/// Where the accounts are.
#[derive(Debug, Clone)]
enum Database {
    Sqlite,
    File(String),
    Throwaway,
    At(String),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sqlite" => Ok(Self::Sqlite),
            "postgres" => Ok(Self::Throwaway),
            _ if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Ok(Self::At(text.to_owned()))
            }
            _ => text.strip_prefix("file:").map_or_else(
                || Err("sqlite, postgres or postgres://...".to_owned()),
                |file| Ok(Self::File(file.to_owned())),
            ),
        }
    }
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        // Banks stay on this thread.
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            if arguments.half_way {
                be_ended(&arguments.database).await
            } else {
                show(&arguments.database, screen).await
            }
        })
    })
}

/// What was made before is removed after it, also on Ctrl-C.
async fn unless_interrupted(
    job: impl Future<Output = Result<(), Failed>>,
) -> Result<ExitCode, Failed> {
    tokio::select! {
        biased; // it listens from the first poll on
        _ = ctrl_c() => Ok(ExitCode::from(130)),
        done = job => done.map(|()| ExitCode::SUCCESS),
    }
}

async fn show(database: &Database, screen: &Screen) -> Result<ExitCode, Failed> {
    match database {
        Database::Sqlite => unless_interrupted(show_sqlite(screen)).await,
        Database::Throwaway => unless_interrupted(show_throwaway(screen)).await,
        Database::At(address) => {
            let watcher = connect(address).await?;
            let schema = format!("while_you_wait_{}", process::id());
            watcher.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
            let address = in_schema(address, &schema) + "&application_name=" + &schema;
            let shown = unless_interrupted(show_postgres(&address, screen)).await;
            // A statement may be under way, which nobody waits for any more.
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE application_name = $1";
            watcher.query(end, &[&schema]).await?;
            watcher.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).await?;
            shown
        }
        Database::File(_) => Err("sqlite, postgres or postgres://...".into()),
    }
}

async fn show_sqlite(screen: &Screen) -> Result<(), Failed> {
    let folder = tempfile::Builder::new().prefix("while-you-wait-").tempdir()?;
    let path = folder.path().join("bank.db");
    let mut bank = Sqlite::open(&path)?;
    let address = format!("file:{}", path.display());
    show_ways(&mut bank, &address, screen).await?;
    show_thread(&mut bank, screen).await
}

#[cfg(unix)]
async fn show_throwaway(screen: &Screen) -> Result<(), Failed> {
    let server = lab::postgres::Server::start(&[("max_connections", "20")])?;
    show_postgres(&server.url(), screen).await?;
    show_killed_server(&server.url(), screen).await
}

#[cfg(not(unix))]
async fn show_throwaway(_: &Screen) -> Result<(), Failed> {
    Err("no throwaway PostgreSQL here: give an address".into())
}

async fn show_postgres(address: &str, screen: &Screen) -> Result<(), Failed> {
    let watcher = connect(address).await?;
    let mut bank = Postgres::new(address)?;
    show_ways(&mut bank, address, screen).await?;
    show_in_flight(&mut bank, &watcher, screen).await
}

/// What both databases are put through.
async fn show_ways<B: Bank + 'static>(
    bank: &mut B,
    address: &str,
    screen: &Screen,
) -> Result<(), Failed> {
    screen.line("two accounts with 100 each, and 30 on the way from A to B\n")?;
    screen.line(&format!(
        "{:<35}{:<11}{:>6}{:>6}{:>6}  a second one",
        "ended half-way by", "it says", "A", "B", "sum"
    ))?;
    bank.set_up(&BALANCES).await?;
    bank.transfer(ORDER, ready(())).await?;
    row(bank, "nothing", "done", screen).await?;

    bank.set_up(&BALANCES).await?;
    let said = transfer_within(bank, ORDER, pending(), LIMIT).await;
    row(bank, "timeout", given_up(said.as_ref()), screen).await?;

    bank.set_up(&BALANCES).await?;
    let (tell, told) = oneshot::channel();
    let stop = async { drop(told.await) };
    let said = transfer_unless(bank, ORDER, never(tell), stop).await;
    row(bank, "another branch of select!", given_up(said.as_ref()), screen).await?;

    bank.set_up(&BALANCES).await?;
    let said = abort(bank.another()?).await?;
    row(bank, "the abort of its JoinSet", said, screen).await?;

    bank.set_up(&BALANCES).await?;
    let said = panic(bank.another()?).await?;
    row(bank, "a panic", said, screen).await?;

    #[cfg(unix)]
    {
        bank.set_up(&BALANCES).await?;
        let mut child = half_way(address)?;
        rustix::process::kill_process(pid_of(&child)?, rustix::process::Signal::INT)?;
        let said = if wait(&mut child)? { "given up" } else { "failed" };
        row(bank, "Ctrl-C, in a process of its own", said, screen).await?;
    }
    bank.set_up(&BALANCES).await?;
    let mut child = half_way(address)?;
    child.kill()?;
    let said = if wait(&mut child)? { "done" } else { "nothing" };
    row(bank, "kill -9 of that process", said, screen).await
}

/// What is there now, and whether another transfer can be made.
async fn row<B: Bank>(
    bank: &mut B,
    what: &str,
    said: &str,
    screen: &Screen,
) -> Result<(), Failed> {
    let balances = bank.balances().await?;
    let next = match bank.transfer(ORDER, ready(())).await {
        Ok(()) => "done".to_owned(),
        Err(error) => error.to_string(),
    };
    let ([a, b], sum) = ([balances[0], balances[1]], balances.iter().sum::<i64>());
    screen.line(&format!("  {what:<33}{said:<11}{a:>6}{b:>6}{sum:>6}  {next}"))?;
    Ok(())
}

fn given_up<E>(said: Option<&Result<(), E>>) -> &'static str {
    match said {
        None => "given up",
        Some(Ok(())) => "done",
        Some(Err(_)) => "failed",
    }
}

/// An approval that never comes, and tells when it is waited for.
async fn never(tell: oneshot::Sender<()>) {
    let _ = tell.send(());
    pending::<()>().await;
}

async fn abort<B: Bank + 'static>(mut bank: B) -> Result<&'static str, Failed> {
    let (tell, told) = oneshot::channel();
    let mut tasks = JoinSet::new();
    tasks.spawn_local(async move {
        let _ = bank.transfer(ORDER, never(tell)).await;
    });
    told.await?;
    tasks.abort_all();
    let ended = tasks.join_next().await.ok_or("the task was lost")?;
    Ok(if ended.is_err_and(|error| error.is_cancelled()) { "cancelled" } else { "done" })
}

async fn panic<B: Bank + 'static>(mut bank: B) -> Result<&'static str, Failed> {
    let mut tasks = JoinSet::new();
    tasks.spawn_local(async move {
        // A panic but for its message.
        let approval = async { resume_unwind(Box::new("there is no such rate")) };
        let _ = bank.transfer(ORDER, approval).await;
    });
    let ended = tasks.join_next().await.ok_or("the task was lost")?;
    Ok(if ended.is_err_and(|error| error.is_panic()) { "panicked" } else { "done" })
}

/// This program once more, which has begun a transfer and waits for its end.
fn half_way(address: &str) -> Result<Child, Failed> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--half-way", "--database", address]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut said = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output).read_line(&mut said)?;
    }
    if said.trim() == "half-way" {
        return Ok(child);
    }
    child.kill()?;
    child.wait()?;
    Err("the other process did not get half-way".into())
}

/// Whether it ended well. Its input stays open meanwhile: `Child::wait` alone would close it.
fn wait(child: &mut Child) -> io::Result<bool> {
    let input = child.stdin.take();
    let ended = child.wait();
    drop(input);
    Ok(ended?.success())
}

#[cfg(unix)]
fn pid_of(child: &Child) -> Result<rustix::process::Pid, Failed> {
    let pid = i32::try_from(child.id())?;
    Ok(rustix::process::Pid::from_raw(pid).ok_or("no process")?)
}

/// What that process does.
async fn be_ended(database: &Database) -> Result<ExitCode, Failed> {
    // Whoever started us holds the other end: when it is gone, so are we.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(3)
    });
    match database {
        Database::File(path) => be_ended_with(Sqlite::open(path.as_ref())?).await,
        Database::At(address) => be_ended_with(Postgres::new(address)?).await,
        _ => Err("there is nothing to transfer".into()),
    }
}

async fn be_ended_with<B: Bank>(mut bank: B) -> Result<ExitCode, Failed> {
    let approval = async {
        // So that the other branch, too, has been polled, and an interrupt is caught.
        yield_now().await;
        let _ = writeln!(io::stdout(), "half-way");
        pending::<Infallible>().await;
    };
    let stop = async { drop(ctrl_c().await) };
    match transfer_unless(&mut bank, ORDER, approval, stop).await {
        None => Ok(ExitCode::SUCCESS),
        Some(done) => {
            done?;
            Ok(ExitCode::from(1))
        }
    }
}

/// A thread cannot be dropped.
async fn show_thread(bank: &mut Sqlite, screen: &Screen) -> Result<(), Failed> {
    bank.set_up(&BALANCES).await?;
    let mut connection = bank.another()?.connection;
    let (approve, approved) = std::sync::mpsc::channel();
    let mut thread = spawn_blocking(move || {
        transfer_blocking(&mut connection, ORDER, || {
            let _ = approved.recv();
        })
    });
    let said =
        if timeout(LIMIT, &mut thread).await.is_err() { "given up" } else { "done" };
    approve.send(())?;
    thread.await??;
    row(bank, "timeout around spawn_blocking", said, screen).await
}

/// A statement that is under way does not end because nobody waits for it.
async fn show_in_flight(
    bank: &mut Postgres,
    watcher: &Client,
    screen: &Screen,
) -> Result<(), Failed> {
    screen.line("\nended within a statement of a minute    the server's session")?;
    bank.set_up(&BALANCES).await?;
    let mut client = bank.pool.get().await?;
    let number = pid(&client).await?;
    let what = tokio::select! {
        ended = long_transfer(&mut client) => ended.map(|()| "done")?,
        asleep = until_asleep(watcher, number) => asleep.map(|()| "given up")?,
    };
    let line = format!("{what}: the future is dropped");
    show_session(&line, watcher, number, screen).await?;
    client.cancel_token().cancel_query(NoTls).await?;
    client.batch_execute("").await?; // behind the ROLLBACK
    show_session("the server is told to cancel it", watcher, number, screen).await?;
    drop(client);

    let stopped = within(&bank.pool, LIMIT, long_transfer).await?;
    let what = if stopped.is_none() { "given up" } else { "done" };
    while session(watcher, number).await?.is_some() {
        sleep(Duration::from_millis(5)).await;
    }
    show_session(&format!("{what} by our `within`"), watcher, number, screen).await
}

async fn long_transfer(client: &mut Client) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.execute("UPDATE account SET balance = balance - 30", &[]).await?;
    transaction.execute("SELECT pg_sleep(60)", &[]).await?;
    transaction.commit().await
}

async fn show_session(
    what: &str,
    watcher: &Client,
    pid: i32,
    screen: &Screen,
) -> Result<(), Failed> {
    let state = match session(watcher, pid).await? {
        None => "ended".to_owned(),
        Some(session) if session.locks == 0 => {
            format!("{}, without locks", session.state)
        }
        Some(session) => format!("{}, with its locks", session.state),
    };
    screen.line(&format!("  {what:<38}{state}"))?;
    Ok(())
}

/// One of its processes is killed, which ends all of them: they share memory. The server starts again by itself.
#[cfg(unix)]
async fn show_killed_server(address: &str, screen: &Screen) -> Result<(), Failed> {
    let mut bank = Postgres::new(address)?;
    bank.set_up(&BALANCES).await?;
    let client = bank.pool.get().await?;
    let number = pid(&client).await?;
    drop(client);
    let process = rustix::process::Pid::from_raw(number).ok_or("no process")?;
    let kill = async {
        let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
    };
    let said = if bank.transfer(ORDER, kill).await.is_ok() { "done" } else { "failed" };
    screen.line("\nended half-way by")?;
    let up_again = async {
        while bank.balances().await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_mins(1), up_again).await?;
    row(&mut bank, "kill -9 of the server's process", said, screen).await
}
