//! Files: the same results in every model, how many are read at once, and a replacement that leaves the old file or the new one.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use other_waits::files::{Digest, FileError, on_rayon, on_tokio, one_by_one, pooled};
use other_waits::replace::{
    PREFIX, ReplaceError, Step, replace, replace_with, trouble, write_in_place,
};
use tempfile::TempDir;
use thread_pool::ThreadPool;
use tokio::runtime::{Builder, Runtime};

use crate::patience::{PATIENCE, ends, ends_within};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn rayon_of(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// What is left out here, past the test runner, which keeps what a passing test prints to itself. In CI nothing may be.
fn skipped(what: &str, why: &str) {
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "CI must not skip {what}: {why}");
    let _ = writeln!(io::stderr(), "skipped: {what}: {why}");
}

// ------------------------------------------------------------------------------------------------------- in every model alike

type HashAll = fn(&[PathBuf]) -> Vec<Result<Digest, FileError>>;
type RewriteAll = fn(&[PathBuf]) -> Vec<Result<(), FileError>>;

/// Every model, with four workers where it has workers.
const MODELS: [(&str, HashAll, RewriteAll); 4] = [
    ("one by one", one_by_one::hash_all, one_by_one::rewrite_all),
    (
        "pool",
        |paths| pooled::hash_all(&ThreadPool::new(4).unwrap(), paths),
        |paths| pooled::rewrite_all(&ThreadPool::new(4).unwrap(), paths),
    ),
    (
        "rayon",
        |paths| rayon_of(4).install(|| on_rayon::hash_all(paths)),
        |paths| rayon_of(4).install(|| on_rayon::rewrite_all(paths)),
    ),
    (
        "tokio::fs",
        |paths| runtime().block_on(on_tokio::hash_all(paths, 4)),
        |paths| runtime().block_on(on_tokio::rewrite_all(paths, 4)),
    ),
];

/// Files whose texts differ, the first of which are known by heart: FIPS 180-2 has the digest of `abc`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let text = |i: usize| match i {
        0 => "abc".to_owned(),
        1 => String::new(),
        _ => format!("text number {i}\n").repeat(i * 50),
    };
    let file = |i| {
        let path = folder.join(format!("{i}.txt"));
        fs::write(&path, text(i)).unwrap();
        path
    };
    (0..40).map(file).collect()
}

const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn every_model_gives_the_same_digests_in_the_order_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let paths = files(folder.path());
    let first: Vec<Digest> =
        one_by_one::hash_all(&paths).into_iter().map(Result::unwrap).collect();
    assert_eq!([first[0].to_string(), first[1].to_string()], [ABC, EMPTY]);
    for (name, hash_all, _) in MODELS {
        let hashes: Vec<Digest> =
            hash_all(&paths).into_iter().map(Result::unwrap).collect();
        assert_eq!(hashes, first, "{name}");
        assert!(hash_all(&[]).is_empty(), "{name}");
    }
    let pieces = runtime().block_on(on_tokio::hash_all_in_one_piece(&paths, 4));
    assert_eq!(pieces.into_iter().map(Result::unwrap).collect::<Vec<_>>(), first);
}

#[test]
fn a_file_that_fails_is_an_error_in_its_place_and_loses_no_other() {
    for (name, hash_all, rewrite_all) in MODELS {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = files(folder.path());
        paths[3] = folder.path().join("missing");
        fs::create_dir(folder.path().join("folder")).unwrap();
        paths[5] = folder.path().join("folder");
        let wanted = |i: usize| match i {
            3 => Some(io::ErrorKind::NotFound),
            5 if cfg!(unix) => Some(io::ErrorKind::IsADirectory),
            5 => Some(io::ErrorKind::PermissionDenied),
            _ => None,
        };
        let check = |i: usize, error: Option<FileError>| match error {
            Some(FileError::Read { path, source }) => {
                assert_eq!(
                    (path, Some(source.kind())),
                    (paths[i].clone(), wanted(i)),
                    "{name}"
                );
            }
            other => {
                assert!(other.is_none() && wanted(i).is_none(), "{name} {i}: {other:?}");
            }
        };
        let hashed = hash_all(&paths);
        assert_eq!(hashed.len(), paths.len(), "{name}");
        hashed.into_iter().enumerate().for_each(|(i, result)| check(i, result.err()));
        let rewritten = rewrite_all(&paths);
        assert_eq!(rewritten.len(), paths.len(), "{name}");
        rewritten.into_iter().enumerate().for_each(|(i, result)| check(i, result.err()));
        assert_eq!(fs::read_to_string(&paths[0]).unwrap(), "ABC", "{name}");
        assert_eq!(
            fs::read_to_string(&paths[4]).unwrap(),
            "TEXT NUMBER 4\n".repeat(200),
            "{name}"
        );
        assert_eq!(beside(folder.path()), [""; 0], "{name}");
    }
}

