//! The table of containers and codecs in docs/formats.md: every pair that ffmpeg or sox makes here, read by this program and by
//! ffmpeg. `cargo test --test it pairs -- --ignored --nocapture` prints the table.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use soundalike::audio::Decoder;

use crate::support::is_there;

const SECS: f64 = 2.0;
/// Lengths may differ by the priming and the padding of a codec.
const FRAMES_OFF: usize = 4608;
/// Two decoders of one lossy codec differ less than this, in dB below the sound.
const LEAST_DB: f64 = 20.0;

/// Containers of ffmpeg: extension, and muxer.
const CONTAINERS: [(&str, &str); 20] = [
    ("wav", "wav"),
    ("rf64.wav", "wav"),
    ("w64", "w64"),
    ("aiff", "aiff"),
    ("au", "au"),
    ("caf", "caf"),
    ("mov", "mov"),
    ("m4a", "ipod"),
    ("mp4", "mp4"),
    ("fragmented.mp4", "mp4"),
    ("3gp", "3gp"),
    ("mkv", "matroska"),
    ("webm", "webm"),
    ("ogg", "ogg"),
    ("flac", "flac"),
    ("mp3", "mp3"),
    ("aac", "adts"),
    ("avi", "avi"),
    ("wma", "asf"),
    ("ts", "mpegts"),
];

const CODECS: [&str; 39] = [
    "pcm_u8",
    "pcm_s8",
    "pcm_s16le",
    "pcm_s16be",
    "pcm_s24le",
    "pcm_s24be",
    "pcm_s32le",
    "pcm_s32be",
    "pcm_f32le",
    "pcm_f32be",
    "pcm_f64le",
    "pcm_f64be",
    "pcm_alaw",
    "pcm_mulaw",
    "adpcm_ima_wav",
    "adpcm_ima_qt",
    "adpcm_ms",
    "adpcm_yamaha",
    "alac",
    "flac",
    "libmp3lame",
    "mp2",
    "aac",
    "libvorbis",
    "libopus",
    "libspeex",
    "ac3",
    "eac3",
    "dca",
    "wavpack",
    "tta",
    "wmav2",
    "g722",
    "g726",
    "libgsm_ms",
    "libgsm",
    "truehd",
    "s302m",
    "pcm_bluray",
];

/// Files of other kinds: name, program, and its arguments before the file.
const OTHERS: [(&str, &[&str]); 12] = [
    ("NIST SPHERE, PCM", &["sox", "x.sph"]),
    ("NIST SPHERE, mu-law", &["sox", "-e", "mu-law", "x.sph"]),
    ("Creative Voice", &["sox", "-b", "8", "-e", "unsigned", "x.voc"]),
    ("Amiga 8SVX", &["sox", "-b", "8", "x.8svx"]),
    ("AIFC, A-law", &["sox", "-e", "a-law", "x.aifc"]),
    ("WAV, GSM 6.10", &["sox", "-r", "8000", "-c", "1", "-e", "gsm", "x.wav"]),
    ("AMR", &["sox", "-r", "8000", "-c", "1", "x.amr-nb"]),
    ("WavPack (.wv)", &["ffmpeg", "-c:a", "wavpack", "x.wv"]),
    ("True Audio (.tta)", &["ffmpeg", "-c:a", "tta", "x.tta"]),
    ("AC-3 (.ac3)", &["ffmpeg", "-c:a", "ac3", "x.ac3"]),
    ("DTS (.dts)", &["ffmpeg", "-c:a", "dca", "-strict", "-2", "x.dts"]),
    ("Opus (.opus)", &["ffmpeg", "-c:a", "libopus", "x.opus"]),
];

enum Outcome {
    Agrees,
    Told(String),
    Refused(String),
    Differs(String),
}

/// Mono at first, because some codecs have only that. Returns whether the file was made.
fn make(folder: &Path, how: &[&str], to: &str) -> bool {
    let forms: [&[&str]; 4] = [
        &["-ar", "44100", "-ac", "2"],
        &["-ar", "48000", "-ac", "2"],
        &["-ar", "16000", "-ac", "1"],
        &["-ar", "8000", "-ac", "1"],
    ];
    forms.iter().any(|form| {
        let mut command = Command::new("ffmpeg");
        command.current_dir(folder).args(["-v", "error", "-y", "-i", "original.wav"]).args(*form).args(how).arg(to);
        command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    })
}

fn floats_of(path: &Path) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "quiet", "-i"]).arg(path).args(["-map", "0:a:0", "-f", "f32le", "-"]);
    let output = command.output().expect("it runs");
    output.stdout.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

