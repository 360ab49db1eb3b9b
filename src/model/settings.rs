//! A person's settings for a model, in one table. The command line, the window's form, the server's fields and the man
//! page are made from it.

mod number;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::config::{Config, NoiseSchedule, Preset, TrainingLength};
use number::{Number, read, within};

/// An invalid setting: which one it is, and which values are valid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// A row of the table: a setting and its properties.
pub struct Setting {
    /// The name in [`TrainingSettings`] and in JSON.
    pub field: &'static str,
    /// The name on the command line, without the dashes.
    pub option: &'static str,
    /// The effect of the setting, in a sentence without a full stop.
    pub help: &'static str,
    /// Whether the value is a whole number.
    pub is_whole: bool,
    /// The smallest and the largest valid value.
    pub range: (f64, f64),
    /// The presets that use the setting. With other presets it is an error.
    pub presets: &'static [Preset],
    /// A setting with the same meaning in other terms. Only one of the two may be given.
    pub rival: Option<&'static str>,
    /// How the window's form shows the setting. `None` if it does not.
    pub in_form: Option<InForm>,
    get: fn(&TrainingSettings) -> Option<f64>,
    set: fn(&mut TrainingSettings, &str) -> Result<(), String>,
    check: fn(&TrainingSettings) -> Result<(), ConfigError>,
}

/// How a form shows a setting.
#[derive(Clone, Copy, Debug)]
pub struct InForm {
    pub title: &'static str,
    /// The range of a slider: values that are worth trying.
    pub usual: Option<(f64, f64)>,
    /// The value in a configuration, as text.
    pub of: fn(&Config) -> String,
}

const ALL: &[Preset] = &[Preset::Seed, Preset::Waveform, Preset::Spectral];
const SEED: &[Preset] = &[Preset::Seed];
const SPECTRAL: &[Preset] = &[Preset::Spectral];
/// The original system has fixed values for these settings.
const NOT_SEED: &[Preset] = &[Preset::Spectral, Preset::Waveform];

/// Makes [`TrainingSettings`] and [`SETTINGS`] from one list.
macro_rules! settings {
    ($($field:ident: $type:ty, $option:literal, [$least:expr, $most:expr], $presets:ident, $help:tt,
       $rival:expr, $in_form:expr;)*) => {
        /// A person's settings for a model. `None` keeps the preset's value.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct TrainingSettings {
            /// What kind of model
            pub preset: Option<Preset>,
            $(#[doc = $help] pub $field: Option<$type>,)*
        }

        /// All settings except the preset, in the order in which they are listed to people.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            field: stringify!($field),
            option: $option,
            help: $help,
            is_whole: <$type as Number>::IS_WHOLE,
            range: ($least as f64, $most as f64),
            presets: $presets,
            rival: $rival,
            in_form: $in_form,
            get: |settings| settings.$field.map(Number::to_f64),
            set: |settings, text| read::<$type>(text, $least..=$most).map(|value| settings.$field = Some(value)),
            check: |settings| match settings.$field {
                Some(value) => within(value, $option, $least..=$most),
                None => Ok(()),
            },
        },)*];
    };
}

