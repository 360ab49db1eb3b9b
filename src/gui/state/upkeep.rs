//! What the person wants of copies, of files that are missing, and of what is left out.

use std::sync::Arc;

use super::{List, Modal, State};
use crate::dataset::FileId;
use crate::engine::{ChunkPlace, Command, CopiesDeed, Keep, OnDisk, RelinkPlan};
use crate::gui::dialogs::Question;
use crate::gui::file_table::Line;
use crate::gui::format;
use crate::gui::notices::Tone;
use crate::gui::saving::{Saving, What};
use crate::gui::search_state::typed_path;
use crate::gui::upkeep::{CopyLine, Rule, whole};

impl State {
    /// Looks for exact copies, once for each rule and state of the library.
    pub fn want_copies(&mut self) {
        let Some(keep) = self.upkeep.copies.keep() else { return };
        let copies = &mut self.upkeep.copies;
        let folder = if copies.rule == Rule::InFolder { copies.folder_typed.clone() } else { String::new() };
        let key = (copies.rule, folder, self.latest.dataset.files.len());
        // A folder is taken when it is typed whole, not letter by letter.
        if (copies.rule != Rule::InFolder || matches!(&keep, Keep::In(folder) if folder.is_absolute()))
            && copies.asked.wants(key)
        {
            self.submit(Command::FindCopies(keep));
        }
    }

    /// A person keeps a copy, or lets it go.
    pub fn keep_copy(&mut self, line: CopyLine, keeps: bool) {
        let copies = &mut self.upkeep.copies;
        let Some(path) = copies.file_at(line).map(|(_, path)| path.clone()) else { return };
        match keeps {
            true => copies.kept.insert(path),
            false => copies.kept.remove(&path),
        };
    }

    pub fn click_copy(&mut self, place: usize) {
        self.list = List::Copies;
        self.upkeep.copies.selected = Some(place);
        if let Some(place) = self.selected_copy() {
            self.play_place(&place);
        }
    }

    pub(super) fn step_copies(&mut self, by: isize) -> bool {
        let copies = &mut self.upkeep.copies;
        let Some(last) = copies.lines().len().checked_sub(1) else { return false };
        let next = Some(copies.selected.map_or(0, |at| at.saturating_add_signed(by).min(last)));
        let moved = copies.selected != next;
        (copies.selected, copies.reveal) = (next, moved);
        moved
    }

    pub fn selected_copy(&self) -> Option<ChunkPlace> {
        let (file, path) = self.upkeep.copies.selected_file()?;
        Some(whole(file, path, self.latest.dataset.file(file)?.duration_secs()))
    }

    /// Asks before copies are moved to the trash or leave the project.
    pub fn ask_to_thin_out(&mut self, deed: CopiesDeed) {
        if self.upkeep.copies.reviewed().is_some_and(|report| report.others() > 0) && !self.read_only() {
            self.modal = Some(Modal::ThinOut(deed));
        }
    }

    pub fn thin_out(&mut self, deed: CopiesDeed) {
        self.modal = None;
        if let Some(copies) = self.upkeep.copies.reviewed().map(Arc::new) {
            self.submit(Command::ThinOutCopies { copies, deed });
        }
    }

    pub fn ask_to_save_copies_script(&mut self) {
        if let Some(copies) = self.upkeep.copies.reviewed() {
            self.saving = Some(Saving::new(What::CopiesScript(Arc::new(copies)), "remove copies.sh"));
            self.modal = Some(Modal::Save);
        }
    }

    /// Selects a file and its copies in the library.
    pub fn show_copies(&mut self, file: FileId) {
        let Some(group) = self.latest.dataset.copies_group(file).map(<[FileId]>::to_vec) else { return };
        self.files.filter.clear();
        self.arrange_files();
        let places: Vec<u32> = (0..)
            .zip(&self.latest.dataset.files)
            .filter(|(_, file)| group.contains(&file.id))
            .map(|(place, _)| place)
            .collect();
        self.select_places(&places);
        self.files.reveal = places.first().map(|place| Line::File(*place));
    }

    /// Files that are not where they were, and files whose folder is not there.
    pub fn missing(&self) -> (usize, usize) {
        let missing = self.latest.on_disk.values().filter(|state| matches!(state, OnDisk::Missing)).count();
        let away = self.latest.on_disk.values().filter(|state| matches!(state, OnDisk::Away(_))).count();
        (missing, away)
    }

    /// Why a file cannot be heard now: it is missing, or its folder is away.
    pub fn absence_of(&self, file: FileId) -> Option<&str> {
        let state = self.latest.on_disk.get(&file)?;
        matches!(state, OnDisk::Missing | OnDisk::Away(_)).then(|| state.words())
    }

    pub fn ask_where_files_are(&mut self) {
        if !self.read_only() {
            self.upkeep.found = None;
            self.upkeep.folder_typed.clear();
            self.modal = Some(Modal::Relink);
        }
    }

    /// Looks for missing files in the folder that was typed.
    pub fn look_for_missing(&mut self) {
        if let Some(folder) = typed_path(&self.upkeep.folder_typed) {
            self.upkeep.is_looking = true;
            self.upkeep.found = None;
            self.submit(Command::FindMissing { folders: vec![folder] });
        }
    }

    pub fn browse_for_missing(&mut self) {
        self.ask(Question::WhereFilesAre);
    }

    pub(super) fn missing_found(&mut self, plan: Arc<RelinkPlan>) {
        self.upkeep.is_looking = false;
        match self.modal == Some(Modal::Relink) {
            true => self.upkeep.found = Some(plan),
            false => self.notices.push(Tone::Good, format!("{}.", plan.words())),
        }
    }

    /// Gives the files their new places.
    pub fn relink(&mut self) {
        if let Some(plan) = self.upkeep.found.take().filter(|plan| !plan.found.is_empty()) {
            self.modal = None;
            self.submit(Command::Relink(plan));
        }
    }

    pub fn forget_missing(&mut self) {
        self.modal = None;
        self.submit(Command::ForgetMissing);
    }

    pub fn ask_what_is_left_out(&mut self) {
        self.upkeep.patterns_typed = self.latest.ignored.join("\n");
        self.upkeep.left_out = None;
        self.modal = Some(Modal::LeftOut);
        self.submit(Command::ListLeftOut);
    }

    /// Keeps the patterns that were typed, and looks at what they leave out.
    pub fn keep_patterns(&mut self) {
        let patterns: Vec<String> = self.upkeep.patterns_typed.lines().map(str::to_owned).collect();
        self.upkeep.left_out = None;
        self.submit(Command::SetIgnored { patterns });
        self.submit(Command::ListLeftOut);
    }

    /// The copies of a file, in words: "2 copies".
    pub fn copies_in_words(&self, file: FileId) -> Option<String> {
        let copies = self.latest.dataset.copies_group(file)?.len() as u64 - 1;
        Some(format::counted(copies, "copy", "copies"))
    }
}
