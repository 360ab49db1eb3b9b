//! The operations as commands, for people in a terminal and for programs.
//!
//! Exit codes: 0, 1 for a failure with one sentence on standard error, 2 for wrong usage.

mod bench_index;
mod duplicates;
mod report;
mod session;
mod sound;

use std::path::PathBuf;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::dataset::Filter;
use crate::engine::{Clip, Coded, CodesFormat, Command, DuplicatesBy, Grouping, Outcome, Query, SearchFilter};
use crate::gui::{self, WindowOptions};
use crate::model::{Config, TrainingSettings};
use session::Session;

/// Finds sounds that sound alike: drop WAV files in, learn from them, search by sound.
///
/// Without a command, the window opens.
#[derive(Debug, Parser)]
#[command(name = "soundalike", version, max_term_width = 120, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    operation: Option<Operation>,
}

#[derive(Debug, Args)]
struct Common {
    /// The project's folder [default: in the platform's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Print one JSON object on standard output
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Operation {
    /// Write the built-in demo library into the project and add it
    Demo,
    /// Add sound files, and folders with all that is below them
    Add {
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Tell what the project holds: files, chunks, hours, rates, problems, model, index
    Info,
    /// Train a model on the project's sounds
    Train {
        #[command(flatten)]
        settings: Box<TrainingSettings>,
        /// Go on with a training that was stopped
        #[arg(long)]
        resume: bool,
    },
    /// Encode what the index lacks
    Index,
    /// Find what sounds like a file, or like a part of it, or like what the microphone hears
    Search {
        #[arg(value_name = "FILE", required_unless_present = "record")]
        file: Option<PathBuf>,
        /// Search for what the microphone hears in so many seconds; the recording is kept with the project
        #[arg(long, value_name = "SECS", value_parser = duration, conflicts_with_all = ["file", "from", "to"])]
        record: Option<f64>,
        /// How many matches
        #[arg(short, default_value_t = 10)]
        k: usize,
        /// Where the part begins, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds)]
        from: Option<f64>,
        /// Where the part ends, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds)]
        to: Option<f64>,
        /// Rank single chunks, or whole files
        #[arg(long, value_enum, default_value_t)]
        by: Grouping,
        /// Look among some files only: kick, "snare drum", tag:loop, dur<0.5, rate:44100, level>-6, is:favourite, and all
        /// others with - before any of them
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
        filter: Option<String>,
        /// Leave out the matches in FILE itself
        #[arg(long)]
        not_this_file: bool,
    },
    /// List near-duplicates: chunks, or whole files, whose codes differ in few bits
    Duplicates {
        /// Bits in which they may differ
        #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(..=512))]
        within: u32,
        /// Compare single chunks, or whole files of one length
        #[arg(long, value_enum, default_value_t)]
        by: DuplicatesBy,
    },
    /// Score the index over labelled paths: P@10
    Eval {
        /// A regular expression; a path's label is what its groups match
        #[arg(long, value_name = "REGEX")]
        label: String,
    },
    /// Write the index's codes, and whose they are, for other programs
    Export {
        /// The folder to write into
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// How codes are written
        #[arg(long, value_enum, default_value_t)]
        format: CodesFormat,
    },
    /// List the microphones and the sound outputs
    Devices,
    /// Play a file, or a part of it, from the original at its own rate
    Play {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where the part begins, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds)]
        from: Option<f64>,
        /// Where the part ends, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds)]
        to: Option<f64>,
    },
    /// Write what the decoder makes of a file's codes, chunk by chunk, as a WAV file: hear what the codes keep
    Reconstruct {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[arg(long, value_name = "WAV")]
        out: PathBuf,
    },
    /// Measure the index on files of codes, in a form that compares it with other programs
    #[command(hide = true)]
    BenchIndex(bench_index::Bench),
    /// Write one code for the first chunk of each WAV in a folder, in name order, as .npy
    Encode {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// The longest recording that can be asked for.
const LONGEST_RECORDING_SECS: f64 = 900.0;

fn duration(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs > 0.0 && secs <= LONGEST_RECORDING_SECS => Ok(secs),
        _ => Err(format!("a number of seconds, more than 0 and at most {LONGEST_RECORDING_SECS}")),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs.is_finite() && secs >= 0.0 => Ok(secs),
        _ => Err("a number of seconds from the file's start, 0 or more".into()),
    }
}

fn filter_text(text: &str) -> Result<String, String> {
    match Filter::read(text).not_understood() {
        [] => Ok(text.to_owned()),
        [first, ..] => Err(first.clone()),
    }
}

fn search_filter(text: Option<String>, not_this_file: bool) -> SearchFilter {
    SearchFilter { text: text.unwrap_or_default(), favourites: false, not_this_file }
}

/// Reads the command line and carries it out: opens the window, or runs one command.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match carry_out(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("soundalike: {failure:#}");
            ExitCode::from(1)
        }
    }
}

