//! A server's limit of connections, met: by two pools that fit one by one, and not together. And what limits SQLite.

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use lab::command_line::{millis, number};
use lab::scratch::Scratch;
use lab::stage::{self, Screen};
use other_waits::database::postgres::{Client, Config, connect, pool, query_all, take};
use other_waits::database::sqlite::{self, Sleepers};
use other_waits::database::{Database, Query, QueryError};

/// What a server allows, what it keeps for superusers, and how many connections it has, this one included.
const LIMITS: &str = "SELECT current_setting('max_connections')::bigint,
    current_setting('superuser_reserved_connections')::bigint,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')";

/// Opens connections to a database until it has no more
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// sqlite, postgres (one of its own, from what is installed), or postgres://..., which is asked for its limits and left alone
    #[arg(long, value_name = "WHICH", default_value = "sqlite")]
    database: Database,

    /// How many connections the server of its own allows; SQLite gets ten times as many
    #[arg(long, value_name = "N", default_value = "10", value_parser = number(5, 50))]
    limit: usize,

    /// How large the pool of each of the two programs is
    #[arg(long, value_name = "N", default_value = "6", value_parser = number(1, 50))]
    pool: usize,

    /// How long a query waits for a connection of its pool
    #[arg(long, value_name = "MS", default_value = "50", value_parser = millis(1, 1_000))]
    patience: Duration,
}

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match &arguments.database {
            Database::Sqlite => on_sqlite(10 * arguments.limit, screen),
            #[cfg(unix)]
            Database::Postgres => {
                let limit = arguments.limit.to_string();
                let settings = [("max_connections", &*limit)];
                let server = lab::postgres::Server::start(&settings)?;
                runtime?.block_on(on_postgres(arguments, &server.url().parse()?, screen))
            }
            #[cfg(not(unix))]
            Database::Postgres => {
                Err("a server of its own needs Unix here: give an address".into())
            }
            Database::Elsewhere(server) => runtime?.block_on(async {
                say_limits(&connect(server).await?, screen).await?;
                Ok(())
            }),
        }
    })
}

/// Says what the server allows, and returns how many connections a stranger can have.
async fn say_limits(client: &Client, screen: &Screen) -> Result<usize, Box<dyn Error>> {
    let row = client.query_one(LIMITS, &[]).await?;
    let number = |column| usize::try_from(row.get::<_, i64>(column)).unwrap_or(0);
    let (all, kept, used) = (number(0), number(1), number(2));
    screen.line(&format!("max_connections                 {all:>3}"))?;
    screen.line(&format!("superuser_reserved_connections  {kept:>3}"))?;
    screen.line(&format!("open now, this one included     {used:>3}"))?;
    Ok(all.saturating_sub(kept))
}

async fn on_postgres(
    arguments: &Arguments,
    server: &Config,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let superuser = connect(server).await?;
    superuser.batch_execute("CREATE ROLE program LOGIN").await?;
    let room = say_limits(&superuser, screen).await?;
    drop(superuser);
    let mut ours = server.clone();
    ours.user("program");
    until_it_has(0, server).await?;

    screen.line("")?;
    let size = arguments.pool;
    let (one, two) = (pool(ours.clone(), size, None)?, pool(ours.clone(), size, None)?);
    let (held, refused) = take(&one, size).await;
    say(&format!("program 1, a pool of {size}"), held.len(), refused, screen)?;
    let (held_too, refused) = take(&two, size).await;
    say(&format!("program 2, a pool of {size}"), held_too.len(), refused, screen)?;
    let rescue = pool(server.clone(), arguments.limit, None)?;
    let (rescuers, refused) = take(&rescue, arguments.limit).await;
    say("a superuser, who comes to help", rescuers.len(), refused, screen)?;
    drop((held, held_too, rescuers));
    for pool in [&one, &two, &rescue] {
        pool.close();
    }
    until_it_has(0, server).await?;

    screen.line("")?;
    let size = (room / 2).max(1);
    let (one, two) = (pool(ours.clone(), size, None)?, pool(ours.clone(), size, None)?);
    let queries = vec![Query::wait(Duration::from_millis(5)); 100];
    let (a, b) = tokio::join!(query_all(&one, &queries), query_all(&two, &queries));
    let (asked, results) = (a.len() + b.len(), a.iter().chain(&b));
    let answered = results.filter(|result| result.is_ok()).count();
    screen
        .line(&format!("two pools of {size}: {answered} of {asked} queries answered"))?;
    for pool in [&one, &two] {
        pool.close();
    }
    until_it_has(0, server).await?;

    let impatient = pool(ours, size, Some(arguments.patience))?;
    let _all = take(&impatient, size).await;
    let began = Instant::now();
    let waited = query_all(&impatient, &queries[..1]).await.pop();
    let time = began.elapsed().as_millis();
    let said = match waited.unwrap_or(Err(QueryError::NeverAsked)) {
        Ok(_) => "answered".to_owned(),
        Err(error) => error.to_string(),
    };
    screen.line(&format!("one more, when all {size} are taken: after {time} ms,"))?;
    Ok(screen.line(&format!("  {said}"))?)
}

