//! What a person has set before training: plain data, turned into [`TrainingSettings`].

use crate::gui::format;
use crate::model::{Config, NoiseSchedule, Preset, Rate, TrainingLength, TrainingSettings};

/// A setting beyond preset and bits. Left empty, it is the preset's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Steps,
    Batch,
    Channels,
    Blocks,
    Parts,
    LearningRate,
    Seed,
    Rate,
    ChunkMs,
    HopMs,
    Mels,
    Sigma,
    Reconstruction,
    Contrast,
    Neighbours,
    Balance,
    Decorrelation,
    Microphone,
}

/// How a setting is shown and what it may be.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub setting: Setting,
    pub name: &'static str,
    pub help: &'static str,
    pub whole: bool,
    pub least: f64,
    pub most: f64,
    /// What is worth trying, for a slider; it may still be typed beyond.
    pub usual: Option<(f64, f64)>,
    /// The presets that use it.
    pub presets: &'static [Preset],
}

const fn whole(setting: Setting, name: &'static str, least: u32, most: u32, help: &'static str) -> Field {
    Field { setting, name, help, whole: true, least: least as f64, most: most as f64, usual: None, presets: ALL }
}

const fn real(setting: Setting, name: &'static str, least: f64, most: f64, help: &'static str) -> Field {
    Field { setting, name, help, whole: false, least, most, usual: None, presets: ALL }
}

const fn only(presets: &'static [Preset], field: Field) -> Field {
    Field { presets, ..field }
}

const fn usual(from: f64, to: f64, field: Field) -> Field {
    Field { usual: Some((from, to)), ..field }
}

const ALL: &[Preset] = &[Preset::Spectral, Preset::Waveform, Preset::Seed];
const SPECTRAL: &[Preset] = &[Preset::Spectral];
/// The original is fixed in what these set.
const NOT_SEED: &[Preset] = &[Preset::Spectral, Preset::Waveform];

pub const FIELDS: [Field; 18] = [
    whole(Setting::Steps, "Steps", 1, 10_000_000, "How long to learn. More steps, finer codes."),
    whole(Setting::Batch, "Batch", 2, 4096, "Chunks that one step looks at."),
    whole(Setting::Channels, "Channels", 1, 1024, "Width of the encoder and the decoder."),
    whole(Setting::Blocks, "Blocks", 1, 16, "Depth: each block hears twice as far as the one before."),
    real(Setting::LearningRate, "Learning rate", 1e-7, 1.0, "Size of a step. Too large, and the loss jumps."),
    whole(Setting::Seed, "Seed", 0, u32::MAX, "The same seed and files give the same codes."),
    only(
        NOT_SEED,
        whole(Setting::Rate, "Rate, Hz", 4000, 192_000, "What the model hears; empty lets the files decide."),
    ),
    only(NOT_SEED, real(Setting::ChunkMs, "Chunk, ms", 1.0, 60_000.0, "Length of the sounds that are compared.")),
    only(
        NOT_SEED,
        real(Setting::HopMs, "Hop, ms", 1.0, 60_000.0, "Distance from one chunk's start to the next one's."),
    ),
    only(NOT_SEED, whole(Setting::Parts, "Parts", 1, 16, "Parts of a chunk told apart: more hear more of its order.")),
    only(SPECTRAL, whole(Setting::Mels, "Mel bands", 8, 256, "How finely pitch is heard.")),
    usual(0.0, 4.0, real(Setting::Sigma, "Noise", 0.0, 100.0, "What pushes the units to become bits, at its end.")),
    usual(
        0.0,
        2.0,
        real(
            Setting::Reconstruction,
            "Reconstruction",
            0.0,
            1000.0,
            "Weight of hearing the sound again from its code.",
        ),
    ),
    only(
        NOT_SEED,
        usual(0.0, 2.0, real(Setting::Contrast, "Contrast", 0.0, 1000.0, "Weight of keeping different sounds apart.")),
    ),
    only(
        NOT_SEED,
        usual(
            0.0,
            1.0,
            real(
                Setting::Neighbours,
                "Neighbours",
                0.0,
                1.0,
                "Pull towards like recordings; 0 where the exact one is looked for.",
            ),
        ),
    ),
    only(
        NOT_SEED,
        usual(
            0.0,
            1.0,
            real(Setting::Balance, "Bit balance", 0.0, 1000.0, "Weight of every bit being on for half of the sounds."),
        ),
    ),
    only(
        NOT_SEED,
        usual(
            0.0,
            5.0,
            real(
                Setting::Decorrelation,
                "Decorrelation",
                0.0,
                1000.0,
                "Weight of different bits saying different things.",
            ),
        ),
    ),
    only(
        SPECTRAL,
        usual(
            0.0,
            1.0,
            real(Setting::Microphone, "Microphone", 0.0, 1.0, "Share of sounds learned as if heard in a room."),
        ),
    ),
];