settings! {
    bits: usize, "bits", [8, 512], ALL, "Bits of a code",
        None, None;
    steps: usize, "steps", [0, 100_000_000], ALL, "Training steps: more steps make finer codes",
        Some("epochs"), form("Steps", |c| c.length.to_string());
    epochs: usize, "epochs", [0, 100_000_000], ALL, "Training length as passes over all chunks",
        Some("steps"), None;
    batch: usize, "batch", [2, 4096], ALL, "Chunks in a training step",
        None, form("Batch", |c| c.batch.to_string());
    channels: usize, "channels", [1, 1024], ALL, "Channels of the encoder and the decoder",
        None, form("Channels", |c| c.channels.to_string());
    blocks: usize, "blocks", [1, 16], ALL, "Convolution blocks: each hears twice as far as the one before",
        None, form("Blocks", |c| c.blocks.to_string());
    learning_rate: f32, "learning-rate", [1e-7, 1.0], ALL, "Learning rate: too large, and the loss jumps",
        None, form("Learning rate", |c| c.learning_rate.to_string());
    seed: u64, "seed", [0, u64::MAX], ALL, "Seed of every random draw: the same seed and files give the same codes",
        None, form("Seed", |c| c.seed.to_string());
    rate: u32, "rate", [0, 192_000], ALL, "Rate that the model hears, in hertz; 0 is each file's own (not with spectral)",
        None, form("Rate, Hz", |c| c.rate.hz().map_or_else(String::new, |rate| rate.to_string()));
    chunk_ms: f64, "chunk-ms", [1.0, 60_000.0], ALL, "Chunk length in milliseconds",
        Some("chunk-frames"), form("Chunk, ms", |c| milliseconds(c.chunk_frames, c));
    hop_ms: f64, "hop-ms", [1.0, 60_000.0], ALL, "Distance between chunk starts in milliseconds",
        Some("hop-frames"), form("Hop, ms", |c| milliseconds(c.hop_frames, c));
    chunk_frames: usize, "chunk-frames", [1, 10_000_000], ALL, "Chunk length in frames at the model's rate",
        Some("chunk-ms"), None;
    hop_frames: usize, "hop-frames", [1, 10_000_000], ALL, "Distance between chunk starts in frames at the model's rate",
        Some("hop-ms"), None;
    parts: usize, "parts", [1, 16], NOT_SEED, "Parts that a chunk is divided into: more parts keep more of the order of its sounds",
        None, form("Parts", |c| c.parts.to_string());
    mels: usize, "mels", [8, 256], SPECTRAL, "Mel bands: more bands tell pitches apart more finely",
        None, form("Mel bands", |c| c.mels.to_string());
    sigma: f32, "sigma", [0.0, 100.0], ALL, "Noise that makes units become bits: its deviation at the end (seed: at the start)",
        None, slider("Noise", (0.0, 4.0), |c| c.noise.sigma().to_string());
    sigma_factor: f32, "sigma-factor", [1.0, 2.0], SEED, "Factor by which the noise grows at each step",
        None, None;
    reconstruction: f32, "reconstruction", [0.0, 1000.0], NOT_SEED, "Weight of reconstruction: the sound can be heard again from its code",
        None, slider("Reconstruction", (0.0, 2.0), |c| c.reconstruction.to_string());
    contrast: f32, "contrast", [0.0, 1000.0], NOT_SEED, "Weight of contrast: different sounds get different codes",
        None, slider("Contrast", (0.0, 2.0), |c| c.contrast.to_string());
    neighbours: f32, "neighbours", [0.0, 1.0], NOT_SEED, "Share of the contrast that draws similar recordings together; 0 for finding exact recordings",
        None, slider("Neighbours", (0.0, 1.0), |c| c.neighbours.to_string());
    balance: f32, "balance", [0.0, 1000.0], NOT_SEED, "Weight of bit balance: each bit is on for half of the sounds",
        None, slider("Bit balance", (0.0, 1.0), |c| c.balance.to_string());
    decorrelation: f32, "decorrelation", [0.0, 1000.0], NOT_SEED, "Weight of decorrelation: different bits say different things",
        None, slider("Decorrelation", (0.0, 5.0), |c| c.decorrelation.to_string());
    microphone: f32, "microphone", [0.0, 1.0], SPECTRAL, "Share of sounds learned as if heard in a room",
        None, slider("Microphone", (0.0, 1.0), |c| c.microphone.to_string());
    warp: f32, "warp", [0.0, 16.0], SPECTRAL, "Mel bands by which half of the views are moved up or down at most; 0 keeps pitches apart",
        None, slider("Warp, bands", (0.0, 4.0), |c| c.warp.to_string());
    base: usize, "base", [0, 1], SPECTRAL, "1 to begin from the base model, 0 to begin from nothing",
        None, None;
    recording_bits: usize, "recording-bits", [0, 511], SPECTRAL, "Number of bits at the end that tell recordings apart, not kinds of sound",
        None, None;
    synthetic: f32, "synthetic", [0.0, 1.0], SPECTRAL, "Share of a step's pairs that are synthetic sounds",
        None, None;
    temperature: f32, "temperature", [0.01, 10.0], NOT_SEED, "Temperature of the contrast",
        None, None;
    decay_from: f32, "decay-from", [0.0, 1.0], NOT_SEED, "Share of the run after which the learning rate falls",
        None, None;
    clip: f32, "clip", [0.0, 1e6], ALL, "Largest norm of the gradient; 0 is no limit",
        None, None;
}

const fn form(title: &'static str, of: fn(&Config) -> String) -> Option<InForm> {
    Some(InForm { title, usual: None, of })
}

const fn slider(title: &'static str, usual: (f64, f64), of: fn(&Config) -> String) -> Option<InForm> {
    Some(InForm { title, usual: Some(usual), of })
}

/// Frames at a configuration's rate in milliseconds, as text. Empty if the configuration has no rate of its own.
fn milliseconds(frames: usize, config: &Config) -> String {
    let ms = |rate: u32| (frames as f64 * 1e5 / f64::from(rate)).round() / 100.0;
    config.rate.hz().map_or_else(String::new, |rate| ms(rate).to_string())
}

