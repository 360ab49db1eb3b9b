//! What a person wants that concerns more than one panel. A panel changes only what it owns. For everything else it puts
//! an intent on a list, which the window's state carries out when all panels are drawn (`state/carry_out.rs`).

use std::path::PathBuf;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::actions::{Action, Remedy};
use super::dialogs::Question;
use super::file_table::Order;
use super::library::Head;
use super::match_list::{Column, Line, View};
use super::modals::Modal;
use super::preferences::Look;
use super::shared::{List, Page};
use crate::dataset::{CollectionId, FileId, Item, SoundFile};
use crate::engine::{Clip, Command, CopiesDeed, Example, JobId, SearchFilter, SoundSettings, Weights};

/// Defines [`Intent`], and a method of [`Intents`] that puts each intent on the list.
macro_rules! intents {
    ($($(#[$doc:meta])* $variant:ident = $method:ident($($name:ident: $type:ty),*);)*) => {
        #[derive(Clone, Debug)]
        pub enum Intent {
            /// Asks something of the engine, the desktop or the disk.
            Act(Action),
            $($(#[$doc])* $variant { $($name: $type),* },)*
        }

        impl Intents {
            $($(#[$doc])* pub fn $method(&mut self, $($name: $type),*) {
                self.list.push(Intent::$variant { $($name),* });
            })*
        }
    };
}

intents! {
    // The window.
    TurnTo = turn_to(page: Page);
    /// The keys act on this list from now on.
    UseList = use_list(list: List);
    OpenModal = open(modal: Modal);
    /// Opens a dialog that asks for a name, with this name in its field.
    AskForName = ask_for_name(modal: Modal, name: String);
    OpenProject = open_project(folder: PathBuf);
    /// Asks for the address of a shared library.
    AskForLibrary = ask_for_library();
    /// Searches the shared library whose address was typed, instead of the project.
    OpenLibrary = open_library();
    /// Searches the project again.
    CloseLibrary = close_library();
    OpenRemedied = open_remedied(folder: PathBuf, remedy: Remedy);
    Undo = undo();
    Redo = redo();
    /// Closes the window. A recording ends, and is kept.
    Leave = leave();
    Learn = learn(resume: bool);

    // Preferences.
    SetLook = set_look(look: Look);
    ShowWeights = show_weights(shown: bool);
    ShowColumn = show_column(column: Column, shown: bool);
    PlaySelected = play_selected(on: bool);

    // Playing and recording.
    /// Stops what plays, or plays the selection.
    PlayOrStop = play_or_stop();
    /// Plays the last sound on to the end of its file.
    PlayOn = play_on();
    PlayFrom = play_from(path: Utf8PathBuf, secs: f64);
    Seek = seek(secs: f64);
    ToggleLoop = toggle_loop();
    SetVolume = set_volume(volume: f32);
    SetSound = set_sound(settings: SoundSettings);
    ToggleRecording = toggle_recording();
    /// Begins to rename a take.
    RenameTake = rename_take(take: Utf8PathBuf);

    // The query.
    Add = add(paths: Vec<PathBuf>);
    Find = find(path: PathBuf);
    /// Searches with a sound, or with a part of it in seconds.
    ChooseQuery = choose_query(path: Utf8PathBuf, region: Option<(f64, f64)>);
    ChooseRegion = choose_region(region: Option<(f64, f64)>);
    PlayOrStopQuery = play_or_stop_query();
    /// Plays the chosen part of the query again and again, or stops.
    LoopPart = loop_part();
    AskToSavePart = ask_to_save_part();
    /// A click in the picture of the query.
    PointAtQuery = point_at_query(secs: f64);
    GoBack = go_back();
    GoForward = go_forward();
    ReplaceFilter = replace_filter(filter: SearchFilter);
    SetWeights = set_weights(weights: Weights);
    LookAtMatchesAs = look_at_matches_as(view: View);
    MoreMatches = more_matches();
    AddExample = add_example(example: Example);
    RemoveExample = remove_example(place: usize);
    ForgetVerdicts = forget_verdicts();
    DrawLineAt = draw_line_at(threshold: Option<f64>);
    AskToSaveSearch = ask_to_save_search();
    SaveSearch = save_search();
    RenameSearch = rename_search(from: String);

    // Matches.
    GoToMatches = go_to_matches();
    SelectMatch = select_match(line: Line);
    PlayMatch = play_match(line: Line);
    /// Plays only the moment that was found.
    PlayMoment = play_moment(line: Line);
    /// Plays the query and the selected match in turn.
    PlayTheOther = play_the_other();
    FindSimilarToMatch = find_similar_to_match(line: Line);
    UnfoldMoments = unfold_moments(file: FileId, unfold: bool);
    Judge = judge(line: Line, yes: bool);
    ChooseEvent = choose_event(place: usize, plays: bool);
    JudgeEvent = judge_event(place: usize, yes: bool);
    /// Shows a sample of the events, or all of them again.
    ShowSample = show_sample(on: bool);
    /// Asks for the pictures in view that are missing.
    WantPictures = want_pictures();
    AskToSaveCounts = ask_to_save_counts();
    ToggleFavourite = toggle_favourite(line: Line);
    ShowMatchOnMap = show_match_on_map(line: Line);
    ShowMatchBits = show_match_bits(line: Line);
    RevealMatch = reveal_match(line: Line);
    DragMatchOut = drag_match_out(line: Line);
    CopyMatchAsFile = copy_match_as_file(line: Line);
    AskToSaveMatch = ask_to_save_match(line: Line);
    AskToSaveMatches = ask_to_save_matches();

    // Files.
    /// `add` means with Ctrl, `extend` means with Shift.
    ClickFile = click_file(place: usize, add: bool, extend: bool);
    FocusFile = focus_file(place: u32);
    /// A click without Ctrl or Shift: the file plays and becomes the query.
    ChooseFile = choose_file(place: u32);
    StepFile = step_file(by: isize, extend: bool);
    SelectPlaces = select_places(places: Vec<u32>);
    /// Searches for sounds like a file.
    FindSoundsLike = find_sounds_like(file: Arc<SoundFile>);
    DragFilesOut = drag_files_out(file: Arc<SoundFile>);
    ShowCopies = show_copies(file: FileId);
    AskForTag = ask_for_tag();
    Tag = tag(files: Vec<FileId>, tag: String);
    Untag = untag(files: Vec<FileId>, tag: String);
    RemoveSelectedFiles = remove_selected_files();
    ReadChangedFiles = read_changed_files();
    RevealSelectedFiles = reveal_selected_files();
    AskWhereFilesAre = ask_where_files_are();
    AskWhatIsLeftOut = ask_what_is_left_out();
    Relink = relink();
    ForgetMissing = forget_missing();

    // The library and its collections.
    ChooseHead = choose_head(head: Head);
    AskForCollection = ask_for_collection(items: Vec<Item>);
    PutIntoCollection = put_into_collection(name: String, items: Vec<Item>);
    CloseCollection = close_collection();
    RenameCollection = rename_collection(collection: CollectionId);
    AskToExportCollection = ask_to_export_collection(collection: CollectionId);

    // The map and the copies.
    /// Selects a dot, plays it, and searches with it.
    ClickDot = click_dot(dot: usize);
    /// Searches only among the sounds inside a closed line on the map.
    LookAmong = look_among(line: Vec<[f32; 2]>);
    AskToThinOut = ask_to_thin_out(deed: CopiesDeed);
    ThinOut = thin_out(deed: CopiesDeed);
    AskToSaveCopiesScript = ask_to_save_copies_script();

    // Saving.
    Save = save();
    BrowseToSave = browse_to_save();
}

/// The list of what the person wants, in order.
#[derive(Debug, Default)]
pub struct Intents {
    list: Vec<Intent>,
}

impl Intents {
    pub fn into_list(self) -> Vec<Intent> {
        self.list
    }

    pub fn submit(&mut self, command: Command) {
        self.list.push(Intent::Act(Action::Submit(Box::new(command))));
    }

    pub fn cancel(&mut self, job: JobId) {
        self.list.push(Intent::Act(Action::Cancel(job)));
    }

    pub fn ask(&mut self, question: Question) {
        self.list.push(Intent::Act(Action::Ask(question)));
    }

    /// Arranges a large table of files.
    pub fn arrange(&mut self, order: Order) {
        self.list.push(Intent::Act(Action::Arrange(Box::new(order))));
    }

    /// Shows files in the file manager.
    pub fn reveal(&mut self, paths: Vec<PathBuf>) {
        self.list.push(Intent::Act(Action::Reveal(paths)));
    }

    pub fn play(&mut self, clip: Clip) {
        self.submit(Command::Play(clip));
    }

    pub fn play_file(&mut self, file: &SoundFile) {
        self.play(Clip { path: file.path.clone(), from_secs: 0.0, to_secs: None });
    }
}