fn compare(path: &Path) -> Outcome {
    let mut decoder = match Decoder::open(path) {
        Ok(decoder) => decoder,
        Err(failure) => return Outcome::Refused(failure.cause.to_string()),
    };
    let mut ours = Vec::new();
    loop {
        match decoder.next_block() {
            Ok(Some(block)) => ours.extend_from_slice(block),
            Ok(None) => break,
            Err(failure) => return Outcome::Refused(failure.cause.to_string()),
        }
    }
    if let Some(warning) = decoder.warning() {
        return Outcome::Told(warning);
    }
    let (theirs, channels) = (floats_of(path), decoder.channels());
    if ours.len().abs_diff(theirs.len()) > FRAMES_OFF * channels {
        return Outcome::Differs(format!("{} frames, ffmpeg {}", ours.len() / channels, theirs.len() / channels));
    }
    let power = |samples: &mut dyn Iterator<Item = f64>| samples.map(|x| x * x).sum::<f64>().max(1e-12);
    let sound = power(&mut theirs.iter().map(|x| f64::from(*x)));
    let rest = power(&mut ours.iter().zip(&theirs).map(|(a, b)| f64::from(a - b)));
    match 10.0 * (sound / rest).log10() {
        db if db >= LEAST_DB => Outcome::Agrees,
        db => Outcome::Differs(format!("{db:.0} dB")),
    }
}

#[test]
#[ignore = "a table for docs/formats.md: minutes, with ffmpeg and sox"]
fn pairs_of_containers_and_codecs() {
    if !is_there("ffmpeg", "-version") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: 44_100,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(folder.path().join("original.wav"), spec).expect("a file");
    for frame in 0..(SECS * 44_100.0) as u32 {
        let t = f64::from(frame) / 44_100.0;
        for hertz in [220.0 + 300.0 * t, 330.0 + 200.0 * t] {
            wav.write_sample((9000.0 * (std::f64::consts::TAU * hertz * t).sin()) as i16).expect("written");
        }
    }
    wav.finalize().expect("finished");

    let mut table: BTreeMap<String, [Vec<String>; 4]> = BTreeMap::new();
    let (mut counts, mut differ) = ([0; 4], Vec::new());
    let mut note = |container: &str, codec: &str, outcome: Outcome| {
        let (place, why) = match outcome {
            Outcome::Agrees => (0, String::new()),
            Outcome::Told(why) => (1, why),
            Outcome::Refused(why) => (2, why),
            Outcome::Differs(why) => (3, why),
        };
        counts[place] += 1;
        let codec = codec.trim_start_matches("lib");
        println!("{container} {codec}: {} {why}", ["agrees", "told", "refused", "differs"][place]);
        if place == 3 {
            differ.push(format!("{container} {codec}: {why}"));
        }
        table.entry(container.to_owned()).or_default()[place].push(codec.to_owned());
    };
    for (ending, muxer) in CONTAINERS {
        for codec in CODECS {
            let more: &[&str] = match ending {
                "rf64.wav" => &["-rf64", "always"],
                "fragmented.mp4" => &["-movflags", "frag_keyframe+empty_moov", "-frag_duration", "300000"],
                _ => &[],
            };
            let name = format!("x.{ending}");
            let how = [&["-strict", "-2", "-c:a", codec, "-f", muxer], more].concat();
            if make(folder.path(), &how, &name) {
                note(ending, codec, compare(&folder.path().join(&name)));
            }
        }
    }
    for (kind, how) in OTHERS {
        let Some((to, how)) = how.split_last() else { continue };
        let path = folder.path().join(to);
        let made = match how[0] {
            "sox" => {
                let mut sox = Command::new("sox");
                sox.current_dir(folder.path()).args(["-V1", "original.wav"]).args(&how[1..]).arg(to);
                sox.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
            }
            _ => make(folder.path(), &how[1..], to),
        };
        if made {
            note(kind, "its own", compare(&path));
        }
    }
    println!("\n| container | agrees | told | refused | differs |\n|---|---|---|---|---|");
    for (container, outcomes) in &table {
        let cells: Vec<String> = outcomes.iter().map(|codecs| codecs.join(", ")).collect();
        println!("| {container} | {} |", cells.join(" | "));
    }
    let [agree, told, refused, differing] = counts;
    println!("\n{agree} agree, {told} are told, {refused} are refused, {differing} differ");
    assert!(agree > 100, "{agree} agree");
    assert!(differ.is_empty(), "{differ:#?}");
}
