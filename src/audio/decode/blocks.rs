//! Packets of files whose sound is in equal blocks. The position of every frame can be computed.

use super::super::container::{Encoding, Layout, Section};
use super::failure::Failure;
use super::packets::{Coded, Length, Packets, Step, Track};

/// The most frames and the most bytes of a packet. A packet has at least one block.
const PACKET_FRAMES: u64 = 4096;
const PACKET_BYTES: u64 = 256 << 10;

struct Blocks {
    section: Section,
    layout: Layout,
    /// The number of blocks of a packet.
    packet_blocks: u64,
    /// The number of the next block.
    block: u64,
    repacking: Option<Repacking>,
}

/// How samples are packed in frames that are longer than their samples.
struct Repacking {
    /// The bytes that a sample takes in the file, and which of them are kept.
    stored: usize,
    kept: std::ops::Range<usize>,
}

/// The track of a file with this layout.
pub(super) fn track(mut section: Section, mut layout: Layout) -> Result<Track, Failure> {
    let stored_bits = match layout.encoding {
        Encoding::Signed8 | Encoding::Unsigned8 => Some(8),
        Encoding::Signed { bytes, .. } => Some(8 * u32::from(bytes)),
        Encoding::Float { .. } | Encoding::Mpeg => None,
        Encoding::ALaw | Encoding::MuLaw | Encoding::ImaWav | Encoding::ImaQuickTime | Encoding::Microsoft => Some(16),
    };
    let frames = layout.frames();
    let repacking = repacking(&mut section, &layout)?;
    let packet_blocks = (PACKET_FRAMES / layout.block_frames.max(1)).min(PACKET_BYTES / layout.block_bytes).max(1);
    let codec = layout.parameters(packet_blocks * layout.block_frames);
    layout.told_frames = None;
    Ok(Track {
        packets: Box::new(Blocks { section, layout, packet_blocks, block: 0, repacking }),
        codec,
        lead: 0,
        length: Length::Counted(frames),
        stored_bits,
    })
}

/// Whole numbers that do not fill their bytes belong at the upper end, by the format's specification. Some programs put
/// them at the lower end. Then all bits above are copies of the sign, by which such files are recognised.
fn repacking(section: &mut Section, layout: &Layout) -> Result<Option<Repacking>, Failure> {
    const LOOKED_AT: usize = 16 << 10;
    let Some(bytes) = layout.encoding.sample_bytes().map(|bytes| bytes as usize) else { return Ok(None) };
    if layout.is_plain() {
        return Ok(None);
    }
    let stored = (layout.block_bytes / u64::from(layout.channels)) as usize;
    if stored <= bytes || !layout.block_bytes.is_multiple_of(u64::from(layout.channels)) {
        // The unused bytes are after the last sample.
        return Ok(Some(Repacking { stored: bytes, kept: 0..bytes }));
    }
    let (mut sounds, mut is_lower) = (false, true);
    let blocks = layout.data_bytes / layout.block_bytes;
    for quarter in 0..4 {
        let mut some = vec![0; LOOKED_AT];
        let at = layout.data_start + blocks * quarter / 4 * layout.block_bytes;
        let count = section.read_up_to(at, &mut some).map_err(Failure::Cause)?;
        for sample in some[..count].chunks_exact(stored) {
            let (value, rest, sign) = match layout.encoding {
                Encoding::Signed { big: true, .. } => {
                    (&sample[stored - bytes..], &sample[..stored - bytes], stored - bytes)
                }
                _ => (&sample[..bytes], &sample[bytes..], bytes - 1),
            };
            let copies = if sample[sign] & 0x80 == 0 { 0 } else { 0xFF };
            is_lower &= rest.iter().all(|byte| *byte == copies);
            sounds |= value.iter().any(|byte| *byte != 0);
        }
    }
    let at = match layout.encoding {
        Encoding::Signed { big, .. } if big == (is_lower && sounds) => stored - bytes,
        _ => 0,
    };
    Ok(Some(Repacking { stored, kept: at..at + bytes }))
}

impl Packets for Blocks {
    fn next(&mut self) -> Result<Step, Failure> {
        let layout = &self.layout;
        let left = (layout.data_bytes / layout.block_bytes).saturating_sub(self.block);
        let blocks = left.min(self.packet_blocks);
        if blocks == 0 {
            return Ok(Step::End);
        }
        let mut data = vec![0; (blocks * layout.block_bytes) as usize];
        let at = layout.data_start + self.block * layout.block_bytes;
        let count = self.section.read_up_to(at, &mut data).map_err(Failure::Cause)?;
        if count < data.len() {
            return Ok(Step::BrokenOff);
        }
        if let Some(repacking) = &self.repacking {
            data = repacking.apply(&data, layout);
        }
        let first = self.block * layout.block_frames;
        self.block += blocks;
        Ok(Step::Packet(Coded {
            data: data.into_boxed_slice(),
            at: i64::try_from(first).ok(),
            frames: Some(blocks * layout.block_frames),
            end: None,
            follows_on_nothing: false,
        }))
    }

    fn seek(&mut self, frame: u64) -> Result<bool, Failure> {
        self.block = frame / self.layout.block_frames;
        Ok(true)
    }
}

impl Repacking {
    fn apply(&self, data: &[u8], layout: &Layout) -> Vec<u8> {
        let mut packed = Vec::with_capacity(data.len());
        for frame in data.chunks_exact(layout.block_bytes as usize) {
            for sample in frame.chunks_exact(self.stored).take(layout.channels as usize) {
                packed.extend_from_slice(&sample[self.kept.clone()]);
            }
        }
        packed
    }
}
