//! The accounts in PostgreSQL, behind a pool.

use std::time::Duration;

use deadpool_postgres::{Object, Pool, PoolError};
use tokio::time::{sleep, timeout};
pub use tokio_postgres::{Client, Error, NoTls};
use tokio_postgres::{Config, Row};

use super::{Bank, Order};
use crate::database::postgres::pool;
use crate::database::{self, QueryError};

const ADD: &str = "UPDATE account SET balance = balance + $2 WHERE id = $1";

// ANCHOR: transfer
/// Transfers, or does nothing. `approval` comes from elsewhere, and takes its time.
pub async fn transfer(
    client: &mut Client,
    order: Order,
    approval: impl Future<Output = ()>,
) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    transaction.execute(ADD, &[&order.from, &-order.amount]).await?;
    approval.await;
    transaction.execute(ADD, &[&order.to, &order.amount]).await?;
    transaction.commit().await
}
// ANCHOR_END: transfer

// ANCHOR: within
/// Runs `job` on a connection of the pool. `None` when `limit` passes first: then the
/// server is told to give up what it does, and the connection is closed. If this itself
/// is dropped, nobody tells the server.
pub async fn within<T>(
    pool: &Pool,
    limit: Duration,
    job: impl AsyncFnOnce(&mut Client) -> Result<T, Error>,
) -> Result<Option<T>, PoolError> {
    let mut client = pool.get().await?;
    let server = client.cancel_token();
    if let Ok(done) = timeout(limit, job(&mut client)).await {
        return Ok(Some(done?));
    }
    // Not back into the pool: told late, the server would give up what the next one
    // asks for.
    let client = Object::take(client);
    server.cancel_query(NoTls).await?;
    drop(client);
    Ok(None)
}
// ANCHOR_END: within

/// What the server says of one of its connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// `active`, `idle`, or `idle in transaction`.
    pub state: String,
    /// How many locks on tables it has, as a writer.
    pub locks: i64,
    /// What it waits for, if it does: `PgSleep` is `pg_sleep`.
    pub waits_for: String,
}

/// What the connection `pid` does, as another connection sees it; `None` when it has ended.
///
/// # Errors
///
/// When the server cannot be asked.
pub async fn session(watcher: &Client, pid: i32) -> Result<Option<Session>, Error> {
    const SQL: &str = "SELECT coalesce(state, ''), (SELECT count(*) FROM pg_locks l \
        WHERE l.pid = $1 AND mode = 'RowExclusiveLock'), coalesce(wait_event, '') \
        FROM pg_stat_activity WHERE pid = $1";
    let row = watcher.query_opt(SQL, &[&pid]).await?;
    let of = |row: Row| Session {
        state: row.get(0),
        locks: row.get(1),
        waits_for: row.get(2),
    };
    Ok(row.map(of))
}

/// Waits until the connection `pid` is inside `pg_sleep`, and so certainly in the middle of a statement.
///
/// # Errors
///
/// When the server cannot be asked.
pub async fn until_asleep(watcher: &Client, pid: i32) -> Result<(), Error> {
    loop {
        let asleep = |session: &Session| session.waits_for == "PgSleep";
        if session(watcher, pid).await?.as_ref().is_some_and(asleep) {
            return Ok(());
        }
        sleep(Duration::from_millis(2)).await;
    }
}

/// A connection without a pool.
///
/// # Errors
///
/// When there is no server, or it takes no more.
pub async fn connect(address: &str) -> Result<Client, QueryError> {
    database::postgres::connect(&address.parse::<Config>()?).await
}

/// The number of the server's process behind a connection.
///
/// # Errors
///
/// When the server cannot be asked.
pub async fn pid(client: &Client) -> Result<i32, Error> {
    Ok(client.query_one("SELECT pg_backend_pid()", &[]).await?.get(0))
}

/// The same address, with tables in a schema of this name.
pub fn in_schema(address: &str, schema: &str) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}options=-c%20search_path%3D{schema}")
}

/// Accounts in a server, over a pool of one connection: whoever comes next gets the one that was left.
#[derive(Debug)]
pub struct Postgres {
    /// The pool.
    pub pool: Pool,
}

impl Postgres {
    /// Makes a pool. It connects when it is first asked.
    ///
    /// # Errors
    ///
    /// When the address is none.
    pub fn new(address: &str) -> Result<Self, QueryError> {
        Ok(Self { pool: pool(address.parse()?, 1, None)? })
    }
}

impl Bank for Postgres {
    type Error = PoolError;

    async fn set_up(&mut self, balances: &[i64]) -> Result<(), PoolError> {
        let client = self.pool.get().await?;
        client
            .batch_execute(
                "DROP TABLE IF EXISTS account;
                 CREATE TABLE account (
                     id bigint PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0)
                 );",
            )
            .await?;
        for (id, balance) in (0_i64..).zip(balances) {
            client
                .execute("INSERT INTO account VALUES ($1, $2)", &[&id, balance])
                .await?;
        }
        Ok(())
    }

    async fn balances(&mut self) -> Result<Vec<i64>, PoolError> {
        let client = self.pool.get().await?;
        let rows = client.query("SELECT balance FROM account ORDER BY id", &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    async fn transfer(
        &mut self,
        order: Order,
        approval: impl Future<Output = ()>,
    ) -> Result<(), PoolError> {
        let mut client = self.pool.get().await?;
        Ok(transfer(&mut client, order, approval).await?)
    }

    fn another(&self) -> Result<Self, PoolError> {
        Ok(Self { pool: self.pool.clone() })
    }
}
