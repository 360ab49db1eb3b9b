//! The table of files: its filter, order, folders, rows and selection. Rows are found by number, so a frame costs only what
//! it shows.

mod order;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::dataset::{FileId, Item, SoundFile};
use crate::engine::{DatasetView, Latest, OnDisk};

pub use order::{Arrangement, Column, Order, Sort, Sorter};
pub use tree::Group;

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The heading of a group.
    Folder(usize),
    /// A position in the dataset.
    File(u32),
}

/// The table as it is on the screen.
pub struct FileTable {
    pub filter: String,
    pub sort: Sort,
    pub by_folder: bool,
    /// Whether copies in one folder, or in the whole list, share one row.
    pub folds_copies: bool,
    pub selected: BTreeSet<FileId>,
    /// Set when the field of the filter should get the keyboard.
    pub focus_filter: bool,
    /// Set when a row must be brought into view.
    pub reveal: Option<Line>,
    /// Set when the menu of the file at the cursor should open.
    pub open_menu: bool,
    /// The file whose menu was opened by a key. That menu opens below the row and not at the pointer.
    pub menu_by_key: Option<FileId>,
    folded: BTreeSet<String>,
    shown: Arc<Arrangement>,
    /// The number of each group's first row, and the number of all rows. Groups below a folded one have no rows.
    starts: Vec<usize>,
    hidden: Vec<bool>,
    /// The last order, if its answer has not arrived.
    asked: Option<Order>,
    sorter: Sorter,
    /// The position of the arrow keys, and where a selection with Shift begins: positions in the shown dataset.
    cursor: Option<u32>,
    anchor: Option<u32>,
}

/// Tables with up to this many files are arranged within the frame that shows them. That takes less than a millisecond.
const AT_ONCE: usize = 1_000;

impl FileTable {
    pub fn new(dataset: Arc<DatasetView>) -> Self {
        let order = Order {
            dataset,
            on_disk: Arc::default(),
            favourites: Arc::default(),
            filter: String::new(),
            sort: Sort::default(),
            by_folder: true,
            folds_copies: true,
        };
        let mut sorter = Sorter::default();
        let shown = Arc::new(sorter.arrange(order));
        let mut table = Self {
            filter: String::new(),
            sort: Sort::default(),
            by_folder: true,
            folds_copies: true,
            selected: BTreeSet::new(),
            focus_filter: false,
            reveal: None,
            open_menu: false,
            menu_by_key: None,
            folded: BTreeSet::new(),
            shown,
            starts: Vec::new(),
            hidden: Vec::new(),
            asked: None,
            sorter,
            cursor: None,
            anchor: None,
        };
        table.count_lines();
        table
    }

    pub fn shown(&self) -> &Arc<Arrangement> {
        &self.shown
    }

    /// Whether an arrangement is still being computed.
    pub fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// Shows the newest dataset as the filter and the order say. A large table is arranged elsewhere: see [`Self::want`].
    pub fn bring_up_to_date(&mut self, latest: &Latest) -> Option<Order> {
        self.want(Order {
            dataset: latest.dataset.clone(),
            on_disk: latest.on_disk.clone(),
            favourites: latest.favourites.clone(),
            filter: self.filter.trim().to_owned(),
            sort: self.sort,
            by_folder: self.by_folder,
            folds_copies: self.folds_copies,
        })
    }

    /// Sets what the table should show. A small table shows it at once. For a large table, the order is returned, and a
    /// [`Sorter`](Sorter::arrange) must carry it out elsewhere. It is returned once for each change.
    pub fn want(&mut self, order: Order) -> Option<Order> {
        if self.asked.as_ref().unwrap_or(&self.shown.order).same(&order) {
            return None;
        }
        if order.dataset.files.len() <= AT_ONCE {
            self.asked = None;
            let arrangement = self.sorter.arrange(order);
            self.show(Arc::new(arrangement));
            return None;
        }
        self.asked = Some(order.clone());
        Some(order)
    }

    /// Shows an arrangement. Until the newest answer comes, an older one is better than none.
    pub fn arranged(&mut self, arrangement: Arc<Arrangement>) {
        if self.asked.as_ref().is_some_and(|asked| asked.same(&arrangement.order)) {
            self.asked = None;
        }
        self.show(arrangement);
    }

    fn show(&mut self, arrangement: Arc<Arrangement>) {
        let (old, new) = (&self.shown.order.dataset, &arrangement.order.dataset);
        if !Arc::ptr_eq(old, new) {
            let moved = |place: Option<u32>| {
                let path = &old.files.get(place? as usize)?.path;
                new.files.binary_search_by(|file| file.path.cmp(path)).ok().map(|place| place as u32)
            };
            (self.cursor, self.anchor) = (moved(self.cursor), moved(self.anchor));
        }
        self.shown = arrangement;
        self.count_lines();
    }

