//! Training: from a feature store to a model, step by step. It runs on the calling thread and on rayon's threads.

use candle_core::{Tensor, Var};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use super::adam::{Adam, Gradient};
use super::batch::{Batch, Batches};
use super::checkpoint;
use super::config::{Config, Start};
use super::error::ModelError;
use super::features::FeatureStore;
use super::first;
use super::front_end::FrontEnd;
use super::muon::Square;
use super::neighbours::Neighbours;
use super::network::{Network, bottleneck};
use super::normalisation::Normalisation;
use super::ops::attraction::{Targets, attraction};
use super::ops::contrast::{Units, contrast};
use super::ops::decorrelation::decorrelation;
use super::probe::Probe;
use super::report::{Progress, StepReport, TrainSummary, code_entropy};
use super::synthetic::Synthetic;
use super::trained::Model;

use super::weights::{self, Weights};

/// A run of training. The same configuration and features give the same weights, bit for bit, whether or not the run is
/// interrupted.
pub struct Trainer<'a> {
    config: Config,
    batches: Batches<'a>,
    vars: BTreeMap<String, Var>,
    network: Network,
    adam: Adam,
    /// The matrices that Muon moves.
    squares: BTreeMap<String, Vec<Square>>,
    neighbours: Neighbours,
    normalisation: Normalisation,
    progress: Progress,
    probe: Option<Probe>,
}

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

impl<'a> Trainer<'a> {
    /// A new run. `store` must have been filled for `config`.
    ///
    /// # Errors
    /// If there is no chunk, or if the features cannot be read.
    pub fn new(config: Config, store: &'a FeatureStore) -> Result<Self, ModelError> {
        Self::beside(config, store, None)
    }

    /// A new run that also learns from synthetic sounds if the configuration wants some.
    ///
    /// # Errors
    /// As [`Trainer::new`].
    pub fn beside(
        config: Config,
        store: &'a FeatureStore,
        synthetic: Option<&'a Synthetic>,
    ) -> Result<Self, ModelError> {
        let shared = synthetic.map(|sounds| (sounds, config.synthetic_pairs()));
        let mut vars = weights::initial(&config)?;
        let normalisation = match config.start {
            Start::Nothing => Normalisation::measure(&config, store)?,
            Start::Base => {
                let first = first::fit(&config, store)?;
                for (name, tensor) in &first.weights {
                    vars.insert(name.clone(), Var::from_tensor(tensor)?);
                }
                first.normalisation
            }
        };
        let progress = Progress {
            steps: config.steps(store.chunks()),
            chunks: store.chunks(),
            batch: usize::try_from(store.chunks()).unwrap_or(usize::MAX).min(config.batch),
            ..Progress::default()
        };
        let probe = Probe::new(&config, store, &normalisation, progress.steps)?;
        Self::with(config, store, vars, None, Neighbours::default(), normalisation, progress, probe, shared)
    }

    /// A new run that learns from synthetic sounds alone.
    ///
    /// # Errors
    /// If the features cannot be read.
    pub fn on_synthetic(config: Config, sounds: &'a Synthetic) -> Result<Self, ModelError> {
        let store = sounds.store();
        let normalisation = Normalisation::measure(&config, store)?;
        let vars = weights::initial(&config)?;
        let progress = Progress {
            steps: config.steps(store.chunks()),
            chunks: store.chunks(),
            batch: config.batch,
            ..Progress::default()
        };
        let all = Some((sounds, config.batch));
        Self::with(config, store, vars, None, Neighbours::default(), normalisation, progress, None, all)
    }

    /// Continues a run that [`Trainer::save`] stored, with the same features.
    ///
    /// # Errors
    /// If the checkpoint cannot be used, or if the number of chunks has changed.
    pub fn resume(path: &Path, store: &'a FeatureStore) -> Result<Self, ModelError> {
        Self::resume_beside(path, store, None)
    }

    /// Continues a run that also learns from synthetic sounds. They must be the same as before.
    ///
    /// # Errors
    /// As [`Trainer::resume`].
    pub fn resume_beside(
        path: &Path,
        store: &'a FeatureStore,
        synthetic: Option<&'a Synthetic>,
    ) -> Result<Self, ModelError> {
        let stored = checkpoint::load(path)?;
        let shared = synthetic.map(|sounds| (sounds, stored.config.synthetic_pairs()));
        if stored.progress.chunks != store.chunks() {
            let (trained, present) = (stored.progress.chunks, store.chunks());
            return Err(ModelError::OtherChunks { path: path.to_path_buf(), trained, present });
        }
        let mut vars = BTreeMap::new();
        for (name, tensor) in &stored.weights {
            vars.insert(name.clone(), Var::from_tensor(tensor)?);
        }
        let len: usize = vars.values().map(|var| var.elem_count()).sum();
        if stored.adam.first.len() != len || stored.adam.second.len() != len {
            let reason = "the optimiser's moments do not fit the weights".into();
            return Err(ModelError::Damaged { path: path.to_path_buf(), reason });
        }
        let probe = Probe::new(&stored.config, store, &stored.normalisation, stored.progress.steps)?;
        Self::with(
            stored.config,
            store,
            vars,
            Some(stored.adam),
            stored.neighbours,
            stored.normalisation,
            stored.progress,
            probe,
            shared,
        )
    }

