//! Commands in, events out: the only place with threads.

pub mod command;
pub mod event;

pub use command::{Clip, Command, Grouping, JobId, Query};
pub use event::*;

use std::path::PathBuf;
use std::sync::Arc;

/// How an engine is opened.
pub struct EngineOptions {
    pub project: PathBuf,
    /// Called from the engine's threads whenever there is something new to see; must not block.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

pub struct Engine {}

impl Engine {
    pub fn open(_options: EngineOptions) -> Result<Self, String> {
        todo!("being written by another hand")
    }
    /// Never blocks for longer than it takes to queue the command.
    pub fn submit(&self, _command: Command) -> JobId {
        todo!()
    }
    pub fn cancel(&self, _job: JobId) {
        todo!()
    }
    /// The queue of events: see [`Event`].
    pub fn events(&self) -> &crossbeam_channel::Receiver<Event> {
        todo!()
    }
    /// The newest values: see [`Latest`].
    pub fn latest(&self) -> Latest {
        todo!()
    }
}
