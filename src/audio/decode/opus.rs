//! Opus through ruopus, because symphonia has no decoder for it.

use ruopus::MultistreamDecoder;

use super::ogg_codec::opus_frames;

/// The rate to which Opus always decodes, in hertz.
pub(super) const RATE: u32 = 48_000;

pub(super) struct Opus {
    head: Head,
    decoder: MultistreamDecoder,
    gain: f32,
}

/// The mapping of streams to channels.
#[derive(Clone)]
struct Head {
    streams: usize,
    coupled: usize,
    /// For each channel, its decoded channel. 255 is silence.
    mapping: Vec<u8>,
}

impl Opus {
    /// Reads an identification header (RFC 7845, section 5.1), or the form of it that MP4 has. `None` if it is not
    /// valid.
    pub fn new(header: &[u8]) -> Option<Self> {
        let rest = header.strip_prefix(b"OpusHead")?;
        let version = *rest.first()?;
        let gain = rest.get(8..10)?;
        // MP4 has version 0 and puts the highest byte first.
        let gain = if version == 0 { [gain[0], gain[1]] } else { [gain[1], gain[0]] };
        let decibels = f32::from(i16::from_be_bytes(gain)) / 256.0;
        let channels = usize::from(*rest.get(1)?);
        let head = match *rest.get(10)? {
            0 if matches!(channels, 1 | 2) => {
                Head { streams: 1, coupled: channels - 1, mapping: (0..channels as u8).collect() }
            }
            0 => return None,
            _ => Head {
                streams: usize::from(*rest.get(11)?),
                coupled: usize::from(*rest.get(12)?),
                mapping: rest.get(13..13 + channels)?.to_vec(),
            },
        };
        let decoded = head.streams + head.coupled;
        let is_valid = head.streams >= 1
            && head.coupled <= head.streams
            && decoded <= 255
            && !head.mapping.is_empty()
            && head.mapping.iter().all(|channel| *channel == 255 || usize::from(*channel) < decoded);
        is_valid.then(|| Opus { decoder: head.decoder(), head, gain: 10f32.powf(decibels / 20.0) })
    }

    pub fn channels(&self) -> usize {
        self.head.mapping.len()
    }

    pub fn reset(&mut self) {
        self.decoder = self.head.decoder();
    }

    /// Appends the samples of a packet. Returns false if the packet is damaged.
    pub fn decode(&mut self, packet: &[u8], out: &mut Vec<f32>) -> bool {
        // Packets that claim an impossible length are not given to the decoder.
        if opus_frames(packet) == 0 {
            return false;
        }
        let Ok(samples) = self.decoder.decode_packet(packet) else { return false };
        out.extend(samples.iter().map(|sample| sample * self.gain));
        true
    }
}

impl Head {
    fn decoder(&self) -> MultistreamDecoder {
        MultistreamDecoder::with_rate(RATE, self.streams, self.coupled, &self.mapping)
    }
}
