//! Making sounds equally loud for listening, so that no match in a list is suddenly loud.

/// The loudest moment of a sound is brought to this RMS: -20 dB of full scale.
const TARGET_RMS: f32 = 0.1;
/// The length of a moment.
const MOMENT_SECS: f32 = 0.4;
/// Quiet sounds are raised by at most 12 dB, so that a recording of silence does not become noise.
const MOST_GAIN: f32 = 4.0;
/// The number of frames over which the gain falls when a sound gets louder than its beginning.
const FALL_FRAMES: usize = 64;

/// A gain that never rises and never takes a sample beyond full scale.
pub(super) struct Levelling {
    gain: f32,
}

impl Levelling {
    /// Leaves sounds unchanged.
    pub fn off() -> Self {
        Levelling { gain: 1.0 }
    }

    /// For a sound that begins with these interleaved samples.
    pub fn of(beginning: &[f32], channels: usize, rate: u32) -> Self {
        let moment = ((rate as f32 * MOMENT_SECS) as usize).max(1) * channels.max(1);
        // Moments overlap by half, so that a short sound is not split between two of them.
        let starts = (0..beginning.len()).step_by((moment / 2).max(1));
        let powers = starts.map(|start| {
            let moment = &beginning[start..beginning.len().min(start + moment)];
            moment.iter().map(|sample| sample * sample).sum::<f32>() / moment.len() as f32
        });
        let loudest = powers.fold(0.0f32, f32::max).sqrt();
        if loudest <= 0.0 {
            return Self::off();
        }
        let peak = beginning.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        Levelling { gain: (TARGET_RMS / loudest).min(MOST_GAIN).min(1.0 / peak) }
    }

    pub fn is_off(&self) -> bool {
        self.gain == 1.0
    }

    /// Applies the gain to the next interleaved samples. Lowers the gain where they would exceed full scale.
    pub fn apply(&mut self, samples: &mut [f32], channels: usize) {
        let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        let before = self.gain;
        if peak * self.gain > 1.0 {
            self.gain = 1.0 / peak;
        }
        for (frame, samples) in samples.chunks_mut(channels.max(1)).enumerate() {
            let fallen = (frame as f32 / FALL_FRAMES as f32).min(1.0);
            let gain = before + (self.gain - before) * fallen;
            samples.iter_mut().for_each(|sample| *sample = (*sample * gain).clamp(-1.0, 1.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(level: f32, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| level * (n as f32 * 0.3).sin()).collect()
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn loud_and_quiet_sounds_become_equally_loud() {
        for level in [0.9, 0.3, 0.05] {
            let mut sound = tone(level, 8000);
            Levelling::of(&sound, 1, 8000).apply(&mut sound, 1);
            assert!((rms(&sound) - TARGET_RMS).abs() < 0.002, "{level}: {}", rms(&sound));
        }
        assert!(Levelling::of(&[0.0; 100], 1, 8000).is_off());
    }

    #[test]
    fn near_silence_is_raised_only_so_far_and_peaks_are_spared() {
        let quiet = tone(0.001, 8000);
        assert_eq!(Levelling::of(&quiet, 1, 8000).gain, MOST_GAIN);
        let mut click = vec![0.0; 8000];
        click[100] = 0.8;
        assert_eq!(Levelling::of(&click, 1, 8000).gain, 1.25);
    }

    #[test]
    fn what_gets_louder_than_it_began_stays_within_full_scale() {
        let mut levelling = Levelling::of(&tone(0.02, 800), 1, 8000);
        let mut loud = tone(1.0, 4000);
        levelling.apply(&mut loud, 1);
        assert!(loud.iter().all(|sample| sample.abs() <= 1.0));
        assert!(rms(&loud[100..]) < 0.75 && levelling.gain <= 1.0);
        let mut quiet_again = tone(0.02, 800);
        levelling.apply(&mut quiet_again, 1);
        assert!(rms(&quiet_again) < 0.02, "the gain does not rise again");
    }
}
