//! The collection that is open, and what is being put into one.

use crate::dataset::{CollectionId, Item};

#[derive(Clone, Debug, Default)]
pub struct Collecting {
    /// The collection on the page.
    pub open: Option<CollectionId>,
    /// Place among its items.
    pub selected: usize,
    pub reveal: bool,
    /// Set when the selected row is to get the keyboard's focus.
    pub take_focus: bool,
    /// The menu of the selected item was asked for by key.
    pub open_menu: bool,
}

/// Sounds that a person drags with the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct DraggedSounds(pub Vec<Item>);

/// An item that a person drags to another place in its collection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DraggedItem(pub usize);
