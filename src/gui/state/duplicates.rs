//! Looking for duplicates, and moving through them.

use super::{List, State};
use crate::dataset::FileId;
use crate::engine::Command;
use crate::gui::explore::duplicates::Line;

impl State {
    /// Searches for duplicates, once for each distance and state of the project.
    pub fn want_duplicates(&mut self) {
        let Some(generation) = self.index_generation() else { return };
        let files = self.latest.dataset.files.len();
        let duplicates = &mut self.explore.duplicates;
        let (within, by) = (duplicates.within, duplicates.by);
        let key = (within, by, generation, files);
        if let Some(job) = duplicates.asked.overtaken_by(&key) {
            self.cancel(job);
        } else if duplicates.asked.wants(key) {
            self.submit(Command::FindDuplicates { within, by });
        }
    }

    pub fn remove_chosen_duplicates(&mut self) {
        let files: Vec<FileId> = std::mem::take(&mut self.explore.duplicates.chosen).into_iter().collect();
        if !files.is_empty() {
            self.submit(Command::RemoveFiles { files });
        }
    }

    pub(in crate::gui) fn step_duplicates(&mut self, by: isize) -> bool {
        let duplicates = &mut self.explore.duplicates;
        let Some(last) = duplicates.lines.len().checked_sub(1) else { return false };
        let next = Some(duplicates.selected.map_or(0, |at| at.saturating_add_signed(by).min(last)));
        let moved = duplicates.selected != next;
        (duplicates.selected, duplicates.reveal) = (next, moved);
        moved
    }

    /// A click on a line: unfolds or folds a group, or plays a member.
    pub fn click_duplicate(&mut self, line: usize) {
        self.list = List::Duplicates;
        self.explore.duplicates.selected = Some(line);
        match self.explore.duplicates.lines.get(line) {
            Some(&Line::Group { group, .. }) => self.explore.duplicates.toggle(group),
            Some(Line::Member { .. }) => {
                if let Some(place) = self.explore.duplicates.selected_place() {
                    self.play_place(&place);
                }
            }
            None => {}
        }
    }
}
