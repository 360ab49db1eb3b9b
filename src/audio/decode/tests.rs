use super::*;
use std::fs;
use std::process::Command;

/// A WAV file with these format fields and this data.
fn wav(tag: u16, channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let block = channels * bits.div_ceil(8);
    let mut format = Vec::new();
    format.extend(tag.to_le_bytes());
    format.extend(channels.to_le_bytes());
    format.extend(rate.to_le_bytes());
    format.extend((rate * u32::from(block)).to_le_bytes());
    format.extend(block.to_le_bytes());
    format.extend(bits.to_le_bytes());
    riff(b"RIFF", &[(b"fmt ", &format), (b"data", data)])
}

fn riff(magic: &[u8; 4], chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WAVE".to_vec();
    for (name, content) in chunks {
        body.extend(*name);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(*content);
        body.resize(body.len().next_multiple_of(2), 0);
    }
    let mut file = magic.to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(body);
    file
}

fn le16(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Samples that identify their position.
fn ramp(frames: usize) -> Vec<i16> {
    (0..frames).map(|n| (n % 30_011) as i16).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn read_all(decoder: &mut Decoder) -> Vec<f32> {
    let mut all = Vec::new();
    while let Some(block) = decoder.next_block().unwrap() {
        all.extend_from_slice(block);
    }
    all
}

fn decode(bytes: &[u8]) -> (Vec<f32>, Option<String>) {
    let folder = Folder::new();
    let mut decoder = Decoder::open(&folder.file("a.wav", bytes)).unwrap();
    let all = read_all(&mut decoder);
    assert_eq!(decoder.frames(), Some((all.len() / decoder.channels()) as u64));
    (all, decoder.warning())
}

fn cause(bytes: &[u8]) -> String {
    let folder = Folder::new();
    match Decoder::open(&folder.file("a.wav", bytes)) {
        Err(error) => error.cause.to_string(),
        Ok(_) => panic!("it was read"),
    }
}

#[test]
fn every_kind_of_wav_sample_has_its_value() {
    let clean = |bytes: &[u8]| {
        let (samples, warning) = decode(bytes);
        assert_eq!(warning, None);
        samples
    };
    let pcm16 = le16(&[0, 1, -1, 32767, -32768]);
    assert_eq!(clean(&wav(1, 1, 8000, 16, &pcm16)), [0.0, 1.0 / 32768.0, -1.0 / 32768.0, 32767.0 / 32768.0, -1.0]);
    assert_eq!(clean(&wav(1, 1, 8000, 8, &[128, 0, 192])), [0.0, -1.0, 0.5]);
    assert_eq!(clean(&wav(1, 2, 8000, 24, &[0, 0, 0x40, 0, 0, 0x80])), [0.5, -1.0]);
    assert_eq!(clean(&wav(1, 1, 8000, 32, &(1i32 << 29).to_le_bytes())), [0.25]);
    // 12 bits are in the upper bits of 16.
    assert_eq!(clean(&wav(1, 1, 8000, 12, &le16(&[16384]))), [0.5]);
    assert_eq!(clean(&wav(3, 1, 8000, 32, &0.3f32.to_le_bytes())), [0.3]);
    assert_eq!(clean(&wav(3, 1, 8000, 64, &0.25f64.to_le_bytes())), [0.25]);
    // G.711: the bytes of the loudest positive sample and of the smallest one.
    let mu = clean(&wav(7, 1, 8000, 8, &[0x80, 0xFF]));
    assert!((mu[0] - 32124.0 / 32768.0).abs() < 1e-6 && mu[1] == 0.0, "{mu:?}");
    let a = clean(&wav(6, 1, 8000, 8, &[0xAA, 0xD5]));
    assert!((a[0] - 32256.0 / 32768.0).abs() < 1e-6 && (a[1] - 8.0 / 32768.0).abs() < 1e-6, "{a:?}");
}

#[test]
fn extensible_and_odd_headers_are_read() {
    let data = le16(&[100, -100, 200]);
    let mut format = wav(0xFFFE, 1, 44_100, 16, &[])[20..36].to_vec();
    format.extend([22, 0, 16, 0, 0, 0, 0, 0, 1, 0]);
    format.extend(*b"\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71");
    let expected = vec![100.0 / 32768.0, -100.0 / 32768.0, 200.0 / 32768.0];
    let extensible = riff(b"RIFF", &[(b"fmt ", &format), (b"data", &data)]);
    assert_eq!(decode(&extensible), (expected.clone(), None));
    // An odd chunk before the data, a list with wrong inner sizes, and a chunk after the data.
    let list = *b"INFOINAM\xFF\xFF\xFF\x0Fab";
    let chunks: [(&[u8; 4], &[u8]); 5] =
        [(b"bext", &[1, 2, 3]), (b"fmt ", &format), (b"LIST", &list), (b"data", &data), (b"id3 ", &[9; 30])];
    assert_eq!(decode(&riff(b"RIFF", &chunks)), (expected.clone(), None));
    // RF64 keeps its sizes in a separate chunk.
    let mut wide = [0u8; 28];
    wide[8] = data.len() as u8;
    let mut rf64 = riff(b"RF64", &[(b"ds64", &wide), (b"fmt ", &format), (b"data", &data), (b"junk", &[7; 8])]);
    let size = rf64.windows(4).position(|four| four == b"data").unwrap() + 4;
    rf64[size..size + 4].fill(0xFF);
    rf64[4..8].fill(0xFF);
    assert_eq!(decode(&rf64), (expected, None));
}

#[test]
fn sizes_that_lie_lose_no_sound() {
    let samples = ramp(5000);
    let whole: Vec<f32> = samples.iter().map(|x| f32::from(*x) / 32768.0).collect();
    let good = wav(1, 1, 8000, 16, &le16(&samples));
    let with_sizes = |riff: u32, data: u32, end: usize| {
        let mut bytes = good[..end].to_vec();
        bytes[4..8].copy_from_slice(&riff.to_le_bytes());
        bytes[40..44].copy_from_slice(&data.to_le_bytes());
        decode(&bytes)
    };
    let end = good.len();
    assert_eq!(with_sizes(u32::MAX, u32::MAX, end), (whole.clone(), None), "written to a pipe");
    assert_eq!(with_sizes(0x7FFF_FFF0, 0x7FFF_FFC0, end), (whole.clone(), None), "written to a pipe by sox");
    for riff in [0, 36] {
        let (samples, warning) = with_sizes(riff, 0, end);
        assert_eq!(samples, whole);
        assert!(warning.unwrap().contains("never completed"));
    }
    let (samples, warning) = with_sizes(36 + 10_000, 10_000, end - 2001);
    assert_eq!(samples, whole[..3999]);
    assert!(warning.unwrap().contains("cut off: 80%"));
}

#[test]
fn what_cannot_be_read_is_told_why() {
    let folder = Folder::new();
    let open = |path: &Path| Decoder::open(path).err().unwrap().cause.to_string();
    assert_eq!(open(&folder.0.path().join("none.wav")), "there is no such file");
    assert_eq!(open(folder.0.path()), "it is a folder, not a file");
    #[cfg(target_os = "linux")]
    assert_eq!(open(Path::new("/dev/null")), "it is a device or a pipe, not a file");
    assert_eq!(cause(b""), "it is empty (0 bytes)");
    assert_eq!(cause(&b"All work and no play makes Jack a dull boy. ".repeat(500)), Cause::NotSound.to_string());
    let good = wav(1, 1, 8000, 16, &le16(&ramp(100)));
    for end in [5, 11, 12, 19, 30, 36, 43] {
        assert_eq!(cause(&good[..end]), "it is cut off in its header, before any sound", "after {end} bytes");
    }
    assert_eq!(cause(&good[..44]), "it holds no sound");
    assert_eq!(cause(&wav(1, 1, 8000, 16, &[])), "it holds no sound");
    assert!(cause(&wav(0x31, 1, 8000, 16, &[0; 100])).starts_with("WAV with GSM 6.10 cannot be read"));
    assert!(cause(&wav(1, 0, 8000, 16, &[0; 100])).contains("no channels"));
    assert!(cause(&wav(1, 1, 4_000_000_000, 8, &[0; 100])).starts_with("its rate is 4000000000 Hz"));
    assert!(cause(b"wvpk and whatever").starts_with("WavPack cannot be read"));
}

#[test]
fn samples_that_are_no_numbers_become_silence() {
    let bytes: Vec<u8> =
        [0.5, f32::NAN, f32::INFINITY, -1e30, 2.0].iter().flat_map(|x: &f32| x.to_le_bytes()).collect();
    let (samples, warning) = decode(&wav(3, 1, 8000, 32, &bytes));
    assert_eq!(samples, [0.5, 0.0, 0.0, 0.0, 2.0]);
    assert_eq!(
        warning.unwrap(),
        "2 samples are not numbers and were read as silence; 1 sample is larger than any sound and was read as silence"
    );
}

/// Asserts that reading from any frame gives the same samples as reading from the start, within `tolerance` (RMS).
fn assert_seeks_are_exact(path: &Path, tolerance: f32) {
    let mut decoder = Decoder::open(path).unwrap();
    let whole = read_all(&mut decoder);
    let channels = decoder.channels();
    let frames = whole.len() / channels;
    for frame in [frames / 2, 0, 1, 1151, 1152, frames - 1, frames / 3, frames / 3 + 1, 7, frames, frames + 5, 100] {
        decoder.seek(frame as u64).unwrap();
        let expected = &whole[(frame * channels).min(whole.len())..];
        let mut got = Vec::new();
        while got.len() < expected.len().min(5000) {
            got.extend_from_slice(decoder.next_block().unwrap().unwrap());
        }
        let common = got.len().min(expected.len());
        let error: f32 = got.iter().zip(expected).map(|(a, b)| (a - b).powi(2)).sum();
        let rms = (error / common.max(1) as f32).sqrt();
        assert!(rms <= tolerance, "{} from frame {frame}: RMS of the difference is {rms}", path.display());
        if expected.is_empty() {
            assert_eq!(decoder.next_block().unwrap(), None);
        }
    }
    assert_eq!(decoder.warning(), None, "{}", path.display());
}

#[test]
fn seeking_in_wav_is_exact() {
    let folder = Folder::new();
    assert_seeks_are_exact(&folder.file("mono.wav", &wav(1, 1, 8000, 16, &le16(&ramp(60_000)))), 0.0);
    assert_seeks_are_exact(&folder.file("short.wav", &wav(1, 2, 8000, 16, &le16(&ramp(4000)))), 0.0);
}

/// Converts with any tool that is installed. If there is none, prints a line and returns false.
fn convert(original: &Path, to: &Path) -> bool {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-loglevel", "error", "-i"]).arg(original).arg(to);
    let mut sox = Command::new("sox");
    sox.arg("-D").arg(original).arg(to);
    let converted = [ffmpeg, sox].iter_mut().any(|tool| tool.output().is_ok_and(|output| output.status.success()));
    if !converted {
        eprintln!("skipped {}: neither ffmpeg nor sox writes it here", to.display());
    }
    converted
}

/// Lossless formats must agree with their original WAV file, sample for sample. Lossy formats must be aligned with it.
/// All must seek exactly.
#[test]
fn formats_of_other_programs_agree_with_the_original() {
    let folder = Folder::new();
    // A sweep with low noise, so that no two frames are alike and formats can be aligned.
    let sound: Vec<i16> = (0..200_000u32)
        .map(|n| {
            let secs = f64::from(n / 2) / 44_100.0;
            let sweep = (600.0 * secs * (1.0 + secs)).sin() * 8000.0;
            sweep as i16 + (n.wrapping_mul(2_654_435_761) >> 24) as i16
        })
        .collect();
    let original = folder.file("a.wav", &wav(1, 2, 44_100, 16, &le16(&sound)));
    let whole = read_all(&mut Decoder::open(&original).unwrap());
    for name in ["b.flac", "b.aiff", "b.ogg", "b.mp3", "b.m4a", "b.aac", "b.mka"] {
        let path = folder.0.path().join(name);
        if !convert(&original, &path) {
            continue;
        }
        let mut decoder = Decoder::open(&path).unwrap();
        assert_eq!((decoder.rate(), decoder.channels()), (44_100, 2));
        let samples = read_all(&mut decoder);
        let lossless = name.ends_with("flac") || name.ends_with("aiff");
        if lossless {
            assert_eq!(samples, whole, "{name}");
        } else {
            // Bare AAC does not say that its first packet only primes the decoder.
            let late = if name.ends_with(".aac") { 2 * 1024 } else { 0 };
            if name.ends_with("m4a") {
                assert_eq!(samples.len(), whole.len(), "{name}");
            }
            let (a, b) = (&samples[40_000 + late..120_000 + late], &whole[40_000..120_000]);
            let error: f32 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
            let power: f32 = b.iter().map(|b| b.powi(2)).sum();
            assert!(error / power < 0.01, "{name}: {}", error / power);
        }
        // AAC fills bands with random noise, which differs each time. An error of one frame would be 0.01.
        let drawn = name.ends_with("m4a") || name.ends_with("aac");
        assert_seeks_are_exact(&path, if drawn { 0.003 } else { 0.0 });
    }
}

/// Damaged bytes must give an error or a warning, never a panic, and no more sound than the bytes can hold.
#[test]
fn damaged_files_do_no_harm() {
    let good = wav(1, 2, 8000, 16, &le16(&ramp(400)));
    let mut state = 1u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let folder = Folder::new();
    for _ in 0..2000 {
        let mut bytes = good.clone();
        for _ in 0..=random(4) {
            let at = if random(2) == 0 { random(44) } else { random(bytes.len()) };
            bytes[at] = random(256) as u8;
        }
        bytes.truncate(random(bytes.len()) + 1);
        let path = folder.file("a.wav", &bytes);
        if let Ok(mut decoder) = Decoder::open(&path) {
            let mut samples = 0;
            while let Ok(Some(block)) = decoder.next_block() {
                samples += block.len();
            }
            assert!(samples <= 8 * bytes.len());
        }
    }
}

#[test]
fn what_primed_an_encoder_is_left_out_as_the_edit_list_says_or_the_comment_of_itunes() {
    const BY_EDITS: &[u8] = include_bytes!("../../../tests/sounds/mini.m4a");
    let (expected, _) = decode(BY_EDITS);
    let mut bare = BY_EDITS.to_vec();
    let place = |bytes: &[u8], kind: &[u8; 4]| bytes.windows(4).position(|four| four == kind).unwrap();
    let edits = place(&bare, b"edts");
    bare[edits..edits + 4].copy_from_slice(b"free");
    // The file does not say how long the priming is.
    let late = read_all(&mut Decoder::open(&Folder::new().file("a.m4a", &bare)).unwrap());
    assert_eq!(late[1024..][..expected.len()], expected);

    let part = |kind: &[u8; 4], content: &[u8]| {
        [&(content.len() as u32 + 8).to_be_bytes()[..], kind.as_slice(), content].concat()
    };
    let told = expected.len() - 100;
    let text = format!(" 00000000 00000400 00000150 {told:016X} 00000000 00000000 00000000 00000000");
    let comment = [
        part(b"mean", b"\0\0\0\0com.apple.iTunes"),
        part(b"name", b"\0\0\0\0iTunSMPB"),
        part(b"data", &[b"\0\0\0\x01\0\0\0\0", text.as_bytes()].concat()),
    ];
    let comment = part(b"----", &comment.concat());
    // The comment is put at the end of four nested boxes, which all end with the file.
    for kind in [b"moov", b"udta", b"meta", b"ilst"] {
        let size = place(&bare, kind) - 4;
        let grown = u32::from_be_bytes(bare[size..size + 4].try_into().unwrap()) + comment.len() as u32;
        bare[size..size + 4].copy_from_slice(&grown.to_be_bytes());
    }
    bare.extend(comment);
    assert_eq!(decode(&bare).0, expected[..told]);
}

#[test]
fn a_file_that_was_never_finished_says_what_is_missing() {
    let unfinished = &include_bytes!("../../../tests/sounds/mini.m4a")[..970];
    assert_eq!(cause(unfinished), "it is damaged: its table of contents, which many programs write last, is missing");
}
