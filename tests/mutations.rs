//! Tens of thousands of damaged files, the same ones each time. No file may cause a panic or a hang, or give more sound
//! or take more memory than its size justifies. This is a binary of its own because it counts every byte that is
//! allocated.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use soundalike::audio::{Cause, Decoder, metadata};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The number of damaged files of each kind.
const MUTATIONS: usize = 4_100;
/// The longest time for one file of a few kilobytes, on a busy machine. A file that takes longer is read again: a busy
/// machine is slow now and then, but a file that keeps a reader busy is slow every time.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: usize = 3;
/// The number of threads that read, whatever the machine has.
const THREADS: usize = 4;
/// The most that all threads may hold at once, including the decoders' tables and this test.
const MOST_MEGABYTES: f32 = 16.0;

/// A WAV file with a fact chunk and a list before its data.
fn wav(tag: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
    let block = channels * bits / 8;
    let mut body = b"WAVEfmt \x10\0\0\0".to_vec();
    for field in [tag, channels, 8000, 0, 8000u16.wrapping_mul(block), 0, block, bits] {
        body.extend(field.to_le_bytes());
    }
    body.extend(b"fact\x04\0\0\0\0\x04\0\0LIST\x06\0\0\0INFOab");
    body.extend(b"data");
    body.extend((data.len() as u32).to_le_bytes());
    body.extend(data);
    let mut file = b"RIFF".to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(body);
    file
}

fn aiff(data: &[u8]) -> Vec<u8> {
    let mut body = b"AIFFCOMM\0\0\0\x12\0\x02".to_vec();
    body.extend((data.len() as u32 / 4).to_be_bytes());
    // 16 bits at 8,000 Hz, which is an 80-bit floating point number here.
    body.extend(b"\0\x10\x40\x0B\xFA\0\0\0\0\0\0\0SSND");
    body.extend((data.len() as u32 + 8).to_be_bytes());
    body.extend([0; 8]);
    body.extend(data);
    let mut file = b"FORM".to_vec();
    file.extend((body.len() as u32).to_be_bytes());
    file.extend(body);
    file
}

fn au(data: &[u8]) -> Vec<u8> {
    let mut file = b".snd\0\0\0\x18\xFF\xFF\xFF\xFF\0\0\0\x03\0\0\x1F\x40\0\0\0\x01".to_vec();
    file.extend(data);
    file
}

/// A WAV file with metadata of every kind after its sound.
fn told(wav: &[u8]) -> Vec<u8> {
    let chunk = |name: &[u8], body: &[u8]| {
        let mut bytes = [name, &(body.len() as u32).to_le_bytes(), body].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    };
    let longs = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let mut bext = vec![b' '; 602];
    bext[320..338].copy_from_slice(b"2026-05-1304:30:00");
    let mut smpl = longs(&[0; 9]);
    smpl[28] = 1;
    smpl.extend(longs(&[0, 0, 8, 15, 0, 0]));
    let label = [&longs(&[1])[..], b"owl\0"].concat();
    let all = [
        chunk(b"bext", &bext),
        chunk(b"guan", b"GUANO|Version: 1.0\nTimestamp: 2026-05-13T04:30:00\n"),
        chunk(b"iXML", b"<?xml version=\"1.0\"?><BWFXML><SCENE>1</SCENE><NOTE>wind &amp; rain</NOTE></BWFXML>"),
        chunk(b"cue ", &longs(&[1, 1, 0, 0, 0, 0, 100])),
        chunk(b"LIST", &[b"adtl", &chunk(b"labl", &label)[..]].concat()),
        chunk(b"LIST", &[b"INFO", &chunk(b"IART", b"Ann\0")[..]].concat()),
        chunk(b"smpl", &smpl),
        chunk(b"acid", &longs(&[0, 0, 0, 0, 0, 120f32.to_bits()])),
        chunk(b"id3 ", &id3()),
    ];
    [wav, &all.concat()].concat()
}

/// An ID3v2 tag with texts, a comment and a picture.
fn id3() -> Vec<u8> {
    let frame = |name: &[u8], body: &[u8]| [name, &(body.len() as u32).to_be_bytes(), &[0, 0], body].concat();
    let frames = [
        frame(b"TPE1", b"\x03Ann"),
        frame(b"TBPM", b"\x03120"),
        frame(b"TDRC", b"\x032026-05-13"),
        frame(b"COMM", b"\x03eng\0far away"),
        frame(b"APIC", &[&b"\x03image/png\0\x03\0"[..], &[7; 60]].concat()),
    ]
    .concat();
    [&b"ID3\x04\0\0\0\0"[..], &[(frames.len() >> 7) as u8, (frames.len() & 0x7F) as u8], &frames].concat()
}

