//! What the person wants: each intent changes what is on screen, asks for actions, or both.

use camino::Utf8PathBuf;
use std::path::PathBuf;

use super::{Action, List, Modal, Page, Place, Remedy, State};
use crate::dataset::SoundFile;
use crate::engine::{Clip, Command, JobId};
use crate::gui::dialogs::{Answer, Question};
use crate::gui::explore::clip_of_place;
use crate::gui::file_table::Line;
use crate::gui::format;
use crate::gui::notices::Tone;
use crate::gui::search_state::{Run, typed_path};
use crate::model::Config;

impl State {
    pub fn submit(&mut self, command: Command) {
        self.actions.push(Action::Submit(Box::new(command)));
    }

    pub fn cancel(&mut self, job: JobId) {
        self.actions.push(Action::Cancel(job));
    }

    /// Closes the window. A recording ends, and is kept.
    pub fn leave(&mut self) {
        self.modal = None;
        self.actions.push(Action::Leave);
    }

    pub fn ask(&mut self, question: Question) {
        self.actions.push(Action::Ask(question));
    }

    pub fn open_project(&mut self, folder: PathBuf) {
        self.modal = self.modal.take().filter(|modal| *modal != Modal::OpenProject);
        self.project_typed.clear();
        self.actions.push(Action::OpenProject(folder));
    }

    pub fn open_remedied(&mut self, folder: PathBuf, remedy: Remedy) {
        self.actions.push(Action::OpenRemedied(folder, remedy));
    }