    fn count_lines(&mut self) {
        self.starts.clear();
        self.hidden.clear();
        let mut line = 0;
        // The depth of the folded folder that contains the next groups.
        let mut folded_at: Option<usize> = None;
        for group in &self.shown.groups {
            self.starts.push(line);
            folded_at = folded_at.filter(|depth| group.depth > *depth);
            self.hidden.push(folded_at.is_some());
            if folded_at.is_some() {
                continue;
            }
            let folded = self.folded.contains(&group.folder);
            line += usize::from(self.shown.order.by_folder) + if folded { 0 } else { group.files.len() };
            folded_at = folded.then_some(group.depth);
        }
        self.starts.push(line);
    }

    /// The number of rows, including headings.
    pub fn lines(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    pub fn line(&self, number: usize) -> Option<Line> {
        if number >= self.lines() {
            return None;
        }
        let group = self.starts.partition_point(|start| *start <= number) - 1;
        let within = number - self.starts[group];
        match (self.shown.order.by_folder, within) {
            (true, 0) => Some(Line::Folder(group)),
            (heading, within) => {
                self.shown.groups[group].files.get(within - usize::from(heading)).map(|place| Line::File(*place))
            }
        }
    }

    /// The indentation of the row of this number. Files are one step deeper than their folder.
    pub fn depth_at(&self, number: usize) -> usize {
        let group = self.starts.partition_point(|start| *start <= number).saturating_sub(1);
        let depth = self.shown.groups.get(group).map_or(0, |group| group.depth);
        let is_file = matches!(self.line(number), Some(Line::File(_)));
        depth + usize::from(self.shown.order.by_folder && is_file)
    }

    /// The number of a row. `None` for a file that is filtered out or folded away.
    pub fn number_of(&self, line: Line) -> Option<usize> {
        match line {
            Line::Folder(group) => self.starts.get(group).copied(),
            Line::File(place) => self.groups_shown().find_map(|(first, group)| {
                let within = group.files.iter().position(|file| *file == place)?;
                Some(first + within)
            }),
        }
    }

    /// The groups whose files have rows, with the number of the first of these rows.
    fn groups_shown(&self) -> impl Iterator<Item = (usize, &Group)> {
        let heading = usize::from(self.shown.order.by_folder);
        let groups = self.shown.groups.iter().zip(&self.starts).zip(&self.hidden);
        let shown = groups.filter(|((group, _), hidden)| !**hidden && !self.is_folded(&group.folder));
        shown.map(move |((group, start), _)| (start + heading, group))
    }

    pub fn file(&self, place: u32) -> Option<&Arc<SoundFile>> {
        self.shown.order.dataset.files.get(place as usize)
    }

    pub fn is_folded(&self, folder: &str) -> bool {
        self.folded.contains(folder)
    }

    pub fn fold(&mut self, group: usize, fold: bool) {
        let Some(group) = self.shown.groups.get(group) else { return };
        match fold {
            true => self.folded.insert(group.folder.clone()),
            false => self.folded.remove(&group.folder),
        };
        self.count_lines();
    }

    /// The files of a folder and of the folders below it.
    pub fn files_below(&self, group: usize) -> Vec<u32> {
        let groups = &self.shown.groups[group.min(self.shown.groups.len())..];
        let Some(depth) = groups.first().map(|group| group.depth) else { return Vec::new() };
        let below = groups.iter().skip(1).take_while(|group| group.depth > depth);
        groups.iter().take(1).chain(below).flat_map(|group| group.files.iter().copied()).collect()
    }

    pub fn fold_all(&mut self, fold: bool) {
        self.folded.clear();
        if fold {
            self.folded.extend(self.shown.groups.iter().map(|group| group.folder.clone()));
        }
        self.count_lines();
    }

    /// A click on a column's heading. If the table is sorted by it already, the order is reversed.
    pub fn sort_by(&mut self, by: Column) {
        let descending = self.sort.by == by && !self.sort.descending;
        self.sort = Sort { by, descending };
    }

    pub fn cursor(&self) -> Option<u32> {
        self.cursor
    }

    pub fn anchor(&self) -> Option<u32> {
        self.anchor
    }

    /// Sets where the keys continue. Without `keep_anchor`, a selection with Shift begins there, too.
    pub fn set_cursor(&mut self, place: u32, keep_anchor: bool) {
        self.cursor = Some(place);
        if !keep_anchor || self.anchor.is_none() {
            self.anchor = Some(place);
        }
    }

    /// The file `by` rows further on. Headings are skipped.
    pub fn step(&self, by: isize) -> Option<u32> {
        let last = self.lines().checked_sub(1)?;
        let here = self.cursor.and_then(|place| self.number_of(Line::File(place)));
        let number = here.map_or(0, |number| number.saturating_add_signed(by).min(last));
        let file = |number: usize| match self.line(number) {
            Some(Line::File(place)) => Some(place),
            _ => None,
        };
        // At either end there may be only headings. Then the nearest file is in the other direction.
        let (mut down, mut up) = ((number..=last).filter_map(file), (0..=number).rev().filter_map(file));
        if here.is_some() && by < 0 { up.next().or_else(|| down.next()) } else { down.next().or_else(|| up.next()) }
    }

    /// The files of the rows from one file to another, whichever comes first.
    pub fn between(&self, a: u32, b: u32) -> Vec<u32> {
        let ends = [a, b].map(|place| self.number_of(Line::File(place)));
        let [Some(a), Some(b)] = ends else { return vec![b] };
        self.files_of(a.min(b)..a.max(b) + 1)
    }

    /// The files of all rows.
    pub fn all(&self) -> impl Iterator<Item = u32> {
        self.groups_shown().flat_map(|(_, group)| group.files.iter().copied())
    }

    fn files_of(&self, numbers: Range<usize>) -> Vec<u32> {
        let mut files = Vec::with_capacity(numbers.len());
        for (first, group) in self.groups_shown() {
            let from = numbers.start.max(first) - first;
            let to = numbers.end.min(first + group.files.len()).saturating_sub(first);
            files.extend(group.files.get(from..to).unwrap_or_default());
        }
        files
    }
}

/// The selection.
impl FileTable {
    /// A click on a row. `add` means with Ctrl, `extend` means with Shift.
    pub fn click(&mut self, place: u32, add: bool, extend: bool) {
        let Some(file) = self.file(place).map(|file| file.id) else { return };
        match (extend, self.anchor) {
            (true, Some(anchor)) => self.selected = self.ids_at(&self.between(anchor, place)),
            _ if add => {
                if !self.selected.remove(&file) {
                    self.selected.insert(file);
                }
            }
            _ => self.selected = BTreeSet::from([file]),
        }
        self.set_cursor(place, extend);
    }

