//! The heads of frames that follow one another without a container: MPEG audio, and AAC in ADTS.

use symphonia::core::codecs::audio::{AudioCodecId, well_known as codec};

/// The kind of heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Mpeg,
    Adts,
}

/// The bytes of the longest head.
pub(super) const HEAD_BYTES: usize = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// What all frames of a stream have in common.
    pub kind: u32,
    pub codec: AudioCodecId,
    pub rate: u32,
    /// 0 if the head does not say it.
    pub channels: u32,
    /// The bytes of the frame, including its head.
    pub bytes: u64,
    /// The bytes of the head that the decoder does not take.
    pub head_bytes: usize,
    /// The number of sound frames to which it decodes.
    pub frames: u64,
    /// For AAC: its object type less 1. Only 1 is decoded.
    pub profile: u8,
}

impl Family {
    /// Reads a head from the first bytes of a frame.
    pub fn head(self, bytes: &[u8]) -> Option<Head> {
        match self {
            Family::Mpeg => mpeg(bytes),
            Family::Adts => adts(bytes),
        }
    }
}

fn mpeg(bytes: &[u8]) -> Option<Head> {
    const RATES: [u32; 3] = [44_100, 48_000, 32_000];
    // In thousands of bits per second: layers 1 to 3 of MPEG-1, then layer 1 of MPEG-2, then its layers 2 and 3.
    const BITRATES: [[u16; 14]; 5] = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let [first, second, third, fourth] = *bytes.first_chunk::<4>()?;
    if first != 0xFF || second & 0xE0 != 0xE0 {
        return None;
    }
    let (version, layer) = (second >> 3 & 3, 4 - (second >> 1 & 3));
    let (bitrate, rate) = (usize::from(third >> 4), usize::from(third >> 2 & 3));
    // Version 1 and layer 4 do not exist. Bitrate 0 is the free format, whose frames do not say their lengths.
    if version == 1 || layer == 4 || bitrate == 0 || bitrate == 15 || rate == 3 || fourth & 3 == 2 {
        return None;
    }
    let first_version = version == 3;
    let rate = RATES[rate]
        >> match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
    let row = match (first_version, layer) {
        (true, layer) => usize::from(layer - 1),
        (false, 1) => 3,
        (false, _) => 4,
    };
    let bits = u64::from(BITRATES[row][bitrate - 1]) * 1000;
    let padding = u64::from(third >> 1 & 1);
    let (frames, bytes) = match (layer, first_version) {
        (1, _) => (384, (12 * bits / u64::from(rate) + padding) * 4),
        (3, false) => (576, 72 * bits / u64::from(rate) + padding),
        _ => (1152, 144 * bits / u64::from(rate) + padding),
    };
    let codec = [codec::CODEC_ID_MP1, codec::CODEC_ID_MP2, codec::CODEC_ID_MP3][usize::from(layer - 1)];
    let channels = if fourth >> 6 == 3 { 1 } else { 2 };
    Some(Head {
        kind: u32::from(second & 0x1E) << 8 | u32::from(third & 0x0C),
        codec,
        rate,
        channels,
        bytes,
        head_bytes: 0,
        frames,
        profile: 1,
    })
}

fn adts(bytes: &[u8]) -> Option<Head> {
    const RATES: [u32; 13] =
        [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
    const CHANNELS: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 8];
    let head = bytes.first_chunk::<7>()?;
    if head[0] != 0xFF || head[1] & 0xF6 != 0xF0 {
        return None;
    }
    let rate = *RATES.get(usize::from(head[2] >> 2 & 15))?;
    let length = u64::from(head[3] & 3) << 11 | u64::from(head[4]) << 3 | u64::from(head[5] >> 5);
    let head_bytes = if head[1] & 1 == 0 { 9 } else { 7 };
    // ADTS allows several AAC frames in one frame, but no program writes them.
    if length <= head_bytes as u64 || head[6] & 3 != 0 {
        return None;
    }
    Some(Head {
        kind: u32::from(head[1] & 0x0F) << 16 | u32::from(head[2] & 0xFD) << 8 | u32::from(head[3] & 0xC0),
        codec: codec::CODEC_ID_AAC,
        rate,
        channels: CHANNELS[usize::from((head[2] & 1) << 2 | head[3] >> 6)],
        bytes: length,
        head_bytes,
        frames: 1024,
        profile: head[2] >> 6,
    })
}

/// The content of a Xing, Info or VBRI frame. Such a frame has no sound of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The number of MPEG frames that follow.
    pub frames: Option<u64>,
    /// The sound frames that prime encoder and decoder, and those that pad the last frame, if LAME or ffmpeg wrote
    /// them.
    pub priming: Option<(u64, u64)>,
}

/// Reads the first frame of a layer III stream, if it is such a frame.
pub(super) fn told(frame: &[u8]) -> Option<Told> {
    /// What a decoder adds to the delay of an encoder: 528 frames for its filters, and 1.
    const DECODER_DELAY: u64 = 529;
    let head = mpeg(frame)?;
    if head.codec != codec::CODEC_ID_MP3 {
        return None;
    }
    let first_version = frame[1] >> 3 & 3 == 3;
    let side = match (first_version, head.channels) {
        (true, 1) => 17,
        (true, _) => 32,
        (false, 1) => 9,
        (false, _) => 17,
    };
    let be32 = |at: usize| {
        let four = frame.get(at..at + 4)?;
        Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
    };
    if frame.get(36..40) == Some(b"VBRI") && frame[6..36].iter().all(|byte| *byte == 0) {
        return Some(Told { frames: be32(50).map(u64::from), priming: None });
    }
    let at = 4 + side;
    let magic = frame.get(at..at + 4)?;
    // A protected frame has two bytes of checksum after its head.
    if !(magic == b"Xing" || magic == b"Info") || frame[6..at].iter().any(|byte| *byte != 0) {
        return None;
    }
    let flags = be32(at + 4)?;
    let mut next = at + 8;
    let frames = if flags & 1 != 0 { be32(next).map(u64::from) } else { None };
    next += [4, 4, 100, 4]
        .iter()
        .enumerate()
        .filter(|(bit, _)| flags >> bit & 1 == 1)
        .map(|(_, bytes)| bytes)
        .sum::<usize>();
    let encoder = frame.get(next..next + 4);
    let writes_priming = [b"LAME", b"Lavf", b"Lavc"].iter().any(|name| encoder == Some(name.as_slice()));
    let priming = match frame.get(next + 21..next + 24) {
        Some([first, second, third]) if writes_priming => {
            let delay = u64::from(*first) << 4 | u64::from(second >> 4);
            let padding = u64::from(second & 15) << 8 | u64::from(*third);
            Some((delay + DECODER_DELAY, padding.saturating_sub(DECODER_DELAY)))
        }
        _ => None,
    };
    Some(Told { frames: frames.filter(|frames| *frames > 0), priming })
}
