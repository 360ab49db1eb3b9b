//! [`Latest`]: the current state, as values that newer values overwrite. A reader always sees the newest. What happens
//! once is an [`Event`](super::Event) instead.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::job::{JobId, JobView};
use super::query::SavedSearchView;
use super::sound_settings::SoundSettings;
use crate::audio::device::DeviceList;
use crate::dataset::{Collection, Favourite, FileId, Problem, SoundFile};
use crate::ground::{Grid, Rate};
use crate::model::{Config, ModelKind};
use crate::project::{History, Root, RootId};

/// A take in the project.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeView {
    pub path: Utf8PathBuf,
    pub duration_secs: f64,
    /// Nanoseconds since 1970.
    pub recorded_ns: i64,
}

/// The connected devices. They are only updated while somebody watches them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicesView {
    pub outputs: DeviceList,
    pub inputs: DeviceList,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Latest {
    pub project: Arc<ProjectView>,
    pub dataset: Arc<DatasetView>,
    /// The files that were not as they had been read, at the last check.
    pub on_disk: Arc<BTreeMap<FileId, OnDisk>>,
    pub watch: Arc<WatchView>,
    /// The project's patterns of files to leave out of folders.
    pub ignored: Arc<Vec<String>>,
    /// What can be undone and redone.
    pub history: History,
    pub model: Option<Arc<ModelView>>,
    pub index: Option<Arc<IndexView>>,
    /// Jobs that wait or run, the oldest first.
    pub jobs: BTreeMap<JobId, JobView>,
    /// The running training, or the last one of this session or of the current model.
    pub training: Option<Arc<TrainingView>>,
    /// Whether a stopped training can be resumed.
    pub resumable: bool,
    pub player: PlayerView,
    pub recorder: RecorderView,
    pub sound: Arc<SoundSettings>,
    pub devices: Arc<DevicesView>,
    /// Ordered by time, the newest first.
    pub takes: Arc<Vec<TakeView>>,
    /// Ordered by path, then by start.
    pub favourites: Arc<Vec<Favourite>>,
    /// Ordered by name.
    pub searches: Arc<Vec<SavedSearchView>>,
    /// Ordered by name.
    pub collections: Arc<Vec<Collection>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectView {
    pub folder: Utf8PathBuf,
    /// Why nothing can be changed: another process has the project open, or the folder cannot be written.
    pub read_only: Option<String>,
    /// The settings files that cannot be used, with the reasons.
    pub unusable_settings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DatasetView {
    /// Ordered by path.
    pub files: Vec<Arc<SoundFile>>,
    pub problems: Vec<Problem>,
    pub seconds: f64,
    /// The number of chunks on `grid`.
    pub chunks: u64,
    /// The grid of the current model. Without a model, the grid of the default preset.
    pub grid: Grid,
    /// The number of files for each native rate.
    pub rates: BTreeMap<u32, usize>,
    /// The tags of files that have any.
    pub tags: BTreeMap<FileId, Vec<String>>,
    /// Every tag that is in use, in alphabetical order.
    pub known_tags: BTreeSet<String>,
    /// The folders that files are kept relative to, by path.
    pub roots: Vec<Root>,
    /// For each file, in the order of `files`, the position of its root in `roots`.
    root_of: Vec<u32>,
    /// Files that sound exactly the same, in groups of two or more, each ordered by path.
    copy_groups: Vec<Vec<FileId>>,
    /// For each copy, the position of its group in `copy_groups`.
    copy_group_of: HashMap<FileId, u32>,
    /// Positions in `files`, ordered by file number.
    by_id: Vec<u32>,
}

impl DatasetView {
    /// `files` and `problems` must be ordered by path.
    pub fn new(
        files: Vec<Arc<SoundFile>>,
        problems: Vec<Problem>,
        tags: BTreeMap<FileId, Vec<String>>,
        grid: Grid,
    ) -> Self {
        let mut rates = BTreeMap::new();
        for file in &files {
            *rates.entry(file.rate).or_default() += 1;
        }
        let mut by_id: Vec<u32> = (0..files.len() as u32).collect();
        by_id.sort_unstable_by_key(|place| files[*place as usize].id);
        Self {
            problems,
            // The sum of no values would be -0.
            seconds: files.iter().fold(0.0, |seconds, file| seconds + file.duration_secs()),
            chunks: files.iter().map(|file| grid.chunks_of_file(file.frames, file.rate)).sum(),
            grid,
            rates,
            known_tags: tags.values().flatten().cloned().collect(),
            tags,
            roots: Vec::new(),
            root_of: Vec::new(),
            copy_groups: Vec::new(),
            copy_group_of: HashMap::new(),
            by_id,
            files,
        }
    }

    /// No files, on a grid that none is cut on: the view for matches of a shared library.
    pub fn nothing() -> Self {
        let grid = Grid { rate: Rate::Native, chunk_frames: 1, hop_frames: 1 };
        Self::new(Vec::new(), Vec::new(), BTreeMap::new(), grid)
    }

    /// Adds the roots: all roots by path, and the root of each file in the order of the files.
    pub fn with_roots(mut self, roots: Vec<Root>, of_files: &[RootId]) -> Self {
        let places: HashMap<RootId, u32> = (0..).zip(&roots).map(|(place, root)| (root.id, place)).collect();
        // Every file in the catalogue has a root, and the root exists.
        self.root_of = of_files.iter().filter_map(|root| places.get(root).copied()).collect();
        self.roots = roots;
        self
    }

    /// Adds the hash of each file's samples, in the order of the files, and finds the copies.
    pub fn with_sound_hashes(mut self, hashes: &[Option<[u8; 32]>]) -> Self {
        self.copy_groups = groups_of_copies(&self.files, hashes);
        let members =
            (0..).zip(&self.copy_groups).flat_map(|(place, group)| group.iter().map(move |file| (*file, place)));
        self.copy_group_of = members.collect();
        self
    }

    /// Files that sound exactly the same, in groups of two or more, each ordered by path.
    pub fn copy_groups(&self) -> &[Vec<FileId>] {
        &self.copy_groups
    }

    /// The other files that sound exactly like this one.
    pub fn copies_of(&self, file: FileId) -> Vec<&Arc<SoundFile>> {
        let group = self.copies_group(file).unwrap_or_default();
        group.iter().filter(|other| **other != file).filter_map(|other| self.file(*other)).collect()
    }

    /// Whether some files sound exactly the same.
    pub fn has_copies(&self) -> bool {
        !self.copy_groups.is_empty()
    }

    /// The files that sound exactly like this one, including it, by path. `None` if there are no others.
    pub fn copies_group(&self, file: FileId) -> Option<&[FileId]> {
        self.copy_group_of.get(&file).map(|place| self.copy_groups[*place as usize].as_slice())
    }

    /// The root of a file.
    pub fn root_of(&self, file: &SoundFile) -> Option<&Root> {
        let place = self.by_id.binary_search_by_key(&file.id, |place| self.files[*place as usize].id).ok()?;
        self.roots.get(*self.root_of.get(self.by_id[place] as usize)? as usize)
    }

    /// The path of a file below its root.
    pub fn below_root<'a>(&self, file: &'a SoundFile) -> &'a Utf8Path {
        let below = self.root_of(file).and_then(|root| file.path.strip_prefix(&root.place).ok());
        below.unwrap_or(&file.path)
    }

    pub fn file(&self, id: FileId) -> Option<&Arc<SoundFile>> {
        let place = self.by_id.binary_search_by_key(&id, |place| self.files[*place as usize].id).ok()?;
        self.files.get(self.by_id[place] as usize)
    }

    /// The problem that was noted for a path when it was read.
    pub fn problem_at(&self, path: &str) -> Option<&str> {
        let place = self.problems.binary_search_by(|problem| problem.path.as_str().cmp(path)).ok()?;
        Some(&self.problems[place].reason)
    }

    pub fn tags_of(&self, file: FileId) -> &[String] {
        self.tags.get(&file).map_or(&[], Vec::as_slice)
    }
}

