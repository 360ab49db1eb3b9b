//! The format chunk of WAV, RIFX, RF64 and Wave64.

use super::super::error::Cause;
use super::layout::Encoding;
use super::section::{be16, be32, le16, le32};

const PCM: u16 = 1;
const MS_ADPCM: u16 = 2;
const FLOAT: u16 = 3;
const A_LAW: u16 = 6;
const MU_LAW: u16 = 7;
const IMA_ADPCM: u16 = 0x11;
const MPEG: u16 = 0x50;
const MP3: u16 = 0x55;
const EXTENSIBLE: u16 = 0xFFFE;

/// No format chunk is longer. That of MS ADPCM has 50 bytes with its coefficients.
pub(crate) const LONGEST_FORMAT: u64 = 1024;

#[derive(Clone, Debug)]
pub(crate) struct WaveFormat {
    pub encoding: Encoding,
    pub channels: u32,
    pub rate: u32,
    pub block_bytes: u64,
}

impl WaveFormat {
    /// Reads a format chunk in the byte order of its file.
    pub fn read(bytes: &[u8], big: bool) -> Result<Self, Cause> {
        if bytes.len() < 16 {
            return Err(Cause::Damaged("its format is incomplete".into()));
        }
        let read16 = |bytes: &[u8]| if big { be16(bytes) } else { le16(bytes) };
        let read32 = |bytes: &[u8]| if big { be32(bytes) } else { le32(bytes) };
        let mut tag = read16(bytes);
        if tag == EXTENSIBLE {
            // The first two bytes of the sub-format's GUID are the tag of a plain header.
            let sub = bytes.get(24..26).ok_or_else(|| Cause::Damaged("its format is incomplete".into()))?;
            tag = read16(sub);
        }
        let (channels, rate) = (u32::from(read16(&bytes[2..])), read32(&bytes[4..]));
        let (block_bytes, bits) = (u64::from(read16(&bytes[12..])), read16(&bytes[14..]));
        let encoding = match (tag, bits) {
            (PCM, 1..=8) => Encoding::Unsigned8,
            // Samples of 12 or 20 bits are in the upper bits of the next whole number of bytes.
            (PCM, 9..=32) => Encoding::Signed { bytes: bits.div_ceil(8) as u8, big },
            (FLOAT, 32 | 64) => Encoding::Float { bytes: (bits / 8) as u8, big },
            (A_LAW, _) => Encoding::ALaw,
            (MU_LAW, _) => Encoding::MuLaw,
            (MS_ADPCM, _) => Encoding::Microsoft,
            (IMA_ADPCM, _) => Encoding::ImaWav,
            (MPEG | MP3, _) => Encoding::Mpeg,
            _ => return Err(Cause::Unsupported(format!("WAV with {}", encoding_name(tag, bits)))),
        };
        Ok(WaveFormat {
            encoding,
            channels,
            rate,
            block_bytes: if encoding == Encoding::Mpeg { 1 } else { block_bytes },
        })
    }
}

fn encoding_name(tag: u16, bits: u16) -> String {
    match tag {
        PCM => format!("{bits}-bit samples"),
        FLOAT => format!("{bits}-bit floating point samples"),
        0x31 => "GSM 6.10".into(),
        0x40 | 0x45 | 0x64 | 0x14 => "G.726 or G.721".into(),
        0x65 | 0x28F => "G.722".into(),
        0x22 => "TrueSpeech".into(),
        0x92 | 0x2000 => "Dolby Digital (AC-3)".into(),
        0x2001 => "DTS".into(),
        0x160..=0x163 => "Windows Media Audio".into(),
        0x270 => "ATRAC3".into(),
        0xFF | 0x1600..=0x1610 | 0xA106 => "AAC".into(),
        0x566F | 0x6750 | 0x674F..=0x6771 => "Vorbis".into(),
        0x5756 => "WavPack".into(),
        0xF1AC => "FLAC".into(),
        _ => format!("encoding {tag:#06x}"),
    }
}
