use rusqlite::{Connection, Result};
use std::thread;

fn insert(connection: &Connection, body: &str) -> Result<usize> {
    connection.execute("INSERT INTO entry VALUES (?1)", [body])
}

fn main() -> Result<()> {
    let connection = Connection::open("entries.db")?;
    thread::scope(|scope| {
        scope.spawn(|| insert(&connection, "one"));
        scope.spawn(|| insert(&connection, "two"));
    });
    Ok(())
}
