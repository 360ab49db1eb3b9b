//! Finds the sound of an AIFF or AIFC file, even if its sizes are wrong.

use super::super::error::{Cause, Shortfall};
use super::layout::{Claim, Encoding, Layout};
use super::riff::next_chunk;
use super::section::{Section, be16, be32};

const MOST_CHUNKS: usize = 4096;

#[derive(Clone, Copy)]
struct Common {
    encoding: Encoding,
    channels: u32,
    rate: u32,
    block_bytes: u64,
    /// The number of frames that the header gives.
    frames: u64,
}

#[derive(Clone, Copy)]
struct Sound {
    start: u64,
    claimed: u64,
}

/// Reads the layout of an AIFF file. `None` if it is not an AIFF file.
pub(crate) fn layout(section: &mut Section) -> Result<Option<Layout>, Cause> {
    let Some(head) = section.bytes_at::<12>(0)? else { return Ok(None) };
    if &head[..4] != b"FORM" || !matches!(&head[8..], b"AIFF" | b"AIFC") {
        return Ok(None);
    }
    let is_compressed = &head[8..] == b"AIFC";
    let (mut common, mut sound): (Option<Common>, Option<Sound>) = (None, None);
    let mut at = 12;
    for _ in 0..MOST_CHUNKS {
        let Some(chunk) = section.bytes_at::<8>(at)? else { break };
        let (body, bytes) = (at + 8, u64::from(be32(&chunk[4..])));
        match &chunk[..4] {
            b"COMM" if common.is_none() => common = Some(read_common(section, body, is_compressed)?),
            b"SSND" if sound.is_none() => {
                let Some(head) = section.bytes_at::<8>(body)? else { break };
                let offset = u64::from(be32(&head));
                let offset = if offset < bytes { offset } else { 0 };
                let start = body + 8 + offset;
                sound = Some(Sound { start, claimed: bytes.saturating_sub(8 + offset) });
            }
            _ => {}
        }
        if common.is_some() && sound.is_some() {
            break;
        }
        at = next_chunk(section, body, bytes)?;
    }
    match (common, sound) {
        (Some(common), Some(sound)) => check(common, sound, section.len()).map(Some),
        (None, _) => Err(Cause::CutOffInHeader),
        // A header that counts no frames needs no sound chunk: the file simply has no sound.
        (Some(common), None) if common.frames == 0 => Err(Cause::NoSound),
        (Some(_), None) => Err(Cause::CutOffInHeader),
    }
}

fn check(common: Common, sound: Sound, file_bytes: u64) -> Result<Layout, Cause> {
    let room = file_bytes.saturating_sub(sound.start);
    let told = common.frames.saturating_mul(common.block_bytes);
    let (data_bytes, shortfall) = match sound.claimed {
        // Sizes of zero or all ones were never completed.
        0 if room > 0 && told == 0 => (room, Some(Shortfall::NeverCompleted)),
        0 if room > 0 => (told.min(room), Shortfall::cut_off(told, room)),
        claimed if claimed > room && claimed >= 0x7FFF_0000 => (room, None),
        claimed => (claimed.min(room), Shortfall::cut_off(claimed, room)),
    };
    Layout::check(Claim {
        encoding: common.encoding,
        channels: common.channels,
        rate: common.rate,
        block_bytes: common.block_bytes,
        data_start: sound.start,
        data_bytes,
        told_frames: None,
        shortfall,
    })
}

fn read_common(section: &mut Section, body: u64, is_compressed: bool) -> Result<Common, Cause> {
    let Some(head) = section.bytes_at::<18>(body)? else { return Err(Cause::CutOffInHeader) };
    let (channels, frames, bits) = (u32::from(be16(&head)), u64::from(be32(&head[2..])), be16(&head[6..]));
    let rate = extended(&head[8..18]);
    let kind = match is_compressed {
        true => section.bytes_at::<4>(body + 18)?.ok_or(Cause::CutOffInHeader)?,
        false => *b"NONE",
    };
    let whole = |big| match bits {
        1..=8 => Some(Encoding::Signed8),
        9..=32 => Some(Encoding::Signed { bytes: bits.div_ceil(8) as u8, big }),
        _ => None,
    };
    let encoding = match &kind {
        b"NONE" | b"twos" => whole(true),
        b"sowt" => whole(false),
        b"raw " => Some(Encoding::Unsigned8),
        b"in24" => Some(Encoding::Signed { bytes: 3, big: true }),
        b"in32" => Some(Encoding::Signed { bytes: 4, big: true }),
        b"42ni" => Some(Encoding::Signed { bytes: 3, big: false }),
        b"23ni" => Some(Encoding::Signed { bytes: 4, big: false }),
        b"fl32" | b"FL32" => Some(Encoding::Float { bytes: 4, big: true }),
        b"fl64" | b"FL64" => Some(Encoding::Float { bytes: 8, big: true }),
        b"alaw" | b"ALAW" => Some(Encoding::ALaw),
        b"ulaw" | b"ULAW" => Some(Encoding::MuLaw),
        b"ima4" => Some(Encoding::ImaQuickTime),
        _ => None,
    };
    let encoding = encoding.ok_or_else(|| Cause::Unsupported(format!("AIFF with {}", kind_name(&kind, bits))))?;
    let block_bytes = match encoding {
        Encoding::ImaQuickTime => 34 * u64::from(channels),
        _ => encoding.sample_bytes().unwrap_or(1) * u64::from(channels),
    };
    Ok(Common { encoding, channels, rate, block_bytes, frames })
}

fn kind_name(kind: &[u8; 4], bits: u16) -> String {
    match kind {
        b"NONE" | b"twos" | b"sowt" => format!("{bits}-bit samples"),
        b"MAC3" | b"MAC6" => "MACE".into(),
        b"QDMC" | b"QDM2" => "QDesign Music".into(),
        b"GSM " | b"agsm" => "GSM 6.10".into(),
        b"Qclp" => "QCELP".into(),
        b"G722" => "G.722".into(),
        _ => format!("encoding '{}'", kind.escape_ascii()),
    }
}

/// An 80-bit floating point number in hertz. 0 if it is not a valid rate.
fn extended(bytes: &[u8]) -> u32 {
    let exponent = i32::from(be16(bytes) & 0x7FFF) - 16_383;
    let mantissa = u64::from(be32(&bytes[2..])) << 32 | u64::from(be32(&bytes[6..]));
    if bytes[0] & 0x80 != 0 || !(0..=40).contains(&exponent) {
        return 0;
    }
    (mantissa as f64 / 2f64.powi(63 - exponent)).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_80_bit_numbers() {
        assert_eq!(extended(b"\x40\x0E\xAC\x44\0\0\0\0\0\0"), 44_100);
        assert_eq!(extended(b"\x40\x0B\xFA\0\0\0\0\0\0\0"), 8000);
        assert_eq!(extended(b"\xC0\x0B\xFA\0\0\0\0\0\0\0"), 0);
        assert_eq!(extended(&[0xFF; 10]), 0);
    }
}
