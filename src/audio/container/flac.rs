//! FLAC without the metadata around its sound. Damaged pictures, cue sheets and the like do not make a file unreadable.

use super::super::error::Cause;
use super::section::{Section, be16};

/// The bytes of STREAMINFO, the block of metadata that every file begins with.
const INFO_BYTES: usize = 34;
const MOST_BLOCKS: usize = 1024;
const SEARCHED_BYTES: usize = 64 << 10;

/// The stream with STREAMINFO as its only metadata. The block lengths in STREAMINFO are corrected to agree with the
/// frames.
pub(crate) fn bare(section: &mut Section) -> Result<Section, Cause> {
    let Some(head) = section.bytes_at::<42>(0)? else { return Err(Cause::CutOffInHeader) };
    if head[4] & 0x7F != 0 {
        return Err(Cause::Damaged("it does not begin with the facts of its stream".into()));
    }
    let mut info = head[8..].to_vec();
    debug_assert_eq!(info.len(), INFO_BYTES);
    let mut start = 4 + 4 + INFO_BYTES as u64;
    let mut is_last = head[4] & 0x80 != 0;
    for _ in 0..MOST_BLOCKS {
        if is_last {
            break;
        }
        let Some(block) = section.bytes_at::<4>(start)? else { return Err(Cause::CutOffInHeader) };
        let bytes = u64::from(block[1]) << 16 | u64::from(block[2]) << 8 | u64::from(block[3]);
        // There are no types above 126. So the chain of blocks is damaged, and the frames are somewhere behind this
        // place.
        if block[0] & 0x7F == 127 || start + 4 + bytes > section.len() {
            break;
        }
        is_last = block[0] & 0x80 != 0;
        start += 4 + bytes;
    }
    agree_with_frames(section, start, &mut info)?;
    let prefix = [b"fLaC\x80\0\0\x22".as_slice(), &info].concat();
    Ok(section.part(start..section.len()).map_err(Cause::of_reading)?.with_prefix(prefix))
}

/// Corrects STREAMINFO's shortest and longest block. The frames say whether all blocks have one length, and STREAMINFO
/// must say the same, but some programs write 0.
fn agree_with_frames(section: &mut Section, start: u64, info: &mut [u8]) -> Result<(), Cause> {
    let mut bytes = vec![0; SEARCHED_BYTES];
    let count = section.read_up_to(start, &mut bytes)?;
    let first = bytes[..count].windows(2).find(|two| two[0] == 0xFF && two[1] & 0xFE == 0xF8);
    let is_fixed = first.is_none_or(|two| two[1] & 1 == 0);
    let (shortest, longest) = (be16(info), be16(&info[2..]));
    let (shortest, longest) = match (is_fixed, longest) {
        (true, longest) if longest >= 16 => (longest, longest),
        (false, longest) if shortest == longest || shortest < 16 => (16, longest.max(17)),
        _ => (shortest, longest),
    };
    info[..2].copy_from_slice(&shortest.to_be_bytes());
    info[2..4].copy_from_slice(&longest.to_be_bytes());
    Ok(())
}
