//! Playing and recording.

use camino::Utf8PathBuf;

use super::State;
use crate::dataset::SoundFile;
use crate::engine::{Clip, Command, SoundSettings};
use crate::gui::match_list::Line;
use crate::gui::pictures;
use crate::gui::search_state::SHORTEST_SECS;

/// The length of a part of which only one end was set, in seconds.
const MARKED_SECS: f64 = 1.0;

impl State {
    pub(super) fn play(&mut self, clip: Clip) {
        self.submit(Command::Play(clip));
    }

    pub(super) fn play_file(&mut self, file: &SoundFile) {
        self.play(Clip { path: file.path.clone(), from_secs: 0.0, to_secs: None });
    }

    /// Stops what plays, or plays the selection, or what played last.
    pub fn play_or_stop(&mut self) {
        if self.shared.latest.player.playing {
            return self.submit(Command::StopPlaying);
        }
        if let Some(clip) = self.selected_clip().or_else(|| self.shared.last_played()) {
            self.play(clip);
        }
    }

    /// Stops what plays, or plays the query, or its chosen part.
    pub(super) fn play_or_stop_query(&mut self) {
        match self.search.query_clip() {
            Some(clip) if !self.shared.latest.player.playing => self.play(clip),
            _ => self.submit(Command::StopPlaying),
        }
    }

    /// Plays the chosen part of the query again and again. If it does already, it stops.
    pub(super) fn loop_part(&mut self) {
        let player = &self.shared.latest.player;
        if player.looping && player.playing {
            self.submit(Command::LoopPlayer(false));
            return self.submit(Command::StopPlaying);
        }
        self.submit(Command::LoopPlayer(true));
        if let Some(clip) = self.search.query_clip() {
            self.play(clip);
        }
    }

    /// The chosen part of the query begins, or ends, where the player is now.
    pub fn mark_part(&mut self, is_start: bool) {
        let player = &self.shared.latest.player;
        let secs = player.position_secs;
        let Some(path) = self.search.path.as_ref().filter(|path| player.path.as_ref() == Some(*path)) else { return };
        let known = self.search.pictures.drawn(&pictures::Shown::whole(path.clone())).map(|whole| whole.duration_secs);
        let Some(end) = known.filter(|end| secs < *end) else { return };
        let before = self.search.region;
        let region = match is_start {
            true => (secs, before.map(|part| part.1).filter(|to| *to > secs).unwrap_or((secs + MARKED_SECS).min(end))),
            false => {
                (before.map(|part| part.0).filter(|from| *from < secs).unwrap_or((secs - MARKED_SECS).max(0.0)), secs)
            }
        };
        if region.1 - region.0 >= SHORTEST_SECS {
            self.choose_region(Some(region));
        }
    }

    /// Plays the query, if selecting a sound plays it.
    pub(super) fn preview_query(&mut self) {
        if self.shared.preferences.plays_selected
            && let Some(clip) = self.search.query_clip()
        {
            self.play(clip);
        }
    }

    /// Plays a match, and selects it.
    pub fn play_match(&mut self, line: impl Into<Line>) {
        self.select_match(line);
        if let Some(found) = self.search.selected_match() {
            let clip = self.shared.match_clip(found);
            self.play(clip);
        }
    }

    /// Plays only the moment that was found.
    pub fn play_moment(&mut self, line: impl Into<Line>) {
        self.select_match(line);
        if let Some(found) = self.search.selected_match() {
            let (from_secs, to_secs) = (found.start_seconds, Some(found.end_seconds));
            let clip = Clip { path: found.path.clone(), from_secs, to_secs };
            self.play(clip);
        }
    }

    /// Plays the query and the selected match in turn.
    pub fn play_the_other(&mut self) {
        let Some(found) = self.search.selected_match() else { return self.preview_query() };
        let plays_query = self.search.path.is_some() && self.shared.latest.player.path == self.search.path;
        let clip = match plays_query {
            true => Some(self.shared.match_clip(found)),
            false => self.search.query_clip(),
        };
        if let Some(clip) = clip {
            self.play(clip);
        }
    }

    /// Plays a sound from a position on. If the player is playing a stretch with this position, it continues there.
    pub fn play_from(&mut self, path: Utf8PathBuf, secs: f64) {
        let player = &self.shared.latest.player;
        if self.shared.plays(&path) && (player.from_secs..=player.to_secs).contains(&secs) {
            self.submit(Command::SeekPlayer { secs });
        } else {
            self.play(Clip { path, from_secs: secs, to_secs: None });
        }
    }

    /// Plays the last sound from a position on.
    pub fn seek(&mut self, secs: f64) {
        if let Some(path) = self.shared.latest.player.path.clone() {
            self.play_from(path, secs);
        }
    }

    /// Plays the sound that plays or played last, on to the end of its file.
    pub(super) fn play_on(&mut self) {
        let player = &self.shared.latest.player;
        let from_secs = if player.playing { player.position_secs } else { player.from_secs };
        if let Some(path) = player.path.clone() {
            self.play(Clip { path, from_secs, to_secs: None });
        }
    }

    pub fn toggle_loop(&mut self) {
        self.submit(Command::LoopPlayer(!self.shared.latest.player.looping));
    }

    pub(super) fn set_volume(&mut self, volume: f32) {
        self.shared.latest.player.volume = volume;
        self.submit(Command::SetVolume(volume));
    }

    /// Changes the settings for sound. If nothing changes, no command is sent.
    pub(super) fn set_sound(&mut self, settings: SoundSettings) {
        if settings != *self.shared.latest.sound {
            self.shared.latest.sound = settings.clone().into();
            self.submit(Command::SetSound(Box::new(settings)));
        }
    }

    pub(super) fn play_selected(&mut self, on: bool) {
        self.shared.preferences.plays_selected = on;
    }

    pub fn toggle_recording(&mut self) {
        let recording = self.shared.latest.recorder.recording;
        let stop_when = self.shared.latest.sound.stop_when();
        self.submit(if recording { Command::StopRecording } else { Command::StartRecording { stop_when } });
    }

    pub(super) fn rename_take(&mut self, take: Utf8PathBuf) {
        self.with_intents(|state, intents| state.sound.rename(take, intents));
    }
}
