//! Marks a stretch in a WAV file that this program wrote: a cue point with a length and a label, which editors show.
//!
//! The chunks are those of "Multimedia Programming Interface and Data Specifications 1.0" by Microsoft and IBM (1991):
//! `cue ` has the points, and the list `adtl` has their labels (`labl`) and lengths (`ltxt`).

/// Adds a mark from `from_secs` to `to_secs` to the bytes of a WAV file that begins with its format chunk. Returns
/// `None` and changes nothing if the bytes are no such file, or if the file would be too long for its header.
pub fn mark(wav: &mut Vec<u8>, from_secs: f64, to_secs: f64, label: &str) -> Option<()> {
    if !wav.starts_with(b"RIFF") || wav.get(8..16) != Some(b"WAVEfmt ") {
        return None;
    }
    let rate = u32::from_le_bytes(*wav.get(24..28)?.first_chunk()?);
    let frame = |secs: f64| (secs.max(0.0) * f64::from(rate)).round() as u32;
    let (start, length) = (frame(from_secs), frame(to_secs).saturating_sub(frame(from_secs)));
    const POINT: [u8; 4] = 1u32.to_le_bytes();
    let mut cue = Vec::from(1u32.to_le_bytes());
    // Number, position, chunk, start of the chunk and of the block, frame in the block.
    cue.extend([POINT, start.to_le_bytes(), *b"data", [0; 4], [0; 4], start.to_le_bytes()].concat());
    let text = [&POINT, label.as_bytes(), &[0]].concat();
    // Number, length and purpose, then country, language, dialect and code page, which are left empty.
    let region = [&POINT[..], &length.to_le_bytes(), b"rgn ", &[0; 8]].concat();
    let list = [&b"adtl"[..], &chunk(b"labl", &text), &chunk(b"ltxt", &region)].concat();
    let marks = [chunk(b"cue ", &cue), chunk(b"LIST", &list)].concat();
    let riff = u32::try_from(wav.len().next_multiple_of(2) + marks.len() - 8).ok()?;
    wav.resize(wav.len().next_multiple_of(2), 0);
    wav.extend(marks);
    wav[4..8].copy_from_slice(&riff.to_le_bytes());
    Some(())
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = [name, &(content.len() as u32).to_le_bytes(), content].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::read_mono;
    use crate::audio::wav::{Depth, write_wav};

    #[test]
    fn a_marked_file_sounds_as_before_and_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.wav");
        let samples: Vec<f32> = (0..8001).map(|n| (n % 100) as f32 / 200.0).collect();
        write_wav(&path, &samples, 1, 8000, Depth::Pcm16).expect("written");
        let before = read_mono(&path, None, None).expect("read").samples;
        let mut bytes = std::fs::read(&path).expect("read");
        mark(&mut bytes, 0.25, 0.75, "wren").expect("marked");
        assert_eq!(u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize, bytes.len() - 8);
        let cue = bytes.windows(4).position(|four| four == b"cue ").expect("a cue chunk");
        assert_eq!(bytes[cue + 16..cue + 20], 2000u32.to_le_bytes());
        let length = bytes.windows(4).position(|four| four == b"ltxt").expect("a length") + 12;
        assert_eq!(bytes[length..length + 4], 4000u32.to_le_bytes());
        std::fs::write(&path, bytes).expect("written");
        assert_eq!(read_mono(&path, None, None).expect("read").samples, before);
    }

    #[test]
    fn what_is_no_wav_file_is_left_alone() {
        let mut bytes = b"fLaC and more".to_vec();
        assert_eq!(mark(&mut bytes, 0.0, 1.0, "x"), None);
        assert_eq!(bytes, b"fLaC and more");
    }
}
