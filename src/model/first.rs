//! The first model of a library: the encoder of the base model, a head in closed form for this library, and a decoder
//! refitted to the head. It is made in seconds, and answers until a training has made a better model.

use candle_core::{Device, Tensor};
use nalgebra::{Cholesky, DMatrix};
use std::sync::Arc;

use rand::seq::index;

use super::base;
use super::batch::Batches;
use super::closed_form::Head;
use super::config::Config;
use super::draws::{Purpose, generator};
use super::error::ModelError;
use super::features::FeatureStore;
use super::front_end::FrontEnd;
use super::gemm::{Matrix, Update, multiply};
use super::network::{Input, Network};
use super::normalisation::Normalisation;
use super::statistics::STATISTICS;
use super::weights::{Weights, frames, shapes};

/// The most chunks that the head is fitted to.
const CHUNKS: usize = 3000;
/// The number of pairs of views from which the head learns what must not matter: `STEPS` batches of `PAIRS` pairs.
const STEPS: usize = 8;
const PAIRS: usize = 256;
/// The share of those views that are heard as through a microphone.
const MICROPHONE: f32 = 0.25;
/// The number of chunks that are encoded at once.
const BATCH: usize = 256;
/// The mean size of h. It is small enough for units to move when a training continues from here.
const MEAN_ACTIVATION: f32 = 1.5;
/// The ridge of the decoder's fit, as a share of the number of chunks.
const DECODER_RIDGE: f64 = 0.02;

/// The weights and the normalisation of a library's first model.
pub struct First {
    pub weights: Weights,
    pub normalisation: Normalisation,
}

/// Fits the first model of `config` to the chunks of `store`. `config` must begin from the base model.
///
/// # Errors
/// If the features cannot be read, or if there is no chunk.
pub fn fit(config: &Config, store: &FeatureStore) -> Result<First, ModelError> {
    let base = base::shipped()?;
    if store.chunks() == 0 {
        return Err(ModelError::NoChunks);
    }
    let normalisation = base.normalisation.clone();
    // The base's network for chunks of the library's length. Only its layers before the head are used.
    let heard = Config { bits: base.config.bits, ..config.clone() };
    let network = Network::new(&heard, base.weights.clone());
    let clean = clean_inputs(config, store, &normalisation)?;
    let mut known = Rows::default();
    let mut seeds = Rows::default();
    for input in &clean {
        known.push(&network.known(input)?)?;
        seeds.push(&network.decoder_seed(&network.encode(input)?)?)?;
    }
    let differences = differences(config, store, &normalisation, &network)?;
    let mut random = generator(config.seed, Purpose::Head);
    // The outputs of the stack come first, then the statistics of the bands.
    let learned = known.width - if config.statistics { STATISTICS * config.mels } else { 0 };
    let mut head = Head::fit(&known.values, &differences, (known.width, learned), config.bits, &mut random);
    let h = activations(&known, &head);
    let mean = h.iter().map(|h| h.abs()).sum::<f32>() / h.len().max(1) as f32;
    let scale = MEAN_ACTIVATION / mean.max(1e-12);
    head.weights.iter_mut().chain(&mut head.bias).for_each(|x| *x *= scale);
    let (decoder, decoder_bias) = decoder_in(&h, config.bits, &seeds);
    let mut weights = base.weights.clone();
    let mut set = |name: &str, shape: (usize, usize), values: Vec<f32>| -> Result<(), ModelError> {
        weights.insert(format!("{name}.weight"), Tensor::from_vec(values, shape, &Device::Cpu)?);
        Ok(())
    };
    set("encoder.head", (known.width, config.bits), head.weights)?;
    set("encoder.hidden_head", (config.hidden, config.bits), vec![0.0; config.hidden * config.bits])?;
    set("decoder.in", (config.bits, seeds.width), decoder)?;
    let mut bias = |name: &str, values: Vec<f32>| -> Result<(), ModelError> {
        let len = values.len();
        weights.insert(format!("{name}.bias"), Tensor::from_vec(values, len, &Device::Cpu)?);
        Ok(())
    };
    bias("encoder.head", head.bias)?;
    bias("encoder.hidden_head", vec![0.0; config.bits])?;
    bias("decoder.in", decoder_bias)?;
    weights.insert("decoder.place".into(), stretched(&base.weights, frames(config))?);
    debug_assert!(shapes(config).iter().all(|(name, shape)| weights[name].dims() == shape.as_slice()));
    Ok(First { weights, normalisation })
}

/// Whether a model of `config` can begin from the base model: both have the same front end and the same layers.
pub fn can_begin_from(base: &Config, config: &Config) -> bool {
    let layers = |c: &Config| (c.preset, c.mels, c.fixed_bands, c.statistics, c.channels, c.blocks, c.parts, c.hidden);
    layers(base) == layers(config) && config.frame_secs().is_some_and(|secs| (secs - 0.008).abs() < 1e-6)
}

