//! Commands in, events out. Jobs run here, on threads.
//!
//! Each kind of work has a lane: a thread that takes its commands one after another from a bounded channel. So a search
//! never waits for a training, and two imports never run at once. The results are in [`event`] and [`latest`].

mod annotations;
mod at_rest;
mod choice;
mod clip;
mod code;
mod collections;
pub mod command;
mod copies;
mod curve;
mod cut;
mod devices;
mod distances;
mod duplicates;
mod edit;
mod encode;
mod error;
mod evaluate;
pub mod event;
pub mod explore;
mod export;
mod failure;
mod favourites;
mod features;
mod file_list;
mod filter;
mod first;
mod fold;
pub mod formats;
mod hear;
mod import;
mod index;
mod job;
mod lanes;
pub mod latest;
mod left_out;
mod library;
mod line;
mod listen;
mod map;
mod microphone;
mod on_disk;
mod pairs;
mod preview;
mod query;
mod query_sound;
mod ready;
mod reconstruct;
mod relink;
mod rerank;
mod rest;
mod roots;
mod sample;
mod saved_searches;
mod search;
mod shared;
#[cfg(feature = "shared")]
pub mod shared_library;
mod snapshot;
mod sound;
mod sound_settings;
mod sources;
mod stage;
mod takes;
mod told;
mod train;
mod unheard;
mod views;
mod watch;
mod weights;
pub mod words;

pub use choice::Choice;
pub use clip::Clip;
pub use collections::write_collection;
pub use command::{Coded, CodesFormat, Command, Shard, Sources};
pub use cut::clip_of;
pub use error::EngineError;
pub use event::*;
pub use explore::*;
pub use failure::{Failure, FailureKind};
pub use file_list::{FileList, ListedFile, SortFiles};
pub use job::{JobId, JobKind, JobView};
pub use latest::*;
pub use library::{
    AnnotationsReport, CollectionChange, CollectionFormat, CopiesDeed, CopiesReport, CopyGroup, FoundAgain, Keep,
    RelinkPlan,
};
pub use query::{
    Basket, Example, Grouping, LibraryAnswer, Line, Match, Nearness, Precision, Query, SavedSearchView, SearchFilter,
    SearchReport, SharedPlace,
};
pub use sample::{Sampled, keep_sample};
pub use sound_settings::SoundSettings;
pub use stage::JobStage;
pub use weights::Weights;

pub use crate::audio::device::{DeviceList, DeviceName, StopWhen};
pub use crate::dataset::Verdict;
pub use crate::project::{Access, History, Opening, Part, PartState, check, repair};

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::audio::device::Backend;
use crate::project::Project;
use at_rest::AtRest;
use lanes::Lanes;
use rest::Rest;
use shared::Shared;
use snapshot::Snapshot;

/// Options for opening an engine.
pub struct EngineOptions {
    /// The project's folder. It is created if it does not exist.
    pub project: PathBuf,
    /// Called from the engine's threads when there is something new to see. It must not block.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// Where sound comes from and goes to.
    pub audio: Arc<dyn Backend>,
    /// Whether the project will be changed, and whether it may be created among other files.
    pub opening: Opening,
}

/// An open project and the threads that work on it. Dropping it cancels the jobs, and waits until their state can be
/// opened again.
pub struct Engine {
    shared: Arc<Shared>,
    events: Receiver<Event>,
    /// Declared before `lanes`, so it is dropped first.
    _rest: Rest,
    lanes: Lanes,
}

impl Engine {
    pub fn open(options: EngineOptions) -> Result<Self, EngineError> {
        let folder = camino::Utf8PathBuf::from_path_buf(options.project).map_err(EngineError::NotText)?;
        let project = Project::open(&folder, options.opening)?;
        takes::sweep(&project);
        project.look_at_problems()?;
        let (sender, events) = crossbeam_channel::unbounded();
        let at_rest = AtRest::read(&project)?;
        let latest = views::all(&project, &at_rest)?;
        let shared = Arc::new(Shared::new(project, latest, sender, options.wake));
        let snapshot = Snapshot::usable(&shared.project, &at_rest, None);
        shared.set_snapshot(snapshot.map(Arc::new));
        shared.sweep();
        let lanes = Lanes::start(&shared, options.audio)?;
        let _rest = Rest::start(&shared)?;
        Ok(Self { shared, events, _rest, lanes })
    }

    /// Queues a command. If too many are waiting, it fails at once, as an event.
    pub fn submit(&self, command: Command) -> JobId {
        self.lanes.submit(command)
    }

    /// Stops a job that waits or runs. It stops within 100 ms, a training within one step.
    pub fn cancel(&self, job: JobId) {
        self.lanes.cancel(job);
    }

    /// The queue of events: see [`Event`].
    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// The newest values: see [`Latest`].
    pub fn latest(&self) -> Latest {
        self.shared.latest()
    }
}
