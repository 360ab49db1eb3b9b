//! Core Audio files whose sound is in equal blocks. symphonia reads those whose packets have lengths of their own
//! (ALAC, AAC).

use super::super::error::{Cause, Shortfall};
use super::layout::{Claim, Encoding, Layout};
use super::section::{Section, be32, be64};

const MOST_CHUNKS: usize = 4096;

pub(crate) enum Caf {
    Blocks(Layout),
    Packets,
}

/// Reads a file that begins with `caff`.
pub(crate) fn read(section: &mut Section) -> Result<Caf, Cause> {
    let mut format = None;
    let mut at = 8;
    for _ in 0..MOST_CHUNKS {
        let Some(head) = section.bytes_at::<12>(at)? else { return Err(Cause::CutOffInHeader) };
        let (body, bytes) = (at + 12, be64(&head[4..]).cast_signed());
        match &head[..4] {
            b"desc" => {
                let Some(desc) = section.bytes_at::<32>(body)? else { return Err(Cause::CutOffInHeader) };
                match description(&desc)? {
                    Some(read) => format = Some(read),
                    None => return Ok(Caf::Packets),
                }
            }
            b"data" => {
                let (encoding, channels, rate, block_bytes) =
                    format.ok_or_else(|| Cause::Damaged("its format is missing".into()))?;
                // The sound begins after a count of edits.
                let start = body + 4;
                let room = section.len().saturating_sub(start);
                let (data_bytes, shortfall) = match u64::try_from(bytes) {
                    // In this format, -1 means that the sound goes on to the end of the file.
                    Err(_) => (room, None),
                    Ok(bytes) => (bytes.saturating_sub(4).min(room), Shortfall::cut_off(bytes.saturating_sub(4), room)),
                };
                let claim = Claim {
                    encoding,
                    channels,
                    rate,
                    block_bytes,
                    data_start: start,
                    data_bytes,
                    told_frames: None,
                    shortfall,
                };
                return Layout::check(claim).map(Caf::Blocks);
            }
            _ => {}
        }
        at = body.saturating_add(u64::try_from(bytes).map_err(|_| Cause::CutOffInHeader)?);
    }
    Err(Cause::Damaged("no sound was found among its first parts".into()))
}

/// Encoding, channels, rate and bytes of a block. `None` if packets have lengths of their own.
fn description(desc: &[u8; 32]) -> Result<Option<(Encoding, u32, u32, u64)>, Cause> {
    let rate = f64::from_bits(be64(desc));
    let rate = if rate.is_finite() { rate.round() as u32 } else { 0 };
    let (flags, channels, bits) = (be32(&desc[12..]), be32(&desc[24..]), be32(&desc[28..]));
    let (is_float, big) = (flags & 1 != 0, flags & 2 == 0);
    let encoding = match (&desc[8..12], bits) {
        (b"lpcm", 32 | 64) if is_float => Encoding::Float { bytes: (bits / 8) as u8, big },
        (b"lpcm", 1..=8) if !is_float => Encoding::Signed8,
        (b"lpcm", 9..=32) if !is_float => Encoding::Signed { bytes: bits.div_ceil(8) as u8, big },
        (b"lpcm", _) => return Err(Cause::Unsupported(format!("Core Audio with {bits}-bit samples"))),
        (b"ulaw", _) => Encoding::MuLaw,
        (b"alaw", _) => Encoding::ALaw,
        (b"ima4", _) => Encoding::ImaQuickTime,
        (b"alac" | b"aac " | b".mp3" | b".mp2" | b".mp1" | b"flac", _) => return Ok(None),
        (b"opus", _) => return Err(Cause::Unsupported("Opus in Core Audio".into())),
        (kind, _) => return Err(Cause::Unsupported(format!("Core Audio with encoding '{}'", kind.escape_ascii()))),
    };
    let block_bytes = match encoding {
        Encoding::ImaQuickTime => 34 * u64::from(channels),
        _ => u64::from(be32(&desc[16..])),
    };
    Ok(Some((encoding, channels, rate, block_bytes)))
}
