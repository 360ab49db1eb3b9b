//! What the engine tells. Two kinds, and each says which it is:
//!
//! - [`Event`] is a queue: every one arrives, once, in order. Each command causes exactly one
//!   `Finished`, `Cancelled` or `Failed`.
//! - [`Latest`] is a value: whoever looks sees the newest, and what was overwritten is gone.

use camino::Utf8PathBuf;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::command::{Grouping, JobId, Query};
use super::explore::{CodeReport, DecodedCode, DistancesReport, DuplicatesReport, MapReport};
use super::sound_settings::SoundSettings;
use crate::audio::Spectrogram;
use crate::audio::device::DeviceList;
use crate::dataset::{Favourite, FileId, Grid, Problem, SoundFile};
use crate::model::{Config, Preset};
use crate::project::History;

/// A queue: see the module.
#[derive(Clone, Debug)]
pub enum Event {
    Finished {
        job: JobId,
        outcome: Outcome,
    },
    /// The job was cancelled; the project is as before it, or with what the job kept (a training's checkpoint).
    Cancelled {
        job: JobId,
    },
    /// `message` is one sentence for a person: what could not be done, why, and what to do.
    Failed {
        job: JobId,
        message: String,
    },
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Added(AddReport),
    Removed,
    /// The project was changed in a way that can be undone; what was done, as in "Removed 3 files".
    Changed {
        words: String,
    },
    /// What was taken back; `None` where there was nothing.
    Undone {
        words: Option<String>,
    },
    Redone {
        words: Option<String>,
    },
    Trained(TrainReport),
    Indexed(IndexReport),
    Searched(SearchReport),
    Evaluated(EvaluationReport),
    Exported(ExportReport),
    Reconstructed(ReconstructionReport),
    /// A file, or a folder of files, was written.
    Saved {
        out: Utf8PathBuf,
    },
    MapDrawn(Arc<MapReport>),
    CodeLookedAt(CodeReport),
    CodeDecoded(DecodedCode),
    DuplicatesFound(Arc<DuplicatesReport>),
    DistancesMeasured(Arc<DistancesReport>),
    Previewed(Arc<SoundPreview>),
    Recorded(Take),
    TakeRenamed {
        from: Utf8PathBuf,
        to: Utf8PathBuf,
    },
    /// Done, and there is nothing to tell.
    Done,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AddReport {
    /// Files that are new, or that had changed and were read anew.
    #[serde(serialize_with = "as_objects")]
    pub added: Vec<Utf8PathBuf>,
    /// With the reason: already there and unchanged, or no sound file by its name.
    pub skipped: Vec<Problem>,
    pub failed: Vec<Problem>,
    pub cancelled: bool,
}

impl AddReport {
    /// Why a file is skipped that the project has as it is.
    pub const ALREADY_THERE: &str = "already there and unchanged";
}

/// Each path as an object, as the paths that were skipped or failed are.
fn as_objects<S: serde::Serializer>(paths: &[Utf8PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| BTreeMap::from([("path", path)])))
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainReport {
    pub preset: Preset,
    pub bits: usize,
    pub steps: usize,
    pub seconds: f64,
    pub chunks_per_second: f64,
    pub loss: f32,
    pub saturation: f32,
    /// Shannon entropy of the distribution of codes within a batch, in nats.
    pub code_entropy: f32,
    /// Share of distorted excerpts that found their files at the end; `None` for a library of few chunks.
    pub probe: Option<f32>,
    /// Different codes among the probe's chunks at the end, as a share of these.
    pub unique: Option<f32>,
    /// In words, when the run has learned nothing: all codes are (nearly) equal.
    pub collapsed: Option<String>,
    /// Whether it was stopped before its planned end.
    pub stopped_early: bool,
    /// Present where the same job went on to index.
    pub index: Option<IndexReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndexReport {
    pub codes: u64,
    /// How many of them this run encoded.
    pub encoded: u64,
    pub unique_codes: u64,
    /// Shannon entropy of the distribution of codes, in nats: ln(codes) when all differ, 0 when all are the same.
    pub entropy_nats: f64,
    pub seconds: f64,
    /// Files that could not be read this time; they have no codes.
    pub failed: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    #[serde(skip)]
    pub query: Option<Query>,
    pub bits: usize,
    pub matches: Vec<Match>,
    /// Whether there is nothing to hear in the query; `matches` is then empty.
    pub silent: bool,
    /// Chunks that the query was cut into, silent ones included.
    pub query_chunks: usize,
    /// Codes that were searched: those that the filter lets through.
    pub searched: u64,
    pub seconds: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationReport {
    /// Share of right labels among the 10 nearest chunks from other files, averaged over the queries.
    pub p_at_10: f64,
    /// Chunks whose paths have a label.
    pub chunks: usize,
    pub labels: usize,
    /// How many of the chunks were asked with: all of them, up to a limit.
    pub queries: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExportReport {
    pub codes: usize,
    pub bits: usize,
    pub files: Vec<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReconstructionReport {
    /// The WAV file that was written.
    pub out: Utf8PathBuf,
    /// Chunks that were decoded.
    pub chunks: usize,
    pub bits: usize,
    /// Of the WAV file, in hertz and seconds.
    pub rate: u32,
    pub duration_seconds: f64,
    pub seconds: f64,
}

/// A chunk that a search returned. Seconds are from the start of the file or of the query's file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    pub path: Utf8PathBuf,
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// Bits that differ; with [`Grouping::File`] their mean over the query's chunks.
    pub distance: f64,
    /// Which part of the query it answers.
    pub query_start_seconds: f64,
    /// Why it may not sound as it did when it was indexed: its file is missing, or has changed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Whether this is the query itself: a chunk of the very stretch that is searched for.
    pub is_query: bool,
    #[serde(skip)]
    pub file: FileId,
    #[serde(skip)]
    pub by: Grouping,
    /// The code of the chunk, and the code of the query's chunk that it answers, as words of 64 bits, the least significant
    /// bit first. With [`Grouping::File`] they are those of the nearest pair.
    #[serde(skip)]
    pub code: Vec<u64>,
    #[serde(skip)]
    pub query_code: Vec<u64>,
}

/// A sound as a picture: what the query panel and the player draw.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundPreview {
    pub path: Utf8PathBuf,
    pub duration_secs: f64,
    pub rate: u32,
    pub channels: u16,
    /// Lowest and highest sample of each of up to 2,000 equal stretches.
    pub waveform: Vec<(f32, f32)>,
    pub spectrogram: Spectrogram,
}

/// A microphone recording, kept as WAV in the project.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    pub path: Utf8PathBuf,
    pub duration_secs: f64,
    /// The part without silence at both ends; `None` where that is all of it, or where all is silent.
    pub heard_secs: Option<(f64, f64)>,
    pub peak: f32,
    /// Frames that the device delivered and that were lost; 0 on a healthy machine.
    pub lost_frames: u64,
    /// Where the device went away in the middle: what it said. The take holds what came before.
    pub interrupted: Option<String>,
}

/// A take that is in the project.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeView {
    pub path: Utf8PathBuf,
    pub duration_secs: f64,
    /// Nanoseconds since 1970.
    pub recorded_ns: i64,
}

/// The devices that are connected, as far as somebody has asked to watch them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DevicesView {
    pub outputs: DeviceList,
    pub inputs: DeviceList,
}

