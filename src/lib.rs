//! Soundalike finds sounds that sound alike: it learns, from a person's own recordings, to describe every moment of
//! sound by a short binary code (semantic hashing), and answers a sound with the moments nearest to it by Hamming
//! distance.
//!
//! The house, from the roof down. A module imports only from floors below its own.
//!
//! | floor | what it holds | uses |
//! |---|---|---|
//! | [`gui`] | the window: the only place that knows egui | engine |
//! | [`cli`] | the same operations as commands; opens the window where there is none | engine, gui, server |
//! | [`server`] | the same operations over HTTP: the only place that knows axum and tokio | engine |
//! | [`engine`] | commands in, events out: the only place with threads | everything below |
//! | [`project`] | the folder on disk and its catalogue: the only place that knows SQLite | dataset, model, index |
//! | [`map`] | codes laid out on a plane: pure functions | index |
//! | [`model`] | semantic hashing on candle: presets, encoder, bottleneck, decoder, losses, trainer | audio |
//! | [`index`] | packed codes and exact Hamming search: knows nothing of sound | |
//! | [`dataset`] | what a sound file is, scanning folders, the chunk grid, the demo library | audio |
//! | [`audio`] | decoding, resampling, mu-law, mel spectra and back, WAV writing; `audio::device` alone knows cpal | |

pub mod audio;
pub mod cli;
pub mod dataset;
pub mod engine;
pub mod gui;
pub mod index;
pub mod map;
pub mod model;
pub mod project;
pub mod server;
