//! Finds the sound of a WAV file, even if its sizes are wrong.
//!
//! Recorders that crash leave sizes of zero. Pipes leave sizes of all ones. Broken downloads have sizes that are larger
//! than the file. Recordings of over 4 GiB keep only the lower 32 bits of their sizes. RF64 keeps its sizes in another
//! chunk.

use super::super::error::{Cause, Shortfall};
use super::layout::{Claim, Encoding, Layout};
use super::section::{Section, be32, le16, le32, le64};
use super::wave_format::{LONGEST_FORMAT, WaveFormat};

/// More chunks than any real file has before its data. A file that consists of empty chunks must not be walked to its
/// end.
const MOST_CHUNKS: usize = 4096;
/// Sizes from here on were written by a program that did not know them.
const UNKNOWN_SIZE: u64 = 0x7FFF_0000;
/// One more than 32 bits can hold.
const WRAP: u64 = 1 << 32;

/// The layout of a WAV file, and its own format chunk, which has the positions of channels and the valid bits.
pub(crate) struct Wav {
    pub layout: Layout,
    pub own_format: Vec<u8>,
    pub big: bool,
}

/// Reads the layout of a WAV file. `None` if it is not a WAV file.
pub(crate) fn wav(section: &mut Section) -> Result<Option<Wav>, Cause> {
    let mut head = [0u8; 12];
    let got = section.read_up_to(0, &mut head)?;
    let big = &head[..4] == b"RIFX";
    if got < 4 || !(big || matches!(&head[..4], b"RIFF" | b"RF64" | b"BW64")) {
        return Ok(None);
    }
    if got < head.len() {
        return Err(Cause::CutOffInHeader);
    }
    if &head[8..] != b"WAVE" {
        return Ok(None);
    }
    let size = |bytes: &[u8]| u64::from(if big { be32(bytes) } else { le32(bytes) });
    let riff_bytes = size(&head[4..]);

    let file_bytes = section.len();
    let mut format: Option<(WaveFormat, Vec<u8>)> = None;
    let (mut wide_data_bytes, mut told_frames) = (None, None);
    let mut position = 12;
    for _ in 0..MOST_CHUNKS {
        let Some(chunk) = section.bytes_at::<8>(position)? else { return Err(Cause::CutOffInHeader) };
        let (body, bytes) = (position + 8, size(&chunk[4..]));
        match &chunk[..4] {
            b"data" => {
                let (format, own_format) = format.ok_or_else(|| Cause::Damaged("its format is missing".into()))?;
                let sizes =
                    Sizes { claimed: bytes, wide: wide_data_bytes, room: file_bytes.saturating_sub(body), riff_bytes };
                let (data_bytes, shortfall) = sizes.data_bytes(body, file_bytes);
                let layout = Layout::check(Claim {
                    encoding: format.encoding,
                    channels: format.channels,
                    rate: format.rate,
                    block_bytes: format.block_bytes,
                    data_start: body,
                    data_bytes,
                    told_frames,
                    shortfall,
                })?;
                return Ok(Some(Wav { layout, own_format, big }));
            }
            b"fmt " if format.is_none() => {
                let mut own = vec![0u8; bytes.min(LONGEST_FORMAT) as usize];
                if section.read_up_to(body, &mut own)? < own.len() {
                    return Err(Cause::CutOffInHeader);
                }
                format = Some((WaveFormat::read(&own, big)?, own));
            }
            b"fact" => told_frames = section.bytes_at::<4>(body)?.map(|frames| size(&frames)),
            b"ds64" => {
                let Some(sizes) = section.bytes_at::<16>(body)? else { return Err(Cause::CutOffInHeader) };
                wide_data_bytes = Some(le64(&sizes[8..]));
            }
            _ => {}
        }
        position = next_chunk(section, body, bytes)?;
        if position > file_bytes {
            return Err(Cause::CutOffInHeader);
        }
    }
    Err(Cause::Damaged("no sound was found among its first parts".into()))
}

