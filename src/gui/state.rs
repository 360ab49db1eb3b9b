//! What is on screen, without a widget: events and values from the engine go in, intents of the person go in, and
//! actions come out. Tested without a window.

mod bits;
mod collecting;
mod duplicates;
mod editing;
mod events;
mod explore;
mod files;
mod intents;
mod library;
mod map;
mod pictures;
mod searching;
mod sound;
mod teaching;
mod upkeep;

pub use pictures::Picture;

use camino::Utf8PathBuf;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use self::pictures::Pictures;
use super::collecting::Collecting;
use super::dialogs::Question;
use super::explore::Explore;
use super::file_table::{FileTable, Order};
use super::library::Library;
use super::notices::Notices;
pub use super::notices::Place;
use super::preferences::Preferences;
use super::saving::Saving;
use super::search_state::SearchState;
use super::sound_state::SoundState;
use super::training_form::TrainingForm;
use super::upkeep::Upkeep;
use crate::dataset::{CollectionId, FileId, Item};
use crate::engine::{
    AddReport, Command, CopiesDeed, DatasetView, History, IndexReport, JobId, JobKind, JobView, Latest, PlayerView,
    ProjectView, RecorderView, TrainReport,
};
use crate::ground::{Grid, Rate};
use crate::model::ModelKind;

/// What the window asks of the world around it.
#[derive(Clone, Debug)]
pub enum Action {
    Submit(Box<Command>),
    Cancel(JobId),
    Ask(Question),
    OpenProject(PathBuf),
    /// Opens a project after this was done.
    OpenRemedied(PathBuf, Remedy),
    /// Arranges a large table of files; the answer goes to [`State::arranged`].
    Arrange(Box<Order>),
    /// Shows files where they lie.
    Reveal(Vec<PathBuf>),
    /// The pointer, with its button down, takes files along to another window.
    DragOut(Vec<PathBuf>),
    /// Closes the window.
    Leave,
}

/// What is done before a project is opened, because the person asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A project is made in a folder that holds other files.
    MakeHere,
    /// A broken project is put back together.
    Repair,
}

/// What covers the window until it is answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Modal {
    /// A take is to be deleted, file and all.
    DeleteTake(Utf8PathBuf),
    /// The tags of some files.
    Tags(Vec<FileId>),
    /// Something is to be saved: see [`State::saving`].
    Save,
    /// Some sounds go into a collection.
    Collect(Vec<Item>),
    RenameCollection(CollectionId),
    /// Copies are to go.
    ThinOut(CopiesDeed),
    /// Files are missing: where are they now?
    Relink,
    /// What is left out of folders.
    LeftOut,
    /// The search is to be kept under a name.
    SaveSearch,
    /// The saved search of this name is to get another.
    RenameSearch(String),
    /// Another project is to be opened.
    OpenProject,
    Keys,
    /// The window is to be closed while something is recorded.
    LeaveRecording,
}

/// What the window shows between its header and its player.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Search,
    Map,
    Bits,
    Duplicates,
    Learning,
    /// The collection that is open, in the place of the search.
    Collection,
}

/// The list that the arrow keys move through: the one that was used last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// What stands above the folders.
    Library,
    Files,
    #[default]
    Matches,
    /// The map itself, and the list of what is in view on it.
    Dots,
    MapRows,
    /// The chunks nearest to a code.
    Near,
    Duplicates,
    Collection,
    /// Exact copies.
    Copies,
}

pub struct State {
    pub latest: Latest,
    pub page: Page,
    pub explore: Explore,
    pub search: SearchState,
    pub sound: SoundState,
    pub form: TrainingForm,
    pub notices: Notices,
    pub modal: Option<Modal>,
    pub saving: Option<Saving>,
    /// What is to be put on the clipboard.
    pub to_copy: Option<String>,
    pub list: List,
    /// Whether files hover over the window.
    pub files_hover: bool,
    /// Whether the window is too narrow for the map to stand beside the search: then it is a page.
    pub is_narrow: bool,
    /// Whether files can be dragged out of the window: of the platforms, X11 alone lets us.
    pub drags_out: bool,
    pub add_typed: String,
    /// The folder of another project, as typed.
    pub project_typed: String,
    pub library: Library,
    pub files: FileTable,
    pub collecting: Collecting,
    pub upkeep: Upkeep,
    pub preferences: Preferences,
    pub selected_files: BTreeSet<FileId>,
    pub tag_typed: String,
    /// The name of a saved search or a collection, as typed.
    pub name_typed: String,
    pub last_import: Option<AddReport>,
    /// Files that were not there when it was last told how many are not.
    told_missing: usize,
    /// Whether the last change was one of the query's basket, which the window undoes by itself.
    taught_last: bool,
    pub last_training: Option<TrainReport>,
    pub last_index: Option<IndexReport>,
    pictures: Pictures,
    jobs: HashMap<JobId, Ticket>,
    actions: Vec<Action>,
}

