//! Where a WAV file keeps its sound, whatever its sizes claim, and that sound as a plain WAV for the decoder.
//!
//! Recorders that crash leave sizes of zero, pipes leave sizes of all ones, broken downloads leave sizes that are larger
//! than the file, and RF64 keeps them elsewhere. The decoder believes sizes, and gives up or drops the end where they lie.
//! So the few facts that matter are read here, and the decoder is shown a header that is true.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use symphonia::core::io::MediaSource;

use super::error::Cause;

const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const EXTENSIBLE: u16 = 0xFFFE;

/// More chunks than any real file has before its data; a file of nothing but empty chunks must not be walked to its end.
const MOST_CHUNKS: usize = 4096;
/// No format chunk is longer; MS ADPCM's with its coefficients has 50 bytes.
const LONGEST_FORMAT: u64 = 1024;
/// Sizes from here on were written by a program that could not know them.
const UNKNOWN_SIZE: u64 = 0x7FFF_0000;
/// The decoder reads this many frames at once, and drops what is less where it does not know the length.
const FRAMES_A_READ: u64 = 1152;

/// What a WAV file holds.
#[derive(Debug, PartialEq)]
pub(crate) struct Layout {
    /// A whole format chunk, normalised to what the decoder takes.
    format: Vec<u8>,
    /// The file's own format chunk, with the places of its channels and its valid bits, where it agrees with the data.
    own_format: Vec<u8>,
    data_start: u64,
    /// Bytes of sound that are there: whole frames.
    data_bytes: u64,
    /// Bytes of a frame, or of a block of frames where samples are not stored one by one.
    block_bytes: u64,
    /// Frames that are there; `None` where samples are not stored one by one.
    pub frames: Option<u64>,
    /// In words, where the header promises more than the file holds, or nothing at all.
    pub warning: Option<String>,
}

/// Reads the layout of a file of `file_bytes`; `None` where it is no WAV file. Leaves the position anywhere.
pub(crate) fn layout(file: &mut File, file_bytes: u64) -> Result<Option<Layout>, Cause> {
    let mut head = [0u8; 12];
    let got = read_up_to(file, 0, &mut head)?;
    let wide = matches!(&head[..4], b"RF64" | b"BW64");
    if got < 4 || !(wide || &head[..4] == b"RIFF") {
        return Ok(None);
    }
    if got < head.len() {
        return Err(Cause::CutOffInHeader);
    }
    if &head[8..] != b"WAVE" {
        return Ok(None);
    }
    let riff_end = u64::from(le32(&head[4..])) + 8;

    let mut format: Option<(Vec<u8>, u64, bool)> = None;
    let mut own = Vec::new();
    let mut wide_data_bytes = None;
    let mut position = 12;
    for _ in 0..MOST_CHUNKS {
        let mut chunk = [0u8; 8];
        if read_up_to(file, position, &mut chunk)? < chunk.len() {
            return Err(Cause::CutOffInHeader);
        }
        let (body, size) = (position + 8, u64::from(le32(&chunk[4..])));
        match &chunk[..4] {
            b"data" => {
                let (chunk, block_bytes, plain) = format.ok_or_else(|| damaged("its format is missing"))?;
                let room = file_bytes.saturating_sub(body);
                let (data_bytes, warning) = data_bytes(size, wide_data_bytes, room, body, riff_end);
                let whole = data_bytes / block_bytes * block_bytes;
                return Ok(Some(Layout {
                    own_format: if u64::from(le16(&own[12..])) == block_bytes { own } else { chunk.clone() },
                    format: chunk,
                    data_start: body,
                    data_bytes: whole,
                    block_bytes,
                    frames: plain.then_some(whole / block_bytes),
                    warning,
                }));
            }
            b"fmt " => {
                let mut bytes = vec![0u8; size.min(LONGEST_FORMAT) as usize];
                if read_up_to(file, body, &mut bytes)? < bytes.len() {
                    return Err(Cause::CutOffInHeader);
                }
                format = Some(normalised_format(&bytes)?);
                own = bytes;
            }
            b"ds64" => {
                let mut sizes = [0u8; 16];
                if read_up_to(file, body, &mut sizes)? < sizes.len() {
                    return Err(Cause::CutOffInHeader);
                }
                wide_data_bytes = Some(le64(&sizes[8..]));
            }
            _ => {}
        }
        position = body + size + (size & 1);
        if position > file_bytes {
            return Err(Cause::CutOffInHeader);
        }
    }
    Err(damaged("no sound was found among its first parts"))
}