// -------------------------------------------------------------------------------------------------- how many at once (named pipes)

#[cfg(target_os = "linux")]
mod at_once {
    use std::thread;

    use other_waits::files::on_tokio::waiting::{named_pipes, overtakes, threads_for};
    use other_waits::files::on_tokio::{hand_overs, hash, read_in_pieces};

    use super::*;

    /// Writes to no pipe before so many of them are being read: who opens one waits for a reader.
    fn write_to(pipes: &[PathBuf], at_once: usize) {
        for some in pipes.chunks(at_once) {
            let open = |pipe| File::options().write(true).open(pipe).unwrap();
            let mut open: Vec<File> = some.iter().map(open).collect();
            for pipe in &mut open {
                pipe.write_all(b"abc").unwrap();
            }
        }
    }

    fn hashes(hash_all: HashAll, at_once: usize) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let pipes = named_pipes(&folder.path().join("pipes"), 4).unwrap();
        ends(move || {
            let theirs = pipes.clone();
            let writer = thread::spawn(move || write_to(&theirs, at_once));
            let hashes = hash_all(&pipes);
            writer.join().unwrap();
            drop(folder);
            hashes.into_iter().map(|hash| hash.unwrap().to_string()).collect()
        })
    }

    #[test]
    fn four_workers_read_four_files_at_once_and_a_loop_reads_one() {
        for (name, hash_all, _) in MODELS {
            let at_once = if name == "one by one" { 1 } else { 4 };
            assert_eq!(hashes(hash_all, at_once), [ABC; 4], "{name}");
        }
    }

    #[test]
    fn each_read_of_tokio_takes_a_thread_while_it_waits() {
        let folder = tempfile::tempdir().unwrap();
        let pipes = named_pipes(&folder.path().join("pipes"), 20).unwrap();
        let threads =
            ends(move || [512, 4, 1].map(|most| threads_for(&pipes, most).unwrap()));
        assert_eq!(threads, [20, 4, 1]);
    }

    #[test]
    fn a_file_waits_for_a_pipe_where_there_is_one_thread() {
        let folder = tempfile::tempdir().unwrap();
        let pipes = named_pipes(&folder.path().join("pipes"), 1).unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "text").unwrap();
        let overtook =
            ends(move || [1, 2].map(|most| overtakes(&pipes[0], &file, most).unwrap()));
        assert_eq!(overtook, [false, true]);
    }

    #[test]
    fn one_operation_of_tokio_fs_is_one_hand_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, vec![b'a'; 64 << 10]).unwrap();
        let counts = ends(move || {
            let mut runtime = Builder::new_current_thread();
            let runtime = runtime.max_blocking_threads(1).build().unwrap();
            let missing = file.with_extension("missing");
            [
                runtime.block_on(hand_overs(async {})),
                runtime.block_on(hand_overs(hash(&file))),
                runtime.block_on(hand_overs(hash(&missing))),
                // To open it, four pieces, and the end.
                runtime.block_on(hand_overs(read_in_pieces(&file, 16 << 10))),
            ]
        });
        assert_eq!(counts, [0, 1, 1, 6]);
    }
}

// ---------------------------------------------------------------------------------------------------------- whole, or not at all

static OLD: [u8; 40_000] = [b'o'; 40_000];
static NEW: [u8; 60_000] = [b'n'; 60_000];

/// A folder with one file in it, which has the old text.
fn scene() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, OLD).unwrap();
    (folder, path)
}

/// The names of the files that only a replacement can have left here.
fn beside(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(PREFIX)).collect()
}

#[track_caller]
fn assert_old_and_nothing_else(path: &Path) {
    assert!(fs::read(path).unwrap() == OLD, "the old text is not whole");
    assert_eq!(beside(path.parent().unwrap()), [""; 0]);
}