/// What a submitted job was for.
#[derive(Clone, Debug)]
struct Ticket {
    place: Place,
    /// The file of a search or a preview.
    path: Option<Utf8PathBuf>,
    preview: bool,
    /// Whether its success is seen where the person looks, and needs no message.
    quiet: bool,
    /// Whether it changes a saved search.
    teaches: bool,
}

impl Default for State {
    fn default() -> Self {
        let latest = nothing_yet();
        Self {
            page: Page::default(),
            explore: Explore::default(),
            search: SearchState::default(),
            sound: SoundState::default(),
            form: TrainingForm::default(),
            notices: Notices::default(),
            modal: None,
            saving: None,
            to_copy: None,
            list: List::default(),
            files_hover: false,
            is_narrow: false,
            drags_out: false,
            add_typed: String::new(),
            project_typed: String::new(),
            library: Library::default(),
            files: FileTable::new(latest.dataset.clone()),
            collecting: Collecting::default(),
            upkeep: Upkeep::default(),
            preferences: Preferences::default(),
            selected_files: BTreeSet::new(),
            tag_typed: String::new(),
            name_typed: String::new(),
            last_import: None,
            told_missing: 0,
            taught_last: false,
            last_training: None,
            last_index: None,
            pictures: Pictures::default(),
            jobs: HashMap::new(),
            actions: Vec::new(),
            latest,
        }
    }
}

impl State {
    /// The state of a window that is remembered so.
    pub fn remembered(preferences: Preferences) -> Self {
        let mut state = Self::default();
        state.files.by_folder = preferences.files_by_folder;
        state.files.sort = preferences.files_sorted;
        state.search.view = preferences.match_view;
        state.search.sort = preferences.matches_sorted;
        state.search.weights = preferences.weights;
        state.search.auto_play = preferences.plays_selected;
        state.preferences = preferences;
        state
    }
}

/// Before the engine has said anything.
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

/// What can be read off.
impl State {
    pub fn is_empty(&self) -> bool {
        self.latest.dataset.files.is_empty()
    }

    /// The oldest job of a kind, waiting or running.
    pub fn job(&self, kind: JobKind) -> Option<(JobId, &JobView)> {
        self.latest.jobs.iter().find(|(_, view)| view.kind == kind).map(|(id, view)| (*id, view))
    }

    /// Why searching is impossible, and so what to do first.
    pub fn search_obstacle(&self) -> Option<Obstacle> {
        let Some(_) = &self.latest.model else { return Some(Obstacle::NoModel) };
        match &self.latest.index {
            None => Some(Obstacle::NoIndex),
            Some(index) if !index.of_current_model => Some(Obstacle::OtherModel),
            Some(index) if index.codes == 0 => Some(Obstacle::NoIndex),
            Some(_) => None,
        }
    }

    /// Whether nothing was learned from these sounds yet: the model that ships with the program answers.
    pub fn is_of_base_model(&self) -> bool {
        self.latest.model.as_ref().is_some_and(|model| model.kind == ModelKind::Base)
    }

    /// Whether the model tells no sounds apart, so that what it answers means nothing.
    pub fn is_collapsed(&self) -> bool {
        self.latest.model.as_ref().is_some_and(|model| model.collapsed.is_some())
    }

    pub fn read_only(&self) -> bool {
        self.latest.project.read_only.is_some()
    }

    /// Whether something moves on screen by itself, so that the next frame must be drawn without being asked for.
    pub fn moves(&self) -> bool {
        self.latest.player.playing || self.latest.recorder.recording
    }

    /// The most common rate of the files, in hertz.
    pub fn common_rate(&self) -> Option<u32> {
        self.latest.dataset.rates.iter().max_by_key(|(_, files)| **files).map(|(rate, _)| *rate)
    }

    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }
}

/// What stands between a query and its matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    NoModel,
    NoIndex,
    OtherModel,
}
