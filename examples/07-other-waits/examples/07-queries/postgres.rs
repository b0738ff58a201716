//! The steps on PostgreSQL: a process of the server for each connection, and tasks on one thread that wait for them.

use std::cell::RefCell;
use std::error::Error;
use std::time::{Duration, Instant};

use lab::stage::Screen;
use other_waits::database::postgres::{Client, Config, Pool, connect, pool, query_all};
use other_waits::database::{Query, QueryError};
use tokio::select;
use tokio::time::sleep;

use super::{Arguments, HEAD, Measured, Steps, mean};

/// What our connections are called, so that they can be told from other people's.
const NAME: &str = "while-you-wait";

/// Those that have a query in hand, and all of them. The one that asks has another name.
const COUNT: &str = "SELECT count(*) FILTER (WHERE state = 'active'), count(*)
    FROM pg_stat_activity WHERE application_name = $1";

/// How many connections a stranger could still have, by the settings and by who is there.
const FREE: &str = "SELECT current_setting('max_connections')::bigint
    - current_setting('superuser_reserved_connections')::bigint
    - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')";

/// On the server at this address, or on one that is here as long as this runs.
pub(crate) fn run(
    arguments: &Arguments,
    server: Option<&Config>,
    screen: &Screen,
) -> Result<Steps, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match server {
        Some(server) => runtime.block_on(sweep(arguments, server, screen)),
        #[cfg(unix)]
        None => {
            // One more to look on, and a few that the server keeps for its superuser.
            let room = arguments.pool.iter().max().unwrap_or(&1) + 10;
            let settings = [("max_connections", &*room.to_string())];
            let server = lab::postgres::Server::start(&settings)?;
            runtime.block_on(sweep(arguments, &server.url().parse()?, screen))
        }
        #[cfg(not(unix))]
        None => Err("a server of its own needs Unix here: give an address".into()),
    }
}

async fn sweep(
    arguments: &Arguments,
    server: &Config,
    screen: &Screen,
) -> Result<Steps, Box<dyn Error>> {
    let watcher = connect(server).await?;
    let free: i64 = watcher.query_one(FREE, &[]).await?.get(0);
    let most = *arguments.pool.iter().max().unwrap_or(&1);
    if usize::try_from(free).unwrap_or(0) < most {
        return Err(format!(
            "the server has {free} connections left, and {most} were asked for"
        )
        .into());
    }
    let mut ours = server.clone();
    ours.application_name(NAME);
    let (mut steps, mut processes) = (Steps::default(), 0);
    screen.line("PostgreSQL, a process of the server for each connection")?;
    for ((what, query), steps) in arguments.kinds().into_iter().zip(&mut steps) {
        screen.line("")?;
        screen.line(&what)?;
        screen.line(HEAD)?;
        for &size in &arguments.pool {
            let pool = pool(ours.clone(), size, None)?;
            open_all(&pool, size, &query).await?;
            processes = processes.max(count(&watcher).await?.1);
            let queries = arguments.queries(&query, size);
            let measured = measure(&pool, size, &queries, &watcher).await?;
            measured.show(screen)?;
            steps.push(measured);
            close(&pool, &watcher).await?;
        }
    }
    screen.line("")?;
    screen.line(&format!("most connections at once: {processes}, each a process"))?;
    Ok(steps)
}

/// Opens all connections, and has the query prepared on each.
async fn open_all(pool: &Pool, size: usize, query: &Query) -> Result<(), Box<dyn Error>> {
    let mut open = Vec::new();
    for _ in 0..size {
        let connection = pool.get().await.map_err(QueryError::from)?;
        connection.prepare_cached(query.text).await?;
        open.push(connection); // or the next turn would get this one again
    }
    Ok(())
}

/// Asks the queries, and has the server say meanwhile how many it has in hand.
async fn measure(
    pool: &Pool,
    size: usize,
    queries: &[Query],
    watcher: &Client,
) -> Result<Measured, Box<dyn Error>> {
    let counts = RefCell::new(Vec::new());
    let watch = async {
        while let Ok((busy, _)) = count(watcher).await {
            counts.borrow_mut().push(busy);
            sleep(Duration::from_millis(5)).await;
        }
    };
    let began = Instant::now();
    let results = select! {
        results = query_all(pool, queries) => results,
        () = watch => return Err("the server does not count any more".into()),
    };
    let inside = mean(&counts.borrow());
    Ok(Measured::new(size, began.elapsed(), results, inside)?)
}

async fn count(watcher: &Client) -> Result<(usize, usize), Box<dyn Error>> {
    let row = watcher.query_one(COUNT, &[&NAME]).await?;
    let number = |column| usize::try_from(row.get::<_, i64>(column)).unwrap_or(0);
    Ok((number(0), number(1)))
}

/// Closes a pool, and waits until the server has let go of its connections.
async fn close(pool: &Pool, watcher: &Client) -> Result<(), Box<dyn Error>> {
    pool.close();
    // Not for ever: somebody else may run this on the same server.
    for _ in 0..100 {
        if count(watcher).await?.1 == 0 {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
