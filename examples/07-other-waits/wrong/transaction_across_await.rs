use rusqlite::{Connection, Result};

async fn transfer(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute("UPDATE account SET balance = balance - 30 WHERE id = 0", ())?;
    tokio::task::yield_now().await;
    transaction.execute("UPDATE account SET balance = balance + 30 WHERE id = 1", ())?;
    transaction.commit()
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut connection = Connection::open("bank.db")?;
    let task = tokio::spawn(async move { transfer(&mut connection).await });
    task.await.unwrap()
}
