//! The commands of the engine: plain data.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::clip::Clip;
use super::explore::{CodeOf, DuplicatesBy};
use super::formats::format::MatchFormat;
use super::library::{CollectionChange, CollectionFormat, CopiesDeed, CopiesReport, Keep, RelinkPlan};
use super::query::{Query, SearchReport};
#[cfg(feature = "shared")]
use super::shared_library::{LibraryQuery, Publishing, Seat};
use super::sound_settings::SoundSettings;
use crate::audio::device::StopWhen;
use crate::dataset::{CollectionId, Favourite, FileId, Verdict};
use crate::model::TrainingSettings;

#[derive(Clone, Debug)]
pub enum Command {
    /// Adds files, and folders with everything below them. Ends in [`Outcome::Added`](super::Outcome::Added).
    AddPaths {
        paths: Vec<PathBuf>,
    },
    /// Adds files and downloads for a person who may not have every file read. Ends in `Outcome::Added`.
    AddFrom(Sources),
    /// Writes the demo library into the project and adds it. Ends in `Outcome::Added`.
    AddDemo,
    /// Removes files from the project, but never from the disk. Ends in [`Outcome::Changed`](super::Outcome::Changed).
    RemoveFiles {
        files: Vec<FileId>,
    },
    /// Clears the list of problems. Ends in `Outcome::Changed`.
    ClearProblems,
    /// Gives files a tag. Ends in `Outcome::Changed`.
    TagFiles {
        files: Vec<FileId>,
        tag: String,
    },
    /// Removes a tag from files. Ends in `Outcome::Changed`.
    UntagFiles {
        files: Vec<FileId>,
        tag: String,
    },
    /// Renames a tag on every file that has it. If files already have a tag of the new name, the two become one. Ends
    /// in `Outcome::Changed`.
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
    /// Writes tags, favourites and collections to a file, for another project: CSV if the name ends in `.csv`, JSON
    /// otherwise. Ends in `Outcome::Saved`.
    ExportAnnotations {
        out: Utf8PathBuf,
    },
    /// Imports such a file. Ends in [`Outcome::AnnotationsTaken`](super::Outcome::AnnotationsTaken).
    ImportAnnotations {
        from: Utf8PathBuf,
    },
    /// Undoes the last change of the project, which [`Latest::history`](super::Latest::history) names. Ends in
    /// [`Outcome::Undone`](super::Outcome::Undone).
    Undo,
    /// Redoes what was undone. Ends in [`Outcome::Redone`](super::Outcome::Redone).
    Redo,
    /// Switches watching on or off. While the engine runs, new and changed files in the added folders are then added.
    /// The choice is kept with the project. The state is in [`Latest::watch`](super::Latest::watch).
    WatchFolders(bool),
    /// Checks whether the files still exist unchanged. The result is also in
    /// [`Latest::on_disk`](super::Latest::on_disk). Ends in [`Outcome::Checked`](super::Outcome::Checked).
    CheckFiles,
    /// Looks below folders for missing files, by their content. Changes nothing yet. Ends in
    /// [`Outcome::MissingFound`](super::Outcome::MissingFound).
    FindMissing {
        folders: Vec<PathBuf>,
    },
    /// Gives files the new places that [`Command::FindMissing`] found. Ends in `Outcome::Changed`.
    Relink(Arc<RelinkPlan>),
    /// Finds files that sound exactly the same, and the one of each group that a rule keeps. Ends in
    /// [`Outcome::CopiesFound`](super::Outcome::CopiesFound).
    FindCopies(Keep),
    /// Removes copies as the person decided. Ends in `Outcome::Changed`.
    ThinOutCopies {
        copies: Arc<CopiesReport>,
        deed: CopiesDeed,
    },
    /// Writes a shell script that removes the copies, for a person to read and run. Replaces no existing file. Ends in
    /// `Outcome::Saved`.
    SaveCopiesScript {
        copies: Arc<CopiesReport>,
        out: Utf8PathBuf,
    },
    /// Removes files from the project that are no longer on the disk. Ends in `Outcome::Changed`.
    ForgetMissing,
    /// Replaces the project's patterns of files to leave out: lines of a `.gitignore`. Files that are in the project
    /// stay in it.
    SetIgnored {
        patterns: Vec<String>,
    },
    /// Lists what the patterns leave out of the added folders. Ends in [`Outcome::LeftOut`](super::Outcome::LeftOut).
    ListLeftOut,
    /// Trains a model. If it is cancelled, the state is kept as a checkpoint, which `resume` continues. With
    /// `then_index` the same job then builds the index. Ends in `Outcome::Trained`.
    TrainModel {
        settings: Box<TrainingSettings>,
        resume: bool,
        then_index: bool,
    },
    /// Ends the running training early and makes its model the current one, as if the training had been planned to end
    /// here.
    FinishTrainingNow,
    /// Encodes the files that the index lacks. Ends in `Outcome::Indexed`.
    BuildIndex,
    /// Searches. Ends in `Outcome::Searched`.
    Search(Query),
    /// Runs a saved search, also on files that were added since, and remembers the matches. Ends in
    /// `Outcome::Searched`.
    SearchSaved {
        name: String,
        k: usize,
    },
    /// Saves a query with its basket under a name. It replaces a saved search of that name. Ends in `Outcome::Changed`.
    SaveSearch {
        name: String,
        query: Query,
    },
    /// Saves verdicts on matches of a saved search. They replace earlier verdicts on the same matches. Ends in
    /// `Outcome::Changed`.
    JudgeMatches {
        name: String,
        verdicts: Vec<Verdict>,
    },
    /// Renames a saved search. Ends in `Outcome::Changed`.
    RenameSearch {
        from: String,
        to: String,
    },
    /// Deletes a saved search. Ends in `Outcome::Changed`.
    DeleteSearch {
        name: String,
    },
    /// Writes the matches of a search to a file, or as clips into a folder. Ends in `Outcome::Saved`.
    SaveMatches {
        report: Arc<SearchReport>,
        format: MatchFormat,
        out: Utf8PathBuf,
        /// How many seconds around a match its clip has, at both ends.
        margin_secs: f64,
    },
    /// Scores the index by the labels in the paths. Ends in `Outcome::Evaluated`.
    Evaluate {
        label: String,
    },
    /// Writes the codes of the index, with the chunk of each, into a folder. Ends in `Outcome::Exported`.
    Export {
        folder: PathBuf,
        format: CodesFormat,
        /// Only this share of the files.
        shard: Option<Shard>,
    },
    /// Publishes the project to a shared library. Ends in `Outcome::Published`.
    #[cfg(feature = "shared")]
    Publish(Box<Publishing>),
    /// Searches a shared library. Ends in `Outcome::Searched`.
    #[cfg(feature = "shared")]
    SearchLibrary {
        seat: Arc<Seat>,
        query: Box<LibraryQuery>,
    },
    /// Writes one code for the first chunk of each WAV of a folder, in name order. Ends in `Outcome::Exported`.
    EncodeFolder {
        folder: PathBuf,
        out: PathBuf,
    },
    /// Decodes codes to a 16-bit WAV file at the model's rate, so that a person can hear what a code keeps. Ends in
    /// `Outcome::Reconstructed`.
    Reconstruct {
        from: Coded,
        out: Utf8PathBuf,
    },
    /// Cuts a stretch out of a file into a WAV file at its own rate, channels and depth. Ends in `Outcome::Saved`.
    SaveClip {
        clip: Clip,
        out: Utf8PathBuf,
    },
    /// Draws the map of the index, or reads a map that was drawn before. Ends in `Outcome::MapDrawn`.
    DrawMap,
    /// Looks a code up: the chunks that have it, and the `k` nearest. Ends in `Outcome::CodeLookedAt`.
    LookAtCode {
        of: CodeOf,
        k: usize,
    },
    /// Makes a sound of a code with the decoder. Ends in `Outcome::CodeDecoded`.
    DecodeCode {
        code: Vec<u64>,
    },
    /// Finds near-duplicates. Ends in `Outcome::DuplicatesFound`.
    FindDuplicates {
        /// The most bits in which duplicates may differ.
        within: u32,
        by: DuplicatesBy,
    },
    /// Measures how far codes are apart. Ends in `Outcome::DistancesMeasured`.
    MeasureDistances,
    /// Reads the waveform and the spectrogram of a sound, or of a stretch of it in seconds, without searching. Ends in
    /// `Outcome::Previewed`.
    Preview {
        path: Utf8PathBuf,
        stretch_secs: Option<(f64, f64)>,
    },
    /// Measures how near a query comes to each place of one file. Ends in
    /// [`Outcome::TimelineDrawn`](super::Outcome::TimelineDrawn).
    DrawTimeline {
        query: Box<Query>,
        file: FileId,
    },
    /// Marks a stretch of a file of the dataset as a favourite, or removes the mark.
    MarkFavourite {
        favourite: Favourite,
        on: bool,
    },
    /// Plays a stretch of a file, from the file itself, at its own rate and channels. Ends in `Outcome::Done` as soon
    /// as the device got the first sound. The further state is in [`Latest::player`](super::Latest::player).
    Play(Clip),
    StopPlaying,
    /// Continues at this position, in seconds from the file's start.
    SeekPlayer {
        secs: f64,
    },
    /// Whether the stretch starts again each time it has ended.
    LoopPlayer(bool),
    /// 0 is silence, 1 leaves samples unchanged.
    SetVolume(f32),
    /// Which devices are used, and how sounds are played and recorded. Kept with the project if that is writable.
    SetSound(Box<SoundSettings>),
    /// Keeps the lists of devices up to date, until a command with `false`.
    WatchDevices(bool),
    /// Shows the microphone's level, until a command with `false`.
    WatchMicrophone(bool),
    /// Records from the chosen microphone until [`Command::StopRecording`], or until `stop_when` ends it. Ends in
    /// `Outcome::Recorded`.
    StartRecording {
        stop_when: StopWhen,
    },
    StopRecording,
    /// Renames a take; the name is without `.wav`. Ends in [`Outcome::TakeRenamed`](super::Outcome::TakeRenamed).
    RenameTake {
        path: Utf8PathBuf,
        name: String,
    },
    /// Deletes a take's file.
    DeleteTake {
        path: Utf8PathBuf,
    },
}

