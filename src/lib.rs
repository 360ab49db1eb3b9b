//! Soundalike finds sounds that sound alike. A model describes each moment of sound by a short binary code (semantic
//! hashing). A base model ships with the program, and a person's own recordings can train it further. The sounds
//! nearest to a query are those whose codes differ from the query's code in the fewest bits.
//!
//! # Example
//!
//! A small model learns from twelve tones. The index of their codes then finds the original of a softer copy.
//!
//! ```
//! use std::f32::consts::TAU;
//! use std::ops::ControlFlow;
//!
//! use soundalike::index::{Codes, Index};
//! use soundalike::model::{Config, FeatureStoreBuilder, Model, Trainer, TrainingSettings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Tones of one second at 8 kHz, each a third of an octave above the one before.
//! let tone = |number: i32| -> Vec<f32> {
//!     let hertz = 110.0 * 1.26_f32.powi(number);
//!     (0..8000).map(|i| 0.5 * (TAU * hertz * i as f32 / 8000.0).sin()).collect()
//! };
//! let sounds: Vec<Vec<f32>> = (0..12).map(tone).collect();
//!
//! // What a model hears of them.
//! let settings = TrainingSettings {
//!     rate: Some(8000),
//!     bits: Some(32),
//!     channels: Some(8),
//!     steps: Some(60),
//!     ..TrainingSettings::default()
//! };
//! let config = Config::new(&settings, None)?;
//! let folder = tempfile::tempdir()?;
//! let mut features = FeatureStoreBuilder::new(&config, folder.path());
//! for sound in &sounds {
//!     features.push(&features.front_end().features(sound))?;
//! }
//! let features = features.finish()?;
//!
//! // Learn.
//! let mut trainer = Trainer::new(config, &features)?;
//! trainer.run(&mut |_step| ControlFlow::Continue(()))?;
//! let file = folder.path().join("model.safetensors");
//! trainer.save(&file)?;
//!
//! // The code of each sound's first chunk, in an index.
//! let model = Model::load(&file)?;
//! let code_of = |sound: &[f32]| -> Result<Codes, Box<dyn std::error::Error>> {
//!     let mut codes = Codes::new(32)?;
//!     codes.push_signs(&model.encode(sound, &[0])?);
//!     Ok(codes)
//! };
//! let mut codes = Codes::new(32)?;
//! for sound in &sounds {
//!     codes.extend(code_of(sound)?.as_ref());
//! }
//! let index = Index::build(codes);
//!
//! // Search with the fourth tone at half its loudness.
//! let softer: Vec<f32> = sounds[3].iter().map(|sample| 0.5 * sample).collect();
//! let answer = index.search(code_of(&softer)?.as_ref().code(0), 1, None)?;
//! assert_eq!(answer.neighbours[0].row, 3);
//! # Ok(())
//! # }
//! ```
//!
//! A program that works with files and projects uses the [`engine`] instead, as the window and the command line do:
//! `examples/search_folder.rs` adds a folder, learns, and searches in forty lines.
//!
//! # The floors
//!
//! A module imports only from floors below its own. From the roof down:
//!
//! | floor | what it holds | uses |
//! |---|---|---|
//! | [`gui`] | the window; the only place that knows egui | engine, and plain data of the floors below |
//! | [`cli`] | the same operations as commands; opens the window if there is no command | engine, gui, server |
//! | [`server`] | the same operations over HTTP; the only place that knows axum and tokio | engine |
//! | [`engine`] | takes commands and gives events; runs the jobs on threads | everything below |
//! | [`project`] | the folder on disk and its catalogue; the only place that knows SQLite | dataset, model, index, map |
//! | `shared_library` | one library for a whole house; the only place that knows PostgreSQL (feature `shared`) | dataset, model, index |
//! | [`map`] | codes laid out on a plane; pure functions | index |
//! | [`model`] | semantic hashing on candle: presets, encoder, bottleneck, decoder, losses, trainer, base model | audio, synth |
//! | [`synth`] | a random synthesiser: sounds from a seed, and doppelgangers of them | |
//! | [`index`] | packed codes and exact Hamming search; knows nothing of sound | |
//! | [`dataset`] | what a sound file is, folder scans, the demo library | audio |
//! | [`audio`] | decoding, resampling, mu-law, mel spectra and back, WAV writing; `audio::device` alone knows cpal | aspects, metadata |
//! | [`metadata`] | what a sound file says about itself: when it was recorded, artist, markers | |
//! | [`aspects`] | measured properties of a sound: loudness, attack, brightness, pitch, noisiness, tempo | |
//! | [`ground`] | what every floor may need: small files, names and paths, the chunk grid, packed bits, `file:` addresses, signals | |
//!
//! `ARCHITECTURE.md` in the source walks through them.

pub mod aspects;
pub mod audio;
pub mod cli;
pub mod dataset;
pub mod engine;
pub mod ground;
pub mod gui;
pub mod index;
pub mod map;
pub mod metadata;
pub mod model;
pub mod project;
pub mod server;
#[cfg(feature = "shared")]
pub mod shared_library;
pub mod synth;

/// Notices what a device's callback allocates or frees: see `audio::device`.
#[cfg(test)]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;
