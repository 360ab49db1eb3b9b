//! Opening, filling, renaming and exporting collections.

use super::State;
use crate::dataset::{CollectionId, Item};
use crate::engine::{CollectionChange, CollectionFormat, Command};
use crate::gui::modals::Modal;
use crate::gui::saving::What;
use crate::gui::shared::{List, Page};

impl State {
    /// Shows a collection as a list.
    pub(super) fn look_into_collection(&mut self, collection: CollectionId) {
        if self.collection.open != Some(collection) {
            self.collection.selected = 0;
        }
        self.collection.open = Some(collection);
        self.shared.page = Page::Collection;
        self.shared.list = List::Collection;
        self.collection.take_focus = true;
    }

    /// Returns from a collection to the search.
    pub(super) fn close_collection(&mut self) {
        self.collection.open = None;
        if self.shared.page == Page::Collection {
            self.shared.page = Page::Search;
            self.shared.list = List::Matches;
        }
    }

    /// Closes the shown collection if it was removed.
    pub(super) fn collections_changed(&mut self) {
        match self.collection.collection(&self.shared).map(|collection| collection.items.len()) {
            Some(items) => self.collection.selected = self.collection.selected.min(items.saturating_sub(1)),
            None => self.close_collection(),
        }
    }

    /// The selection of the list that was used last, as items of a collection.
    pub fn selected_items(&self) -> Vec<Item> {
        match self.shared.list {
            List::Matches => self.search.selected.into_iter().filter_map(|line| self.search.item_of(line)).collect(),
            List::Collection => self.collection.item_at(self.collection.selected, &self.shared).into_iter().collect(),
            _ => self.files.selected_in_order().map(|file| Item { file: file.id, stretch_secs: None }).collect(),
        }
    }

    /// Asks which collection these items go into.
    pub fn ask_for_collection(&mut self, items: Vec<Item>) {
        if !items.is_empty() && !self.shared.read_only() {
            self.modals.ask_for_name(Modal::Collect(items), "");
        }
    }

    /// Puts items into the collection of this name. If there is none, it is created.
    pub(super) fn put_into_collection(&mut self, name: impl AsRef<str>, items: Vec<Item>) {
        let name = name.as_ref().trim().to_owned();
        if !name.is_empty() && !self.shared.read_only() {
            self.modals.close();
            self.submit(Command::ChangeCollection(CollectionChange::Put { name, items, before: None }));
        }
    }

    /// Moves the selected item of the open collection up or down.
    pub fn move_selected_item(&mut self, by: isize) {
        let from = self.collection.selected;
        let to = from.saturating_add_signed(by);
        self.with_intents(|state, intents| state.collection.move_item(from, to, &state.shared, intents));
    }

    /// Takes the selected item out of the open collection.
    pub fn take_selected_item_out(&mut self) {
        self.with_intents(|state, intents| {
            state.collection.take_out(state.collection.selected, &state.shared, intents);
        });
    }

    pub(super) fn rename_collection(&mut self, collection: CollectionId) {
        if let Some(name) = self.modals.take_name() {
            self.submit(Command::ChangeCollection(CollectionChange::Rename { collection, name }));
        }
    }

    pub(super) fn ask_to_export_collection(&mut self, collection: CollectionId) {
        let Some(known) = self.shared.latest.collections.iter().find(|known| known.id == collection) else { return };
        let name = format!("{}.m3u8", known.name.replace(['/', '\\'], "-"));
        self.ask_to_save(What::Collection(collection, CollectionFormat::M3u), &name);
    }
}
