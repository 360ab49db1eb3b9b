//! Semantic hashing on candle: presets, encoder, bottleneck, decoder, losses, trainer, checkpoint. This folder starts
//! no threads and has no channels: the trainer takes a callback that returns `ControlFlow`.
//!
//! A [`Config`] says what to learn. [`FrontEnd`] turns each file into [`Features`], and a [`FeatureStoreBuilder`]
//! collects them. A [`Trainer`] learns from the [`FeatureStore`] and saves a checkpoint. A [`Model`] loads the
//! checkpoint, encodes sounds, and decodes codes.

mod adam;
mod alike;
mod base;
mod batch;
mod bounds;
mod checkpoint;
mod closed_form;
pub mod config;
mod configure;
mod decode;
mod draws;
pub mod error;
mod features;
mod first;
mod front_end;
mod gemm;
mod muon;
mod neighbours;
mod network;
mod normalisation;
mod ops;
mod presets;
mod probe;
mod report;
mod settings;
mod simd;
mod statistics;
mod synthetic;
mod trained;
mod trainer;
mod views;
mod weights;

#[cfg(test)]
mod first_tests;
#[cfg(test)]
mod measure;
#[cfg(test)]
mod tests;

pub use base::BaseRecipe;
pub use config::{Config, ModelKind, NoiseSchedule, Preset, Start, TrainingLength};
pub use error::ModelError;
pub use features::{FeatureStore, FeatureStoreBuilder};
pub use front_end::{Features, FrontEnd};
pub use probe::Probed;
pub use report::{Progress, StepReport, TrainSummary};
pub use settings::{ConfigError, InForm, SETTINGS, Setting, TrainingSettings};
pub use synthetic::Synthetic;
pub use trained::Model;
pub use trainer::Trainer;
