//! The microphone's level as a person watches it: a bar that falls slowly, a peak that stays for a while, and a
//! clipping lamp.

/// The time in which the bar falls by 20 dB.
const FALL_20_DB_SECS: f32 = 0.4;
/// The time that a peak stays. After that it falls like the bar.
const PEAK_HOLD_SECS: f32 = 1.5;
/// The time that the lamp stays lit.
const LAMP_SECS: f32 = 3.0;
/// Samples from this value on count as clipped.
const CLIPPED: f32 = 0.999;

/// The meter measures time by the length of the sound, not by a clock. So the same sound always shows the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Meter {
    /// The peak of the last moments, 0 to 1.
    pub level: f32,
    /// The highest recent level, 0 to 1.
    pub peak: f32,
    peak_age_secs: f32,
    clipped_age_secs: f32,
}

impl Meter {
    pub fn new() -> Self {
        Meter { level: 0.0, peak: 0.0, peak_age_secs: 0.0, clipped_age_secs: f32::INFINITY }
    }

    /// Whether a recent sample was at full scale.
    pub fn clipped(&self) -> bool {
        self.clipped_age_secs < LAMP_SECS
    }

    /// Takes `secs` of sound.
    pub fn push(&mut self, samples: &[f32], secs: f32) {
        let loudest = samples.iter().fold(0.0f32, |loudest, sample| loudest.max(sample.abs()));
        let fall = 10f32.powf(-secs / FALL_20_DB_SECS);
        self.level = loudest.max(self.level * fall).min(1.0);
        self.clipped_age_secs = if loudest >= CLIPPED { 0.0 } else { self.clipped_age_secs + secs };
        self.peak_age_secs += secs;
        if self.level >= self.peak {
            (self.peak, self.peak_age_secs) = (self.level, 0.0);
        } else if self.peak_age_secs > PEAK_HOLD_SECS {
            self.peak = (self.peak * fall).max(self.level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_falls_the_peak_is_held_and_the_lamp_goes_out() {
        let mut meter = Meter::new();
        assert!(!meter.clipped());
        meter.push(&[0.1, -1.0], 0.01);
        assert_eq!((meter.level, meter.peak, meter.clipped()), (1.0, 1.0, true));
        for _ in 0..40 {
            meter.push(&[0.0; 10], 0.01);
        }
        assert!((meter.level - 0.1).abs() < 0.01, "20 dB in 0.4 s: {}", meter.level);
        assert_eq!(meter.peak, 1.0);
        for _ in 0..160 {
            meter.push(&[0.0; 10], 0.01);
        }
        assert!(meter.peak < 0.2 && meter.clipped(), "{meter:?}");
        for _ in 0..110 {
            meter.push(&[0.0; 10], 0.01);
        }
        assert!(!meter.clipped());
    }
}
