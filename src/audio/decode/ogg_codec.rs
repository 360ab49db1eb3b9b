//! The codecs in Ogg: recognises a stream by its first packet, and computes the length of a packet without decoding it.

use symphonia::core::codecs::audio::{AudioCodecParameters, well_known as codec};

use super::super::container::layout::channels;
use super::super::container::section::{le16, le32};

/// A stream, recognised by its first packet.
pub(super) enum Stream {
    Sound(Box<Sound>),
    /// A known kind of sound that is not read.
    Unread(&'static str),
    /// Pictures, texts, or an unknown stream.
    Other,
}

/// A stream of sound.
#[derive(Clone)]
pub(super) struct Sound {
    pub kind: Kind,
    pub rate: u32,
    pub channels: u32,
    /// The number of frames before the first kept one, from the first packet.
    pub skipped: u64,
    /// The first packet.
    head: Vec<u8>,
    /// For Vorbis: the setup packet.
    setup: Vec<u8>,
    /// Whether more headers may follow.
    in_headers: bool,
}

#[derive(Clone)]
pub(super) enum Kind {
    Vorbis(Blocks),
    Opus,
    Flac,
}

/// The lengths of Vorbis packets: the two lengths of blocks, and which of them each mode has.
#[derive(Clone, Default)]
pub(super) struct Blocks {
    lengths: [u64; 2],
    modes: Vec<bool>,
    before: Option<u64>,
}

pub(super) fn recognise(packet: &[u8]) -> Stream {
    let sound = |kind, rate, channels, skipped| {
        Stream::Sound(Box::new(Sound {
            kind,
            rate,
            channels,
            skipped,
            head: packet.to_vec(),
            setup: Vec::new(),
            in_headers: true,
        }))
    };
    match packet {
        [1, b'v', b'o', b'r', b'b', b'i', b's', ..] if packet.len() >= 30 => {
            let lengths = [1 << (packet[28] & 15), 1 << (packet[28] >> 4)];
            let blocks = Blocks { lengths, ..Blocks::default() };
            sound(Kind::Vorbis(blocks), le32(&packet[12..]), u32::from(packet[11]), 0)
        }
        [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] if packet.len() >= 19 => {
            sound(Kind::Opus, 48_000, u32::from(packet[9]), u64::from(le16(&packet[10..])))
        }
        [0x7F, b'F', b'L', b'A', b'C', ..] if packet.len() >= 51 => {
            let info = &packet[17..];
            let rate = u32::from(info[10]) << 12 | u32::from(info[11]) << 4 | u32::from(info[12] >> 4);
            // Further headers are recognised by their first byte.
            sound(Kind::Flac, rate, u32::from(info[12] >> 1 & 7) + 1, 0)
        }
        _ if packet.starts_with(b"Speex   ") => Stream::Unread("Speex"),
        _ if packet.starts_with(b"CELT    ") => Stream::Unread("CELT"),
        _ if packet.starts_with(b"PCM     ") => Stream::Unread("PCM in Ogg"),
        _ => Stream::Other,
    }
}

impl Sound {
    /// Takes a packet if it is one of the headers before the sound.
    pub fn takes_header(&mut self, packet: &[u8]) -> bool {
        match self.kind {
            Kind::Flac => packet.first().is_some_and(|first| *first != 0xFF),
            Kind::Vorbis(ref mut blocks) if packet.first().is_some_and(|first| first & 1 == 1) => {
                if packet[0] == 5 {
                    blocks.modes = modes(packet);
                    self.setup = packet.to_vec();
                }
                true
            }
            Kind::Vorbis(_) => false,
            Kind::Opus => std::mem::take(&mut self.in_headers) && packet.starts_with(b"OpusTags"),
        }
    }

    /// The parameters for the decoder.
    pub fn parameters(&self) -> AudioCodecParameters {
        let mut parameters = AudioCodecParameters::new();
        let (id, extra) = match self.kind {
            Kind::Vorbis(_) => (codec::CODEC_ID_VORBIS, [self.head.as_slice(), &self.setup].concat()),
            Kind::Opus => (codec::CODEC_ID_OPUS, self.head.clone()),
            Kind::Flac => (codec::CODEC_ID_FLAC, self.head[17..51].to_vec()),
        };
        parameters.for_codec(id).with_sample_rate(self.rate).with_channels(channels(self.channels));
        parameters.with_extra_data(extra.into_boxed_slice());
        parameters
    }

    /// The bits of a sample, if samples are kept exactly.
    pub fn stored_bits(&self) -> Option<u32> {
        let info = self.head.get(17..).filter(|_| matches!(self.kind, Kind::Flac))?;
        Some((u32::from(info[12] & 1) << 4 | u32::from(info[13] >> 4)) + 1)
    }

