//! The collection that is open, as a list.

use super::intents::Intents;
use super::shared::{List, Shared};
use crate::dataset::{Collection, CollectionId, Item};
use crate::engine::{ChunkPlace, CollectionChange, Command};

#[derive(Clone, Debug, Default)]
pub struct Collecting {
    /// The collection that is shown.
    pub open: Option<CollectionId>,
    /// The position of the selected item.
    pub selected: usize,
    pub reveal: bool,
    /// Set when the selected row should get the keyboard's focus.
    pub take_focus: bool,
    /// Set when the menu of the selected item should open, because a key asked for it.
    pub open_menu: bool,
}

/// Sounds that a person drags with the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct DraggedSounds(pub Vec<Item>);

/// An item that a person drags to another position in its collection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DraggedItem(pub usize);

impl Collecting {
    /// The collection that is shown.
    pub fn collection<'a>(&self, shared: &'a Shared) -> Option<&'a Collection> {
        let open = self.open?;
        shared.latest.collections.iter().find(|collection| collection.id == open)
    }

    pub fn item_at(&self, place: usize, shared: &Shared) -> Option<Item> {
        self.collection(shared)?.items.get(place).copied()
    }

    /// The stretch of its file that an item stands for.
    pub fn place_of(&self, place: usize, shared: &Shared) -> Option<ChunkPlace> {
        let Item { file, stretch_secs } = self.item_at(place, shared)?;
        let sound = shared.latest.dataset.file(file)?;
        let (start_secs, end_secs) = stretch_secs.unwrap_or((0.0, sound.duration_secs()));
        Some(ChunkPlace { file, path: sound.path.clone(), start_secs, end_secs })
    }

    pub fn select(&mut self, place: usize, intents: &mut Intents) {
        self.selected = place;
        intents.use_list(List::Collection);
    }

    /// Moves the selection. Returns whether it moved.
    pub fn step(&mut self, by: isize, shared: &Shared) -> bool {
        let items = self.collection(shared).map_or(0, |open| open.items.len());
        let Some(last) = items.checked_sub(1) else { return false };
        let next = self.selected.saturating_add_signed(by).min(last);
        let moved = next != self.selected;
        (self.selected, self.reveal) = (next, moved);
        moved
    }

    /// Moves an item to another position.
    pub fn move_item(&mut self, from: usize, to: usize, shared: &Shared, intents: &mut Intents) {
        let (Some(collection), Some(item)) = (self.open, self.item_at(from, shared)) else { return };
        let last = self.collection(shared).map_or(0, |open| open.items.len().saturating_sub(1));
        let to = to.min(last);
        if from != to && !shared.read_only() {
            self.selected = to;
            self.reveal = true;
            intents.submit(Command::ChangeCollection(CollectionChange::Move { collection, item, to }));
        }
    }

    /// Takes an item out of the collection. Its file stays.
    pub fn take_out(&self, place: usize, shared: &Shared, intents: &mut Intents) {
        if let (Some(collection), Some(item), false) = (self.open, self.item_at(place, shared), shared.read_only()) {
            let items = vec![item];
            intents.submit(Command::ChangeCollection(CollectionChange::Take { collection, items }));
        }
    }
}
