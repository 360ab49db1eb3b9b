//! [`EngineError`]: why a command could not be carried out. Its text is one sentence for people that says what to do.
//! Outside of the engine it becomes a [`Failure`](super::Failure).

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use camino::Utf8PathBuf;

use super::query::Query;
use crate::audio::AudioError;
use crate::dataset::exclusions::PatternError;
use crate::index::{CodeWidthError, IndexError};
use crate::model::{ConfigError, ModelError};
use crate::project::ProjectError;
#[cfg(feature = "shared")]
use crate::shared_library::LibraryError;

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Not an error: the person cancelled the job.
    #[error("cancelled")]
    Cancelled,
    #[error("there are no sounds yet; add files or the demo library first")]
    NoSounds,
    #[error("there is no model yet; train one first")]
    NoModel,
    #[error("there is no index yet; build it first")]
    NoIndex,
    #[error("the index belongs to an earlier model; build the index again")]
    StaleIndex,
    #[error("there is no stopped training to resume; train without --resume")]
    NothingToResume,
    #[error("none of the sounds could be read; the first: {first}")]
    NothingReadable { first: String },
    #[error("{path}: {part}")]
    EmptyPart { path: Utf8PathBuf, part: EmptyPart },
    #[error("{k} matches are too many; ask for at most {}", Query::MOST_MATCHES)]
    TooManyMatches { k: usize },
    #[error("the label {pattern:?} is not a regular expression: {cause}")]
    Label { pattern: String, cause: regex::Error },
    #[error("no path in the index matches {pattern:?}")]
    NothingLabelled { pattern: String },
    #[error("{path} is one of your sounds, and Soundalike never writes to your sounds; name another file")]
    OverASound { path: Utf8PathBuf },
    #[error("{failed} of {of} clips could not be cut; the first: {first}")]
    Clips { failed: usize, of: usize, first: Box<EngineError> },
    #[error("the index has no code for this moment any more; build the index again")]
    NoSuchChunk,
    #[error("this code belongs to another model; codes of the current model have {bits} bits. Choose a sound again")]
    OtherWidth { bits: usize },
    #[error("{folder} holds no WAV files")]
    NoWavs { folder: PathBuf },
    #[error("{}: {}", path.display(), could_not("written", cause))]
    Write { path: PathBuf, cause: std::io::Error },
    #[error("{}: {}", path.display(), could_not("read", cause))]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("{0} must be readable as text (UTF-8); rename it")]
    NotText(PathBuf),
    #[error("too many commands are waiting; try again when some are done")]
    Busy,
    #[error("the program has a fault: {0}; please report it")]
    Fault(String),
    #[error("{name:?} cannot be the name of a recording: {why}")]
    TakeName { name: String, why: &'static str },
    #[error("folders cannot be watched: {0}")]
    Watching(String),
    #[error(transparent)]
    Pattern(#[from] PatternError),
    #[error("{0} is not in the project; `soundalike list` names its files")]
    NotInProject(PathBuf),
    #[error("{tag:?} cannot be a tag: {why}")]
    Tag { tag: String, why: &'static str },
    #[error("there is no saved search {name:?}; `soundalike searches` lists them")]
    NoSavedSearch { name: String },
    #[error("{name:?} cannot be a search's name: {why}")]
    SearchName { name: String, why: &'static str },
    #[error("{name:?} cannot be a collection's name: {why}")]
    CollectionName { name: String, why: &'static str },
    #[error("there is no such collection; `soundalike collection` lists them")]
    NoSuchCollection,
    #[error("{failed} of {of} could not be copied; the first: {first}")]
    Copies { failed: String, of: usize, first: Box<EngineError> },
    #[error("the files cannot be moved to the trash: {0}")]
    Trash(String),
    #[error("{path} is not a file of tags and collections: {why}")]
    Annotations { path: Utf8PathBuf, why: String },
    #[error("{0} is not a recording of this project")]
    NoTake(Utf8PathBuf),
    #[error("{0}")]
    Device(String),
    #[cfg(feature = "shared")]
    #[error(transparent)]
    Library(#[from] LibraryError),
    #[error(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    CodeWidth(#[from] CodeWidthError),
}

/// The text for a file that could not be read or written.
pub(super) fn could_not(be: &str, cause: &std::io::Error) -> String {
    format!("it could not be {be}: {cause}")
}

/// A part of a sound without any sample, in seconds from the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmptyPart {
    pub from: f64,
    /// `None` for the end.
    pub to: Option<f64>,
    /// The length of the whole sound.
    pub duration: f64,
}

impl Display for EmptyPart {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let to = self.to.map_or("the end".to_owned(), |to| format!("{to} s"));
        write!(f, "the part from {} s to {to} is empty; the sound is {:.3} s long", self.from, self.duration)
    }
}
