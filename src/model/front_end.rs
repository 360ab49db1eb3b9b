//! From samples to the input of a model: mu-law levels or log-mel frames, packed for the feature store.

use super::config::{Config, Preset};
use crate::audio::mel::{MelSpectrum, POWER_FLOOR};
use crate::audio::mulaw;
use crate::ground::Rate;

/// The features of a file: rows of equal size. A row is a sample (levels) or a spectral frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// The number of frames of the sound, without padding.
    pub sound_frames: usize,
    pub rows: Vec<u8>,
}

/// The front end of a model. It is cheap to share between threads.
#[derive(Clone, Debug)]
pub struct FrontEnd {
    kind: Kind,
    chunk_frames: usize,
}

#[derive(Clone, Debug)]
enum Kind {
    Levels,
    LogMel { mel: MelSpectrum, step: usize },
}

/// The step in which log powers above the floor are stored, in 16 bits. The error is at most 0.001 dB, and the range is
/// 142 dB.
const LOG_STEP: f32 = 1.0 / 2000.0;

impl FrontEnd {
    pub fn new(config: &Config) -> Self {
        let kind = match (config.preset, config.rate) {
            (Preset::Spectral, Rate::Hz(rate)) => {
                let step = config.window_step();
                let bands = if config.fixed_bands { MelSpectrum::fixed } else { MelSpectrum::new };
                Kind::LogMel { mel: bands(rate, config.window_frames(), step, config.mels), step }
            }
            _ => Kind::Levels,
        };
        Self { kind, chunk_frames: config.chunk_frames }
    }

    /// The features of a whole file from its samples (mono, at the model's rate). A sound shorter than a chunk is
    /// padded with silence. An empty sound gives no rows.
    pub fn features(&self, samples: &[f32]) -> Features {
        let padding = if samples.is_empty() { 0 } else { self.chunk_frames.saturating_sub(samples.len()) };
        let rows = match &self.kind {
            Kind::Levels => {
                let levels = samples.iter().map(|&x| mulaw::level(x));
                levels.chain(std::iter::repeat_n(mulaw::SILENCE, padding)).collect()
            }
            Kind::LogMel { mel, .. } => {
                let pack = |log: f32| (((log - POWER_FLOOR.ln()) / LOG_STEP).round() as u16).to_le_bytes();
                let logs = match padding {
                    0 => mel.log_powers(samples),
                    _ => mel.log_powers(&padded(samples, padding)),
                };
                logs.into_iter().flat_map(pack).collect()
            }
        };
        Features { sound_frames: samples.len(), rows }
    }

    /// Appends the features of the next stretch of a file. The first `fresh` of `samples` are new and follow the new
    /// part of the last stretch. The other samples are only there because chunks reach into them. `fresh` is a whole
    /// number of hops, or all samples.
    pub fn extend(&self, file: &mut Features, samples: &[f32], fresh: usize) {
        let part = self.features(samples);
        let rows = if fresh < samples.len() { fresh / self.row_step() * self.row_bytes() } else { part.rows.len() };
        file.rows.extend_from_slice(&part.rows[..rows]);
        file.sound_frames += fresh;
    }

    /// Roughly the number of bytes that the features of `samples` samples take.
    pub fn feature_bytes(&self, samples: u64) -> u64 {
        samples / self.row_step() as u64 * self.row_bytes() as u64
    }

    /// The bytes of a row.
    pub(super) fn row_bytes(&self) -> usize {
        match &self.kind {
            Kind::Levels => 1,
            Kind::LogMel { mel, .. } => 2 * mel.bands(),
        }
    }

    /// The samples from one row to the next.
    pub(super) fn row_step(&self) -> usize {
        match &self.kind {
            Kind::Levels => 1,
            Kind::LogMel { step, .. } => *step,
        }
    }

    /// The rows of a chunk.
    pub(super) fn chunk_rows(&self) -> usize {
        match &self.kind {
            Kind::Levels => self.chunk_frames,
            Kind::LogMel { mel, .. } => mel.frame_count(self.chunk_frames),
        }
    }

    /// The byte value of silence in rows.
    pub(super) fn silence(&self) -> u8 {
        match &self.kind {
            Kind::Levels => mulaw::SILENCE,
            Kind::LogMel { .. } => 0,
        }
    }

    /// The spectrum, if the preset has one.
    pub(super) fn mel(&self) -> Option<&MelSpectrum> {
        match &self.kind {
            Kind::Levels => None,
            Kind::LogMel { mel, .. } => Some(mel),
        }
    }

    /// Converts stored rows to log powers.
    pub(super) fn unpack_logs(rows: &[u8], out: &mut Vec<f32>) {
        let floor = POWER_FLOOR.ln();
        let logs = rows.chunks_exact(2).map(|b| f32::from(u16::from_le_bytes([b[0], b[1]])) * LOG_STEP + floor);
        out.extend(logs);
    }

    /// The input of the encoder for a stretch: levels, or log powers `[frames, mels]` before normalisation.
    pub(super) fn heard(&self, samples: &[f32]) -> Heard {
        match &self.kind {
            Kind::Levels => Heard::Levels(samples.iter().map(|&x| mulaw::level(x)).collect()),
            Kind::LogMel { mel, .. } => Heard::LogMel(mel.log_powers(samples)),
        }
    }
}

/// See [`FrontEnd::heard`].
pub(super) enum Heard {
    Levels(Vec<u8>),
    LogMel(Vec<f32>),
}

fn padded(samples: &[f32], padding: usize) -> Vec<f32> {
    let mut all = samples.to_vec();
    all.resize(samples.len() + padding, 0.0);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TrainingSettings;

    fn front_end(preset: Preset) -> FrontEnd {
        let settings = TrainingSettings { preset: Some(preset), ..Default::default() };
        FrontEnd::new(&Config::new(&settings, Some(8000)).unwrap())
    }

    #[test]
    fn short_sounds_are_padded_to_a_chunk_and_nothing_stays_nothing() {
        let f = front_end(Preset::Spectral);
        assert_eq!(f.features(&[0.5; 100]).rows.len(), 29 * 128);
        assert_eq!(f.features(&[]).rows.len(), 0);
        assert_eq!(f.features(&[0.0; 2048 + 64]).rows.len(), 30 * 128);
        let f = front_end(Preset::Seed);
        let short = f.features(&[0.5; 100]);
        assert_eq!((short.rows.len(), short.rows[99] > 128, short.rows[100]), (1000, true, mulaw::SILENCE));
    }

    #[test]
    fn stored_log_powers_are_close_to_the_computed_ones() {
        let f = front_end(Preset::Spectral);
        let samples: Vec<f32> = (0..4096).map(|i| (i as f32 * 0.3).sin() * (i as f32 / 4096.0)).collect();
        let mut stored = Vec::new();
        FrontEnd::unpack_logs(&f.features(&samples).rows, &mut stored);
        let Heard::LogMel(exact) = f.heard(&samples) else { panic!("spectral hears log-mel frames") };
        assert_eq!(stored.len(), exact.len());
        assert!(stored.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 3e-4));
    }
}