/// The codes to decode.
#[derive(Clone, Debug, PartialEq)]
pub enum Coded {
    /// Every chunk of a sound file, which is encoded first.
    File(Utf8PathBuf),
    /// One chunk, by its code in the index. A [`Match`](super::Match) names such a chunk.
    Chunk { file: FileId, start_secs: f64 },
}

/// The format of exported codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum CodesFormat {
    /// codes.npy for NumPy, and chunks.csv with the chunk of each row
    #[default]
    Npy,
    /// codes.parquet: id, path, start_seconds, end_seconds and code
    Parquet,
}

/// One of several equal shares of the files. Each file is in one of them, by the hash of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 on.
    number: u32,
    of: u32,
}

impl Shard {
    /// The most shares.
    const AT_MOST: u32 = 99_999;

    pub fn has(self, path: &Utf8Path) -> bool {
        let hash = blake3::hash(path.as_str().as_bytes());
        let first = u64::from_le_bytes(std::array::from_fn(|place| hash.as_bytes()[place]));
        first % u64::from(self.of) == u64::from(self.number - 1)
    }
}

impl FromStr for Shard {
    type Err = String;

    /// Reads `2/8`.
    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let (number, of) = text.split_once('/')?;
            let (number, of): (u32, u32) = (number.parse().ok()?, of.parse().ok()?);
            ((1..=of).contains(&number) && of <= Self::AT_MOST).then_some(Self { number, of })
        };
        read().ok_or_else(|| format!("a share is named as NUMBER/OF, such as 2/8, of at most {}", Self::AT_MOST))
    }
}

