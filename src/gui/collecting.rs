//! The collection that is open, and the sounds that are being put into one.

use crate::dataset::{CollectionId, Item};

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
