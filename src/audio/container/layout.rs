//! Sound that lies in a file as equal blocks, one after the other: what all containers of PCM and ADPCM come down to.

use std::ops::Range;

use symphonia::core::audio::{Channels, Position};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, well_known as codec};

use super::super::error::{Cause, Shortfall};

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Signed8,
    Unsigned8,
    /// Whole numbers of this many bytes, 2 to 4.
    Signed {
        bytes: u8,
        big: bool,
    },
    /// Floating point numbers of 4 or 8 bytes.
    Float {
        bytes: u8,
        big: bool,
    },
    ALaw,
    MuLaw,
    ImaWav,
    ImaQuickTime,
    Microsoft,
    /// MPEG audio frames, which are found by their own headers.
    Mpeg,
}

impl Encoding {
    /// Bytes of a sample, where samples are stored one by one.
    pub fn sample_bytes(self) -> Option<u64> {
        match self {
            Encoding::Signed8 | Encoding::Unsigned8 | Encoding::ALaw | Encoding::MuLaw => Some(1),
            Encoding::Signed { bytes, .. } | Encoding::Float { bytes, .. } => Some(u64::from(bytes)),
            Encoding::ImaWav | Encoding::ImaQuickTime | Encoding::Microsoft | Encoding::Mpeg => None,
        }
    }

    fn codec(self) -> AudioCodecId {
        match self {
            Encoding::Signed8 => codec::CODEC_ID_PCM_S8,
            Encoding::Unsigned8 => codec::CODEC_ID_PCM_U8,
            Encoding::Signed { bytes: 2, big: false } => codec::CODEC_ID_PCM_S16LE,
            Encoding::Signed { bytes: 2, big: true } => codec::CODEC_ID_PCM_S16BE,
            Encoding::Signed { bytes: 3, big: false } => codec::CODEC_ID_PCM_S24LE,
            Encoding::Signed { bytes: 3, big: true } => codec::CODEC_ID_PCM_S24BE,
            Encoding::Signed { big: false, .. } => codec::CODEC_ID_PCM_S32LE,
            Encoding::Signed { big: true, .. } => codec::CODEC_ID_PCM_S32BE,
            Encoding::Float { bytes: 4, big: false } => codec::CODEC_ID_PCM_F32LE,
            Encoding::Float { bytes: 4, big: true } => codec::CODEC_ID_PCM_F32BE,
            Encoding::Float { big: false, .. } => codec::CODEC_ID_PCM_F64LE,
            Encoding::Float { big: true, .. } => codec::CODEC_ID_PCM_F64BE,
            Encoding::ALaw => codec::CODEC_ID_PCM_ALAW,
            Encoding::MuLaw => codec::CODEC_ID_PCM_MULAW,
            Encoding::ImaWav => codec::CODEC_ID_ADPCM_IMA_WAV,
            Encoding::ImaQuickTime => codec::CODEC_ID_ADPCM_IMA_QT,
            Encoding::Microsoft => codec::CODEC_ID_ADPCM_MS,
            Encoding::Mpeg => codec::CODEC_ID_MP3,
        }
    }

    /// Frames of a block of ADPCM; `None` where so small a block holds none.
    fn frames_of_block(self, block_bytes: u64, channels: u64) -> Option<u64> {
        let frames = match self {
            // A header of four bytes a channel holds the first sample; every further byte holds two.
            Encoding::ImaWav => (block_bytes.checked_sub(4 * channels)? * 2) / channels + 1,
            Encoding::ImaQuickTime => (block_bytes == 34 * channels).then_some(64)?,
            // A header of seven bytes a channel holds the first two samples.
            Encoding::Microsoft => (block_bytes.checked_sub(7 * channels)? * 2) / channels + 2,
            _ => 1,
        };
        Some(frames)
    }
}

