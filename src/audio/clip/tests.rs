use super::*;
use crate::audio::wav::{Depth, write_wav};

/// A WAV file with an extensible header: 20 valid bits in 24, for two speakers that are not left and right.
fn extensible(data: &[u8]) -> Vec<u8> {
    let mut format = Vec::new();
    format.extend(0xFFFEu16.to_le_bytes());
    format.extend(2u16.to_le_bytes());
    format.extend(48_000u32.to_le_bytes());
    format.extend((48_000u32 * 6).to_le_bytes());
    format.extend(6u16.to_le_bytes());
    format.extend(24u16.to_le_bytes());
    format.extend(22u16.to_le_bytes());
    format.extend(20u16.to_le_bytes());
    format.extend(0x30u32.to_le_bytes());
    format.extend(b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    let mut file = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    file.extend((format.len() as u32).to_le_bytes());
    file.extend(format);
    file.extend(b"LIST\x03\0\0\0abc\0data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    let size = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&size.to_le_bytes());
    file
}

#[test]
fn the_bytes_of_a_wav_file_are_copied_with_their_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.wav");
    let data: Vec<u8> = (0..6 * 48_000u32).map(|n| (n * 7 % 251) as u8).collect();
    std::fs::write(&path, extensible(&data)).expect("written");
    let clip = clip_bytes(&path, 0.25, Some(0.5)).expect("a clip");
    assert_eq!(clip[clip.len() - 72_000..], data[72_000..144_000]);
    let original = std::fs::read(&path).expect("read");
    let format = &original[12..60];
    assert_eq!(&clip[12..60], format, "places of the speakers and valid bits, too");
    assert_eq!(u32::from_le_bytes([clip[4], clip[5], clip[6], clip[7]]) as usize, clip.len() - 8);
    let all = clip_bytes(&path, 0.0, None).expect("a clip");
    assert_eq!(all[all.len() - data.len()..], data);
}

#[test]
fn a_clip_is_what_the_decoder_reads_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let samples: Vec<f32> = (0..30_000).map(|n| ((n % 1009) as f32 - 500.0) / 512.0).collect();
    for (depth, name) in [(Depth::Pcm16, "pcm.wav"), (Depth::Float32, "float.wav")] {
        let (path, out) = (folder.path().join(name), folder.path().join("out.wav"));
        write_wav(&path, &samples, 3, 10_000, depth).expect("written");
        // The stretch from 0.3 s to the end, although more is asked for.
        save_clip(&path, 0.3, Some(9.0), &out).expect("saved");
        let mut decoder = Decoder::open(&out).expect("opened");
        assert_eq!((decoder.rate(), decoder.channels(), decoder.frames()), (10_000, 3, Some(7000)));
        assert_eq!(decoder.stored_bits(), (depth == Depth::Pcm16).then_some(16));
        let mut read = Vec::new();
        while let Some(block) = decoder.next_block().expect("sound") {
            read.extend_from_slice(block);
        }
        let mut whole = Decoder::open(&path).expect("opened");
        whole.seek(3000).expect("sought");
        let mut expected = Vec::new();
        while let Some(block) = whole.next_block().expect("sound") {
            expected.extend_from_slice(block);
        }
        assert_eq!(read, expected, "{name}");
    }
}

#[test]
fn a_stretch_without_sound_is_an_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, out) = (folder.path().join("a.wav"), folder.path().join("out.wav"));
    write_wav(&path, &[0.5; 8000], 1, 8000, Depth::Pcm16).expect("written");
    for (from, to) in [(1.0, None), (0.5, Some(0.5)), (0.6, Some(0.2)), (7.0, Some(9.0))] {
        let error = save_clip(&path, from, to, &out).expect_err("nothing is there").to_string();
        assert!(error.contains("a.wav: it has no sound from"), "{error}");
        assert!(!out.exists());
    }
    let error = save_clip(&path, 0.0, None, &folder.path().join("no/out.wav")).expect_err("no folder").to_string();
    assert!(error.contains("no/out.wav: it could not be written"), "{error}");
}
