//! What is on screen, without a widget: events and values from the engine go in, intents of the person go in, and
//! actions come out. Tested without a window.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::dialogs::{Answer, Question};
use super::format;
use super::notices::{Notices, Tone};
use super::search_state::{Run, SearchState, clip_of, stretch_of, typed_path};
use super::training_form::TrainingForm;
use crate::dataset::{FileId, Grid, GridRate, SoundFile};
use crate::engine::{
    AddReport, Clip, Command, DatasetView, Event, IndexReport, JobId, JobKind, JobView, Latest, Outcome, PlayerView,
    ProjectView, RecorderView, SoundPreview, Take, TrainReport,
};
use crate::model::Config;

/// What the window asks of the world around it.
#[derive(Clone, Debug)]
pub enum Action {
    Submit(Command),
    Cancel(JobId),
    Ask(Question),
    OpenProject(PathBuf),
}

/// The panel that a job belongs to, and that shows its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Dataset,
    Training,
    Indexing,
    Search,
    Player,
}

/// What covers the window until it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modal {
    /// A single file was dropped: search for it, or add it?
    Dropped(PathBuf),
    Keys,
}

/// The list that the arrow keys move through: the one that was used last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    Files,
    #[default]
    Matches,
}

/// A picture of a sound, as far as the engine has answered.
#[derive(Clone, Debug)]
pub enum Picture {
    Asked,
    Drawn(Arc<SoundPreview>),
    Failed,
}

/// Pictures that are kept; beyond this only the shown ones are.
const PICTURES: usize = 128;

pub struct State {
    pub latest: Latest,
    pub search: SearchState,
    pub form: TrainingForm,
    pub notices: Notices,
    pub modal: Option<Modal>,
    pub list: List,
    /// Whether files hover over the window.
    pub files_hover: bool,
    pub add_typed: String,
    /// Selected files, and the row that a further selection with Shift starts from.
    pub selected_files: BTreeSet<FileId>,
    pub file_anchor: Option<usize>,
    pub reveal_file: Option<usize>,
    /// Why the last job of a panel failed, until it is dismissed or a new one succeeds.
    pub failures: BTreeMap<Place, String>,
    pub last_import: Option<AddReport>,
    pub last_training: Option<TrainReport>,
    pub last_index: Option<IndexReport>,
    pictures: HashMap<Utf8PathBuf, Picture>,
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
}

impl Default for State {
    fn default() -> Self {
        Self {
            latest: nothing_yet(),
            search: SearchState::default(),
            form: TrainingForm::default(),
            notices: Notices::default(),
            modal: None,
            list: List::default(),
            files_hover: false,
            add_typed: String::new(),
            selected_files: BTreeSet::new(),
            file_anchor: None,
            reveal_file: None,
            failures: BTreeMap::new(),
            last_import: None,
            last_training: None,
            last_index: None,
            pictures: HashMap::new(),
            jobs: HashMap::new(),
            actions: Vec::new(),
        }
    }
}

/// Before the engine has said anything.
fn nothing_yet() -> Latest {
    let grid = Grid { rate: GridRate::Native, chunk_frames: 1, hop_frames: 1 };
    Latest {
        project: Arc::new(ProjectView::default()),
        dataset: Arc::new(DatasetView {
            files: Vec::new(),
            problems: Vec::new(),
            seconds: 0.0,
            chunks: 0,
            grid,
            rates: BTreeMap::new(),
        }),
        model: None,
        index: None,
        jobs: BTreeMap::new(),
        training: None,
        resumable: false,
        player: PlayerView { volume: 1.0, ..PlayerView::default() },
        recorder: RecorderView::default(),
    }
}

/// From the engine.
impl State {
    /// Takes over the newest values.
    pub fn observe(&mut self, latest: Latest) {
        let dataset_changed = !Arc::ptr_eq(&self.latest.dataset, &latest.dataset);
        self.latest = latest;
        if dataset_changed {
            let dataset = self.latest.dataset.clone();
            self.search.find_files(&dataset);
            if !self.selected_files.is_empty() {
                let here: BTreeSet<FileId> = dataset.files.iter().map(|file| file.id).collect();
                self.selected_files.retain(|file| here.contains(file));
            }
        }
        if let Some(path) = self.latest.player.path.clone() {
            self.want_picture(&path);
        }
    }