    #[allow(clippy::too_many_arguments)]
    fn with(
        config: Config,
        store: &'a FeatureStore,
        vars: BTreeMap<String, Var>,
        adam: Option<Adam>,
        neighbours: Neighbours,
        normalisation: Normalisation,
        progress: Progress,
        probe: Option<Probe>,
        synthetic: Option<(&'a Synthetic, usize)>,
    ) -> Result<Self, ModelError> {
        if store.chunks() == 0 {
            return Err(ModelError::NoChunks);
        }
        let wanted = FrontEnd::new(&config);
        let same = |f: &FrontEnd| (f.row_bytes(), f.row_step(), f.chunk_rows());
        if same(&wanted) != same(store.front_end()) {
            return Err(ModelError::OtherFeatures(config.preset));
        }
        Ok(Self {
            probe,
            network: Network::new(&config, tensors(&vars)),
            batches: Batches::new(&config, store, synthetic)?,
            adam: adam.unwrap_or_else(|| Adam::new(&vars)),
            squares: weights::squares(&config),
            config,
            vars,
            neighbours,
            normalisation,
            progress,
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The number of steps done, and the number planned.
    pub fn step(&self) -> (usize, usize) {
        (self.progress.step, self.progress.steps)
    }

    /// Trains until the planned end, or until `on_step` breaks. The step for which it breaks is the last one.
    ///
    /// # Errors
    /// If a loss or a gradient is not finite. The weights are then those of the last good step, and can be saved.
    pub fn run(&mut self, on_step: &mut dyn FnMut(&StepReport) -> ControlFlow<()>) -> Result<TrainSummary, ModelError> {
        let (began, first) = (Instant::now(), self.progress.step);
        while self.progress.step < self.progress.steps {
            let mut report = self.take_step()?;
            let chunks = ((self.progress.step - first) * self.config.batch) as f64;
            report.chunks_per_second = chunks / began.elapsed().as_secs_f64().max(1e-9);
            if on_step(&report).is_break() {
                break;
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        let chunks = ((self.progress.step - first) * self.config.batch) as f64;
        Ok(TrainSummary {
            step: self.progress.step,
            steps: self.progress.steps,
            seconds,
            chunks_per_second: chunks / seconds.max(1e-9),
            loss: self.progress.loss,
            saturation: self.progress.saturation,
            code_entropy: self.progress.code_entropy,
            collapsed: self.progress.collapsed(),
        })
    }

    /// Returns to the library's first model if the probe finds it better than the trained model, or if there are too
    /// few chunks for the probe. The result says whether it did.
    ///
    /// # Errors
    /// If the features cannot be read.
    pub fn keep_the_better(&mut self, store: &FeatureStore) -> Result<bool, ModelError> {
        if self.config.start != Start::Base {
            return Ok(false);
        }
        let first = first::fit(&self.config, store)?;
        if let Some(probe) = &self.probe {
            let bits = self.config.bits;
            let untrained = probe.ask(&Network::new(&self.config, first.weights.clone()), bits)?;
            let trained = probe.ask(&self.network, bits)?;
            tracing::info!(?untrained, ?trained, "what was learned beside the first model");
            if trained.worth() >= untrained.worth() {
                return Ok(false);
            }
        }
        for (name, tensor) in &first.weights {
            if let Some(var) = self.vars.get(name) {
                var.set(tensor)?;
            }
        }
        self.progress = Progress { chunks: self.progress.chunks, batch: self.progress.batch, ..Progress::default() };
        Ok(true)
    }

    /// Stores the run, both as a model and for resuming. Returns the model's hash.
    ///
    /// # Errors
    /// If the file cannot be written. An older one at `path` is then unchanged.
    pub fn save(&self, path: &Path) -> Result<[u8; 32], ModelError> {
        let Self { config, progress, normalisation, adam, neighbours, .. } = self;
        // A finished run needs no neighbours any more.
        let over = progress.step == progress.steps;
        let neighbours = if over { &Neighbours::default() } else { neighbours };
        checkpoint::save(path, config, progress, &self.weights(), normalisation, adam, neighbours)
    }

    /// Stores a run that will not be resumed: only the model.
    ///
    /// # Errors
    /// As [`Trainer::save`].
    pub fn save_without_optimiser(&self, path: &Path) -> Result<[u8; 32], ModelError> {
        let Self { config, progress, normalisation, .. } = self;
        let nothing = Adam { first: Vec::new(), second: Vec::new() };
        checkpoint::save(path, config, progress, &self.weights(), normalisation, &nothing, &Neighbours::default())
    }

    /// The model as trained so far, for encoding.
    pub fn model(&self) -> Model {
        Model::new(self.config.clone(), self.weights(), self.normalisation.clone(), self.progress.clone())
    }

    /// The current weights.
    fn weights(&self) -> Weights {
        tensors(&self.vars)
    }

    fn take_step(&mut self) -> Result<StepReport, ModelError> {
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

/// The tensors of the variables. They change when the variables do.
fn tensors(vars: &BTreeMap<String, Var>) -> Weights {
    vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect()
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
