//! Compares what Soundalike reads with what other programs read: sample for sample for lossless formats, within a
//! stated tolerance for others. ffmpeg and sox make the files here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use soundalike::audio::Decoder;

use crate::support::is_there;

/// The original sound, without a header that programs could read differently.
struct Original {
    path: PathBuf,
    rate: u32,
    channels: u16,
}

impl Original {
    /// A fifth of a second of a sweep over noise, different in each channel.
    fn write(folder: &Path, rate: u32, channels: u16) -> Self {
        let mut bytes = Vec::new();
        let mut state = 1u32;
        for frame in 0..rate / 5 {
            let t = f64::from(frame) / f64::from(rate);
            for channel in 0..channels {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = f64::from(state) / f64::from(u32::MAX) - 0.5;
                let hertz = 300.0 + 90.0 * f64::from(channel) + 1000.0 * t;
                let sample = 0.5 * (std::f64::consts::TAU * hertz * t).sin() + 0.05 * noise;
                bytes.extend((sample as f32).to_le_bytes());
            }
        }
        let path = folder.join("original.raw");
        std::fs::write(&path, bytes).expect("written");
        Original { path, rate, channels }
    }

    /// Makes a file with ffmpeg. If this ffmpeg has no such encoder, prints a line and returns false.
    fn by_ffmpeg(&self, to: &Path, how: &[&str]) -> bool {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-y", "-f", "f32le", "-ar", &self.rate.to_string()]);
        command.args(["-ac", &self.channels.to_string(), "-i"]).arg(&self.path).args(how).arg(to);
        let made = command.status().is_ok_and(|status| status.success());
        if !made {
            eprintln!("SKIPPED: this ffmpeg cannot make {} by {how:?}", to.display());
        }
        made
    }

    fn by_sox(&self, to: &Path, how: &[&str]) {
        let mut command = Command::new("sox");
        command.args(["-V1", "-D", "-t", "raw", "-e", "floating-point", "-b", "32", "-L"]);
        command
            .args(["-r", &self.rate.to_string(), "-c", &self.channels.to_string()])
            .arg(&self.path)
            .args(how)
            .arg(to);
        assert!(command.status().expect("it runs").success(), "{command:?}");
    }
}

/// What Soundalike reads: rate, channels, samples.
fn ours(path: &Path) -> (u32, usize, Vec<f32>) {
    let mut decoder = Decoder::open(path).unwrap_or_else(|error| panic!("{error}"));
    let mut samples = Vec::new();
    while let Some(block) = decoder.next_block().expect("sound") {
        samples.extend_from_slice(block);
    }
    assert_eq!(decoder.warning(), None, "{}", path.display());
    (decoder.rate(), decoder.channels(), samples)
}

fn floats(mut command: Command) -> Vec<f32> {
    let output = command.stderr(Stdio::null()).output().expect("it runs");
    assert!(output.status.success(), "{command:?}");
    output.stdout.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

/// What ffmpeg reads.
fn theirs(path: &Path) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(path).args(["-f", "f32le", "-"]);
    floats(command)
}

