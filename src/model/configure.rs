//! Makes a configuration from a preset and a person's settings.

use super::base;
use super::config::{Config, Preset, Start, TrainingLength, WAVEFORM_STRIDE, window_frames};
use super::first::can_begin_from;
use super::presets::defaults;
use super::settings::{ConfigError, TrainingSettings};
use super::weights::frames;
use crate::ground::Rate;

/// The rate if no file suggests another one, in hertz.
const DEFAULT_RATE: u32 = 8000;
/// The lowest rate that a person can set, in hertz.
const LOWEST_RATE: u32 = 4000;
const SPECTRAL_RATES: [u32; 3] = [8000, 16_000, 32_000];
const WAVEFORM_RATES: [u32; 2] = [8000, 16_000];

impl Config {
    /// The configuration of the preset with `settings` applied. `common_rate` is the most common rate of the files, in
    /// hertz.
    ///
    /// # Errors
    /// If a value is out of its range, or if the preset does not use a setting. The sentence names the option.
    pub fn new(settings: &TrainingSettings, common_rate: Option<u32>) -> Result<Self, ConfigError> {
        let preset = settings.preset.unwrap_or_default();
        settings.check(preset)?;
        let mut c = defaults(preset);
        c.rate = settings.rate_of(preset, common_rate)?;
        if preset == Preset::Spectral {
            c.mels = 64;
            (c.fixed_bands, c.statistics) = (true, true);
        }
        settings.put_into(&mut c);
        if c.reconstruction == 0.0 && c.contrast == 0.0 {
            return Err(ConfigError::new("reconstruction and contrast cannot both be 0: nothing would be learned"));
        }
        settings.cut(&mut c)?;
        let frames = frames(&c);
        if c.parts > frames {
            return Err(ConfigError::new(format!("parts must be at most {frames}: a chunk has no more frames")));
        }
        settings.begin(&mut c)?;
        Ok(c)
    }
}

impl TrainingSettings {
    /// Decides what the model begins from. If it begins from the base model, the training's settings change
    /// accordingly.
    fn begin(&self, c: &mut Config) -> Result<(), ConfigError> {
        if self.base == Some(0) || c.preset != Preset::Spectral {
            return Ok(());
        }
        let base = base::shipped().map_err(|cause| ConfigError::new(cause.to_string()))?;
        if !can_begin_from(&base.config, c) {
            return match self.base {
                None => Ok(()),
                Some(_) => Err(ConfigError::new(
                    "base 1 needs the layers, the bands and a rate of the base model: leave out mels, channels, blocks and \
                     parts, and give rate 8000, 16000 or 32000",
                )),
            };
        }
        c.start = Start::Base;
        c.bits = self.bits.unwrap_or(128);
        c.temperature = self.temperature.unwrap_or(0.35);
        c.batch = self.batch.unwrap_or(128);
        c.warp = self.warp.unwrap_or(2.0);
        if self.steps.is_none() && self.epochs.is_none() {
            c.length = TrainingLength::EpochsWithin { epochs: 48, fewest: 150, most: 2750 };
        }
        c.recording_bits = self.recording_bits.unwrap_or(if c.bits >= 128 { c.bits / 2 } else { 0 });
        match c.recording_bits < c.bits {
            true => Ok(()),
            false => Err(ConfigError::new(format!("recording-bits must be fewer than the {} bits of a code", c.bits))),
        }
    }

    fn rate_of(&self, preset: Preset, common_rate: Option<u32>) -> Result<Rate, ConfigError> {
        let nearest_below = |rates: &[u32]| {
            let common = common_rate.unwrap_or(DEFAULT_RATE);
            Rate::Hz(rates.iter().rev().copied().find(|&rate| rate <= common).unwrap_or(rates[0]))
        };
        match (self.rate, preset) {
            (Some(0), Preset::Spectral) => {
                Err(ConfigError::new("rate 0 (each file's own) does not go with spectral: its bands need one rate"))
            }
            (Some(0), _) | (None, Preset::Seed) => Ok(Rate::Native),
            (Some(rate), _) if rate < LOWEST_RATE => {
                Err(ConfigError::new(format!("rate must be 0 or at least {LOWEST_RATE}, not {rate}")))
            }
            (Some(rate), _) => Ok(Rate::Hz(rate)),
            (None, Preset::Waveform) => Ok(nearest_below(&WAVEFORM_RATES)),
            (None, Preset::Spectral) => Ok(nearest_below(&SPECTRAL_RATES)),
        }
    }

