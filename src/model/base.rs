//! The base model: what ships with the program, learned from synthetic sounds alone.

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

/// The base model's file: `assets/README.md` has the command that makes it.
static FILE: &[u8] = include_bytes!("../../assets/base.safetensors");

/// The base model that ships with the program, read once.
///
/// # Errors
/// The program itself is damaged.
pub fn shipped() -> Result<&'static Checkpoint, ModelError> {
    static READ: OnceLock<Checkpoint> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(read);
    }
    let read = checkpoint::read(FILE, Path::new("the base model within the program"))?;
    Ok(READ.get_or_init(|| read))
}

/// How the base model is made: the recipe of what is in `assets/`.
#[derive(Clone, Copy, Debug, PartialEq, clap::Args)]
pub struct BaseRecipe {
    /// Patches that it learns from
    #[arg(long, default_value_t = 6000)]
    pub patches: usize,
    /// Training steps
    #[arg(long, default_value_t = 4000)]
    pub steps: usize,
    /// Chunks in a training step
    #[arg(long, default_value_t = 64)]
    pub batch: usize,
    /// Temperature of the contrast
    #[arg(long, default_value_t = 0.15)]
    pub temperature: f32,
    /// Share of views heard as through a microphone
    #[arg(long, default_value_t = 0.25)]
    pub microphone: f32,
    /// Units of the hidden layer
    #[arg(long, default_value_t = 1024)]
    pub hidden: usize,
    /// Seed of the patches and of every random draw of the training
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

    /// Makes the model and writes it to `out`; `folder` is for a temporary file. `rendered` hears of each round of patches,
    /// `stepped` of each step.
    ///
    /// # Errors
    /// A setting is out of its range, or a file cannot be written.
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
