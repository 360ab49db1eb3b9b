//! The arguments of the command line.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};
use clap_complete::Shell;

use super::bench_index;
use super::common::{Common, seconds};
use super::library::Library;
use super::search::SearchArguments;
use super::searches::SearchesArguments;
use super::serve::ServeArguments;
#[cfg(feature = "shared")]
use super::shared_library::SharedLibrary;
use super::synthesise::{MakeBase, Synthesise};
use super::version;
use crate::engine::{CodesFormat, DuplicatesBy, Shard};
use crate::model::TrainingSettings;

/// clap uses colours only on a terminal.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  soundalike                                          opens the window
  soundalike add ~/recordings                         adds all sounds below a folder
  soundalike search door.wav                          what sounds like door.wav
  soundalike train && soundalike index                learns from your sounds, for better answers
  soundalike --project birds search wren.flac -k 50   in a project of its own
  soundalike serve                                    the same over HTTP, for scripts";

/// Finds sounds that sound alike: add recordings, learn from them, and search with a sound.
///
/// Without a command, the window opens.
#[derive(Debug, Parser)]
#[command(name = "soundalike", version = version::WHOLE, max_term_width = 120, propagate_version = true, styles = STYLES)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub common: Common,
    /// Open the window through Wayland, even if X11 is available. Files then cannot be dropped on it
    #[arg(long)]
    pub wayland: bool,
    #[command(subcommand)]
    pub operation: Option<Operation>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Operation {
    /// Write the built-in demo library into the project and add it
    #[command(after_help = "Example:
  soundalike demo --project trial && soundalike --project trial search trial/demo/kick/kick_00.wav")]
    Demo,
    /// Add sound files, and folders with everything below them
    #[command(after_help = "Examples:
  soundalike add ~/recordings one-more.wav
  soundalike add --json ~/recordings | jq .failed")]
    Add {
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    #[command(flatten)]
    Library(Library),
    /// Show what the project holds: files, chunks, hours, rates, problems, model, index
    #[command(after_help = "Examples:
  soundalike info
  soundalike info --json | jq .problems")]
    Info,
    /// Check the project's own files for damage, and find sounds that are missing or have changed; nothing is changed
    #[command(after_help = "The exit code is 1 if a file of the project is damaged.

Examples:
  soundalike check || soundalike repair
  soundalike check --json | jq -r '.sounds.missing[]'")]
    Check,
    /// Repair the project from its backups and from what can still be read; nothing is deleted
    #[command(after_help = "Replaced files are moved into the folder set-aside in the project.")]
    Repair,
    /// Train a model on the project's sounds
    #[command(after_help = "Examples:
  soundalike train                                    the default settings
  soundalike train --bits 128 --microphone 0.5        longer codes, for queries by microphone
  soundalike train --resume                           resumes a training that was stopped")]
    Train {
        #[command(flatten)]
        settings: Box<TrainingSettings>,
        /// Resume a training that was stopped
        #[arg(long)]
        resume: bool,
    },
    /// Encode the files that the index lacks
    #[command(after_help = "Example:
  soundalike add ~/recordings && soundalike index     encodes only the added files")]
    Index,
    /// Find sounds that sound like a file, a part of a file, or a recording from the microphone
    Search(Box<SearchArguments>),
    /// List the saved searches, rename one, or delete one
    Searches(SearchesArguments),
    /// List near-duplicates: chunks, or whole files, whose codes differ in few bits
    #[command(after_help = "Examples:
  soundalike duplicates                               chunks whose codes differ in at most 2 bits
  soundalike duplicates --by file --within 8 --json")]
    Duplicates {
        /// The most bits in which their codes may differ
        #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(..=512))]
        within: u32,
        /// Compare single chunks, or whole files of equal length
        #[arg(long, value_enum, default_value_t)]
        by: DuplicatesBy,
    },
    /// Score the index by labels in the paths: P@10
    #[command(after_help = "Example:
  soundalike eval --label '/([a-z]+)_\\d+\\.wav$'        the label of a file is its name without the number")]
    Eval {
        /// A regular expression; the label of a path is the text that its groups match
        #[arg(long, value_name = "REGEX")]
        label: String,
    },
    /// Write the codes of the index, with the chunk of each, for other programs
    #[command(after_help = "Examples:
  soundalike export --out codes                       codes.npy and chunks.csv
  soundalike export --out codes --format parquet      codes.parquet, for databases with a Hamming metric
  soundalike export --out codes --format parquet --shard 2/8
                                                      codes-00002-of-00008.parquet")]
    Export {
        /// The folder for the files
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The format of the codes
        #[arg(long, value_enum, default_value_t)]
        format: CodesFormat,
        /// Write only one of several equal shares of the files, such as 2/8
        #[arg(long, value_name = "NUMBER/OF")]
        shard: Option<Shard>,
    },
    #[cfg(feature = "shared")]
    #[command(flatten)]
    SharedLibrary(SharedLibrary),
    /// Print what a bug report needs: version, system, devices, the project's state; no names
    #[command(after_help = "Example:
  soundalike doctor > report.txt")]
    Doctor,
    /// List the microphones and the sound outputs
    #[command(after_help = "Example:
  soundalike devices --json | jq '.inputs[].name'")]
    Devices,
    /// Play a file, or a part of it, at the file's own rate
    #[command(after_help = "Example:
  soundalike play rain.wav --from 2 --to 4.5")]
    Play {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The start of the part, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds)]
        from: Option<f64>,
        /// The end of the part, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds)]
        to: Option<f64>,
    },
    /// Write the sound that the decoder makes of a file's codes, to hear what the codes keep
    #[command(after_help = "Example:
  soundalike reconstruct rain.wav --out kept.wav && soundalike play kept.wav")]
    Reconstruct {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[arg(long, value_name = "WAV")]
        out: PathBuf,
    },
    /// Serve the operations over HTTP, for scripts and other programs
    Serve(ServeArguments),
    /// Write random synthetic sounds and doppelgangers of them as WAV files; the base model learned from such sounds
    #[command(after_help = "Example:
  soundalike synth --out sounds --count 50 --doppelgangers 2")]
    Synth(Synthesise),
    /// Make the base model that ships with the program, from a seed
    #[command(hide = true)]
    MakeBase(MakeBase),
    /// Measure the index on files of codes, for comparisons with other programs
    #[command(hide = true)]
    BenchIndex(bench_index::Bench),
    /// Write one code for the first chunk of each WAV file in a folder, in the order of names, as .npy
    #[command(after_help = "Example:
  soundalike encode queries/ --out queries.npy")]
    Encode {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print completions for a shell
    #[command(after_help = "Examples:
  soundalike completions bash > ~/.local/share/bash-completion/completions/soundalike
  soundalike completions fish > ~/.config/fish/completions/soundalike.fish")]
    Completions { shell: Shell },
    /// Write the man pages
    #[command(hide = true)]
    Man {
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}
