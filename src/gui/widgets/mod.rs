//! Small drawn parts of the panels.

pub mod bidi;
pub mod bit_strip;
pub mod buttons;
pub mod code_cells;
pub mod code_strip;
pub mod device_choice;
pub mod divider;
pub mod empty;
pub mod field;
pub mod histogram;
pub mod icons;
pub mod level_meter;
pub mod loss_plot;
pub mod message;
pub mod progress;
pub mod row;
pub mod sound_map;
pub mod sound_picture;
pub mod spectrogram;
pub mod text;
pub mod waveform;
