//! What the engine's threads share: the project, the newest values, the queue of events, and the searchable snapshot.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use crossbeam_channel::Sender;
use tempfile::TempDir;

use super::command::JobId;
use super::error::EngineError;
use super::event::Event;
use super::latest::{JobKind, JobView, Latest};
use super::query_sound::QuerySound;
use super::snapshot::Snapshot;
use crate::project::Project;

pub(super) struct Shared {
    pub project: Project,
    latest: Mutex<Latest>,
    /// Unbounded as a type, bounded in fact: a command causes one event, and commands wait in bounded queues. So no job
    /// ever waits for somebody to drain it.
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// What searches use: swapped as a whole, so a search that runs keeps the one it began with.
    snapshot: Mutex<Option<Arc<Snapshot>>>,
    /// Held while values are read anew, so that an older state never overwrites a newer one.
    refreshing: Mutex<()>,
    pub query_sound: QuerySound,
    /// The file of the recording that runs.
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
            query_sound: QuerySound::default(),
            recording: Mutex::new(None),
            scratch: Mutex::new(None),
        }
    }

    pub fn latest(&self) -> Latest {
        locked(&self.latest).clone()
    }

    /// Overwrites some of the newest values and wakes whoever looks at them.
    pub fn update(&self, change: impl FnOnce(&mut Latest)) {
        change(&mut locked(&self.latest));
        (self.wake)();
    }

    pub fn send(&self, event: Event) {
        // Nobody listens any more only while the engine is being dropped; then nobody misses it.
        let _ = self.events.send(event);
        (self.wake)();
    }

    pub fn refreshing(&self) -> MutexGuard<'_, ()> {
        locked(&self.refreshing)
    }

    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        locked(&self.snapshot).clone()
    }

    /// The file of the recording that runs: no take before it has ended.
    pub fn recording(&self) -> Option<Utf8PathBuf> {
        locked(&self.recording).clone()
    }

    pub fn set_recording(&self, file: Option<&Utf8Path>) {
        *locked(&self.recording) = file.map(Utf8Path::to_owned);
    }

    /// A folder for sounds that nobody keeps, gone when the project is closed; made when it is first asked for.
    pub fn scratch(&self) -> Result<Utf8PathBuf, EngineError> {
        let mut scratch = locked(&self.scratch);
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
        *locked(&self.snapshot) = snapshot;
    }
}

/// The guarded value, also after a panic of another holder: every value here is replaced as a whole, so none is half done.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a job is told while it waits or runs.
#[derive(Debug, Default)]
pub(super) struct Flags {
    cancelled: AtomicBool,
    finish: AtomicBool,
}

impl Flags {
    /// It is to stop and leave what was there before.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// It is to end early and keep what it has.
    pub fn finish(&self) {
        self.finish.store(true, Ordering::Relaxed);
    }
}

/// A job at work: how it tells its progress and learns that it was cancelled.
pub(super) struct Job {
    pub id: JobId,
    pub shared: Arc<Shared>,
    pub flags: Arc<Flags>,
    pub began: Instant,
}

impl Job {
    /// An error once the job was cancelled, so that `?` leaves it.
    pub fn check(&self) -> Result<(), EngineError> {
        match self.is_cancelled() {
            true => Err(EngineError::Cancelled),
            false => Ok(()),
        }
    }

    pub fn is_cancelled(&self) -> bool {
        self.flags.cancelled.load(Ordering::Relaxed)
    }

    /// Whether it is to end early and keep what it has.
    pub fn is_to_finish(&self) -> bool {
        self.flags.finish.load(Ordering::Relaxed)
    }

    /// Says how far the job is; `total` is 0 where that is not known.
    pub fn progress(&self, kind: JobKind, stage: &str, stage_began: Instant, done: u64, total: u64) {
        let took = stage_began.elapsed().as_secs_f64();
        let secs_left = (done > 0 && total >= done && took > 0.5).then(|| took / done as f64 * (total - done) as f64);
        let running_secs = self.began.elapsed().as_secs_f64();
        let view = JobView { kind, stage: stage.to_owned(), done, total, running_secs, secs_left };
        self.shared.update(|latest| {
            if latest.jobs.get(&self.id).is_none_or(|before| before.stage != view.stage) {
                tracing::debug!(job = self.id.0, stage = view.stage, "job goes on");
            }
            latest.jobs.insert(self.id, view);
        });
    }
}
