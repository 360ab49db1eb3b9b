//! The controls of the devices and the takes.

use camino::Utf8PathBuf;

use super::intents::Intents;
use crate::engine::Command;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundState {
    /// Whether the microphone's settings are unfolded.
    pub microphone_open: bool,
    /// Whether the menu of the output is open.
    output_open: bool,
    /// The take that is being renamed, and the typed name.
    pub renaming: Option<(Utf8PathBuf, String)>,
}

impl SoundState {
    /// Unfolds or folds the microphone's settings. They show the level before anything is recorded.
    pub fn toggle_microphone(&mut self, intents: &mut Intents) {
        let open = !self.microphone_open;
        self.microphone_open = open;
        intents.submit(Command::WatchMicrophone(open));
        intents.submit(Command::WatchDevices(open || self.output_open));
    }

    /// Notes whether the menu of the output is open. Its list is kept up to date meanwhile.
    pub fn show_output_menu(&mut self, open: bool, intents: &mut Intents) {
        if self.output_open != open {
            self.output_open = open;
            intents.submit(Command::WatchDevices(open || self.microphone_open));
        }
    }

    /// Begins to rename a take in the list of takes, which is below the microphone's settings.
    pub fn rename(&mut self, take: Utf8PathBuf, intents: &mut Intents) {
        let name = take.file_stem().unwrap_or_default().to_owned();
        self.renaming = Some((take, name));
        if !self.microphone_open {
            self.toggle_microphone(intents);
        }
    }

    /// Gives the take that is being renamed its typed name.
    pub fn finish_renaming(&mut self, intents: &mut Intents) {
        if let Some((path, name)) = self.renaming.take()
            && path.file_stem() != Some(name.trim())
        {
            intents.submit(Command::RenameTake { path, name });
        }
    }
}