impl Display for Shard {
    /// As in names of files, so that they sort.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}-of-{:05}", self.number, self.of)
    }
}

/// What to add for a person who may not have every file read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    pub paths: Vec<PathBuf>,
    /// http and https addresses, each downloaded into the project's folder.
    pub addresses: Vec<String>,
    /// If set, only files in these folders are read, wherever links lead. The folders are absolute and without links.
    pub only_below: Option<Vec<Utf8PathBuf>>,
    /// The most bytes of a download.
    pub bytes_at_most: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_in_one_share() {
        let shards: Vec<Shard> = (1..=7).map(|number| format!("{number}/7").parse().expect("a share")).collect();
        let mut sizes = [0; 7];
        for file in 0..700 {
            let path = Utf8PathBuf::from(format!("/sounds/{file}.wav"));
            let of: Vec<usize> = (0..7).filter(|shard| shards[*shard].has(&path)).collect();
            let [shard] = of[..] else { panic!("{path} is in {of:?}") };
            sizes[shard] += 1;
        }
        assert!(sizes.iter().all(|size| (50..150).contains(size)), "{sizes:?}");
        assert_eq!(shards[1].to_string(), "00002-of-00007");
        for wrong in ["0/7", "8/7", "1", "1/0", "1/100000", "a/b", "-1/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
