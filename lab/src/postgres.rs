//! A PostgreSQL that is there for one program only: an empty one, started from what is installed, and gone with its program.
//!
//! It listens on a Unix socket inside a folder that nobody else can enter, so it needs neither a port nor a password.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to start. It takes two seconds on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Starts the server, ends it when its own standard input ends, and tidies up. That input is a pipe from us: it ends too when we are
/// killed, so nothing is left behind, whatever happens to us. A server that ends by itself is tidied up at once. One that is killed
/// leaves memory that its processes share: that lies in its folder, but for a segment whose number stands in its lock file.
///
/// It takes two signals. SIGINT ends the server at once, whoever is connected; but what a shell starts in the background ignores it
/// at first, and a server whose starter has been killed may be that young. SIGTERM ends such a one.
const KEEPER: &str = r#"
bin=$1 folder=$2; shift 2
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
"$bin/initdb" --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync --no-instructions \
    --pgdata=data >log 2>&1 || { tail -n 1 log; exit 1; }
exec 3<&0
"$bin/postgres" -D data -k "$folder" -c listen_addresses= -c fsync=off -c dynamic_shared_memory_type=mmap "$@" \
    >log 2>&1 3<&- </dev/null &
server=$!
echo "$server" >server.new && mv server.new server
{ read -r _; kill -TERM "$server"; kill -INT "$server"; } <&3 >/dev/null 2>&1 &
ender=$!
wait "$server"
kill "$ender" 2>/dev/null # or it would signal whoever has the server's number next
[ ! -f data/postmaster.pid ] || ipcrm -m "$(sed -n '7s/.* //p' data/postmaster.pid)"
tail -n 1 log
"#;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// None is installed.
    #[error(
        "no PostgreSQL was found here: install it (on Debian: postgresql), or give an address"
    )]
    NotInstalled,
    /// The system does not let us.
    #[error("cannot start PostgreSQL: {0}")]
    Io(#[from] io::Error),
    /// It ended while it started; this is what it said last.
    #[error("PostgreSQL does not start: {0}")]
    Ended(String),
    /// It did not listen within a minute.
    #[error("PostgreSQL does not start: it takes too long")]
    TooSlow,
}

/// A running server; dropping it stops it, and removes all that it has kept.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    folder: PathBuf,
    process: u32,
}

