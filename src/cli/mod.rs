//! The operations as commands, for people in a terminal and for programs.
//!
//! Exit codes: 0; 1 for a failure, with one sentence on standard error; 2 for wrong usage; 130, 143 or 129 for a command
//! that Ctrl-C, SIGTERM or SIGHUP stopped, with one sentence that says how to go on.

mod arguments;
mod bench_index;
mod common;
#[cfg(windows)]
mod console;
mod doctor;
mod duplicates;
mod health;
mod library;
mod pages;
mod report;
mod search;
mod searches;
mod serve;
mod session;
#[cfg(feature = "shared")]
mod shared_library;
mod sound;
mod synthesise;
mod terminal;
mod version;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::engine::{Clip, Coded, Command, Outcome};
use crate::gui::preferences::Preferences;
use crate::gui::{self, WindowOptions};
use crate::model::{Config, TrainingSettings};
use crate::project::Project;
use arguments::{Arguments, Operation};
use common::{Changes, Common, WrongUsage, as_text};
use session::{Session, Stopped};

/// Reads the command line, then opens the window or runs one command.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(usage) => terminal::usage(&usage),
    };
    terminal::log(arguments.common.verbose);
    let json = arguments.common.json;
    match carry_out(arguments) {
        Ok(code) => code,
        Err(failure) => match failure.downcast::<WrongUsage>() {
            Ok(usage) => terminal::usage(&Arguments::command().error(usage.kind, usage.why)),
            Err(failure) => {
                let words = format!("{failure:#}");
                terminal::failed(&words);
                if json {
                    report::failure(&words);
                }
                let stopped = failure.downcast_ref::<Stopped>();
                ExitCode::from(stopped.map_or(1, |stopped| stopped.signal.exit_code()))
            }
        },
    }
}

/// Opens the window on the given project, or on the last one that the window had open.
fn open_window(common: &Common, wayland: bool) -> anyhow::Result<ExitCode> {
    let preferences = gui::preferences::folder();
    let remembered = preferences.as_deref().map(Preferences::load).unwrap_or_default();
    let is_named = common.project.is_some() || project_here().is_some();
    let project = match remembered.last_project().filter(|_| !is_named) {
        Some(last) => last.to_path_buf(),
        None => project(common)?,
    };
    #[cfg(windows)]
    console::close_own();
    let closed_by = gui::run(WindowOptions { project, preferences, wayland, heeds_signals: true })?;
    Ok(closed_by.map_or(ExitCode::SUCCESS, |signal| ExitCode::from(signal.exit_code())))
}

/// Runs the program. The exit code is for cases in which everything was already printed.
fn carry_out(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let common = arguments.common;
    let Some(operation) = arguments.operation else {
        return open_window(&common, arguments.wayland);
    };
    if let Operation::Train { settings, resume: false } = &operation {
        check_usage(settings)?;
    }
    let done = |()| ExitCode::SUCCESS;
    let command = match operation {
        Operation::BenchIndex(bench) => return bench.run().map(done),
        Operation::Synth(synth) => return synth.run().map(done),
        Operation::MakeBase(make) => return make.run().map(done),
        Operation::Completions { shell } => return pages::completions(shell, common.json).map(done),
        Operation::Man { out } => return pages::man(&out, common.json).map(done),
        Operation::Serve(serve) => return serve.run(project(&common)?, &common).map(done),
        Operation::Library(library) => return library.run(project(&common)?, &common).map(done),
        #[cfg(feature = "shared")]
        Operation::SharedLibrary(operation) => return operation.run(&common, || project(&common)).map(done),
        Operation::Search(search) => return search.run(project(&common)?, &common).map(done),
        Operation::Doctor => {
            doctor::examine(&common);
            return Ok(ExitCode::SUCCESS);
        }
        Operation::Searches(searches) => return searches.run(project(&common)?, &common).map(done),
        Operation::Devices => {
            report::devices(&sound::devices(), common.json);
            return Ok(ExitCode::SUCCESS);
        }
        Operation::Play { file, from, to } => {
            let clip = Clip { path: as_text(file), from_secs: from.unwrap_or(0.0), to_secs: to };
            return sound::play(&Session::open(project(&common)?, &common, Changes::Nothing)?, clip, common.json)
                .map(done);
        }
        Operation::Info => {
            report::info(&Session::open(project(&common)?, &common, Changes::Nothing)?.latest(), common.json);
            return Ok(ExitCode::SUCCESS);
        }
        Operation::Check => return health::run_check(project(&common)?, &common),
        Operation::Repair => return health::run_repair(project(&common)?, &common),
        Operation::Demo => Command::AddDemo,
        Operation::Add { paths } => Command::AddPaths { paths },
        Operation::Train { settings, resume } => Command::TrainModel { settings, resume, then_index: false },
        Operation::Index => Command::BuildIndex,
        Operation::Duplicates { within, by } => Command::FindDuplicates { within, by },
        Operation::Eval { label } => Command::Evaluate { label },
        Operation::Export { out, format, shard } => Command::Export { folder: out, format, shard },
        Operation::Reconstruct { file, out } => {
            Command::Reconstruct { from: Coded::File(as_text(file)), out: as_text(out) }
        }
        Operation::Encode { folder, out } => Command::EncodeFolder { folder, out },
    };
    let changes = match command {
        Command::FindDuplicates { .. }
        | Command::Evaluate { .. }
        | Command::Export { .. }
        | Command::Reconstruct { .. }
        | Command::EncodeFolder { .. } => Changes::Nothing,
        _ => Changes::Something,
    };
    let outcome = Session::open(project(&common)?, &common, changes)?.run(command)?;
    report::outcome(&outcome, &common);
    match outcome {
        Outcome::Added(report) if report.added.is_empty() && report.skipped.is_empty() && !report.failed.is_empty() => {
            terminal::failed("nothing could be added");
            Ok(ExitCode::from(1))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Fails if the settings are invalid for any library.
fn check_usage(settings: &TrainingSettings) -> Result<(), WrongUsage> {
    Config::new(settings, None).map(|_| ()).map_err(|why| WrongUsage::new(ErrorKind::ValueValidation, why))
}

/// The project's folder: the given one, or the project around the current folder, or the platform's default.
fn project(common: &Common) -> anyhow::Result<PathBuf> {
    if let Some(folder) = common.project.clone().or_else(project_here) {
        return Ok(folder);
    }
    let folders = directories::ProjectDirs::from("", "", "soundalike")
        .ok_or_else(|| anyhow::anyhow!("there is no home folder to keep a project in; name one with --project DIR"))?;
    Ok(folders.data_dir().join("project"))
}

/// The project that the current folder is in.
fn project_here() -> Option<PathBuf> {
    Project::folder_around(&std::env::current_dir().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
