//! Background work: backs up the catalogue after changes, and lets a process that only reads follow the changes of the
//! writer.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::error::EngineError;
use super::shared::Shared;

/// How often the thread looks for changes.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long changes must have rested before the backup. Closing the project backs it up at once.
const REST: Duration = Duration::from_secs(5);

/// The thread. Dropping this ends it.
pub(super) struct Rest {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Rest {
    pub fn start(shared: &Arc<Shared>) -> Result<Self, EngineError> {
        let (stop, stopped) = bounded(0);
        let shared = shared.clone();
        let work = move || {
            let mut last_change = None;
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK_EVERY) {
                look(&shared, &mut last_change);
            }
        };
        let thread = std::thread::Builder::new()
            .name("rest".into())
            .spawn(work)
            .map_err(|cause| EngineError::Fault(format!("no thread for backups: {cause}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic was reported when it happened, and nobody is left to tell.
            let _ = thread.join();
        }
    }
}

/// `last_change` is the number of changes at the last look, and the time since which that number is the same.
fn look(shared: &Shared, last_change: &mut Option<(u64, Instant)>) {
    let project = &shared.project;
    let done = if project.is_writer() {
        let changes = project.changes();
        match *last_change {
            Some((before, since)) if before == changes => match since.elapsed() >= REST {
                true => project.back_up_changes().map_err(EngineError::from),
                false => Ok(()),
            },
            _ => {
                *last_change = Some((changes, Instant::now()));
                Ok(())
            }
        }
    } else {
        match project.has_changed_elsewhere() {
            Ok(true) => shared.refresh(),
            Ok(false) => Ok(()),
            Err(cause) => Err(cause.into()),
        }
    };
    if let Err(cause) = done {
        tracing::warn!("{cause}");
    }
}
