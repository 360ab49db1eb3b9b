//! What a person may say about a model, and which values make sense.

use clap::Args;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::ops::RangeInclusive;
use thiserror::Error;

use super::config::{Config, NoiseSchedule, Preset, Rate, TrainingLength, window_frames};
use super::presets::defaults;
use super::weights::frames;

/// A setting that cannot be: which one, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(why: &str) -> Self {
        Self(why.to_owned())
    }
}

/// What a person may say about a model: `None` leaves the preset's value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Args)]
pub struct TrainingSettings {
    /// What kind of model [default: spectral]
    #[arg(long, value_enum)]
    pub preset: Option<Preset>,
    /// Bits of a code, 8 to 512
    #[arg(long)]
    pub bits: Option<usize>,
    /// Training steps
    #[arg(long, conflicts_with = "epochs")]
    pub steps: Option<usize>,
    /// Training length as passes over all chunks
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Seed of every random draw: the same seed and files give the same codes
    #[arg(long)]
    pub seed: Option<u64>,
    /// Rate that the model hears, in hertz; 0 is each file's own (not with spectral)
    #[arg(long)]
    pub rate: Option<u32>,
    /// Chunk length in milliseconds
    #[arg(long)]
    pub chunk_ms: Option<f64>,
    /// Distance between chunk starts in milliseconds
    #[arg(long)]
    pub hop_ms: Option<f64>,
    /// Chunk length in frames at the model's rate
    #[arg(long, conflicts_with = "chunk_ms")]
    pub chunk_frames: Option<usize>,
    /// Distance between chunk starts in frames at the model's rate
    #[arg(long, conflicts_with = "hop_ms")]
    pub hop_frames: Option<usize>,
    /// Mel bands (spectral)
    #[arg(long)]
    pub mels: Option<usize>,
    /// Channels of the encoder and the decoder
    #[arg(long)]
    pub channels: Option<usize>,
    /// Convolution blocks; block i has dilation 2^i
    #[arg(long)]
    pub blocks: Option<usize>,
    /// Parts of a chunk whose mean and deviation over time are taken apart: more tell more of the order of sounds
    #[arg(long)]
    pub parts: Option<usize>,
    /// Chunks in a training step
    #[arg(long)]
    pub batch: Option<usize>,
    /// Adam's learning rate
    #[arg(long)]
    pub learning_rate: Option<f32>,
    /// Share of the run after which the learning rate falls
    #[arg(long)]
    pub decay_from: Option<f32>,
    /// Noise before the sigmoid: its deviation at the end (seed: at the start)
    #[arg(long)]
    pub sigma: Option<f32>,
    /// Factor of the noise a step (seed)
    #[arg(long)]
    pub sigma_factor: Option<f32>,
    /// Weight of the reconstruction loss
    #[arg(long)]
    pub reconstruction: Option<f32>,
    /// Weight of the contrast between two views of a chunk
    #[arg(long)]
    pub contrast: Option<f32>,
    /// Share of the contrast that draws a sound to the nearest ones of other recordings
    #[arg(long)]
    pub neighbours: Option<f32>,
    /// Weight of the bit balance loss
    #[arg(long)]
    pub balance: Option<f32>,
    /// Weight of the decorrelation loss: different bits should say different things
    #[arg(long)]
    pub decorrelation: Option<f32>,
    /// Temperature of the contrast
    #[arg(long)]
    pub temperature: Option<f32>,
    /// Share of views heard as through a microphone (spectral)
    #[arg(long)]
    pub microphone: Option<f32>,
    /// Largest norm of the gradient; 0 for no limit
    #[arg(long)]
    pub clip: Option<f32>,
}

/// Samples that the front of `waveform` takes into one frame.
pub(super) const WAVEFORM_STRIDE: usize = 16;

/// Heard where no file says anything else.
const DEFAULT_RATE: u32 = 8000;
const SPECTRAL_RATES: [u32; 3] = [8000, 16_000, 32_000];
const WAVEFORM_RATES: [u32; 2] = [8000, 16_000];

