//! Lists the connected devices, on a thread of its own. Some systems need a while for that, and a click on a match must
//! not wait for it.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::error::EngineError;
use super::latest::DevicesView;
use super::microphone::Microphone;
use super::shared::Shared;
use crate::audio::device::Backend;

/// How soon a newly connected device appears in the lists.
const EVERY: Duration = Duration::from_secs(2);

/// Updates [`Latest::devices`](super::Latest::devices) while somebody looks at it.
pub(super) struct DeviceWatch {
    /// Whether somebody looks. Dropped to end the thread.
    watching: Option<Sender<bool>>,
    thread: Option<JoinHandle<()>>,
}

impl DeviceWatch {
    pub fn new(
        shared: Arc<Shared>,
        backend: Arc<dyn Backend>,
        microphone: Arc<Microphone>,
    ) -> Result<Self, EngineError> {
        let (watching, watched) = unbounded();
        let thread = std::thread::Builder::new()
            .name("devices".into())
            .spawn(move || keep_listing(&shared, &*backend, &microphone, &watched))
            .map_err(|cause| EngineError::Fault(format!("no thread to list devices on: {cause}")))?;
        Ok(Self { watching: Some(watching), thread: Some(thread) })
    }

    /// Lists the devices now. If `on` is true, lists them again every two seconds until a call with `false`.
    pub fn watch(&self, on: bool) {
        if let Some(watching) = &self.watching {
            // The thread ends only after this sender is dropped.
            let _ = watching.send(on);
        }
    }
}

impl Drop for DeviceWatch {
    fn drop(&mut self) {
        self.watching = None;
        if let Some(thread) = self.thread.take() {
            // If listing panicked, the lists stay as they were. Nobody looks at them any more.
            let _ = thread.join();
        }
    }
}

fn keep_listing(shared: &Shared, backend: &dyn Backend, microphone: &Microphone, watched: &Receiver<bool>) {
    let mut watching = false;
    loop {
        let heard = match watching {
            true => watched.recv_timeout(EVERY),
            false => watched.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match heard {
            Ok(on) => watching = on,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if watching {
            let devices = DevicesView { outputs: backend.outputs(), inputs: backend.inputs() };
            // An unchanged list wakes nobody.
            if *shared.latest().devices != devices {
                shared.update(|latest| latest.devices = Arc::new(devices));
                microphone.devices_changed();
            }
        }
    }
}
