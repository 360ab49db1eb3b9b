//! [`Event`]: what the engine reports once. Events wait in a queue, and every event arrives, in order. Each command
//! causes exactly one `Finished`, `Cancelled` or `Failed`. The current state is in [`Latest`](super::Latest) instead.

use camino::Utf8PathBuf;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::explore::{CodeReport, DecodedCode, DistancesReport, DuplicatesReport, MapReport, Timeline};
use super::failure::Failure;
use super::job::JobId;
use super::library::{AnnotationsReport, CopiesReport, FoundAgain, RelinkPlan};
use super::query::SearchReport;
#[cfg(feature = "shared")]
use super::shared_library::PublishReport;
use crate::audio::Spectrogram;
use crate::dataset::{Problem, Skipped};
use crate::model::Preset;

#[derive(Clone, Debug)]
pub enum Event {
    Finished {
        job: JobId,
        outcome: Outcome,
    },
    /// The job was cancelled. The project is unchanged, except for what the job keeps (a training's checkpoint).
    Cancelled {
        job: JobId,
    },
    Failed {
        job: JobId,
        failure: Failure,
    },
}

#[derive(Clone, Debug)]
pub enum Outcome {
    Added(AddReport),
    LeftOut(LeftOutReport),
    Checked(CheckReport),
    /// The new places of missing files. Nothing has been changed yet.
    MissingFound(Arc<RelinkPlan>),
    AnnotationsTaken(AnnotationsReport),
    CopiesFound(Arc<CopiesReport>),
    Removed,
    /// The project was changed, and the change can be undone. `words` names it, as in "Removed 3 files".
    Changed {
        words: String,
    },
    /// The change that was undone or redone. `None` if there was none.
    Undone {
        words: Option<String>,
    },
    Redone {
        words: Option<String>,
    },
    Trained(TrainReport),
    Indexed(IndexReport),
    Searched(SearchReport),
    #[cfg(feature = "shared")]
    Published(PublishReport),
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
    TimelineDrawn(Arc<Timeline>),
    Recorded(Take),
    TakeRenamed {
        from: Utf8PathBuf,
        to: Utf8PathBuf,
    },
    /// Done. There is nothing to report.
    Done,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AddReport {
    /// Files that are new, or that had changed and were read again.
    #[serde(serialize_with = "as_objects")]
    pub added: Vec<Utf8PathBuf>,
    pub skipped: Vec<Skipped>,
    /// Files of the project that were moved, and were recognised by their content.
    pub found_again: Vec<FoundAgain>,
    /// Files of the project below the added folders that no longer exist.
    pub missing: Vec<Utf8PathBuf>,
    /// Folders and sound files that patterns leave out, with the pattern.
    pub left_out: Vec<Problem>,
    /// Files that an earlier program added, and whose aspects were measured now.
    pub measured: usize,
    pub failed: Vec<Problem>,
    pub cancelled: bool,
}

/// What the patterns leave out of the added folders.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LeftOutReport {
    /// The project's own patterns.
    pub patterns: Vec<String>,
    /// Folders and sound files, each with the pattern that leaves it out.
    pub left_out: Vec<Problem>,
}

/// A folder that has files of the project.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RootReport {
    pub place: Utf8PathBuf,
    /// Whether it was added with everything below it.
    pub whole: bool,
    /// Whether it is inside the project's folder, and moves with the project.
    pub in_project: bool,
    pub files: usize,
    /// Why the folder is away, for people. `None` if it is there.
    pub away: Option<String>,
}

/// The state of the dataset's files on the disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckReport {
    pub files: usize,
    /// The number of files whose folder is away. They return with the folder.
    pub away: usize,
    pub roots: Vec<RootReport>,
    pub missing: Vec<Utf8PathBuf>,
    pub changed: Vec<Utf8PathBuf>,
    pub unreadable: Vec<Problem>,
}

/// Writes each path as an object, like the paths that were skipped or failed.
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
    /// The Shannon entropy of the codes within a batch, in nats.
    pub code_entropy: f32,
    /// The share of distorted excerpts that found their files at the end. `None` if the library has too few chunks.
    pub probe: Option<f32>,
    /// The number of different codes among the probe's chunks at the end, as a share of these chunks.
    pub unique: Option<f32>,
    /// A sentence for people if all codes are equal, or nearly equal.
    pub collapsed: Option<String>,
    /// Whether the training was stopped before its planned end.
    pub stopped_early: bool,
    /// Whether the trained model was no better than the first model, so that the first model stays.
    pub kept_first: bool,
    /// The index, if the same job built it.
    pub index: Option<IndexReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndexReport {
    pub codes: u64,
    /// The number of codes that this run encoded.
    pub encoded: u64,
    pub unique_codes: u64,
    /// The Shannon entropy of the codes, in nats: ln(codes) if all differ, 0 if all are equal.
    pub entropy_nats: f64,
    pub seconds: f64,
    /// Files of an earlier version of the program that were measured now.
    pub measured: usize,
    /// Damage that was found in the old index and repaired, for people.
    pub mended: Vec<String>,
    /// Files that could not be read this time. They have no codes.
    pub failed: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationReport {
    /// The share of right labels among the 10 nearest chunks from other files, averaged over the queries.
    pub p_at_10: f64,
    /// The number of chunks whose paths have a label.
    pub chunks: usize,
    pub labels: usize,
    /// The number of chunks that served as queries: all, up to a limit.
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
    /// The number of decoded chunks.
    pub chunks: usize,
    pub bits: usize,
    /// The rate of the WAV file in hertz, and its length in seconds.
    pub rate: u32,
    pub duration_seconds: f64,
    pub seconds: f64,
}

/// A sound as a picture, for the query panel and the player.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundPreview {
    pub path: Utf8PathBuf,
    /// The stretch that was asked for, in seconds. `None` for the whole sound.
    pub stretch_secs: Option<(f64, f64)>,
    /// The length of what the picture shows.
    pub duration_secs: f64,
    pub rate: u32,
    pub channels: u16,
    /// The lowest and the highest sample of each of up to 2,000 equal stretches.
    pub waveform: Vec<(f32, f32)>,
    pub spectrogram: Spectrogram,
}

/// A recording from the microphone, kept as a WAV file in the project.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    pub path: Utf8PathBuf,
    pub duration_secs: f64,
    /// The part without the silence at both ends. `None` if that is the whole take, or if all of it is silent.
    pub heard_secs: Option<(f64, f64)>,
    pub peak: f32,
    /// The number of frames that the device delivered but that were lost. 0 on a healthy machine.
    pub lost_frames: u64,
    /// The device's message if it was lost during the recording. The take has everything before that.
    pub interrupted: Option<String>,
}
