//! The base model. It ships with the program, and learned from synthetic sounds alone.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;

use super::checkpoint::{self, Checkpoint};
use super::config::Config;
use super::error::ModelError;
use super::report::StepReport;
use super::settings::TrainingSettings;
use super::synthetic::Synthetic;
use super::trainer::Trainer;
use crate::synth;

/// The file of the base model. `assets/README.md` has the command that makes it.
static FILE: &[u8] = include_bytes!("../../assets/base.safetensors");

/// The base model that ships with the program. It is read only once.
///
/// # Errors
/// If the program itself is damaged.
pub fn shipped() -> Result<&'static Checkpoint, ModelError> {
    static READ: OnceLock<Checkpoint> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read);
    }
    let read = checkpoint::read(FILE, Path::new("the base model within the program"))?;
    Ok(READ.get_or_init(|| read))
}

/// The settings with which the base model in `assets/` is made.
#[derive(Clone, Copy, Debug, PartialEq, clap::Args)]
pub struct BaseRecipe {
    /// The number of patches that it learns from
    #[arg(long, default_value_t = 6000)]
    pub patches: usize,
    /// The number of training steps
    #[arg(long, default_value_t = 4000)]
    pub steps: usize,
    /// The number of chunks in a training step
    #[arg(long, default_value_t = 64)]
    pub batch: usize,
    /// The temperature of the contrast
    #[arg(long, default_value_t = 0.15)]
    pub temperature: f32,
    /// The share of views that are heard as through a microphone
    #[arg(long, default_value_t = 0.25)]
    pub microphone: f32,
    /// The number of units in the hidden layer
    #[arg(long, default_value_t = 1024)]
    pub hidden: usize,
    /// The seed of the patches and of all random draws
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl BaseRecipe {
    fn config(&self) -> Result<Config, ModelError> {
        let settings = TrainingSettings {
            rate: Some(synth::RATE),
            base: Some(0),
            bits: Some(64),
            steps: Some(self.steps),
            batch: Some(self.batch),
            temperature: Some(self.temperature),
            microphone: Some(self.microphone),
            seed: Some(self.seed),
            ..TrainingSettings::default()
        };
        Ok(Config { decoded: 0.25, hidden: self.hidden, ..Config::new(&settings, None)? })
    }

    /// Makes the model and writes it to `out`. `folder` is for a temporary file. `rendered` is called after each round
    /// of patches, `stepped` after each step.
    ///
    /// # Errors
    /// If a setting is out of its range, or if a file cannot be written.
    pub fn make(
        &self,
        folder: &Path,
        out: &Path,
        rendered: &mut dyn FnMut(usize),
        stepped: &mut dyn FnMut(&StepReport),
    ) -> Result<(), ModelError> {
        let config = self.config()?;
        let mut tell = |done| {
            rendered(done);
            ControlFlow::Continue(())
        };
        let Some(sounds) = Synthetic::render(&config, self.patches, self.seed, folder, &mut tell)? else {
            unreachable!("nobody stops the rendering");
        };
        let mut trainer = Trainer::on_synthetic(config, &sounds)?;
        trainer.run(&mut |step| {
            stepped(step);
            ControlFlow::Continue(())
        })?;
        trainer.save_without_optimiser(out).map(|_| ())
    }
}
