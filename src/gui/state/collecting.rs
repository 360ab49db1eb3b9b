//! Collections: opening them, putting sounds in, taking them out, and moving them.

use super::{List, Modal, Page, State};
use crate::dataset::{Collection, CollectionId, FileId, Item};
use crate::engine::{ChunkPlace, CollectionChange, CollectionFormat, Command, Grouping};
use crate::gui::match_list::Line;
use crate::gui::saving::{Saving, What};
use crate::gui::search_state::stretch_of;

impl State {
    pub fn collection_at(&self, place: usize) -> Option<&Collection> {
        self.latest.collections.get(place)
    }

    /// The collection that is shown.
    pub fn open_collection(&self) -> Option<&Collection> {
        let open = self.collecting.open?;
        self.latest.collections.iter().find(|collection| collection.id == open)
    }

    /// Shows a collection as a list.
    pub fn look_into_collection(&mut self, collection: CollectionId) {
        if self.collecting.open != Some(collection) {
            self.collecting.selected = 0;
        }
        self.collecting.open = Some(collection);
        self.page = Page::Collection;
        self.list = List::Collection;
        self.collecting.take_focus = true;
    }

    /// Returns from a collection to the search.
    pub fn close_collection(&mut self) {
        self.collecting.open = None;
        if self.page == Page::Collection {
            self.page = Page::Search;
            self.list = List::Matches;
        }
    }

    /// Closes the shown collection if it was removed.
    pub(super) fn collections_changed(&mut self) {
        match self.open_collection().map(|collection| collection.items.len()) {
            Some(items) => self.collecting.selected = self.collecting.selected.min(items.saturating_sub(1)),
            None => self.close_collection(),
        }
    }

    /// The selected files, or the selected match, as items of a collection.
    pub fn selected_items(&self) -> Vec<Item> {
        match self.list {
            List::Matches => self.search.selected.into_iter().filter_map(|line| self.item_of_match(line)).collect(),
            List::Collection => self.item_at(self.collecting.selected).into_iter().collect(),
            _ => self.selected_in_order().map(|file| Item { file: file.id, stretch_secs: None }).collect(),
        }
    }

    /// A match as an item: its file, or its moment if the list shows moments or events.
    pub fn item_of_match(&self, line: Line) -> Option<Item> {
        let found = self.search.match_at(line)?;
        let is_moment = matches!(line, Line::Moment { .. }) || found.by != Grouping::File;
        Some(Item { file: found.file, stretch_secs: stretch_of(found).filter(|_| is_moment) })
    }

    /// The sounds that a dragged row of the library takes along: all selected files if it is one of them.
    pub fn items_with(&self, file: FileId) -> Vec<Item> {
        match self.selected_files.contains(&file) {
            true => self.selected_in_order().map(|file| Item { file: file.id, stretch_secs: None }).collect(),
            false => vec![Item { file, stretch_secs: None }],
        }
    }

    /// Asks for the collection for these items.
    pub fn ask_for_collection(&mut self, items: Vec<Item>) {
        if !items.is_empty() && !self.read_only() {
            self.name_typed.clear();
            self.modal = Some(Modal::Collect(items));
        }
    }

    /// Puts items into the collection of this name. It is created if needed.
    pub fn put_into_collection(&mut self, name: &str, items: Vec<Item>) {
        let name = name.trim().to_owned();
        if !name.is_empty() && !self.read_only() {
            self.modal = None;
            self.submit(Command::ChangeCollection(CollectionChange::Put { name, items, before: None }));
        }
    }

    fn item_at(&self, place: usize) -> Option<Item> {
        self.open_collection()?.items.get(place).copied()
    }

    /// The place of an item of the open collection.
    pub fn place_of_item(&self, place: usize) -> Option<ChunkPlace> {
        let Item { file, stretch_secs } = self.item_at(place)?;
        let sound = self.latest.dataset.file(file)?;
        let (start_secs, end_secs) = stretch_secs.unwrap_or((0.0, sound.duration_secs()));
        Some(ChunkPlace { file, path: sound.path.clone(), start_secs, end_secs })
    }

    pub fn select_item(&mut self, place: usize) {
        self.list = List::Collection;
        self.collecting.selected = place;
    }

    pub(super) fn step_in_collection(&mut self, by: isize) -> bool {
        let Some(last) = self.open_collection().and_then(|open| open.items.len().checked_sub(1)) else { return false };
        let next = self.collecting.selected.saturating_add_signed(by).min(last);
        let moved = next != self.collecting.selected;
        (self.collecting.selected, self.collecting.reveal) = (next, moved);
        moved
    }

    /// Moves an item of the open collection to another position.
    pub fn move_item(&mut self, from: usize, to: usize) {
        let (Some(collection), Some(item)) = (self.collecting.open, self.item_at(from)) else { return };
        let last = self.open_collection().map_or(0, |open| open.items.len().saturating_sub(1));
        let to = to.min(last);
        if from != to && !self.read_only() {
            self.collecting.selected = to;
            self.collecting.reveal = true;
            self.submit(Command::ChangeCollection(CollectionChange::Move { collection, item, to }));
        }
    }

    /// Moves the selected item up or down.
    pub fn move_selected_item(&mut self, by: isize) {
        let from = self.collecting.selected;
        self.move_item(from, from.saturating_add_signed(by));
    }

    /// Takes an item out of the open collection. The file stays.
    pub fn take_item_out(&mut self, place: usize) {
        if let (Some(collection), Some(item), false) = (self.collecting.open, self.item_at(place), self.read_only()) {
            let items = vec![item];
            self.submit(Command::ChangeCollection(CollectionChange::Take { collection, items }));
        }
    }

    pub fn rename_collection(&mut self, collection: CollectionId) {
        let name = self.name_typed.trim().to_owned();
        self.modal = None;
        if !name.is_empty() {
            self.submit(Command::ChangeCollection(CollectionChange::Rename { collection, name }));
        }
    }

    pub fn ask_to_export_collection(&mut self, collection: CollectionId) {
        let Some(known) = self.latest.collections.iter().find(|known| known.id == collection) else { return };
        let format = CollectionFormat::M3u;
        let name = format!("{}.m3u8", known.name.replace(['/', '\\'], "-"));
        self.saving = Some(Saving::new(What::Collection(collection, format), &name));
        self.modal = Some(Modal::Save);
    }
}