    /// The keyboard has reached a row.
    pub fn focus(&mut self, place: u32) {
        let Some(file) = self.file(place).map(|file| file.id) else { return };
        if self.cursor != Some(place) || self.selected.is_empty() {
            self.selected = BTreeSet::from([file]);
            self.set_cursor(place, false);
        }
    }

    /// Selects all files that have a row.
    pub fn select_all(&mut self) {
        let all: Vec<u32> = self.all().collect();
        self.selected = self.ids_at(&all);
    }

    pub fn select_places(&mut self, places: &[u32]) {
        self.selected = self.ids_at(places);
        if let Some(first) = places.first() {
            self.set_cursor(*first, false);
        }
    }

    fn ids_at(&self, places: &[u32]) -> BTreeSet<FileId> {
        places.iter().filter_map(|place| Some(self.file(*place)?.id)).collect()
    }

    /// The file at the cursor, if it is selected. Otherwise the first selected file.
    pub fn first_selected(&self) -> Option<&Arc<SoundFile>> {
        let first = self.selected.first()?;
        let at_cursor = self.cursor.and_then(|place| self.file(place));
        let at_cursor = at_cursor.filter(|file| self.selected.contains(&file.id));
        at_cursor.or_else(|| self.shown.order.dataset.files.iter().find(|file| file.id == *first))
    }

    /// The selected files in the order of their rows.
    pub fn selected_in_order(&self) -> impl Iterator<Item = &Arc<SoundFile>> {
        let files = self.all().filter_map(|place| self.file(place));
        files.filter(|file| self.selected.contains(&file.id))
    }

    /// The paths of the selected files, one per line.
    pub fn selected_paths(&self) -> String {
        self.selected_in_order().map(|file| file.path.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The sounds that a dragged row takes along: all selected files if it is one of them.
    pub fn items_with(&self, file: FileId) -> Vec<Item> {
        match self.selected.contains(&file) {
            true => self.selected_in_order().map(|file| Item { file: file.id, stretch_secs: None }).collect(),
            false => vec![Item { file, stretch_secs: None }],
        }
    }

    /// Whether a selected file has changed on the disk.
    pub fn any_selected_has_changed(&self, latest: &Latest) -> bool {
        latest.on_disk.iter().any(|(file, state)| *state == OnDisk::Changed && self.selected.contains(file))
    }
}