    /// Notes which job a command became, so that its events can be told apart.
    pub fn submitted(&mut self, job: JobId, command: &Command) {
        let (place, path) = match command {
            Command::AddPaths { .. } | Command::AddDemo | Command::RemoveFiles { .. } | Command::ClearProblems => {
                (Place::Dataset, None)
            }
            Command::TrainModel { .. } | Command::FinishTrainingNow => (Place::Training, None),
            Command::BuildIndex => (Place::Indexing, None),
            Command::Search(query) => {
                if let Run::Searching { job: running, .. } = &mut self.search.run {
                    *running = Some(job);
                }
                (Place::Search, Some(query.path.clone()))
            }
            Command::Preview { path } => (Place::Search, Some(path.clone())),
            Command::StartRecording | Command::StopRecording => (Place::Search, None),
            Command::Evaluate { .. } | Command::Export { .. } | Command::EncodeFolder { .. } => (Place::Indexing, None),
            Command::Play(_)
            | Command::StopPlaying
            | Command::SeekPlayer { .. }
            | Command::LoopPlayer(_)
            | Command::SetVolume(_) => (Place::Player, None),
        };
        let preview = matches!(command, Command::Preview { .. });
        self.jobs.insert(job, Ticket { place, path, preview });
    }

    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Finished { job, outcome } => {
                let ticket = self.jobs.remove(&job);
                if let Some(ticket) = &ticket {
                    self.failures.remove(&ticket.place);
                }
                self.finished(job, ticket, outcome);
            }
            Event::Cancelled { job } => {
                self.jobs.remove(&job);
                self.search_ended(job);
            }
            Event::Failed { job, message } => {
                let ticket = self.jobs.remove(&job);
                self.failed(job, ticket, message);
            }
        }
    }

    fn finished(&mut self, job: JobId, ticket: Option<Ticket>, outcome: Outcome) {
        match outcome {
            Outcome::Added(report) => self.added(report),
            Outcome::Removed | Outcome::Done => {}
            // Asked for from the command line alone.
            Outcome::Evaluated(_) | Outcome::Exported(_) => {}
            Outcome::Trained(report) => self.trained(report),
            Outcome::Indexed(report) => {
                let codes = format::counted(report.codes, "code", "codes");
                self.notices.push(Tone::Good, format!("The index is built: {codes}."));
                self.last_index = Some(report);
                self.search_again_if_shown();
            }
            Outcome::Searched(report) => {
                if let Some(preview) = &report.preview {
                    self.keep_picture(preview.path.clone(), Picture::Drawn(preview.clone()));
                }
                // An answer about a sound that is no longer the query comes too late.
                let asked = ticket.and_then(|ticket| ticket.path);
                if asked.is_none() || asked == self.search.path {
                    let dataset = self.latest.dataset.clone();
                    self.search.show(report, &dataset);
                }
                self.search_ended(job);
            }
            Outcome::Previewed(preview) => {
                self.keep_picture(preview.path.clone(), Picture::Drawn(Arc::new(preview)));
            }
            Outcome::Recorded(take) => self.recorded(take),
        }
    }

    fn failed(&mut self, job: JobId, ticket: Option<Ticket>, message: String) {
        if let Some(Ticket { preview: true, path: Some(path), .. }) = &ticket {
            self.keep_picture(path.clone(), Picture::Failed);
            // Only the query's own picture is missed; a player that cannot read a file says so itself.
            if self.search.path.as_ref() != Some(path) {
                return;
            }
        }
        let place = ticket.map_or(Place::Dataset, |ticket| ticket.place);
        let message = format::sentence(&message);
        self.notices.push(Tone::Error, message.clone());
        self.failures.insert(place, message);
        self.search_ended(job);
    }

    fn search_ended(&mut self, job: JobId) {
        if let Run::Searching { job: Some(running), again } = self.search.run
            && running == job
        {
            self.search.run = Run::Idle;
            if again {
                self.search_now();
            }
        }
    }

    fn added(&mut self, report: AddReport) {
        let mut text = format!("{} added", format::counted(report.added.len() as u64, "file", "files"));
        if !report.skipped.is_empty() {
            text += &format!(", {} skipped", format::count(report.skipped.len() as u64));
        }
        let tone = if report.failed.is_empty() { Tone::Good } else { Tone::Warning };
        if !report.failed.is_empty() {
            text += &format!(", {} could not be read", format::count(report.failed.len() as u64));
        }
        text += if report.cancelled { "; stopped before the end." } else { "." };
        self.notices.push(tone, text);
        self.last_import = Some(report);
    }

    fn trained(&mut self, report: TrainReport) {
        match &report.collapsed {
            Some(why) => self.notices.push(Tone::Warning, why.clone()),
            None => {
                let steps = format::counted(report.steps as u64, "step", "steps");
                let text = format!("Learned in {} ({steps}).", format::duration(report.seconds));
                self.notices.push(Tone::Good, text);
            }
        }
        if let Some(index) = &report.index {
            self.last_index = Some(index.clone());
        }
        self.last_training = Some(report);
        self.search_again_if_shown();
    }

    fn recorded(&mut self, take: Take) {
        if let Some(why) = &take.interrupted {
            self.notices.push(Tone::Warning, format!("The recording ended early: {why} What came before is kept."));
        }
        if take.lost_frames > 0 {
            let lost = format::counted(take.lost_frames, "frame was", "frames were");
            self.notices.push(Tone::Warning, format!("{lost} lost while recording: the machine was too busy."));
        }
        self.choose_query(take.path, None);
    }

    /// New codes may answer the shown query differently.
    fn search_again_if_shown(&mut self) {
        if self.search.path.is_some() {
            self.search_now();
        }
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

    pub fn picture(&self, path: &Utf8Path) -> Option<&Picture> {
        self.pictures.get(path)
    }

    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    fn keep_picture(&mut self, path: Utf8PathBuf, picture: Picture) {
        if self.pictures.len() >= PICTURES {
            let (query, playing) = (self.search.path.clone(), self.latest.player.path.clone());
            self.pictures.retain(|path, _| Some(path) == query.as_ref() || Some(path) == playing.as_ref());
        }
        self.pictures.insert(path, picture);
    }

    fn want_picture(&mut self, path: &Utf8Path) {
        if !self.pictures.contains_key(path) {
            self.keep_picture(path.to_owned(), Picture::Asked);
            self.submit(Command::Preview { path: path.to_owned() });
        }
    }
}

