//! [`JobStage`]: what a job does at the moment.

use std::fmt::{self, Display, Formatter};

/// What a job does at the moment. Shown as a few words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobStage {
    /// The job has not begun, because another job of its kind runs.
    Waiting,
    LookingForSounds,
    ReadingFiles,
    MakingTheDemo,
    Downloading,
    LookingAtFiles,
    LookingForWhatIsLeftOut,
    /// Computing the features that a training learns from.
    ListeningToSounds,
    MakingSyntheticSounds,
    Learning,
    Encoding,
    Decoding,
    CountingCodes,
    ListeningToTheQuery,
    Searching,
    ComparingCodes,
    ComparingFiles,
    Measuring,
    FindingNeighbours,
    LayingOut,
    Writing,
    Recording,
    /// Writing files and codes into a shared library.
    Publishing,
    /// The server of a shared library makes an index.
    MakingTheIndex,
}

impl JobStage {
    fn words(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::LookingForSounds => "looking for sounds",
            Self::ReadingFiles => "reading files",
            Self::MakingTheDemo => "making the demo library",
            Self::Downloading => "downloading",
            Self::LookingAtFiles => "looking at the files",
            Self::LookingForWhatIsLeftOut => "looking for what is left out",
            Self::ListeningToSounds => "listening to the sounds",
            Self::MakingSyntheticSounds => "making synthetic sounds",
            Self::Learning => "learning",
            Self::Encoding => "encoding",
            Self::Decoding => "decoding",
            Self::CountingCodes => "counting codes",
            Self::ListeningToTheQuery => "listening to the query",
            Self::Searching => "searching",
            Self::ComparingCodes => "comparing codes",
            Self::ComparingFiles => "comparing files",
            Self::Measuring => "measuring loudness, pitch and tempo",
            Self::FindingNeighbours => "finding neighbours",
            Self::LayingOut => "laying out",
            Self::Writing => "writing",
            Self::Recording => "recording",
            Self::Publishing => "publishing",
            Self::MakingTheIndex => "the server makes the index",
        }
    }
}

impl Display for JobStage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
