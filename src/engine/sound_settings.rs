//! A person's settings for sound in and out. They are kept with the project.

use serde::{Deserialize, Serialize};

use super::error::EngineError;
use crate::audio::device::{DeviceName, StopWhen};
use crate::project::Project;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoundSettings {
    /// `None`: the computer's default device.
    pub output: Option<DeviceName>,
    pub input: Option<DeviceName>,
    /// Whether all sounds are played equally loud.
    pub level_matched: bool,
    /// The seconds before and after a match that are played.
    pub surroundings_secs: f64,
    /// When a recording ends by itself: after this time, or when the sound has ended.
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

    /// The settings that were kept. The defaults if there are none, or none that this program can read: the project
    /// opens anyway.
    pub(super) fn load(project: &Project) -> Result<Self, EngineError> {
        let text = project.sound_settings()?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    pub(super) fn keep(&self, project: &Project) -> Result<(), EngineError> {
        let text = serde_json::to_string_pretty(self).map_err(|cause| EngineError::Fault(cause.to_string()))?;
        Ok(project.keep_sound_settings(&text)?)
    }
}
