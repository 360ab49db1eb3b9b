//! Sun and NeXT audio (`.au`, `.snd`), in either byte order.

use super::super::error::{Cause, Shortfall};
use super::layout::{Claim, Encoding, Layout};
use super::section::{Section, be32, le32};

const HEAD_BYTES: u64 = 24;

/// Reads the layout of an AU file. `None` if it is not an AU file.
pub(crate) fn layout(section: &mut Section) -> Result<Option<Layout>, Cause> {
    let Some(head) = section.bytes_at::<24>(0)? else { return Ok(None) };
    let (big, read32): (bool, fn(&[u8]) -> u32) = match &head[..4] {
        b".snd" => (true, be32),
        b"dns." => (false, le32),
        _ => return Ok(None),
    };
    let (start, claimed) = (u64::from(read32(&head[4..])).max(HEAD_BYTES), read32(&head[8..]));
    let encoding = match read32(&head[12..]) {
        1 => Encoding::MuLaw,
        2 => Encoding::Signed8,
        bytes @ 3..=5 => Encoding::Signed { bytes: bytes as u8 - 1, big },
        6 => Encoding::Float { bytes: 4, big },
        7 => Encoding::Float { bytes: 8, big },
        27 => Encoding::ALaw,
        23 => return Err(Cause::Unsupported("Sun audio with G.721".into())),
        24 => return Err(Cause::Unsupported("Sun audio with G.722".into())),
        25 | 26 => return Err(Cause::Unsupported("Sun audio with G.723".into())),
        other => return Err(Cause::Unsupported(format!("Sun audio with encoding {other}"))),
    };
    let (claimed, room) = (u64::from(claimed), section.len().saturating_sub(start));
    let (data_bytes, shortfall) = match claimed {
        // In this format, all ones means that the size was not known.
        0xFFFF_FFFF => (room, None),
        0 if room > 0 => (room, Some(Shortfall::NeverCompleted)),
        _ => (claimed.min(room), Shortfall::cut_off(claimed, room)),
    };
    let (rate, channels) = (read32(&head[16..]), read32(&head[20..]));
    Layout::check(Claim {
        encoding,
        channels,
        rate,
        block_bytes: 0,
        data_start: start,
        data_bytes,
        told_frames: None,
        shortfall,
    })
    .map(Some)
}
