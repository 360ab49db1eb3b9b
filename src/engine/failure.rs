//! [`Failure`]: why a command could not be carried out, as plain data. Callers look at its kind and path. Its words are
//! only for people, so they can be changed freely.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use super::error::{EngineError, could_not};
use crate::audio::AudioError;
use crate::audio::error::Cause;
use crate::project::ProjectError;
#[cfg(feature = "shared")]
use crate::shared_library::LibraryError;

/// Why a command could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// The file or folder concerned. `words` do not repeat it.
    pub path: Option<PathBuf>,
    /// What is wrong and what to do, in words for a person.
    pub words: String,
}

/// What went wrong, for a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Not an error: the person cancelled the job.
    Cancelled,
    /// Sounds have to be added first.
    NoSounds,
    /// A model has to be trained first.
    NoModel,
    /// The index has to be built first.
    NoIndex,
    /// The index belongs to another model and must be built again.
    StaleIndex,
    /// There is no stopped training.
    NothingToResume,
    /// A sound file cannot be read, or has no sound in the wanted part.
    Sound,
    /// A file that is not a sound, or a folder, cannot be read, written or watched.
    File,
    /// The request makes no sense or is not permitted.
    Request,
    /// The project cannot be changed: it is open elsewhere, or its folder cannot be written.
    ReadOnly,
    /// The folder is no project, and holds other files.
    NoProject,
    /// The project's catalogue is broken or missing: the project has to be repaired.
    BrokenProject,
    /// The project's catalogue, model or index cannot be used.
    Project,
    /// A shared library cannot be reached or used.
    Library,
    /// A microphone or a sound output does not work.
    Device,
    /// Too many commands wait.
    Busy,
    /// A fault of this program.
    Fault,
}

impl Failure {
    pub fn new(kind: FailureKind, words: impl Into<String>) -> Self {
        Self { kind, path: None, words: words.into() }
    }

    /// A failure with the file at `path`.
    pub fn at(kind: FailureKind, path: impl Into<PathBuf>, words: impl Into<String>) -> Self {
        Self { kind, path: Some(path.into()), words: words.into() }
    }

    /// Whether the failure concerns the file at `path`.
    pub fn is_about(&self, path: impl AsRef<Path>) -> bool {
        self.path.as_deref() == Some(path.as_ref())
    }

    /// The same failure, with the file at `path` called `name`, because a person does not know the path of a temporary
    /// file.
    pub fn calling(mut self, path: impl AsRef<Path>, name: &str) -> Self {
        if self.is_about(path) {
            self.path = Some(name.into());
        }
        self
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", path.display(), self.words),
            None => f.write_str(&self.words),
        }
    }
}

impl std::error::Error for Failure {}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        use FailureKind as Kind;
        match error {
            EngineError::Audio(AudioError { path, cause }) => Self::at(kind_of_audio(&cause), path, cause.to_string()),
            EngineError::EmptyPart { path, part } => Self::at(Kind::Sound, path, part.to_string()),
            EngineError::Write { path, cause } => Self::at(Kind::File, path, could_not("written", &cause)),
            EngineError::Read { path, cause } => Self::at(Kind::File, path, could_not("read", &cause)),
            error => Self::new(kind_of(&error), error.to_string()),
        }
    }
}

fn kind_of_audio(cause: &Cause) -> FailureKind {
    match cause {
        Cause::Unwritable(_) | Cause::TooLong(_) => FailureKind::File,
        _ => FailureKind::Sound,
    }
}

#[cfg(feature = "shared")]
fn kind_of_library(error: &LibraryError) -> FailureKind {
    match error {
        LibraryError::Address(_) | LibraryError::Filter(_) | LibraryError::Request(_) => FailureKind::Request,
        LibraryError::NoModel { .. } => FailureKind::NoModel,
        _ => FailureKind::Library,
    }
}

fn kind_of(error: &EngineError) -> FailureKind {
    use FailureKind as Kind;
    match error {
        EngineError::Cancelled => Kind::Cancelled,
        EngineError::NoSounds => Kind::NoSounds,
        EngineError::NoModel => Kind::NoModel,
        EngineError::NoIndex => Kind::NoIndex,
        EngineError::StaleIndex => Kind::StaleIndex,
        EngineError::NothingToResume => Kind::NothingToResume,
        EngineError::NothingReadable { .. } | EngineError::EmptyPart { .. } => Kind::Sound,
        EngineError::Audio(error) => kind_of_audio(&error.cause),
        EngineError::Clips { first, .. } | EngineError::Copies { first, .. } => kind_of(first),
        EngineError::Write { .. }
        | EngineError::Read { .. }
        | EngineError::NotText(_)
        | EngineError::NoWavs { .. }
        | EngineError::Trash(_)
        | EngineError::Watching(_) => Kind::File,
        EngineError::TooManyMatches { .. }
        | EngineError::Label { .. }
        | EngineError::Pattern(_)
        | EngineError::NotInProject(_)
        | EngineError::NothingLabelled { .. }
        | EngineError::OverASound { .. }
        | EngineError::NoSuchChunk
        | EngineError::OtherWidth { .. }
        | EngineError::TakeName { .. }
        | EngineError::Tag { .. }
        | EngineError::CollectionName { .. }
        | EngineError::NoSuchCollection
        | EngineError::Annotations { .. }
        | EngineError::NoTake(_)
        | EngineError::NoSavedSearch { .. }
        | EngineError::SearchName { .. }
        | EngineError::Config(_)
        | EngineError::CodeWidth(_) => Kind::Request,
        EngineError::Project(ProjectError::ReadOnly(_)) => Kind::ReadOnly,
        EngineError::Project(ProjectError::NoProject { .. }) => Kind::NoProject,
        EngineError::Project(ProjectError::Broken { .. }) => Kind::BrokenProject,
        EngineError::Project(_) | EngineError::Model(_) | EngineError::Index(_) => Kind::Project,
        #[cfg(feature = "shared")]
        EngineError::Library(error) => kind_of_library(error),
        EngineError::Device(_) => Kind::Device,
        EngineError::Busy => Kind::Busy,
        EngineError::Fault(_) => Kind::Fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::error::EmptyPart;

    #[test]
    fn a_failure_keeps_its_path_beside_its_words() {
        let missing = Cause::Missing.at(Path::new("/a/b.wav"));
        let said = missing.to_string();
        let failure = Failure::from(EngineError::from(missing));
        assert_eq!((failure.kind, failure.words.as_str()), (FailureKind::Sound, "there is no such file"));
        assert!(failure.is_about("/a/b.wav") && !failure.is_about("/a"));
        assert_eq!(failure.to_string(), said);
        assert_eq!(failure.clone().calling("/a/c.wav", "the sound"), failure);
        assert_eq!(failure.calling("/a/b.wav", "the sound").to_string(), "the sound: there is no such file");
    }

    #[test]
    fn an_error_and_its_failure_say_the_same() {
        let cause = || std::io::Error::other("the disk is full");
        let errors = [
            EngineError::Write { path: "/out".into(), cause: cause() },
            EngineError::Read { path: "/in".into(), cause: cause() },
            EngineError::EmptyPart {
                path: "/a.wav".into(),
                part: EmptyPart { from: 1.0, to: Some(2.0), duration: 0.5 },
            },
            EngineError::NoModel,
        ];
        for error in errors {
            assert_eq!(error.to_string(), Failure::from(error).to_string());
        }
    }
}
