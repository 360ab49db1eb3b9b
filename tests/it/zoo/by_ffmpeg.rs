//! Containers and codecs as another program writes them, whole and damaged.

use super::bytes::{find, mend_ogg_page, ogg_pages, put32};
use super::{Change, Expected, FRAMES, Frames, PEAK, RATE, Specimen, Workshop, lossy, read, whole};

/// The file without a change.
fn as_it_is(_: &Workshop, bytes: Vec<u8>) -> Option<Vec<u8>> {
    Some(bytes)
}

/// Inverts one byte at this share of the file.
fn one_byte(share: f64) -> impl Fn(&Workshop, Vec<u8>) -> Option<Vec<u8>> {
    move |_, mut bytes| {
        let at = (bytes.len() as f64 * share) as usize;
        bytes[at] = !bytes[at];
        Some(bytes)
    }
}

/// Inverts a run of bytes after two thirds of the file.
fn a_run(length: usize) -> impl Fn(&Workshop, Vec<u8>) -> Option<Vec<u8>> {
    move |_, mut bytes| {
        let at = bytes.len() * 2 / 3;
        bytes[at..at + length].iter_mut().for_each(|byte| *byte = !*byte);
        Some(bytes)
    }
}

/// The first part of a file.
fn cut(share: f64) -> impl Fn(&Workshop, Vec<u8>) -> Option<Vec<u8>> {
    move |_, bytes| Some(bytes[..(bytes.len() as f64 * share) as usize].to_vec())
}

const MP3: &[&str] = &["-c:a", "libmp3lame", "-b:a", "128k"];
const VORBIS: &[&str] = &["-c:a", "libvorbis", "-q:a", "5"];
/// Small pages, because a damaged byte costs a whole page. Noise makes the sound longer than the headers.
const PAGED: &[&str] = &["-c:a", "libvorbis", "-q:a", "9", "-page_duration", "50000"];
const OPUS: &[&str] = &["-c:a", "libopus", "-b:a", "96k"];
const FLAC: &[&str] = &["-c:a", "flac", "-sample_fmt", "s16"];
const AAC: &[&str] = &["-c:a", "aac", "-b:a", "128k"];
const ALAC: &[&str] = &["-c:a", "alac"];

/// Like [`lossy`], for a file in which damage can be heard.
fn damaged(frames: Frames, told: &'static str) -> Expected {
    Expected::Read { rate: RATE, channels: 2, frames, peak: (PEAK, 0.5), told }
}

/// Opus is always at 48 kHz.
fn opus(channels: usize, frames: Frames, told: &'static str) -> Expected {
    Expected::Read { rate: 48_000, channels, frames, peak: (PEAK, 0.05), told }
}

const OPUS_FRAMES: usize = 72_000;

pub fn specimens() -> Vec<Specimen> {
    let mut all = Vec::new();
    lossless(&mut all);
    mpeg(&mut all);
    ogg(&mut all);
    mp4(&mut all);
    others(&mut all);
    all
}

