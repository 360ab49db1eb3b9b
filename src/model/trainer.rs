//! Training: from a feature store to a model, step by step. It runs on the calling thread and on rayon's threads.

mod step;

use candle_core::Var;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use super::adam::Adam;
use super::batch::Batches;
use super::checkpoint;
use super::config::{Config, Start};
use super::error::ModelError;
use super::features::FeatureStore;
use super::first;
use super::front_end::FrontEnd;
use super::muon::Square;
use super::neighbours::Neighbours;
use super::network::Network;
use super::normalisation::Normalisation;
use super::probe::Probe;
use super::report::{Progress, StepReport, TrainSummary};
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
}

/// The tensors of the variables. They change when the variables do.
fn tensors(vars: &BTreeMap<String, Var>) -> Weights {
    vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect()
}
