//! Asks the desktop and the disk without making the window wait. Each question has a thread of its own, and the answers
//! come through a channel.

use crossbeam_channel::{Receiver, Sender, unbounded};
use std::path::PathBuf;
use std::sync::Arc;

use super::desktop;
use super::file_clipboard::FileClipboard;

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which files to add.
    FilesToAdd,
    /// Which folder to add.
    FolderToAdd,
    /// Which sound to search for.
    SoundToFind,
    /// Which folder to keep the project in.
    ProjectFolder,
    /// Which folder the missing files are in.
    WhereFilesAre,
    /// Whether what was dropped is a single file, which may be meant as a query.
    IsFile(PathBuf),
    /// Where to write a file of this name, or a folder of files.
    WhereToSave { name: String, is_folder: bool },
    /// To put a file on the clipboard.
    CopyFile(PathBuf),
}

impl Question {
    /// Whether a person answers.
    fn is_dialog(&self) -> bool {
        !matches!(self, Self::IsFile(_) | Self::CopyFile(_))
    }
}

/// The answer. A dialog that was closed gives none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Add(Vec<PathBuf>),
    Find(PathBuf),
    OpenProject(PathBuf),
    Dropped {
        path: PathBuf,
        is_file: bool,
    },
    SaveTo(PathBuf),
    FilesAreIn(PathBuf),
    /// The desktop shows no dialogs.
    NoDialog,
    /// `as_file` is false if nothing was copied yet.
    Copied {
        path: PathBuf,
        as_file: bool,
    },
}

/// The file extensions that the dialog offers first. The content of a file decides what it is.
const SOUNDS: [&str; 14] =
    ["wav", "flac", "mp3", "ogg", "oga", "aif", "aiff", "aifc", "m4a", "aac", "mp4", "mka", "webm", "caf"];

/// The open questions.
pub struct Dialogs {
    sender: Sender<Answer>,
    answers: Receiver<Answer>,
    clipboard: FileClipboard,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Dialogs {
    /// `wake` is called from another thread when there is an answer.
    pub fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        // A person answers one question at a time, so the queue holds no more answers than there are open questions.
        let (sender, answers) = unbounded();
        Self { sender, answers, clipboard: FileClipboard::default(), wake }
    }

    /// # Errors
    /// If no thread can be started.
    pub fn ask(&self, question: Question) -> std::io::Result<()> {
        let (sender, clipboard, wake) = (self.sender.clone(), self.clipboard.clone(), self.wake.clone());
        std::thread::Builder::new().name("dialog".into()).spawn(move || {
            if let Some(answer) = answer(question, &clipboard) {
                // The window may have closed meanwhile. Then nobody wants the answer.
                if sender.send(answer).is_ok() {
                    wake();
                }
            }
        })?;
        Ok(())
    }

    pub fn answers(&self) -> impl Iterator<Item = Answer> + '_ {
        self.answers.try_iter()
    }
}

fn answer(question: Question, clipboard: &FileClipboard) -> Option<Answer> {
    if question.is_dialog() && !desktop::shows_dialogs() {
        return Some(Answer::NoDialog);
    }
    let sounds = || rfd::FileDialog::new().add_filter("Sounds", &SOUNDS).add_filter("All files", &["*"]);
    match question {
        Question::FilesToAdd => sounds().set_title("Add sounds").pick_files().map(Answer::Add),
        Question::FolderToAdd => {
            rfd::FileDialog::new().set_title("Add folders of sounds").pick_folders().map(Answer::Add)
        }
        Question::SoundToFind => sounds().set_title("Search for a sound").pick_file().map(Answer::Find),
        Question::ProjectFolder => {
            rfd::FileDialog::new().set_title("Choose a project folder").pick_folder().map(Answer::OpenProject)
        }
        Question::WhereFilesAre => {
            let title = "Where are the missing files?";
            rfd::FileDialog::new().set_title(title).pick_folder().map(Answer::FilesAreIn)
        }
        Question::WhereToSave { name, is_folder: true } => {
            let chosen = rfd::FileDialog::new().set_title("Save into a folder").pick_folder();
            chosen.map(|folder| Answer::SaveTo(folder.join(name)))
        }
        Question::WhereToSave { name, is_folder: false } => {
            rfd::FileDialog::new().set_title("Save as").set_file_name(name).save_file().map(Answer::SaveTo)
        }
        Question::CopyFile(path) => {
            let copied = clipboard.copy(&path);
            if let Err(why) = &copied {
                tracing::debug!("{} is not copied as a file: {why}", path.display());
            }
            Some(Answer::Copied { path, as_file: copied.is_ok() })
        }
        Question::IsFile(path) => {
            let is_file = path.is_file();
            Some(Answer::Dropped { path, is_file })
        }
    }
}
