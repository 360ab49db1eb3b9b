//! What the window remembers from one start to the next: one small file, which a separate thread writes.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use serde::{Deserialize, Serialize};

use super::file_table::Sort;
use super::match_list::{self, View};
use crate::engine::Weights;
use crate::ground::files;

/// This environment variable names another folder for the file. Tests use it.
pub const FOLDER_VARIABLE: &str = "SOUNDALIKE_CONFIG";

const FILE: &str = "window.json";

/// The largest file that is read, in bytes.
const BYTES_AT_MOST: u64 = 1 << 20;

/// The most projects that are remembered.
const RECENT: usize = 10;

/// The file is written when nothing has changed for this time.
const SETTLING: Duration = Duration::from_millis(400);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    pub theme: Look,
    /// The zoom factor. 1 is the desktop's own size.
    pub scale: f32,
    /// Width and height of the window, in points.
    pub window: Option<(f32, f32)>,
    /// The widths of the library and of the map, if the person has chosen them.
    pub dataset_width: Option<f32>,
    pub map_width: Option<f32>,
    pub files_by_folder: bool,
    pub files_sorted: Sort,
    pub folds_copies: bool,
    pub match_view: View,
    pub matches_sorted: match_list::Sort,
    /// The columns of the matches that the person has hidden.
    pub hidden_columns: BTreeSet<match_list::Column>,
    /// What counts for the order of the matches, and whether the sliders for it are shown.
    pub weights: Weights,
    pub shows_weights: bool,
    /// Whether selecting a sound plays it.
    pub plays_selected: bool,
    /// Whether the person has followed each of the first hints.
    pub hints_done: [bool; 3],
    /// The folders of projects. The last opened one comes first.
    pub recent: Vec<PathBuf>,
    /// The address of the last shared library, without its password, and its roots as lines of `NAME=PATH`.
    pub library: String,
    pub library_roots: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    #[default]
    System,
    Dark,
    Light,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Look::default(),
            scale: 1.0,
            window: None,
            dataset_width: None,
            map_width: None,
            files_by_folder: true,
            files_sorted: Sort::default(),
            folds_copies: true,
            match_view: View::default(),
            matches_sorted: match_list::Sort::default(),
            hidden_columns: BTreeSet::new(),
            weights: Weights::default(),
            shows_weights: false,
            plays_selected: true,
            hints_done: [false; 3],
            recent: Vec::new(),
            library: String::new(),
            library_roots: String::new(),
        }
    }
}

impl Preferences {
    /// Reads the file in `folder`. If there is none that this program can read, returns the defaults.
    pub fn load(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let kept = match files::read_within(&path, BYTES_AT_MOST) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|why| why.to_string()),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(why) => Err(why.to_string()),
        };
        let kept: Self = kept.unwrap_or_else(|why| {
            tracing::warn!("{} is not used: {why}", path.display());
            Self::default()
        });
        kept.within_bounds()
    }

    /// Corrects values with which nobody could use the window. A person may have edited the file by hand.
    fn within_bounds(mut self) -> Self {
        self.scale = if self.scale.is_finite() { self.scale.clamp(0.5, 4.0) } else { 1.0 };
        self.window = self.window.filter(|(width, height)| width.is_finite() && height.is_finite());
        for width in [&mut self.dataset_width, &mut self.map_width] {
            *width = width.filter(|width| width.is_finite() && *width > 0.0);
        }
        self.recent.truncate(RECENT);
        self
    }

    /// Puts a project first among the recent ones.
    pub fn opened(&mut self, folder: &Path) {
        if self.recent.first().is_none_or(|first| first != folder) {
            self.recent.retain(|other| other != folder);
            self.recent.insert(0, folder.to_path_buf());
            self.recent.truncate(RECENT);
        }
    }

    /// The project that was open last, if it still exists.
    pub fn last_project(&self) -> Option<&Path> {
        self.recent.first().map(PathBuf::as_path).filter(|folder| folder.join("project.db").is_file())
    }
}

