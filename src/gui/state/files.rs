//! The table of files: selecting, stepping, and what is done with the selected ones.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Action, List, Modal, State};
use crate::dataset::{FileId, SoundFile};
use crate::engine::{Command, JobKind, OnDisk};
use crate::gui::file_table::{Arrangement, Line, Order};

/// The most files whose names are shown or whose paths are copied one by one. More would be useless.
const REVEALED_AT_MOST: usize = 20;

impl State {
    /// Brings the table up to date.
    pub fn arrange_files(&mut self) {
        let order = Order {
            dataset: self.latest.dataset.clone(),
            on_disk: self.latest.on_disk.clone(),
            favourites: self.latest.favourites.clone(),
            filter: self.files.filter.trim().to_owned(),
            sort: self.files.sort,
            by_folder: self.files.by_folder,
        };
        if let Some(order) = self.files.want(order) {
            self.actions.push(Action::Arrange(Box::new(order)));
        }
    }

    pub fn arranged(&mut self, arrangement: Arc<Arrangement>) {
        self.files.arranged(arrangement);
    }

    /// A click on a row of files. `add` means with Ctrl, `extend` means with Shift.
    pub fn click_file(&mut self, place: usize, add: bool, extend: bool) {
        self.list = List::Files;
        let place = place as u32;
        let Some(file) = self.files.file(place).map(|file| file.id) else { return };
        match (extend, self.files.anchor()) {
            (true, Some(anchor)) => self.select_between(anchor, place),
            _ if add => {
                if !self.selected_files.remove(&file) {
                    self.selected_files.insert(file);
                }
            }
            _ => self.selected_files = BTreeSet::from([file]),
        }
        self.files.set_cursor(place, extend);
    }

    /// The Tab key has reached a file's row. The keys now act on it, and nothing plays.
    pub fn focus_file(&mut self, place: u32) {
        self.list = List::Files;
        let Some(file) = self.files.file(place).map(|file| file.id) else { return };
        if self.files.cursor() != Some(place) || self.selected_files.is_empty() {
            self.selected_files = BTreeSet::from([file]);
            self.files.set_cursor(place, false);
        }
    }

    /// A click on a file without Ctrl or Shift: it plays and becomes the query, and the keys continue in its matches.
    pub fn choose_file(&mut self, place: u32) {
        self.click_file(place as usize, false, false);
        let Some(file) = self.files.file(place).cloned() else { return };
        self.preferences.hints_done[0] = true;
        self.show_as_query(&file);
        if self.search.auto_play {
            self.play_file(&file);
        }
        self.go_to_matches();
    }

    fn select_between(&mut self, a: u32, b: u32) {
        let places = self.files.between(a, b);
        self.selected_files = places.iter().filter_map(|place| Some(self.files.file(*place)?.id)).collect();
    }

    /// Moves the cursor through the files, and plays if that is switched on. `extend` selects everything in between.
    pub fn step_file(&mut self, by: isize, extend: bool) {
        let Some(next) = self.files.step(by) else { return };
        self.click_file(next as usize, false, extend);
        self.files.reveal = Some(Line::File(next));
        let Some(file) = self.files.file(next).filter(|_| !extend).cloned() else { return };
        self.show_as_query(&file);
        if self.search.auto_play {
            self.play_file(&file);
        }
    }

    /// Selects all files that have a row.
    pub fn select_all_files(&mut self) {
        self.list = List::Files;
        self.selected_files = self.files.all().filter_map(|place| Some(self.files.file(place)?.id)).collect();
    }

    pub fn select_places(&mut self, places: &[u32]) {
        self.list = List::Files;
        self.selected_files = places.iter().filter_map(|place| Some(self.files.file(*place)?.id)).collect();
        if let Some(first) = places.first() {
            self.files.set_cursor(*first, false);
        }
    }

    /// The file at the cursor, if it is selected. Otherwise the first selected file.
    pub fn first_selected_file(&self) -> Option<&Arc<SoundFile>> {
        let first = self.selected_files.first()?;
        let at_cursor = self.files.cursor().and_then(|place| self.files.file(place));
        at_cursor
            .filter(|file| self.selected_files.contains(&file.id))
            .or_else(|| self.files.shown().order.dataset.files.iter().find(|file| file.id == *first))
    }