    /// The number of frames of a packet that follows the one before.
    pub fn frames_of(&mut self, packet: &[u8]) -> u64 {
        match &mut self.kind {
            Kind::Vorbis(blocks) => blocks.frames_of(packet),
            Kind::Opus => opus_frames(packet),
            Kind::Flac => flac_frames(packet).unwrap_or(0),
        }
    }

    /// The next packet does not follow the one before.
    pub fn forget(&mut self) {
        if let Kind::Vorbis(blocks) = &mut self.kind {
            blocks.before = None;
        }
    }
}

impl Blocks {
    /// The halves of two neighbouring blocks overlap, so the first packet gives no frames.
    fn frames_of(&mut self, packet: &[u8]) -> u64 {
        let Some(first) = packet.first().filter(|first| **first & 1 == 0 && !self.modes.is_empty()) else { return 0 };
        let bits = (self.modes.len() - 1).checked_ilog2().map_or(0, |bits| bits + 1);
        let mode = usize::from(first >> 1) & ((1 << bits) - 1);
        let Some(is_long) = self.modes.get(mode) else { return 0 };
        let length = self.lengths[usize::from(*is_long)];
        let before = self.before.replace(length);
        before.map_or(0, |before| (before + length) / 4)
    }
}

/// Whether each mode of a Vorbis setup packet has long blocks. The modes are the last part of the packet. Each has 41
/// bits, and two fields of it are always 0, so modes can be recognised from the end. Their number precedes them.
fn modes(setup: &[u8]) -> Vec<bool> {
    const MODE_BITS: usize = 41;
    let bit = |place: usize| setup[place / 8] >> (place % 8) & 1 == 1;
    let number = |place: usize, bits: usize| (0..bits).fold(0, |sum, i| sum | usize::from(bit(place + i)) << i);
    // The last bit that is set ends the packet.
    let Some(mut end) = (0..setup.len() * 8).rev().find(|place| bit(*place)) else { return Vec::new() };
    let mut long = Vec::new();
    let mut found = Vec::new();
    while end >= MODE_BITS + 6 && long.len() < 64 {
        let start = end - MODE_BITS;
        if number(start + 1, 16) != 0 || number(start + 17, 16) != 0 {
            break;
        }
        long.push(bit(start));
        // Bits before the first mode may look like modes by chance. The matching number that is farthest from the end
        // is the right one.
        if number(start - 6, 6) + 1 == long.len() {
            found.clone_from(&long);
        }
        end = start;
    }
    found.reverse();
    found
}

/// The number of frames of an Opus packet at 48 kHz (RFC 6716, section 3.1). 0 if it is not a valid packet.
pub(super) fn opus_frames(packet: &[u8]) -> u64 {
    let Some(first) = packet.first() else { return 0 };
    let config = u64::from(first >> 3);
    let frame = match config {
        0..12 => [480, 960, 1920, 2880][(config % 4) as usize],
        12..16 => [480, 960][(config % 2) as usize],
        _ => [120, 240, 480, 960][(config % 4) as usize],
    };
    let count = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1).copied().unwrap_or(0) & 63),
    };
    // No packet is longer than 120 ms.
    Some(frame * count).filter(|frames| *frames <= 5760).unwrap_or(0)
}

/// The number of frames of a FLAC frame (RFC 9639, section 9.1).
fn flac_frames(frame: &[u8]) -> Option<u64> {
    let code = u64::from(*frame.get(2)? >> 4);
    // The frame's number has as many bytes as its first byte has leading ones.
    let number = match frame.get(4)?.leading_ones() {
        0 => 1,
        ones => ones as usize,
    };
    let behind = |at: usize| frame.get(4 + number + at).map(|byte| u64::from(*byte));
    match code {
        1 => Some(192),
        2..=5 => Some(576 << (code - 2)),
        6 => Some(behind(0)? + 1),
        7 => Some((behind(0)? << 8 | behind(1)?) + 1),
        8..=15 => Some(256 << (code - 8)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opus_packets_tell_their_length() {
        // Packets with one frame of 20 ms, two of 10 ms, three of 2.5 ms, and one of more than 120 ms.
        assert_eq!(opus_frames(&[0x78]), 960);
        assert_eq!(opus_frames(&[0xF1]), 960);
        assert_eq!(opus_frames(&[0xE3, 3]), 360);
        assert_eq!(opus_frames(&[0x1B, 63]), 0);
        assert_eq!(opus_frames(&[]), 0);
    }

    #[test]
    fn flac_frames_tell_their_length() {
        assert_eq!(flac_frames(&[0xFF, 0xF8, 0xC9, 0x18, 0]), Some(4096));
        assert_eq!(flac_frames(&[0xFF, 0xF8, 0x79, 0x18, 0xC2, 0x80, 0x01, 0x00]), Some(257));
        assert_eq!(flac_frames(&[0xFF, 0xF8, 0x09, 0x18, 0]), None);
    }
}
