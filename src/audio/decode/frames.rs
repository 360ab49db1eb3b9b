//! Frames without a container (MP1 to MP3, AAC in ADTS), found by walking from head to head.
//!
//! The exact number of a frame is only known by a walk from the start. So some positions are kept during the walk, and
//! a seek begins at the nearest of them.

use symphonia::core::codecs::audio::AudioCodecParameters;

use super::super::container::Section;
use super::super::container::layout::channels;
use super::super::container::tags::leading_tag;
use super::super::container::window::Window;
use super::super::error::Cause;
use super::failure::Failure;
use super::frame_head::{Family, HEAD_BYTES, Head, told};
use super::packets::{Coded, Length, Packets, Step, Track};

/// The most other bytes that a file may have before its first frame.
pub(super) const JUNK_BYTES: u64 = 64 << 10;
/// This many frames must follow one another before bytes are taken for frames.
const CHAIN: usize = 4;
/// The number of frames between two kept positions.
const FRAMES_A_PLACE: u64 = 256;
/// The number of frames from which an unknown length is estimated.
const SAMPLED_FRAMES: u64 = 32;
/// Up to this many bytes at the end that belong to no frame are not reported.
const REST_BYTES: u64 = 4096;

/// A position of the walk.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    at: u64,
    /// The number of frames before it, including lost ones.
    frame: u64,
    /// The number of frames found before it, and their bytes.
    met: u64,
    met_bytes: u64,
    /// The start of the frame before it.
    last: Option<u64>,
}

struct Frames {
    window: Window,
    family: Family,
    kind: u32,
    /// The sound frames of a frame.
    frames: u64,
    lead: u64,
    place: Place,
    places: Vec<Place>,
    /// Whether frames are missing before the next one.
    lost: bool,
}

/// The first frame of a stream of this family within `junk_bytes` from the start of a section: its position and its
/// head.
pub(super) fn find(section: &mut Section, family: Family, junk_bytes: u64) -> Result<Option<(u64, Head)>, Cause> {
    let limit = section.len().min(junk_bytes.max(1));
    if limit == 1 && section.bytes_at::<1>(0)? != Some([0xFF]) {
        return Ok(None);
    }
    let whole = section.part(0..section.len()).map_err(Cause::of_reading)?;
    let mut window = Window::new(whole);
    for at in 0..limit {
        if window.peek(at, 1)?.first() == Some(&0xFF)
            && let Some(head) = family.head(window.peek(at, HEAD_BYTES)?)
            && is_chain(&mut window, family, head.kind, at, at == 0)?
        {
            return Ok(Some((at, head)));
        }
    }
    Ok(None)
}

