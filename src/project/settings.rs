//! Settings that are kept in the project's folder, each kind in a small file of its own.

use std::io::ErrorKind;
use std::path::Path;

use super::error::ProjectError;
use super::folder::Project;
use crate::ground::files;

/// Bytes that a settings file has at most.
pub(super) const BYTES_AT_MOST: u64 = 16 << 20;

/// How sound goes in and out.
const SOUND: &str = "sound.json";

/// Whether the folders that were added are watched.
const WATCHED: &str = "watch.json";

/// What is left out of folders: a list of patterns.
const IGNORED: &str = "ignored.json";

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

    /// The patterns of what is left out of folders, as they were kept last.
    pub fn ignored(&self) -> Result<Vec<String>, ProjectError> {
        // A file that is no list of texts leaves nothing out, which loses nothing.
        let text = self.kept(IGNORED)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    pub fn keep_ignored(&self, patterns: &[String]) -> Result<(), ProjectError> {
        self.keep(IGNORED, &serde_json::json!(patterns).to_string())
    }

    /// The text of a settings file. One that is damaged, or is no ordinary file, counts as absent: settings fall back to
    /// what they are at first, and the log says so.
    fn kept(&self, name: &str) -> Result<Option<String>, ProjectError> {
        let path = self.folder.join(name);
        match files::read_text_within(path.as_std_path(), BYTES_AT_MOST) {
            Ok(text) => Ok(Some(text)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => {
                tracing::warn!("{path} cannot be used, so its settings are the default ones: {cause}");
                Ok(None)
            }
        }
    }

    /// Replaces what was kept. After a kill at any moment there is the old text or the new.
    fn keep(&self, name: &str, text: &str) -> Result<(), ProjectError> {
        let is_ours = |path: &Path| {
            let text = files::read_text_within(path, BYTES_AT_MOST);
            text.is_ok_and(|text| serde_json::from_str::<serde_json::Value>(&text).is_ok())
        };
        self.claim(name, is_ours)?;
        let path = self.folder.join(name);
        files::replace(path.as_std_path(), text.as_bytes()).map_err(|cause| ProjectError::File { path, cause })
    }
}