fn lossless(all: &mut Vec<Specimen>) {
    let mut add = |specimen| all.push(specimen);
    add(Specimen::by_ffmpeg("a.flac", "FLAC", FLAC, as_it_is, whole(2)));
    let deep = &["-c:a", "flac", "-sample_fmt", "s32"];
    add(Specimen::by_ffmpeg("24 bits.flac", "FLAC", deep, as_it_is, whole(2)));
    let told = read(2, Frames::Exactly(FRAMES), "it is damaged at 0:0");
    add(Specimen::by_ffmpeg("one byte.flac", "FLAC, damaged", FLAC, one_byte(0.5), told));
    let told = read(2, Frames::Exactly(FRAMES), "were read as silence");
    add(Specimen::by_ffmpeg("a run.flac", "FLAC, damaged", FLAC, a_run(3000), told));
    let told = read(2, Frames::Within(FRAMES / 2, 20_000), "it is cut off");
    add(Specimen::by_ffmpeg("cut.flac", "FLAC, damaged", FLAC, cut(0.5), told));
    let shortest_0 = |_: &Workshop, mut bytes: Vec<u8>| {
        bytes[8..10].fill(0);
        Some(bytes)
    };
    add(Specimen::by_ffmpeg("shortest block 0.flac", "FLAC, odd metadata", FLAC, shortest_0, whole(2)));
    let with_block = |kind: u8, content: &'static [u8]| {
        move |_: &Workshop, mut bytes: Vec<u8>| {
            let block = [&[kind, 0, 0, content.len() as u8], content].concat();
            bytes.splice(42..42, block);
            Some(bytes)
        }
    };
    let sheet = with_block(5, &[0xFF; 200]);
    add(Specimen::by_ffmpeg("broken cue sheet.flac", "FLAC, odd metadata", FLAC, sheet, whole(2)));
    let picture = with_block(6, &[0xFF; 100]);
    add(Specimen::by_ffmpeg("broken picture.flac", "FLAC, odd metadata", FLAC, picture, whole(2)));
    let table = with_block(3, &[1; 19]);
    add(Specimen::by_ffmpeg("broken seek table.flac", "FLAC, odd metadata", FLAC, table, whole(2)));
    let unknown_length = |_: &Workshop, mut bytes: Vec<u8>| {
        bytes[21] &= 0xF0;
        bytes[22..26].fill(0);
        Some(bytes)
    };
    add(Specimen::by_ffmpeg("no count of frames.flac", "FLAC, odd metadata", FLAC, unknown_length, whole(2)));
    for (name, kind) in [("a.w64", "Wave64"), ("b.au", "Sun audio"), ("b.caf", "Core Audio, PCM")] {
        add(Specimen::by_ffmpeg(name, kind, &["-bitexact"], as_it_is, whole(2)));
    }
    add(Specimen::by_ffmpeg("always.rf64.wav", "RF64", &["-rf64", "always"], as_it_is, whole(2)));
    add(Specimen::by_ffmpeg("alac.caf", "Core Audio, ALAC", ALAC, as_it_is, whole(2)));
    let chapters = &["-i", "chapters.txt", "-map_chapters", "1", "-c:a", "flac", "-sample_fmt", "s16"];
    add(Specimen::by_ffmpeg("chapters.mka", "Matroska, FLAC", chapters, as_it_is, whole(2)));
    let no_edition = |_: &Workshop, mut bytes: Vec<u8>| {
        // The name of an edition becomes an unknown one.
        let at = find(&bytes, b"\x10\x43\xA7\x70");
        let edition = at + find(&bytes[at..], b"\x45\xB9");
        bytes[edition + 1] = 0xFE;
        Some(bytes)
    };
    add(Specimen::by_ffmpeg("chapters without an edition.mka", "Matroska, FLAC", chapters, no_edition, whole(2)));
    let flac = &["-c:a", "flac", "-sample_fmt", "s16", "-f", "ogg"];
    add(Specimen::by_ffmpeg("flac.oga", "Ogg, FLAC", flac, as_it_is, whole(2)));
    add(Specimen::by_ffmpeg("flac.mka", "Matroska, FLAC", FLAC, as_it_is, whole(2)));
    add(Specimen::by_ffmpeg("pcm.mka", "Matroska, PCM", &["-c:a", "pcm_s16le"], as_it_is, whole(2)));
    add(Specimen::by_ffmpeg("pcm.mov", "QuickTime, PCM", &["-c:a", "pcm_s16le"], as_it_is, whole(2)));
    add(Specimen::by_ffmpeg("big pcm.mov", "QuickTime, PCM", &["-c:a", "pcm_s24be"], as_it_is, whole(2)));
    add(Specimen::by_ffmpeg("alac.mov", "QuickTime, ALAC", ALAC, as_it_is, whole(2)));
}

