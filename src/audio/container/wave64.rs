//! Sony Wave64: WAV with sizes of 64 bits and names of 16 bytes.

use super::super::error::{Cause, Shortfall};
use super::layout::{Claim, Layout};
use super::section::{Section, le64};
use super::wave_format::{LONGEST_FORMAT, WaveFormat};

/// The end of all names except the file's own.
const NAME_END: [u8; 12] = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];
pub(crate) const MAGIC: &[u8; 8] = b"riff\x2E\x91\xCF\x11";
const MOST_CHUNKS: usize = 4096;
/// The bytes of a chunk's name and size. The size includes both.
const HEAD_BYTES: u64 = 24;

pub(crate) fn layout(section: &mut Section) -> Result<Layout, Cause> {
    let mut at = HEAD_BYTES + 16;
    let mut format = None;
    for _ in 0..MOST_CHUNKS {
        let Some(head) = section.bytes_at::<24>(at)? else { return Err(Cause::CutOffInHeader) };
        let (body, bytes) = (at + HEAD_BYTES, le64(&head[16..]));
        let is_known = head[4..16] == NAME_END;
        match &head[..4] {
            b"fmt " if is_known => {
                let mut own = vec![0; bytes.saturating_sub(HEAD_BYTES).min(LONGEST_FORMAT) as usize];
                if section.read_up_to(body, &mut own)? < own.len() {
                    return Err(Cause::CutOffInHeader);
                }
                format = Some(WaveFormat::read(&own, false)?);
            }
            b"data" if is_known => {
                let format: WaveFormat = format.ok_or_else(|| Cause::Damaged("its format is missing".into()))?;
                let room = section.len().saturating_sub(body);
                let claimed = bytes.saturating_sub(HEAD_BYTES);
                let (data_bytes, shortfall) = match claimed {
                    0 => (room, Some(Shortfall::NeverCompleted)),
                    _ => (claimed.min(room), Shortfall::cut_off(claimed, room)),
                };
                return Layout::check(Claim {
                    encoding: format.encoding,
                    channels: format.channels,
                    rate: format.rate,
                    block_bytes: format.block_bytes,
                    data_start: body,
                    data_bytes,
                    told_frames: None,
                    shortfall,
                });
            }
            _ => {}
        }
        at = at.saturating_add(bytes.max(HEAD_BYTES).saturating_add(7) & !7);
    }
    Err(Cause::Damaged("no sound was found among its first parts".into()))
}
