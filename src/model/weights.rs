//! The tensors of a model: their names, shapes and initial values.

use candle_core::{Device, Tensor, Var};
use rand::Rng;
use rand_distr::StandardNormal;
use std::collections::BTreeMap;
use std::ops::Range;

use super::config::{Config, Preset, WAVEFORM_STRIDE};
use super::draws::{Purpose, generator};
use super::error::ModelError;
use super::muon::Square;
use super::ops::blocks::BlockLayout;
use super::ops::pool::Pooling;
use super::statistics::STATISTICS;
use crate::audio::mulaw::LEVELS;

/// The number of frames that the taps of `waveform`'s first layer cover.
const WAVEFORM_REACH: usize = 2;

/// The channels of a sample in the decoder of `waveform`, before the levels.
pub(super) const SAMPLE_CHANNELS: usize = 16;

/// The packed blocks of the encoder.
pub(super) const ENCODER_STACK: &str = "encoder.stack";

/// The initial values of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Start {
    /// Uniform within 1 / sqrt(fan-in) of 0: PyTorch's default for linear layers and convolutions.
    Uniform {
        fan_in: usize,
    },
    Normal {
        deviation: f32,
    },
    Constant(f32),
    /// Packed gated blocks with this many channels.
    Blocks {
        channels: usize,
    },
}

/// Tensors by name.
pub type Weights = BTreeMap<String, Tensor>;

/// The rows of the stack for one chunk.
pub(super) fn frames(config: &Config) -> usize {
    match config.preset {
        Preset::Spectral => {
            config.chunk_frames.saturating_sub(config.window_frames()) / config.window_step().max(1) + 1
        }
        Preset::Waveform => config.chunk_frames / WAVEFORM_STRIDE,
        Preset::Seed => config.chunk_frames,
    }
}

