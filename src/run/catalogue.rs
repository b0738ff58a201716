//! What may be run: the recorded commands, and the inputs that `book/runs.toml` lets a reader change in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;
use std::{fs, iter};

use anyhow::{Context as _, Result, bail, ensure};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::record::{Recording, names};

/// The list of inputs, from the root of the book.
pub const FILE: &str = "book/runs.toml";

/// A recorded command that a page may run.
#[derive(Debug, Clone, Serialize)]
pub struct Offer {
    /// The name of its recording.
    pub name: String,
    /// The recorded command, its words parted by one space each.
    pub command: String,
    /// Whether it is a Python twin.
    pub python: bool,
    /// What a reader may change.
    pub inputs: Vec<Input>,
}

/// What a reader may change in a command.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// The option of the program, without its dashes.
    pub name: String,
    /// What it is called on a page.
    pub label: String,
    /// What a number counts (`ms`), if that is not said by the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Which values it can have.
    #[serde(flatten)]
    pub kind: Kind,
    /// The value in the recorded command; where that has none, the program's own. Null where the program decides.
    pub value: Value,
}

/// Which values an input can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    /// A whole number, both ends included.
    Number {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// One of these words.
    Choice {
        /// The words.
        choices: Vec<String>,
    },
    /// Given or not.
    Flag,
}

/// The list of inputs, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    inputs: BTreeMap<String, Listed>,
    #[serde(default)]
    programs: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    recordings: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    excluded: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    option: String,
    label: String,
    unit: Option<String>,
    min: Option<u64>,
    max: Option<u64>,
    choices: Option<Vec<String>>,
    default: Option<Value>,
}

/// What a page asks for: values of inputs, by their names, none of them twice.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Values(pub BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Values;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of inputs")
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Values, A::Error> {
                let mut values = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if values.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("an input is given twice"));
                    }
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

/// What may be run in the book at `root`, in the order of the names. Without recordings, that is nothing; without a list, there
/// are no inputs.
///
/// # Errors
/// When a file cannot be read, or the list is wrong; the error says where.
pub fn read(root: &Path) -> Result<Vec<Offer>> {
    let list = read_list(root)?;
    let recorded = match names(root) {
        Err(_) if !root.join(crate::record::FOLDER).exists() => BTreeSet::new(),
        recorded => recorded?,
    };
    for named in list.excluded.keys().chain(list.recordings.keys()) {
        ensure!(recorded.contains(named), "{FILE}: no recording is called {named}");
    }
    let mut used = BTreeSet::new();
    let mut offers = Vec::new();
    for name in recorded {
        let recording = Recording::read(root, &name)?;
        let words = words(&recording.command);
        let Some(program) = program(&words) else {
            bail!("{name}: neither `cargo run --example NAME` nor `python3 FILE`");
        };
        used.insert(program.to_owned());
        if list.excluded.contains_key(&name) {
            continue;
        }
        let listed = list.recordings.get(&name).or_else(|| list.programs.get(program));
        let inputs = listed
            .into_iter()
            .flatten()
            .map(|id| {
                let listed =
                    list.inputs.get(id).with_context(|| format!("no input {id}"))?;
                listed.input(&words)
            })
            .collect::<Result<_>>()
            .with_context(|| format!("{FILE}: {name}"))?;
        offers.push(Offer {
            python: words[0] == "python3",
            command: words.join(" "),
            name,
            inputs,
        });
    }
    for program in list.programs.keys() {
        ensure!(used.contains(program), "{FILE}: no recording is one of {program}");
    }
    Ok(offers)
}

fn read_list(root: &Path) -> Result<List> {
    match fs::read_to_string(root.join(FILE)) {
        Ok(text) => toml::from_str(&text).context(FILE),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(List::default()),
        Err(error) => Err(error).context(FILE),
    }
}

/// The words of a recorded command, without the `\` that continues a line.
fn words(command: &str) -> Vec<&str> {
    command.split_whitespace().filter(|&word| word != "\\").collect()
}

/// The name of the program, or the file of the Python twin.
fn program<'a>(words: &[&'a str]) -> Option<&'a str> {
    match words[..] {
        ["cargo", "run", "--example", program, ..] | ["python3", program, ..] => {
            Some(program)
        }
        _ => None,
    }
}