impl Server {
    /// Starts an empty server, with these settings: `("max_connections", "20")`, say.
    ///
    /// # Errors
    ///
    /// When no PostgreSQL is installed, and when the one that is does not start.
    pub fn start(settings: &[(&str, &str)]) -> Result<Self, Error> {
        let bin = installed().ok_or(Error::NotInstalled)?;
        let folder = tempfile::Builder::new().prefix("while-you-wait-pg-").tempdir()?;
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh"]).arg(&bin).arg(folder.path());
        for (name, value) in settings {
            keeper.args(["-c", &format!("{name}={value}")]);
        }
        // PostgreSQL refuses to be root, so root lends it to the account that Debian made for it, or to `nobody`.
        if fs::metadata(folder.path())?.uid() == 0 {
            let (user, group) =
                account("postgres").or_else(|| account("nobody")).ok_or_else(|| {
                    io::Error::other(
                        "root needs an account `postgres` or `nobody` for it",
                    )
                })?;
            chown(folder.path(), Some(user), Some(group))?;
            keeper.uid(user).gid(group);
        }
        // A group of its own: Ctrl-C at the terminal is for us, and we end it in our own time.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        let keeper = keeper.stderr(Stdio::null()).current_dir("/").spawn()?;
        // From here on the keeper removes the folder.
        let mut server = Self { keeper, folder: folder.keep(), process: 0 };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The address of its only database, for a client.
    pub fn url(&self) -> String {
        let folder = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }

    /// The process that accepts connections. Whoever kills it kills the server.
    pub fn process(&self) -> u32 {
        self.process
    }

    fn wait_until_ready(&mut self) -> Result<(), Error> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.keeper.try_wait()?.is_some() {
                return Err(Error::Ended(self.last_words()));
            }
            let read = |name: &str| fs::read_to_string(self.folder.join(name)).ok();
            let process = read("server").and_then(|text| text.trim().parse().ok());
            // The last line of this file is PostgreSQL's own word on how far it is.
            let state = read("data/postmaster.pid").unwrap_or_default();
            if let Some(process) = process
                && state.lines().last().is_some_and(|line| line.trim() == "ready")
            {
                self.process = process;
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(Error::TooSlow)
    }

    fn last_words(&mut self) -> String {
        let mut said = String::new();
        if let Some(stdout) = &mut self.keeper.stdout {
            let _ = stdout.read_to_string(&mut said);
        }
        said.lines().last().unwrap_or("it said nothing").to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take()); // the keeper sees its input end
        drop(self.keeper.stdout.take()); // nobody reads its last words: it must not wait for a reader
        let _ = self.keeper.wait();
        // Where root's TMPDIR is for root only, the keeper could empty the folder and no more.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether a server could be started here, as far as can be told without starting one.
pub fn is_installed() -> bool {
    installed().is_some()
}

/// The folder of the newest PostgreSQL that is installed.
fn installed() -> Option<PathBuf> {
    let in_path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&in_path).collect::<Vec<_>>().into_iter();
    let mut elsewhere: Vec<PathBuf> =
        ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"]
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flat_map(|entries| entries.filter_map(Result::ok))
            .map(|entry| entry.path().join("bin"))
            .collect();
    elsewhere.sort_by_key(|bin| std::cmp::Reverse(version(bin)));
    in_path
        .chain(elsewhere)
        .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}

/// The number in `/usr/lib/postgresql/15/bin` or `/opt/homebrew/opt/postgresql@15/bin`.
fn version(bin: &Path) -> u32 {
    let name = bin.parent().and_then(Path::file_name).and_then(OsStr::to_str);
    let digits = name.and_then(|name| name.rsplit('@').next());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The user and the group of an account.
fn account(name: &str) -> Option<(u32, u32)> {
    let id = |what: &str| {
        let output = Command::new("id").args([what, name]).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    Some((id("-u")?, id("-g")?))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::mpsc;

    use super::*;

    /// In CI nothing may be skipped.
    fn may_skip() -> bool {
        let may = env::var("CI").as_deref() != Ok("true");
        if may {
            let _ = writeln!(io::stderr(), "skipped: no PostgreSQL is installed");
        }
        may
    }

    /// Whether `there` becomes true while there is any hope.
    fn in_the_end(there: impl Fn() -> bool) -> bool {
        let end = Instant::now() + PATIENCE;
        while !there() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        there()
    }

    fn is_running(process: u32) -> bool {
        let pid = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
        // One that has ended, and that nobody has asked about yet, is none.
        let stat = fs::read_to_string(format!("/proc/{process}/stat"));
        let ended = stat.is_ok_and(|stat| stat.contains(") Z "));
        pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok()) && !ended
    }

    /// What the test below runs as a program of its own, to kill it. In every other run it does nothing.
    #[test]
    fn holds_a_server() -> Result<(), Error> {
        if env::var_os("LAB_HOLDS_A_SERVER").is_some() {
            let _server = Server::start(&[])?;
            loop {
                thread::park();
            }
        }
        Ok(())
    }

    #[test]
    fn nothing_is_left_of_a_server_whose_program_was_killed() -> io::Result<()> {
        if !is_installed() && may_skip() {
            return Ok(());
        }
        // While its folder is filled, which takes a second; as soon as it is there, too young to listen; and when it listens.
        for moment in ["data/base", "server", ".s.PGSQL.5432"] {
            let scratch = tempfile::tempdir()?;
            fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o1777))?;
            let mut program = Command::new(env::current_exe()?)
                .args(["--exact", "postgres::tests::holds_a_server"])
                .env("LAB_HOLDS_A_SERVER", "1")
                .env("TMPDIR", scratch.path())
                .stdout(Stdio::null())
                .spawn()?;
            let folder = || Some(fs::read_dir(scratch.path()).ok()?.next()?.ok()?.path());
            let there = || folder().is_some_and(|folder| folder.join(moment).exists());
            let begun = in_the_end(there);
            let keepers = children(program.id());
            program.kill()?;
            program.wait()?;
            assert!(begun, "it never came to {moment}");
            assert!(!keepers.is_empty() || cfg!(not(target_os = "linux")));
            assert!(
                in_the_end(|| folder().is_none()),
                "killed at {moment}: the folder is left"
            );
            assert!(
                in_the_end(|| !keepers.iter().any(|&keeper| is_running(keeper))),
                "killed at {moment}: {keepers:?} are left"
            );
        }
        Ok(())
    }