/// Groups of two or more files that sound the same, each ordered by path.
fn groups_of_copies(files: &[Arc<SoundFile>], sound_hashes: &[Option<[u8; 32]>]) -> Vec<Vec<FileId>> {
    // A file whose samples are not hashed yet can only be compared by its bytes.
    let mut by_sound: BTreeMap<(bool, [u8; 32]), Vec<FileId>> = BTreeMap::new();
    for (file, hash) in files.iter().zip(sound_hashes) {
        let key = (hash.is_some(), hash.unwrap_or(file.content_hash));
        by_sound.entry(key).or_default().push(file.id);
    }
    by_sound.into_values().filter(|group| group.len() > 1).collect()
}

/// Whether the folders that were added are watched for new and changed files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchView {
    /// The setting that is kept with the project.
    pub wanted: bool,
    pub running: bool,
    pub folders: Vec<Utf8PathBuf>,
    /// What cannot be watched, for people.
    pub problem: Option<String>,
}

/// The state of a file on the disk, if it is not as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDisk {
    Missing,
    /// The file's folder is away. The text says why. The file returns with the folder.
    Away(String),
    Changed,
    Unreadable(String),
}

impl OnDisk {
    /// What is wrong and what to do: one clause for people.
    pub fn words(&self) -> &str {
        match self {
            Self::Missing => "it is no longer there",
            Self::Away(why) => why,
            Self::Changed => "it has changed since it was read; add it again",
            Self::Unreadable(why) => why,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelView {
    pub generation: i64,
    pub kind: ModelKind,
    pub config: Config,
    pub steps: usize,
    pub seconds: f64,
    pub loss: f32,
    pub saturation: f32,
    pub collapsed: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IndexView {
    pub generation: i64,
    pub codes: u64,
    pub bits: usize,
    pub unique_codes: u64,
    pub entropy_nats: f64,
    pub file_bytes: u64,
    /// The number of files of the dataset that are not in the index yet.
    pub missing_files: usize,
    /// Whether the current model made it. An index of another model cannot be searched.
    pub of_current_model: bool,
}

/// The course of a training run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingView {
    pub config: Option<Config>,
    pub running: bool,
    /// At most about 2,000 points, evenly spaced over the run.
    pub history: Vec<TrainingPoint>,
    pub steps_planned: usize,
    pub chunks_per_second: f64,
    pub secs_left: Option<f64>,
    /// For each bit, the share of ones over the last batches, 0 to 1.
    pub bit_balance: Vec<f32>,
    /// A sentence for people if the units saturated at once and all codes are the same.
    pub collapsed: Option<String>,
}

/// The measurements of a training step, or their means over the steps since the last point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct TrainingPoint {
    pub step: usize,
    pub epoch: f32,
    pub loss: f32,
    pub reconstruction: f32,
    pub contrast: Option<f32>,
    pub balance: Option<f32>,
    #[serde(default)]
    pub decorrelation: Option<f32>,
    /// The deviation of the noise before the sigmoid.
    pub sigma: f32,
    pub saturation: f32,
    /// The Shannon entropy of the codes within the batch, in nats: ln(batch) if all differ.
    pub code_entropy: f32,
    pub learning_rate: f32,
    /// The share of distorted excerpts that found their file, if it was measured at this point.
    pub probe: Option<f32>,
    /// The number of different codes among the searched chunks, as a share of these chunks.
    pub unique: Option<f32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerView {
    pub playing: bool,
    pub looping: bool,
    pub volume: f32,
    /// The file and the stretch that play or played last, in seconds from the file's start. `position_secs` is where
    /// the sound is.
    pub path: Option<Utf8PathBuf>,
    pub from_secs: f64,
    pub to_secs: f64,
    pub position_secs: f64,
    /// Seconds from the command to play until the device got the first frame. `None` before that.
    pub waited_secs: Option<f64>,
    /// The output device in use.
    pub device: Option<String>,
    /// Why there is no sound, for people.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecorderView {
    pub recording: bool,
    /// Whether the microphone is open only to show its level.
    pub listening: bool,
    pub secs: f64,
    /// The peak of the last moments, 0 to 1.
    pub level: f32,
    /// The highest recent level.
    pub peak: f32,
    /// Whether a recent sample was at full scale.
    pub clipped: bool,
    /// The number of frames that were lost because the machine was too busy.
    pub lost_frames: u64,
    pub device: Option<String>,
    pub problem: Option<String>,
}
