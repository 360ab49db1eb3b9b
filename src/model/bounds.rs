//! Bounds for a configuration that was read from a file. A stranger's file must not make the program allocate without
//! bound, divide by zero or run for ever.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::config::{Config, NoiseSchedule, Preset, TrainingLength};
use super::settings::ConfigError;
use super::weights::{frames, shapes};
use crate::ground::Rate;

/// The most weights of a model. The largest preset has 0.7 million.
const WEIGHTS: usize = 1 << 28;

/// The most steps, and the most passes, of a training.
const STEPS: RangeInclusive<usize> = 0..=100_000_000;

impl Config {
    /// # Errors
    /// A sentence that names the invalid value.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("bits", self.bits, 8..=512)?;
        within("channels", self.channels, 1..=1024)?;
        within("blocks", self.blocks, 1..=16)?;
        within("parts", self.parts, 1..=16)?;
        within("hidden", self.hidden, 0..=16_384)?;
        within("batch", self.batch, 2..=4096)?;
        within("chunk_frames", self.chunk_frames, 2..=10_000_000)?;
        within("hop_frames", self.hop_frames, 1..=10_000_000)?;
        if let Rate::Hz(rate) = self.rate {
            within("rate", rate, 4000..=192_000)?;
        }
        match (self.preset, self.rate) {
            (Preset::Spectral, Rate::Native) => return Err(refused("spectral needs one rate")),
            (Preset::Spectral, Rate::Hz(_)) => {
                within("mels", self.mels, 8..=256)?;
                within("chunk_frames", self.chunk_frames, self.window_frames() + self.window_step()..=10_000_000)?;
            }
            _ => {}
        }
        within("learning_rate", self.learning_rate, 0.0..=1.0)?;
        within("decay_from", self.decay_from, 0.0..=1.0)?;
        within("decoded", self.decoded, 0.0..=1.0)?;
        within("neighbours", self.neighbours, 0.0..=1.0)?;
        within("microphone", self.microphone, 0.0..=1.0)?;
        within("warp", self.warp, 0.0..=16.0)?;
        within("temperature", self.temperature, 1e-3..=100.0)?;
        within("recording_bits", self.recording_bits, 0..=self.bits - 1)?;
        if self.recording_bits > 0 {
            within("recording_temperature", self.recording_temperature, 1e-3..=100.0)?;
        }
        within("synthetic", self.synthetic, 0.0..=1.0)?;
        within("clip", self.clip, 0.0..=1e6)?;
        for (name, weight) in [
            ("reconstruction", self.reconstruction),
            ("contrast", self.contrast),
            ("balance", self.balance),
            ("decorrelation", self.decorrelation),
        ] {
            within(name, weight, 0.0..=1e6)?;
        }
        match self.noise {
            NoiseSchedule::Linear { sigma } => within("sigma", sigma, 0.0..=1000.0)?,
            NoiseSchedule::Geometric { sigma, factor } => {
                within("sigma", sigma, 0.0..=1000.0)?;
                within("factor", factor, 1.0..=2.0)?;
            }
        }
        match self.length {
            TrainingLength::Steps(steps) => within("steps", steps, STEPS)?,
            TrainingLength::Epochs(epochs) => within("epochs", epochs, STEPS)?,
            TrainingLength::EpochsWithin { epochs, fewest, most } => {
                within("epochs", epochs, STEPS)?;
                within("steps", most, STEPS)?;
                within("steps", fewest, 0..=most)?;
            }
        }
        if self.preset != Preset::Seed && self.parts > frames(self) {
            return Err(refused("a chunk has fewer frames than parts"));
        }
        let weights = shapes(self).iter().try_fold(0usize, |sum, (_, shape)| {
            sum.checked_add(shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size))?)
        });
        match weights {
            Some(0..=WEIGHTS) => Ok(()),
            _ => Err(refused("it has too many weights")),
        }
    }
}

fn within<T: PartialOrd + Display>(name: &str, value: T, range: RangeInclusive<T>) -> Result<(), ConfigError> {
    match range.contains(&value) {
        true => Ok(()),
        false => Err(refused(&format!("{name} is {value}, which is not from {} to {}", range.start(), range.end()))),
    }
}

fn refused(why: &str) -> ConfigError {
    ConfigError::new(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TrainingSettings;

    #[test]
    fn each_preset_is_within_its_bounds() {
        for preset in [Preset::Seed, Preset::Waveform, Preset::Spectral] {
            let settings = TrainingSettings { preset: Some(preset), ..Default::default() };
            Config::new(&settings, Some(44_100)).expect("a preset").check().expect("within bounds");
        }
    }

    #[test]
    fn absurd_sizes_are_refused_and_not_tried() {
        let good = Config::new(&TrainingSettings::default(), Some(44_100)).expect("the defaults");
        let absurd: [(&str, Config); 8] = [
            ("bits", Config { bits: 0, ..good.clone() }),
            ("channels", Config { channels: usize::MAX, ..good.clone() }),
            ("hop_frames", Config { hop_frames: 0, ..good.clone() }),
            ("chunk_frames", Config { chunk_frames: 100, ..good.clone() }),
            ("rate", Config { rate: Rate::Hz(0), ..good.clone() }),
            ("temperature", Config { temperature: f32::NAN, ..good.clone() }),
            ("spectral needs one rate", Config { rate: Rate::Native, ..good.clone() }),
            ("weights", Config { hidden: 16_384, channels: 1024, parts: 16, ..good }),
        ];
        for (what, config) in absurd {
            let told = config.check().expect_err(what).to_string();
            assert!(told.contains(what), "{what}: {told}");
        }
    }
}
