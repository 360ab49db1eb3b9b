//! The microphone, the takes and the output: what is done with them.

use super::State;
use crate::engine::{Clip, Command, Match, SoundSettings, TakeView};
use crate::gui::search_state::SHORTEST_SECS;
use crate::gui::sound_state::SHORT_SECS;

/// What of a long file plays before and after the moment that was found.
const BEFORE_SECS: f64 = 0.5;
const AFTER_SECS: f64 = 2.0;

impl State {
    /// Unfolds the microphone's part, where its level is seen before anything is recorded, or folds it up.
    pub fn toggle_microphone(&mut self) {
        let open = !self.sound.microphone_open;
        self.sound.microphone_open = open;
        self.submit(Command::WatchMicrophone(open));
        self.submit(Command::WatchDevices(open || self.sound.output_open));
    }

    /// Notes whether the menu of the output is open: the list in it is kept up to date meanwhile.
    pub fn show_output_menu(&mut self, open: bool) {
        if self.sound.output_open != open {
            self.sound.output_open = open;
            self.submit(Command::WatchDevices(open || self.sound.microphone_open));
        }
    }

    /// Changes how sound goes in and out; unchanged settings ask for nothing.
    pub fn set_sound(&mut self, change: impl FnOnce(&mut SoundSettings)) {
        let mut settings = (*self.latest.sound).clone();
        change(&mut settings);
        if settings != *self.latest.sound {
            self.latest.sound = settings.clone().into();
            self.submit(Command::SetSound(Box::new(settings)));
        }
    }

    /// What of a match is played: all of a short file; of a long one the moment that was found, from a little before it to
    /// some time after it, or with as much around it as was set.
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

    /// Plays what plays or played last on to the end of its file.
    pub fn play_on(&mut self) {
        let player = &self.latest.player;
        let from_secs = if player.playing { player.position_secs } else { player.from_secs };
        if let Some(path) = player.path.clone() {
            self.play(Clip { path, from_secs, to_secs: None });
        }
    }

    /// A part of the selected match is dragged over: it becomes the query once the button is let go.
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

    /// Gives the take that is being renamed its new name.
    pub fn rename_take(&mut self) {
        if let Some((path, name)) = self.sound.renaming.take()
            && path.file_stem() != Some(name.trim())
        {
            self.submit(Command::RenameTake { path, name });
        }
    }
}