/// The start of the next chunk. Chunks start at even positions, but some programs omit the padding byte.
pub(crate) fn next_chunk(section: &mut Section, body: u64, bytes: u64) -> Result<u64, Cause> {
    let end = body.saturating_add(bytes);
    if bytes.is_multiple_of(2) {
        return Ok(end);
    }
    let is_name = |name: &[u8; 4]| name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ');
    let at =
        |section: &mut Section, place| Ok::<_, Cause>(section.bytes_at::<4>(place)?.is_some_and(|name| is_name(&name)));
    Ok(if !at(section, end + 1)? && at(section, end)? { end } else { end + 1 })
}

/// The sizes of the sound according to the headers.
struct Sizes {
    claimed: u64,
    /// The size in the header of RF64.
    wide: Option<u64>,
    /// The bytes that are left in the file.
    room: u64,
    riff_bytes: u64,
}

impl Sizes {
    /// The number of bytes of sound, from `start` on.
    fn data_bytes(&self, start: u64, file_bytes: u64) -> (u64, Option<Shortfall>) {
        let Sizes { claimed, wide, room, riff_bytes } = *self;
        // The size of RF64 counts if it fits the file.
        let claimed = match wide {
            Some(wide) if (1..=room).contains(&wide) => return (wide, None),
            Some(wide) if claimed >= u64::from(u32::MAX) || (claimed == 0 && wide > 0) => wide,
            _ if claimed >= UNKNOWN_SIZE && claimed > room => return (room, None),
            _ => claimed,
        };
        if wide.is_none() && room >= WRAP {
            if room % WRAP == claimed {
                return (room, None);
            }
            // Other chunks may follow the sound. Then the size of the whole file shows that sizes were cut to 32 bits.
            if file_bytes.saturating_sub(8) % WRAP == riff_bytes {
                return (claimed + (room - claimed) / WRAP * WRAP, None);
            }
        }
        if claimed == 0 && (riff_bytes + 8 <= start || wide == Some(0)) && room > 0 {
            return (room, Some(Shortfall::NeverCompleted));
        }
        (claimed.min(room), Shortfall::cut_off(claimed, room))
    }
}

impl Wav {
    /// The header of a WAV file with sound of this format. `None` if the sound is too long for a WAV file.
    pub fn header_of(&self, data_bytes: u64) -> Option<Vec<u8>> {
        let format = &self.own_format;
        // Formats other than PCM have a `fact` chunk with the number of frames.
        let fact = (le16(format) != 1).then_some(data_bytes / self.layout.block_bytes);
        let parts = 4 + 8 + format.len().next_multiple_of(2) as u64 + if fact.is_some() { 12 } else { 0 } + 8;
        let riff = u32::try_from(parts + data_bytes.next_multiple_of(2)).ok()?;
        let mut header = Vec::with_capacity(128);
        header.extend(b"RIFF");
        header.extend(riff.to_le_bytes());
        header.extend(b"WAVEfmt ");
        header.extend((format.len() as u32).to_le_bytes());
        header.extend(format);
        header.resize(header.len().next_multiple_of(2), 0);
        if let Some(frames) = fact {
            header.extend(b"fact\x04\0\0\0");
            header.extend((frames as u32).to_le_bytes());
        }
        header.extend(b"data");
        header.extend((data_bytes as u32).to_le_bytes());
        Some(header)
    }

    /// Whether its bytes, copied after [`Wav::header_of`], make a valid WAV file.
    pub fn can_be_copied(&self) -> bool {
        let stored = u64::from(le16(&self.own_format[12..]));
        !self.big && self.layout.encoding.sample_bytes().is_some() && stored == self.layout.block_bytes
    }
}

/// Whether a WAV file holds MPEG audio, which is found by its own frames.
pub(crate) fn is_mpeg(layout: &Layout) -> bool {
    layout.encoding == Encoding::Mpeg
}
