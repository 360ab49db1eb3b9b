//! The commands for a shared library on PostgreSQL.

mod annotate;
mod search;
mod work;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use annotate::AnnotateArguments;
pub(super) use search::{LibraryOptions, ServedLibrary};
use work::WorkArguments;

use super::common::{Changes, Common};
use super::report;
use super::session::Session;
use super::terminal::say;
use crate::dataset::Problem;
use crate::engine::shared_library::{Address, LibraryError, NamedRoot, PublishReport, Publishing};
use crate::engine::{Command, Outcome};

/// What the help of each command says about addresses.
const ADDRESSES: &str = "URL is postgres://USER@HOST:PORT/DATABASE. What it lacks comes from PGHOST, PGPORT, PGUSER, PGDATABASE, PGPASSWORD, and from the file of PGPASSFILE or ~/.pgpass. \
sslmode=require and sslrootcert=FILE ask for an encrypted connection. docs/shared-library.md has more.";

#[derive(Debug, Subcommand)]
pub(super) enum SharedLibrary {
    /// Publish the project's files and codes to a shared library on PostgreSQL; only what changed is sent
    #[command(after_help = format!("{ADDRESSES}

Examples:
  soundalike publish postgres://ann@db.house/sounds
  soundalike publish postgres://db.house/sounds --root fx-drive=/mnt/fx
  soundalike publish postgres://db.house/sounds --new-model      workers encode everything with the project's model"))]
    Publish(PublishArguments),
    /// Encode files of a shared library that have no codes yet, as one of any number of workers
    #[command(after_help = format!("{ADDRESSES}

Examples:
  soundalike work postgres://db.house/sounds --root fx-drive=/mnt/fx
  soundalike work postgres://db.house/sounds --root fx-drive=/mnt/fx --stay"))]
    Work(WorkArguments),
    /// Show a shared library: models, roots, problems; tag its files and put them into collections
    #[command(after_help = format!("{ADDRESSES}

Examples:
  soundalike shared postgres://db.house/sounds
  soundalike shared postgres://db.house/sounds --tag loop fx-drive/drums/break.wav
  soundalike shared postgres://db.house/sounds --collect doors --from 0.5 --to 2 field/house/door.wav
  soundalike shared postgres://db.house/sounds --collection doors"))]
    Shared(AnnotateArguments),
}

#[derive(Debug, Args)]
pub(super) struct PublishArguments {
    /// The address of the library. The library is made if there is none
    #[arg(value_name = "URL", value_parser = address)]
    library: Address,
    /// Give a folder a name in the library (can be repeated) [default: the names of the added folders]
    #[arg(long, value_name = "NAME=PATH")]
    root: Vec<NamedRoot>,
    /// Make the project's model the library's next one. It becomes the current one when workers have encoded all files
    #[arg(long)]
    new_model: bool,
    /// Make an approximate index for searches in very large libraries. The server needs pgvector
    #[arg(long)]
    approximate: bool,
}

/// Reads an address. The error does not repeat it.
pub(super) fn address(url: &str) -> Result<Address, LibraryError> {
    Address::read(url)
}

impl SharedLibrary {
    pub fn run(self, common: &Common, project: impl FnOnce() -> anyhow::Result<PathBuf>) -> anyhow::Result<()> {
        match self {
            Self::Publish(publish) => publish.run(project()?, common),
            Self::Work(work) => work.run(common),
            Self::Shared(annotate) => annotate.run(common),
        }
    }
}

impl PublishArguments {
    fn run(self, project: PathBuf, common: &Common) -> anyhow::Result<()> {
        let Self { library, root, new_model, approximate } = self;
        let publishing = Publishing { library, roots: root, new_model, approximate };
        let session = Session::open(project, common, Changes::Something)?;
        let outcome = session.run(Command::Publish(Box::new(publishing)))?;
        match outcome {
            Outcome::Published(published) if common.json || !common.quiet => {
                report::show(&published, common.json, tell)
            }
            _ => {}
        }
        Ok(())
    }
}

fn tell(report: &PublishReport) {
    say!(
        "{}: {} files of this project, {} added, {} changed, {} removed, {} codes written, in {:.1} s",
        report.library,
        report.files,
        report.added,
        report.changed,
        report.removed,
        report.codes,
        report.seconds
    );
    if !report.same_model {
        say!("The library has another model than this project, so workers encode these files: `soundalike work`");
    }
    if report.changed_over {
        say!("The next model is complete, and is the current one now.");
    }
    if report.waiting > 0 {
        say!("{} files of the library wait for a worker", report.waiting);
    }
    if let Some(recall) = report.recall {
        say!("The approximate index finds {:.1}% of the nearest codes.", 100.0 * recall);
    }
    let problems = report.problems.iter().map(|(path, reason)| Problem { path: path.clone(), reason: reason.clone() });
    report::problems("not readable", &problems.collect::<Vec<_>>());
}
