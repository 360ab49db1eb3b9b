//! Collections: files and moments that a person put together, in order, under a name.

use serde::{Deserialize, Serialize};

use super::FileId;

/// The number of a collection. A number is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CollectionId(pub i64);

#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    pub id: CollectionId,
    pub name: String,
    /// In the person's order. Each item occurs once.
    pub items: Vec<Item>,
}

/// A file, or a moment in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub file: FileId,
    /// Start and end, in seconds from the file's start. `None` for the whole file.
    pub stretch_secs: Option<(f64, f64)>,
}
