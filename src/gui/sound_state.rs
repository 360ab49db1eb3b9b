//! What the window shows of the devices and the takes, and what the person wants of them.

use camino::Utf8PathBuf;

use super::search_state::{SHORTEST_SECS, clip_of, stretch_of};
use super::state::State;
use crate::engine::{Clip, Command, Match, SoundSettings, TakeView};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundState {
    /// Whether the microphone's part of the search panel is unfolded.
    pub microphone_open: bool,
    /// Whether the menu of the output is open.
    pub output_open: bool,
    /// The part of what plays that is being dragged over.
    pub dragged: Option<(f64, f64)>,
    /// The take that is being renamed, and the name as it is typed.
    pub renaming: Option<(Utf8PathBuf, String)>,
}

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

    /// What of a match is played: its stretch, and as much around it as was set.
    pub fn match_clip(&self, found: &Match) -> Clip {
        let around = self.latest.sound.surroundings_secs;
        let clip = clip_of(found);
        match stretch_of(found) {
            Some((from, to)) => Clip { from_secs: (from - around).max(0.0), to_secs: Some(to + around), ..clip },
            None => clip,
        }
    }

    /// Plays what plays or played last on to the end of its file.
    pub fn play_on(&mut self) {
        let player = &self.latest.player;
        let from_secs = if player.playing { player.position_secs } else { player.from_secs };
        if let Some(path) = player.path.clone() {
            self.play(Clip { path, from_secs, to_secs: None });
        }
    }

    /// A part of what plays is dragged over: it becomes the query once the button is let go.
    pub fn drag_in_player(&mut self, from_secs: f64, to_secs: f64, down: bool) {
        self.sound.dragged = down.then_some((from_secs, to_secs));
        let is_long_enough = to_secs - from_secs >= SHORTEST_SECS;
        if let (false, true, Some(path)) = (down, is_long_enough, self.latest.player.path.clone()) {
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
