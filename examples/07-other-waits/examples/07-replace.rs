//! What is left of a file when writing it goes wrong: written in place, and replaced.

use std::error::Error;
use std::fs;
use std::io::{self, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use clap::{Parser, Subcommand};
use lab::command_line::number;
use lab::scratch::Scratch;
use lab::stage::{self, Screen};
use other_waits::replace::{replace, replace_with, trouble, write_in_place};
use processes::child::{KillOnDrop, line, pipes};

/// Rewrites a file in two ways, in good and in bad circumstances
#[derive(Parser)]
#[command(max_term_width = 80)]
struct Arguments {
    /// How often to rewrite the file while somebody reads it
    #[arg(long, value_name = "N", default_value = "200", value_parser = number(1, 10_000))]
    rewrites: usize,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Writes half of the new text, and waits to be killed
    #[command(hide = true)]
    BeAChild { way: String, path: PathBuf },
}

/// The two ways to give a file a new text.
#[derive(Clone, Copy)]
enum Way {
    InPlace,
    Replace,
}

const WAYS: [(Way, &str); 2] =
    [(Way::InPlace, "written in place"), (Way::Replace, "replaced")];

static OLD: [u8; 40_000] = [b'o'; 40_000];
static NEW: [u8; 60_000] = [b'n'; 60_000];
/// Bytes.
const ROOM: u64 = 32 << 10;

fn main() -> ExitCode {
    stage::show(|arguments: &Arguments, screen| match &arguments.role {
        None => show(arguments.rewrites, screen),
        Some(Role::BeAChild { way, path }) => Ok(write_half(way, path)?),
    })
}

fn show(rewrites: usize, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let scratch = Scratch::new(None)?;
    let scene = Scene { folder: scratch.path().join("scene") };
    let [old, new] = [OLD.len(), NEW.len()];
    screen.line(&format!("an old text of {old} bytes, and a new one of {new}\n"))?;
    screen.line(&format!("{:<24}{:<28}{}", "", WAYS[0].1, WAYS[1].1))?;
    scene.show("all goes well", Scene::write, screen)?;
    scene.show("room for 32 KiB", Scene::without_room, screen)?;
    scene.show("killed half-way", Scene::killed, screen)?;
    scene.show("file is read-only", |s, way| s.locked(way, &s.file()), screen)?;
    scene.show("folder is read-only", |s, way| s.locked(way, &s.folder), screen)?;

    let times = format!("{rewrites} times");
    screen.line(&format!("\na reader looks while the file is rewritten {times}"))?;
    for (way, name) in WAYS {
        let [whole, torn] = scene.read_meanwhile(way, rewrites)?;
        let seen = format!("one of the texts {whole:>6} times, neither {torn:>6} times");
        screen.line(&format!("  {name:<18}{seen}"))?;
    }
    Ok(())
}

/// What the writer was told.
type Told = Result<(), Box<dyn Error + Send + Sync>>;

fn write(way: Way, path: &Path, text: &[u8]) -> Told {
    match way {
        Way::InPlace => Ok(write_in_place(path, text)?),
        Way::Replace => Ok(replace(path, text)?),
    }
}

/// A folder with one file in it.
struct Scene {
    folder: PathBuf,
}

impl Scene {
    fn file(&self) -> PathBuf {
        self.folder.join("file")
    }

    /// Begins anew for each way, lets it happen, and looks at what is left.
    fn show(
        &self,
        what: &str,
        happen: impl Fn(&Self, Way) -> io::Result<Told>,
        screen: &Screen,
    ) -> Result<(), Box<dyn Error>> {
        let mut columns = Vec::new();
        for (way, _) in WAYS {
            self.begin()?;
            columns.push(match happen(self, way) {
                Ok(told) => [self.left()?, said(&told), self.beside()?],
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                    ["not shown here".to_owned(), String::new(), String::new()]
                }
                Err(error) => return Err(error.into()),
            });
        }
        for (row, title) in [what, "", ""].into_iter().enumerate() {
            let [one, two] = [&columns[0][row], &columns[1][row]];
            if !(one.is_empty() && two.is_empty()) {
                screen.line(format!("{title:<24}{one:<28}{two}").trim_end())?;
            }
        }
        Ok(())
    }

    fn begin(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&self.folder)?,
        }
        fs::write(self.file(), OLD)
    }

    /// What the file holds.
    fn left(&self) -> io::Result<String> {
        let text = fs::read(self.file())?;
        Ok(if text == OLD {
            "the old text".to_owned()
        } else if text == NEW {
            "the new text".to_owned()
        } else {
            format!("{} bytes of the new text", text.len())
        })
    }

    /// What is left beside it.
    fn beside(&self) -> io::Result<String> {
        let files = fs::read_dir(&self.folder)?.count();
        let more = if files > 1 { "and a file beside it" } else { "" };
        Ok(more.to_owned())
    }

    #[expect(clippy::unnecessary_wraps, reason = "as the others")]
    fn write(&self, way: Way) -> io::Result<Told> {
        Ok(write(way, &self.file(), &NEW))
    }

    // ANCHOR: trouble
    /// As on a full disk: no file can be longer than this.
    fn without_room(&self, way: Way) -> io::Result<Told> {
        trouble::with_room_for(ROOM, || self.write(way))?
    }

    /// `path` may be read, and not be written to.
    fn locked(&self, way: Way, path: &Path) -> io::Result<Told> {
        let before = fs::metadata(path)?.permissions();
        let mut locked = before.clone();
        locked.set_readonly(true);
        fs::set_permissions(path, locked)?;
        let told = trouble::without_privileges(|| self.write(way));
        // The old file may be gone: then the new one has taken over its permissions.
        fs::set_permissions(path, before)?;
        told?
    }
    // ANCHOR_END: trouble

    /// Another process writes, and is killed when half is written.
    fn killed(&self, way: Way) -> io::Result<Told> {
        let mut command = Command::new(std::env::current_exe()?);
        let way = match way {
            Way::InPlace => "in-place",
            Way::Replace => "replace",
        };
        command.args(["be-a-child", way]).arg(self.file());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = KillOnDrop::start(&mut command)?;
        let (_to, from) = pipes(&mut child)?;
        line(&mut BufReader::new(from))?;
        child.kill()?;
        child.wait()?;
        Ok(Ok(()))
    }

    /// How often a reader saw one of the two texts whole, and how often something else.
    fn read_meanwhile(&self, way: Way, rewrites: usize) -> io::Result<[usize; 2]> {
        self.begin()?;
        let (file, done) = (self.file(), AtomicBool::new(false));
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let texts: [&[u8]; 2] = [&NEW, &OLD];
                let mut texts = texts.into_iter().cycle().take(rewrites);
                let written = texts.try_for_each(|text| write(way, &file, text));
                done.store(true, Relaxed);
                written
            });
            let mut seen = [0, 0];
            while !done.load(Relaxed) {
                let text = fs::read(&file)?;
                let whole = text == OLD || text == NEW;
                seen[usize::from(!whole)] += 1;
            }
            let written = writer.join().map_err(|_| io::Error::other("it panicked"))?;
            written.map_err(io::Error::other)?;
            Ok(seen)
        })
    }
}

/// What the writer was told, in the system's own words.
fn said(told: &Told) -> String {
    let Err(error) = told else { return String::new() };
    let first: &dyn Error = &**error;
    let causes = std::iter::successors(Some(first), |&cause| cause.source());
    let words = causes.last().map(ToString::to_string).unwrap_or_default();
    words.split(" (os").next().unwrap_or_default().to_owned()
}

/// The child: writes half of the new text, says so, and goes no further.
fn write_half(way: &str, path: &Path) -> Result<(), Box<dyn Error>> {
    let half = |file: &mut fs::File| {
        file.write_all(&NEW[..NEW.len() / 2])?;
        writeln!(io::stdout(), "half")?;
        // Until it is killed, or whoever started it is gone.
        io::stdin().lock().read_to_end(&mut Vec::new())?;
        Err(io::Error::other("interrupted"))
    };
    match way {
        "in-place" => half(&mut fs::File::create(path)?)?,
        _ => replace_with(path, half)?,
    }
    Ok(())
}