/// What a file of equal blocks holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub encoding: Encoding,
    pub channels: u32,
    /// Hertz.
    pub rate: u32,
    /// Where in the section the sound begins.
    pub data_start: u64,
    /// Bytes of sound that are there: whole blocks.
    pub data_bytes: u64,
    /// Bytes of a block: of a frame where samples are stored one by one.
    pub block_bytes: u64,
    /// Frames of a block.
    pub block_frames: u64,
    /// Frames that the file tells, where its last block holds fewer than all.
    pub told_frames: Option<u64>,
    /// Where the header promises other than the file holds.
    pub shortfall: Option<Shortfall>,
}

/// What a header says of a file's sound, before it is checked.
pub(crate) struct Claim {
    pub encoding: Encoding,
    pub channels: u32,
    pub rate: u32,
    /// 0 where the container does not say it.
    pub block_bytes: u64,
    pub data_start: u64,
    pub data_bytes: u64,
    pub told_frames: Option<u64>,
    pub shortfall: Option<Shortfall>,
}

impl Layout {
    pub fn check(claim: Claim) -> Result<Self, Cause> {
        let Claim { encoding, channels, rate, block_bytes, data_start, data_bytes, told_frames, mut shortfall } = claim;
        if channels == 0 {
            return Err(Cause::NoChannels);
        }
        let narrowest = encoding.sample_bytes().map(|bytes| bytes * u64::from(channels));
        let block_bytes = match narrowest {
            Some(narrowest) => block_bytes.max(narrowest),
            None if block_bytes == 0 => return Err(Cause::Damaged("its blocks have no length".into())),
            None => block_bytes,
        };
        let block_frames = encoding
            .frames_of_block(block_bytes, u64::from(channels))
            .ok_or_else(|| Cause::Damaged(format!("blocks of {block_bytes} bytes hold no sound")))?;
        let whole = data_bytes / block_bytes * block_bytes;
        if let Some(shortfall) = &mut shortfall {
            shortfall.of_bytes(block_bytes, block_frames, rate);
        }
        let told_frames = told_frames.filter(|told| {
            let there = whole / block_bytes * block_frames;
            *told <= there && there - told < block_frames
        });
        Ok(Layout {
            encoding,
            channels,
            rate,
            data_start,
            data_bytes: whole,
            block_bytes,
            block_frames,
            told_frames,
            shortfall,
        })
    }

    /// Frames that are there.
    pub fn frames(&self) -> u64 {
        self.told_frames.unwrap_or(self.data_bytes / self.block_bytes * self.block_frames)
    }

    /// Whether every sample is stored by itself, without bytes between them.
    pub fn is_plain(&self) -> bool {
        self.encoding.sample_bytes().is_some_and(|bytes| bytes * u64::from(self.channels) == self.block_bytes)
    }

    /// Where in the section these frames are, as far as there are such; `None` where samples are not stored one by one.
    pub fn bytes_of(&self, frames: Range<u64>) -> Option<Range<u64>> {
        self.encoding.sample_bytes()?;
        let at = |frame: u64| self.data_start + frame.min(self.frames()) * self.block_bytes;
        Some(at(frames.start)..at(frames.end.max(frames.start)))
    }

    /// What the decoding library is told of packets of up to `packet_frames`.
    pub fn parameters(&self, packet_frames: u64) -> AudioCodecParameters {
        let mut parameters = AudioCodecParameters::new();
        parameters
            .for_codec(self.encoding.codec())
            .with_sample_rate(self.rate)
            .with_channels(channels(self.channels))
            .with_max_frames_per_packet(packet_frames);
        if self.encoding.sample_bytes().is_none() {
            parameters.with_frames_per_block(self.block_frames);
        }
        parameters
    }
}

/// So many channels, whatever places they are for.
pub(crate) fn channels(count: u32) -> Channels {
    match count {
        1 => Channels::Positioned(Position::FRONT_LEFT),
        2 => Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT),
        _ => Channels::Discrete(u16::try_from(count).unwrap_or(u16::MAX)),
    }
}