/// Values: see the module. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Latest {
    pub project: Arc<ProjectView>,
    pub dataset: Arc<DatasetView>,
    /// Files that were no longer as they had been read when it was last looked.
    pub on_disk: Arc<BTreeMap<FileId, OnDisk>>,
    pub watch: Arc<WatchView>,
    /// What can be undone and done again.
    pub history: History,
    pub model: Option<Arc<ModelView>>,
    pub index: Option<Arc<IndexView>>,
    /// Jobs that wait or run, the oldest first.
    pub jobs: BTreeMap<JobId, JobView>,
    /// The running training, or the last one of this session or of the current model.
    pub training: Option<Arc<TrainingView>>,
    /// Whether a stopped training waits to be resumed.
    pub resumable: bool,
    pub player: PlayerView,
    pub recorder: RecorderView,
    pub sound: Arc<SoundSettings>,
    pub devices: Arc<DevicesView>,
    /// The newest first.
    pub takes: Arc<Vec<TakeView>>,
    /// By path and where they begin.
    pub favourites: Arc<Vec<Favourite>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectView {
    pub folder: Utf8PathBuf,
    /// Why nothing can be changed: another process has it open, or the folder cannot be written.
    pub read_only: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DatasetView {
    /// By path.
    pub files: Vec<Arc<SoundFile>>,
    pub problems: Vec<Problem>,
    pub seconds: f64,
    /// On `grid`.
    pub chunks: u64,
    /// Of the current model, or of the default preset before there is one.
    pub grid: Grid,
    /// Files by native rate.
    pub rates: BTreeMap<u32, usize>,
    /// Of files that have any.
    pub tags: BTreeMap<FileId, Vec<String>>,
    /// Every tag that is in use, in alphabetical order.
    pub known_tags: BTreeSet<String>,
    /// Places in `files`, by number.
    by_id: Vec<u32>,
}

impl DatasetView {
    /// `files` are in the order of their paths.
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
            seconds: files.iter().map(|file| file.duration_secs()).sum(),
            chunks: files.iter().map(|file| grid.chunks_of_file(file.frames, file.rate)).sum(),
            grid,
            rates,
            known_tags: tags.values().flatten().cloned().collect(),
            tags,
            by_id,
            files,
        }
    }

    pub fn file(&self, id: FileId) -> Option<&Arc<SoundFile>> {
        let place = self.by_id.binary_search_by_key(&id, |place| self.files[*place as usize].id).ok()?;
        self.files.get(self.by_id[place] as usize)
    }

    pub fn tags_of(&self, file: FileId) -> &[String] {
        self.tags.get(&file).map_or(&[], Vec::as_slice)
    }
}