fn mpeg(all: &mut Vec<Specimen>) {
    let mut add = |name, kind, how, then: Change, expected| {
        all.push(Specimen::by_ffmpeg(name, kind, how, then, expected));
    };
    add("a.mp3", "MP3", MP3, Box::new(as_it_is), lossy(2, Frames::Exactly(FRAMES), ""));
    let varying = &["-c:a", "libmp3lame", "-q:a", "2"];
    add("varying.mp3", "MP3", varying, Box::new(as_it_is), lossy(2, Frames::Exactly(FRAMES), ""));
    let bare = &["-c:a", "libmp3lame", "-q:a", "2", "-write_xing", "0"];
    add("without its frame of facts.mp3", "MP3", bare, Box::new(as_it_is), lossy(2, Frames::Within(FRAMES, 3000), ""));
    let counted = |frames: u32| {
        move |_: &Workshop, mut bytes: Vec<u8>| {
            let at = find(&bytes, b"Info");
            put32(&mut bytes, at + 8, frames.to_be_bytes());
            Some(bytes)
        }
    };
    let told = "its header declares";
    add(
        "five frames told.mp3",
        "MP3, facts that lie",
        MP3,
        Box::new(counted(5)),
        lossy(2, Frames::Within(FRAMES, 3000), told),
    );
    add(
        "no frames told.mp3",
        "MP3, facts that lie",
        MP3,
        Box::new(counted(0)),
        lossy(2, Frames::Within(FRAMES, 3000), ""),
    );
    let many = lossy(2, Frames::Within(FRAMES, 3000), "it is cut off: its header declares");
    add("too many frames told.mp3", "MP3, facts that lie", MP3, Box::new(counted(500)), many);
    let twice = |_: &Workshop, bytes: Vec<u8>| Some([bytes.clone(), bytes].concat());
    add("two joined.mp3", "MP3, joined", MP3, Box::new(twice), lossy(2, Frames::Within(2 * FRAMES, 3500), told));
    let twice = |_: &Workshop, bytes: Vec<u8>| Some([bytes.clone(), bytes].concat());
    add(
        "two bare ones joined.mp3",
        "MP3, joined",
        bare,
        Box::new(twice),
        lossy(2, Frames::Within(2 * FRAMES, 6000), ""),
    );
    let mended = lossy(2, Frames::Exactly(FRAMES), "");
    // A damaged byte in a frame's data may be heard or not. MP3 has nothing that reveals it.
    add(
        "cut.mp3",
        "MP3, damaged",
        MP3,
        Box::new(cut(0.5)),
        lossy(2, Frames::Within(FRAMES / 2, 3000), "it is cut off"),
    );
    add(
        "a run.mp3",
        "MP3, damaged",
        MP3,
        Box::new(a_run(5000)),
        damaged(Frames::Exactly(FRAMES), "were read as silence"),
    );
    add("junk before.mp3", "MP3, damaged", MP3, Box::new(|_, bytes| Some([vec![0x55; 3000], bytes].concat())), mended);
    let layer_2 = &["-c:a", "mp2", "-b:a", "192k"];
    add("a.mp2", "MP2", layer_2, Box::new(as_it_is), lossy(2, Frames::Within(FRAMES, 3000), ""));
    let in_wav = &["-c:a", "libmp3lame", "-b:a", "128k", "-f", "wav"];
    add("mp3 in.wav", "WAV, MP3", in_wav, Box::new(as_it_is), lossy(2, Frames::Within(FRAMES, 3000), ""));
    let adts = lossy(2, Frames::Within(FRAMES, 3000), "");
    add("a.aac", "AAC in ADTS", AAC, Box::new(as_it_is), adts);
    let run = damaged(Frames::Within(FRAMES, 3000), "were read as silence");
    add("a run.aac", "AAC in ADTS, damaged", AAC, Box::new(a_run(2000)), run);
}