impl Config {
    /// The preset's configuration with `settings` over it; `common_rate` is the most common rate of the files, in hertz.
    ///
    /// # Errors
    /// A value out of its range, or a setting that the preset does not use: a sentence that names the option.
    pub fn new(settings: &TrainingSettings, common_rate: Option<u32>) -> Result<Self, ConfigError> {
        let preset = settings.preset.unwrap_or_default();
        settings.refuse_unused(preset)?;
        let mut c = defaults(preset);
        c.rate = settings.rate_of(preset, common_rate)?;
        if let (Preset::Spectral, Rate::Hz(rate)) = (preset, c.rate) {
            c.mels = if rate > 8000 { 64 } else { 40 };
        }
        let s = settings;
        set(&mut c.bits, s.bits, "bits", 8..=512)?;
        set(&mut c.mels, s.mels, "mels", 8..=256)?;
        set(&mut c.channels, s.channels, "channels", 1..=1024)?;
        set(&mut c.blocks, s.blocks, "blocks", 1..=16)?;
        set(&mut c.parts, s.parts, "parts", 1..=16)?;
        set(&mut c.batch, s.batch, "batch", 2..=4096)?;
        set(&mut c.learning_rate, s.learning_rate, "learning-rate", 1e-7..=1.0)?;
        set(&mut c.decay_from, s.decay_from, "decay-from", 0.0..=1.0)?;
        set(&mut c.reconstruction, s.reconstruction, "reconstruction", 0.0..=1000.0)?;
        set(&mut c.contrast, s.contrast, "contrast", 0.0..=1000.0)?;
        set(&mut c.neighbours, s.neighbours, "neighbours", 0.0..=1.0)?;
        set(&mut c.balance, s.balance, "balance", 0.0..=1000.0)?;
        set(&mut c.decorrelation, s.decorrelation, "decorrelation", 0.0..=1000.0)?;
        set(&mut c.temperature, s.temperature, "temperature", 0.01..=10.0)?;
        set(&mut c.microphone, s.microphone, "microphone", 0.0..=1.0)?;
        set(&mut c.clip, s.clip, "clip", 0.0..=1e6)?;
        set(&mut c.seed, s.seed, "seed", 0..=u64::MAX)?;
        match &mut c.noise {
            NoiseSchedule::Geometric { sigma, factor } => {
                set(sigma, s.sigma, "sigma", 0.0..=100.0)?;
                set(factor, s.sigma_factor, "sigma-factor", 1.0..=2.0)?;
            }
            NoiseSchedule::Linear { sigma } => set(sigma, s.sigma, "sigma", 0.0..=100.0)?,
        }
        let mut length = |value: Option<usize>, option: &str, kind: fn(usize) -> TrainingLength| {
            if let Some(n) = value {
                c.length = kind(within(n, option, 0..=100_000_000)?);
            }
            Ok(())
        };
        length(s.steps, "steps", TrainingLength::Steps)?;
        length(s.epochs, "epochs", TrainingLength::Epochs)?;
        if c.reconstruction == 0.0 && c.contrast == 0.0 {
            return Err(ConfigError("reconstruction and contrast cannot both be 0: nothing would be learned".into()));
        }
        settings.cut(&mut c)?;
        let frames = frames(&c);
        if c.parts > frames {
            return Err(ConfigError(format!("parts must be at most {frames}: a chunk has no more frames")));
        }
        Ok(c)
    }
}

