//! What the person does about copies, missing files, and what is left out of folders.

use std::sync::Arc;

use super::State;
use crate::dataset::FileId;
use crate::engine::{Command, CopiesDeed, RelinkPlan};
use crate::gui::file_table::Line;
use crate::gui::modals::Modal;
use crate::gui::notices::Tone;
use crate::gui::saving::What;

impl State {
    /// Selects a file and its copies in the library.
    pub(super) fn show_copies(&mut self, file: FileId) {
        let Some(group) = self.shared.latest.dataset.copies_group(file).map(<[FileId]>::to_vec) else { return };
        self.files.filter.clear();
        self.arrange_files();
        let places: Vec<u32> = (0..)
            .zip(&self.shared.latest.dataset.files)
            .filter(|(_, file)| group.contains(&file.id))
            .map(|(place, _)| place)
            .collect();
        let first = places.first().copied();
        self.select_places(places);
        self.files.reveal = first.map(Line::File);
    }

    /// Asks before copies go to the trash or leave the project.
    pub(super) fn ask_to_thin_out(&mut self, deed: CopiesDeed) {
        if self.copies.reviewed().is_some_and(|report| report.others() > 0) && !self.shared.read_only() {
            self.open(Modal::ThinOut(deed));
        }
    }

    pub(super) fn thin_out(&mut self, deed: CopiesDeed) {
        self.modals.close();
        if let Some(copies) = self.copies.reviewed().map(Arc::new) {
            self.submit(Command::ThinOutCopies { copies, deed });
        }
    }

    pub(super) fn ask_to_save_copies_script(&mut self) {
        if let Some(copies) = self.copies.reviewed() {
            self.ask_to_save(What::CopiesScript(Arc::new(copies)), "remove copies.sh");
        }
    }

    pub(super) fn ask_where_files_are(&mut self) {
        if !self.shared.read_only() {
            self.modals.upkeep.found = None;
            self.modals.upkeep.folder_typed.clear();
            self.open(Modal::Relink);
        }
    }

    pub(super) fn missing_found(&mut self, plan: Arc<RelinkPlan>) {
        self.modals.upkeep.is_looking = false;
        match self.modals.open == Some(Modal::Relink) {
            true => self.modals.upkeep.found = Some(plan),
            false => self.notices.push(Tone::Good, format!("{}.", plan.words())),
        }
    }

    /// Gives the files that were found their new places.
    pub(super) fn relink(&mut self) {
        if let Some(plan) = self.modals.upkeep.found.take().filter(|plan| !plan.found.is_empty()) {
            self.modals.close();
            self.submit(Command::Relink(plan));
        }
    }

    /// Removes the missing files from the project.
    pub(super) fn forget_missing(&mut self) {
        self.modals.close();
        self.submit(Command::ForgetMissing);
    }

    pub fn ask_what_is_left_out(&mut self) {
        self.modals.upkeep.patterns_typed = self.shared.latest.ignored.join("\n");
        self.modals.upkeep.left_out = None;
        self.open(Modal::LeftOut);
        self.submit(Command::ListLeftOut);
    }
}