#[derive(Clone, Debug, PartialEq)]
pub struct TrainingForm {
    pub preset: Preset,
    pub bits: usize,
    /// As typed, in the order of [`FIELDS`].
    pub typed: [String; FIELDS.len()],
}

impl Default for TrainingForm {
    fn default() -> Self {
        let preset = Preset::default();
        Self { preset, bits: usual_bits(preset), typed: Default::default() }
    }
}

/// The bits that a preset starts with.
pub fn usual_bits(preset: Preset) -> usize {
    if preset == Preset::Seed { 100 } else { 64 }
}

/// The bits that a preset offers.
pub fn offered_bits(preset: Preset) -> &'static [usize] {
    if preset == Preset::Seed { &[64, 100, 128, 256] } else { &[32, 64, 128, 256] }
}

impl TrainingForm {
    pub fn choose_preset(&mut self, preset: Preset) {
        if preset != self.preset {
            self.preset = preset;
            self.bits = usual_bits(preset);
        }
    }

    /// The fields that the chosen preset has, with their places in `typed`.
    pub fn fields(&self) -> impl Iterator<Item = (usize, &'static Field)> + use<> {
        let preset = self.preset;
        FIELDS.iter().enumerate().filter(move |(_, field)| field.presets.contains(&preset))
    }

    /// Where a field's slider stands: at what is typed, or else at what the preset has.
    pub fn slid(&self, place: usize, usual: Option<&Config>) -> Option<f64> {
        let typed = parse(&FIELDS[place], &self.typed[place]).ok().flatten();
        typed.or_else(|| shown(FIELDS[place].setting, usual?).parse().ok())
    }

    pub fn slide(&mut self, place: usize, to: f64) {
        self.typed[place] = format!("{}", (to * 100.0).round() / 100.0);
    }

    /// What is wrong with a field, in words.
    pub fn problem(&self, place: usize) -> Option<String> {
        parse(&FIELDS[place], &self.typed[place]).err()
    }

    /// What to train with, or the first problem of a field.
    pub fn settings(&self) -> Result<TrainingSettings, String> {
        let mut settings =
            TrainingSettings { preset: Some(self.preset), bits: Some(self.bits), ..TrainingSettings::default() };
        for (place, field) in self.fields() {
            let value = parse(field, &self.typed[place])?;
            set(&mut settings, field.setting, value);
        }
        Ok(settings)
    }

    /// The chosen preset, untouched; `common_rate` is the most common rate of the files, in hertz.
    pub fn preset_config(&self, common_rate: Option<u32>) -> Option<Config> {
        let settings = TrainingSettings { preset: Some(self.preset), ..TrainingSettings::default() };
        Config::new(&settings, common_rate).ok()
    }
}

/// A configuration's value of a setting, as a field shows it.
pub fn shown(setting: Setting, config: &Config) -> String {
    let milliseconds = |frames: usize| match config.rate {
        Rate::Hz(rate) => format::value(frames as f64 * 1000.0 / f64::from(rate)),
        Rate::Native => String::new(),
    };
    let real = |value: f32| value.to_string();
    match setting {
        Setting::Steps => match config.length {
            TrainingLength::Steps(steps) => steps.to_string(),
            TrainingLength::EpochsWithin { fewest, most, .. } => format!("{fewest} to {most}"),
            TrainingLength::Epochs(epochs) => format::counted(epochs as u64, "pass", "passes"),
        },
        Setting::Batch => config.batch.to_string(),
        Setting::Channels => config.channels.to_string(),
        Setting::Blocks => config.blocks.to_string(),
        Setting::Parts => config.parts.to_string(),
        Setting::LearningRate => real(config.learning_rate),
        Setting::Seed => config.seed.to_string(),
        Setting::Rate => match config.rate {
            Rate::Hz(rate) => rate.to_string(),
            Rate::Native => String::new(),
        },
        Setting::ChunkMs => milliseconds(config.chunk_frames),
        Setting::HopMs => milliseconds(config.hop_frames),
        Setting::Mels => config.mels.to_string(),
        Setting::Sigma => match config.noise {
            NoiseSchedule::Geometric { sigma, .. } | NoiseSchedule::Linear { sigma } => real(sigma),
        },
        Setting::Reconstruction => real(config.reconstruction),
        Setting::Contrast => real(config.contrast),
        Setting::Neighbours => real(config.neighbours),
        Setting::Balance => real(config.balance),
        Setting::Decorrelation => real(config.decorrelation),
        Setting::Microphone => real(config.microphone),
    }
}

