//! Queries through pools: how many run at once, in which order the results come, and what each of them says when it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use other_waits::database::sqlite::{
    Connection, FunctionFlags, Sleepers, connect, create, query_all,
};
use other_waits::database::{Answer, Query, QueryError};
use tempfile::TempDir;

use crate::patience::ends;

/// A query with nothing to wait for.
const NOW: Query = Query { text: "SELECT 1 WHERE $1 = 0", number: 0.0 };

fn notes() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.db");
    create(&file).unwrap();
    (folder, file)
}

/// Connections that know `meet`, which waits until so many queries are in it.
fn meeting(file: &Path, connections: usize) -> Vec<Connection> {
    let everyone = Arc::new(Barrier::new(connections));
    let connections = connect(file, connections, &Sleepers::default()).unwrap();
    for connection in &connections {
        let everyone = Arc::clone(&everyone);
        let utf8 = FunctionFlags::SQLITE_UTF8;
        let made = connection.create_scalar_function("meet", 1, utf8, move |_| {
            Ok(i64::from(everyone.wait().is_leader()))
        });
        made.unwrap();
    }
    connections
}

fn failures(results: &[Result<Answer, QueryError>]) -> Vec<(usize, QueryError)> {
    let failed = |(n, result): (usize, &Result<_, QueryError>)| {
        result.as_ref().err().map(|error| (n, error.clone()))
    };
    results.iter().enumerate().filter_map(failed).collect()
}

#[test]
fn as_many_queries_run_at_once_as_there_are_connections() {
    ends(|| {
        let (_folder, file) = notes();
        let mut connections = meeting(&file, 4);
        // Three rounds; with fewer than four at once, the first would never end.
        let meet = Query { text: "SELECT meet($1)", number: 0.0 };
        let results = query_all(&mut connections, &vec![meet; 12]);
        assert_eq!(results.len(), 12);
        assert_eq!(failures(&results), []);
    });
}

#[test]
fn no_more_queries_run_at_once_than_there_are_connections() {
    ends(|| {
        let (_folder, file) = notes();
        let sleepers = Sleepers::default();
        let mut connections = connect(&file, 3, &sleepers).unwrap();
        let wait = Query::wait(Duration::from_millis(2));
        assert_eq!(failures(&query_all(&mut connections, &vec![wait; 30])), []);
        assert!((1..=3).contains(&sleepers.peak()), "{}", sleepers.peak());
        assert_eq!(sleepers.now(), 0);
    });
}

#[test]
fn a_query_that_fails_is_a_result_in_its_place_and_loses_no_other() {
    ends(|| {
        let (_folder, file) = notes();
        let mut connections = connect(&file, 2, &Sleepers::default()).unwrap();
        let failing = |text| Query { text, number: 0.0 };
        let queries = [
            NOW,
            failing("SELECT first_of_none($1)"),
            NOW,
            NOW,
            failing("SELECT second_of_none($1)"),
            Query::work(10),
            Query::wait(Duration::ZERO),
        ];
        let results = query_all(&mut connections, &queries);
        let failures = failures(&results);
        let places: Vec<usize> = failures.iter().map(|(n, _)| *n).collect();
        assert_eq!(places, [1, 4]);
        for ((_, error), name) in failures.iter().zip(["first", "second"]) {
            let QueryError::Other(said) = error else { panic!("{error:?}") };
            assert!(said.contains(name), "{said}");
        }
        // Those connections are as good as before.
        assert_eq!(self::failures(&query_all(&mut connections, &vec![NOW; 8])), []);
    });
}

#[test]
fn nobody_to_ask_is_a_result_too() {
    let results = query_all(&mut [], &[NOW, NOW]);
    assert_eq!(results, [Err(QueryError::NeverAsked), Err(QueryError::NeverAsked)]);
}

#[test]
fn a_file_that_is_no_database_is_said_when_it_is_opened() {
    let (folder, file) = notes();
    let open = |file: &Path| connect(file, 1, &Sleepers::default()).map(|_| ());
    assert_eq!(open(&file), Ok(()));
    let missing = folder.path().join("node.db");
    assert!(matches!(open(&missing), Err(QueryError::Gone(_))), "{:?}", open(&missing));
    assert!(!missing.exists(), "it is not made up");
    assert!(matches!(open(folder.path()), Err(QueryError::Gone(_))), "a folder");
    let text = folder.path().join("notes.txt");
    fs::write(&text, "no database, but long enough to have a head\n".repeat(100))
        .unwrap();
    assert!(matches!(open(&text), Err(QueryError::Gone(_))), "{:?}", open(&text));
    let no_folder = folder.path().join("nowhere").join("notes.db");
    assert!(matches!(create(&no_folder), Err(QueryError::Gone(_))));
}

