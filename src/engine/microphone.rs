//! The microphone between recordings. It is open for its level while somebody looks at it, and opened again when it was
//! disconnected and comes back.

use std::sync::Arc;

use parking_lot::Mutex;

use super::latest::RecorderView;
use super::shared::Shared;
use crate::audio::device::{Recorder, RecorderState};

pub(super) struct Microphone {
    shared: Arc<Shared>,
    pub recorder: Recorder,
    /// Whether the level is shown while nothing is recorded.
    watched: Mutex<bool>,
}

impl Microphone {
    pub fn new(shared: Arc<Shared>, recorder: Recorder) -> Self {
        Self { shared, recorder, watched: Mutex::new(false) }
    }

    /// Opens the microphone for its level, or closes it. If it cannot be opened, the recorder's view says why.
    pub fn watch(&self, on: bool) {
        let mut watched = self.watched.lock();
        *watched = on;
        if on {
            self.listen();
        } else {
            self.recorder.stop_listening();
            self.tell();
        }
    }

    /// Opens the microphone again if it is watched: after another one was chosen, or after a recording.
    pub fn listen_again(&self) {
        if *self.watched.lock() {
            self.listen();
        }
    }

    /// The list of devices has changed. A lost microphone may be back.
    pub fn devices_changed(&self) {
        let watched = self.watched.lock();
        let state = self.recorder.state();
        if *watched && !state.listening && !state.recording {
            self.listen();
        }
    }

    fn listen(&self) {
        let (shared, state) = (self.shared.clone(), self.recorder.observer());
        let notify = Arc::new(move || tell(&shared, state()));
        let listened = self.recorder.listen(self.shared.latest().sound.input.as_ref(), notify);
        if let Err(cause) = listened {
            tracing::info!("the microphone's level is not shown: {cause}");
        }
        self.tell();
    }

    /// Publishes the state of the recorder.
    pub fn tell(&self) {
        tell(&self.shared, self.recorder.state());
    }
}

fn tell(shared: &Shared, state: RecorderState) {
    let view = RecorderView {
        recording: state.recording,
        listening: state.listening,
        secs: state.secs,
        level: state.level,
        peak: state.peak,
        clipped: state.clipped,
        lost_frames: state.lost_frames,
        device: state.device,
        problem: state.problem,
    };
    shared.update(|latest| latest.recorder = view);
}
