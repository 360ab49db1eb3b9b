//! What all commands share.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::error::ErrorKind;
use clap::{ArgAction, Args};

use crate::dataset::Filter;
use crate::dataset::moment;
use crate::engine::{Access, Opening};
use crate::ground::names;

#[derive(Clone, Debug, Args)]
pub(super) struct Common {
    /// The project's folder [default: the project of the current folder, or else the one in the platform's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Make the project, even in a folder with other files. The other files stay unchanged
    #[arg(long, global = true)]
    pub new_project: bool,
    /// The longest time that a command waits for another program to finish with the project
    #[arg(long, global = true, value_name = "SECS", value_parser = seconds, default_value = "10")]
    pub wait: f64,
    /// Print one JSON object on standard output, also after a failure
    #[arg(long, global = true)]
    pub json: bool,
    /// Print only results and failures, no progress and no reports
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print on standard error what the program does (-vv: also what its libraries do)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// Whether a command changes the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changes {
    Something,
    Nothing,
}

impl Common {
    /// The options for opening the project for a command.
    pub fn opening(&self, changes: Changes) -> Opening {
        // A year is practically for ever, and fits into a `Duration`.
        let wait = Duration::from_secs_f64(self.wait.min(365.0 * 24.0 * 3600.0));
        let access = match changes {
            Changes::Something => Access::Write { wait },
            Changes::Nothing => Access::Read,
        };
        Opening { access, among_other_files: self.new_project }
    }
}

/// Wrong usage of the command line. The program ends with exit code 2.
#[derive(Debug)]
pub(super) struct WrongUsage {
    pub kind: ErrorKind,
    pub why: String,
}

impl WrongUsage {
    pub fn new(kind: ErrorKind, why: impl Display) -> Self {
        Self { kind, why: why.to_string() }
    }
}

impl Display for WrongUsage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for WrongUsage {}

/// Reads a position in a sound: seconds from the file's start, or minutes and seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    moment::read(text)
        .ok_or_else(|| "a moment from the file's start: seconds (12.5), or minutes and seconds (2:31.84)".into())
}

pub(super) fn as_text(path: PathBuf) -> Utf8PathBuf {
    names::text_of(&path)
}

/// Reads a filter.
pub(super) fn filter_text(text: &str) -> Result<String, String> {
    match Filter::read(text).not_understood() {
        [] => Ok(text.to_owned()),
        [first, ..] => Err(first.clone()),
    }
}