/// What stands between a query and its matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    NoModel,
    NoIndex,
    OtherModel,
}

/// From the person.
impl State {
    pub fn submit(&mut self, command: Command) {
        self.actions.push(Action::Submit(command));
    }

    pub fn cancel(&mut self, job: JobId) {
        self.actions.push(Action::Cancel(job));
    }

    pub fn ask(&mut self, question: Question) {
        self.actions.push(Action::Ask(question));
    }

    pub fn open_project(&mut self, folder: PathBuf) {
        self.actions.push(Action::OpenProject(folder));
    }

    pub fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Add(paths) => self.add(paths),
            Answer::Find(path) => self.find(path),
            Answer::OpenProject(folder) => self.open_project(folder),
            Answer::Dropped { path, is_file: true } => self.modal = Some(Modal::Dropped(path)),
            Answer::Dropped { path, is_file: false } => self.add(vec![path]),
        }
    }

    /// Files and folders were dropped on the window.
    pub fn dropped(&mut self, mut paths: Vec<PathBuf>) {
        self.files_hover = false;
        match paths.len() {
            0 => {}
            1 if self.search_obstacle().is_none() => self.ask(Question::IsFile(paths.remove(0))),
            _ => self.add(paths),
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
                    "{} cannot be searched for: its name is not UTF-8. Rename the file, and try again.",
                    path.display()
                );
                self.notices.push(Tone::Error, message.clone());
                self.failures.insert(Place::Search, message);
            }
        }
    }

    pub fn choose_query(&mut self, path: Utf8PathBuf, region: Option<(f64, f64)>) {
        self.failures.remove(&Place::Search);
        self.search.choose(path, region);
        self.search_now();
    }

    /// Another part of the query: the matches follow while it changes.
    pub fn choose_region(&mut self, region: Option<(f64, f64)>) {
        if self.search.region != region {
            self.search.region = region;
            self.search_now();
        }
    }

    /// Searches for the query as it is now, or, where that is impossible yet, has it drawn at least.
    pub fn search_now(&mut self) {
        let Some(query) = self.search.query() else { return };
        if self.search_obstacle().is_some() {
            self.want_picture(&query.path);
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

    pub fn select_match(&mut self, place: usize) {
        self.list = List::Matches;
        self.search.selected = Some(place);
    }

    /// Plays a match at once.
    pub fn play_match(&mut self, place: usize) {
        self.select_match(place);
        if let Some(m) = self.search.selected_match() {
            let clip = clip_of(m);
            self.play(clip);
        }
    }

    pub fn find_similar_to_match(&mut self, place: usize) {
        if let Some(m) = self.search.matches().get(place) {
            let (path, stretch) = (m.path.clone(), stretch_of(m));
            self.choose_query(path, stretch);
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
            List::Matches => self.search.selected_match().map(clip_of).or_else(|| self.search.query_clip()),
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

    /// A place in the picture of what plays: goes on from there, or plays from there to the end.
    pub fn seek(&mut self, secs: f64) {
        if self.latest.player.playing {
            self.submit(Command::SeekPlayer { secs });
        } else if let Some(path) = self.latest.player.path.clone() {
            self.play(Clip { path, from_secs: secs, to_secs: None });
        }
    }

    pub fn toggle_loop(&mut self) {
        self.submit(Command::LoopPlayer(!self.latest.player.looping));
    }

    pub fn toggle_recording(&mut self) {
        let recording = self.latest.recorder.recording;
        self.submit(if recording { Command::StopRecording } else { Command::StartRecording });
    }

    /// Moves the selection of the list that was used last, and plays where that is switched on.
    pub fn step(&mut self, by: isize) {
        let use_files = self.list == List::Files || self.search.matches().is_empty();
        if use_files {
            self.step_file(by);
        } else if self.search.step(by)
            && self.search.auto_play
            && let Some(clip) = self.search.selected_match().map(clip_of)
        {
            self.play(clip);
        }
    }

    fn step_file(&mut self, by: isize) {
        let files = self.latest.dataset.clone();
        let Some(last) = files.files.len().checked_sub(1) else { return };
        let next = self.file_anchor.map_or(0, |i| i.saturating_add_signed(by).min(last));
        self.list = List::Files;
        self.file_anchor = Some(next);
        self.reveal_file = Some(next);
        let file = &files.files[next];
        self.selected_files = BTreeSet::from([file.id]);
        if self.search.auto_play {
            self.play_file(file);
        }
    }

    /// A click on a row of the dataset. `add`: with Ctrl, `extend`: with Shift.
    pub fn click_file(&mut self, place: usize, add: bool, extend: bool) {
        self.list = List::Files;
        let dataset = self.latest.dataset.clone();
        let Some(file) = dataset.files.get(place) else { return };
        match (extend, self.file_anchor) {
            (true, Some(anchor)) => {
                let last = dataset.files.len() - 1;
                let range = anchor.min(place)..=anchor.max(place).min(last);
                self.selected_files = dataset.files[range].iter().map(|file| file.id).collect();
                return;
            }
            _ if add => {
                if !self.selected_files.remove(&file.id) {
                    self.selected_files.insert(file.id);
                }
            }
            _ => self.selected_files = BTreeSet::from([file.id]),
        }
        self.file_anchor = Some(place);
    }

    pub fn first_selected_file(&self) -> Option<&Arc<SoundFile>> {
        let id = self.selected_files.first()?;
        let anchored = self.file_anchor.and_then(|i| self.latest.dataset.files.get(i));
        anchored
            .filter(|file| self.selected_files.contains(&file.id))
            .or_else(|| self.latest.dataset.files.iter().find(|file| file.id == *id))
    }

    pub fn remove_selected_files(&mut self) {
        let files: Vec<FileId> = self.selected_files.iter().copied().collect();
        if !files.is_empty() {
            self.submit(Command::RemoveFiles { files });
        }
    }

    /// Enter: searches for what is selected.
    pub fn find_similar(&mut self) {
        let file = self.first_selected_file().map(|file| file.path.clone());
        match (self.list, self.search.selected, file) {
            (List::Matches, Some(place), _) => self.find_similar_to_match(place),
            (_, _, Some(path)) => self.choose_query(path, None),
            _ => {}
        }
    }

    pub fn learn(&mut self, resume: bool) {
        let checked = self.form.settings().and_then(|settings| {
            let config = Config::new(&settings, self.common_rate());
            config.map(|_| settings).map_err(|problem| format::sentence(&problem.to_string()))
        });
        match checked {
            Ok(settings) => self.submit(Command::TrainModel { settings, resume, then_index: true }),
            Err(problem) => {
                self.failures.insert(Place::Training, problem);
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
        }
    }
}