#[track_caller]
fn failed(result: Result<(), ReplaceError>) -> (Step, io::ErrorKind) {
    let error = result.unwrap_err();
    (error.step, error.source.kind())
}

#[test]
fn a_file_gets_its_new_text_and_keeps_its_permissions() {
    let (folder, path) = scene();
    replace(&path, &NEW).unwrap();
    assert!(fs::read(&path).unwrap() == NEW);
    let other = folder.path().join("other");
    replace(&other, b"new").unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"new");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, b"again").unwrap();
        assert_eq!(mode(&path), 0o640);
        // A new file is like any other new file, whatever the umask.
        let usual = folder.path().join("usual");
        fs::write(&usual, "text").unwrap();
        assert_eq!(mode(&other), mode(&usual));
    }
}

#[test]
fn an_error_of_whoever_writes_leaves_the_old_text() {
    let (_folder, path) = scene();
    let result = replace_with(&path, |file| {
        file.write_all(&NEW[..30_000])?;
        Err(io::ErrorKind::InvalidData.into())
    });
    assert_eq!(failed(result), (Step::Write, io::ErrorKind::InvalidData));
    assert_old_and_nothing_else(&path);
}

#[test]
fn a_panic_of_whoever_writes_leaves_the_old_text() {
    let (_folder, path) = scene();
    let theirs = path.clone();
    let job = move || replace_with(&theirs, |_| panic!("on purpose"));
    assert!(std::panic::catch_unwind(job).is_err());
    assert_old_and_nothing_else(&path);
}

#[test]
fn what_cannot_be_replaced_is_told_by_its_step() {
    let (folder, path) = scene();
    let nowhere = folder.path().join("no-such-folder/file");
    assert_eq!(failed(replace(&nowhere, &NEW)), (Step::Create, io::ErrorKind::NotFound));
    let inside = path.join("file");
    assert_eq!(failed(replace(&inside, &NEW)).0, Step::Create);
    // A folder is in the way: by then everything is written.
    let full = folder.path().join("folder");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("a file"), "text").unwrap();
    let error = replace(&full, &NEW).unwrap_err();
    assert_eq!(error.step, Step::Rename);
    let words = format!("cannot give its name to the new {}: ", full.display());
    assert!(error.to_string().starts_with(&words), "{error}");
    assert_old_and_nothing_else(&path);
}

/// Readers look all the time. After each replacement the writers wait until all of them have looked again.
#[test]
fn a_reader_sees_the_old_text_or_the_new_one_at_every_moment() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::thread;

    const READERS: usize = 2;
    const TIMES: usize = 50;
    let (_folder, path) = scene();
    let (theirs, texts) = (path.clone(), [vec![b'a'; 50_000], vec![b'b'; 50_000]]);
    // A hundred files and more reach the device meanwhile, and their folder each time.
    let seen: [usize; 4] = ends_within(4 * PATIENCE, move || {
        let seen: [AtomicUsize; 4] = Default::default();
        let (looks, done) =
            ([const { AtomicUsize::new(0) }; READERS], AtomicBool::new(false));
        let all_have_looked = || {
            let before = looks.each_ref().map(|looks| looks.load(SeqCst));
            // One may be under way: the next one begins after this.
            let again =
                || looks.iter().zip(before).all(|(look, n)| look.load(SeqCst) >= n + 2);
            while !again() {
                thread::yield_now();
            }
        };
        thread::scope(|scope| {
            for looks in &looks {
                scope.spawn(|| {
                    while !done.load(SeqCst) {
                        let text = fs::read(&theirs).unwrap();
                        let which = if text == OLD {
                            0
                        } else if text == texts[0] {
                            1
                        } else if text == texts[1] {
                            2
                        } else {
                            3
                        };
                        seen[which].fetch_add(1, SeqCst);
                        looks.fetch_add(1, SeqCst);
                    }
                });
            }
            all_have_looked();
            let writers = texts.each_ref().map(|text| {
                scope.spawn(|| {
                    for _ in 0..TIMES {
                        replace(&theirs, text).unwrap();
                    }
                })
            });
            for writer in writers {
                writer.join().unwrap();
            }
            for text in &texts {
                replace(&theirs, text).unwrap();
                all_have_looked();
            }
            done.store(true, SeqCst);
        });
        seen.map(AtomicUsize::into_inner)
    });
    let [old, a, b, neither] = seen;
    assert_eq!(neither, 0, "{seen:?}");
    assert!(old >= READERS && a >= READERS && b >= READERS, "{seen:?}");
    assert_eq!(beside(path.parent().unwrap()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn without_permission_the_old_text_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, path) = scene();
    let lock = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    lock(folder.path(), 0o555);
    let result = trouble::without_privileges(|| replace(&path, &NEW));
    lock(folder.path(), 0o755);
    let Ok(result) = result else {
        skipped("a folder without permission", "root passes every permission here");
        return;
    };
    assert_eq!(failed(result), (Step::Create, io::ErrorKind::PermissionDenied));
    assert_old_and_nothing_else(&path);

    // A name belongs to the folder: a file that nobody may write to can be replaced.
    lock(&path, 0o444);
    let in_place = trouble::without_privileges(|| write_in_place(&path, &NEW)).unwrap();
    assert_eq!(in_place.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    assert_old_and_nothing_else(&path);
    trouble::without_privileges(|| replace(&path, &NEW)).unwrap().unwrap();
    assert!(fs::read(&path).unwrap() == NEW);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
}

// -------------------------------------------------------------------------------------------------------- in a process of its own

/// What a child is to do, and where.
const ROLE: &str = "WHILE_YOU_WAIT_ROLE";
const PLACE: &str = "WHILE_YOU_WAIT_PLACE";

/// This program once more, told to run the next test only.
fn child(role: &str, place: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "files::be_a_child", "--nocapture"]);
    command.env(ROLE, role).env(PLACE, place);
    command
}