/// Rows of equal width, one after another.
#[derive(Default)]
struct Rows {
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    fn push(&mut self, rows: &Tensor) -> Result<(), ModelError> {
        self.width = rows.dim(1)?;
        self.values.extend(rows.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}

/// A sample of chunks from the whole library, as an index would hear them.
fn clean_inputs(
    config: &Config,
    store: &FeatureStore,
    normalisation: &Normalisation,
) -> Result<Vec<Input>, ModelError> {
    let chunks = usize::try_from(store.chunks()).unwrap_or(usize::MAX);
    let mut numbers =
        index::sample(&mut generator(config.seed, Purpose::Sample), chunks, chunks.min(CHUNKS)).into_vec();
    numbers.sort_unstable();
    let mut inputs = Vec::new();
    for numbers in numbers.chunks(BATCH) {
        let (mut bytes, mut logs) = (Vec::new(), Vec::new());
        for &number in numbers {
            let place = store.place(number as u64);
            store.read(place.file, place.row as i64, store.front_end().chunk_rows(), &mut bytes)?;
            FrontEnd::unpack_logs(&bytes, &mut logs);
        }
        normalisation.apply(&mut logs);
        inputs.push(Input::LogMel(Arc::new(logs)));
    }
    Ok(inputs)
}

/// The differences between two views of a chunk, `[pairs, known]`. Views differ in time, loudness and microphone, or
/// come from neighbouring chunks of the file.
fn differences(
    config: &Config,
    store: &FeatureStore,
    normalisation: &Normalisation,
    network: &Network,
) -> Result<Vec<f32>, ModelError> {
    let pairs = PAIRS.min(usize::try_from(store.chunks()).unwrap_or(usize::MAX)).max(2);
    let viewed = Config { batch: pairs, contrast: 1.0, microphone: MICROPHONE, warp: 0.0, ..config.clone() };
    let mut batches = Batches::new(&viewed, store, None)?;
    let mut out = Vec::new();
    for step in 0..STEPS {
        let views = network.known(&batches.batch(step, normalisation)?.views)?;
        let (first, second) = (views.narrow(0, 0, pairs)?, views.narrow(0, pairs, pairs)?);
        out.extend((first - second)?.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(out)
}

/// The activations h of each row.
fn activations(known: &Rows, head: &Head) -> Vec<f32> {
    let bits = head.bias.len();
    let mut h = head.bias.repeat(known.values.len() / known.width.max(1));
    let (rows, weights) = (Matrix::new(&known.values, known.width), Matrix::new(&head.weights, bits));
    multiply(&mut h, Update::Add, rows, weights);
    h
}

/// The decoder's first layer for the new bits. It maps the bits to `seeds`, the values that the base's decoder begins
/// with, by least squares.
fn decoder_in(h: &[f32], bits: usize, seeds: &Rows) -> (Vec<f32>, Vec<f32>) {
    let (chunks, from) = (h.len() / bits, bits + 1);
    let mut given: Vec<f32> = Vec::with_capacity(chunks * from);
    for row in h.chunks_exact(bits) {
        given.extend(row.iter().map(|&h| f32::from(u8::from(h > 0.0))));
        given.push(1.0);
    }
    let rows = Matrix::new(&given, from);
    let (mut square, mut towards) = (vec![0.0; from * from], vec![0.0; from * seeds.width]);
    multiply(&mut square, Update::Replace, rows.transposed(), rows);
    multiply(&mut towards, Update::Replace, rows.transposed(), Matrix::new(&seeds.values, seeds.width));
    let mut square = DMatrix::from_fn(from, from, |i, j| f64::from(square[i * from + j]));
    for i in 0..from {
        square[(i, i)] += (DECODER_RIDGE * chunks as f64).max(1e-6);
    }
    let towards = DMatrix::from_fn(from, seeds.width, |i, j| f64::from(towards[i * seeds.width + j]));
    let found = Cholesky::new(square).map_or_else(|| DMatrix::zeros(from, seeds.width), |c| c.solve(&towards));
    let row = |i: usize| found.row(i).iter().map(|&x| x as f32).collect::<Vec<f32>>();
    ((0..bits).flat_map(row).collect(), row(bits))
}

/// The base's position rows, interpolated for chunks of `frames` frames.
fn stretched(base: &Weights, frames: usize) -> Result<Tensor, ModelError> {
    let places = &base["decoder.place"];
    let (had, channels) = places.dims2()?;
    let values = places.flatten_all()?.to_vec1::<f32>()?;
    let at = |frame: usize| (frame * (had - 1)) as f32 / (frames - 1).max(1) as f32;
    let between = |frame: usize, channel: usize| {
        let (now, part) = (at(frame) as usize, at(frame).fract());
        let next = (now + 1).min(had - 1);
        values[now * channels + channel] * (1.0 - part) + values[next * channels + channel] * part
    };
    let all = (0..frames * channels).map(|i| between(i / channels, i % channels)).collect();
    Ok(Tensor::from_vec(all, (frames, channels), &Device::Cpu)?)
}
