//! What looking after the library asks for and tells: collections, copies, files that were moved, annotations. Plain data.

use std::path::PathBuf;

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::dataset::{CollectionId, FileId, Item};

/// How a collection is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum CollectionFormat {
    /// A playlist whose entries begin and end where the moments do
    M3u,
    /// A table: path, start, end
    Csv,
    /// A folder with copies of the files, and moments as clips, numbered in their order
    Folder,
}

/// A change of the collections. Each can be undone.
#[derive(Clone, Debug, PartialEq)]
pub enum CollectionChange {
    /// Puts items into the collection of this name, which is made where there is none: at its end, or before a place in it.
    Put {
        name: String,
        items: Vec<Item>,
        before: Option<usize>,
    },
    Take {
        collection: CollectionId,
        items: Vec<Item>,
    },
    Move {
        collection: CollectionId,
        item: Item,
        to: usize,
    },
    /// Where another collection has the name, both become one.
    Rename {
        collection: CollectionId,
        name: String,
    },
    Remove {
        collection: CollectionId,
    },
}

/// Which file of several copies is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Keep {
    /// The one with the highest rate and the most bytes.
    HighestResolution,
    /// The one with the longest path: mostly the one that was sorted into folders.
    LongestPath,
    /// The one in this folder. Copies none of which is in it stay as they are.
    In(PathBuf),
}

/// Copies, and which of them a rule keeps. Nothing is changed by finding them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CopiesReport {
    pub groups: Vec<CopyGroup>,
}

/// Files of one sound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CopyGroup {
    pub keep: Utf8PathBuf,
    pub others: Vec<Utf8PathBuf>,
    #[serde(skip)]
    pub(super) keep_file: FileId,
    #[serde(skip)]
    pub(super) other_files: Vec<FileId>,
}

/// What becomes of copies that are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopiesDeed {
    /// They leave the project. What was said of them is said of the file that is kept.
    Forget,
    /// The same, and the files go to the desktop's trash.
    Trash,
}

/// What was found of the files that are not where they were. Nothing is changed by finding it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RelinkPlan {
    /// Files that are not where they were.
    pub missing: usize,
    pub found: Vec<FoundAgain>,
}

impl RelinkPlan {
    /// "196 of 200 missing files are found again, 3 of them by name alone".
    pub fn words(&self) -> String {
        let mut words = format!("{} of {} missing files are there", self.found.len(), self.missing);
        let doubtful = self.found.iter().filter(|found| found.doubtful).count();
        if doubtful > 0 {
            words += &format!("; {doubtful} of them have copies, and were told apart by their paths");
        }
        let joins = self.found.iter().filter(|found| found.joins).count();
        if joins > 0 {
            words += &format!("; {joins} of them are in the project a second time already, and become one file each");
        }
        words
    }
}

/// A file of the project that is somewhere else now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundAgain {
    pub from: Utf8PathBuf,
    pub to: Utf8PathBuf,
    /// Whether other files have the same content and the same name, so that the order of paths decided.
    pub doubtful: bool,
    /// Whether the project has the new place as a file of its own: both become one file, with the tags of both.
    pub joins: bool,
    #[serde(skip)]
    pub file: FileId,
    #[serde(skip)]
    pub(super) other: Option<FileId>,
    #[serde(skip)]
    pub(super) stamp: (u64, i64),
}

impl FoundAgain {
    /// Whether the file is somewhere else now; otherwise it was written again with the same content.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.from != self.to
    }
}

/// What was taken over.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AnnotationsReport {
    /// Sounds of the file that this project has.
    pub found: usize,
    /// Paths of those that it has not.
    pub not_found: Vec<String>,
}