impl Layout {
    /// Hertz.
    pub fn rate(&self) -> u32 {
        le32(&self.format[4..])
    }

    /// Where in the file these frames are, as far as there are such; `None` where samples are not stored one by one.
    pub fn bytes_of(&self, frames: Range<u64>) -> Option<Range<u64>> {
        let last = self.frames?;
        let at = |frame: u64| self.data_start + frame.min(last) * self.block_bytes;
        Some(at(frames.start)..at(frames.end.max(frames.start)))
    }

    /// The header of a WAV file with sound of this format; `None` where so much does not fit into one.
    pub fn header_of(&self, data_bytes: u64) -> Option<Vec<u8>> {
        let format = &self.own_format;
        // Other formats than PCM say how many frames there are.
        let fact = (le16(format) != PCM).then_some(data_bytes / self.block_bytes);
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
}

/// How many bytes of sound there are: `claimed` by the header (`wide` by RF64's), `room` left in the file.
fn data_bytes(claimed: u64, wide: Option<u64>, room: u64, start: u64, riff_end: u64) -> (u64, Option<String>) {
    let claimed = match wide {
        Some(wide) if claimed >= u64::from(u32::MAX) => wide,
        _ if claimed >= UNKNOWN_SIZE && claimed > room => return (room, None),
        _ => claimed,
    };
    if claimed == 0 && riff_end <= start && room > 0 {
        return (room, Some("its header was never completed; it was read to the end of the file".into()));
    }
    if claimed > room {
        let share = room as f64 / claimed as f64 * 100.0;
        return (room, Some(format!("it is cut off: {share:.0}% of the sound that its header promises is there")));
    }
    (claimed, None)
}

/// The format chunk as the decoder takes it, the bytes of a block, and whether a block is a frame.
fn normalised_format(bytes: &[u8]) -> Result<(Vec<u8>, u64, bool), Cause> {
    if bytes.len() < 16 {
        return Err(damaged("its format is incomplete"));
    }
    let mut tag = le16(bytes);
    if tag == EXTENSIBLE {
        // The first two bytes of the sub-format's GUID are the tag that a plain header would have.
        tag = bytes.get(24..26).map(le16).ok_or_else(|| damaged("its format is incomplete"))?;
    }
    let (channels, rate, block, bits) = (le16(&bytes[2..]), le32(&bytes[4..]), le16(&bytes[12..]), le16(&bytes[14..]));
    if channels == 0 {
        return Err(damaged("its header says it has no channels"));
    }
    let sample_bytes = match (tag, bits) {
        // Samples of 12 or 20 bits sit in the upper bits of the next whole bytes.
        (PCM, 1..=32) => u64::from(bits.div_ceil(8)),
        (FLOAT, 32 | 64) => u64::from(bits / 8),
        (A_LAW | MU_LAW, _) => 1,
        (MS_ADPCM | IMA_ADPCM, _) if block > 0 => {
            return Ok((bytes.to_vec(), u64::from(block), false));
        }
        _ => return Err(Cause::Unsupported(format!("WAV with {}", encoding_name(tag, bits)))),
    };
    let block_bytes = sample_bytes * u64::from(channels);
    let mut format = Vec::with_capacity(18);
    format.extend(tag.to_le_bytes());
    format.extend(channels.to_le_bytes());
    format.extend(rate.to_le_bytes());
    format.extend((u64::from(rate) * block_bytes).min(u64::from(u32::MAX)).to_le_bytes().into_iter().take(4));
    format.extend(block_bytes.min(u64::from(u16::MAX)).to_le_bytes().into_iter().take(2));
    format.extend((sample_bytes as u16 * 8).to_le_bytes());
    if matches!(tag, A_LAW | MU_LAW) {
        format.extend([0, 0]);
    }
    Ok((format, block_bytes, true))
}

fn encoding_name(tag: u16, bits: u16) -> String {
    match tag {
        PCM => format!("{bits}-bit samples"),
        FLOAT => format!("{bits}-bit floating point samples"),
        0x31 => "GSM 6.10".into(),
        0x45 | 0x64 => "G.726".into(),
        0x50 => "MPEG audio".into(),
        0x55 => "MP3 inside".into(),
        0x160..=0x163 => "Windows Media Audio".into(),
        _ => format!("encoding {tag:#06x}"),
    }
}

/// A WAV file as its layout says it is: a true header, and the sound.
pub(crate) struct WavSource {
    file: File,
    header: Vec<u8>,
    data_start: u64,
    data_bytes: u64,
    /// What is shown beyond `data_bytes` is zeros, so that the decoder's last read is whole.
    shown_bytes: u64,
    position: u64,
}

impl WavSource {
    pub fn new(file: File, layout: &Layout) -> Self {
        // A size that 32 bits cannot hold is shown as unknown; the caller stops at the frames of the layout.
        let (size, shown_bytes) = match u32::try_from(layout.data_bytes) {
            Ok(size) if size < u32::MAX => (size, layout.data_bytes),
            _ => (u32::MAX, layout.data_bytes.next_multiple_of(FRAMES_A_READ * layout.block_bytes)),
        };
        let mut header = Vec::with_capacity(64);
        header.extend(b"RIFF\xFF\xFF\xFF\xFFWAVEfmt ");
        header.extend((layout.format.len() as u32).to_le_bytes());
        header.extend(&layout.format);
        header.resize(header.len() + layout.format.len() % 2, 0);
        header.extend(b"data");
        header.extend(size.to_le_bytes());
        let (data_start, data_bytes) = (layout.data_start, layout.data_bytes);
        WavSource { file, header, data_start, data_bytes, shown_bytes, position: 0 }
    }