impl Setting {
    /// The value as a number, if it is given.
    pub fn get(&self, settings: &TrainingSettings) -> Option<f64> {
        (self.get)(settings)
    }

    /// Reads a value that a person wrote.
    ///
    /// # Errors
    /// Says which values are valid, as in "a whole number from 8 to 512".
    pub fn set(&self, settings: &mut TrainingSettings, text: &str) -> Result<(), String> {
        (self.set)(settings, text.trim())
    }

    fn arg(&'static self) -> Arg {
        let read = |text: &str| self.set(&mut TrainingSettings::default(), text).map(|()| text.to_owned());
        let arg =
            Arg::new(self.field).long(self.option).value_name("N").help(self.help_with_range()).value_parser(read);
        match SETTINGS.iter().find(|other| Some(other.option) == self.rival) {
            Some(rival) => arg.conflicts_with(rival.field),
            None => arg,
        }
    }

    fn help_with_range(&self) -> String {
        let (least, most) = self.range;
        let users = if self.presets.len() == ALL.len() { String::new() } else { format!(" ({})", names(self.presets)) };
        match (self.field, most) {
            ("seed", _) => format!("{}{users}", self.help),
            _ => format!("{}{users} [{least} to {most}]", self.help),
        }
    }
}

impl TrainingSettings {
    /// Fails if a value is out of its range, or if `preset` does not use it. The sentence names the option.
    pub(super) fn check(&self, preset: Preset) -> Result<(), ConfigError> {
        for setting in SETTINGS.iter().filter(|setting| setting.get(self).is_some()) {
            if !setting.presets.contains(&preset) {
                let (option, users, preset) = (setting.option, names(setting.presets), name(preset));
                return Err(ConfigError(format!("{option} is used by {users} only; the preset is {preset}")));
            }
        }
        SETTINGS.iter().try_for_each(|setting| (setting.check)(self))
    }

    /// Replaces the preset's values by the given ones, except rate, chunk and hop, which depend on one another.
    pub(super) fn put_into(&self, c: &mut Config) {
        fn put<T: Copy>(field: &mut T, value: Option<T>) {
            *field = value.unwrap_or(*field);
        }
        put(&mut c.bits, self.bits);
        put(&mut c.mels, self.mels);
        put(&mut c.channels, self.channels);
        put(&mut c.blocks, self.blocks);
        put(&mut c.parts, self.parts);
        put(&mut c.batch, self.batch);
        put(&mut c.learning_rate, self.learning_rate);
        put(&mut c.decay_from, self.decay_from);
        put(&mut c.reconstruction, self.reconstruction);
        put(&mut c.contrast, self.contrast);
        put(&mut c.neighbours, self.neighbours);
        put(&mut c.balance, self.balance);
        put(&mut c.decorrelation, self.decorrelation);
        put(&mut c.temperature, self.temperature);
        put(&mut c.synthetic, self.synthetic);
        put(&mut c.microphone, self.microphone);
        put(&mut c.warp, self.warp);
        put(&mut c.clip, self.clip);
        put(&mut c.seed, self.seed);
        match &mut c.noise {
            NoiseSchedule::Geometric { sigma, factor } => {
                put(sigma, self.sigma);
                put(factor, self.sigma_factor);
            }
            NoiseSchedule::Linear { sigma } => put(sigma, self.sigma),
        }
        let steps = self.steps.map(TrainingLength::Steps);
        put(&mut c.length, self.epochs.map(TrainingLength::Epochs).or(steps));
    }
}

impl Args for TrainingSettings {
    fn augment_args(command: Command) -> Command {
        let preset =
            Arg::new("preset").long("preset").value_name("PRESET").help("What kind of model [default: spectral]");
        let preset = preset.value_parser(clap::value_parser!(Preset));
        SETTINGS.iter().fold(command.arg(preset), |command, setting| command.arg(setting.arg()))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TrainingSettings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut settings = Self::default();
        settings.update_from_arg_matches(matches)?;
        Ok(settings)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.preset = matches.get_one("preset").copied().or(self.preset);
        for setting in SETTINGS {
            if let Some(text) = matches.get_one::<String>(setting.field) {
                let wrong = |why| clap::Error::raw(clap::error::ErrorKind::ValueValidation, why);
                setting.set(self, text).map_err(wrong)?;
            }
        }
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

fn names(presets: &[Preset]) -> String {
    presets.iter().map(|&preset| name(preset)).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests;
