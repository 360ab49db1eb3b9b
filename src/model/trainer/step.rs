//! One step of a training: the losses of a batch, and the move of the weights against their gradients.

use candle_core::Tensor;

use super::Trainer;
use crate::model::adam::Gradient;
use crate::model::batch::Batch;
use crate::model::error::ModelError;
use crate::model::network::bottleneck;
use crate::model::ops::attraction::{Targets, attraction};
use crate::model::ops::contrast::{Units, contrast};
use crate::model::ops::decorrelation::decorrelation;
use crate::model::report::{StepReport, code_entropy};

/// The losses of a step, and its measurements.
struct Losses {
    total: Tensor,
    reconstruction: f32,
    contrast: Option<f32>,
    balance: Option<f32>,
    decorrelation: Option<f32>,
    /// h of the first views.
    h: Vec<f32>,
}

impl Trainer<'_> {
    /// Takes the next step.
    pub(super) fn take_step(&mut self) -> Result<StepReport, ModelError> {
        let (step, steps) = (self.progress.step, self.progress.steps);
        let sigma = self.config.sigma_at(step, steps);
        let learning_rate = self.config.learning_rate_at(step, steps);
        let batch = self.batches.batch(step, &self.normalisation)?;
        let losses = self.losses(batch, sigma)?;
        let loss = losses.total.to_scalar::<f32>()?;
        let parts = [
            ("the reconstruction loss", Some(losses.reconstruction)),
            ("the contrast loss", losses.contrast),
            ("the bit balance loss", losses.balance),
            ("the decorrelation loss", losses.decorrelation),
            ("the loss", Some(loss)),
        ];
        if let Some((cause, _)) = parts.into_iter().find(|(_, part)| part.is_some_and(|x| !x.is_finite())) {
            return Err(ModelError::NotFinite { step: step + 1, cause });
        }
        let grads = losses.total.backward()?;
        let (vars, squares, clip) = (&self.vars, &self.squares, self.config.clip);
        let Gradient::Finite { norm } = self.adam.step(vars, &grads, squares, step, learning_rate, clip)? else {
            return Err(ModelError::NotFinite { step: step + 1, cause: "the gradient" });
        };
        let bits = self.config.bits;
        let saturation = losses.h.iter().map(|h| (h / 2.0).tanh().abs()).sum::<f32>() / losses.h.len() as f32;
        let code_entropy = code_entropy(&losses.h, bits);
        self.progress.add(loss, saturation, code_entropy);
        let probe = match &self.probe {
            Some(probe) if probe.is_due(step + 1, steps) => Some(probe.ask(&self.network, bits)?),
            _ => None,
        };
        Ok(StepReport {
            step: step + 1,
            steps,
            epoch: (step + 1) as f32 / self.config.steps_per_epoch(self.progress.chunks) as f32,
            loss,
            reconstruction: losses.reconstruction,
            contrast: losses.contrast,
            balance: losses.balance,
            decorrelation: losses.decorrelation,
            sigma,
            saturation,
            learning_rate,
            gradient_norm: norm,
            code_entropy,
            ones: shares_of_ones(&losses.h, bits),
            chunks_per_second: 0.0,
            probe,
            collapsed: self.progress.collapsed(),
        })
    }

    /// Finds the neighbours of the batch's chunks if they are `wanted` already, and remembers the batch.
    fn neighbours_of(&mut self, chunks: &[u64], h: &Tensor, wanted: bool) -> Result<Option<Targets>, ModelError> {
        if self.config.contrast == 0.0 || self.config.neighbours == 0.0 {
            return Ok(None);
        }
        let bits = self.config.bits - self.config.recording_bits;
        let h = h.narrow(0, 0, chunks.len())?.narrow(1, 0, bits)?.contiguous()?;
        let z: Vec<f32> = candle_nn::ops::sigmoid(&h)?.flatten_all()?.to_vec1()?;
        let units = Units::of(&z, bits).units;
        let batches = &self.batches;
        let same_sound = |i: usize, chunk| batches.are_same_sound(chunks[i], chunk);
        let targets = wanted.then(|| self.neighbours.find(&units, bits, &same_sound));
        self.neighbours.remember(chunks, &units);
        Ok(targets)
    }

    fn losses(&mut self, batch: Batch, sigma: f32) -> Result<Losses, ModelError> {
        let alike = self.config.neighbours_at(self.progress.step, self.progress.steps);
        let h = self.network.encode(&batch.views)?;
        let targets = self.neighbours_of(&batch.chunks, &h, alike > 0.0)?;
        let config = &self.config;
        let noise: Vec<f32> = batch.noise.iter().map(|x| x * sigma).collect();
        let z = bottleneck(&h, &Tensor::from_vec(noise, h.shape(), h.device())?)?;
        let n = if config.contrast > 0.0 { h.dim(0)? / 2 } else { h.dim(0)? };
        let decoded = z.narrow(0, 0, config.decoded_of(n))?;
        let mut total = Tensor::new(0.0_f32, h.device())?;
        let mut add = |loss: &Tensor, weight: f32| -> Result<f32, ModelError> {
            total = (&total + (loss * f64::from(weight))?)?;
            Ok(loss.to_scalar::<f32>()?)
        };
        // Even with a weight of 0 the loss is added, because the decoder's gradients must be 0, not missing.
        let reconstruction = add(&self.network.reconstruction_loss(&decoded, &batch.clean)?, config.reconstruction)?;
        let mut parts = (None, None, None);
        if config.contrast > 0.0 {
            let kinds = config.bits - config.recording_bits;
            let share = kinds as f32 / config.bits as f32;
            let of_kinds = z.narrow(1, 0, kinds)?.contiguous()?;
            let mut told_apart = |z: &Tensor, temperature: f32, weight: f32| -> Result<f32, ModelError> {
                Ok(weight * add(&contrast(z, batch.masked.clone(), temperature)?, config.contrast * weight)?)
            };
            let mut whole = told_apart(&of_kinds, config.temperature, share * (1.0 - alike))?;
            if config.recording_bits > 0 {
                let of_recordings = z.narrow(1, kinds, config.recording_bits)?.contiguous()?;
                whole += told_apart(&of_recordings, config.recording_temperature, 1.0 - share)?;
            }
            if let Some(targets) = targets {
                let weight = share * alike;
                let drawn = attraction(&of_kinds, targets, batch.masked, config.temperature)?;
                whole += weight * add(&drawn, config.contrast * weight)?;
            }
            parts.0 = Some(whole);
        }
        if config.balance > 0.0 {
            let off = (z.mean(0)? - 0.5)?;
            parts.1 = Some(add(&off.sqr()?.mean_all()?, config.balance)?);
        }
        if config.decorrelation > 0.0 {
            parts.2 = Some(add(&decorrelation(&z)?, config.decorrelation)?);
        }
        let h = h.narrow(0, 0, n)?.flatten_all()?.to_vec1::<f32>()?;
        let (contrast, balance, decorrelation) = parts;
        Ok(Losses { total, reconstruction, contrast, balance, decorrelation, h })
    }
}

fn shares_of_ones(h: &[f32], bits: usize) -> Vec<f32> {
    let mut ones = vec![0.0; bits];
    for row in h.chunks_exact(bits) {
        ones.iter_mut().zip(row).for_each(|(one, &h)| *one += f32::from(u8::from(h > 0.0)));
    }
    let n = (h.len() / bits).max(1) as f32;
    ones.iter_mut().for_each(|one| *one /= n);
    ones
}
