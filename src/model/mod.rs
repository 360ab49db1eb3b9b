//! Semantic hashing on candle: presets, encoder, bottleneck, decoder, losses, trainer, checkpoint. No threads of its
//! own, no channels, no egui: the trainer takes a callback that returns `ControlFlow`.

pub mod config;

pub use config::{Config, NoiseSchedule, Preset, Rate, TrainingLength, TrainingSettings};
