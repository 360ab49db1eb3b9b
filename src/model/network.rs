//! The three parts of the model: encoder, bottleneck, decoder.

use candle_core::{Result, Tensor, bail};
use std::sync::Arc;

use super::config::{Config, Preset, WAVEFORM_STRIDE};
use super::ops::blocks::Stack;
use super::ops::frames_in::frames_in;
use super::ops::frames_loss::frames_loss;
use super::ops::frames_out::frames_out;
use super::ops::gated_stack::gated_stack;
use super::ops::level_loss::level_loss;
use super::ops::linear::{linear, linear_silu};
use super::ops::look_up::look_up;
use super::ops::pool::{Pooling, pool};
use super::ops::taps::{conv, taps};
use super::statistics::{STATISTICS, statistics};
use super::weights::{ENCODER_STACK, SAMPLE_CHANNELS, Weights, frames};

/// The input of a model for a batch of chunks.
#[derive(Clone, Debug)]
pub enum Input {
    /// Normalised log-mel frames: `[batch * frames, mels]`.
    LogMel(Arc<Vec<f32>>),
    /// mu-law levels: `[batch * samples]`.
    Levels(Arc<Vec<u8>>),
}

/// Encoder and decoder with named weights.
#[derive(Clone, Debug)]
pub struct Network {
    preset: Preset,
    weights: Weights,
    frames: usize,
    samples: usize,
    width: usize,
    blocks: usize,
    parts: usize,
    hidden: bool,
    /// The number of bands whose statistics the head also gets. 0 for none.
    known_bands: usize,
}

impl Network {
    /// `weights` must have the tensors that [`shapes`](super::weights::shapes) names.
    pub fn new(config: &Config, weights: Weights) -> Self {
        Self {
            preset: config.preset,
            weights,
            frames: frames(config),
            samples: config.chunk_frames,
            width: config.channels,
            blocks: config.blocks,
            parts: config.parts,
            hidden: config.hidden > 0,
            known_bands: if config.statistics { config.mels } else { 0 },
        }
    }

    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    fn weight(&self, name: &str) -> Result<&Tensor> {
        match self.weights.get(name) {
            Some(tensor) => Ok(tensor),
            None => bail!("the model has no tensor {name}"),
        }
    }

    fn layer(&self, name: &str) -> Result<(&Tensor, &Tensor)> {
        Ok((self.weight(&format!("{name}.weight"))?, self.weight(&format!("{name}.bias"))?))
    }

    fn linear(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let (weight, bias) = self.layer(name)?;
        linear(x, weight, bias)
    }

    /// The dilations of the encoder. The decoder has them in reverse order.
    fn dilations(&self) -> Vec<usize> {
        (0..self.blocks).map(|i| 1 << i).collect()
    }

    fn stack(&self, dilations: Vec<usize>) -> Stack {
        Stack { frames: self.frames, channels: self.width, dilations: Arc::new(dilations) }
    }

    /// h `[batch, bits]`.
    pub fn encode(&self, input: &Input) -> Result<Tensor> {
        if let (Input::Levels(levels), Preset::Seed) = (input, self.preset) {
            return self.encode_seed(levels);
        }
        let x = self.known(input)?;
        let h = self.linear(&x, "encoder.head")?;
        if !self.hidden {
            return Ok(h);
        }
        let (weight, bias) = self.layer("encoder.hidden")?;
        h + self.linear(&linear_silu(&x, weight, bias)?, "encoder.hidden_head")?
    }

    /// The values that the decoder begins with, for chunks with these h: `[batch, channels]`.
    pub fn decoder_seed(&self, h: &Tensor) -> Result<Tensor> {
        self.linear(&candle_nn::ops::sigmoid(h)?, "decoder.in")
    }