/// Whether the folders that were added are watched for new and changed files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchView {
    /// As it is kept with the project.
    pub wanted: bool,
    pub running: bool,
    pub folders: Vec<Utf8PathBuf>,
    /// What cannot be watched, in words.
    pub problem: Option<String>,
}

/// How a file of the dataset is found on the disk, where that is not as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnDisk {
    Missing,
    Changed,
    Unreadable(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelView {
    pub generation: i64,
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
    /// Files of the dataset that are not in the index yet.
    pub missing_files: usize,
    /// Whether it was made by the current model. Searching an index of another model is refused.
    pub of_current_model: bool,
}

/// What kind of work a job is: the panel that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    Import,
    Train,
    Index,
    Search,
    /// Pictures of sounds: a lane of their own, so that no search waits for the picture of a long file.
    Preview,
    Map,
    /// Codes with one another: duplicates, distances.
    Compare,
    Audio,
    Record,
    /// Quick changes of the project, which wait for no import.
    Edit,
    Check,
}

#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    pub kind: JobKind,
    /// What it does at the moment, in a few words: "reading files", "encoding".
    pub stage: String,
    /// Units done and in all; 0 in all where that is not known yet.
    pub done: u64,
    pub total: u64,
    pub running_secs: f64,
    /// Estimated from the rate so far; `None` while there is nothing to go by.
    pub secs_left: Option<f64>,
}

impl JobView {
    /// A job that has not begun.
    pub fn waiting(kind: JobKind) -> Self {
        Self { kind, stage: "waiting".into(), done: 0, total: 0, running_secs: 0.0, secs_left: None }
    }
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
    /// Share of ones of each bit over the last batches, 0 to 1.
    pub bit_balance: Vec<f32>,
    /// In words, when the units saturated at once and all codes are the same.
    pub collapsed: Option<String>,
}

/// What one training step measured (a mean where steps were skipped between two points).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct TrainingPoint {
    pub step: usize,
    pub epoch: f32,
    pub loss: f32,
    pub reconstruction: f32,
    pub contrast: Option<f32>,
    pub balance: Option<f32>,
    /// Deviation of the noise before the sigmoid.
    pub sigma: f32,
    pub saturation: f32,
    /// Shannon entropy of the distribution of codes within the batch, in nats; ln(batch) when all differ.
    pub code_entropy: f32,
    pub learning_rate: f32,
    /// Share of distorted excerpts that found their file, where it was measured at this point.
    pub probe: Option<f32>,
    /// Different codes among the chunks that they were looked for among, as a share of these.
    pub unique: Option<f32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerView {
    pub playing: bool,
    pub looping: bool,
    pub volume: f32,
    /// The stretch that plays or played last, in seconds from the file's start, and where in it the sound is.
    pub path: Option<Utf8PathBuf>,
    pub from_secs: f64,
    pub to_secs: f64,
    pub position_secs: f64,
    /// Seconds from the order to play until the first frame was handed to the device; `None` before that.
    pub waited_secs: Option<f64>,
    /// The output device in use.
    pub device: Option<String>,
    /// Why there is no sound, in words.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecorderView {
    pub recording: bool,
    /// Whether the microphone is open for its level alone.
    pub listening: bool,
    pub secs: f64,
    /// Peak of the last moments, 0 to 1.
    pub level: f32,
    /// The highest level of late.
    pub peak: f32,
    /// Whether a sample was at full scale of late.
    pub clipped: bool,
    /// Frames that were lost because the machine was too busy.
    pub lost_frames: u64,
    pub device: Option<String>,
    pub problem: Option<String>,
}
