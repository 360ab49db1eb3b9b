//! A player hears what was indexed: in every format, at ten random places, after a seek and after damage.

use std::path::{Path, PathBuf};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use soundalike::audio::Decoder;

use super::Workshop;

const PLACES: usize = 10;
const SECS: usize = 8;
/// The frames that are compared at each place.
const LOOKED_AT: usize = 4410;

/// A file of every format that is read: its name, and ffmpeg's arguments. From this share of the file on, its bytes are
/// sound.
const FORMATS: [(&str, &[&str], f64); 24] = [
    ("a.wav", &["-c:a", "pcm_s24le"], 0.01),
    ("f.wav", &["-c:a", "pcm_f32le"], 0.01),
    ("ms.wav", &["-c:a", "adpcm_ms"], 0.01),
    ("ima.wav", &["-c:a", "adpcm_ima_wav"], 0.01),
    ("mp3.wav", &["-c:a", "libmp3lame", "-b:a", "128k"], 0.05),
    ("a.aiff", &["-c:a", "pcm_s16be"], 0.01),
    ("ima4.aifc", &["-c:a", "adpcm_ima_qt", "-f", "aiff"], 0.01),
    ("a.au", &["-c:a", "pcm_mulaw"], 0.01),
    ("a.w64", &[], 0.01),
    ("a.caf", &["-c:a", "pcm_s16le"], 0.01),
    ("alac.caf", &["-c:a", "alac"], 0.1),
    ("a.flac", &["-c:a", "flac", "-sample_fmt", "s16"], 0.05),
    ("flac.oga", &["-c:a", "flac", "-sample_fmt", "s16", "-f", "ogg", "-page_duration", "100000"], 0.1),
    ("cbr.mp3", &["-c:a", "libmp3lame", "-b:a", "128k"], 0.05),
    ("vbr.mp3", &["-c:a", "libmp3lame", "-q:a", "3"], 0.05),
    ("a.mp2", &["-c:a", "mp2", "-b:a", "192k"], 0.05),
    ("a.ogg", &["-c:a", "libvorbis", "-q:a", "5", "-page_duration", "100000"], 0.1),
    ("a.opus", &["-c:a", "libopus", "-b:a", "96k", "-page_duration", "100000"], 0.1),
    ("a.aac", &["-c:a", "aac", "-b:a", "128k"], 0.05),
    ("a.m4a", &["-c:a", "aac", "-b:a", "128k"], 0.05),
    ("alac.m4a", &["-c:a", "alac"], 0.05),
    (
        "parts.mp4",
        &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+delay_moov", "-frag_duration", "500000"],
        0.05,
    ),
    ("vorbis.mka", &["-c:a", "libvorbis", "-q:a", "5"], 0.1),
    ("flac.mka", &["-c:a", "flac", "-sample_fmt", "s16"], 0.1),
];

/// A sound in which no two stretches are alike: noise that gets louder and softer.
fn write_original(path: &Path) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec).expect("a file");
    let mut random = ChaCha8Rng::seed_from_u64(19);
    let mut smooth = 0.0f32;
    for frame in 0..SECS * 44_100 {
        smooth = 0.7 * smooth + 0.3 * random.random_range(-1.0..1.0);
        let swell = 0.6 + 0.4 * (frame as f32 / 3000.0).sin();
        wav.write_sample((smooth * swell * 20_000.0) as i16).expect("written");
    }
    wav.finalize().expect("finished");
}

/// Files of all formats that this machine can make.
fn files(workshop: &Workshop) -> Vec<(PathBuf, f64)> {
    write_original(&workshop.path("places.wav"));
    let mut files = Vec::new();
    for (name, how, sound) in FORMATS {
        let (path, mut arguments) = (workshop.path(&format!("places {name}")), vec!["-i", "places.wav"]);
        arguments.extend(how);
        match workshop.ffmpeg(&arguments, &path) {
            Some(()) => files.push((path, sound)),
            None => eprintln!("SKIPPED: {name} cannot be made here"),
        }
    }
    files
}

fn read(decoder: &mut Decoder, frames: usize) -> Vec<f32> {
    let mut samples = Vec::new();
    while samples.len() < frames.saturating_mul(decoder.channels()) {
        match decoder.next_block().expect("sound") {
            Some(block) => samples.extend_from_slice(block),
            None => break,
        }
    }
    samples
}

