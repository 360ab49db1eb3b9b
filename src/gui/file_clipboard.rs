//! Copies a file to the clipboard, so that you can paste it into a file manager or another program.
//!
//! The window library's clipboard takes only text and pictures.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use arboard::{Clipboard, Error};

/// The clipboard. Clones are the same one. On X11 what was copied can be pasted for as long as one of them lives.
#[derive(Clone, Default)]
pub struct FileClipboard(Arc<Mutex<Option<Clipboard>>>);

impl FileClipboard {
    /// Puts the file at `path` on the clipboard. Can wait for the desktop: not for the window's thread.
    ///
    /// # Errors
    /// The desktop cannot be reached, its clipboard takes no files from this program (some Wayland desktops), or the file
    /// is missing.
    pub fn copy(&self, path: &Path) -> Result<(), Error> {
        let mut clipboard = self.0.lock();
        let clipboard = match &mut *clipboard {
            Some(open) => open,
            closed => closed.insert(Clipboard::new()?),
        };
        clipboard.set().file_list(&[path])
    }
}