    pub fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Add(paths) => self.add(paths),
            Answer::Find(path) => self.find(path),
            Answer::OpenProject(folder) => self.open_project(folder),
            Answer::Dropped { path, is_file } => {
                if !self.read_only() {
                    self.add(vec![path.clone()]);
                }
                if is_file {
                    self.find(path);
                    self.preview_query();
                }
            }
            Answer::FilesAreIn(folder) => {
                self.upkeep.folder_typed = folder.to_string_lossy().into_owned();
                self.look_for_missing();
            }
            Answer::SaveTo(path) => {
                if let Some(saving) = &mut self.saving {
                    saving.typed = path.to_string_lossy().into_owned();
                }
            }
            Answer::NoDialog => {
                let text = "This desktop cannot show file dialogs. Paste a path into the field, or drop sounds on the window. To get dialogs, install xdg-desktop-portal or zenity.";
                self.notices.push(Tone::Warning, text.to_owned());
            }
            Answer::Copied { path, as_file: true } => {
                self.notices
                    .push(Tone::Good, format!("{} is on the clipboard. You can paste it as a file.", path.display()));
            }
            Answer::Copied { path, as_file: false } => {
                let text = "This desktop does not let Soundalike copy files. The path was copied as text instead.";
                self.notices.push(Tone::Warning, text.to_owned());
                self.to_copy = Some(path.to_string_lossy().into_owned());
            }
        }
    }

    /// Files and folders were dropped on the window: they are added. A single file is heard and searched for as well, so
    /// whether it is one has to be asked of the disk first.
    pub fn dropped(&mut self, mut paths: Vec<PathBuf>) {
        match paths.len() {
            1 => self.ask(Question::IsFile(paths.remove(0))),
            _ if self.read_only() => {}
            _ => self.add(paths),
        }
    }

    /// Plays the query, where selecting a sound plays it.
    pub fn preview_query(&mut self) {
        if self.search.auto_play
            && let Some(clip) = self.search.query_clip()
        {
            self.play(clip);
        }
    }

    pub fn add(&mut self, paths: Vec<PathBuf>) {
        if !paths.is_empty() {
            self.submit(Command::AddPaths { paths });
        }
    }

    pub fn add_typed(&mut self) {
        if let Some(path) = typed_path(&self.add_typed) {
            self.add_typed.clear();
            self.add(vec![path]);
        }
    }

    pub fn find_typed(&mut self) {
        if let Some(path) = typed_path(&self.search.path_typed) {
            self.search.path_typed.clear();
            self.find(path);
        }
    }

    /// Searches for the sound in a file.
    pub fn find(&mut self, path: PathBuf) {
        match Utf8PathBuf::from_path_buf(path) {
            Ok(path) => self.choose_query(path, None),
            Err(path) => {
                let message = format!(
                    "{} cannot be searched for, because its name is not UTF-8 text. Rename the file, and try again.",
                    path.display()
                );
                self.notices.fail(Place::Search, message);
            }
        }
    }

    /// Searches for the query as it is now, or, where that is impossible yet, has it drawn at least.
    pub fn search_now(&mut self) {
        let Some(query) = self.search.query() else { return };
        self.search.own = self.own_file();
        self.want_pictures();
        if self.search_obstacle().is_some() {
            return;
        }
        match &mut self.search.run {
            Run::Searching { again, .. } => *again = true,
            run @ Run::Idle => {
                *run = Run::Searching { job: None, again: false };
                self.submit(Command::Search(query));
            }
        }
    }

    pub fn play(&mut self, clip: Clip) {
        self.submit(Command::Play(clip));
    }

    pub fn play_file(&mut self, file: &SoundFile) {
        self.play(Clip { path: file.path.clone(), from_secs: 0.0, to_secs: None });
    }

    /// Stops what plays, or plays what is selected: a match, a file, the query, or what played last.
    pub fn play_or_stop(&mut self) {
        if self.latest.player.playing {
            return self.submit(Command::StopPlaying);
        }
        let clip = match self.list {
            List::Dots | List::MapRows | List::Near | List::Duplicates | List::Collection | List::Copies => {
                self.explored().map(clip_of_place)
            }
            List::Matches | List::Library => {
                self.search.selected_match().map(|m| self.match_clip(m)).or_else(|| self.search.query_clip())
            }
            List::Files => {
                self.first_selected_file().map(|file| Clip { path: file.path.clone(), from_secs: 0.0, to_secs: None })
            }
        };
        if let Some(clip) = clip.or_else(|| self.last_played()) {
            self.play(clip);
        }
    }

    /// What the player strip shows.
    pub fn last_played(&self) -> Option<Clip> {
        let player = &self.latest.player;
        let path = player.path.clone()?;
        let to_secs = (player.to_secs > player.from_secs).then_some(player.to_secs);
        Some(Clip { path, from_secs: player.from_secs, to_secs })
    }

    /// A place in the track of the player: goes on from there, or, outside of the stretch that plays, plays from there to the
    /// end.
    pub fn seek(&mut self, secs: f64) {
        if let Some(path) = self.latest.player.path.clone() {
            self.play_from(path, secs);
        }
    }

    pub fn toggle_loop(&mut self) {
        self.submit(Command::LoopPlayer(!self.latest.player.looping));
    }

    pub fn toggle_recording(&mut self) {
        let recording = self.latest.recorder.recording;
        let stop_when = self.latest.sound.stop_when();
        self.submit(if recording { Command::StopRecording } else { Command::StartRecording { stop_when } });
    }

    /// Moves the selection of the list that was used last, and plays where selecting plays.
    pub fn step(&mut self, by: isize) {
        if self.list == List::Library {
            return self.step_heads(by);
        }
        if self.explore_step(by) {
            return;
        }
        let no_matches = self.search.path.is_none() || self.search_obstacle().is_some();
        if self.list == List::Files || no_matches {
            self.step_file(by, false);
        } else if self.search.step(by) {
            self.preferences.hints_done[1] = true;
            self.want_pictures();
            if self.search.auto_play
                && let Some(clip) = self.search.selected_match().map(|found| self.match_clip(found))
            {
                self.play(clip);
            }
        }
    }

    /// Enter: searches for what is selected, and goes on to the matches.
    pub fn find_similar(&mut self) {
        if self.list == List::Library {
            self.library.cursor.into_iter().for_each(|head| self.choose_head(head));
            return;
        }
        if self.explore_find_similar() {
            return;
        }
        let file = self.first_selected_file().map(|file| file.path.clone());
        match (self.list, self.search.selected, file) {
            (List::Matches, Some(line), _) => self.find_similar_to_match(line),
            (_, _, Some(path)) => {
                self.choose_query(path, None);
                self.go_to_matches();
            }
            _ => {}
        }
    }

    /// The keys act on the matches from now on, where there can be any.
    pub fn go_to_matches(&mut self) {
        let shows_matches = self.page != Page::Collection && self.search.path.is_some();
        if shows_matches && self.search_obstacle().is_none() {
            self.list = List::Matches;
            self.search.take_focus = true;
        }
    }

    /// The keys act on the files from now on.
    pub fn go_to_files(&mut self) {
        self.list = List::Files;
        if let Some(place) = self.files.cursor().or_else(|| self.files.step(0)) {
            self.focus_file(place);
            self.files.reveal = Some(Line::File(place));
        }
    }

    pub fn learn(&mut self, resume: bool) {
        let checked = self.form.settings().and_then(|settings| {
            let config = Config::new(&settings, self.common_rate());
            config.map(|_| settings).map_err(|problem| format::sentence(&problem.to_string()))
        });
        match checked {
            Ok(settings) => self.submit(Command::TrainModel { settings: Box::new(settings), resume, then_index: true }),
            Err(problem) => {
                self.notices.fail(Place::Training, problem);
            }
        }
    }

    /// Esc: closes what covers the window, or stops what runs by the person's hand, one thing at a time.
    pub fn escape(&mut self) {
        if self.modal.is_some() {
            self.modal = None;
        } else if self.latest.recorder.recording {
            self.submit(Command::StopRecording);
        } else if self.latest.player.playing {
            self.submit(Command::StopPlaying);
        } else {
            self.notices.dismiss_newest();
        }
    }
}
