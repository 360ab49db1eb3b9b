//! The arguments of the commands that keep the project's files in order.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::common::{filter_text, seconds};
use crate::engine::SortFiles;

/// Files that are chosen by path, by filter, or both.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub(in crate::cli) struct Chosen {
    /// Files of the project, and folders with everything below them
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Files that match this filter: kick, tag:loop, length<0.5, is:problem, note:C3, bpm:118..122, bright>0.6; a - before
    /// a part means all other files
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
    pub(super) filter: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Library {
    /// List the project's files
    #[command(after_help = "Examples:
  soundalike list                                     all files, one per line
  soundalike list --filter 'tag:loop length<4'        files with the tag “loop” that are shorter than 4 s
  soundalike list --filter 'note:C bpm:118..122'      loops in C of about 120 beats a minute
  soundalike list --sort brightness --reverse         the brightest first
  soundalike list --csv > sounds.csv                  a table with the length, loudness, pitch, tempo and metadata of each file
  soundalike list --filter 'date:2026-05 hour:4..6'   what was recorded in May at dawn
  soundalike list -0 --filter artist:ann | xargs -0 ls -l
  soundalike list --json --filter is:problem | jq '.files[].problem'")]
    List {
        /// Only files that match this filter
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
        filter: Option<String>,
        /// What the files are sorted by; those that lack it come last
        #[arg(long, value_enum, default_value_t)]
        sort: SortFiles,
        /// The other way round
        #[arg(long)]
        reverse: bool,
        /// A table with all that is known of each file
        #[arg(long)]
        csv: bool,
        /// End each path with a zero byte, as xargs -0 reads them, instead of a line break
        #[arg(short = '0', long, conflicts_with = "csv")]
        print0: bool,
    },
    /// Remove files from the project; the files on the disk stay
    #[command(after_help = "Examples:
  soundalike remove ~/recordings/old                  a folder with everything below it
  soundalike remove --filter 'is:problem'             files that are missing or cannot be read
  soundalike remove --missing                         files that were deleted; not those whose drive is away")]
    Remove {
        /// Files of the project, and folders with everything below them
        #[arg(value_name = "PATH", required_unless_present_any = ["filter", "missing"])]
        paths: Vec<PathBuf>,
        /// Only files that match this filter
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
        filter: Option<String>,
        /// Files that are no longer on the disk, if the folder that they were added from is there
        #[arg(long, conflicts_with_all = ["paths", "filter"])]
        missing: bool,
    },
    /// List files that sound exactly the same, in any format, and thin them out
    #[command(
        after_help = "No file is deleted: copies leave the project, go to the desktop's trash, or are listed in a script for you to look at.

Examples:
  soundalike copies                                   which files have copies, and which would be kept
  soundalike copies --keep longest-path --forget      leaves one of each in the project, with the tags of all
  soundalike copies --in ~/sorted --script thin.sh    keeps the one in this folder; the script removes the others"
    )]
    Copies {
        /// The rule that decides which of several copies is kept
        #[arg(long, value_enum, default_value_t)]
        keep: KeepRule,
        /// Keep the copy in this folder
        #[arg(long = "in", value_name = "DIR", conflicts_with = "keep")]
        folder: Option<PathBuf>,
        /// Remove the other copies from the project; the files stay
        #[arg(long)]
        forget: bool,
        /// Move the other copies to the desktop's trash, after asking you
        #[arg(long, conflicts_with = "forget")]
        trash: bool,
        /// Do not ask
        #[arg(long, requires = "trash")]
        yes: bool,
        /// Write a shell script that removes the other copies, for you to read and run
        #[arg(long, value_name = "FILE", conflicts_with_all = ["forget", "trash"])]
        script: Option<PathBuf>,
    },
    /// Find files again that were moved or renamed, by their content: below these folders, or below all added folders
    #[command(after_help = "Tags, favourites and codes stay with the files. `soundalike undo` undoes it.

