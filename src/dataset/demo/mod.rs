//! The demo library: short sounds of many kinds, which the program synthesises for people who have no recordings at
//! hand.

mod dsp;
mod voices;

use std::f64::consts::TAU;
use std::fs;
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use self::voices::KINDS;
use crate::audio::wav::{Depth, wav_bytes};
use crate::audio::{AudioError, Cause};
use crate::ground::files;

/// Hertz.
pub const DEMO_RATE: u32 = 44_100;
const RATE: f64 = DEMO_RATE as f64;
/// The number of files of each kind.
const FILES_A_KIND: usize = 14;
const SEED: u64 = 0x0053_4F55_4E44;
/// Every sound ends with a fade of this length, because its synthesis may end anywhere.
const LAST_FADE_SECS: f64 = 0.02;

/// The number of files of the library.
pub fn demo_file_count() -> usize {
    KINDS.len() * FILES_A_KIND
}

/// The result of writing the demo library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The library's files that exist now, in order.
    pub paths: Vec<PathBuf>,
    /// Paths of the library at which there is something else: another file, or a link. It was not touched.
    pub left_alone: Vec<PathBuf>,
}

/// Writes the library below `folder` as `kind/kind_nn.wav`: mono, 16 bits, always the same bytes. Existing files stay
/// unchanged, and nothing is written through a link. `progress` is called with the number of files done and their
/// total. If it breaks, the files written so far stay.
///
/// # Errors
/// If a file cannot be written, or if one of the folders is a link or not a folder.
pub fn write_demo_library(
    folder: &Path,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Written, AudioError> {
    let total = demo_file_count();
    let mut written = Written::default();
    for (kind_number, (kind, voice)) in KINDS.iter().enumerate() {
        let kind_folder = folder.join(kind);
        for folder in [folder, &kind_folder] {
            make_folder(folder).map_err(|error| Cause::Unwritable(error).at(folder))?;
        }
        for number in 0..FILES_A_KIND {
            if progress(written.paths.len() + written.left_alone.len(), total).is_break() {
                return Ok(written);
            }
            let path = kind_folder.join(format!("{kind}_{number:02}.wav"));
            let bytes = wav_bytes(&demo_sound(kind_number, *voice, number), 1, DEMO_RATE, Depth::Pcm16);
            let bytes = bytes.map_err(|cause| cause.at(&path))?;
            match files::create(&path, &bytes) {
                Ok(()) => written.paths.push(path),
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists && holds(&path, &bytes) => {
                    written.paths.push(path);
                }
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists => written.left_alone.push(path),
                Err(cause) => return Err(Cause::Unwritable(cause).at(&path)),
            }
        }
    }
    // Everything is done, so the answer does not matter.
    let _ = progress(total, total);
    Ok(written)
}

/// Makes a folder if it does not exist.
fn make_folder(folder: &Path) -> io::Result<()> {
    match fs::symlink_metadata(folder) {
        Ok(facts) if facts.is_dir() => Ok(()),
        Ok(facts) if facts.is_symlink() => Err(io::Error::other("it is a link, and nothing is written through links")),
        Ok(_) => Err(io::Error::other("a file stands where this folder should be")),
        Err(cause) if cause.kind() == ErrorKind::NotFound => fs::create_dir(folder),
        Err(cause) => Err(cause),
    }
}

/// Whether there is a regular file with these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file());
    is_file && files::read_within(path, bytes.len() as u64).is_ok_and(|found| found == bytes)
}

/// One sound. Each sound has its own random numbers, so changing one kind leaves the others unchanged.
fn demo_sound(kind_number: usize, voice: voices::Voice, number: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    rng.set_stream((kind_number * 1000 + number) as u64);
    // From low to high within a kind. So neighbours in the list differ little, and the first and the last differ much.
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
    // Levels differ by up to 12 dB, as in real libraries.
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
        let Written { paths, left_alone } = write_demo_library(first.path(), &mut note).unwrap();
        assert_eq!(left_alone, Vec::<PathBuf>::new());
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
        let paths = write_demo_library(folder.path(), &mut stop).unwrap().paths;
        assert_eq!(paths.len(), 3);
        assert!(paths.iter().all(|path| path.is_file()));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_somebody_elses_is_left_alone() {
        use std::os::unix::fs::symlink;
        let keep = tempfile::tempdir().unwrap();
        let (folder, outside) = (keep.path().join("demo"), keep.path().join("outside.wav"));
        let kind = KINDS[0].0;
        let at = |number: usize| folder.join(kind).join(format!("{kind}_{number:02}.wav"));
        fs::create_dir_all(folder.join(kind)).unwrap();
        fs::write(at(0), "my own sound").unwrap();
        fs::write(&outside, "not yours either").unwrap();
        symlink(&outside, at(1)).unwrap();
        symlink(keep.path().join("absent.wav"), at(2)).unwrap();
        let mut stop = |done, _| if done == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let first = write_demo_library(&folder, &mut stop).unwrap();
        assert_eq!((first.left_alone, first.paths), (vec![at(0), at(1), at(2)], vec![at(3), at(4)]));
        assert_eq!(fs::read(at(0)).unwrap(), b"my own sound");
        assert_eq!(fs::read(&outside).unwrap(), b"not yours either");
        assert!(!keep.path().join("absent.wav").exists());
        // A second call also reports the library's own files of the first call.
        let modified = fs::metadata(at(3)).unwrap().modified().unwrap();
        assert_eq!(write_demo_library(&folder, &mut stop).unwrap().paths, [at(3), at(4)]);
        assert_eq!(fs::metadata(at(3)).unwrap().modified().unwrap(), modified);

        fs::remove_dir_all(&folder).unwrap();
        let elsewhere = keep.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, &folder).unwrap();
        let refused = write_demo_library(&folder, &mut stop).unwrap_err().to_string();
        assert!(refused.contains("nothing is written through links"), "{refused}");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    }
}