/// What the children of these tests are. In every other run it does nothing.
#[test]
fn be_a_child() {
    let Ok(role) = env::var(ROLE) else { return };
    let place = PathBuf::from(env::var_os(PLACE).unwrap());
    match role.as_str() {
        "without room" => without_room(&place),
        "full" => on_a_full_disk(&place),
        "stand still" => stand_still(&place),
        #[cfg(target_os = "linux")]
        "descriptors" => leave_no_descriptors(&place),
        #[cfg(target_os = "linux")]
        "cold" => read_cold(&place),
        other => panic!("no such role: {other}"),
    }
    let _ = writeln!(io::stdout(), "played to its end");
}

#[track_caller]
fn plays(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().unwrap();
    let output = ends(move || running.wait_with_output()).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{errors}");
    assert!(said.contains("played to its end"), "{said}{errors}");
}

#[cfg(unix)]
#[test]
fn where_no_file_may_be_longer_the_old_text_stays() {
    let (folder, path) = scene();
    plays(&mut child("without room", folder.path()));
    // The child has written in place at the end: that is what is left then.
    assert!(fs::read(&path).unwrap() == NEW[..32 << 10]);
}

fn without_room(place: &Path) {
    let path = place.join("file");
    let limited = trouble::with_room_for(32 << 10, || {
        assert_eq!(
            failed(replace(&path, &NEW)),
            (Step::Write, io::ErrorKind::FileTooLarge)
        );
        assert_old_and_nothing_else(&path);
        write_in_place(&path, &NEW).unwrap_err().kind()
    });
    assert_eq!(limited.unwrap(), io::ErrorKind::FileTooLarge);
    replace(&place.join("other"), &NEW).unwrap(); // the limit is gone
}

/// A file system of 128 KiB, in a namespace of the child's own, which is gone with it.
#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_the_old_text_stays() {
    let place = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=128k tmpfs \"$0\" && exec \"$@\"";
    let possible = |arguments: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(arguments).args(["sh", "-c", mount]).arg(place.path()).arg("true");
        unshare.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
    let Some(way) = ways.into_iter().find(|way| possible(way)) else {
        skipped("a full disk", "nothing may be mounted here, not even in a namespace");
        return;
    };
    let program = child("full", place.path());
    let mut unshare = Command::new("unshare");
    unshare.args(way).args(["sh", "-c", mount]).arg(place.path());
    unshare.arg(program.get_program()).args(program.get_args());
    let variables = program.get_envs();
    unshare.envs(variables.filter_map(|(name, value)| Some((name, value?))));
    plays(&mut unshare);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "it was mounted here too");
}

