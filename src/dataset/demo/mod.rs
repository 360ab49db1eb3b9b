//! The demo library: short sounds of many kinds, synthesised by the program itself, for whoever has none at hand.

mod dsp;
mod voices;

use std::f64::consts::TAU;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::voices::KINDS;
use crate::audio::wav::{Depth, write_wav};
use crate::audio::{AudioError, Cause};

/// Hertz.
pub const DEMO_RATE: u32 = 44_100;
const RATE: f64 = DEMO_RATE as f64;
/// Files of each kind.
const FILES_A_KIND: usize = 14;
const SEED: u64 = 0x0053_4F55_4E44;
/// Every sound ends in a fade of this length, wherever its synthesis was cut.
const LAST_FADE_SECS: f64 = 0.02;

/// How many files the library has.
pub fn demo_file_count() -> usize {
    KINDS.len() * FILES_A_KIND
}

/// Writes the library below `folder` as `kind/kind_nn.wav`, mono, 16 bits, always the same bytes, and returns the paths
/// in order. `progress` hears how many of how many are done; when it breaks, what is written so far stays, and is
/// returned.
pub fn write_demo_library(
    folder: &Path,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<PathBuf>, AudioError> {
    let total = demo_file_count();
    let mut paths = Vec::with_capacity(total);
    for (kind_number, (kind, voice)) in KINDS.iter().enumerate() {
        let kind_folder = folder.join(kind);
        std::fs::create_dir_all(&kind_folder).map_err(|error| Cause::Unwritable(error).at(&kind_folder))?;
        for number in 0..FILES_A_KIND {
            if progress(paths.len(), total).is_break() {
                return Ok(paths);
            }
            let path = kind_folder.join(format!("{kind}_{number:02}.wav"));
            write_wav(&path, &demo_sound(kind_number, *voice, number), 1, DEMO_RATE, Depth::Pcm16)?;
            paths.push(path);
        }
    }
    // Whether it goes on no longer matters.
    let _ = progress(total, total);
    Ok(paths)
}

/// One sound. Each has random numbers of its own, so that changing one kind leaves the others as they are.
fn demo_sound(kind_number: usize, voice: voices::Voice, number: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    rng.set_stream((kind_number * 1000 + number) as u64);
    // Low to high within a kind, so that neighbours in the list differ a little and the first and the last a lot.
    let place = number as f64 / (FILES_A_KIND - 1) as f64;
    let mut samples = voice(&mut rng, place);
    let mut below_hearing = dsp::Filter::default();
    samples.iter_mut().for_each(|sample| *sample = below_hearing.step(*sample, 15.0, 0.7).high);
    let fade = (LAST_FADE_SECS * RATE) as usize;
    let length = samples.len();
    for (left, sample) in samples.iter_mut().rev().take(fade.min(length)).enumerate() {
        *sample *= 0.5 - 0.5 * (TAU * 0.5 * left as f64 / fade as f64).cos();
    }
    let peak = samples.iter().fold(1e-9, |peak: f64, sample| peak.max(sample.abs()));
    // Levels differ as in real libraries: 12 dB between the softest and the loudest.
    let level = 0.9 * 10f64.powf(-12.0 / 20.0 * dsp::uniform(&mut rng, 0.0, 1.0));
    samples.iter().map(|sample| (sample / peak * level) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::silence::is_silent;
    use crate::audio::{read_mono, survey};
    use std::collections::BTreeSet;

    #[test]
    fn the_library_is_whole_audible_and_always_the_same() {
        let first = tempfile::tempdir().unwrap();
        let mut calls = Vec::new();
        let mut note = |done, total| {
            calls.push((done, total));
            ControlFlow::Continue(())
        };
        let paths = write_demo_library(first.path(), &mut note).unwrap();
        assert_eq!(calls, (0..=196).map(|done| (done, 196)).collect::<Vec<_>>());
        assert_eq!(paths.len(), 196);
        assert!(KINDS.len() >= 12);
        let mut contents = BTreeSet::new();
        for (i, path) in paths.iter().enumerate() {
            assert!(contents.insert(std::fs::read(path).unwrap()), "{} is like another", path.display());
            let survey = survey(path, 8, || true).unwrap().unwrap();
            assert_eq!((survey.rate, survey.channels, survey.warning), (DEMO_RATE, 1, None));
            let secs = survey.frames as f64 / RATE;
            assert!((0.3..=2.5).contains(&secs), "{}: {secs} s", path.display());
            assert!((0.2..0.95).contains(&survey.peak), "{}: peak {}", path.display(), survey.peak);
            let samples = read_mono(path, None, None).unwrap().samples;
            let kind = i / FILES_A_KIND;
            let again = demo_sound(kind, KINDS[kind].1, i % FILES_A_KIND);
            let same = |(a, b): (&f32, &f32)| (a - b).abs() <= 0.5 / 32768.0;
            assert!(samples.len() == again.len() && samples.iter().zip(&again).all(same), "{}", path.display());
            assert!(!is_silent(&samples), "{} is silent", path.display());
            let offset = samples.iter().map(|x| f64::from(*x)).sum::<f64>() / samples.len() as f64;
            assert!(offset.abs() < 0.02, "{} is off zero by {offset}", path.display());
        }
        assert_eq!(paths[15], first.path().join(KINDS[1].0).join(format!("{}_01.wav", KINDS[1].0)));
    }

    #[test]
    fn writing_stops_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut stop = |done, _| if done == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let paths = write_demo_library(folder.path(), &mut stop).unwrap();
        assert_eq!(paths.len(), 3);
        assert!(paths.iter().all(|path| path.is_file()));
    }
}
