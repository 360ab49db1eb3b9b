//! Tags around a sound. They never make the file unreadable, and are never played.

use super::bytes::noise;
use super::{Expected, FRAMES, Frames, Specimen, Workshop, lossy, whole};

/// An ID3v2 tag around a picture.
fn id3(picture: &[u8]) -> Vec<u8> {
    let content = [b"\0image/png\0\x03\0".as_slice(), picture].concat();
    let size = |bytes: usize| [21, 14, 7, 0].map(|shift| (bytes >> shift & 0x7F) as u8);
    let frame = [b"APIC".as_slice(), &size(content.len()), &[0, 0], &content].concat();
    [b"ID3\x04\0\0".as_slice(), &size(frame.len()), &frame].concat()
}

fn id3v1() -> Vec<u8> {
    let mut tag = b"TAG".to_vec();
    tag.resize(128, b'x');
    tag
}

/// An APE tag with a header and a footer, or with only a footer.
fn ape(with_header: bool) -> Vec<u8> {
    let item = b"\x05\0\0\0\0\0\0\0Title\0hello";
    let end = |flags: u32| {
        let mut bytes = b"APETAGEX\xD0\x07\0\0".to_vec();
        bytes.extend((item.len() as u32 + 32).to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend([0; 8]);
        bytes
    };
    let has_header = if with_header { 1 << 31 } else { 0 };
    let header = if with_header { end(1 << 31 | 1 << 29) } else { Vec::new() };
    [header, item.to_vec(), end(has_header)].concat()
}

/// Random bytes in which some look like heads of MPEG frames, as in pictures.
fn picture(bytes: usize) -> Vec<u8> {
    let mut picture = noise(bytes);
    let frame = [b"\xFF\xFB\x90\x64".as_slice(), &[0; 413]].concat();
    for at in (1000..bytes.saturating_sub(2 * frame.len())).step_by(5000) {
        picture[at..at + frame.len()].copy_from_slice(&frame);
        picture[at + frame.len()..at + 2 * frame.len()].copy_from_slice(&frame);
    }
    picture
}

const MP3: &[&str] = &["-c:a", "libmp3lame", "-b:a", "128k", "-id3v2_version", "0"];
const FLAC: &[&str] = &["-c:a", "flac", "-sample_fmt", "s16"];
const AAC: &[&str] = &["-c:a", "aac", "-b:a", "128k"];

type Tags = fn() -> Vec<u8>;

pub fn specimens() -> Vec<Specimen> {
    let tags: [(&str, Tags, Tags); 8] = [
        ("small picture before", || id3(&picture(30_000)), Vec::new),
        ("picture of 2 MB before", || id3(&picture(2_000_000)), Vec::new),
        ("picture of 5 MB before", || id3(&picture(5_000_000)), Vec::new),
        ("two tags before", || [id3(&picture(40_000)), id3(&[1; 5])].concat(), Vec::new),
        ("tag and zeros before", || [id3(&[1; 50]), vec![0; 2000]].concat(), Vec::new),
        ("ape before", || ape(true), Vec::new),
        ("ape and id3v1 behind", Vec::new, || [ape(false), id3v1()].concat()),
        ("lyrics and id3v1 behind", Vec::new, || {
            [b"LYRICSBEGININD0000200000021LYRICS200".as_slice(), &id3v1()].concat()
        }),
    ];
    let mut all = Vec::new();
    for (name, before, behind) in tags {
        let tag = move |_: &Workshop, bytes: Vec<u8>| Some([before(), bytes, behind()].concat());
        let expected = lossy(2, Frames::Exactly(FRAMES), "");
        all.push(Specimen::by_ffmpeg(&format!("{name}.mp3"), "MP3, tags", MP3, tag, expected));
        all.push(Specimen::by_ffmpeg(&format!("{name}.flac"), "FLAC, tags", FLAC, tag, whole(2)));
    }
    for (name, before) in [("picture of 2 MB before", true), ("id3v1 behind", false)] {
        let tag = move |_: &Workshop, bytes: Vec<u8>| {
            Some(if before { [id3(&picture(2_000_000)), bytes].concat() } else { [bytes, id3v1()].concat() })
        };
        let expected: Expected = lossy(2, Frames::Within(FRAMES, 3000), "");
        all.push(Specimen::by_ffmpeg(&format!("{name}.aac"), "AAC in ADTS, tags", AAC, tag, expected));
    }
    let between = |_: &Workshop, bytes: Vec<u8>| Some([bytes.clone(), id3(&picture(300_000)), bytes].concat());
    let told = lossy(2, Frames::Within(2 * FRAMES, 3500), "its header declares");
    all.push(Specimen::by_ffmpeg("a picture between two.mp3", "MP3, tags", MP3, between, told));
    all
}
