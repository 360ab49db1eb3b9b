//! Writes a recording on a separate thread, so that a slow disk loses no sound.

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::audio::growing_wav::GrowingWav;
use crate::audio::silence::Trimmer;
use crate::audio::{AudioError, Cause};

/// How often the thread syncs the file. A power cut loses no more than this.
const SETTLE_EVERY: Duration = Duration::from_secs(1);
/// The most samples that may wait for a slow disk (64 MiB). Further samples are lost and counted.
const MOST_WAITING: usize = 16 << 20;

/// A recording that is being written.
pub(super) struct Keeping {
    blocks: Sender<Vec<f32>>,
    waiting: Arc<AtomicUsize>,
    failure: Arc<OnceLock<String>>,
    thread: JoinHandle<Kept>,
}

/// A recording that is on the disk.
pub(super) struct Kept {
    /// `None` if nothing was heard.
    pub path: Option<PathBuf>,
    pub frames: u64,
    /// The frames without the silence at both ends.
    pub heard: Range<u64>,
    pub peak: f32,
    /// Why not everything was written, for people.
    pub failure: Option<String>,
}

impl Keeping {
    pub fn start(wav: GrowingWav, channels: usize, rate: u32) -> io::Result<Self> {
        let (blocks, received) = unbounded();
        let (waiting, failure) = (Arc::<AtomicUsize>::default(), Arc::<OnceLock<String>>::default());
        let (counted, told) = (Arc::clone(&waiting), Arc::clone(&failure));
        let thread = thread::Builder::new()
            .name("recording".into())
            .spawn(move || write(wav, &received, Trimmer::new(channels, rate), &counted, &told))?;
        Ok(Self { blocks, waiting, failure, thread })
    }

    /// Queues whole frames for writing. Returns false if too many are waiting; then they are dropped.
    pub fn push(&self, samples: &[f32]) -> bool {
        if self.waiting.load(Ordering::Relaxed) + samples.len() > MOST_WAITING {
            return false;
        }
        self.waiting.fetch_add(samples.len(), Ordering::Relaxed);
        // The thread takes everything until the sender is dropped.
        self.blocks.send(samples.to_vec()).is_ok()
    }

    /// Why nothing more is written, for people.
    pub fn failure(&self) -> Option<String> {
        self.failure.get().cloned()
    }

    /// Waits until everything is on the disk.
    pub fn finish(self) -> Option<Kept> {
        drop(self.blocks);
        self.thread.join().ok()
    }
}

fn write(
    mut wav: GrowingWav,
    blocks: &Receiver<Vec<f32>>,
    mut trimmer: Trimmer,
    waiting: &AtomicUsize,
    failure: &OnceLock<String>,
) -> Kept {
    let mut settled = Instant::now();
    let mut peak = 0.0f32;
    for block in blocks {
        waiting.fetch_sub(block.len(), Ordering::Relaxed);
        if failure.get().is_some() {
            continue;
        }
        let mut outcome = wav.push(&block);
        if outcome.is_ok() {
            trimmer.push(&block);
            peak = block.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
        }
        if outcome.is_ok() && settled.elapsed() >= SETTLE_EVERY {
            outcome = wav.settle();
            settled = Instant::now();
        }
        if let Err(cause) = outcome {
            // Only this line sets it, once.
            let _ = failure.set(words_of(&cause));
        }
    }
    let frames = wav.frames();
    let path = wav.finish().unwrap_or_else(|cause| {
        let _ = failure.set(words_of(&cause));
        Some(cause.path)
    });
    let heard = trimmer.finish();
    Kept { path, frames, heard: heard.start.min(frames)..heard.end.min(frames), peak, failure: failure.get().cloned() }
}

fn words_of(failure: &AudioError) -> String {
    match &failure.cause {
        Cause::Unwritable(cause) if cause.kind() == io::ErrorKind::StorageFull => "the disk is full".into(),
        cause => cause.to_string(),
    }
}