/// A write into a database that may not grow, into one that may not be written, and into one that another writes: three errors, each
/// with a name or words of its own, and the queries beside them are answered.
#[test]
fn full_read_only_and_busy_are_told_apart() {
    ends(|| {
        let (_folder, file) = notes();
        let write = || Query {
            text: "INSERT INTO notes VALUES (zeroblob($1))",
            number: 100_000.0,
        };
        let ask = |set: &str| {
            let mut connections = connect(&file, 1, &Sleepers::default()).unwrap();
            connections[0].execute_batch(set).unwrap();
            query_all(&mut connections, &[NOW, write(), NOW])
        };
        let only = |results: Vec<Result<Answer, QueryError>>| {
            let mut failures = failures(&results);
            assert_eq!(failures.len(), 1, "{failures:?}");
            let (n, error) = failures.remove(0);
            assert_eq!(n, 1);
            error
        };
        let full = only(ask("PRAGMA max_page_count = 4"));
        assert!(matches!(full, QueryError::Full(_)), "{full:?}");
        let read_only = only(ask("PRAGMA query_only = 1"));
        assert!(read_only.to_string().contains("readonly"), "{read_only:?}");

        let writer = connect(&file, 1, &Sleepers::default()).unwrap();
        writer[0].execute_batch("BEGIN IMMEDIATE").unwrap();
        let busy = only(ask("PRAGMA busy_timeout = 0"));
        assert!(matches!(busy, QueryError::Busy(_)), "{busy:?}");
        writer[0].execute_batch("ROLLBACK").unwrap();
        assert_eq!(failures(&ask("")), []);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn no_descriptor_of_the_database_is_left() {
    let (folder, file) = notes();
    // Other tests open files meanwhile: only those in this folder count.
    let open = || {
        let links = fs::read_dir("/proc/self/fd").unwrap().flatten();
        let files = links.filter_map(|link| fs::read_link(link.path()).ok());
        files.filter(|file| file.starts_with(folder.path())).count()
    };
    assert_eq!(open(), 0);
    let mut connections = connect(&file, 5, &Sleepers::default()).unwrap();
    assert_eq!(failures(&query_all(&mut connections, &vec![NOW; 20])), []);
    assert!(open() >= 5, "{}", open());
    drop(connections);
    assert_eq!(open(), 0);
}

#[cfg(unix)]
mod on_postgres {
    use std::time::Instant;

    use lab::postgres::Server;
    use other_waits::database::postgres::{
        Client, Config, Pool, connect, pool, query_all, take,
    };
    use tokio::time::sleep;

    use super::{Answer, Duration, Query, QueryError, failures};
    use crate::patience::{PATIENCE, ends_within};

    use crate::postgres::can_run_postgres;

    /// A query that is answered when the gate opens.
    const AT_THE_GATE: Query = Query {
        text: "SELECT pg_sleep($1) FROM pg_advisory_xact_lock_shared(7)",
        number: 0.0,
    };
    const NOW: Query = Query { text: "SELECT pg_sleep($1)", number: 0.0 };

    /// Runs a test beside a server, if there can be one.
    fn with_server(
        what: &str,
        settings: &[(&str, &str)],
        test: impl AsyncFnOnce(Server, Config) + Send + 'static,
    ) {
        if !can_run_postgres(what) {
            return;
        }
        let server = Server::start(settings).unwrap();
        let config: Config = server.url().parse().unwrap();
        ends_within(2 * PATIENCE, move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().unwrap().block_on(test(server, config));
        });
    }

    fn ours(server: &Config) -> Config {
        let mut ours = server.clone();
        ours.application_name("tested");
        ours
    }

    /// The processes of our connections, and how many of them have a query in hand.
    async fn connections(watcher: &Client) -> (Vec<i32>, usize) {
        const LIST: &str = "SELECT pid, state = 'active' FROM pg_stat_activity
            WHERE application_name = 'tested'";
        let rows = watcher.query(LIST, &[]).await.unwrap();
        let busy = rows.iter().filter(|row| row.get::<_, bool>(1)).count();
        (rows.iter().map(|row| row.get(0)).collect(), busy)
    }

    /// Waits until so many of ours have a query in hand.
    async fn until_busy(watcher: &Client, wanted: usize) -> Vec<i32> {
        loop {
            let (all, busy) = connections(watcher).await;
            if busy == wanted {
                return all;
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    async fn close_the_gate(server: &Config) -> Client {
        let watcher = connect(server).await.unwrap();
        watcher.execute("SELECT pg_advisory_lock(7)", &[]).await.unwrap();
        watcher
    }

    async fn open_the_gate(watcher: &Client) {
        watcher.execute("SELECT pg_advisory_unlock(7)", &[]).await.unwrap();
    }

    fn ours_of(server: &Config, size: usize) -> Pool {
        pool(ours(server), size, None).unwrap()
    }

    #[test]
    fn the_pool_bounds_the_queries_and_is_gone_afterwards() {
        with_server("a pool on PostgreSQL", &[], async |_server, config| {
            let watcher = close_the_gate(&config).await;
            let pool = ours_of(&config, 4);
            let queries = vec![AT_THE_GATE; 12];
            let (results, all) = tokio::join!(query_all(&pool, &queries), async {
                let all = until_busy(&watcher, 4).await;
                open_the_gate(&watcher).await;
                all
            });
            assert_eq!(failures(&results), []);
            assert_eq!(results.len(), 12);
            // No fifth was ever opened: a pool keeps its connections, and these are the first four.
            let (mut after, _) = connections(&watcher).await;
            let mut before = all;
            before.sort_unstable();
            after.sort_unstable();
            assert_eq!((before.len(), &before), (4, &after));
            drop(pool);
            while !connections(&watcher).await.0.is_empty() {
                sleep(Duration::from_millis(2)).await;
            }
        });
    }

    #[test]
    fn a_query_that_fails_is_a_result_in_its_place_and_loses_no_other() {
        with_server("failing queries", &[], async |_server, config| {
            let pool = ours_of(&config, 2);
            let failing = |text| Query { text, number: 0.0 };
            let queries = [
                NOW,
                failing("SELECT first_of_none($1)"),
                Query::work(10),
                failing("SELECT 1.0 / CAST($1 AS double precision)"),
                NOW,
            ];
            let results = query_all(&pool, &queries).await;
            let failures = failures(&results);
            let [(1, QueryError::Other(first)), (3, QueryError::Other(second))] =
                &failures[..]
            else {
                panic!("{failures:?}")
            };
            assert!(first.contains("first_of_none"), "{first}");
            assert!(second.contains("(22012)"), "{second}");
        });
    }

    #[test]
    fn more_connections_than_the_server_has_are_an_error_with_a_name() {
        let settings = [("max_connections", "10")];
        with_server("the limit", &settings, async |_server, config| {
            let watcher = connect(&config).await.unwrap();
            watcher.batch_execute("CREATE ROLE somebody LOGIN").await.unwrap();
            let mut somebody = ours(&config);
            somebody.user("somebody");
            let somebodys = pool(somebody.clone(), 16, None).unwrap();
            // Three are kept for superusers, and the one that watches is a superuser.
            let (held, refused) = take(&somebodys, 16).await;
            assert_eq!(held.len(), 6);
            assert!(
                matches!(refused, Some(QueryError::TooManyConnections(_))),
                "{refused:?}"
            );
            let superusers = ours_of(&config, 16);
            // Who was refused has one of the three that are kept until its process has ended, and no view shows that.
            let (rescue, refused) = loop {
                let taken = take(&superusers, 16).await;
                if taken.0.len() >= 3 {
                    break taken;
                }
                drop(taken);
                sleep(Duration::from_millis(2)).await;
            };
            assert_eq!(rescue.len(), 3);
            let Some(QueryError::TooManyConnections(said)) = refused else {
                panic!("{refused:?}")
            };
            assert!(said.contains("too many clients"), "{said}");

            // Who has no connection is told, each of them.
            drop(held);
            let full = ours_of(&config, 3);
            let refused = query_all(&full, &vec![NOW; 5]).await;
            assert!(all_refused(&failures(&refused)) && failures(&refused).len() == 5);

            // A pool that is larger than its room: who finds none idle does not wait for one of the six, and is refused.
            let too_large = query_all(&somebodys, &vec![NOW; 20]).await;
            assert!(too_large[..6].iter().all(Result::is_ok), "{too_large:?}");
            let failures = failures(&too_large);
            assert!(all_refused(&failures) && failures.len() >= 10, "{failures:?}");
            // One of the size of its room has the rest wait, and all are answered. That room is smaller now: the four superusers took
            // none of the three that are kept for them while others were free.
            drop(somebodys);
            while connections(&watcher).await.0.len() > rescue.len() {
                sleep(Duration::from_millis(2)).await;
            }
            let fits = pool(somebody, 3, None).unwrap();
            let answered = query_all(&fits, &vec![NOW; 20]).await;
            assert_eq!(super::failures(&answered), []);
            drop(rescue);
        });
    }

    fn all_refused(failures: &[(usize, QueryError)]) -> bool {
        failures
            .iter()
            .all(|(_, error)| matches!(error, QueryError::TooManyConnections(_)))
    }

    #[test]
    fn who_waits_too_long_is_told_what_for() {
        with_server("timeouts", &[], async |_server, config| {
            let impatient =
                pool(ours(&config), 1, Some(Duration::from_millis(1))).unwrap();
            let (held, refused) = take(&impatient, 1).await;
            assert_eq!(refused, None);
            let results = query_all(&impatient, &[NOW]).await;
            assert!(
                matches!(&results[..], [Err(QueryError::Timeout(said))] if said.contains("pool")),
                "{results:?}"
            );
            drop(held);
            assert_eq!(failures(&query_all(&impatient, &[NOW]).await), []);

            // The server's own limit ends the query there, too, and the connection is as good as before.
            let mut limited = ours(&config);
            // More than the statement behind it takes on a busy machine.
            limited.options("-c statement_timeout=1s");
            let limited = pool(limited, 1, None).unwrap();
            let queries = [Query::wait(Duration::from_mins(1)), NOW];
            let results = query_all(&limited, &queries).await;
            let failures = failures(&results);
            assert!(
                matches!(&failures[..], [(0, QueryError::Timeout(said))] if said.contains("statement timeout")),
                "{failures:?}"
            );
            assert_eq!(
                pool_of_none(&config),
                QueryError::Other("a pool without connections".to_owned())
            );
        });
    }

    fn pool_of_none(config: &Config) -> QueryError {
        pool(config.clone(), 0, None).unwrap_err()
    }

    fn kill(process: u32) {
        let pid = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.unwrap(), rustix::process::Signal::KILL)
            .unwrap();
    }

    fn all_gone(results: &[Result<Answer, QueryError>]) -> bool {
        results.iter().all(|result| matches!(result, Err(QueryError::Gone(_))))
    }

    #[test]
    fn a_server_that_is_killed_in_mid_query_is_a_result_for_each_query() {
        with_server("a killed PostgreSQL", &[], async |server, config| {
            let watcher = close_the_gate(&config).await;
            let pool = ours_of(&config, 3);
            let queries = vec![AT_THE_GATE; 8];
            let (results, ()) = tokio::join!(query_all(&pool, &queries), async {
                until_busy(&watcher, 3).await;
                kill(server.process());
            });
            assert_eq!(results.len(), 8);
            assert!(all_gone(&results), "{results:?}");
            // It says so to whoever asks later, at once.
            assert!(all_gone(&query_all(&pool, &[NOW, NOW]).await));
        });
    }

    #[test]
    fn a_pool_recovers_when_its_server_is_back() {
        with_server("a PostgreSQL that comes back", &[], async |_server, config| {
            let watcher = close_the_gate(&config).await;
            let pool = ours_of(&config, 3);
            let queries = vec![AT_THE_GATE; 3];
            let (results, ()) = tokio::join!(query_all(&pool, &queries), async {
                let backends = until_busy(&watcher, 3).await;
                // When one of its processes is killed, the server ends all of them, and starts anew.
                kill(u32::try_from(backends[0]).unwrap());
            });
            assert!(all_gone(&results), "{results:?}");
            let end = Instant::now() + PATIENCE;
            let mut later = query_all(&pool, &[NOW]).await;
            while all_gone(&later) && Instant::now() < end {
                sleep(Duration::from_millis(10)).await;
                later = query_all(&pool, &[NOW]).await;
            }
            assert_eq!(failures(&later), []);
            assert_eq!(failures(&query_all(&pool, &vec![NOW; 9]).await), []);
        });
    }
}
