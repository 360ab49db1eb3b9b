//! The definition of silence.

use std::ops::Range;

/// The RMS below which a chunk is silent: -60 dB of full scale.
const SILENT_RMS: f64 = 1e-3;
/// The length of the windows in which silence at the ends of a recording is sought.
const WINDOW_SECS: f64 = 0.010;
/// The time that is kept before and after the sound, so that no attack and no reverberation is cut off.
const MARGIN_SECS: f64 = 0.050;
/// A window has sound if its power is above this fraction of the loudest window's power: within 40 dB.
const RANGE_BELOW_LOUDEST: f64 = 1e-4;

/// Whether there is nothing to hear: the RMS, without a constant offset, is below -60 dB of full scale.
pub fn is_silent(samples: &[f32]) -> bool {
    power_without_offset(samples.iter().copied()) < SILENT_RMS * SILENT_RMS
}

/// The frames of a recording (interleaved) without silence at both ends. The range begins 50 ms before the first and
/// ends 50 ms after the last window of 10 ms that is neither silent nor more than 40 dB below the loudest window. It is
/// empty if everything is silent.
pub fn trim_silence(samples: &[f32], channels: usize, rate: u32) -> Range<usize> {
    let mut trimmer = Trimmer::new(channels, rate);
    trimmer.push(samples);
    let sounds = trimmer.finish();
    sounds.start as usize..sounds.end as usize
}

/// [`trim_silence`] for a recording that grows block by block. It keeps 4 bytes for each 10 ms.
#[derive(Clone, Debug)]
pub struct Trimmer {
    channels: usize,
    window_frames: usize,
    margin_frames: usize,
    /// The samples of the incomplete window.
    partial: Vec<f32>,
    /// For each complete window, the power of its loudest channel. So a sound in opposite phase counts as sound.
    powers: Vec<f32>,
    frames: u64,
}

impl Trimmer {
    pub fn new(channels: usize, rate: u32) -> Self {
        Self {
            channels: channels.max(1),
            window_frames: ((f64::from(rate) * WINDOW_SECS) as usize).max(1),
            margin_frames: (f64::from(rate) * MARGIN_SECS) as usize,
            partial: Vec::new(),
            powers: Vec::new(),
            frames: 0,
        }
    }

    /// Takes the next whole frames, interleaved.
    pub fn push(&mut self, samples: &[f32]) {
        let window = self.window_frames * self.channels;
        self.frames += (samples.len() / self.channels) as u64;
        let mut rest = samples;
        while !rest.is_empty() {
            let (first, later) = rest.split_at(rest.len().min(window - self.partial.len()));
            self.partial.extend_from_slice(first);
            rest = later;
            if self.partial.len() == window {
                self.end_window();
            }
        }
    }

    fn end_window(&mut self) {
        let channel = |i| power_without_offset(self.partial.iter().skip(i).step_by(self.channels).copied());
        self.powers.push((0..self.channels).map(channel).fold(0.0, f64::max) as f32);
        self.partial.clear();
    }

    /// The frames without the silence at both ends.
    pub fn finish(mut self) -> Range<u64> {
        if self.partial.len() >= self.channels {
            self.end_window();
        }
        let loudest = self.powers.iter().copied().fold(0.0, f32::max);
        let floor = (f64::from(loudest) * RANGE_BELOW_LOUDEST).max(SILENT_RMS * SILENT_RMS);
        let sounds = |power: &f32| f64::from(*power) >= floor;
        let (window, margin) = (self.window_frames as u64, self.margin_frames as u64);
        match (self.powers.iter().position(sounds), self.powers.iter().rposition(sounds)) {
            (Some(first), Some(last)) => {
                let (first, last) = (first as u64, last as u64);
                (first * window).saturating_sub(margin)..((last + 1) * window + margin).min(self.frames)
            }
            _ => 0..0,
        }
    }
}

/// The mean square around the mean. 0 if there are no samples.
fn power_without_offset(samples: impl Iterator<Item = f32>) -> f64 {
    let (mut count, mut sum, mut squares) = (0u64, 0.0, 0.0);
    for sample in samples.map(f64::from) {
        count += 1;
        sum += sample;
        squares += sample * sample;
    }
    let count = count.max(1) as f64;
    // Rounding may leave a tiny negative number.
    (squares / count - (sum / count).powi(2)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(level: f32, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| if n % 2 == 0 { level } else { -level }).collect()
    }

    #[test]
    fn the_edge_is_sixty_decibels_below_full_scale() {
        assert!(is_silent(&square(0.00099, 2048)));
        assert!(!is_silent(&square(0.00101, 2048)));
    }

    #[test]
    fn an_offset_is_no_sound() {
        assert!(is_silent(&[]));
        assert!(is_silent(&[0.5]));
        assert!(is_silent(&[0.3; 2048]));
        let shifted: Vec<f32> = square(0.002, 2048).iter().map(|x| x + 0.3).collect();
        assert!(!is_silent(&shifted));
    }

    #[test]
    fn one_loud_sample_in_a_chunk_is_heard() {
        let mut chunk = vec![0.0; 2048];
        chunk[1000] = 0.05;
        assert!(!is_silent(&chunk));
    }

    #[test]
    fn both_ends_of_a_recording_are_trimmed_with_a_margin() {
        let rate = 8000;
        let mut samples = square(0.0001, 8000);
        samples.extend(square(0.5, 4000));
        samples.extend(square(0.0001, 8000));
        let stereo: Vec<f32> = samples.iter().flat_map(|x| [*x, -*x]).collect();
        assert_eq!(trim_silence(&samples, 1, rate), 7600..12_400);
        assert_eq!(trim_silence(&stereo, 2, rate), 7600..12_400);
        for block in [2, 34, 1000] {
            let mut trimmer = Trimmer::new(2, rate);
            stereo.chunks(block).for_each(|block| trimmer.push(block));
            assert_eq!(trimmer.finish(), 7600..12_400, "blocks of {block}");
        }
    }

    #[test]
    fn recordings_of_nothing_or_of_sound_throughout() {
        assert_eq!(trim_silence(&square(0.0005, 8000), 1, 8000), 0..0);
        assert_eq!(trim_silence(&[], 2, 8000), 0..0);
        assert_eq!(trim_silence(&square(0.1, 8001), 1, 8000), 0..8001);
    }
}
