//! The person's use of the library's favourites, recordings, earlier queries and tags.

use super::{List, State};
use crate::dataset::Favourite;
use crate::engine::TakeView;
use crate::gui::library::{Head, Section, tag_filter};
use crate::gui::query_history::Asked;

impl State {
    /// The lines above the folders.
    pub fn heads(&self) -> Vec<Head> {
        self.library.heads(|section| self.things_in(section))
    }

    pub fn things_in(&self, section: Section) -> usize {
        match section {
            Section::Favourites => self.latest.favourites.len(),
            Section::Collections => self.latest.collections.len(),
            Section::Searches => self.latest.searches.len(),
            Section::Takes => self.latest.takes.len(),
            Section::Queries => self.search.history.asked().len(),
            Section::Tags => self.library.tags().len(),
        }
    }

    pub fn favourite_at(&self, place: usize) -> Option<&Favourite> {
        self.latest.favourites.get(place)
    }

    pub fn take_at(&self, place: usize) -> Option<&TakeView> {
        self.latest.takes.get(place)
    }

    /// The query at this position of the section, where the newest is first.
    pub fn query_at(&self, place: usize) -> Option<(usize, &Asked)> {
        let asked = self.search.history.asked();
        let place = asked.len().checked_sub(place + 1)?;
        Some((place, asked.get(place)?))
    }

    /// Whether the list is filtered by this tag.
    pub fn shows_tag(&self, tag: &str) -> bool {
        self.files.filter.trim() == tag_filter(tag)
    }

    /// A click on a line, or Enter or Space: a section unfolds, a sound plays and becomes the query, a tag filters the
    /// files.
    pub fn choose_head(&mut self, head: Head) {
        self.list = List::Library;
        self.library.cursor = Some(head);
        match head {
            Head::Section(section) => {
                let is_open = self.library.unfolded.contains(&section);
                self.library.fold(section, is_open);
            }
            Head::Item(Section::Favourites, place) => {
                let Some(favourite) = self.favourite_at(place).copied() else { return };
                let Some(clip) = self.favourite_clip(&favourite) else { return };
                self.choose_query(clip.path, Some((favourite.start_secs, favourite.end_secs)));
                self.preview_query();
            }
            Head::Item(Section::Collections, place) => {
                if let Some(collection) = self.collection_at(place).map(|collection| collection.id) {
                    self.look_into_collection(collection);
                }
            }
            Head::Item(Section::Searches, place) => {
                self.open_saved(place);
                self.preview_query();
            }
            Head::Item(Section::Takes, place) => {
                let Some(path) = self.take_at(place).map(|take| take.path.clone()) else { return };
                self.choose_query(path, None);
                self.preview_query();
            }
            Head::Item(Section::Queries, place) => {
                let Some((place, _)) = self.query_at(place) else { return };
                self.go_to_query(place);
                self.preview_query();
            }
            Head::Item(Section::Tags, place) => {
                let Some(tag) = self.library.tags().get(place).map(|(tag, _)| tag.clone()) else { return };
                self.files.filter = if self.shows_tag(&tag) { String::new() } else { tag_filter(&tag) };
            }
        }
    }

    /// An arrow key moves through the lines.
    pub(super) fn step_heads(&mut self, by: isize) {
        let heads = self.heads();
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
