//! Sound in equal blocks, one after the other. All containers of PCM and ADPCM are read in this form.

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
    /// The bytes of a sample, if samples are stored one by one.
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

    /// The frames of a block of ADPCM. `None` if the block is too small for any frame.
    fn frames_of_block(self, block_bytes: u64, channels: u64) -> Option<u64> {
        let frames = match self {
            // For each channel, a header of four bytes holds the first sample. Every further byte holds two samples.
            Encoding::ImaWav => (block_bytes.checked_sub(4 * channels)? * 2) / channels + 1,
            Encoding::ImaQuickTime => (block_bytes == 34 * channels).then_some(64)?,
            // For each channel, a header of seven bytes holds the first two samples.
            Encoding::Microsoft => (block_bytes.checked_sub(7 * channels)? * 2) / channels + 2,
            _ => 1,
        };
        Some(frames)
    }
}

/// Where a file with equal blocks keeps its sound, and in which form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub encoding: Encoding,
    pub channels: u32,
    /// In hertz.
    pub rate: u32,
    /// The position in the section where the sound begins.
    pub data_start: u64,
    /// The bytes of sound that exist, in whole blocks.
    pub data_bytes: u64,
    /// The bytes of a block. If samples are stored one by one, a block is a frame.
    pub block_bytes: u64,
    /// The frames of a block.
    pub block_frames: u64,
    /// The number of frames that the file declares, if its last block is not full.
    pub told_frames: Option<u64>,
    /// The difference between the header and the file, if there is one.
    pub shortfall: Option<Shortfall>,
}

/// What a header says about the sound, before it is checked.
pub(crate) struct Claim {
    pub encoding: Encoding,
    pub channels: u32,
    pub rate: u32,
    /// 0 if the container does not say it.
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

    /// The number of frames that exist.
    pub fn frames(&self) -> u64 {
        self.told_frames.unwrap_or(self.data_bytes / self.block_bytes * self.block_frames)
    }

    /// Whether every sample is stored by itself, without bytes between samples.
    pub fn is_plain(&self) -> bool {
        self.encoding.sample_bytes().is_some_and(|bytes| bytes * u64::from(self.channels) == self.block_bytes)
    }

    /// The position of these frames in the section, as far as they exist. `None` if samples are not stored one by one.
    pub fn bytes_of(&self, frames: Range<u64>) -> Option<Range<u64>> {
        self.encoding.sample_bytes()?;
        let at = |frame: u64| self.data_start + frame.min(self.frames()) * self.block_bytes;
        Some(at(frames.start)..at(frames.end.max(frames.start)))
    }

    /// The parameters for symphonia's decoder, for packets of up to `packet_frames`.
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

/// This number of channels, whatever their positions are.
pub(crate) fn channels(count: u32) -> Channels {
    match count {
        1 => Channels::Positioned(Position::FRONT_LEFT),
        2 => Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT),
        _ => Channels::Discrete(u16::try_from(count).unwrap_or(u16::MAX)),
    }
}
