//! Semantic hashing on candle: presets, encoder, bottleneck, decoder, losses, trainer, checkpoint. No threads of its
//! own, no channels, no egui: the trainer takes a callback that returns `ControlFlow`.

pub mod config;
mod draws;
pub mod error;
mod gemm;
mod network;
mod ops;
mod settings;
mod simd;
mod weights;

pub use config::{Config, ConfigError, NoiseSchedule, Preset, Rate, TrainingLength, TrainingSettings};
pub use error::ModelError;