fn ogg(all: &mut Vec<Specimen>) {
    let mut add = |name, kind, how, then: Change, expected| {
        all.push(Specimen::by_ffmpeg(name, kind, how, then, expected));
    };
    let exact = |told| lossy(2, Frames::Exactly(FRAMES), told);
    add("a.ogg", "Ogg, Vorbis", VORBIS, Box::new(as_it_is), exact(""));
    add("one byte.ogg", "Ogg, damaged", PAGED, Box::new(one_byte(0.7)), exact("it is damaged at 0:0"));
    add("a run.ogg", "Ogg, damaged", PAGED, Box::new(a_run(1000)), exact("were read as silence"));
    let cut_off = lossy(2, Frames::Within(FRAMES * 2 / 3, 20_000), "it is cut off");
    add("cut.ogg", "Ogg, damaged", PAGED, Box::new(cut(0.8)), cut_off);
    let without_position = |_: &Workshop, mut bytes: Vec<u8>| {
        let pages = ogg_pages(&bytes);
        let at = *pages.get(pages.len() / 2)?;
        bytes[at + 6..at + 14].fill(0xFF);
        mend_ogg_page(&mut bytes, at);
        Some(bytes)
    };
    add("a page without its position.ogg", "Ogg, positions that lie", PAGED, Box::new(without_position), exact(""));
    let far_position = |_: &Workshop, mut bytes: Vec<u8>| {
        let pages = ogg_pages(&bytes);
        let at = *pages.get(pages.len() / 2)?;
        bytes[at + 6..at + 14].copy_from_slice(&1_000_000_000u64.to_le_bytes());
        mend_ogg_page(&mut bytes, at);
        Some(bytes)
    };
    add("a page with a false position.ogg", "Ogg, positions that lie", PAGED, Box::new(far_position), exact(""));
    let twice = |_: &Workshop, bytes: Vec<u8>| Some([bytes.clone(), bytes].concat());
    add("two joined.ogg", "Ogg, joined", VORBIS, Box::new(twice), lossy(2, Frames::Exactly(2 * FRAMES), ""));
    let speex = Expected::Refused("Speex cannot be read");
    add("a.spx", "Ogg, Speex", &["-c:a", "libspeex", "-ar", "16000", "-ac", "1"], Box::new(as_it_is), speex);

    add("a.opus", "Ogg, Opus", OPUS, Box::new(as_it_is), opus(2, Frames::Exactly(OPUS_FRAMES), ""));
    for (name, how) in [
        (
            "speech.opus",
            &["-c:a", "libopus", "-b:a", "12k", "-application", "voip", "-ac", "1"] as &'static [&'static str],
        ),
        ("both.opus", &["-c:a", "libopus", "-b:a", "28k", "-application", "voip", "-ac", "1"]),
        ("long packets.opus", &["-c:a", "libopus", "-b:a", "64k", "-frame_duration", "60", "-ac", "1"]),
        ("short packets.opus", &["-c:a", "libopus", "-b:a", "64k", "-frame_duration", "2.5", "-ac", "1"]),
    ] {
        let expected = Expected::Read {
            rate: 48_000,
            channels: 1,
            frames: Frames::Exactly(OPUS_FRAMES),
            peak: (PEAK, 0.1),
            told: "",
        };
        add(name, "Ogg, Opus", how, Box::new(as_it_is), expected);
    }
    let six = &["-c:a", "libopus", "-b:a", "256k", "-ac", "6"];
    let expected = Expected::Read {
        rate: 48_000,
        channels: 6,
        frames: Frames::Exactly(OPUS_FRAMES),
        peak: (PEAK, 0.25),
        told: "",
    };
    add("six channels.opus", "Ogg, Opus", six, Box::new(as_it_is), expected);
    let paged = &["-c:a", "libopus", "-b:a", "96k", "-page_duration", "100000"];
    let damaged = opus(2, Frames::Exactly(OPUS_FRAMES), "it is damaged at 0:0");
    add("one byte.opus", "Ogg, damaged", paged, Box::new(one_byte(0.6)), damaged);
    add("opus.webm", "WebM, Opus", OPUS, Box::new(as_it_is), opus(2, Frames::Within(OPUS_FRAMES, 1000), ""));
    add("opus.mp4", "MP4, Opus", OPUS, Box::new(as_it_is), opus(2, Frames::Within(OPUS_FRAMES, 1000), ""));
    add("vorbis.webm", "WebM, Vorbis", VORBIS, Box::new(as_it_is), lossy(2, Frames::Within(FRAMES, 1200), ""));
}

