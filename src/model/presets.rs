//! The default settings of each preset.

use super::config::{Config, NoiseSchedule, Preset, Start, TrainingLength};
use crate::ground::Rate;

/// The configuration of `preset`, except rate, bands, chunk and hop, which depend on other settings.
pub(super) fn defaults(preset: Preset) -> Config {
    let spectral = Config {
        preset,
        start: Start::Nothing,
        bits: 64,
        rate: Rate::Native,
        chunk_frames: 0,
        hop_frames: 0,
        mels: 0,
        fixed_bands: false,
        statistics: false,
        channels: 64,
        blocks: 4,
        parts: 1,
        beside: false,
        hidden: 1024,
        batch: 64,
        learning_rate: 2e-3,
        muon: true,
        decay_from: 0.7,
        length: TrainingLength::EpochsWithin { epochs: 64, fewest: 1200, most: 5500 },
        noise: NoiseSchedule::Linear { sigma: 0.25 },
        reconstruction: 1.0,
        decoded: 0.5,
        contrast: 1.0,
        neighbours: 0.25,
        balance: 0.4,
        decorrelation: 0.0,
        temperature: 0.15,
        recording_bits: 0,
        recording_temperature: 0.15,
        synthetic: 0.0,
        microphone: 0.15,
        warp: 0.0,
        clip: 1.0,
        seed: 0,
    };
    match preset {
        Preset::Spectral => spectral,
        Preset::Waveform => Config {
            channels: 48,
            blocks: 6,
            hidden: 0,
            batch: 32,
            muon: false,
            decoded: 1.0,
            neighbours: 0.5,
            temperature: 0.2,
            noise: NoiseSchedule::Linear { sigma: 2.0 },
            length: TrainingLength::EpochsWithin { epochs: 32, fewest: 1200, most: 5500 },
            microphone: 0.0,
            ..spectral
        },
        Preset::Seed => Config {
            bits: 100,
            channels: 1,
            blocks: 3,
            hidden: 0,
            batch: 300,
            learning_rate: 1e-2,
            muon: false,
            decoded: 1.0,
            decay_from: 1.0,
            length: TrainingLength::Epochs(100),
            noise: NoiseSchedule::Geometric { sigma: 1e-4, factor: 1.0001 },
            contrast: 0.0,
            neighbours: 0.0,
            balance: 0.0,
            microphone: 0.0,
            clip: 0.0,
            ..spectral
        },
    }
}
