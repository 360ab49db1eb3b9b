//! Actions on the microphone, the takes and the output.

use super::State;
use crate::engine::{Clip, Command, Match, SoundSettings, TakeView};
use crate::gui::search_state::SHORTEST_SECS;
use crate::gui::sound_state::SHORT_SECS;

/// How much of a long file plays before and after a moment that was found.
const BEFORE_SECS: f64 = 0.5;
const AFTER_SECS: f64 = 2.0;

impl State {
    /// Unfolds or folds the microphone's settings. The level is shown there before anything is recorded.
    pub fn toggle_microphone(&mut self) {
        let open = !self.sound.microphone_open;
        self.sound.microphone_open = open;
        self.submit(Command::WatchMicrophone(open));
        self.submit(Command::WatchDevices(open || self.sound.output_open));
    }

    /// Notes whether the menu of the output is open. Its list is kept up to date meanwhile.
    pub fn show_output_menu(&mut self, open: bool) {
        if self.sound.output_open != open {
            self.sound.output_open = open;
            self.submit(Command::WatchDevices(open || self.sound.microphone_open));
        }
    }

    /// Changes the settings for sound. If nothing changes, no command is sent.
    pub fn set_sound(&mut self, change: impl FnOnce(&mut SoundSettings)) {
        let mut settings = (*self.latest.sound).clone();
        change(&mut settings);
        if settings != *self.latest.sound {
            self.latest.sound = settings.clone().into();
            self.submit(Command::SetSound(Box::new(settings)));
        }
    }

    /// The stretch that plays for a match: a short file as a whole; of a long file the moment with a little before and
    /// some time after it, or with the surroundings that were set.
    pub fn match_clip(&self, found: &Match) -> Clip {
        let path = found.path.clone();
        let duration_secs = self.latest.dataset.file(found.file).map_or(f64::INFINITY, |file| file.duration_secs());
        if duration_secs <= SHORT_SECS {
            return Clip { path, from_secs: 0.0, to_secs: None };
        }
        let around = self.latest.sound.surroundings_secs;
        let (before, after) = if around > 0.0 { (around, around) } else { (BEFORE_SECS, AFTER_SECS) };
        let to_secs = (found.end_seconds + after).min(duration_secs);
        Clip { path, from_secs: (found.start_seconds - before).max(0.0), to_secs: Some(to_secs) }
    }

    /// Plays the sound that plays or played last, on to the end of its file.
    pub fn play_on(&mut self) {
        let player = &self.latest.player;
        let from_secs = if player.playing { player.position_secs } else { player.from_secs };
        if let Some(path) = player.path.clone() {
            self.play(Clip { path, from_secs, to_secs: None });
        }
    }

    /// The person drags over a part of the selected match. When the button is released, the part becomes the query.
    pub fn drag_in_match(&mut self, from_secs: f64, to_secs: f64, down: bool) {
        self.sound.dragged = down.then_some((from_secs, to_secs));
        let is_long_enough = to_secs - from_secs >= SHORTEST_SECS;
        let path = self.search.selected_match().map(|found| found.path.clone());
        if let (false, true, Some(path)) = (down, is_long_enough, path) {
            self.choose_query(path, Some((from_secs, to_secs)));
        }
    }

    pub fn play_take(&mut self, take: &TakeView) {
        self.play(Clip { path: take.path.clone(), from_secs: 0.0, to_secs: None });
    }

    /// Renames the take that is being renamed.
    pub fn rename_take(&mut self) {
        if let Some((path, name)) = self.sound.renaming.take()
            && path.file_stem() != Some(name.trim())
        {
            self.submit(Command::RenameTake { path, name });
        }
    }
}