/// Whether frames of one kind follow one another from `at` on. Fewer than [`CHAIN`] are enough if `short` is true and
/// the section ends after them.
fn is_chain(window: &mut Window, family: Family, kind: u32, at: u64, short: bool) -> Result<bool, Cause> {
    let end = window.section().len();
    let mut next = at;
    for count in 0..CHAIN {
        if next >= end {
            return Ok(next == end && (short || count > 1));
        }
        match family.head(window.peek(next, HEAD_BYTES)?).filter(|head| head.kind == kind) {
            Some(head) => next += head.bytes,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// The track of the stream whose first frame is at `at`.
pub(super) fn track(section: Section, family: Family, at: u64, head: Head) -> Result<Track, Failure> {
    let mut this = Frames {
        window: Window::new(section),
        family,
        kind: head.kind,
        frames: head.frames,
        lead: 0,
        place: Place { at, ..Place::default() },
        places: Vec::new(),
        lost: false,
    };
    let first = this.window.peek(at, head.bytes as usize).map_err(Failure::Cause)?;
    let mut length = Length::Unknown;
    if let Some(told) = told(first) {
        this.place.at += head.bytes;
        let (lead, padding) = told.priming.unwrap_or_default();
        this.lead = lead;
        if let Some(frames) = told.frames {
            length = Length::Declared((frames * head.frames).saturating_sub(lead + padding));
        }
    }
    this.places.push(this.place);
    if length == Length::Unknown {
        length = Length::Estimated(this.estimate().map_err(Failure::Cause)?);
    }
    let mut codec = AudioCodecParameters::new();
    codec.for_codec(head.codec).with_sample_rate(head.rate).with_channels(channels(head.channels));
    Ok(Track { lead: this.lead, packets: Box::new(this), codec, length, stored_bits: None })
}

impl Frames {
    /// The number of sound frames, estimated from the bytes of the first frames.
    fn estimate(&mut self) -> Result<u64, Cause> {
        let end = self.window.section().len();
        let (start, mut at, mut count) = (self.place.at, self.place.at, 0);
        while count < SAMPLED_FRAMES
            && let Some(head) = self.family.head(self.window.peek(at, HEAD_BYTES)?)
        {
            at += head.bytes;
            count += 1;
        }
        let bytes = (at - start).max(1);
        Ok(((end - start) as f64 * count as f64 / bytes as f64) as u64 * self.frames)
    }

    /// The head of the frame at the walk's position, which moves over tags and damaged bytes to it. `Err` at the end;
    /// it says whether unexplained bytes are left.
    fn head(&mut self) -> Result<Result<Head, bool>, Cause> {
        let end = self.window.section().len();
        loop {
            let at = self.place.at;
            if at >= end {
                return Ok(Err(false));
            }
            let kind = self.kind;
            if let Some(head) = self.family.head(self.window.peek(at, HEAD_BYTES)?).filter(|head| head.kind == kind) {
                if at + head.bytes > end {
                    // The last frame is not whole, because streams are cut anywhere. This is not reported.
                    return Ok(Err(false));
                }
                let frame = self.window.peek(at, head.bytes as usize)?;
                if self.family == Family::Mpeg && told(frame).is_some() {
                    // Another file begins here.
                    self.place.at += head.bytes;
                    continue;
                }
                return Ok(Ok(head));
            }
            if let Some(bytes) = leading_tag(self.window.section(), at)? {
                self.skip(bytes);
            } else if self.window.peek(at, 3)? == b"TAG" {
                self.skip(128);
            } else if !self.resync()? {
                let rest = end - at;
                self.place.at = end;
                return Ok(Err(rest > REST_BYTES));
            }
        }
    }

    fn skip(&mut self, bytes: u64) {
        self.place.at = self.place.at.saturating_add(bytes);
        self.place.last = None;
    }

    /// Moves to the next frame after damaged bytes, and counts the frames that these bytes held.
    fn resync(&mut self) -> Result<bool, Cause> {
        let end = self.window.section().len();
        // The length of the frame before may be wrong, so the search begins within that frame.
        let begin = self.place.last.unwrap_or(self.place.at);
        let mut at = begin + 1;
        while at < end {
            let bytes = self.window.peek(at, 4096)?;
            let Some(offset) = bytes.iter().position(|byte| *byte == 0xFF) else {
                at += bytes.len().max(1) as u64;
                continue;
            };
            at += offset as u64;
            let kind = self.kind;
            let fits = self.family.head(self.window.peek(at, HEAD_BYTES)?).is_some_and(|head| head.kind == kind);
            if fits && is_chain(&mut self.window, self.family, kind, at, false)? {
                let average = self.place.met_bytes as f64 / self.place.met.max(1) as f64;
                if average > 0.0 {
                    let passed = ((at - begin) as f64 / average).round() as u64;
                    // The frame before was already counted, damaged or not.
                    self.place.frame += passed.saturating_sub(u64::from(self.place.last.is_some()));
                }
                self.place.at = at;
                self.place.last = None;
                self.lost = true;
                return Ok(true);
            }
            at += 1;
        }
        Ok(false)
    }

    fn pass(&mut self, head: Head) {
        let place = &mut self.place;
        place.last = Some(place.at);
        place.at += head.bytes;
        place.frame += 1;
        place.met += 1;
        place.met_bytes += head.bytes;
        let last = self.places.last().map_or(0, |place| place.frame);
        if self.place.frame >= last + FRAMES_A_PLACE {
            self.places.push(self.place);
        }
    }
}

impl Packets for Frames {
    fn next(&mut self) -> Result<Step, Failure> {
        let head = match self.head().map_err(Failure::Cause)? {
            Ok(head) => head,
            Err(true) => return Ok(Step::BrokenOff),
            Err(false) => return Ok(Step::End),
        };
        let frame = self.window.peek(self.place.at, head.bytes as usize).map_err(Failure::Cause)?;
        let data = frame.get(head.head_bytes..).unwrap_or_default().into();
        let at = i64::try_from(self.place.frame * self.frames).unwrap_or(i64::MAX) - self.lead as i64;
        self.pass(head);
        let follows_on_nothing = std::mem::take(&mut self.lost);
        Ok(Step::Packet(Coded { data, at: Some(at), frames: Some(head.frames), end: None, follows_on_nothing }))
    }

    fn seek(&mut self, frame: u64) -> Result<bool, Failure> {
        let wanted = (frame + self.lead) / self.frames;
        let after = self.places.partition_point(|place| place.frame <= wanted);
        let Some(place) = after.checked_sub(1).map(|index| self.places[index]) else { return Ok(false) };
        self.place = place;
        while self.place.frame < wanted {
            match self.head().map_err(Failure::Cause)? {
                Ok(head) if self.place.frame < wanted => self.pass(head),
                _ => break,
            }
        }
        // If the wanted frame is damaged, the next one gives its own position.
        Ok(true)
    }
}
