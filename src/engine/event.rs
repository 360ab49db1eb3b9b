//! What the engine tells once: a queue in which every event arrives, in order. Each command causes exactly one `Finished`,
//! `Cancelled` or `Failed`. What is true at the moment is in [`Latest`](super::Latest) instead.

use camino::Utf8PathBuf;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::explore::{CodeReport, DecodedCode, DistancesReport, DuplicatesReport, MapReport};
use super::failure::Failure;
use super::job::JobId;
use super::library::{AnnotationsReport, CopiesReport, FoundAgain, RelinkPlan};
use super::query::SearchReport;
use crate::audio::Spectrogram;
use crate::dataset::{Problem, Skipped};
use crate::model::Preset;

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
    /// Where missing files are now. Nothing has been changed yet.
    MissingFound(Arc<RelinkPlan>),
    AnnotationsTaken(AnnotationsReport),
    CopiesFound(Arc<CopiesReport>),
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
    pub skipped: Vec<Skipped>,
    /// Files of the project that were somewhere else before, and are known again by their content.
    pub found_again: Vec<FoundAgain>,
    /// Files of the project below the folders that were added that are no longer there.
    pub missing: Vec<Utf8PathBuf>,
    /// Folders and sound files that patterns leave out, with the pattern.
    pub left_out: Vec<Problem>,
    pub failed: Vec<Problem>,
    pub cancelled: bool,
}

/// What is left out of the folders that were added.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LeftOutReport {
    /// The project's own.
    pub patterns: Vec<String>,
    /// Folders and sound files, each with the pattern.
    pub left_out: Vec<Problem>,
}

/// A folder that the project has files of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RootReport {
    pub place: Utf8PathBuf,
    /// Whether it was added with all that is below it.
    pub whole: bool,
    /// Whether it is inside the project's folder, and moves with it.
    pub in_project: bool,
    pub files: usize,
    /// Why it is not there, in words; None where it is.
    pub away: Option<String>,
}

/// How the dataset's files are found on the disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckReport {
    pub files: usize,
    /// Files whose folder is not there; they come back with it.
    pub away: usize,
    pub roots: Vec<RootReport>,
    pub missing: Vec<Utf8PathBuf>,
    pub changed: Vec<Utf8PathBuf>,
    pub unreadable: Vec<Problem>,
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
    /// Whether what was learned was no better than the first model, which stays.
    pub kept_first: bool,
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
    /// What was found damaged in the index before, in words; it was made anew.
    pub mended: Vec<String>,
    /// Files that could not be read this time; they have no codes.
    pub failed: Vec<Problem>,
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