/// An ID3v2 tag with a title of half a megabyte that is compressed and would be 64 MiB long.
fn swollen_id3() -> Vec<u8> {
    // A stream of zlib: its header, and a block with the fixed codes of DEFLATE. A code of 13 bits repeats the last byte
    // 258 times.
    let (mut bits, mut title) = (Vec::new(), vec![0x78, 0x9C]);
    let mut code = |value: u32, count: u32| bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
    code(0b110, 3);
    code(0x30 + 3, 8);
    code(0x30 + u32::from(b'a'), 8);
    for _ in 0..(64 << 20) / 258 {
        code(0b1100_0101, 8);
        code(0, 5);
    }
    code(0, 7);
    title.extend(bits.chunks(8).map(|eight| eight.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit))));
    title.extend([0; 4]);
    let synchsafe = |number: usize| [21, 14, 7, 0].map(|shift| (number >> shift & 0x7F) as u8);
    let frame = [&b"TIT2"[..], &synchsafe(title.len() + 4), &[0, 0x09], &synchsafe(64 << 20), &title].concat();
    [&b"ID3\x04\0\0"[..], &synchsafe(frame.len()), &frame].concat()
}

/// A sound file of each kind: its extension and its bytes.
fn originals() -> Vec<(&'static str, Vec<u8>)> {
    let ramp: Vec<u8> = (0..1200u32).flat_map(|n| ((n * 53) as i16).to_le_bytes()).collect();
    let floats: Vec<u8> = (0..400u16).flat_map(|n| (f32::from(n) / 500.0).to_le_bytes()).collect();
    vec![
        ("wav", told(&wav(1, 2, 16, &ramp))),
        ("mp3", [&id3()[..], include_bytes!("sounds/mini.mp3")].concat()),
        ("wav", wav(1, 2, 16, &ramp)),
        ("wav", wav(3, 1, 32, &floats)),
        ("wav", wav(7, 1, 8, &ramp)),
        ("aiff", aiff(&ramp)),
        ("wav", include_bytes!("sounds/mini_ima.wav").to_vec()),
        ("flac", include_bytes!("sounds/mini.flac").to_vec()),
        ("ogg", include_bytes!("sounds/mini.ogg").to_vec()),
        ("mp3", include_bytes!("sounds/mini.mp3").to_vec()),
        ("m4a", include_bytes!("sounds/mini.m4a").to_vec()),
        ("m4a", include_bytes!("sounds/mini_alac.m4a").to_vec()),
        ("caf", include_bytes!("sounds/mini.caf").to_vec()),
        ("aac", include_bytes!("sounds/mini.aac").to_vec()),
        ("opus", include_bytes!("sounds/mini.opus").to_vec()),
        ("mka", include_bytes!("sounds/mini.mka").to_vec()),
        ("au", au(&ramp)),
    ]
}

