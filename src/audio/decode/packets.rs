//! What a container gives: the coded packets of one track, each with its place in time.

use symphonia::core::codecs::audio::AudioCodecParameters;

use super::failure::Failure;

/// A packet to be decoded.
pub(super) struct Coded {
    pub data: Box<[u8]>,
    /// The frame at which its sound begins, counted from the file's first frame that is kept: negative where it only
    /// primes the decoder. `None` where the container does not know; it follows on what came before then.
    pub at: Option<i64>,
    /// Frames that it decodes to, where the container knows.
    pub frames: Option<u64>,
    /// The frame after the track's last one, where the container tells it with this packet.
    pub end: Option<u64>,
    /// Whether what came before it was lost: the decoder has nothing to go on from.
    pub follows_on_nothing: bool,
}

pub(super) enum Step {
    Packet(Coded),
    /// Another recording follows in the same file; its packets are of this kind.
    Another(Box<AudioCodecParameters>),
    End,
    /// The file breaks off in the middle of something.
    BrokenOff,
}

/// A container's packets, in order.
pub(super) trait Packets: Send {
    fn next(&mut self) -> Result<Step, Failure>;

    /// Goes on from a packet that begins at or before `frame` and tells its place. `false` where that cannot be done: the
    /// file has to be opened anew then.
    fn seek(&mut self, frame: u64) -> Result<bool, Failure>;
}

/// A track that is ready to be decoded.
pub(super) struct Track {
    pub packets: Box<dyn Packets>,
    pub codec: AudioCodecParameters,
    /// Frames before the first one that is kept: they only prime the decoder.
    pub lead: u64,
    pub length: Length,
    /// Bits of a sample where the file keeps whole numbers exactly.
    pub stored_bits: Option<u32>,
}

/// How many frames a file has, priming left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Unknown,
    /// Reckoned from the file's size.
    Estimated(u64),
    /// Told by the file. It counts where it matches what is decoded.
    Declared(u64),
    /// Told by the file to be no less; it may be somewhat more.
    AtLeast(u64),
    /// Counted in the file's own bytes.
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
