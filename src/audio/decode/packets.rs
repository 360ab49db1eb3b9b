//! The interface of containers: the coded packets of one track, each with its position in time.

use symphonia::core::codecs::audio::AudioCodecParameters;

use super::failure::Failure;

/// A coded packet.
pub(super) struct Coded {
    pub data: Box<[u8]>,
    /// The frame at which its sound begins, counted from the file's first kept frame. Negative if it only primes the
    /// decoder. `None` if the container does not know; then it follows the packet before.
    pub at: Option<i64>,
    /// The number of frames to which it decodes, if the container knows it.
    pub frames: Option<u64>,
    /// The frame after the track's last one, if the container gives it with this packet.
    pub end: Option<u64>,
    /// Whether the packet before was lost, so that the decoder must start anew.
    pub follows_on_nothing: bool,
}

pub(super) enum Step {
    Packet(Coded),
    /// Another recording follows in the same file. Its packets have these parameters.
    Another(Box<AudioCodecParameters>),
    End,
    /// The file ends in the middle of something.
    BrokenOff,
}

/// The packets of a container, in order.
pub(super) trait Packets: Send {
    fn next(&mut self) -> Result<Step, Failure>;

    /// Continues with a packet that begins at or before `frame` and has a known position. Returns false if that is
    /// impossible; then the file must be opened again.
    fn seek(&mut self, frame: u64) -> Result<bool, Failure>;
}

/// A track that is ready to be decoded.
pub(super) struct Track {
    pub packets: Box<dyn Packets>,
    pub codec: AudioCodecParameters,
    /// The number of frames before the first kept one. They only prime the decoder.
    pub lead: u64,
    pub length: Length,
    /// The bits of a sample, if the file keeps whole numbers exactly.
    pub stored_bits: Option<u32>,
}

/// The number of frames of a file, without priming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Unknown,
    /// Estimated from the size of the file.
    Estimated(u64),
    /// Declared by the file. It counts if it matches the decoded sound.
    Declared(u64),
    /// The least number, declared by the file.
    AtLeast(u64),
    /// Counted in the file's bytes.
    Counted(u64),
}

impl Length {
    pub fn frames(self) -> Option<u64> {
        match self {
            Length::Unknown => None,
            Length::Estimated(frames)
            | Length::Declared(frames)
            | Length::AtLeast(frames)
            | Length::Counted(frames) => Some(frames),
        }
    }
}
