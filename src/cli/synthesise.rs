//! `synth` writes random patches and their doppelgangers as WAV files to listen to. `make-base` makes the base model
//! from a seed, for maintainers.

use std::path::PathBuf;

use anyhow::Context;
use indicatif::ProgressBar;

use super::terminal::say;
use crate::audio::wav::{Depth, write_wav};
use crate::model::BaseRecipe;
use crate::synth::{self, Patch};

/// The arguments of `synth`.
#[derive(Debug, clap::Args)]
pub(super) struct Synthesise {
    /// The folder for the WAV files; it is created if needed
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The number of sounds
    #[arg(long, value_name = "N", default_value_t = 20)]
    count: u64,
    /// The number of doppelgangers of each sound
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=100))]
    doppelgangers: u64,
    /// The distance of a doppelganger from its sound, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    delta: f32,
    /// The length of each sound, in seconds
    #[arg(long, value_name = "SECS", default_value_t = 1.0)]
    seconds: f32,
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Synthesise {
    pub fn run(&self) -> anyhow::Result<()> {
        anyhow::ensure!((0.0..=1.0).contains(&self.delta), "--delta must be from 0 to 1, not {}", self.delta);
        anyhow::ensure!(
            (0.05..=60.0).contains(&self.seconds),
            "--seconds must be from 0.05 to 60, not {}",
            self.seconds
        );
        std::fs::create_dir_all(&self.out).with_context(|| format!("cannot make {}", self.out.display()))?;
        for number in 0..self.count {
            for variant in 0..=self.doppelgangers {
                let delta = if variant == 0 { 0.0 } else { self.delta };
                let mut sound = Patch::doppelganger(self.seed, number, variant, delta, self.seconds);
                let peak = sound.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
                sound.iter_mut().for_each(|x| *x *= 0.98 / peak.max(0.98));
                let path = self.out.join(format!("{number:05}_{variant}.wav"));
                write_wav(&path, &sound, 1, synth::RATE, Depth::Pcm16)?;
            }
        }
        Ok(())
    }
}

/// The arguments of `make-base`.
#[derive(Debug, clap::Args)]
pub(super) struct MakeBase {
    /// The file for the model
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    recipe: BaseRecipe,
}

impl MakeBase {
    pub fn run(&self) -> anyhow::Result<()> {
        let folder = tempfile::tempdir().context("no folder for temporary files")?;
        let patches = ProgressBar::new(self.recipe.patches as u64).with_message("patches");
        self.recipe.make(folder.path(), &self.out, &mut |done| patches.set_position(done as u64), &mut |step| {
            if step.step.is_multiple_of(100) || step.step == step.steps {
                say!(
                    "step {} of {}: contrast {:.3}, reconstruction {:.3}, saturation {:.2}, {:.0} chunks a second",
                    step.step,
                    step.steps,
                    step.contrast.unwrap_or_default(),
                    step.reconstruction,
                    step.saturation,
                    step.chunks_per_second
                );
            }
        })?;
        Ok(())
    }
}
