//! What is done while nobody asks for anything: the catalogue is backed up once its changes have come to rest, and a
//! process that only reads follows what the writer changes.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::error::EngineError;
use super::shared::Shared;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long a change must have rested before it is backed up. Closing the project backs it up at once.
const REST: Duration = Duration::from_secs(5);

/// The thread; dropping it ends the thread.
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
            // A panic was told when it happened, and there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// `last_change` is how many changes there were when it was last looked, and since when there are no more.
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
