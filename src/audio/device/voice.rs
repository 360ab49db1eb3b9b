//! The device's side of the player: starts, mixes and fades voices, on the device's thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer};

use super::{Format, Render};

/// The length of the fade when a sound is cut. It is too short to be heard as a fade, and long enough to avoid a click.
pub(super) const FADE_SECS: f64 = 0.003;

/// A sound on its way to the device, in a ring buffer of interleaved samples.
pub(super) struct Voice {
    pub samples: Consumer<f32>,
    pub progress: Arc<Progress>,
}

/// What both ends of a voice know about it.
pub(super) struct Progress {
    /// When the voice was ordered.
    asked: Instant,
    /// Nanoseconds from the order until the device got the first frame; 0 before that.
    waited_ns: AtomicU64,
    /// The number of frames that the device got.
    pub played: AtomicU64,
    /// The feeding thread sets this after the last sample.
    pub fed: AtomicBool,
    /// The device's thread sets this when it will take no more samples.
    pub over: AtomicBool,
}

impl Progress {
    /// For a voice that was ordered at this moment.
    pub fn since(asked: Instant) -> Self {
        Progress {
            asked,
            waited_ns: AtomicU64::new(0),
            played: AtomicU64::new(0),
            fed: AtomicBool::new(false),
            over: AtomicBool::new(false),
        }
    }

    /// The time from the order until the device got the first frame.
    pub fn waited(&self) -> Option<Duration> {
        Some(self.waited_ns.load(Ordering::Acquire)).filter(|ns| *ns > 0).map(Duration::from_nanos)
    }

    fn count(&self, frames: usize) {
        if frames > 0 && self.played.fetch_add(frames as u64, Ordering::Release) == 0 {
            let waited = u64::try_from(self.asked.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.waited_ns.store(waited.max(1), Ordering::Release);
        }
    }
}

/// An order to the device's thread.
pub(super) enum Cue {
    /// Cuts the current voice and starts this one.
    Start(Voice),
    Stop,
}

/// The other end of a [`Mixer`].
pub(super) struct MixerHandle {
    pub cues: Producer<Cue>,
    /// Voices that have ended. The owner of this handle drops them, because dropping frees memory.
    pub retired: Consumer<Voice>,
    /// The number of the device's calls.
    pub calls: Arc<AtomicU64>,
}

pub(super) struct Mixer {
    channels: usize,
    fade_frames: usize,
    cues: Consumer<Cue>,
    retired: Producer<Voice>,
    current: Option<Voice>,
    /// A voice that was cut, and the number of frames left of its fade.
    leaving: Option<(Voice, usize)>,
    /// The bits of an f32.
    volume: Arc<AtomicU32>,
    /// The volume of the last frame.
    gain: f32,
    calls: Arc<AtomicU64>,
}

impl Mixer {
    pub fn new(format: Format, volume: Arc<AtomicU32>) -> (Mixer, MixerHandle) {
        const MOST_CUES: usize = 32;
        let (cue_sender, cues) = rtrb::RingBuffer::new(MOST_CUES);
        let (retired, retired_receiver) = rtrb::RingBuffer::new(2 * MOST_CUES);
        let calls = Arc::new(AtomicU64::new(0));
        let handle = MixerHandle { cues: cue_sender, retired: retired_receiver, calls: Arc::clone(&calls) };
        let mixer = Mixer {
            channels: format.channels,
            fade_frames: ((f64::from(format.rate) * FADE_SECS) as usize).max(1),
            cues,
            retired,
            current: None,
            leaving: None,
            gain: f32::from_bits(volume.load(Ordering::Relaxed)),
            volume,
            calls,
        };
        (mixer, handle)
    }

    /// Takes orders as long as there is room for every voice that an order may end.
    fn take_cues(&mut self) {
        while self.retired.slots() >= 3 {
            let next = match self.cues.pop() {
                Ok(Cue::Start(voice)) => Some(voice),
                Ok(Cue::Stop) => None,
                Err(_) => return,
            };
            if let Some(cut) = std::mem::replace(&mut self.current, next)
                && let Some((voice, _)) = self.leaving.replace((cut, self.fade_frames))
            {
                self.retire(voice);
            }
        }
    }