fn carry_out(arguments: Arguments) -> anyhow::Result<()> {
    let Common { project, json } = arguments.common;
    let project = match project {
        Some(folder) => folder,
        None => default_project()?,
    };
    let Some(operation) = arguments.operation else {
        return gui::run(WindowOptions { project });
    };
    if let Operation::Train { settings, resume: false } = &operation {
        check_usage(settings);
    }
    let command = match operation {
        Operation::BenchIndex(bench) => return bench.run(),
        Operation::Info => None,
        Operation::Demo => Some(Command::AddDemo),
        Operation::Add { paths } => Some(Command::AddPaths { paths }),
        Operation::Train { settings, resume } => Some(Command::TrainModel { settings, resume, then_index: false }),
        Operation::Index => Some(Command::BuildIndex),
        Operation::Search { file: Some(file), record: _, k, from, to, by, filter, not_this_file } => {
            let path = as_text(file)?;
            // A query that is a file of the dataset is shown under the dataset's name for it.
            let path = path.canonicalize_utf8().unwrap_or(path);
            Some(Command::Search(Query {
                path,
                from_secs: from,
                to_secs: to,
                k,
                by,
                filter: search_filter(filter, not_this_file),
            }))
        }
        Operation::Search { file: None, record, k, by, filter, .. } => {
            let filter = search_filter(filter, false);
            return sound::search_by_microphone(&Session::open(project, json)?, record, k, by, filter, json);
        }
        Operation::Devices => {
            report::devices(&sound::devices(), json);
            return Ok(());
        }
        Operation::Play { file, from, to } => {
            let clip = Clip { path: as_text(file)?, from_secs: from.unwrap_or(0.0), to_secs: to };
            return sound::play(&Session::open(project, json)?, clip, json);
        }
        Operation::Duplicates { within, by } => Some(Command::FindDuplicates { within, by }),
        Operation::Eval { label } => Some(Command::Evaluate { label }),
        Operation::Export { out, format } => Some(Command::Export { folder: out, format }),
        Operation::Reconstruct { file, out } => {
            Some(Command::Reconstruct { from: Coded::File(as_text(file)?), out: as_text(out)? })
        }
        Operation::Encode { folder, out } => Some(Command::EncodeFolder { folder, out }),
    };
    let session = Session::open(project, json)?;
    let Some(command) = command else {
        report::info(&session.latest(), json);
        return Ok(());
    };
    let outcome = session.run(command)?;
    report::outcome(&outcome, json);
    match outcome {
        Outcome::Added(report) if report.added.is_empty() && report.skipped.is_empty() && !report.failed.is_empty() => {
            anyhow::bail!("nothing could be added")
        }
        _ => Ok(()),
    }
}

fn as_text(path: PathBuf) -> anyhow::Result<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(path)
        .map_err(|path| anyhow::anyhow!("{}: the path is not UTF-8 text; rename it", path.display()))
}

/// Ends the program with exit code 2 where the settings make no model, whatever the sounds are.
fn check_usage(settings: &TrainingSettings) {
    if let Err(why) = Config::new(settings, None) {
        Arguments::command().error(ErrorKind::ValueValidation, why).exit();
    }
}

fn default_project() -> anyhow::Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "soundalike")
        .ok_or_else(|| anyhow::anyhow!("there is no home folder to keep a project in; name one with --project DIR"))?;
    Ok(folders.data_dir().join("project"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
