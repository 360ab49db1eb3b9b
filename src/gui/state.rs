//! The state of the window, without a widget. Events and values from the engine go in, what the person wants goes in, and
//! actions come out. Each panel owns a part of the state. Here is what concerns more than one part.

mod bits;
mod carry_out;
mod collecting;
mod editing;
mod events;
mod files;
mod jobs;
mod library;
mod lists;
mod map;
mod outside;
mod reviewing;
mod searching;
#[cfg(feature = "shared")]
mod shared_library;
mod sound;
mod teaching;
mod upkeep;

use super::actions::Action;
use super::collecting::Collecting;
use super::explore::bits::BitsState;
use super::explore::copies::Copies;
use super::explore::duplicates::DuplicatesState;
use super::explore::map::MapState;
use super::file_table::FileTable;
use super::indexing::Indexing;
use super::library::Library;
use super::modals::Modals;
use super::notices::Notices;
use super::preferences::Preferences;
use super::review::Review;
use super::search_state::SearchState;
use super::shared::Shared;
use super::sound_state::SoundState;
use super::training_form::TrainingForm;

pub struct State {
    /// What every panel may read.
    pub shared: Shared,
    // What one panel, or one page of panels, owns.
    pub search: SearchState,
    pub review: Review,
    pub map: MapState,
    pub bits: BitsState,
    pub duplicates: DuplicatesState,
    pub copies: Copies,
    pub collection: Collecting,
    pub library: Library,
    pub files: FileTable,
    pub form: TrainingForm,
    pub indexing: Indexing,
    pub sound: SoundState,
    pub modals: Modals,
    pub notices: Notices,
    /// The text for the clipboard.
    pub to_copy: Option<String>,
    /// The number of missing files that the last message about them told.
    told_missing: usize,
    /// Whether the last change was one of the query's basket. The window itself undoes such a change.
    taught_last: bool,
    jobs: jobs::Jobs,
    actions: Vec<Action>,
}

impl Default for State {
    fn default() -> Self {
        let shared = Shared::default();
        Self {
            search: SearchState::default(),
            review: Review::default(),
            map: MapState::default(),
            bits: BitsState::default(),
            duplicates: DuplicatesState::default(),
            copies: Copies::default(),
            collection: Collecting::default(),
            library: Library::default(),
            files: FileTable::new(shared.latest.dataset.clone()),
            form: TrainingForm::default(),
            indexing: Indexing::default(),
            sound: SoundState::default(),
            modals: Modals::default(),
            notices: Notices::default(),
            to_copy: None,
            told_missing: 0,
            taught_last: false,
            jobs: jobs::Jobs::default(),
            actions: Vec::new(),
            shared,
        }
    }
}

impl State {
    /// A new window with the preferences of the last one.
    pub fn remembered(preferences: Preferences) -> Self {
        let mut state = Self::default();
        state.files.by_folder = preferences.files_by_folder;
        state.files.sort = preferences.files_sorted;
        state.files.folds_copies = preferences.folds_copies;
        state.search.view = preferences.match_view;
        state.search.sort = preferences.matches_sorted;
        state.search.weights = preferences.weights;
        state.shared.preferences = preferences;
        state
    }

    /// Notes the preferences that are chosen in the lists themselves.
    pub fn note_preferences(&mut self) {
        let preferences = &mut self.shared.preferences;
        preferences.files_by_folder = self.files.by_folder;
        preferences.files_sorted = self.files.sort;
        preferences.folds_copies = self.files.folds_copies;
        preferences.match_view = self.search.view;
        preferences.matches_sorted = self.search.sort;
    }

    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }
}
