//! Integrated loudness of ITU-R BS.1770-4, by the `ebur128` crate.

use ebur128::{EbuR128, Mode};

/// The shortest sound that has a loudness by the standard, in seconds.
const BLOCK_SECS: f64 = 0.4;

/// The most samples a second of all channels together: 64 channels at 100 kHz. The meter keeps 400 ms of samples in
/// memory. Only a damaged header declares more.
const MOST_SAMPLES_A_SECOND: u64 = 6_400_000;

/// The most samples that are shown to the meter at a time.
const AT_ONCE: usize = 1 << 14;

/// A meter, if there is one for this rate and this number of channels.
pub(super) struct Loudness {
    meter: Option<EbuR128>,
    rate: u32,
    channels: usize,
    samples: u64,
}

impl Loudness {
    pub fn new(rate: u32, channels: usize) -> Self {
        // The histogram's memory does not grow with the sound.
        let is_usual = u64::from(rate).saturating_mul(channels as u64) <= MOST_SAMPLES_A_SECOND;
        let counted = u32::try_from(channels).ok().filter(|_| is_usual);
        let meter = counted.and_then(|channels| EbuR128::new(channels, rate, Mode::I | Mode::HISTOGRAM).ok());
        Self { meter, rate, channels, samples: 0 }
    }

    pub fn push(&mut self, interleaved: &[f32]) {
        self.samples += interleaved.len() as u64;
        self.show(interleaved);
    }

    fn show(&mut self, interleaved: &[f32]) {
        let Some(meter) = &mut self.meter else { return };
        let at_once = AT_ONCE / self.channels * self.channels;
        let mut blocks = interleaved.chunks(at_once.max(self.channels));
        if blocks.any(|block| meter.add_frames_f32(block).is_err()) {
            self.meter = None;
        }
    }

    /// In LUFS. `None` for silence, and for what no meter is there for.
    pub fn finish(mut self) -> Option<f32> {
        let block = (BLOCK_SECS * f64::from(self.rate)).ceil() as u64 * self.channels as u64;
        if self.meter.is_some() && self.samples < block {
            self.show(&vec![0.0; (block - self.samples) as usize + self.channels]);
        }
        let loudness = self.meter?.loudness_global().ok()? as f32;
        loudness.is_finite().then_some(loudness)
    }
}