    /// The processes that this one has started, and what they have started, and so on (Linux).
    fn children(process: u32) -> Vec<u32> {
        let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
        let lists = tasks.flatten().map(|task| task.path().join("children"));
        let lists: String =
            lists.filter_map(|list| fs::read_to_string(list).ok()).collect();
        let own: Vec<u32> =
            lists.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let theirs: Vec<u32> = own.iter().flat_map(|&child| children(child)).collect();
        [own, theirs].concat()
    }

    /// A server that has said more than a pipe holds.
    #[test]
    fn a_server_that_had_much_to_say_can_be_dropped() -> Result<(), Error> {
        let server = match Server::start(&[("max_connections", "7")]) {
            Err(Error::NotInstalled) if may_skip() => return Ok(()),
            started => started?,
        };
        let log = server.folder.join("log");
        let mut log = fs::File::options().append(true).open(log)?;
        writeln!(log, "{}", "word ".repeat(100_000))?;
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            drop(server);
            let _ = tell.send(());
        });
        assert!(told.recv_timeout(PATIENCE).is_ok(), "it hangs");
        Ok(())
    }

    #[test]
    fn nothing_is_left_of_a_server_that_was_dropped() -> Result<(), Error> {
        let server = match Server::start(&[("max_connections", "7")]) {
            Err(Error::NotInstalled) if may_skip() => return Ok(()),
            started => started?,
        };
        let (folder, process) = (server.folder.clone(), server.process());
        assert!(folder.join(".s.PGSQL.5432").exists(), "it listens inside its folder");
        drop(server);
        assert!(!folder.exists());
        assert!(!is_running(process), "its process has ended");
        Ok(())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn nothing_is_left_of_a_server_that_was_killed() -> Result<(), Error> {
        let server = match Server::start(&[]) {
            Err(Error::NotInstalled) if may_skip() => return Ok(()),
            started => started?,
        };
        let lock = fs::read_to_string(server.folder.join("data/postmaster.pid"))?;
        let segment = lock.lines().nth(6).and_then(|line| line.split_whitespace().last());
        let is_there = || {
            let all = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
            all.lines().any(|line| line.split_whitespace().nth(1) == segment)
        };
        assert!(segment.is_some() && is_there(), "{lock}");
        let process = i32::try_from(server.process()).ok();
        let process = process.and_then(rustix::process::Pid::from_raw);
        let process = process.ok_or_else(|| io::Error::other("no process"))?;
        rustix::process::kill_process(process, rustix::process::Signal::KILL)
            .map_err(io::Error::from)?;
        let folder = server.folder.clone();
        drop(server);
        assert!(!folder.exists());
        // It is gone when the last of the processes that share it is.
        assert!(in_the_end(|| !is_there()), "a segment of shared memory is left");
        Ok(())
    }

    #[test]
    fn a_server_that_cannot_start_says_why() {
        match Server::start(&[("max_connections", "none")]) {
            Err(Error::NotInstalled) => {}
            Err(Error::Ended(why)) => assert!(why.contains("max_connections"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
}
