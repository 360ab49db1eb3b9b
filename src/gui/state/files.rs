//! The table of files: what its selection does outside the table.

use std::path::PathBuf;
use std::sync::Arc;

use super::State;
use crate::dataset::{FileId, SoundFile};
use crate::engine::{Command, OnDisk};
use crate::gui::actions::Action;
use crate::gui::file_table::{Arrangement, Line};
use crate::gui::modals::Modal;
use crate::gui::shared::List;

/// The most files that the file manager shows at once. More would be useless.
const REVEALED_AT_MOST: usize = 20;

impl State {
    /// Brings the table up to date.
    pub fn arrange_files(&mut self) {
        if let Some(order) = self.files.bring_up_to_date(&self.shared.latest) {
            self.act(Action::Arrange(Box::new(order)));
        }
    }

    pub fn arranged(&mut self, arrangement: Arc<Arrangement>) {
        self.files.arranged(arrangement);
    }

    /// A click on a row of files. `add` means with Ctrl, `extend` means with Shift.
    pub fn click_file(&mut self, place: usize, add: bool, extend: bool) {
        self.shared.list = List::Files;
        self.files.click(place as u32, add, extend);
    }

    /// The Tab key has reached a file's row. The keys now act on it, and nothing plays.
    pub(super) fn focus_file(&mut self, place: u32) {
        self.shared.list = List::Files;
        self.files.focus(place);
    }

    /// A click on a file without Ctrl or Shift: it plays and becomes the query, and the keys continue in its matches.
    pub(super) fn choose_file(&mut self, place: u32) {
        self.click_file(place as usize, false, false);
        let Some(file) = self.files.file(place).cloned() else { return };
        self.shared.preferences.hints_done[0] = true;
        self.show_as_query(&file);
        if self.shared.preferences.plays_selected {
            self.play_file(&file);
        }
        self.go_to_matches();
    }

    /// Moves the cursor through the files, and plays if that is switched on. `extend` selects everything in between.
    pub fn step_file(&mut self, by: isize, extend: bool) {
        let Some(next) = self.files.step(by) else { return };
        self.click_file(next as usize, false, extend);
        self.files.reveal = Some(Line::File(next));
        let Some(file) = self.files.file(next).filter(|_| !extend).cloned() else { return };
        self.show_as_query(&file);
        if self.shared.preferences.plays_selected {
            self.play_file(&file);
        }
    }

    /// Selects all files that have a row.
    pub fn select_all_files(&mut self) {
        self.shared.list = List::Files;
        self.files.select_all();
    }

    pub(super) fn select_places(&mut self, places: impl AsRef<[u32]>) {
        self.shared.list = List::Files;
        self.files.select_places(places.as_ref());
    }

    pub(super) fn first_selected_file(&self) -> Option<&Arc<SoundFile>> {
        self.files.first_selected()
    }

    fn selected_ids(&self) -> Vec<FileId> {
        self.files.selected.iter().copied().collect()
    }

    pub fn remove_selected_files(&mut self) {
        let files = self.selected_ids();
        if !files.is_empty() && !self.shared.read_only() {
            self.submit(Command::RemoveFiles { files });
        }
    }

    pub fn ask_for_tag(&mut self) {
        let files = self.selected_ids();
        if !files.is_empty() && !self.shared.read_only() {
            self.modals.tag_typed.clear();
            self.open(Modal::Tags(files));
        }
    }

    pub(super) fn tag(&mut self, files: Vec<FileId>, tag: impl AsRef<str>) {
        let tag = tag.as_ref().trim().to_owned();
        if !tag.is_empty() {
            self.submit(Command::TagFiles { files, tag });
        }
    }

    pub(super) fn untag(&mut self, files: Vec<FileId>, tag: String) {
        self.submit(Command::UntagFiles { files, tag });
    }

    /// Searches for sounds like a file.
    pub(super) fn find_sounds_like(&mut self, file: Arc<SoundFile>) {
        self.shared.preferences.hints_done[0] = true;
        self.choose_query(file.path.clone(), None);
    }

    /// Shows the selected files in the file manager.
    pub(super) fn reveal_selected_files(&mut self) {
        let files = self.files.selected_in_order().take(REVEALED_AT_MOST);
        self.reveal(files.map(|file| file.path.clone().into()).collect());
    }

    /// A file's row is dragged away. If it is selected, the other selected files go with it.
    pub(super) fn drag_files_out(&mut self, file: Arc<SoundFile>) {
        let paths: Vec<PathBuf> = match self.files.selected.contains(&file.id) {
            true => self.files.selected_in_order().map(|file| file.path.clone().into()).collect(),
            false => vec![file.path.clone().into()],
        };
        if self.shared.drags_out {
            self.shared.preferences.hints_done[2] = true;
            self.act(Action::DragOut(paths));
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
    pub(super) fn read_changed_files(&mut self) {
        let on_disk = &self.shared.latest.on_disk;
        let changed = self.files.selected_in_order().filter(|file| on_disk.get(&file.id) == Some(&OnDisk::Changed));
        let paths = changed.map(|file| file.path.clone().into()).collect();
        self.add(paths);
    }
}
