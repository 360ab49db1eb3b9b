//! Detects during a recording that a sound has ended.

use std::collections::VecDeque;

/// The length of a window. The detector looks at the sound window by window.
const WINDOW_SECS: f64 = 0.050;
/// A sound has ended when it has been quiet for this long. It is longer than a pause between two words.
const QUIET_SECS: f64 = 1.2;
/// A window is quiet if it is within 6 dB of the quietest window so far, or 40 dB below the loudest one, or below -60
/// dB of full scale.
const ABOVE_QUIETEST: f64 = 4.0;
const BELOW_LOUDEST: f64 = 1e-4;
const SILENT_POWER: f64 = 1e-6;
/// There was a sound if the loudest window is at least this much (15 dB) above the quietest one.
const SOUND_ABOVE_QUIETEST: f64 = 30.0;

/// Listens to a recording as it grows.
#[derive(Clone, Debug)]
pub struct EndDetector {
    window_samples: usize,
    /// The window that is not full yet: its number of samples, their sum, and the sum of their squares.
    partial: (usize, f64, f64),
    /// The variance of each recent window, as far back as quiet is looked for.
    recent: VecDeque<f64>,
    /// The number of windows to keep.
    windows: usize,
    quietest: f64,
    loudest: f64,
}

impl EndDetector {
    pub fn new(rate: u32, channels: usize) -> Self {
        let window_samples = ((f64::from(rate) * WINDOW_SECS) as usize).max(1) * channels.max(1);
        let windows = (QUIET_SECS / WINDOW_SECS).round() as usize;
        EndDetector {
            window_samples,
            partial: (0, 0.0, 0.0),
            recent: VecDeque::with_capacity(windows),
            windows,
            quietest: f64::INFINITY,
            loudest: 0.0,
        }
    }

    /// Takes more samples, interleaved.
    pub fn push(&mut self, samples: &[f32]) {
        for sample in samples.iter().copied().map(f64::from) {
            let (count, sum, squares) = &mut self.partial;
            *count += 1;
            *sum += sample;
            *squares += sample * sample;
            if *count == self.window_samples {
                let n = *count as f64;
                let power = (*squares / n - (*sum / n).powi(2)).max(0.0);
                self.partial = (0, 0.0, 0.0);
                self.take_window(power);
            }
        }
    }

    fn take_window(&mut self, power: f64) {
        self.quietest = self.quietest.min(power);
        self.loudest = self.loudest.max(power);
        if self.recent.len() == self.windows {
            self.recent.pop_front();
        }
        self.recent.push_back(power);
    }

    /// Whether there was a sound and it has ended.
    pub fn has_ended(&self) -> bool {
        let quiet = (self.quietest * ABOVE_QUIETEST).max(self.loudest * BELOW_LOUDEST).max(SILENT_POWER);
        let heard = self.loudest > (self.quietest * SOUND_ABOVE_QUIETEST).max(SILENT_POWER * SOUND_ABOVE_QUIETEST);
        heard && self.recent.len() == self.windows && self.recent.iter().all(|power| *power <= quiet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8000;

    /// The number of seconds after which a sound is detected to have ended. `parts` are `(seconds, level)`.
    fn ends_after(parts: &[(f64, f32)]) -> Option<f64> {
        let mut state = 1u32;
        let mut detector = EndDetector::new(RATE, 1);
        let samples = parts.iter().flat_map(|(secs, level)| vec![*level; (secs * f64::from(RATE)) as usize]);
        for (n, level) in samples.enumerate() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            detector.push(&[level * (state as f32 / u32::MAX as f32 * 2.0 - 1.0)]);
            if detector.has_ended() {
                return Some(n as f64 / f64::from(RATE));
            }
        }
        None
    }

    #[test]
    fn a_sound_has_ended_once_it_was_quiet_for_longer_than_a_pause() {
        // In digital silence, in the noise of a room, and with a sound from the first sample on.
        for parts in [
            [(0.5, 0.0), (1.0, 0.5), (3.0, 0.0)],
            [(0.5, 0.01), (1.0, 0.5), (3.0, 0.01)],
            [(1.0, 0.5), (0.5, 0.01), (3.0, 0.01)],
        ] {
            let ended = ends_after(&parts).unwrap();
            let quiet_from = if parts[0].1 > 0.1 { 1.0 } else { 1.5 };
            assert!((1.15..1.4).contains(&(ended - quiet_from)), "{parts:?}: {ended}");
        }
    }

    #[test]
    fn pauses_silence_and_steady_noise_are_no_end() {
        assert_eq!(ends_after(&[(5.0, 0.0)]), None);
        assert_eq!(ends_after(&[(5.0, 0.01)]), None);
        assert_eq!(ends_after(&[(0.5, 0.01), (1.0, 0.5), (0.9, 0.01), (1.0, 0.5), (0.9, 0.01)]), None);
    }
}