/// The folder of the file. `None` if there is no home folder.
pub fn folder() -> Option<PathBuf> {
    match std::env::var_os(FOLDER_VARIABLE).filter(|named| !named.is_empty()) {
        Some(named) => Some(named.into()),
        None => Some(directories::ProjectDirs::from("", "", "soundalike")?.config_dir().to_path_buf()),
    }
}

/// Writes preferences when they have stopped changing. Dropping it waits until the last ones are written.
pub struct Keeper {
    newest: Option<Sender<Preferences>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// # Errors
    /// If no thread can be started.
    pub fn start(folder: PathBuf) -> std::io::Result<Self> {
        // The queue stays short: the thread takes the newest preferences and drops the ones before.
        let (newest, waiting) = unbounded();
        let thread = std::thread::Builder::new().name("preferences".into()).spawn(move || {
            while let Some(preferences) = settled(&waiting) {
                if let Err(why) = write(&folder, &preferences) {
                    tracing::warn!("the window's preferences cannot be kept in {}: {why}", folder.display());
                }
            }
        })?;
        Ok(Self { newest: Some(newest), thread: Some(thread) })
    }

    pub fn keep(&self, preferences: &Preferences) {
        if let Some(newest) = &self.newest {
            // The thread ends only after this sender is dropped.
            let _ = newest.send(preferences.clone());
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.newest = None;
        if let Some(thread) = self.thread.take() {
            // The thread has no result, and a panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Waits until no preferences have come for a while, and returns the newest. `None` when no more can come.
fn settled(waiting: &Receiver<Preferences>) -> Option<Preferences> {
    let mut newest = waiting.recv().ok()?;
    while let Ok(newer) = waiting.recv_timeout(SETTLING) {
        newest = newer;
    }
    Some(newest)
}

/// If the program is killed, either the old file or the new one is there.
fn write(folder: &Path, preferences: &Preferences) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut text = serde_json::to_vec_pretty(preferences)?;
    text.push(b'\n');
    files::replace(&folder.join(FILE), &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gui::file_table::Column;

    #[test]
    fn the_next_start_reads_what_was_written_last() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("made for it");
        assert_eq!(Preferences::load(&place), Preferences::default());
        let keeper = Keeper::start(place.clone()).expect("a thread");
        let mut preferences = Preferences { theme: Look::Light, scale: 1.5, ..Preferences::default() };
        keeper.keep(&preferences);
        preferences.files_sorted = Sort { by: Column::Length, descending: true };
        preferences.window = Some((1000.0, 700.0));
        preferences.opened(Path::new("/projects/a"));
        keeper.keep(&preferences);
        drop(keeper);
        assert_eq!(Preferences::load(&place), preferences);
        let left = std::fs::read_dir(&place).expect("the folder").count();
        assert_eq!(left, 1, "no temporary file stays behind");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_ignored() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |text: &str| std::fs::write(folder.path().join(FILE), text).expect("written");
        write("not JSON");
        assert_eq!(Preferences::load(folder.path()), Preferences::default());
        write(r#"{"scale": 99, "dataset_width": -4, "unknown": true, "theme": "dark"}"#);
        let read = Preferences::load(folder.path());
        assert_eq!((read.scale, read.dataset_width, read.theme), (4.0, None, Look::Dark));
    }

    #[test]
    fn a_recent_project_is_listed_once_and_the_last_one_first() {
        let mut preferences = Preferences::default();
        for i in 0..RECENT + 2 {
            preferences.opened(Path::new(&format!("/p/{i}")));
        }
        preferences.opened(Path::new("/p/5"));
        assert_eq!(preferences.recent.len(), RECENT);
        assert_eq!(preferences.recent[..2], [PathBuf::from("/p/5"), PathBuf::from("/p/11")]);
        assert_eq!(preferences.last_project(), None, "a project that is gone is not opened");
    }
}