    fn retire(&mut self, voice: Voice) {
        voice.progress.over.store(true, Ordering::Release);
        // There is room, because orders are taken only while there is. If there were none, leaking the ring buffer
        // would be better than freeing it here.
        if let Err(rtrb::PushError::Full(voice)) = self.retired.push(voice) {
            std::mem::forget(voice);
        }
    }
}

impl Render for Mixer {
    fn render(&mut self, out: &mut [f32]) -> usize {
        self.calls.fetch_add(1, Ordering::Relaxed);
        out.fill(0.0);
        self.take_cues();
        let frames = out.len() / self.channels;
        let target = f32::from_bits(self.volume.load(Ordering::Relaxed));
        // A change of the volume is spread over the block, so that it does not click.
        let (gain, step) = (self.gain, (target - self.gain) / frames.max(1) as f32);
        self.gain = target;

        if let Some((mut voice, left)) = self.leaving.take() {
            let (channels, fade_frames) = (self.channels, self.fade_frames as f32);
            let taken = voice.mix_into(out, channels, left, |frame| {
                (gain + step * (frame + 1) as f32) * (left - frame) as f32 / fade_frames
            });
            if taken == left || taken < frames {
                self.retire(voice);
            } else {
                self.leaving = Some((voice, left - taken));
            }
        }

        let Some(mut voice) = self.current.take() else { return frames };
        // This is read before the samples are counted. So if it is set, all samples are counted.
        let fed = voice.progress.fed.load(Ordering::Acquire);
        let taken = voice.mix_into(out, self.channels, frames, |frame| gain + step * (frame + 1) as f32);
        if taken < frames && fed {
            self.retire(voice);
            return frames;
        }
        self.current = Some(voice);
        taken
    }
}

impl Voice {
    /// Adds at most `most` frames to `out`, each multiplied by `gain`. Returns the number of frames.
    fn mix_into(&mut self, out: &mut [f32], channels: usize, most: usize, gain: impl Fn(usize) -> f32) -> usize {
        let frames = most.min(out.len() / channels).min(self.samples.slots() / channels);
        // Reading no more than there is cannot fail.
        if let Ok(chunk) = self.samples.read_chunk(frames * channels) {
            for (i, (sample, out)) in chunk.into_iter().zip(out).enumerate() {
                *out += sample * gain(i / channels);
            }
        }
        self.progress.count(frames);
        frames
    }
}

#[cfg(test)]
mod tests {
    use super::super::in_callback;
    use super::*;

    const FORMAT: Format = Format { rate: 1000, channels: 1 };

    fn mixer() -> (Mixer, MixerHandle, Arc<AtomicU32>) {
        let volume = Arc::new(AtomicU32::new(1.0f32.to_bits()));
        let (mixer, handle) = Mixer::new(FORMAT, Arc::clone(&volume));
        (mixer, handle, volume)
    }

    fn voice(samples: &[f32], fed: bool) -> (Cue, Arc<Progress>) {
        let (mut producer, consumer) = rtrb::RingBuffer::new(samples.len());
        producer.push_entire_slice(samples).unwrap();
        let progress = Arc::new(Progress::since(Instant::now()));
        progress.fed.store(fed, Ordering::Release);
        (Cue::Start(Voice { samples: consumer, progress: Arc::clone(&progress) }), progress)
    }

    fn render(mixer: &mut Mixer, frames: usize) -> (Vec<f32>, usize) {
        let mut out = vec![9.0; frames];
        let sound = in_callback(|| mixer.render(&mut out));
        (out, sound)
    }

    #[test]
    fn a_voice_is_played_as_it_is_and_retired() {
        let (mut mixer, mut handle, _) = mixer();
        let (cue, progress) = voice(&[0.1, 0.2, 0.3], true);
        handle.cues.push(cue).ok().unwrap();
        assert_eq!(render(&mut mixer, 2), (vec![0.1, 0.2], 2));
        assert_eq!(render(&mut mixer, 3), (vec![0.3, 0.0, 0.0], 3));
        assert_eq!(progress.played.load(Ordering::Acquire), 3);
        assert!(progress.over.load(Ordering::Acquire));
        assert!(handle.retired.pop().is_ok());
        assert_eq!(handle.calls.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_voice_that_is_not_fed_in_time_is_reported() {
        let (mut mixer, mut handle, _) = mixer();
        let (cue, progress) = voice(&[0.5], false);
        handle.cues.push(cue).ok().unwrap();
        assert_eq!(render(&mut mixer, 3), (vec![0.5, 0.0, 0.0], 1));
        assert!(!progress.over.load(Ordering::Acquire));
    }

    #[test]
    fn a_cut_fades_the_old_voice_and_starts_the_new_one_at_once() {
        let (mut mixer, mut handle, _) = mixer();
        handle.cues.push(voice(&[0.9; 50], false).0).ok().unwrap();
        render(&mut mixer, 10);
        handle.cues.push(voice(&[-0.3; 50], false).0).ok().unwrap();
        let (out, sound) = render(&mut mixer, 5);
        let expected = [0.6, 0.3, 0.0, -0.3, -0.3];
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{out:?}");
        assert_eq!(sound, 5);
        assert!(handle.retired.pop().is_ok());
        handle.cues.push(Cue::Stop).ok().unwrap();
        let (out, _) = render(&mut mixer, 4);
        let expected = [-0.3, -0.2, -0.1, 0.0];
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{out:?}");
        assert_eq!(render(&mut mixer, 2), (vec![0.0, 0.0], 2));
    }

    #[test]
    fn volume_changes_without_a_jump() {
        let (mut mixer, mut handle, volume) = mixer();
        handle.cues.push(voice(&[1.0; 50], false).0).ok().unwrap();
        render(&mut mixer, 5);
        volume.store(0.0f32.to_bits(), Ordering::Relaxed);
        let (out, _) = render(&mut mixer, 4);
        assert_eq!(out, [0.75, 0.5, 0.25, 0.0]);
        assert_eq!(render(&mut mixer, 2).0, [0.0, 0.0]);
    }
}