fn mp4(all: &mut Vec<Specimen>) {
    let mut add = |name, kind, how, then: Change, expected| {
        all.push(Specimen::by_ffmpeg(name, kind, how, then, expected));
    };
    let exact = |told| lossy(2, Frames::Exactly(FRAMES), told);
    add("a.m4a", "MP4, AAC", AAC, Box::new(as_it_is), exact(""));
    let slow = &["-c:a", "aac", "-ar", "8000", "-ac", "1"];
    let expected =
        Expected::Read { rate: 8000, channels: 1, frames: Frames::Exactly(12_000), peak: (0.77, 0.03), told: "" };
    add("8 kHz.m4a", "MP4, AAC", slow, Box::new(as_it_is), expected);
    let fast = &["-c:a", "aac", "-movflags", "+faststart"];
    add("faststart.m4a", "MP4, AAC", fast, Box::new(as_it_is), exact(""));
    let parts = &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+delay_moov", "-frag_duration", "300000"];
    add("in fragments.mp4", "MP4, AAC", parts, Box::new(as_it_is), lossy(2, Frames::Within(FRAMES, 1024), ""));
    add(
        "one byte.m4a",
        "MP4, damaged",
        AAC,
        Box::new(|_, mut bytes| {
            let at = find(&bytes, b"mdat") + 12_000;
            bytes[at] = !bytes[at];
            Some(bytes)
        }),
        damaged(Frames::Exactly(FRAMES), "it is damaged at 0:00"),
    );
    add(
        "a run.m4a",
        "MP4, damaged",
        AAC,
        Box::new(|_, mut bytes| {
            let at = find(&bytes, b"mdat") + 8000;
            bytes[at..at + 3000].fill(0xFF);
            Some(bytes)
        }),
        damaged(Frames::Exactly(FRAMES), "were read as silence"),
    );
    add(
        "no contents.m4a",
        "MP4, damaged",
        AAC,
        Box::new(|_, mut bytes| {
            bytes.truncate(find(&bytes, b"moov") - 4);
            Some(bytes)
        }),
        Expected::Refused("its table of contents"),
    );
    add(
        "cut.m4a",
        "MP4, damaged",
        fast,
        Box::new(cut(0.5)),
        lossy(2, Frames::Within(FRAMES / 2, 9000), "it is cut off"),
    );
    add("alac.m4a", "MP4, ALAC", ALAC, Box::new(as_it_is), whole(2));
    add(
        "flac.mp4",
        "MP4, FLAC",
        &["-c:a", "flac", "-sample_fmt", "s16", "-strict", "-2"],
        Box::new(as_it_is),
        whole(2),
    );
    add("mp3.mp4", "MP4, MP3", MP3, Box::new(as_it_is), lossy(2, Frames::Within(FRAMES, 2400), ""));
    add(
        "ac3.mp4",
        "MP4, Dolby Digital",
        &["-c:a", "ac3"],
        Box::new(as_it_is),
        Expected::Refused("Dolby Digital (AC-3) cannot be read"),
    );
    let six = &["-c:a", "aac", "-ac", "6"];
    add(
        "six channels.m4a",
        "MP4, AAC",
        six,
        Box::new(as_it_is),
        Expected::Refused("AAC with 6 channels cannot be read"),
    );
    let with_sound =
        &["-f", "lavfi", "-i", "testsrc=d=1.5:s=64x64", "-map", "0:a", "-map", "1:v", "-c:a", "aac", "-c:v", "mpeg4"];
    add("film.mov", "QuickTime, film", with_sound, Box::new(as_it_is), lossy(2, Frames::Exactly(FRAMES), ""));
    add("film.mp4", "MP4, film", with_sound, Box::new(as_it_is), lossy(2, Frames::Exactly(FRAMES), ""));
    let silent = &["-f", "lavfi", "-i", "testsrc=d=1:s=64x64", "-map", "1:v", "-c:v", "mpeg4"];
    add("silent film.mp4", "MP4, film", silent, Box::new(as_it_is), Expected::Refused("it holds no sound"));
    let phone = &["-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1", "-b:a", "12.2k"];
    add("phone.3gp", "3GP, AMR", phone, Box::new(as_it_is), Expected::Refused("AMR cannot be read"));
}

fn others(all: &mut Vec<Specimen>) {
    let mut add = |name, kind, how, expected| all.push(Specimen::by_ffmpeg(name, kind, how, as_it_is, expected));
    let blocks = |channels| lossy(channels, Frames::Within(FRAMES, 2200), "");
    add("ms.wav", "WAV, ADPCM", &["-c:a", "adpcm_ms"], blocks(2));
    add("ima.wav", "WAV, ADPCM", &["-c:a", "adpcm_ima_wav"], blocks(2));
    add("ima mono.wav", "WAV, ADPCM", &["-c:a", "adpcm_ima_wav", "-ac", "1"], blocks(1));
    add("ima4.aifc", "AIFC, ima4", &["-c:a", "adpcm_ima_qt", "-f", "aiff"], blocks(2));
    add("ima4.caf", "Core Audio, ima4", &["-c:a", "adpcm_ima_qt"], blocks(2));
    add("mp3.mka", "Matroska, MP3", MP3, lossy(2, Frames::Within(FRAMES, 2400), ""));
    add("aac.mka", "Matroska, AAC", AAC, lossy(2, Frames::Within(FRAMES, 1500), ""));
    add("b.wv", "WavPack", &["-c:a", "wavpack"], Expected::Refused("WavPack cannot be read"));
    add("b.tta", "True Audio", &["-c:a", "tta"], Expected::Refused("True Audio cannot be read"));
    add("b.wma", "Windows Media Audio", &["-c:a", "wmav2"], Expected::Refused("Windows Media Audio cannot be read"));
    add("b.ac3", "Dolby Digital", &["-c:a", "ac3"], Expected::Refused("Dolby Digital (AC-3) cannot be read"));
    add(
        "g722.wav",
        "WAV, G.722",
        &["-c:a", "g722", "-ar", "16000", "-ac", "1", "-f", "wav"],
        Expected::Refused("cannot be read"),
    );
    assert_eq!(RATE, 44_100, "the rate that Opus is made from");
}