    fn selected_ids(&self) -> Vec<FileId> {
        self.selected_files.iter().copied().collect()
    }

    /// The selected files in the order of their rows.
    pub(super) fn selected_in_order(&self) -> impl Iterator<Item = &Arc<SoundFile>> {
        let files = self.files.all().filter_map(|place| self.files.file(place));
        files.filter(|file| self.selected_files.contains(&file.id))
    }

    pub fn remove_selected_files(&mut self) {
        let files = self.selected_ids();
        if !files.is_empty() && !self.read_only() {
            self.submit(Command::RemoveFiles { files });
        }
    }

    pub fn ask_for_tag(&mut self) {
        let files = self.selected_ids();
        if !files.is_empty() && !self.read_only() {
            self.tag_typed.clear();
            self.modal = Some(Modal::Tags(files));
        }
    }

    pub fn tag(&mut self, files: Vec<FileId>, tag: &str) {
        if !tag.trim().is_empty() {
            self.submit(Command::TagFiles { files, tag: tag.trim().to_owned() });
        }
    }

    pub fn untag(&mut self, files: Vec<FileId>, tag: &str) {
        self.submit(Command::UntagFiles { files, tag: tag.to_owned() });
    }

    /// The tags of the files in alphabetical order, each with the number of files that have it.
    pub fn tags_of(&self, files: &[FileId]) -> std::collections::BTreeMap<String, usize> {
        let mut tags = std::collections::BTreeMap::new();
        for tag in files.iter().flat_map(|file| self.latest.dataset.tags_of(*file)) {
            *tags.entry(tag.clone()).or_default() += 1;
        }
        tags
    }

    /// Shows the selected files in the file manager.
    pub fn reveal_selected_files(&mut self) {
        let paths: Vec<PathBuf> =
            self.selected_in_order().take(REVEALED_AT_MOST).map(|f| f.path.clone().into()).collect();
        if !paths.is_empty() {
            self.actions.push(Action::Reveal(paths));
        }
    }

    /// A file's row is dragged away. If it is selected, the other selected files go with it.
    pub fn drag_files_out(&mut self, file: &SoundFile) {
        let paths: Vec<PathBuf> = match self.selected_files.contains(&file.id) {
            true => self.selected_in_order().map(|file| file.path.clone().into()).collect(),
            false => vec![file.path.clone().into()],
        };
        if self.drags_out {
            self.preferences.hints_done[2] = true;
            self.actions.push(Action::DragOut(paths));
        }
    }

    pub fn reveal_folder(&mut self, folder: &camino::Utf8Path) {
        self.actions.push(Action::Reveal(vec![folder.to_owned().into()]));
    }

    /// The paths of the selected files, one per line.
    pub fn selected_paths(&self) -> String {
        self.selected_in_order().map(|file| file.path.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The window has the keyboard again. Files may have changed while another window had it.
    pub fn came_back(&mut self) {
        if !self.is_empty() && self.job(JobKind::Check).is_none() {
            self.submit(Command::CheckFiles);
        }
    }

    /// Opens the menu of the selected files at the cursor.
    pub fn open_file_menu(&mut self) {
        if let Some(place) = self.files.cursor() {
            self.files.open_menu = true;
            self.files.reveal = Some(Line::File(place));
        }
    }

    /// Reads the selected files again that have changed on the disk.
    pub fn read_changed_files(&mut self) {
        let changed = self.selected_in_order().filter(|f| self.latest.on_disk.get(&f.id) == Some(&OnDisk::Changed));
        let paths = changed.map(|file| file.path.clone().into()).collect();
        self.add(paths);
    }

    pub fn any_selected_has_changed(&self) -> bool {
        let on_disk = &self.latest.on_disk;
        on_disk.iter().any(|(file, state)| *state == OnDisk::Changed && self.selected_files.contains(file))
    }
}
