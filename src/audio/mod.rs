//! Sound as numbers: functions over samples and sound files. Only `device` knows the sound card.

pub mod clip;
mod container;
pub mod cue;
pub mod decode;
pub mod device;
pub mod ending;
pub mod error;
pub mod griffin_lim;
pub mod growing_wav;
pub mod metadata;
mod mix;
pub mod mono;
pub mod overlap;
pub mod picture;
pub mod resample;
pub mod silence;
pub mod spectrogram;
pub mod survey;
pub mod wav;
pub mod witness;

pub use decode::Decoder;
pub use error::{AudioError, Cause};
pub use mono::{Mono, MonoReader, read_mono};
pub use resample::Resampler;
pub use spectrogram::{Spectrogram, SpectrogramBuilder};
pub use survey::{SoundPicture, Survey, survey};
pub mod mel;
pub mod mulaw;