fn parse(field: &Field, typed: &str) -> Result<Option<f64>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let (least, most) = (field.least, field.most);
    let kind = if field.whole { "a whole number" } else { "a number" };
    typed
        .parse::<f64>()
        .ok()
        .filter(|value| (least..=most).contains(value) && (!field.whole || value.fract() == 0.0))
        .map(Some)
        .ok_or_else(|| format!("{} has to be {kind} from {least} to {most}, or empty.", field.name))
}

fn set(settings: &mut TrainingSettings, setting: Setting, value: Option<f64>) {
    // `parse` has let through only whole numbers within u32 for these.
    let whole = value.map(|v| v as usize);
    let real = value.map(|v| v as f32);
    match setting {
        Setting::Steps => settings.steps = whole,
        Setting::Batch => settings.batch = whole,
        Setting::Channels => settings.channels = whole,
        Setting::Blocks => settings.blocks = whole,
        Setting::Parts => settings.parts = whole,
        Setting::LearningRate => settings.learning_rate = real,
        Setting::Seed => settings.seed = value.map(|v| v as u64),
        Setting::Rate => settings.rate = value.map(|v| v as u32),
        Setting::ChunkMs => settings.chunk_ms = value,
        Setting::HopMs => settings.hop_ms = value,
        Setting::Mels => settings.mels = whole,
        Setting::Sigma => settings.sigma = real,
        Setting::Reconstruction => settings.reconstruction = real,
        Setting::Contrast => settings.contrast = real,
        Setting::Neighbours => settings.neighbours = real,
        Setting::Balance => settings.balance = real,
        Setting::Decorrelation => settings.decorrelation = real,
        Setting::Microphone => settings.microphone = real,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(form: &mut TrainingForm, setting: Setting, text: &str) -> usize {
        let place = FIELDS.iter().position(|f| f.setting == setting).unwrap();
        form.typed[place] = text.to_owned();
        place
    }

    #[test]
    fn an_untouched_form_leaves_everything_to_the_preset() {
        let settings = TrainingForm::default().settings().unwrap();
        let expected = TrainingSettings { preset: Some(Preset::Spectral), bits: Some(64), ..Default::default() };
        assert_eq!(settings, expected);
    }

    #[test]
    fn what_is_typed_is_used_or_refused_in_words() {
        let mut form = TrainingForm::default();
        typed(&mut form, Setting::Steps, " 300 ");
        typed(&mut form, Setting::LearningRate, "2e-3");
        let settings = form.settings().unwrap();
        assert_eq!((settings.steps, settings.learning_rate), (Some(300), Some(2e-3)));

        let place = typed(&mut form, Setting::Steps, "2.5");
        assert_eq!(form.problem(place).unwrap(), "Steps has to be a whole number from 1 to 10000000, or empty.");
        assert!(form.settings().is_err());
    }

    #[test]
    fn a_slider_stands_where_the_preset_does_until_it_is_moved() {
        let mut form = TrainingForm::default();
        let usual = form.preset_config(None);
        let place = FIELDS.iter().position(|f| f.setting == Setting::Neighbours).unwrap();
        assert_eq!(form.slid(place, usual.as_ref()), Some(0.25));
        form.slide(place, 0.4001);
        assert_eq!((form.typed[place].as_str(), form.slid(place, None)), ("0.4", Some(0.4)));
        assert_eq!(form.settings().unwrap().neighbours, Some(0.4));
        for field in FIELDS {
            assert!(field.usual.is_none_or(|(from, to)| field.least <= from && to <= field.most), "{}", field.name);
        }
    }

    #[test]
    fn a_field_that_the_preset_lacks_is_not_sent() {
        let mut form = TrainingForm::default();
        typed(&mut form, Setting::Mels, "40");
        form.choose_preset(Preset::Seed);
        let settings = form.settings().unwrap();
        assert_eq!((settings.bits, settings.mels), (Some(100), None));
    }
}
