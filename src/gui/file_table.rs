//! The table of files: how it is filtered, sorted and folded, and which rows that gives. Rows are found by number, so that
//! a frame costs what it shows, however many files there are.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use crate::dataset::{Candidate, Favourite, FileId, Filter, SoundFile};
use crate::engine::{DatasetView, OnDisk};

/// What the table is sorted by, within each folder where it is by folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    #[default]
    Name,
    Length,
    Level,
    Rate,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sort {
    pub by: Column,
    pub descending: bool,
}

/// Which files in which order: what an [`Arrangement`] is made from.
#[derive(Clone, Debug)]
pub struct Order {
    pub dataset: Arc<DatasetView>,
    pub on_disk: Arc<BTreeMap<FileId, OnDisk>>,
    pub favourites: Arc<Vec<Favourite>>,
    pub filter: String,
    pub sort: Sort,
    pub by_folder: bool,
}

impl Order {
    /// Whether both give the same arrangement.
    pub fn same(&self, other: &Self) -> bool {
        self.same_files(other)
            && Arc::ptr_eq(&self.on_disk, &other.on_disk)
            && Arc::ptr_eq(&self.favourites, &other.favourites)
            && self.filter == other.filter
    }

    /// Whether both have the same files in the same order, before the filter.
    fn same_files(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.dataset, &other.dataset) && (self.sort, self.by_folder) == (other.sort, other.by_folder)
    }

    /// What is wrong with a file, in words.
    pub fn problem_of(&self, file: &SoundFile) -> Option<&str> {
        match self.on_disk.get(&file.id) {
            Some(OnDisk::Missing) => return Some("It is no longer there"),
            Some(OnDisk::Changed) => return Some("It has changed since it was read; add it again"),
            Some(OnDisk::Unreadable(why)) => return Some(why),
            None => {}
        }
        let problems = &self.dataset.problems;
        let place = problems.binary_search_by(|problem| problem.path.as_str().cmp(file.path.as_str())).ok()?;
        Some(&problems[place].reason)
    }
}

/// The files of one folder, by their places in the dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub folder: String,
    pub files: Vec<u32>,
}

/// The rows of the table before any folder is folded.
#[derive(Clone, Debug)]
pub struct Arrangement {
    pub order: Order,
    /// One group of all files where the table is not by folder.
    pub groups: Vec<Group>,
    /// Files that the filter admits.
    pub files: usize,
    /// What the filter says of parts of it.
    pub not_understood: Vec<String>,
}

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// The heading of a group.
    Folder(usize),
    /// A place in the dataset.
    File(u32),
}

/// Makes arrangements; remembers the last order of all files, since a filter only leaves some of them out.
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
                })
                .filter(|group| !group.files.is_empty())
                .collect(),
        };
        self.last = Some((order.clone(), sorted));
        let files = groups.iter().map(|group| group.files.len()).sum();
        Arrangement { order, groups, files, not_understood }
    }
}

fn sorted(order: &Order) -> Vec<Group> {
    let files = &order.dataset.files;
    // A dataset has fewer files than a u32 counts: each has a row in a catalogue and a thumbnail in memory.
    let all = 0..files.len() as u32;
    let mut groups: Vec<Group> = Vec::new();
    if order.by_folder {
        let mut of_folder: HashMap<&Utf8Path, usize> = HashMap::new();
        for place in all {
            let folder = files[place as usize].path.parent().unwrap_or(Utf8Path::new(""));
            let group = *of_folder.entry(folder).or_insert_with(|| {
                groups.push(Group { folder: folder.to_string(), files: Vec::new() });
                groups.len() - 1
            });
            groups[group].files.push(place);
        }
        groups.sort_by_cached_key(|group| natural(&group.folder));
    } else {
        groups.push(Group { folder: String::new(), files: all.collect() });
    }
    let number = |place: u32| {
        let file = &files[place as usize];
        match order.sort.by {
            Column::Name => 0.0,
            Column::Length => file.duration_secs(),
            Column::Level => f64::from(file.peak),
            Column::Rate => f64::from(file.rate),
        }
    };
    for group in &mut groups {
        group.files.sort_by_cached_key(|place| {
            let path = &files[*place as usize].path;
            natural(path.file_name().unwrap_or(path.as_str()))
        });
        if order.sort.by != Column::Name {
            group.files.sort_by(|a, b| number(*a).partial_cmp(&number(*b)).unwrap_or(Ordering::Equal));
        }
        if order.sort.descending {
            group.files.reverse();
        }
    }
    groups
}

