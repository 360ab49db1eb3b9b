//! Settings that are kept in the project's folder, each kind in a small file of its own.

use std::io::{ErrorKind, Write};

use super::folder::{Project, ProjectError};

/// How sound goes in and out.
const SOUND: &str = "sound.json";

/// Which folders are watched.
const WATCHED: &str = "watch.json";

impl Project {
    /// How sound goes in and out, as it was kept last; `None` before that.
    pub fn sound_settings(&self) -> Result<Option<String>, ProjectError> {
        self.kept(SOUND)
    }

    pub fn keep_sound_settings(&self, text: &str) -> Result<(), ProjectError> {
        self.keep(SOUND, text)
    }

    /// The folders that are watched, as they were kept last; `None` before that.
    pub fn watched_folders(&self) -> Result<Option<String>, ProjectError> {
        self.kept(WATCHED)
    }

    pub fn keep_watched_folders(&self, text: &str) -> Result<(), ProjectError> {
        self.keep(WATCHED, text)
    }

    fn kept(&self, name: &str) -> Result<Option<String>, ProjectError> {
        let path = self.folder.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(ProjectError::File { path, cause }),
        }
    }

    /// Replaces what was kept: after a kill at any moment there is the old text or the new.
    fn keep(&self, name: &str, text: &str) -> Result<(), ProjectError> {
        self.check_writable()?;
        let path = self.folder.join(name);
        let write = || {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|cause| ProjectError::File { path: path.clone(), cause })
    }
}