Examples:
  soundalike relink /media/new-disk/recordings        the files are there now
  soundalike relink --dry-run ~/recordings            only counts")]
    Relink {
        #[arg(value_name = "DIR")]
        folders: Vec<PathBuf>,
        /// Show what would be found; change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the folders that were added, with the number of their files and whether they are there
    Roots,
    /// Undo the last change of the project
    #[command(after_help = "Example:
  soundalike undo && soundalike undo                  the last two changes")]
    Undo,
    /// Redo the change that was undone last
    Redo,
    /// Give files a tag
    #[command(after_help = "Example:
  soundalike tag loop ~/loops one-more.wav")]
    Tag {
        #[arg(value_name = "TAG")]
        tag: String,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Remove a tag from files
    #[command(after_help = "Example:
  soundalike untag loop --filter 'dur>10'")]
    Untag {
        #[arg(value_name = "TAG")]
        tag: String,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// List the tags with the number of their files, rename them, export them or import them
    #[command(
        after_help = "The file of --export and --import has tags, favourites and collections, by the contents of the sounds, so that another
project or another machine can take them over.

Examples:
  soundalike tags --rename lop loop                   if there is a tag loop already, the two become one
  soundalike tags --export tags.json && soundalike --project other tags --import tags.json"
    )]
    Tags {
        /// Rename a tag on all files
        #[arg(long, num_args = 2, value_names = ["TAG", "NEW"])]
        rename: Option<Vec<String>>,
        /// Write tags, favourites and collections to this file: CSV if its name ends in .csv, JSON otherwise
        #[arg(long, value_name = "FILE", conflicts_with = "rename")]
        export: Option<PathBuf>,
        /// Import such a file
        #[arg(long, value_name = "FILE", conflicts_with_all = ["rename", "export"])]
        import: Option<PathBuf>,
    },
    /// List collections, change one, or export one; without a name, list all collections
    #[command(after_help = "--from and --to choose a moment of a file.

Examples:
  soundalike collection                               all collections
  soundalike collection best --put a.wav b.wav        adds at its end; creates the collection if needed
  soundalike collection best --put a.wav --from 2 --to 2.5
  soundalike collection best --out best.m3u8          a playlist; best.csv is a table, best/ a folder of copies
  soundalike collection best --rename finest")]
    Collection {
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Put files at the end of the collection
        #[arg(long, value_name = "PATH", num_args = 1.., requires = "name")]
        put: Vec<PathBuf>,
        /// Take files out of the collection
        #[arg(long, value_name = "PATH", num_args = 1.., requires = "name", conflicts_with = "put")]
        take: Vec<PathBuf>,
        /// The start of the moment, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds, requires = "to")]
        from: Option<f64>,
        /// The end of the moment, in seconds
        #[arg(long, value_name = "SECS", value_parser = seconds, requires = "from")]
        to: Option<f64>,
        /// Rename the collection; if another collection has the name, the two become one
        #[arg(long, value_name = "NEW", requires = "name", conflicts_with_all = ["put", "take"])]
        rename: Option<String>,
        /// Delete the collection; the files stay
        #[arg(long, requires = "name", conflicts_with_all = ["put", "take", "rename", "out"])]
        remove: bool,
        /// Write the collection to a .m3u8 or .csv file, or copy its sounds into a folder
        #[arg(long, value_name = "PATH", requires = "name", conflicts_with_all = ["put", "take", "rename"])]
        out: Option<PathBuf>,
    },
    /// Add patterns of files to leave out when folders are added; without a pattern, list the project's patterns
    #[command(
        after_help = "A folder can have its own list: a file named .soundalikeignore with one pattern per line, as in a .gitignore.

Examples:
  soundalike ignore '*_preview.wav' 'drafts/'         leaves these out of what is added from now on
  soundalike ignore '!.*'                             takes hidden files as well
  soundalike ignore --remove 'drafts/'
  soundalike ignore --left-out                        what is left out of the folders that were added, and why"
    )]
    Ignore {
        /// Patterns in the syntax of .gitignore
        #[arg(value_name = "PATTERN")]
        patterns: Vec<String>,
        /// Remove these patterns from the list
        #[arg(long, requires = "patterns")]
        remove: bool,
        /// List the folders and sound files that are left out
        #[arg(long, conflicts_with_all = ["patterns", "remove"])]
        left_out: bool,
    },
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(in crate::cli) enum KeepRule {
    /// The copy with the highest rate and the most bytes
    #[default]
    HighestResolution,
    /// The copy with the longest path
    LongestPath,
}
