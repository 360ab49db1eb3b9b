//! What every panel may read and no panel may change: the engine's newest values, and where the person is in the window.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::format;
use super::preferences::Preferences;
use crate::dataset::{Collection, Favourite, FileId};
#[cfg(feature = "shared")]
use crate::engine::shared_library::Seat;
use crate::engine::{
    Clip, DatasetView, Grouping, History, JobId, JobKind, JobView, Latest, Match, OnDisk, PlayerView, ProjectView,
    RecorderView, SavedSearchView, SoundSettings, TakeView,
};
use crate::ground::{Grid, Rate};
use crate::model::ModelKind;

/// A file up to this length plays as a whole.
pub const SHORT_SECS: f64 = 6.0;

/// How much of a long file plays before and after a moment that was found.
const BEFORE_SECS: f64 = 0.5;
const AFTER_SECS: f64 = 2.0;

/// What the window shows between its header and its player.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Search,
    Map,
    /// The events of a search, one by one.
    Review,
    Bits,
    Duplicates,
    Learning,
    /// The open collection, in the place of the search.
    Collection,
}

/// A list that the arrow keys can move through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// The sections above the folders.
    Library,
    Files,
    #[default]
    Matches,
    /// The map itself.
    Dots,
    /// The list of the sounds in view on the map.
    MapRows,
    /// The chunks nearest to a code.
    Near,
    Duplicates,
    Collection,
    /// Exact copies.
    Copies,
    /// The events of a review, and the grid of their pictures.
    Events,
    Tiles,
}

/// Why no search is possible yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    NoModel,
    NoIndex,
    OtherModel,
}

pub struct Shared {
    pub latest: Latest,
    pub page: Page,
    /// The list that was used last.
    pub list: List,
    pub preferences: Preferences,
    /// Whether the window is too narrow to show the map beside the search. The map is a page then.
    pub is_narrow: bool,
    /// Whether a dialog covers the window.
    pub is_covered: bool,
    /// Whether files hover over the window.
    pub files_hover: bool,
    /// Whether files can be dragged out of the window. That works only on X11.
    pub drags_out: bool,
    /// The shared library that is searched instead of the project.
    #[cfg(feature = "shared")]
    pub library: Option<Arc<Seat>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            latest: nothing_yet(),
            page: Page::default(),
            list: List::default(),
            preferences: Preferences::default(),
            is_narrow: false,
            is_covered: false,
            files_hover: false,
            drags_out: false,
            #[cfg(feature = "shared")]
            library: None,
        }
    }
}

/// The values before the engine has sent any.
fn nothing_yet() -> Latest {
    let grid = Grid { rate: Rate::Native, chunk_frames: 1, hop_frames: 1 };
    Latest {
        project: Arc::new(ProjectView::default()),
        dataset: Arc::new(DatasetView::new(Vec::new(), Vec::new(), BTreeMap::new(), grid)),
        on_disk: Arc::default(),
        watch: Arc::default(),
        ignored: Arc::default(),
        history: History::default(),
        model: None,
        index: None,
        jobs: BTreeMap::new(),
        training: None,
        resumable: false,
        player: PlayerView { volume: 1.0, ..PlayerView::default() },
        recorder: RecorderView::default(),
        sound: Arc::default(),
        devices: Arc::default(),
        takes: Arc::default(),
        favourites: Arc::default(),
        searches: Arc::default(),
        collections: Arc::default(),
    }
}

/// The project.
impl Shared {
    pub fn is_empty(&self) -> bool {
        self.latest.dataset.files.is_empty()
    }

    pub fn read_only(&self) -> bool {
        self.latest.project.read_only.is_some()
    }

    /// The oldest job of a kind, waiting or running.
    pub fn job(&self, kind: JobKind) -> Option<(JobId, &JobView)> {
        self.latest.jobs.iter().find(|(_, view)| view.kind == kind).map(|(id, view)| (*id, view))
    }

    /// Whether something on the screen moves by itself, so that the next frame must be drawn without an event.
    pub fn moves(&self) -> bool {
        self.latest.player.playing || self.latest.recorder.recording
    }

    pub fn favourite_at(&self, place: usize) -> Option<&Favourite> {
        self.latest.favourites.get(place)
    }

    pub fn take_at(&self, place: usize) -> Option<&TakeView> {
        self.latest.takes.get(place)
    }

    pub fn collection_at(&self, place: usize) -> Option<&Collection> {
        self.latest.collections.get(place)
    }

    pub fn search_at(&self, place: usize) -> Option<&SavedSearchView> {
        self.latest.searches.get(place)
    }
}

/// The model and the index.
impl Shared {
    /// Why no search is possible, and so what the person must do first.
    pub fn search_obstacle(&self) -> Option<Obstacle> {
        match self.library_in_words() {
            Some(_) => None,
            None => self.index_obstacle(),
        }
    }

    /// The name of the shared library that is searched instead of the project.
    pub fn library_in_words(&self) -> Option<String> {
        #[cfg(feature = "shared")]
        return self.library.as_ref().map(|seat| seat.library().to_string());
        #[cfg(not(feature = "shared"))]
        None
    }

    /// Why the project's own index cannot be used yet.
    pub fn index_obstacle(&self) -> Option<Obstacle> {
        let Some(_) = &self.latest.model else { return Some(Obstacle::NoModel) };
        match &self.latest.index {
            None => Some(Obstacle::NoIndex),
            Some(index) if !index.of_current_model => Some(Obstacle::OtherModel),
            Some(index) if index.codes == 0 => Some(Obstacle::NoIndex),
            Some(_) => None,
        }
    }