/// All tensors of a model: name, shape and initial values.
fn tensors(config: &Config) -> Vec<(String, Vec<usize>, Start)> {
    let (bits, c, frames) = (config.bits, config.channels, frames(config));
    let pooled = Pooling { frames, parts: config.parts }.values(c);
    // The number of values that lead to the bits.
    let known = pooled + if config.statistics { STATISTICS * config.mels } else { 0 };
    let mut all = Vec::new();
    let mut linear = |name: &str, from: usize, to: usize, fan_in: usize| {
        all.push((format!("{name}.weight"), vec![from, to], Start::Uniform { fan_in }));
        all.push((format!("{name}.bias"), vec![to], Start::Uniform { fan_in }));
    };
    match config.preset {
        Preset::Seed => {
            linear("encoder.conv0", 2 * LEVELS, c, 2 * LEVELS);
            for i in 1..config.blocks {
                linear(&format!("encoder.conv{i}"), 2 * c, c, 2 * c);
            }
            linear("encoder.head", c * frames, bits, c * frames);
            linear("decoder.in", bits, c * frames, bits);
            for i in 0..config.blocks - 1 {
                linear(&format!("decoder.conv{i}"), 2 * c, c, 2 * c);
            }
            linear("decoder.out", 2 * c, LEVELS, 2 * c);
        }
        Preset::Waveform => {
            let taps = WAVEFORM_REACH * WAVEFORM_STRIDE;
            // Each tap adds one row in 256, so the fan-in is the number of taps.
            linear("encoder.in", taps * LEVELS, c, taps);
            linear("encoder.head", pooled, bits, pooled);
            linear("decoder.in", bits, c, bits);
            linear("decoder.samples", c, WAVEFORM_STRIDE * SAMPLE_CHANNELS, c);
            linear("decoder.out", SAMPLE_CHANNELS, LEVELS, SAMPLE_CHANNELS);
        }
        Preset::Spectral => {
            linear("encoder.in", config.mels, c, config.mels);
            linear("encoder.head", known, bits, known);
            linear("decoder.in", bits, c, bits);
            linear("decoder.out", c, config.mels, c);
        }
    }
    if config.hidden > 0 {
        linear("encoder.hidden", known, config.hidden, known);
        linear("encoder.hidden_head", config.hidden, bits, config.hidden);
    }
    if config.preset != Preset::Seed {
        let stack = vec![config.blocks, BlockLayout::new(c).len];
        all.push((ENCODER_STACK.into(), stack.clone(), Start::Blocks { channels: c }));
        all.push(("decoder.stack".into(), stack, Start::Blocks { channels: c }));
        all.push(("encoder.norm.gain".into(), vec![pooled], Start::Constant(1.0)));
        all.push(("encoder.norm.offset".into(), vec![pooled], Start::Constant(0.0)));
        all.push(("decoder.place".into(), vec![frames, c], Start::Normal { deviation: 0.1 }));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The shapes of a model's tensors, by name.
pub fn shapes(config: &Config) -> BTreeMap<String, Vec<usize>> {
    tensors(config).into_iter().map(|(name, shape, _)| (name, shape)).collect()
}

/// The matrices of the encoder's blocks that Muon moves, by tensor. None if the configuration does not use Muon.
pub fn squares(config: &Config) -> BTreeMap<String, Vec<Square>> {
    if !config.muon {
        return BTreeMap::new();
    }
    let c = config.channels;
    let layout = BlockLayout::new(c);
    let of_block = |block: usize| {
        let from = block * layout.len;
        let square = move |at: &Range<usize>, size| Square { at: from + at.start..from + at.end, size };
        [square(&layout.conv, 2 * c), square(&layout.mix, c)]
    };
    BTreeMap::from([(ENCODER_STACK.into(), (0..config.blocks).flat_map(of_block).collect())])
}

/// The weights of a model before training, drawn with the configuration's seed.
pub fn initial(config: &Config) -> Result<BTreeMap<String, Var>, ModelError> {
    let mut random = generator(config.seed, Purpose::Weights);
    let mut vars = BTreeMap::new();
    for (name, shape, start) in tensors(config) {
        let len = shape.iter().product();
        let mut values = Vec::with_capacity(len);
        fill(&mut values, len, start, &mut random);
        vars.insert(name, Var::from_vec(values, shape, &Device::Cpu)?);
    }
    Ok(vars)
}

fn fill(values: &mut Vec<f32>, len: usize, start: Start, random: &mut impl Rng) {
    match start {
        Start::Constant(value) => values.extend(std::iter::repeat_n(value, len)),
        Start::Normal { deviation } => {
            values.extend((0..len).map(|_| deviation * random.sample::<f32, _>(StandardNormal)));
        }
        Start::Uniform { fan_in } => {
            let bound = 1.0 / (fan_in as f32).sqrt();
            values.extend((0..len).map(|_| random.random_range(-bound..=bound)));
        }
        Start::Blocks { channels: c } => {
            let layout = BlockLayout::new(c);
            for _ in 0..len / layout.len {
                fill(values, layout.gain.len(), Start::Constant(1.0), random);
                fill(values, layout.offset.len(), Start::Constant(0.0), random);
                fill(values, layout.conv.len() + layout.conv_bias.len(), Start::Uniform { fan_in: 2 * c }, random);
                fill(values, layout.mix.len() + layout.mix_bias.len(), Start::Uniform { fan_in: c }, random);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TrainingSettings;

    #[test]
    fn every_preset_starts_with_all_its_tensors_within_bounds() {
        for preset in [Preset::Seed, Preset::Waveform, Preset::Spectral] {
            let settings = TrainingSettings { preset: Some(preset), ..Default::default() };
            let config = Config::new(&settings, None).unwrap();
            let vars = initial(&config).unwrap();
            let made: BTreeMap<String, Vec<usize>> =
                vars.iter().map(|(name, var)| (name.clone(), var.dims().to_vec())).collect();
            assert_eq!(made, shapes(&config));
            let head = vars["encoder.head.weight"].flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let bound = 1.0 / (vars["encoder.head.weight"].dims()[0] as f32).sqrt();
            let largest = head.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
            assert!(largest <= bound && largest > 0.95 * bound);
        }
    }
}