/// The difference of two stretches, as a share of the first one's power.
fn difference(expected: &[f32], heard: &[f32]) -> f64 {
    let common = expected.len().min(heard.len());
    let power: f64 = expected[..common].iter().map(|x| f64::from(*x).powi(2)).sum();
    let error: f64 = expected.iter().zip(heard).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    error / power.max(1e-9)
}

/// The noise changes so quickly that an error of a tenth of a millisecond, 5 frames, would show.
#[test]
fn a_seek_is_exact_in_every_format() {
    let workshop = Workshop::new();
    for (path, _) in files(&workshop) {
        let mut decoder = Decoder::open(&path).expect("opened");
        let whole = read(&mut decoder, usize::MAX);
        assert!(whole.len() > 7 * 44_100, "{}: {} samples", path.display(), whole.len());
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for _ in 0..PLACES {
            let place = random.random_range(0..whole.len() - LOOKED_AT);
            decoder.seek(place as u64).expect("sought");
            let heard = read(&mut decoder, LOOKED_AT);
            let heard = difference(&whole[place..place + LOOKED_AT], &heard);
            // AAC fills bands with new random noise each time.
            assert!(heard < 0.25, "{} from frame {place}: {heard}", path.display());
        }
        assert!(difference(&whole[1000..9000], &whole[1005..9005]) > 0.5, "the noise tells places apart");
    }
}

/// Damaged bytes cost only the stretch that they are in. What follows keeps its place, and the loss is reported.
#[test]
fn damage_moves_nothing_and_is_told() {
    /// The longest distance between the first and the last damaged sample: an Ogg page, or a FLAC packet, and what
    /// overlaps it.
    const LONGEST: usize = 44_100;
    let workshop = Workshop::new();
    let mut faults = Vec::new();
    for (path, sound) in files(&workshop) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let whole = read(&mut Decoder::open(&path).expect("opened"), usize::MAX);
        let bytes = std::fs::read(&path).expect("read");
        let mut random = ChaCha8Rng::seed_from_u64(11);
        for place in 0..PLACES {
            let mut damaged = bytes.clone();
            let first = (bytes.len() as f64 * sound) as usize;
            let at = random.random_range(first..bytes.len() * 9 / 10);
            let run = if place % 2 == 0 { 1 } else { 700 };
            damaged[at..at + run].iter_mut().for_each(|byte| *byte = !*byte);
            let to = workshop.path(&format!("damaged {name}"));
            std::fs::write(&to, &damaged).expect("written");
            let mut decoder = match Decoder::open(&to) {
                Ok(decoder) => decoder,
                Err(failure) => {
                    faults.push(format!("{name}, {run} bytes at {at}: {failure}"));
                    continue;
                }
            };
            let heard = read(&mut decoder, usize::MAX);
            // The twentieths of a second that differ.
            let other: Vec<usize> = (0..whole.len() / 2205)
                .filter(|step| {
                    let range = step * 2205..(step + 1) * 2205;
                    heard.get(range.clone()).is_none_or(|heard| difference(&whole[range], heard) > 0.05)
                })
                .collect();
            let spread = match (other.first(), other.last()) {
                (Some(first), Some(last)) => (last + 1 - first) * 2205,
                _ => 0,
            };
            let silent = other.iter().filter(|step| {
                heard
                    .get(*step * 2205..(*step + 1) * 2205)
                    .is_some_and(|heard| heard.iter().all(|sample| *sample == 0.0))
            });
            let is_told = decoder.warning().is_some();
            // symphonia cannot continue after damage in these containers. That is reported.
            if is_told && ["parts.mp4", "vorbis.mka", "flac.mka"].iter().any(|container| name.ends_with(container)) {
                continue;
            }
            if spread > LONGEST || heard.len().abs_diff(whole.len()) > 2304 || (silent.count() > 0 && !is_told) {
                faults.push(format!(
                    "{name}, {run} bytes at {at} of {}: {} frames of {}, {spread} frames differ, told {:?}",
                    bytes.len(),
                    heard.len(),
                    whole.len(),
                    decoder.warning()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
