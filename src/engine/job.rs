//! A job: a command that is carried out. Its number, its kind, and its progress.

use super::stage::JobStage;

/// Identifies a submitted command. Its events carry this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// The kind of work. It decides which panel shows the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    Import,
    Train,
    Index,
    Search,
    /// Pictures of sounds. They have their own lane, so that a search never waits for the picture of a long file.
    Preview,
    Map,
    /// Comparisons of codes with one another: duplicates, distances.
    Compare,
    Audio,
    Record,
    /// Quick changes of the project. They do not wait for an import.
    Edit,
    Check,
}

#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    pub kind: JobKind,
    pub stage: JobStage,
    /// Units done, and units in total (0: not known yet).
    pub done: u64,
    pub total: u64,
    pub running_secs: f64,
    /// An estimate from the rate so far. `None`: no estimate yet.
    pub secs_left: Option<f64>,
}

impl JobView {
    /// A job that has not begun.
    pub fn waiting(kind: JobKind) -> Self {
        Self { kind, stage: JobStage::Waiting, done: 0, total: 0, running_secs: 0.0, secs_left: None }
    }
}
