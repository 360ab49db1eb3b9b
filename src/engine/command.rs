//! What can be asked of the engine: plain data.

use camino::Utf8PathBuf;
use std::path::PathBuf;
use std::sync::Arc;

use super::clip::Clip;
use super::collections::{CollectionChange, CollectionFormat};
use super::copies::{CopiesDeed, CopiesReport, Keep};
use super::explore::{CodeOf, DuplicatesBy};
use super::formats::format::MatchFormat;
use super::query::{Query, SearchReport};
use super::relink::RelinkPlan;
use super::sound_settings::SoundSettings;
use crate::audio::device::StopWhen;
use crate::dataset::{CollectionId, Favourite, FileId, Verdict};
use crate::model::TrainingSettings;

#[derive(Clone, Debug)]
pub enum Command {
    /// Adds files, and folders with all that is below them. Ends in [`Outcome::Added`](super::Outcome::Added).
    AddPaths {
        paths: Vec<PathBuf>,
    },
    /// The same for somebody who may not have everything read. Ends in `Outcome::Added`.
    AddFrom(Sources),
    /// Writes the demo library into the project and adds it. Ends in `Outcome::Added`.
    AddDemo,
    /// Takes files out of the project, never off the disk. Ends in [`Outcome::Changed`](super::Outcome::Changed).
    RemoveFiles {
        files: Vec<FileId>,
    },
    /// Forgets the list of problems. Ends in `Outcome::Changed`.
    ClearProblems,
    /// Gives files a tag. Ends in `Outcome::Changed`.
    TagFiles {
        files: Vec<FileId>,
        tag: String,
    },
    /// Takes a tag off files. Ends in `Outcome::Changed`.
    UntagFiles {
        files: Vec<FileId>,
        tag: String,
    },
    /// Gives a tag another name on every file that has it. Where files have a tag of that name, both become one. Ends in
    /// `Outcome::Changed`.
    RenameTag {
        tag: String,
        to: String,
    },
    /// Changes a collection. Ends in `Outcome::Changed`.
    ChangeCollection(CollectionChange),
    /// Writes a collection to a file, or into a folder. Ends in `Outcome::Saved`.
    ExportCollection {
        collection: CollectionId,
        format: CollectionFormat,
        out: Utf8PathBuf,
    },
    /// Writes tags, favourites and collections to a file, for another project: CSV where its name ends so, or JSON. Ends in
    /// `Outcome::Saved`.
    ExportAnnotations {
        out: Utf8PathBuf,
    },
    /// Takes over what such a file says. Ends in [`Outcome::AnnotationsTaken`](super::Outcome::AnnotationsTaken).
    ImportAnnotations {
        from: Utf8PathBuf,
    },
    /// Takes the last change of the project back: what [`Latest::history`](super::Latest::history) names. Ends in
    /// [`Outcome::Undone`](super::Outcome::Undone).
    Undo,
    /// Does again what was taken back. Ends in [`Outcome::Redone`](super::Outcome::Redone).
    Redo,
    /// Adds what appears in the folders that were added, or changes in them, for as long as the engine runs; kept with the
    /// project. How that goes is in [`Latest::watch`](super::Latest::watch).
    WatchFolders(bool),
    /// Looks at whether the files are still there and unchanged; the answer is in
    /// [`Latest::on_disk`](super::Latest::on_disk) as well. Ends in [`Outcome::Checked`](super::Outcome::Checked).
    CheckFiles,
    /// Looks below folders for files that are not where they were, by their content. Nothing is changed yet. Ends in
    /// [`Outcome::MissingFound`](super::Outcome::MissingFound).
    FindMissing {
        folders: Vec<PathBuf>,
    },
    /// Gives files the new places that were found. Ends in `Outcome::Changed`.
    Relink(Arc<RelinkPlan>),
    /// Finds files that sound exactly the same, and which of them a rule keeps. Ends in
    /// [`Outcome::CopiesFound`](super::Outcome::CopiesFound).
    FindCopies(Keep),
    /// Carries out what a person decided about copies. Ends in `Outcome::Changed`.
    ThinOutCopies {
        copies: Arc<CopiesReport>,
        deed: CopiesDeed,
    },
    /// Takes files out of the project that are no longer on the disk. Ends in `Outcome::Changed`.
    ForgetMissing,
    /// Replaces the project's patterns of what is left out of folders: lines of a `.gitignore`. Files that are in the project
    /// stay in it.
    SetIgnored {
        patterns: Vec<String>,
    },
    /// Lists what is left out of the folders that were added. Ends in [`Outcome::LeftOut`](super::Outcome::LeftOut).
    ListLeftOut,
    /// Trains a model; cancelling keeps what was learned until then as a checkpoint that `resume` goes on from.
    /// With `then_index` the index is built as well, in the same job. Ends in `Outcome::Trained`.
    TrainModel {
        settings: Box<TrainingSettings>,
        resume: bool,
        then_index: bool,
    },
    /// Stops the running training early but keeps its model as the current one, as if its length had been that.
    FinishTrainingNow,
    /// Encodes what the index lacks. Ends in `Outcome::Indexed`.
    BuildIndex,
    /// Ends in `Outcome::Searched`.
    Search(Query),
    /// Runs a saved search, on what was added since as well, and remembers what it found. Ends in `Outcome::Searched`.
    SearchSaved {
        name: String,
        k: usize,
    },
    /// Keeps a query with its basket under a name; one that has the name is replaced. Ends in `Outcome::Changed`.
    SaveSearch {
        name: String,
        query: Query,
    },
    /// Keeps what a person said of matches of a saved search; what was said of them before is replaced. Ends in
    /// `Outcome::Changed`.
    JudgeMatches {
        name: String,
        verdicts: Vec<Verdict>,
    },
    /// Gives a saved search another name. Ends in `Outcome::Changed`.
    RenameSearch {
        from: String,
        to: String,
    },
    /// Ends in `Outcome::Changed`.
    DeleteSearch {
        name: String,
    },
    /// Writes what a search found to a file, or as clips into a folder. Ends in `Outcome::Saved`.
    SaveMatches {
        report: Arc<SearchReport>,
        format: MatchFormat,
        out: Utf8PathBuf,
        /// How much of what is around a match its clip has, at both ends.
        margin_secs: f64,
    },
    /// Scores the index over labelled paths. Ends in `Outcome::Evaluated`.
    Evaluate {
        label: String,
    },
    /// Writes the index's codes, and whose they are, into a folder. Ends in `Outcome::Exported`.
    Export {
        folder: PathBuf,
        format: CodesFormat,
    },
    /// Writes one code for the first chunk of each WAV of a folder, in name order. Ends in `Outcome::Exported`.
    EncodeFolder {
        folder: PathBuf,
        out: PathBuf,
    },
    /// Writes what the decoder makes of codes to a 16-bit WAV file at the model's rate: what a code keeps, to be heard. Ends
    /// in `Outcome::Reconstructed`.
    Reconstruct {
        from: Coded,
        out: Utf8PathBuf,
    },
    /// Cuts a stretch out of a file into a WAV file at its own rate, channels and depth. Ends in `Outcome::Saved`.
    SaveClip {
        clip: Clip,
        out: Utf8PathBuf,
    },
    /// Lays the index's chunks out on a plane, or reads how they were laid out before. Ends in `Outcome::MapDrawn`.
    DrawMap,
    /// Looks a code up: who has it, and the `k` nearest. Ends in `Outcome::CodeLookedAt`.
    LookAtCode {
        of: CodeOf,
        k: usize,
    },
    /// Makes a sound of a code, with the decoder. Ends in `Outcome::CodeDecoded`.
    DecodeCode {
        code: Vec<u64>,
    },
    /// Ends in `Outcome::DuplicatesFound`.
    FindDuplicates {
        /// Bits in which duplicates may differ.
        within: u32,
        by: DuplicatesBy,
    },
    /// Ends in `Outcome::DistancesMeasured`.
    MeasureDistances,
    /// Looks at a sound without searching: its waveform and spectrogram. Ends in `Outcome::Previewed`.
    Preview {
        path: Utf8PathBuf,
    },
    /// Marks a stretch of a file of the dataset as a favourite, or takes the mark away.
    MarkFavourite {
        favourite: Favourite,
        on: bool,
    },
    /// Plays a stretch of a file, from the file itself at its own rate and channels. Ends in `Outcome::Done` as
    /// soon as sound has been handed to the device; how it goes on is in [`Latest::player`](super::Latest::player).
    Play(Clip),
    StopPlaying,
    /// Goes on from here, in seconds from the file's start.
    SeekPlayer {
        secs: f64,
    },
    /// Plays the stretch again and again.
    LoopPlayer(bool),
    /// 0 is silence, 1 leaves samples as they are.
    SetVolume(f32),
    /// Which devices are used, and how sounds are played and recorded; kept with the project where that can be written.
    SetSound(Box<SoundSettings>),
    /// Keeps the lists of devices up to date, until it is said not to.
    WatchDevices(bool),
    /// Shows the microphone's level, until it is said not to.
    WatchMicrophone(bool),
    /// Records from the chosen microphone until [`Command::StopRecording`], or by itself until `stop_when`. Ends in
    /// `Outcome::Recorded`.
    StartRecording {
        stop_when: StopWhen,
    },
    StopRecording,
    /// Gives a take another name (without `.wav`). Ends in [`Outcome::TakeRenamed`](super::Outcome::TakeRenamed).
    RenameTake {
        path: Utf8PathBuf,
        name: String,
    },
    /// Deletes a take's file.
    DeleteTake {
        path: Utf8PathBuf,
    },
}

/// Whose codes are to be heard.
#[derive(Clone, Debug, PartialEq)]
pub enum Coded {
    /// Every chunk of a sound file, encoded for this.
    File(Utf8PathBuf),
    /// One chunk, by the code that the index has of it: what a [`Match`](super::Match) tells of.
    Chunk { file: FileId, start_secs: f64 },
}

/// How codes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CodesFormat {
    /// codes.npy for NumPy, and chunks.csv, whose rows tell whose they are
    #[default]
    Npy,
    /// codes.parquet: id, path, start_seconds, end_seconds and code
    Parquet,
}

/// What to add for somebody who may not have everything read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    pub paths: Vec<PathBuf>,
    /// http and https addresses, each downloaded into the project's folder.
    pub addresses: Vec<String>,
    /// Where given, paths are read in these folders alone, wherever links lead. They are absolute, without links.
    pub only_below: Option<Vec<Utf8PathBuf>>,
    /// Of a download.
    pub bytes_at_most: u64,
}
