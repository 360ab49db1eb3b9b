//! The dialogs that cover the window until they are answered, and what the person has typed into them.

use camino::Utf8PathBuf;

use super::saving::Saving;
use super::upkeep::Upkeep;
use crate::dataset::{CollectionId, FileId, Item};
use crate::engine::CopiesDeed;

#[derive(Clone, Debug, PartialEq)]
pub enum Modal {
    /// Deletes a take and its file.
    DeleteTake(Utf8PathBuf),
    /// The tags of some files.
    Tags(Vec<FileId>),
    /// Saves something: see [`Modals::saving`].
    Save,
    /// Puts some sounds into a collection.
    Collect(Vec<Item>),
    RenameCollection(CollectionId),
    /// Removes copies.
    ThinOut(CopiesDeed),
    /// Asks where missing files are now.
    Relink,
    /// What is left out of folders.
    LeftOut,
    /// Saves the search under a name.
    SaveSearch,
    /// Renames the saved search of this name.
    RenameSearch(String),
    /// Opens another project.
    OpenProject,
    /// Opens a shared library.
    #[cfg(feature = "shared")]
    SharedLibrary,
    /// The list of keys.
    Keys,
    /// Closes the window during a recording.
    LeaveRecording,
}

#[derive(Clone, Debug, Default)]
pub struct Modals {
    pub open: Option<Modal>,
    pub saving: Option<Saving>,
    pub upkeep: Upkeep,
    pub tag_typed: String,
    /// The name of a saved search or of a collection.
    pub name_typed: String,
    /// The folder of another project.
    pub project_typed: String,
    /// The address of a shared library, its roots as lines of `NAME=PATH`, and why it was not opened.
    pub library_typed: String,
    pub roots_typed: String,
    pub library_refused: Option<String>,
}

impl Modals {
    /// Opens a dialog that asks for a name. `name` is in its field.
    pub fn ask_for_name(&mut self, modal: Modal, name: &str) {
        name.clone_into(&mut self.name_typed);
        self.open = Some(modal);
    }

    pub fn close(&mut self) {
        self.open = None;
    }

    /// The name that was typed, if it is one. Closes the dialog.
    pub fn take_name(&mut self) -> Option<String> {
        self.open = None;
        let name = self.name_typed.trim();
        (!name.is_empty()).then(|| name.to_owned())
    }
}