impl TrainingSettings {
    fn refuse_unused(&self, preset: Preset) -> Result<(), ConfigError> {
        use Preset::{Seed, Spectral, Waveform};
        let optional: [(&str, bool, &[Preset]); 11] = [
            ("mels", self.mels.is_some(), &[Spectral]),
            ("parts", self.parts.is_some(), &[Spectral, Waveform]),
            ("microphone", self.microphone.is_some(), &[Spectral]),
            ("sigma-factor", self.sigma_factor.is_some(), &[Seed]),
            ("reconstruction", self.reconstruction.is_some(), &[Spectral, Waveform]),
            ("contrast", self.contrast.is_some(), &[Spectral, Waveform]),
            ("neighbours", self.neighbours.is_some(), &[Spectral, Waveform]),
            ("balance", self.balance.is_some(), &[Spectral, Waveform]),
            ("decorrelation", self.decorrelation.is_some(), &[Spectral, Waveform]),
            ("temperature", self.temperature.is_some(), &[Spectral, Waveform]),
            ("decay-from", self.decay_from.is_some(), &[Spectral, Waveform]),
        ];
        for (option, given, users) in optional {
            if given && !users.contains(&preset) {
                let users: Vec<&str> = users.iter().map(|&p| name(p)).collect();
                let (preset, users) = (name(preset), users.join(" and "));
                return Err(ConfigError(format!("{option} is used by {users} only; the preset is {preset}")));
            }
        }
        Ok(())
    }

    fn rate_of(&self, preset: Preset, common_rate: Option<u32>) -> Result<Rate, ConfigError> {
        let nearest_below = |rates: &[u32]| {
            let common = common_rate.unwrap_or(DEFAULT_RATE);
            Rate::Hz(rates.iter().rev().copied().find(|&rate| rate <= common).unwrap_or(rates[0]))
        };
        match (self.rate, preset) {
            (Some(0), Preset::Spectral) => {
                Err(ConfigError("rate 0 (each file's own) does not go with spectral: its bands need one rate".into()))
            }
            (Some(0), _) | (None, Preset::Seed) => Ok(Rate::Native),
            (Some(rate), _) => Ok(Rate::Hz(within(rate, "rate", 4000..=192_000)?)),
            (None, Preset::Waveform) => Ok(nearest_below(&WAVEFORM_RATES)),
            (None, Preset::Spectral) => Ok(nearest_below(&SPECTRAL_RATES)),
        }
    }

    /// Chunk length and hop, in whole frames of what the preset computes.
    fn cut(&self, c: &mut Config) -> Result<(), ConfigError> {
        let frames =
            |frames: Option<usize>, ms: Option<f64>, option: &str, default_ms: f64, default_frames: usize| match (
                frames, ms, c.rate,
            ) {
                (Some(_), Some(_), _) => {
                    Err(ConfigError(format!("{option}-frames and {option}-ms exclude each other")))
                }
                (Some(frames), None, _) => within(frames, &format!("{option}-frames"), 1..=10_000_000),
                (None, Some(_), Rate::Native) => {
                    Err(ConfigError(format!("{option}-ms needs a rate; give {option}-frames, or a rate as well")))
                }
                (None, Some(ms), Rate::Hz(rate)) => {
                    let ms = within(ms, &format!("{option}-ms"), 1.0..=60_000.0)?;
                    Ok(((ms / 1000.0 * f64::from(rate)).round() as usize).max(1))
                }
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
                    return Err(ConfigError(format!("a chunk must be at least {least:.0} ms long at {rate} Hz")));
                }
                (chunk, to_whole(hop, step))
            }
            (Preset::Waveform, _) => (to_whole(chunk, WAVEFORM_STRIDE).max(2 * WAVEFORM_STRIDE), hop),
            _ => (within(chunk, "chunk-frames", 2..=1_000_000)?, hop),
        };
        Ok(())
    }
}

fn name(preset: Preset) -> &'static str {
    match preset {
        Preset::Seed => "seed",
        Preset::Waveform => "waveform",
        Preset::Spectral => "spectral",
    }
}

fn within<T: PartialOrd + Display>(value: T, option: &str, range: RangeInclusive<T>) -> Result<T, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (from, to) = (range.start(), range.end());
    Err(ConfigError(format!("{option} must be from {from} to {to}, not {value}")))
}

fn set<T: PartialOrd + Display>(
    field: &mut T,
    value: Option<T>,
    option: &str,
    range: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if let Some(value) = value {
        *field = within(value, option, range)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!((low.mels, low.chunk_frames, low.hop_frames, low.window_frames()), (40, 2048, 1024, 256));
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
