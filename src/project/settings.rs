//! Settings in the project's folder. Each kind has a small file of its own.

use std::io::ErrorKind;
use std::path::Path;

use super::error::ProjectError;
use super::folder::Project;
use crate::ground::files;

/// The most bytes of a settings file.
pub(super) const BYTES_AT_MOST: u64 = 16 << 20;

/// The settings for sound in and out.
const SOUND: &str = "sound.json";

/// Whether the added folders are watched.
const WATCHED: &str = "watch.json";

/// The patterns of files to leave out of folders.
const IGNORED: &str = "ignored.json";

/// The key of this project in shared libraries.
const PUBLISHER: &str = "publisher.json";

#[derive(serde::Deserialize)]
struct Publisher {
    publisher: String,
}

impl Project {
    /// The settings for sound in and out, as JSON. `None` if they were never saved.
    pub fn sound_settings(&self) -> Result<Option<String>, ProjectError> {
        self.kept(SOUND)
    }

    pub fn keep_sound_settings(&self, text: &str) -> Result<(), ProjectError> {
        self.keep(SOUND, text)
    }

    /// The settings for watching folders, as JSON. `None` if they were never saved.
    pub fn watched_folders(&self) -> Result<Option<String>, ProjectError> {
        self.kept(WATCHED)
    }

    pub fn keep_watched_folders(&self, text: &str) -> Result<(), ProjectError> {
        self.keep(WATCHED, text)
    }

    /// The patterns of files to leave out of folders.
    pub fn ignored(&self) -> Result<Vec<String>, ProjectError> {
        // If the file is not a list of texts, no pattern applies. That loses nothing.
        let text = self.kept(IGNORED)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    pub fn keep_ignored(&self, patterns: &[String]) -> Result<(), ProjectError> {
        self.keep(IGNORED, &serde_json::json!(patterns).to_string())
    }

    /// The key by which shared libraries know this project. It is made when it is first needed.
    pub fn publisher_key(&self) -> Result<String, ProjectError> {
        let known = self.kept(PUBLISHER)?;
        if let Some(key) = known.and_then(|text| serde_json::from_str::<Publisher>(&text).ok()) {
            return Ok(key.publisher);
        }
        self.check_writable()?;
        let publisher = format!("{:032x}", rand::random::<u128>());
        self.keep(PUBLISHER, &serde_json::json!({"publisher": publisher}).to_string())?;
        Ok(publisher)
    }

    /// The settings files that cannot be used, with the reasons, for people.
    pub fn unusable_settings(&self) -> Vec<String> {
        let flaw = |name: &str| {
            let cause = match files::read_text_within(self.folder.join(name).as_std_path(), BYTES_AT_MOST) {
                Ok(text) => serde_json::from_str::<serde_json::Value>(&text).err()?.to_string(),
                Err(cause) if cause.kind() == ErrorKind::NotFound => return None,
                Err(cause) => cause.to_string(),
            };
            Some(format!("{name} cannot be used, so its settings are the default ones: {cause}"))
        };
        [SOUND, WATCHED, IGNORED, PUBLISHER].into_iter().filter_map(flaw).collect()
    }

    /// The text of a settings file. A file that is damaged or not regular counts as absent, so the defaults apply. The
    /// log says so.
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

    /// Replaces the text of a settings file. A kill at any moment leaves the old text or the new one.
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