fn mutated(original: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    const EXTREMES: [u32; 8] = [0, 1, 0x7F, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, u32::MAX];
    let mut bytes = original.to_vec();
    for _ in 0..random.random_range(1..=6) {
        // Half of the changes hit the header, where most of the meaning is.
        let header = bytes.len().min(256);
        let within = if random.random_bool(0.5) { header } else { bytes.len() };
        if within == 0 {
            break;
        }
        let at = random.random_range(0..within);
        match random.random_range(0..7) {
            0 => bytes[at] = random.random(),
            1 => bytes[at] ^= 1 << random.random_range(0..8),
            2 => {
                let extreme = EXTREMES[random.random_range(0..EXTREMES.len())];
                let value = if random.random_bool(0.5) { extreme.to_le_bytes() } else { extreme.to_be_bytes() };
                let end = bytes.len().min(at + 4);
                bytes[at..end].copy_from_slice(&value[..end - at]);
            }
            3 => {
                let end = (at + random.random_range(1..=64)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let end = (at + random.random_range(1..=64)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                let to = random.random_range(0..=bytes.len());
                bytes.splice(to..to, copy);
            }
            5 => bytes.truncate(at.max(1)),
            _ => {
                let end = (at + random.random_range(1..=32)).min(bytes.len());
                random.fill(&mut bytes[at..end]);
            }
        }
    }
    bytes
}

/// Reads a file as the program does: to its end, and again from somewhere in the middle. Returns the number of samples,
/// and whether a panic of a decoder was caught.
fn read(path: &Path, seek_to: u64) -> (usize, bool) {
    let fell = |cause: &Cause| matches!(cause, Cause::DecoderFailed(_));
    if let Ok(read) = metadata::read(path) {
        assert_eq!(read.metadata.flaw(), None);
    }
    let mut decoder = match Decoder::open(path) {
        Ok(decoder) => decoder,
        Err(error) => return (0, fell(&error.cause)),
    };
    let mut samples = 0;
    loop {
        match decoder.next_block() {
            Ok(Some(block)) => {
                assert!(block.iter().all(|sample| sample.is_finite()));
                samples += block.len();
            }
            Ok(None) => break,
            Err(error) => return (samples, fell(&error.cause)),
        }
    }
    match decoder.seek(seek_to).and_then(|()| decoder.next_block().map(|_| ())) {
        Ok(()) => (samples, false),
        Err(error) => (samples, fell(&error.cause)),
    }
}

#[test]
fn no_damaged_file_does_harm() {
    // The program catches a panic of a decoder and reports that file as unreadable. Here the message of the panic would
    // hide everything else.
    std::panic::set_hook(Box::new(|_| ()));
    let folder = tempfile::tempdir().expect("a folder");
    let (readable, fallen) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let originals = originals();
    for (number, (ending, bytes)) in originals.iter().enumerate() {
        let path = folder.path().join(format!("original_{number}.{ending}"));
        std::fs::write(&path, bytes).expect("written");
        assert!(read(&path, 10).0 > 300, "original {number}, {ending}, is sound");
    }
    let before = MEMORY.current_usage_as_mb();
    for (ending, tag, sound) in [
        ("mp3", swollen_id3(), &include_bytes!("sounds/mini.mp3")[..]),
        ("aac", swollen_id3(), include_bytes!("sounds/mini.aac")),
    ] {
        let path = folder.path().join(format!("swollen.{ending}"));
        std::fs::write(&path, [&tag, sound].concat()).expect("written");
        drop(tag);
        MEMORY.reset_peak_usage();
        assert!(read(&path, 10).0 > 300, "{ending}: the sound behind the tag is read");
        let peak = MEMORY.peak_usage_as_mb() - before;
        assert!(peak < MOST_MEGABYTES, "{ending}: a compressed title took {peak} MB");
    }
    MEMORY.reset_peak_usage();
    let began = Instant::now();
    let inputs = originals.len() * MUTATIONS;
    let threads = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build().expect("threads");
    let damaged = (0..inputs).into_par_iter().filter_map(|number| {
        let (ending, original) = &originals[number % originals.len()];
        let mut random = ChaCha8Rng::seed_from_u64(number as u64);
        let bytes = mutated(original, &mut random);
        let path = folder.path().join(format!("{:?}.{ending}", std::thread::current().id()));
        std::fs::write(&path, &bytes).expect("written");
        let seek_to = random.random_range(0..4000);
        let (mut outcome, mut took) = (Ok((0, false)), Duration::MAX);
        for _ in 0..TRIES {
            let began = Instant::now();
            outcome = std::panic::catch_unwind(|| read(&path, seek_to));
            took = took.min(began.elapsed());
            if took <= PATIENCE {
                break;
            }
        }
        let Ok((samples, fell)) = outcome else { return Some(format!("input {number}, {ending}: a panic")) };
        readable.fetch_add(usize::from(samples > 0), Ordering::Relaxed);
        fallen.fetch_add(usize::from(fell), Ordering::Relaxed);
        // The densest honest files are silence in FLAC: a frame of 65,535 samples in 8 channels takes some 30 bytes.
        (took > PATIENCE || samples > 20_000 * bytes.len())
            .then(|| format!("input {number}, {ending}: {samples} samples of {} bytes in {took:?}", bytes.len()))
    });
    let failures: Vec<String> = threads.install(|| damaged.collect());
    let peak = MEMORY.peak_usage_as_mb() - before;
    let _ = std::panic::take_hook();
    println!(
        "{inputs} inputs in {:.1?}: {} gave sound, {} made a decoder fall over, {peak:.1} MB at most",
        began.elapsed(),
        readable.load(Ordering::Relaxed),
        fallen.load(Ordering::Relaxed),
    );
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(inputs >= 60_000 && readable.load(Ordering::Relaxed) > inputs / 10);
    assert!(peak < MOST_MEGABYTES, "{peak} MB");
}