/// A key that sorts as people count: case aside, and kick_2 before kick_10.
fn natural(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 8);
    let mut digits = String::new();
    let flush = |key: &mut String, digits: &mut String| {
        if !digits.is_empty() {
            let significant = digits.trim_start_matches('0');
            // The number of digits first: a longer number is a larger one.
            key.push(char::from_u32('0' as u32 + significant.len().min(100) as u32).unwrap_or('0'));
            key.push_str(significant);
            digits.clear();
        }
    };
    for letter in name.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
        } else {
            flush(&mut key, &mut digits);
            key.extend(letter.to_lowercase());
        }
    }
    flush(&mut key, &mut digits);
    key
}

/// The table as it stands on screen.
pub struct FileTable {
    pub filter: String,
    pub sort: Sort,
    pub by_folder: bool,
    /// Set when the filter's field is to get the keyboard.
    pub focus_filter: bool,
    /// Set when a row has to be brought into view.
    pub reveal: Option<Line>,
    /// Set when the menu of the file at the cursor is to open.
    pub open_menu: bool,
    /// Whose menu was opened by a key last: it opens below the row, not at the pointer.
    pub menu_by_key: Option<FileId>,
    folded: BTreeSet<String>,
    shown: Arc<Arrangement>,
    /// The number of each group's first row, and of all rows.
    starts: Vec<usize>,
    /// What was asked for last, where the answer has not come yet.
    asked: Option<Order>,
    sorter: Sorter,
    /// Where the arrow keys stand, and where a selection with Shift begins: places in the shown dataset.
    cursor: Option<u32>,
    anchor: Option<u32>,
}