    /// The values of each chunk that lead to the head and the hidden layer, `[batch, known]`. Not for `seed`.
    pub fn known(&self, input: &Input) -> Result<Tensor> {
        let stack = self.stack(self.dilations());
        let pooled = match (input, self.preset) {
            (Input::LogMel(frames), Preset::Spectral) => {
                let (weight, bias) = self.layer("encoder.in")?;
                frames_in(frames.clone(), weight, bias, self.weight(ENCODER_STACK)?, stack, self.parts)?
            }
            (Input::Levels(levels), Preset::Waveform) => {
                let (table, bias) = self.layer("encoder.in")?;
                let rows = look_up(levels.clone(), self.samples, WAVEFORM_STRIDE, table, bias)?;
                let pooling = Pooling { frames: self.frames, parts: self.parts };
                pool(&gated_stack(&rows, self.weight(ENCODER_STACK)?, stack)?, pooling)?
            }
            _ => bail!("an input of another preset"),
        };
        let (gain, offset) = (self.weight("encoder.norm.gain")?, self.weight("encoder.norm.offset")?);
        let x = candle_nn::ops::layer_norm_slow(&pooled, gain, offset, 1e-5)?;
        match input {
            Input::LogMel(frames) if self.known_bands > 0 => {
                let known = statistics(frames, self.frames, self.known_bands);
                let width = STATISTICS * self.known_bands;
                let known = Tensor::from_vec(known, (x.dim(0)?, width), x.device())?;
                Tensor::cat(&[&x, &known], 1)
            }
            _ => Ok(x),
        }
    }

    fn encode_seed(&self, levels: &Arc<Vec<u8>>) -> Result<Tensor> {
        let (table, bias) = self.layer("encoder.conv0")?;
        let mut x = look_up(levels.clone(), self.samples, 1, table, bias)?;
        for (i, dilation) in self.dilations().into_iter().enumerate().skip(1) {
            let (weight, bias) = self.layer(&format!("encoder.conv{i}"))?;
            x = conv(&x, self.frames, dilation, weight, bias)?;
        }
        let batch = levels.len() / self.samples;
        self.linear(&x.reshape((batch, self.frames * self.width))?, "encoder.head")
    }

    /// The distance of the decoded `z` `[batch, bits]` from `clean`, a scalar: the mean squared error of log-mel
    /// frames, or the cross entropy of levels in nats.
    pub fn reconstruction_loss(&self, z: &Tensor, clean: &Input) -> Result<Tensor> {
        let rows = self.decoder_rows(z)?;
        let (weight, bias) = self.layer("decoder.out")?;
        match clean {
            Input::LogMel(target) => frames_loss(&rows, weight, bias, target.clone()),
            Input::Levels(levels) => level_loss(&rows, weight, bias, levels.clone()),
        }
    }

    /// The decoded `z` `[batch, bits]`: normalised log-mel frames `[batch * frames, mels]`, or logits of the levels
    /// `[batch * samples, 256]`.
    pub fn decode(&self, z: &Tensor) -> Result<Tensor> {
        self.linear(&self.decoder_rows(z)?, "decoder.out")
    }

    /// The input of the decoder's last layer, `[batch * frames, channels]` or `[batch * samples, channels]`.
    fn decoder_rows(&self, z: &Tensor) -> Result<Tensor> {
        let mut dilations = self.dilations();
        dilations.reverse();
        let start = self.linear(z, "decoder.in")?;
        if self.preset == Preset::Seed {
            return self.seed_rows(&start, &dilations);
        }
        let (place, parameters) = (self.weight("decoder.place")?, self.weight("decoder.stack")?);
        let rows = frames_out(&start, place, parameters, self.stack(dilations))?;
        match self.preset {
            Preset::Waveform => self.linear(&rows, "decoder.samples")?.tanh()?.reshape(((), SAMPLE_CHANNELS)),
            _ => Ok(rows),
        }
    }

    fn seed_rows(&self, start: &Tensor, dilations: &[usize]) -> Result<Tensor> {
        let mut x = start.reshape(((), self.width))?;
        let (last, inner) = match dilations.split_last() {
            Some((last, inner)) => (*last, inner),
            None => bail!("a decoder without layers"),
        };
        for (i, &dilation) in inner.iter().enumerate() {
            let (weight, bias) = self.layer(&format!("decoder.conv{i}"))?;
            x = conv(&x, self.frames, dilation, weight, bias)?;
        }
        taps(&x, self.frames, last)
    }
}

/// z = sigmoid(h + noise), the input of the decoder. Once the noise has grown, its values are close to bits.
pub fn bottleneck(h: &Tensor, noise: &Tensor) -> Result<Tensor> {
    candle_nn::ops::sigmoid(&(h + noise)?)
}