/// Where the value of `option` stands among the words of a command. What comes after it is not looked at twice.
fn place(words: &[&str], option: &str) -> Option<usize> {
    words.iter().position(|&word| word == option)
}

impl Listed {
    /// This input of the command with these words.
    fn input(&self, words: &[&str]) -> Result<Input> {
        let name = self.option.strip_prefix("--").context("an option begins with --")?;
        let plain = |word: &str| {
            let mut letters = word.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
                && letters.all(|c| c.is_ascii_alphanumeric() || "-,._".contains(c))
        };
        ensure!(plain(name), "{} is no option", self.option);
        let kind = match (self.min, self.max, &self.choices) {
            (Some(min), Some(max), None) if min <= max => Kind::Number { min, max },
            (None, None, Some(choices))
                if choices.iter().all(|choice| plain(choice)) && !choices.is_empty() =>
            {
                Kind::Choice { choices: choices.clone() }
            }
            (None, None, None) => Kind::Flag,
            _ => bail!("{}: min and max, or choices, or none of them", self.option),
        };
        let recorded = place(words, &self.option);
        let value = match (&kind, recorded) {
            (Kind::Flag, recorded) => recorded.is_some().into(),
            (Kind::Number { .. }, Some(at)) => {
                words.get(at + 1).and_then(|word| word.parse::<u64>().ok()).into()
            }
            (Kind::Choice { .. }, Some(at)) => words.get(at + 1).copied().into(),
            (_, None) => self.default.clone().unwrap_or_default(),
        };
        let input = Input {
            name: name.to_owned(),
            label: self.label.clone(),
            unit: self.unit.clone(),
            kind,
            value,
        };
        let decided = recorded.is_none() && input.value.is_null();
        ensure!(
            decided || input.word(&input.value).is_some(),
            "{}: the command's own value is outside the bounds",
            self.option
        );
        Ok(input)
    }
}

impl Input {
    /// The word for `value`, nothing where it is none of those that are allowed. That of a flag is empty.
    fn word(&self, value: &Value) -> Option<String> {
        match (&self.kind, value) {
            (Kind::Number { min, max }, Value::Number(number)) => {
                let number = number.as_u64()?;
                (min..=max).contains(&&number).then(|| number.to_string())
            }
            (Kind::Choice { choices }, Value::String(choice)) => {
                choices.contains(choice).then(|| choice.clone())
            }
            (Kind::Flag, Value::Bool(_)) => Some(String::new()),
            _ => None,
        }
    }

    /// What is allowed, in words.
    fn allowed(&self) -> String {
        match &self.kind {
            Kind::Number { min, max } => format!("a whole number from {min} to {max}"),
            Kind::Choice { choices } => format!("one of {}", choices.join(", ")),
            Kind::Flag => "true or false".to_owned(),
        }
    }
}

impl Offer {
    /// The command with these values in place of its own; the words are parted by a space each, and none of them has one.
    ///
    /// # Errors
    /// One sentence, when a value is not allowed or there is no such input.
    pub fn command_with(&self, values: &Values) -> Result<String, String> {
        let mut words: Vec<String> = self.command.split(' ').map(str::to_owned).collect();
        for (name, value) in &values.0 {
            let input = self.inputs.iter().find(|input| input.name == *name);
            // Not repeated: it may be anything.
            let input = input.ok_or("There is no such input.")?;
            let word = input
                .word(value)
                .ok_or_else(|| format!("{} must be {}.", input.label, input.allowed()))?;
            let option = format!("--{name}");
            let at = words.iter().position(|word| *word == option);
            match (&input.kind, at) {
                (Kind::Flag, Some(at)) if *value == Value::Bool(false) => {
                    words.remove(at);
                }
                (Kind::Flag, None) if *value == Value::Bool(true) => {
                    self.append(&mut words, iter::once(option));
                }
                (Kind::Flag, _) => {}
                (_, Some(at)) => words[at + 1] = word, // a value follows, or the list had been refused
                (_, None) => self.append(&mut words, [option, word]),
            }
        }
        Ok(words.join(" "))
    }

    fn append(&self, words: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
        // `cargo run --example NAME` keeps what stands before `--` to itself.
        if !self.python && words.get(4).is_none_or(|word| word != "--") {
            words.push("--".to_owned());
        }
        words.extend(more);
    }
}