    /// The generation of the index, if it can be searched.
    pub fn index_generation(&self) -> Option<i64> {
        let index = self.latest.index.as_ref().filter(|_| self.index_obstacle().is_none());
        index.map(|index| index.generation)
    }

    /// Whether the model is the one that ships with the program, which has learned nothing from these sounds.
    pub fn is_of_base_model(&self) -> bool {
        self.latest.model.as_ref().is_some_and(|model| model.kind == ModelKind::Base)
    }

    /// Whether the model gives different sounds the same code, so that its answers mean nothing.
    pub fn is_collapsed(&self) -> bool {
        self.latest.model.as_ref().is_some_and(|model| model.collapsed.is_some())
    }

    /// Length of a chunk in seconds, at the rate at which files are heard.
    pub fn chunk_secs(&self) -> f64 {
        let grid = self.latest.dataset.grid;
        let rate = grid.rate_for(self.common_rate().unwrap_or(1));
        f64::from(grid.chunk_frames) / f64::from(rate.max(1))
    }
}

/// The files.
impl Shared {
    /// The most common rate of the files, in hertz.
    pub fn common_rate(&self) -> Option<u32> {
        self.latest.dataset.rates.iter().max_by_key(|(_, files)| **files).map(|(rate, _)| *rate)
    }

    /// The number of files that are missing, and the number of files whose folder is away.
    pub fn missing(&self) -> (usize, usize) {
        let missing = self.latest.on_disk.values().filter(|state| matches!(state, OnDisk::Missing)).count();
        let away = self.latest.on_disk.values().filter(|state| matches!(state, OnDisk::Away(_))).count();
        (missing, away)
    }

    /// Why a file cannot be heard now: it is missing, or its folder is away.
    pub fn absence_of(&self, file: FileId) -> Option<&str> {
        let state = self.latest.on_disk.get(&file)?;
        matches!(state, OnDisk::Missing | OnDisk::Away(_)).then(|| state.words())
    }

    /// The number of a file's copies in words: "2 copies".
    pub fn copies_in_words(&self, file: FileId) -> Option<String> {
        let copies = self.latest.dataset.copies_group(file)?.len() as u64 - 1;
        Some(format::counted(copies, "copy", "copies"))
    }

    /// The tags of the files in alphabetical order, each with the number of files that have it.
    pub fn tags_of(&self, files: &[FileId]) -> BTreeMap<String, usize> {
        let mut tags = BTreeMap::new();
        for tag in files.iter().flat_map(|file| self.latest.dataset.tags_of(*file)) {
            *tags.entry(tag.clone()).or_default() += 1;
        }
        tags
    }
}

/// Matches, and where they are in their files.
impl Shared {
    /// The stretch of its file that a match stands for, in seconds: its chunk, or the whole file if files were ranked.
    pub fn stretch_in_file(&self, found: &Match) -> (f64, f64) {
        let whole = || self.latest.dataset.file(found.file).map(|file| (0.0, file.duration_secs()));
        stretch_of(found).or_else(whole).unwrap_or((found.start_seconds, found.end_seconds))
    }

    /// The stretch of a match in words. In a file that is shorter than a chunk, it ends with the file.
    pub fn stretch_in_words(&self, found: &Match) -> String {
        let end = self.latest.dataset.file(found.file).map_or(f64::INFINITY, |file| file.duration_secs());
        format::stretch(found.start_seconds, found.end_seconds.min(end))
    }

    /// The favourites that are the same moment as a match.
    pub fn favourites_at(&self, found: &Match) -> impl Iterator<Item = Favourite> + '_ {
        let ((from, to), file) = (self.stretch_in_file(found), found.file);
        self.latest.favourites.iter().filter(move |favourite| favourite.is_at(file, from, to)).copied()
    }

    pub fn is_favourite(&self, found: &Match) -> bool {
        self.favourites_at(found).next().is_some()
    }
}

/// What plays.
impl Shared {
    /// Whether the player is playing this file.
    pub fn plays(&self, path: &camino::Utf8Path) -> bool {
        self.latest.player.playing && self.latest.player.path.as_deref() == Some(path)
    }

    /// The sound of a favourite, if its file is in the dataset.
    pub fn favourite_clip(&self, favourite: &Favourite) -> Option<Clip> {
        let file = self.latest.dataset.file(favourite.file)?;
        Some(Clip { path: file.path.clone(), from_secs: favourite.start_secs, to_secs: Some(favourite.end_secs) })
    }

    /// The stretch that plays for a match. A short file plays as a whole. Of a long file, the match plays with a little
    /// before and after it, or with the surroundings that the person has set.
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

    /// What the player strip shows.
    pub fn last_played(&self) -> Option<Clip> {
        let player = &self.latest.player;
        let path = player.path.clone()?;
        let to_secs = (player.to_secs > player.from_secs).then_some(player.to_secs);
        Some(Clip { path, from_secs: player.from_secs, to_secs })
    }

    /// The settings for sound, with a change.
    pub fn sound_with(&self, change: impl FnOnce(&mut SoundSettings)) -> SoundSettings {
        let mut settings = (*self.latest.sound).clone();
        change(&mut settings);
        settings
    }
}

/// The stretch of a match in seconds. `None` if whole files were ranked.
pub fn stretch_of(found: &Match) -> Option<(f64, f64)> {
    (found.by != Grouping::File).then_some((found.start_seconds, found.end_seconds))
}
