//! What the window asks of the engine, the desktop and the disk, and the answers.

use std::path::PathBuf;

use camino::Utf8PathBuf;

use super::State;
use crate::engine::{Command, JobId, JobKind};
use crate::gui::actions::{Action, Remedy};
use crate::gui::dialogs::{Answer, Question};
use crate::gui::format;
use crate::gui::modals::Modal;
use crate::gui::notices::{Place, Tone};
use crate::gui::preferences::Look;
use crate::model::Config;

impl State {
    pub fn submit(&mut self, command: Command) {
        self.act(Action::Submit(Box::new(command)));
    }

    pub(super) fn cancel(&mut self, job: JobId) {
        self.act(Action::Cancel(job));
    }

    pub fn ask(&mut self, question: Question) {
        self.act(Action::Ask(question));
    }

    /// Shows files in the file manager.
    pub(super) fn reveal(&mut self, paths: Vec<PathBuf>) {
        if !paths.is_empty() {
            self.act(Action::Reveal(paths));
        }
    }

    pub(super) fn open(&mut self, modal: Modal) {
        self.modals.open = Some(modal);
    }

    pub(super) fn ask_for_name(&mut self, modal: Modal, name: String) {
        self.modals.ask_for_name(modal, &name);
    }

    pub(super) fn set_look(&mut self, look: Look) {
        self.shared.preferences.theme = look;
    }

    /// Closes the window. A recording ends, and is kept.
    pub(super) fn leave(&mut self) {
        self.modals.close();
        self.act(Action::Leave);
    }

    pub(super) fn open_project(&mut self, folder: PathBuf) {
        if self.modals.open == Some(Modal::OpenProject) {
            self.modals.close();
        }
        self.modals.project_typed.clear();
        self.act(Action::OpenProject(folder));
    }

    pub(super) fn open_remedied(&mut self, folder: PathBuf, remedy: Remedy) {
        self.act(Action::OpenRemedied(folder, remedy));
    }

    /// Takes the answer of the desktop or the disk.
    pub fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Add(paths) => self.add(paths),
            Answer::Find(path) => self.find(path),
            Answer::OpenProject(folder) => self.open_project(folder),
            Answer::Dropped { path, is_file } => {
                if !self.shared.read_only() {
                    self.add(vec![path.clone()]);
                }
                if is_file {
                    self.find(path);
                    self.preview_query();
                }
            }
            Answer::FilesAreIn(folder) => {
                self.modals.upkeep.folder_typed = folder.to_string_lossy().into_owned();
                if let Some(command) = self.modals.upkeep.look_for_missing() {
                    self.submit(command);
                }
            }
            Answer::SaveTo(path) => {
                if let Some(saving) = &mut self.modals.saving {
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

    /// Files and folders were dropped on the window. They are added. A single file also becomes the query and plays, so the
    /// disk must first say whether a single path is a file.
    pub fn dropped(&mut self, mut paths: Vec<PathBuf>) {
        match paths.len() {
            1 => self.ask(Question::IsFile(paths.remove(0))),
            _ if self.shared.read_only() => {}
            _ => self.add(paths),
        }
    }

    pub(super) fn add(&mut self, paths: Vec<PathBuf>) {
        if !paths.is_empty() {
            self.submit(Command::AddPaths { paths });
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

    /// The window has the keyboard again. Files may have changed while another window had it.
    pub fn came_back(&mut self) {
        if !self.shared.is_empty() && self.shared.job(JobKind::Check).is_none() {
            self.submit(Command::CheckFiles);
        }
    }

    /// Trains with the settings of the form.
    pub(super) fn learn(&mut self, resume: bool) {
        let checked = self.form.settings().and_then(|settings| {
            let config = Config::new(&settings, self.shared.common_rate());
            config.map(|_| settings).map_err(|problem| format::sentence(&problem.to_string()))
        });
        match checked {
            Ok(settings) => self.submit(Command::TrainModel { settings: Box::new(settings), resume, then_index: true }),
            Err(problem) => self.notices.fail(Place::Training, problem),
        }
    }
}
