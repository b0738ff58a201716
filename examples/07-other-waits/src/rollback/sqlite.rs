//! The accounts in SQLite.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::TransactionBehavior::Immediate;
use rusqlite::{Connection, Result};

use super::{Bank, Order};
use crate::one_writer::open;

/// Changes the balance of one account.
///
/// # Errors
///
/// `QueryReturnedNoRows` when there is no such account; a violated `CHECK` when nothing would be left in it.
pub fn add(connection: &Connection, account: i64, amount: i64) -> Result<()> {
    const SQL: &str = "UPDATE account SET balance = balance + ?2 WHERE id = ?1";
    match connection.execute(SQL, [account, amount])? {
        0 => Err(rusqlite::Error::QueryReturnedNoRows),
        _ => Ok(()),
    }
}

// ANCHOR: transfer
/// Transfers, or does nothing. `approval` comes from elsewhere, and takes its time.
pub async fn transfer(
    connection: &mut Connection,
    order: Order,
    approval: impl Future<Output = ()>,
) -> Result<()> {
    let transaction = connection.transaction_with_behavior(Immediate)?;
    add(&transaction, order.from, -order.amount)?;
    approval.await; // if this is never polled again, the transaction is dropped
    add(&transaction, order.to, order.amount)?;
    transaction.commit()
}
// ANCHOR_END: transfer

// ANCHOR: transfer_blocking
/// The same, for a thread.
pub fn transfer_blocking(
    connection: &mut Connection,
    order: Order,
    approval: impl FnOnce(),
) -> Result<()> {
    let transaction = connection.transaction_with_behavior(Immediate)?;
    add(&transaction, order.from, -order.amount)?;
    approval();
    add(&transaction, order.to, order.amount)?;
    transaction.commit()
}
// ANCHOR_END: transfer_blocking

/// Accounts in a file.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    /// The one connection of this bank.
    pub connection: Connection,
}

impl Sqlite {
    /// Opens the file, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        // Nobody waits: a lock that was left behind is an error at once.
        Ok(Self { path: path.to_owned(), connection: open(path, Duration::ZERO)? })
    }
}

impl Bank for Sqlite {
    type Error = rusqlite::Error;

    async fn set_up(&mut self, balances: &[i64]) -> Result<()> {
        self.connection.execute_batch(
            "DROP TABLE IF EXISTS account;
             CREATE TABLE account (
                 id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0)
             ) STRICT;",
        )?;
        for (id, balance) in (0_i64..).zip(balances) {
            let row = [id, *balance];
            self.connection.execute("INSERT INTO account VALUES (?1, ?2)", row)?;
        }
        Ok(())
    }

    async fn balances(&mut self) -> Result<Vec<i64>> {
        let mut all =
            self.connection.prepare("SELECT balance FROM account ORDER BY id")?;
        all.query_map((), |row| row.get(0))?.collect()
    }

    async fn transfer(
        &mut self,
        order: Order,
        approval: impl Future<Output = ()>,
    ) -> Result<()> {
        transfer(&mut self.connection, order, approval).await
    }

    fn another(&self) -> Result<Self> {
        Self::open(&self.path)
    }
}