    /// Sets chunk length and hop, in whole frames of the preset's front end.
    fn cut(&self, c: &mut Config) -> Result<(), ConfigError> {
        let frames =
            |frames: Option<usize>, ms: Option<f64>, option: &str, default_ms: f64, default_frames: usize| match (
                frames, ms, c.rate,
            ) {
                (Some(_), Some(_), _) => {
                    Err(ConfigError::new(format!("{option}-frames and {option}-ms exclude each other")))
                }
                (Some(frames), None, _) => Ok(frames),
                (None, Some(_), Rate::Native) => {
                    Err(ConfigError::new(format!("{option}-ms needs a rate; give {option}-frames, or a rate as well")))
                }
                (None, Some(ms), Rate::Hz(rate)) => Ok(((ms / 1000.0 * f64::from(rate)).round() as usize).max(1)),
                (None, None, Rate::Hz(rate)) if c.preset != Preset::Seed => {
                    Ok((default_ms / 1000.0 * f64::from(rate)).round() as usize)
                }
                (None, None, _) => Ok(default_frames),
            };
        let (chunk_default, hop_default) = if c.preset == Preset::Seed { (1000, 1000) } else { (2048, 1024) };
        let chunk = frames(self.chunk_frames, self.chunk_ms, "chunk", 256.0, chunk_default)?;
        let hop = frames(self.hop_frames, self.hop_ms, "hop", 128.0, hop_default)?;
        let to_whole = |value: usize, step: usize| ((value + step / 2) / step).max(1) * step;
        (c.chunk_frames, c.hop_frames) = match (c.preset, c.rate) {
            (Preset::Spectral, Rate::Hz(rate)) => {
                let window = window_frames(rate);
                let step = window / 4;
                if chunk < window + step {
                    let least = (window + step) as f64 / f64::from(rate) * 1000.0;
                    return Err(ConfigError::new(format!("a chunk must be at least {least:.0} ms long at {rate} Hz")));
                }
                (chunk, to_whole(hop, step))
            }
            (Preset::Waveform, _) => (to_whole(chunk, WAVEFORM_STRIDE).max(2 * WAVEFORM_STRIDE), hop),
            _ if !(2..=1_000_000).contains(&chunk) => {
                let why = format!("chunk-frames must be from 2 to 1000000 with this preset, not {chunk}");
                return Err(ConfigError::new(why));
            }
            _ => (chunk, hop),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::NoiseSchedule;

    fn spectral(common_rate: Option<u32>) -> Config {
        Config::new(&TrainingSettings::default(), common_rate).unwrap()
    }

    fn refused(settings: TrainingSettings) -> String {
        Config::new(&settings, Some(8000)).unwrap_err().to_string()
    }

    #[test]
    fn spectral_hears_at_the_rate_below_the_files_own() {
        let rates =
            [4000, 8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000].map(|r| spectral(Some(r)).rate);
        let hz = [8000, 8000, 8000, 16_000, 16_000, 32_000, 32_000, 32_000, 32_000].map(Rate::Hz);
        assert_eq!(rates, hz);
        assert_eq!(spectral(None).rate, Rate::Hz(8000));
        let (low, high) = (spectral(Some(8000)), spectral(Some(44_100)));
        assert_eq!((low.mels, low.chunk_frames, low.hop_frames, low.window_frames()), (64, 2048, 1024, 256));
        assert_eq!((high.mels, high.chunk_frames, high.hop_frames, high.window_frames()), (64, 8192, 4096, 1024));
    }

    #[test]
    fn seed_is_the_original_to_the_letter() {
        let seed = TrainingSettings { preset: Some(Preset::Seed), ..Default::default() };
        let c = Config::new(&seed, Some(44_100)).unwrap();
        assert_eq!((c.rate, c.chunk_frames, c.hop_frames, c.blocks, c.channels), (Rate::Native, 1000, 1000, 3, 1));
        assert_eq!((c.bits, c.batch, c.learning_rate, c.clip), (100, 300, 1e-2, 0.0));
        assert_eq!(c.noise, NoiseSchedule::Geometric { sigma: 1e-4, factor: 1.0001 });
        assert_eq!(c.length, TrainingLength::Epochs(100));
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let s = TrainingSettings::default;
        assert_eq!(refused(TrainingSettings { bits: Some(7), ..s() }), "bits must be from 8 to 512, not 7");
        assert_eq!(refused(TrainingSettings { bits: Some(513), ..s() }), "bits must be from 8 to 512, not 513");
        let nan = TrainingSettings { learning_rate: Some(f32::NAN), ..s() };
        assert!(refused(nan).starts_with("learning-rate must be"));
        assert!(refused(TrainingSettings { rate: Some(0), ..s() }).contains("does not go with spectral"));
        let unused = TrainingSettings { preset: Some(Preset::Seed), mels: Some(40), ..s() };
        assert_eq!(refused(unused), "mels is used by spectral only; the preset is seed");
        let unused = TrainingSettings { sigma_factor: Some(1.1), ..s() };
        assert_eq!(refused(unused), "sigma-factor is used by seed only; the preset is spectral");
        let no_rate = TrainingSettings { preset: Some(Preset::Seed), chunk_ms: Some(100.0), ..s() };
        assert!(refused(no_rate).contains("chunk-ms needs a rate"));
        assert!(refused(TrainingSettings { chunk_ms: Some(20.0), ..s() }).contains("at least 40 ms"));
        let short = TrainingSettings { chunk_ms: Some(40.0), parts: Some(3), ..s() };
        assert_eq!(refused(short), "parts must be at most 2: a chunk has no more frames");
        assert!(refused(TrainingSettings { steps: Some(1 << 40), ..s() }).starts_with("steps must be"));
    }

    #[test]
    fn hops_keep_to_the_frames_of_the_spectrum() {
        let settings = TrainingSettings { hop_ms: Some(100.0), chunk_ms: Some(200.0), ..Default::default() };
        let c = Config::new(&settings, Some(8000)).unwrap();
        assert_eq!((c.chunk_frames, c.hop_frames), (1600, 832));
    }
}