/// Waits until the server has so many connections beside the one that asks: it lets go of one after its client has gone.
async fn until_it_has(wanted: i64, server: &Config) -> Result<(), Box<dyn Error>> {
    let watcher = connect(server).await?;
    loop {
        let row = watcher.query_one(LIMITS, &[]).await?;
        if row.get::<_, i64>(2) - 1 <= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn say(
    who: &str,
    open: usize,
    refused: Option<QueryError>,
    screen: &Screen,
) -> Result<(), Box<dyn Error>> {
    let Some(error) = refused else {
        return Ok(screen.line(&format!("{who:<32}{open:>3} open"))?);
    };
    let (kind, words) = match &error {
        QueryError::TooManyConnections(words) => ("TooManyConnections", words),
        QueryError::Gone(words) => ("Gone", words),
        other => return Err(other.to_string().into()),
    };
    screen.line(&format!("{who:<32}{open:>3} open, then {kind}:"))?;
    // The words of the database are those of its version.
    let mut line = String::new();
    for word in words.split(' ') {
        if line.chars().count() + word.chars().count() > 74 {
            screen.line(&format!("░ {line}"))?;
            line.clear();
        }
        line += if line.is_empty() { "" } else { " " };
        line += word;
    }
    Ok(screen.line(&format!("░ {line}"))?)
}

fn on_sqlite(wanted: usize, screen: &Screen) -> Result<(), Box<dyn Error>> {
    // Two for each connection: more than the 256 that macOS begins with.
    asynchronous::many::raise_descriptor_limit();
    let folder = Scratch::new(None)?;
    let file = folder.path().join("notes.db");
    sqlite::create(&file)?;
    let before = descriptors();
    let mut open = sqlite::connect(&file, wanted, &Sleepers::default())?;
    let results = sqlite::query_all(&mut open, &vec![Query::work(1); wanted]);
    let answered = results.iter().filter(|result| result.is_ok()).count();
    say("connections to one file", open.len(), None, screen)?;
    screen.line(&format!("{:<32}{answered:>3}", "queries answered"))?;
    if let (Some(before), Some(now)) = (before, descriptors()) {
        let each = (now - before) as f64 / wanted as f64;
        screen.line(&format!("{:<32}{each:>5.1} descriptors", "for each connection"))?;
    }
    drop(open);
    #[cfg(unix)]
    {
        screen.line("")?;
        let (all, refused) = with_few_descriptors(|| {
            let sleepers = Sleepers::default();
            let mut all = Vec::new();
            loop {
                match sqlite::connect(&file, 1, &sleepers) {
                    Ok(one) => all.extend(one),
                    Err(error) => break (all, error),
                }
            }
        })?;
        say("with few descriptors", all.len(), Some(refused), screen)?;
    }
    Ok(())
}

/// How many descriptors this process has open; `None` where the system does not list them.
fn descriptors() -> Option<usize> {
    Some(std::fs::read_dir("/dev/fd").ok()?.count())
}

/// Runs `job` where this process may have some forty descriptors more than it has, and no more.
#[cfg(unix)]
fn with_few_descriptors<T>(job: impl FnOnce() -> T) -> Result<T, Box<dyn Error>> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let before = getrlimit(Resource::Nofile);
    let few = descriptors().unwrap_or(10) as u64 + 40;
    let few = Rlimit { current: Some(few), maximum: before.maximum };
    setrlimit(Resource::Nofile, few)?;
    let done = job();
    setrlimit(Resource::Nofile, before)?;
    Ok(done)
}