fn on_a_full_disk(place: &Path) {
    let path = place.join("file");
    fs::write(&path, OLD).unwrap();
    fs::write(place.join("another"), vec![b'x'; 72 << 10]).unwrap();
    assert_eq!(failed(replace(&path, &NEW)), (Step::Write, io::ErrorKind::StorageFull));
    assert_old_and_nothing_else(&path);
    // In place there would even be more room, that of the old text; and it is lost.
    let error = write_in_place(&path, &NEW).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    let left = fs::read(&path).unwrap();
    assert!(left.len() < NEW.len() && NEW.starts_with(&left), "{}", left.len());
    // Room again: it is replaced, though there is no room for the two that it would take in the end.
    fs::remove_file(place.join("another")).unwrap();
    replace(&path, &NEW).unwrap();
    assert!(fs::read(&path).unwrap() == NEW);
}

/// Killed after the last byte is written, and before the new file gets its name.
#[cfg(unix)]
#[test]
fn killed_before_the_rename_the_old_text_stays() {
    use std::io::{BufRead as _, BufReader};

    let (folder, path) = scene();
    let mut child = child("stand still", folder.path());
    child.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = processes::child::KillOnDrop::start(&mut child).unwrap();
    let (_to, from) = processes::child::pipes(&mut child).unwrap();
    let mut lines = BufReader::new(from).lines();
    let written =
        ends(move || lines.any(|line| line.is_ok_and(|line| line == "written")));
    assert!(written);
    child.kill().unwrap();
    assert_eq!(processes::child::how_it_ended(child.wait().unwrap()), "signal 9");
    assert!(fs::read(&path).unwrap() == OLD);
    // Nobody was left to remove it. It is known by its name, and in nobody's way.
    assert_eq!(beside(folder.path()).len(), 1);
    replace(&path, &NEW).unwrap();
    assert!(fs::read(&path).unwrap() == NEW);
}

fn stand_still(place: &Path) {
    let result = replace_with(&place.join("file"), |file| {
        file.write_all(&NEW)?;
        writeln!(io::stdout(), "\nwritten")?;
        io::copy(&mut io::stdin().lock(), &mut io::sink())?;
        Err(io::ErrorKind::Interrupted.into())
    });
    panic!("it was not killed: {result:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left_open() {
    let (folder, _) = scene();
    plays(&mut child("descriptors", folder.path()));
}

#[cfg(target_os = "linux")]
fn leave_no_descriptors(place: &Path) {
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    let folder = place.join("files");
    fs::create_dir(&folder).unwrap();
    let mut paths = files(&folder);
    paths.push(folder.join("missing"));
    let path = place.join("file");
    let before = open();
    for (_, hash_all, rewrite_all) in MODELS {
        hash_all(&paths);
        rewrite_all(&paths);
    }
    let _ = replace(&folder, &NEW);
    let _ = replace(&folder.join("no-such-folder/file"), &NEW);
    let _ = replace_with(&path, |_| Err(io::ErrorKind::InvalidData.into()));
    assert_eq!(open(), before);
    // The count does count.
    let one_more = File::open(&path).unwrap();
    assert_eq!(open(), before + 1);
    drop(one_more);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_forgotten_comes_from_the_device_again() {
    use other_waits::files::cache;

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    if cache::is_memory(folder.path()) || cache::fetched().is_none() {
        skipped(
            "a cold page cache",
            "the files are memory, or nobody counts what is read",
        );
        return;
    }
    plays(&mut child("cold", folder.path()));
}

#[cfg(target_os = "linux")]
fn read_cold(place: &Path) {
    use other_waits::files::cache;

    const BYTES: u64 = 4 << 20;
    let text = vec![b'a'; usize::try_from(BYTES).unwrap() / 4];
    let file = |i: usize| {
        let path = place.join(i.to_string());
        fs::write(&path, &text).unwrap();
        path
    };
    let paths: Vec<PathBuf> = (0..4).map(file).collect();
    let fetched_by = |job: &dyn Fn()| {
        let before = cache::fetched().unwrap();
        job();
        cache::fetched().unwrap() - before
    };
    let hash = || drop(one_by_one::hash_all(&paths));
    hash();
    // Some of it may be this program's own code, which is read when it is first needed.
    let warm = fetched_by(&hash);
    assert!(warm < BYTES / 4, "{warm}");
    cache::forget(&paths).unwrap();
    let cold = fetched_by(&hash);
    assert!(cold >= BYTES, "{cold}");
    let again = fetched_by(&hash);
    assert!(again < BYTES / 4, "{again}");
}
