//! An open microphone, with a ring buffer between the device's thread and the recorder's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};

use super::super::{Backend, Capture, DeviceError, DeviceName, FaultLog, Format, Stream};

/// The length of the ring buffer. Further sound is lost and counted.
const RING_SECS: f64 = 2.0;

/// The device's end of the ring buffer.
struct RingCapture {
    ring: Producer<f32>,
    channels: usize,
    calls: Arc<AtomicU64>,
    lost_frames: Arc<AtomicU64>,
}

impl Capture for RingCapture {
    fn capture(&mut self, samples: &[f32]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let frames = samples.len() / self.channels;
        let taken = frames.min(self.ring.slots() / self.channels);
        let (pushed, _) = self.ring.push_partial_slice(&samples[..taken * self.channels]);
        debug_assert_eq!(pushed.len(), taken * self.channels, "no more is pushed than there is room for");
        if taken < frames {
            self.lost_frames.fetch_add((frames - taken) as u64, Ordering::Relaxed);
        }
    }
}

/// An open microphone, and the recorder's end of its ring buffer.
pub(super) struct Microphone {
    /// `None` after it was closed.
    stream: Option<Box<dyn Stream>>,
    ring: Consumer<f32>,
    pub format: Format,
    faults: FaultLog,
    calls: Arc<AtomicU64>,
    lost_frames: Arc<AtomicU64>,
    pub name: String,
}

impl Microphone {
    /// Opens the chosen microphone, or the default one.
    pub fn open(backend: &dyn Backend, chosen: Option<&DeviceName>) -> Result<Microphone, DeviceError> {
        let device = backend.input(chosen)?;
        let format = device.default_format()?;
        let channels = format.channels.max(1);
        let (producer, ring) = RingBuffer::new((RING_SECS * f64::from(format.rate)) as usize * channels);
        let (calls, lost_frames) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let capture =
            RingCapture { ring: producer, channels, calls: Arc::clone(&calls), lost_frames: Arc::clone(&lost_frames) };
        let (handler, faults) = FaultLog::new();
        let stream = Some(device.open(format, Box::new(capture), handler)?);
        Ok(Microphone { stream, ring, format, faults, calls, lost_frames, name: device.name() })
    }

    /// Closes the device, so that the last sound is in the ring buffer.
    pub fn close(&mut self) {
        self.stream = None;
    }

    /// The number of frames that the device delivered but that did not fit into the ring buffer.
    pub fn lost_frames(&self) -> u64 {
        self.lost_frames.load(Ordering::Relaxed)
    }

    /// Why the device is gone, if it is.
    pub fn verdict(&mut self) -> Option<String> {
        self.faults.verdict(self.calls.load(Ordering::Relaxed))
    }

    /// Appends the new samples to `samples`.
    pub fn drain(&mut self, samples: &mut Vec<f32>) {
        let waiting = self.ring.slots();
        if let Ok(chunk) = self.ring.read_chunk(waiting) {
            let (first, second) = chunk.as_slices();
            samples.extend_from_slice(first);
            samples.extend_from_slice(second);
            chunk.commit_all();
        }
    }
}
