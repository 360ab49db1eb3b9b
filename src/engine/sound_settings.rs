//! How a person wants sound to go in and out; kept with the project.

use serde::{Deserialize, Serialize};

use super::error::EngineError;
use crate::audio::device::{DeviceName, StopWhen};
use crate::project::Project;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoundSettings {
    /// `None` is whatever the computer takes for its default.
    pub output: Option<DeviceName>,
    pub input: Option<DeviceName>,
    /// Whether all sounds are played at one loudness.
    pub level_matched: bool,
    /// How much before and after a match is played with it.
    pub surroundings_secs: f64,
    /// A recording ends by itself after so long, or when the sound has ended.
    pub stop_after_secs: Option<f64>,
    pub stop_when_quiet: bool,
}

impl Default for SoundSettings {
    fn default() -> Self {
        Self {
            output: None,
            input: None,
            level_matched: true,
            surroundings_secs: 0.0,
            stop_after_secs: None,
            stop_when_quiet: false,
        }
    }
}

impl SoundSettings {
    pub fn stop_when(&self) -> StopWhen {
        StopWhen { after_secs: self.stop_after_secs, quiet: self.stop_when_quiet }
    }

    /// What was kept; the defaults where nothing was, or nothing that this program can read: that is no reason not to
    /// open the project.
    pub(super) fn load(project: &Project) -> Result<Self, EngineError> {
        let text = project.sound_settings()?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    pub(super) fn keep(&self, project: &Project) -> Result<(), EngineError> {
        let text = serde_json::to_string_pretty(self).map_err(|cause| EngineError::Fault(cause.to_string()))?;
        Ok(project.keep_sound_settings(&text)?)
    }
}