    fn len(&self) -> u64 {
        self.header.len() as u64 + self.shown_bytes
    }
}

impl Read for WavSource {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let header_bytes = self.header.len() as u64;
        let count = if self.position < header_bytes {
            let rest = &self.header[self.position as usize..];
            let count = rest.len().min(out.len());
            out[..count].copy_from_slice(&rest[..count]);
            count
        } else {
            let offset = self.position - header_bytes;
            let (left, limit) = match self.data_bytes.checked_sub(offset) {
                Some(left) if left > 0 => (left, true),
                _ => (self.shown_bytes.saturating_sub(offset), false),
            };
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
            if limit {
                self.file.seek(SeekFrom::Start(self.data_start + offset))?;
                self.file.read(&mut out[..count])?
            } else {
                out[..count].fill(0);
                count
            }
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for WavSource {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
            SeekFrom::End(delta) => self.len().checked_add_signed(delta),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl MediaSource for WavSource {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}

fn damaged(what: &str) -> Cause {
    Cause::Damaged(what.into())
}

/// Reads at `position` until `out` is full or the file ends; returns how much was read.
fn read_up_to(file: &mut File, position: u64, out: &mut [u8]) -> Result<usize, Cause> {
    file.seek(SeekFrom::Start(position)).map_err(Cause::of_reading)?;
    let mut filled = 0;
    while filled < out.len() {
        match file.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Cause::of_reading(error)),
        }
    }
    Ok(filled)
}

fn le16(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

fn le32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn le64(bytes: &[u8]) -> u64 {
    u64::from(le32(bytes)) | u64::from(le32(&bytes[4..])) << 32
}
