//! Which files are shown and in which order: filtering, sorting, and grouping by folder.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use super::tree::{self, Group};
use crate::dataset::letters::sort_key;
use crate::dataset::{Candidate, Favourite, FileId, Filter, Measure, SoundFile};
use crate::engine::{DatasetView, OnDisk};

/// What the table is sorted by. A table by folder is sorted within each folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    #[default]
    Name,
    Length,
    Level,
    Rate,
    Pitch,
    Brightness,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sort {
    pub by: Column,
    pub descending: bool,
}

/// Which files are shown in which order. An [`Arrangement`] is the result.
#[derive(Clone, Debug)]
pub struct Order {
    pub dataset: Arc<DatasetView>,
    pub on_disk: Arc<BTreeMap<FileId, OnDisk>>,
    pub favourites: Arc<Vec<Favourite>>,
    pub filter: String,
    pub sort: Sort,
    pub by_folder: bool,
    /// Whether of files in one group that sound exactly the same only the first has a row.
    pub folds_copies: bool,
}

impl Order {
    /// Whether both give the same arrangement.
    pub fn same(&self, other: &Self) -> bool {
        self.same_files(other)
            && Arc::ptr_eq(&self.on_disk, &other.on_disk)
            && Arc::ptr_eq(&self.favourites, &other.favourites)
            && self.filter == other.filter
            && self.folds_copies == other.folds_copies
    }

    /// Whether both have the same files in the same order, before the filter.
    fn same_files(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dataset, &other.dataset) && (self.sort, self.by_folder) == (other.sort, other.by_folder)
    }

    /// What is wrong with a file, in words.
    pub fn problem_of(&self, file: &SoundFile) -> Option<&str> {
        let now = self.on_disk.get(&file.id).map(OnDisk::words);
        now.or_else(|| self.dataset.problem_at(file.path.as_str()))
    }
}

/// The rows of the table before any folder is folded.
#[derive(Clone, Debug)]
pub struct Arrangement {
    pub order: Order,
    /// The folders, each before the folders below it. If the table is not by folder, one group has all files.
    pub groups: Vec<Group>,
    /// The number of files that match the filter.
    pub files: usize,
    /// Why parts of the filter were not understood.
    pub not_understood: Vec<String>,
}

/// Makes arrangements. It keeps the last order of all files, because a filter only leaves some of them out.
#[derive(Debug, Default)]
pub struct Sorter {
    last: Option<(Order, Vec<Group>)>,
}

impl Sorter {
    pub fn arrange(&mut self, order: Order) -> Arrangement {
        let sorted = match self.last.take() {
            Some((last, groups)) if last.same_files(&order) => groups,
            _ => sorted(&order),
        };
        let filter = Filter::read(&order.filter);
        let not_understood = filter.not_understood().to_vec();
        let files = &order.dataset.files;
        let favourites: HashSet<FileId> = order.favourites.iter().map(|favourite| favourite.file).collect();
        let admits = |place: &u32| {
            let file = &files[*place as usize];
            let problem = || order.problem_of(file).is_some();
            filter.admits(&Candidate {
                file,
                tags: order.dataset.tags_of(file.id),
                problem: !order.filter.is_empty() && problem(),
                favourite: favourites.contains(&file.id),
            })
        };
        let groups: Vec<Group> = match filter.is_empty() {
            true => sorted.clone(),
            false => sorted
                .iter()
                .map(|group| Group {
                    folder: group.folder.clone(),
                    files: group.files.iter().copied().filter(&admits).collect(),
                    ..Group::default()
                })
                .filter(|group| !group.files.is_empty())
                .collect(),
        };
        let files = groups.iter().map(|group| group.files.len()).sum();
        let groups = if order.folds_copies { without_copies(&order.dataset, groups) } else { groups };
        let groups = if order.by_folder { tree::of(groups) } else { groups };
        self.last = Some((order.clone(), sorted));
        Arrangement { order, groups, files, not_understood }
    }
}

/// The same groups, in which each sound has only its first file.
fn without_copies(dataset: &DatasetView, mut groups: Vec<Group>) -> Vec<Group> {
    let mut seen: HashSet<FileId> = HashSet::new();
    for group in &mut groups {
        seen.clear();
        group.files.retain(|place| {
            let copies = dataset.copies_group(dataset.files[*place as usize].id);
            copies.and_then(|copies| copies.first()).is_none_or(|first| seen.insert(*first))
        });
    }
    groups
}

fn sorted(order: &Order) -> Vec<Group> {
    let files = &order.dataset.files;
    // A dataset has fewer files than a u32 can count, because each has a row in a catalogue and a thumbnail in memory.
    let all = 0..files.len() as u32;
    let mut groups: Vec<Group> = Vec::new();
    if order.by_folder {
        let mut of_folder: HashMap<&Utf8Path, usize> = HashMap::new();
        for place in all {
            let folder = files[place as usize].path.parent().unwrap_or(Utf8Path::new(""));
            let group = *of_folder.entry(folder).or_insert_with(|| {
                groups.push(Group { folder: folder.to_string(), ..Group::default() });
                groups.len() - 1
            });
            groups[group].files.push(place);
        }
        // Folders are compared name by name. So a folder comes right before the folders below it.
        groups.sort_by_cached_key(|group| tree::parts(&group.folder).map(sort_key).collect::<Vec<_>>());
    } else {
        groups.push(Group { files: all.collect(), ..Group::default() });
    }
    let number = |place: u32| {
        let measure = match order.sort.by {
            Column::Name => return None,
            Column::Length => Measure::Length,
            Column::Level => Measure::Level,
            Column::Rate => Measure::Rate,
            Column::Pitch => Measure::Pitch,
            Column::Brightness => Measure::Brightness,
        };
        measure.of(&files[place as usize])
    };
    for group in &mut groups {
        group.files.sort_by_cached_key(|place| {
            let path = &files[*place as usize].path;
            sort_key(path.file_name().unwrap_or(path.as_str()))
        });
        if order.sort.by != Column::Name {
            group.files.sort_by(|a, b| number(*a).partial_cmp(&number(*b)).unwrap_or(Ordering::Equal));
        }
        if order.sort.descending {
            group.files.reverse();
        }
        // Files without a pitch come last in both directions.
        if order.sort.by != Column::Name {
            group.files.sort_by_key(|place| number(*place).is_none());
        }
    }
    groups
}
