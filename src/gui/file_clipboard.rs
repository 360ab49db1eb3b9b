//! Copies a file to the clipboard, so that you can paste it into a file manager or another program.
//!
//! The window library's clipboard takes only text and pictures.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use arboard::{Clipboard, Error};

/// The clipboard. Clones share it. On X11, the copied file can be pasted as long as one clone lives.
#[derive(Clone, Default)]
pub struct FileClipboard(Arc<Mutex<Option<Clipboard>>>);

impl FileClipboard {
    /// Puts the file at `path` on the clipboard. This can wait for the desktop, so the window's thread must not call
    /// it.
    ///
    /// # Errors
    /// If the desktop cannot be reached, if its clipboard takes no files from this program (some Wayland desktops), or
    /// if the file is missing.
    pub fn copy(&self, path: &Path) -> Result<(), Error> {
        let mut clipboard = self.0.lock();
        let clipboard = match &mut *clipboard {
            Some(open) => open,
            closed => closed.insert(Clipboard::new()?),
        };
        clipboard.set().file_list(&[path])
    }
}