fn sox_reads(path: &Path) -> Vec<f32> {
    let mut command = Command::new("sox");
    command.arg("-V1").arg(path).args(["-t", "raw", "-e", "floating-point", "-b", "32", "-L", "-"]);
    floats(command)
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn what_loses_nothing_agrees_sample_for_sample() {
    if !is_there("ffmpeg", "-version") {
        return;
    }
    // A float holds 24 bits of 32, and the other program may round the other way.
    let (exact, rounded) = (0.0, 1.2e-7);
    let kinds: [(&str, &[&str], f32); 17] = [
        ("u8.wav", &["-c:a", "pcm_u8"], exact),
        ("s16.wav", &["-c:a", "pcm_s16le"], exact),
        ("s24.wav", &["-c:a", "pcm_s24le"], exact),
        ("s32.wav", &["-c:a", "pcm_s32le"], rounded),
        ("f32.wav", &["-c:a", "pcm_f32le"], exact),
        ("f64.wav", &["-c:a", "pcm_f64le"], exact),
        ("alaw.wav", &["-c:a", "pcm_alaw"], exact),
        ("mulaw.wav", &["-c:a", "pcm_mulaw"], exact),
        ("rf64.wav", &["-c:a", "pcm_s16le", "-rf64", "always"], exact),
        ("s8.aiff", &["-c:a", "pcm_s8"], exact),
        ("s16.aiff", &["-c:a", "pcm_s16be"], exact),
        ("s24.aiff", &["-c:a", "pcm_s24be"], exact),
        ("s32.aiff", &["-c:a", "pcm_s32be"], rounded),
        ("f32.aiff", &["-c:a", "pcm_f32be"], exact),
        ("s16.flac", &["-c:a", "flac", "-sample_fmt", "s16"], exact),
        ("s24.flac", &["-c:a", "flac", "-sample_fmt", "s32"], exact),
        ("alac.m4a", &["-c:a", "alac"], exact),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (rate, channels) in [(8000, 1), (44_100, 2), (192_000, 3), (48_000, 8)] {
        let original = Original::write(folder.path(), rate, channels);
        for (name, how, tolerance) in kinds {
            let path = folder.path().join(name);
            if (name == "alac.m4a" && channels > 2) || !original.by_ffmpeg(&path, how) {
                continue;
            }
            let (our_rate, our_channels, samples) = ours(&path);
            let reference = theirs(&path);
            let what = format!("{name}, {rate} Hz, {channels} channels");
            assert_eq!(
                (our_rate, our_channels, samples.len()),
                (rate, usize::from(channels), reference.len()),
                "{what}"
            );
            let difference = largest_difference(&samples, &reference);
            assert!(difference <= tolerance, "{what}: {difference}");
        }
    }
}

#[test]
fn what_sox_writes_agrees_sample_for_sample() {
    if !is_there("sox", "--version") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (rate, channels) in [(11_025, 1), (48_000, 2), (44_100, 5)] {
        let original = Original::write(folder.path(), rate, channels);
        for (name, how) in [
            ("16.wav", vec!["-b", "16"]),
            // More than 16 bits and more than two channels make sox write extensible headers.
            ("24.wav", vec!["-b", "24"]),
            ("a.wav", vec!["-e", "a-law"]),
            ("mu.wav", vec!["-e", "mu-law"]),
            ("16.aiff", vec!["-b", "16"]),
            ("24.flac", vec!["-b", "24"]),
        ] {
            let path = folder.path().join(name);
            original.by_sox(&path, &how);
            let (our_rate, our_channels, samples) = ours(&path);
            let what = format!("{name}, {rate} Hz, {channels} channels");
            assert_eq!((our_rate, our_channels), (rate, usize::from(channels)), "{what}");
            let reference = sox_reads(&path);
            assert_eq!(samples.len(), reference.len(), "{what}");
            assert_eq!(largest_difference(&samples, &reference), 0.0, "{what}");
        }
    }
}

/// Lengths may differ by a packet, because not every program cuts off the padding at the end.
///
/// Two decoders of one lossy format differ by their rounding, and by the random noise of AAC.
#[test]
fn lossy_formats_agree_within_a_tolerance() {
    if !is_there("ffmpeg", "-version") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (rate, channels) in [(44_100, 2), (48_000, 1), (16_000, 1)] {
        let original = Original::write(folder.path(), rate, channels);
        for (name, how, least_db) in [
            ("a.mp3", ["-c:a", "libmp3lame", "-b:a", "128k"], 100.0),
            ("a.ogg", ["-c:a", "libvorbis", "-q:a", "4"], 100.0),
            ("a.m4a", ["-c:a", "aac", "-b:a", "128k"], 60.0),
        ] {
            let path = folder.path().join(name);
            if !original.by_ffmpeg(&path, &how) {
                continue;
            }
            let (our_rate, our_channels, samples) = ours(&path);
            let reference = theirs(&path);
            let what = format!("{name}, {rate} Hz, {channels} channels");
            assert_eq!((our_rate, our_channels), (rate, usize::from(channels)), "{what}");
            let frames = |samples: &[f32]| samples.len() / usize::from(channels);
            println!("{what}: {} frames, theirs {}", frames(&samples), frames(&reference));
            assert!(frames(&samples).abs_diff(frames(&reference)) <= 1152, "{what}: {} frames", frames(&samples));
            let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|x| f64::from(x).powi(2)).sum::<f64>();
            let noise = power(&mut samples.iter().zip(&reference).map(|(a, b)| a - b));
            let ratio_db = 10.0 * (power(&mut reference.iter().copied()) / noise.max(1e-30)).log10();
            println!("{what}: the difference is {ratio_db:.0} dB below the sound");
            assert!(ratio_db > least_db, "{what}: {ratio_db} dB");
        }
    }
}
