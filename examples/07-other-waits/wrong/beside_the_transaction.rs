use rusqlite::{Connection, Result};

fn add(connection: &Connection, account: i64, amount: i64) -> Result<usize> {
    const SQL: &str = "UPDATE account SET balance = balance + ?2 WHERE id = ?1";
    connection.execute(SQL, [account, amount])
}

fn transfer(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction()?;
    add(&transaction, 0, -30)?;
    add(connection, 1, 30)?;
    transaction.commit()
}

fn main() -> Result<()> {
    transfer(&mut Connection::open("bank.db")?)
}
