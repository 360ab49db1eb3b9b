//! Commands that keep the project's files in order: list, remove, tag, copies, relink, collections, ignore, undo.

mod collections;
mod copies;

use std::collections::BTreeMap;
use std::io::{Write as _, stdout};
use std::path::PathBuf;

use anyhow::bail;
use clap::error::ErrorKind;
use clap::{Args, Subcommand};
use serde_json::json;

use self::copies::Thinning;
use super::common::{Changes, Common, WrongUsage, filter_text, seconds};
use super::report;
use super::session::Session;
use super::terminal::{self, say};
use crate::dataset::{FileId, letters};
use crate::engine::{
    AnnotationsReport, CheckReport, Choice, Command, FileList, Keep, Latest, LeftOutReport, Outcome, SortFiles,
};
use crate::ground::names;

/// Files that are chosen by path, by filter, or both.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct Chosen {
    /// Files of the project, and folders with everything below them
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Files that match this filter: kick, tag:loop, length<0.5, is:problem, note:C3, bpm:118..122, bright>0.6; a - before
    /// a part means all other files
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
    filter: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Library {
    /// List the project's files
    #[command(after_help = "Examples:
  soundalike list                                     all files, one per line
  soundalike list --filter 'tag:loop length<4'        files with the tag “loop” that are shorter than 4 s
  soundalike list --filter 'note:C bpm:118..122'      loops in C of about 120 beats a minute
  soundalike list --sort brightness --reverse         the brightest first
  soundalike list --csv > sounds.csv                  a table with the length, loudness, pitch and tempo of each file
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
pub(super) enum KeepRule {
    /// The copy with the highest rate and the most bytes
    #[default]
    HighestResolution,
    /// The copy with the longest path
    LongestPath,
}

impl Library {
    pub fn run(self, project: PathBuf, common: &Common) -> anyhow::Result<()> {
        let changes = match &self {
            Self::Copies { forget: false, trash: false, .. } => Changes::Nothing,
            Self::List { .. } | Self::Roots | Self::Tags { rename: None, import: None, .. } => Changes::Nothing,
            Self::Collection { put, take, rename: None, remove: false, .. } if put.is_empty() && take.is_empty() => {
                Changes::Nothing
            }
            Self::Ignore { patterns, .. } if patterns.is_empty() => Changes::Nothing,
            _ => Changes::Something,
        };
        let session = Session::open(project, common, changes)?;
        match self {
            Self::List { csv: true, .. } if common.json => {
                let why = "--csv and --json both write to standard output";
                Err(WrongUsage::new(ErrorKind::ArgumentConflict, why).into())
            }
            Self::List { filter, sort, reverse, csv } => {
                let choice = Choice { paths: Vec::new(), filter: filter.unwrap_or_default() };
                list(&FileList::new(&choice, sort, reverse, &session.latest())?, csv, common);
                Ok(())
            }
            Self::Remove { missing: true, .. } => change(&session, Command::ForgetMissing, common),
            Self::Remove { paths, filter, missing: false } => {
                let files = Chosen { paths, filter }.files(&session)?;
                change(&session, Command::RemoveFiles { files }, common)
            }
            Self::Copies { keep, folder, forget, trash, yes, script } => {
                let keep = match (folder, keep) {
                    (Some(folder), _) => Keep::In(folder),
                    (None, KeepRule::HighestResolution) => Keep::HighestResolution,
                    (None, KeepRule::LongestPath) => Keep::LongestPath,
                };
                copies::run(&session, keep, Thinning { forget, trash, yes, script }, common)
            }
            Self::Relink { folders, dry_run } => relink(&session, folders, dry_run, common),
            Self::Roots => {
                roots(&session, common)?;
                Ok(())
            }
            Self::Undo => change(&session, Command::Undo, common),
            Self::Redo => change(&session, Command::Redo, common),
            Self::Tag { tag, chosen } => {
                let files = chosen.files(&session)?;
                change(&session, Command::TagFiles { files, tag }, common)
            }
            Self::Untag { tag, chosen } => {
                let files = chosen.files(&session)?;
                change(&session, Command::UntagFiles { files, tag }, common)
            }
            Self::Tags { rename: Some(names), .. } => {
                let [tag, to] = names.try_into().map_err(|_| anyhow::anyhow!("--rename takes two names"))?;
                change(&session, Command::RenameTag { tag, to }, common)
            }
            Self::Tags { export: Some(out), .. } => {
                save(&session, Command::ExportAnnotations { out: names::text_of(&out) }, common)
            }
            Self::Tags { import: Some(from), .. } => {
                let from = names::text_of(&from);
                let Outcome::AnnotationsTaken(report) = session.run(Command::ImportAnnotations { from })? else {
                    bail!("taking over ended in something else")
                };
                report::show(&report, common.json, |report: &AnnotationsReport| {
                    say!("{} sounds are in the project; {} are not", report.found, report.not_found.len());
                    report.not_found.iter().for_each(|path| say!("  not in the project: {}", names::shown(path)));
                });
                Ok(())
            }
            Self::Tags { .. } => {
                tags(&session.latest(), common);
                Ok(())
            }
            Self::Collection { name: None, .. } => {
                collections::list(&session.latest(), None, common);
                Ok(())
            }
            Self::Collection { name: Some(name), put, take, from, to, rename, remove, out } => {
                let change = collections::Change { put, take, stretch_secs: from.zip(to), rename, remove, out };
                collections::run(&session, name, change, common)
            }
            Self::Ignore { patterns, remove, left_out } => ignore(&session, patterns, remove, left_out, common),
        }
    }
}

impl Chosen {
    fn files(self, session: &Session) -> anyhow::Result<Vec<FileId>> {
        let choice = Choice { paths: self.paths, filter: self.filter.unwrap_or_default() };
        Ok(choice.files(&session.latest())?.iter().map(|file| file.id).collect())
    }
}

/// Runs a command whose change can be undone, and prints what changed.
fn change(session: &Session, command: Command, common: &Common) -> anyhow::Result<()> {
    match session.run(command)? {
        Outcome::Changed { words } if common.json => say!("{}", json!({"changed": words})),
        Outcome::Changed { words } if !common.quiet => say!("{words}"),
        Outcome::Undone { words } if common.json => say!("{}", json!({"undone": words})),
        Outcome::Redone { words } if common.json => say!("{}", json!({"redone": words})),
        Outcome::Undone { words: Some(words) } if !common.quiet => say!("undone: {words}"),
        Outcome::Redone { words: Some(words) } if !common.quiet => say!("redone: {words}"),
        Outcome::Undone { words: None } | Outcome::Redone { words: None } if !common.quiet => {
            say!("there is nothing to undo or redo");
        }
        _ => {}
    }
    Ok(())
}

/// Runs a command that writes a file or a folder, and prints its path.
fn save(session: &Session, command: Command, common: &Common) -> anyhow::Result<()> {
    match session.run(command)? {
        Outcome::Saved { out } if common.json => say!("{}", json!({"out": out})),
        Outcome::Saved { out } if !common.quiet => say!("{}", names::shown(out.as_str())),
        _ => {}
    }
    Ok(())
}

fn relink(session: &Session, mut folders: Vec<PathBuf>, dry_run: bool, common: &Common) -> anyhow::Result<()> {
    if folders.is_empty() {
        let roots = session.latest().dataset.roots.clone();
        folders.extend(roots.iter().filter(|root| root.whole).map(|root| names::path_of(&root.place)));
        folders.retain(|folder| folder.is_dir());
    }
    let plan = match session.run(Command::FindMissing { folders })? {
        Outcome::MissingFound(plan) => plan,
        other => bail!("looking for missing files ended in {other:?}"),
    };
    let is_done = !dry_run && !plan.found.is_empty();
    if is_done {
        session.run(Command::Relink(plan.clone()))?;
    }
    if common.json {
        say!("{}", json!({"missing": plan.missing, "found": plan.found, "relinked": is_done}));
    } else if !common.quiet {
        say!("{}", plan.words());
        for found in plan.found.iter().filter(|found| found.doubtful) {
            say!("  {} may be {}", names::shown(found.from.as_str()), names::shown(found.to.as_str()));
        }
    }
    Ok(())
}

fn roots(session: &Session, common: &Common) -> anyhow::Result<()> {
    let Outcome::Checked(CheckReport { roots, .. }) = session.run(Command::CheckFiles)? else {
        bail!("looking at the folders ended in something else")
    };
    if common.json {
        say!("{}", json!({"roots": roots}));
        return Ok(());
    }
    for root in roots {
        let single = if root.whole { "" } else { "  (single files)" };
        say!("{:>7}  {}{single}", root.files, names::shown(root.place.as_str()));
        if let Some(why) = root.away {
            say!("         away: {why}");
        }
    }
    Ok(())
}

fn list(list: &FileList, csv: bool, common: &Common) {
    let mut to = stdout().lock();
    if common.json {
        return report::show(list, true, |_| ());
    }
    if csv {
        return terminal::written(list.write_csv(&mut to));
    }
    // For other programs, a name that is not text is written as its original bytes.
    for listed in &list.files {
        let path = names::path_of(&listed.file.path);
        let written = to.write_all(path.as_os_str().as_encoded_bytes()).and_then(|()| to.write_all(b"\n"));
        terminal::written(written);
    }
}

fn tags(latest: &Latest, common: &Common) {
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for tag in latest.dataset.tags.values().flatten() {
        *counts.entry((letters::sort_key(tag), tag)).or_default() += 1;
    }
    if common.json {
        let list: Vec<_> = counts.iter().map(|((_, tag), files)| json!({"tag": tag, "files": files})).collect();
        say!("{}", json!({"tags": list}));
        return;
    }
    counts.iter().for_each(|((_, tag), files)| say!("{files:>7}  {tag}"));
}

fn ignore(session: &Session, given: Vec<String>, remove: bool, left_out: bool, common: &Common) -> anyhow::Result<()> {
    if left_out {
        let Outcome::LeftOut(report) = session.run(Command::ListLeftOut)? else {
            bail!("listing ended in something else")
        };
        report::show(&report, common.json, |report: &LeftOutReport| {
            if report.left_out.is_empty() {
                say!("nothing is left out");
            }
            report.left_out.iter().for_each(|left| say!("{}: {}", left.path, left.reason));
        });
        return Ok(());
    }
    let mut patterns = session.latest().ignored.to_vec();
    if !given.is_empty() {
        for pattern in given {
            match (remove, patterns.contains(&pattern)) {
                (true, true) => patterns.retain(|kept| *kept != pattern),
                (true, false) => bail!("“{pattern}” is not on the list; `soundalike ignore` shows the list"),
                (false, true) => {}
                (false, false) => patterns.push(pattern),
            }
        }
        session.run(Command::SetIgnored { patterns })?;
    }
    let patterns = session.latest().ignored.to_vec();
    match common.json {
        true => say!("{}", json!({"patterns": patterns})),
        false => patterns.iter().for_each(|pattern| say!("{pattern}")),
    }
    Ok(())
}
