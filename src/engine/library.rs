//! Requests and reports about looking after the library: collections, copies, moved files, annotations. Plain data.

use std::collections::BTreeSet;
use std::path::PathBuf;

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::dataset::{CollectionId, FileId, Item};

/// The format of a collection.
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
    /// Puts items into the collection of this name, at its end or before a position. The collection is created if
    /// needed.
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
    /// If another collection has the name, the two become one.
    Rename {
        collection: CollectionId,
        name: String,
    },
    Remove {
        collection: CollectionId,
    },
}

/// The rule that decides which of several copies is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Keep {
    /// The one with the highest rate and the most bytes.
    HighestResolution,
    /// The one with the longest path. It is often the one that was sorted into folders.
    LongestPath,
    /// The one in this folder. Groups without a copy in the folder stay as they are.
    In(PathBuf),
}

/// Groups of copies, and the one of each group that a rule keeps. Finding them changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CopiesReport {
    pub groups: Vec<CopyGroup>,
}

impl CopiesReport {
    /// Files that would go, over all groups.
    pub fn others(&self) -> usize {
        self.groups.iter().map(|group| group.others.len()).sum()
    }

    /// The same without files that a person keeps.
    pub fn without(&self, kept: &BTreeSet<Utf8PathBuf>) -> Self {
        self.only(|group, place| !kept.contains(&group.others[place]))
    }

    /// The same with only the copies that `stays` admits, given a group and a place in its `others`.
    pub(super) fn only(&self, stays: impl Fn(&CopyGroup, usize) -> bool) -> Self {
        let mut groups = self.groups.clone();
        for group in &mut groups {
            let places: Vec<usize> = (0..group.others.len()).filter(|place| stays(group, *place)).collect();
            group.others = places.iter().map(|place| group.others[*place].clone()).collect();
            group.other_files = places.iter().map(|place| group.other_files[*place]).collect();
        }
        groups.retain(|group| !group.others.is_empty());
        Self { groups }
    }
}

/// Files that sound exactly the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CopyGroup {
    pub keep: Utf8PathBuf,
    pub others: Vec<Utf8PathBuf>,
    #[serde(skip)]
    pub keep_file: FileId,
    /// In the order of `others`.
    #[serde(skip)]
    pub other_files: Vec<FileId>,
}

/// What happens to the copies that are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopiesDeed {
    /// They leave the project. Their annotations pass to the file that is kept.
    Forget,
    /// They leave the project, and the files go to the desktop's trash.
    Trash,
}

/// The new places of missing files. Finding them changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RelinkPlan {
    /// The number of files that are not at their place.
    pub missing: usize,
    pub found: Vec<FoundAgain>,
}

impl RelinkPlan {
    /// A summary for people, as in "196 of 200 missing files are there".
    pub fn words(&self) -> String {
        let mut words = format!("{} of {} missing files are there", self.found.len(), self.missing);
        let doubtful = self.found.iter().filter(|found| found.doubtful).count();
        if doubtful > 0 {
            words += &format!("; {doubtful} of them have copies, so their paths decided which is which");
        }
        let joins = self.found.iter().filter(|found| found.joins).count();
        if joins > 0 {
            words += &format!(
                "; {joins} of them are also in the project at their new places, and each pair becomes one file"
            );
        }
        words
    }
}

/// A file of the project that was found at a new place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundAgain {
    pub from: Utf8PathBuf,
    pub to: Utf8PathBuf,
    /// Whether other files have the same content and the same name, so that the order of paths decided.
    pub doubtful: bool,
    /// Whether the project already has a file at the new place. The two become one file, with the tags of both.
    pub joins: bool,
    #[serde(skip)]
    pub file: FileId,
    /// The file of the project at the new place, with which it becomes one.
    #[serde(skip)]
    pub other: Option<FileId>,
    /// Bytes and time of change at the new place.
    #[serde(skip)]
    pub stamp: (u64, i64),
}

impl FoundAgain {
    /// Whether the file was moved. Otherwise it was rewritten at its place with the same content.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.from != self.to
    }
}

/// The result of importing annotations.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AnnotationsReport {
    /// The number of sounds in the file that this project has.
    pub found: usize,
    /// The paths of the sounds that this project does not have.
    pub not_found: Vec<String>,
}
