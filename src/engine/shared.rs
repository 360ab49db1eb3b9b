//! What the engine's threads share: the project, the newest values, the queue of events, and the searchable snapshot.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use crossbeam_channel::Sender;
use parking_lot::{Mutex, MutexGuard};
use tempfile::TempDir;

use super::error::EngineError;
use super::event::Event;
use super::job::{JobId, JobKind, JobView};
use super::latest::Latest;
use super::query_sound::QuerySound;
use super::snapshot::Snapshot;
use super::stage::JobStage;
use crate::model::Model;
use crate::project::Project;

pub(super) struct Shared {
    pub project: Project,
    latest: Mutex<Latest>,
    /// Unbounded as a type, but bounded in fact: a command causes one event, and commands wait in bounded queues. So a
    /// job never waits for a reader of its events.
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// What searches use. It is replaced as a whole, so a running search keeps the one that it began with.
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// Held while values are read again, so that an older state never overwrites a newer one.
    refreshing: Mutex<()>,
    /// Held while an index is built, because several lanes may build it.
    building: Mutex<()>,
    pub query_sound: QuerySound,
    /// The file of the running recording.
    recording: Mutex<Option<Utf8PathBuf>>,
    scratch: Mutex<Option<TempDir>>,
}

impl Shared {
    pub fn new(project: Project, latest: Latest, events: Sender<Event>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self {
            project,
            latest: Mutex::new(latest),
            events,
            wake,
            snapshot: Mutex::new(None),
            refreshing: Mutex::default(),
            building: Mutex::default(),
            query_sound: QuerySound::default(),
            recording: Mutex::new(None),
            scratch: Mutex::new(None),
        }
    }

    pub fn latest(&self) -> Latest {
        self.latest.lock().clone()
    }

    /// Overwrites some of the newest values, and wakes the readers.
    pub fn update(&self, change: impl FnOnce(&mut Latest)) {
        change(&mut self.latest.lock());
        (self.wake)();
    }

    pub fn send(&self, event: Event) {
        // Sending fails only while the engine is dropped, when nobody needs the event.
        let _ = self.events.send(event);
        (self.wake)();
    }

    pub fn refreshing(&self) -> MutexGuard<'_, ()> {
        self.refreshing.lock()
    }

    /// Held while an index is built. A waiting job notices a cancellation only afterwards, which does no harm: it
    /// usually waits for the very index that is being built.
    pub fn building(&self) -> MutexGuard<'_, ()> {
        self.building.lock()
    }

    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.lock().clone()
    }

    /// The snapshot to search, or an error that says which step comes first.
    pub fn current_snapshot(&self) -> Result<Arc<Snapshot>, EngineError> {
        Snapshot::current(&self.project, self.snapshot())
    }

    /// The current model, whether or not it has an index.
    pub fn current_model(&self) -> Result<Arc<Model>, EngineError> {
        Snapshot::current_model(&self.project, self.snapshot())
    }

    /// The file of the running recording. It is not a take until the recording has ended.
    pub fn recording(&self) -> Option<Utf8PathBuf> {
        self.recording.lock().clone()
    }

    pub fn set_recording(&self, file: Option<&Utf8Path>) {
        *self.recording.lock() = file.map(Utf8Path::to_owned);
    }

    /// A folder for temporary sounds. It is created when it is first needed, and deleted when the project is closed.
    pub fn scratch(&self) -> Result<Utf8PathBuf, EngineError> {
        let mut scratch = self.scratch.lock();
        let folder = match &*scratch {
            Some(folder) => folder.path().to_owned(),
            None => {
                let made = tempfile::Builder::new().prefix("soundalike-").tempdir();
                let made = made.map_err(|cause| EngineError::Write { path: std::env::temp_dir(), cause })?;
                scratch.insert(made).path().to_owned()
            }
        };
        Utf8PathBuf::from_path_buf(folder).map_err(EngineError::NotText)
    }

    pub fn set_snapshot(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.snapshot.lock() = snapshot;
    }
}

/// The signals to a job that waits or runs.
#[derive(Debug, Default)]
pub(super) struct Flags {
    cancelled: AtomicBool,
    finish: AtomicBool,
}

impl Flags {
    /// Tells the job to stop and to leave everything as it was before.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Tells the job to end early and to keep what it has.
    pub fn finish(&self) {
        self.finish.store(true, Ordering::Relaxed);
    }
}

/// A running job: it reports its progress, and learns that it was cancelled.
pub(super) struct Job {
    pub id: JobId,
    pub shared: Arc<Shared>,
    pub flags: Arc<Flags>,
    pub began: Instant,
}

impl Job {
    /// Returns an error if the job was cancelled, so that `?` leaves the job.
    pub fn check(&self) -> Result<(), EngineError> {
        match self.is_cancelled() {
            true => Err(EngineError::Cancelled),
            false => Ok(()),
        }
    }

    pub fn is_cancelled(&self) -> bool {
        self.flags.cancelled.load(Ordering::Relaxed)
    }

    /// Whether the job shall end early and keep what it has.
    pub fn is_to_finish(&self) -> bool {
        self.flags.finish.load(Ordering::Relaxed)
    }

    /// Reports progress. `total` is 0 if it is not known.
    pub fn progress(&self, kind: JobKind, stage: JobStage, stage_began: Instant, done: u64, total: u64) {
        let took = stage_began.elapsed().as_secs_f64();
        let secs_left = (done > 0 && total >= done && took > 0.5).then(|| took / done as f64 * (total - done) as f64);
        let running_secs = self.began.elapsed().as_secs_f64();
        let view = JobView { kind, stage, done, total, running_secs, secs_left };
        self.shared.update(|latest| {
            if latest.jobs.get(&self.id).is_none_or(|before| before.stage != view.stage) {
                tracing::debug!(job = self.id.0, stage = view.stage.to_string(), "job goes on");
            }
            latest.jobs.insert(self.id, view);
        });
    }
}
