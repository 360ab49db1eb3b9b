//! A job: a command at work. Its number, its kind, and how far it is.

use super::stage::JobStage;

/// Names a command that was submitted; its events carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

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
    pub stage: JobStage,
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
        Self { kind, stage: JobStage::Waiting, done: 0, total: 0, running_secs: 0.0, secs_left: None }
    }
}
