//! The sections of the library: what choosing one of their lines does.

use super::State;
use crate::gui::library::{Head, Section, tag_filter};
use crate::gui::shared::List;

impl State {
    /// A click on a line, or Enter or Space. A section unfolds, a sound plays and becomes the query, and a tag filters the
    /// files.
    pub fn choose_head(&mut self, head: Head) {
        self.shared.list = List::Library;
        self.library.cursor = Some(head);
        match head {
            Head::Section(section) => {
                let is_open = self.library.unfolded.contains(&section);
                self.library.fold(section, is_open);
            }
            Head::Item(Section::Favourites, place) => {
                let Some(favourite) = self.shared.favourite_at(place).copied() else { return };
                let Some(clip) = self.shared.favourite_clip(&favourite) else { return };
                self.choose_query(clip.path, Some((favourite.start_secs, favourite.end_secs)));
                self.preview_query();
            }
            Head::Item(Section::Collections, place) => {
                if let Some(collection) = self.shared.collection_at(place).map(|collection| collection.id) {
                    self.look_into_collection(collection);
                }
            }
            Head::Item(Section::Searches, place) => {
                self.open_saved(place);
                self.preview_query();
            }
            Head::Item(Section::Takes, place) => {
                let Some(path) = self.shared.take_at(place).map(|take| take.path.clone()) else { return };
                self.choose_query(path, None);
                self.preview_query();
            }
            Head::Item(Section::Queries, place) => {
                let Some((place, _)) = self.search.history.newest(place) else { return };
                self.go_to_query(place);
                self.preview_query();
            }
            Head::Item(Section::Tags, place) => {
                let Some(tag) = self.library.tags().get(place).map(|(tag, _)| tag.clone()) else { return };
                let filter = tag_filter(&tag);
                self.files.filter = if self.files.filter.trim() == filter { String::new() } else { filter };
            }
        }
    }

    /// An arrow key moves through the lines.
    pub(super) fn step_heads(&mut self, by: isize) {
        let heads = self.library.heads(&self.shared, &self.search.history);
        let Some(last) = heads.len().checked_sub(1) else { return };
        let at = self.library.cursor.and_then(|cursor| heads.iter().position(|head| *head == cursor));
        self.library.cursor = Some(heads[at.map_or(0, |at| at.saturating_add_signed(by).min(last))]);
        self.library.reveal = true;
    }

    /// Left folds the section at the cursor, Right unfolds it.
    pub fn fold_at_cursor(&mut self, fold: bool) {
        if let Some(Head::Section(section) | Head::Item(section, _)) = self.library.cursor {
            self.library.fold(section, fold);
        }
    }
}