/// Up to so many files are arranged within the frame that shows them: it takes less than a millisecond.
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
        };
        let mut sorter = Sorter::default();
        let shown = Arc::new(sorter.arrange(order));
        let mut table = Self {
            filter: String::new(),
            sort: Sort::default(),
            by_folder: true,
            focus_filter: false,
            reveal: None,
            open_menu: false,
            menu_by_key: None,
            folded: BTreeSet::new(),
            shown,
            starts: Vec::new(),
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

    /// Whether an arrangement is being waited for.
    pub fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// Takes over what the table is to show. A small one shows it at once; for a large one the order is returned that
    /// somebody else has to [arrange](Sorter::arrange), once for each change.
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

    /// Shows what was arranged; until the newest answer comes, an older one is better than none.
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
        let mut line = 0;
        for group in &self.shown.groups {
            self.starts.push(line);
            let folded = self.folded.contains(&group.folder);
            line += usize::from(self.shown.order.by_folder) + if folded { 0 } else { group.files.len() };
        }
        self.starts.push(line);
    }

    /// Rows, headings included.
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

    /// The number of a row; `None` for a file that is filtered out or folded away.
    pub fn number_of(&self, line: Line) -> Option<usize> {
        match line {
            Line::Folder(group) => self.starts.get(group).copied(),
            Line::File(place) => self.groups_shown().find_map(|(first, group)| {
                let within = group.files.iter().position(|file| *file == place)?;
                Some(first + within)
            }),
        }
    }

    /// Groups whose files have rows, with the number of the first of these.
    fn groups_shown(&self) -> impl Iterator<Item = (usize, &Group)> {
        let heading = usize::from(self.shown.order.by_folder);
        let groups = self.shown.groups.iter().zip(&self.starts);
        groups.filter(|(group, _)| !self.is_folded(&group.folder)).map(move |(group, start)| (start + heading, group))
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

    pub fn fold_all(&mut self, fold: bool) {
        self.folded.clear();
        if fold {
            self.folded.extend(self.shown.groups.iter().map(|group| group.folder.clone()));
        }
        self.count_lines();
    }

    /// A click on a column's heading: the other way round where it is sorted by that already.
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

    /// Where the keys go on from. Without `keep_anchor`, a selection with Shift begins there as well.
    pub fn set_cursor(&mut self, place: u32, keep_anchor: bool) {
        self.cursor = Some(place);
        if !keep_anchor || self.anchor.is_none() {
            self.anchor = Some(place);
        }
    }

    /// The file `by` rows further on; headings are passed over.
    pub fn step(&self, by: isize) -> Option<u32> {
        let last = self.lines().checked_sub(1)?;
        let here = self.cursor.and_then(|place| self.number_of(Line::File(place)));
        let number = here.map_or(0, |number| number.saturating_add_signed(by).min(last));
        let file = |number: usize| match self.line(number) {
            Some(Line::File(place)) => Some(place),
            _ => None,
        };
        // At either end there may be nothing but headings: then the nearest file is the other way.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Grid, GridRate};

    fn dataset(files: &[(&str, u64, f32)]) -> Arc<DatasetView> {
        let file = |(id, (path, frames, peak)): (usize, &(&str, u64, f32))| {
            Arc::new(SoundFile {
                id: FileId(id as i64),
                path: (*path).into(),
                size_bytes: 1,
                modified_ns: 0,
                content_hash: [0; 32],
                rate: 8000,
                channels: 1,
                frames: *frames,
                peak: *peak,
                thumbnail: Vec::new(),
            })
        };
        let mut files: Vec<_> = files.iter().enumerate().map(file).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let grid = Grid { rate: GridRate::Native, chunk_frames: 1, hop_frames: 1 };
        Arc::new(DatasetView::new(files, Vec::new(), BTreeMap::new(), grid))
    }

    fn table() -> FileTable {
        FileTable::new(dataset(&[
            ("/s/drums/kick_10.wav", 8000, 0.1),
            ("/s/drums/Kick_2.wav", 4000, 0.9),
            ("/s/drums/kick_1.wav", 16_000, 0.5),
            ("/s/drums/more/hat.wav", 8000, 0.5),
            ("/s/drums/zap.wav", 8000, 0.5),
            ("/s/Bells/bell.wav", 80_000, 0.2),
        ]))
    }

    fn order(table: &FileTable) -> Order {
        Order {
            filter: table.filter.clone(),
            sort: table.sort,
            by_folder: table.by_folder,
            ..table.shown.order.clone()
        }
    }

    /// Changes the table and shows the rows that come of it.
    fn rows(table: &mut FileTable, change: impl FnOnce(&mut FileTable)) -> Vec<String> {
        change(table);
        let wanted = order(table);
        assert!(table.want(wanted).is_none(), "a small table needs nobody");
        let row = |line: Line| match line {
            Line::Folder(group) => format!("[{}]", table.shown.groups[group].folder),
            Line::File(place) => table.file(place).expect("there").path.file_name().expect("a name").to_owned(),
        };
        (0..table.lines()).map(|number| row(table.line(number).expect("a row"))).collect()
    }

    #[test]
    fn files_stand_under_their_folders_as_people_count() {
        let rows = rows(&mut table(), |_| {});
        let expected = [
            "[/s/Bells]",
            "bell.wav",
            "[/s/drums]",
            "kick_1.wav",
            "Kick_2.wav",
            "kick_10.wav",
            "zap.wav",
            "[/s/drums/more]",
            "hat.wav",
        ];
        assert_eq!(rows, expected);
        assert_eq!(table().line(expected.len()), None);
    }

    #[test]
    fn headings_sort_upwards_then_downwards_within_folders_or_over_all() {
        let mut table = table();
        let by_length = rows(&mut table, |table| table.sort_by(Column::Length));
        assert_eq!(by_length[3..7], ["Kick_2.wav", "kick_10.wav", "zap.wav", "kick_1.wav"]);
        let downwards = rows(&mut table, |table| table.sort_by(Column::Length));
        assert_eq!(downwards[3..7], ["kick_1.wav", "zap.wav", "kick_10.wav", "Kick_2.wav"]);
        let flat = rows(&mut table, |table| {
            table.by_folder = false;
            table.sort_by(Column::Level);
        });
        assert_eq!(flat, ["kick_10.wav", "bell.wav", "hat.wav", "kick_1.wav", "zap.wav", "Kick_2.wav"]);
        assert_eq!(
            rows(&mut table, |table| table.sort_by(Column::Rate))[0],
            "bell.wav",
            "where all are equal, by name"
        );
    }

    #[test]
    fn a_filter_leaves_out_files_and_folders_without_any() {
        let mut table = table();
        assert_eq!(
            rows(&mut table, |table| table.filter = "kick dur<1.5".into()),
            ["[/s/drums]", "Kick_2.wav", "kick_10.wav"]
        );
        assert_eq!(table.shown.files, 2);
        assert_eq!(rows(&mut table, |table| table.filter = "nothing like it".into()), [""; 0]);
        assert_eq!(rows(&mut table, |table| table.filter = "dur>".into()).len(), 9);
        assert_eq!(table.shown.not_understood.len(), 1);
    }

    #[test]
    fn folders_fold_and_rows_are_found_again() {
        let mut table = table();
        let folded = rows(&mut table, |table| table.fold(1, true));
        assert_eq!(folded, ["[/s/Bells]", "bell.wav", "[/s/drums]", "[/s/drums/more]", "hat.wav"]);
        for number in 0..table.lines() {
            assert_eq!(table.number_of(table.line(number).expect("a row")), Some(number));
        }
        assert_eq!(table.all().count(), 2, "what is folded away is not selected with all");
        assert_eq!(rows(&mut table, |table| table.fold_all(true)).len(), 3);
        assert_eq!(rows(&mut table, |table| table.fold_all(false)).len(), 9);
    }

    #[test]
    fn the_cursor_passes_over_headings_and_stays_on_its_file() {
        let mut table = table();
        let name =
            |table: &FileTable, place: u32| table.file(place).expect("there").path.file_name().map(str::to_owned);
        let mut passed = Vec::new();
        for by in [1, 1, 1, -1, -1, -1, 100, 1, -2] {
            let next = table.step(by).expect("a file");
            table.set_cursor(next, false);
            passed.push(name(&table, next).expect("a name"));
        }
        let expected = [
            "bell.wav",
            "kick_1.wav",
            "Kick_2.wav",
            "kick_1.wav",
            "bell.wav",
            "bell.wav",
            "hat.wav",
            "hat.wav",
            "zap.wav",
        ];
        assert_eq!(passed, expected);
        let fewer = dataset(&[("/s/drums/zap.wav", 8000, 0.5), ("/t/a.wav", 8000, 0.5)]);
        let order = Order { dataset: fewer, ..order(&table) };
        table.want(order);
        assert_eq!(table.cursor().and_then(|place| name(&table, place)).as_deref(), Some("zap.wav"));
    }

    #[test]
    fn a_stretch_of_rows_is_the_same_from_either_end() {
        let table = table();
        let place = |number| match table.line(number) {
            Some(Line::File(place)) => place,
            other => panic!("{other:?} is no file"),
        };
        let (a, b) = (place(1), place(5));
        let between = table.between(a, b);
        assert_eq!(between, [1, 3, 4, 5].map(place));
        assert_eq!(between, table.between(b, a));
    }

    #[test]
    fn a_large_table_is_arranged_elsewhere_and_once_for_each_change() {
        let names: Vec<String> = (0..AT_ONCE + 1).map(|i| format!("/s/{}/{i}.wav", i % 7)).collect();
        let files: Vec<_> = names.iter().map(|name| (name.as_str(), 8000, 0.5)).collect();
        let mut table = FileTable::new(dataset(&[]));
        let wanted = Order { dataset: dataset(&files), ..order(&table) };
        let asked = table.want(wanted.clone()).expect("too large for one frame");
        assert!(table.waits() && table.want(wanted.clone()).is_none(), "it is asked for already");
        let newer = Order { filter: "s/3".into(), ..wanted };
        let newest = table.want(newer.clone()).expect("another filter");
        let mut sorter = Sorter::default();
        table.arranged(Arc::new(sorter.arrange(asked)));
        assert!(table.waits());
        assert_eq!(table.lines(), AT_ONCE + 1 + 7, "an older answer is better than none");
        table.arranged(Arc::new(sorter.arrange(newest)));
        assert!(!table.waits() && table.want(newer).is_none());
        assert_eq!(table.lines(), 1 + 143);
    }
}
