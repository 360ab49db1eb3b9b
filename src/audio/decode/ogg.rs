//! Packets of Ogg files. The positions on pages count if they match the packets. A lost page leaves a hole of its
//! length.
//!
//! As with frames without a container, only a walk from the start gives every packet's position for certain.

use std::collections::VecDeque;

use super::super::container::Section;
use super::super::container::ogg_page::{Page, next_page};
use super::super::container::window::Window;
use super::super::error::Cause;
use super::failure::Failure;
use super::ogg_codec::{Sound, Stream, recognise};
use super::packets::{Coded, Length, Packets, Step, Track};

/// A longer packet is not sound.
const LONGEST_PACKET: usize = 4 << 20;
/// The most priming or padding that positions can give. No codec has more.
const MOST_TRIMMED: i64 = 16_384;
/// The longest hole that lost pages leave. If positions are farther apart, another recording begins.
const LONGEST_HOLE_SECS: i64 = 600;
/// The number of pages between two kept positions.
const PAGES_A_PLACE: u64 = 64;
/// The last page is sought in this many bytes at the end.
const TAIL_BYTES: u64 = 128 << 10;

/// One of several recordings that follow one another in a file.
#[derive(Clone)]
struct Link {
    serial: u32,
    sound: Box<Sound>,
    /// The number of kept frames before it.
    base: i64,
    /// The position of its first kept frame. It is unknown before its first page of sound.
    first_kept: Option<i64>,
}

/// The state of the walk at a page. The walk can continue from it.
#[derive(Clone)]
struct Place {
    at: u64,
    link: Link,
    number: Option<u32>,
    clock: i64,
    partial: Vec<u8>,
}

struct Ogg {
    window: Window,
    place: Place,
    places: Vec<(i64, Place)>,
    pages: u64,
    queue: VecDeque<Coded>,
    /// Whether packets are missing before the next one.
    lost: bool,
    /// Whether the next packets belong to another link than those before.
    is_another: bool,
    /// Whether the last page ended its stream.
    ended: bool,
}

pub(super) fn track(section: Section) -> Result<Track, Failure> {
    let mut window = Window::new(section);
    let Some((link, at)) = find_link(&mut window, 0).map_err(Failure::Cause)? else {
        return Err(Failure::Cause(Cause::NoSound));
    };
    let place = Place { at, link, number: None, clock: 0, partial: Vec::new() };
    let (pages, queue, places) = (0, VecDeque::new(), vec![(i64::MIN, place.clone())]);
    let mut this = Ogg { window, place, places, pages, queue, lost: false, is_another: false, ended: false };
    while this.queue.is_empty() && this.read_page().map_err(Failure::Cause)? {}
    if this.queue.is_empty() {
        return Err(Failure::Cause(Cause::CutOffInHeader));
    }
    let sound = &this.place.link.sound;
    let (codec, stored_bits) = (sound.parameters(), sound.stored_bits());
    let lead = this.queue.front().and_then(|packet| packet.at).map_or(0, |at| at.min(0).unsigned_abs());
    let length = this.told_length().map_err(Failure::Cause)?;
    Ok(Track { packets: Box::new(this), codec, lead, length, stored_bits })
}

/// The first stream of sound among those that begin at or after `at`, and the position of its further pages.
fn find_link(window: &mut Window, mut at: u64) -> Result<Option<(Link, u64)>, Cause> {
    let (mut found, mut unread) = (None, None);
    while let Some(page) = next_page(window, at, true)? {
        if !page.is_first {
            break;
        }
        at = page.next;
        let first = page.packets.first().map_or(0, |(bytes, _)| *bytes);
        match recognise(&page.body[..first]) {
            Stream::Sound(sound) if found.is_none() => {
                found = Some(Link { serial: page.serial, sound, base: 0, first_kept: None });
            }
            Stream::Unread(name) => unread = Some(name),
            Stream::Sound(_) | Stream::Other => {}
        }
    }
    match (found, unread) {
        (Some(link), _) => Ok(Some((link, at))),
        (None, Some(name)) => Err(Cause::Unsupported(name.into())),
        (None, None) => Ok(None),
    }
}

impl Ogg {
    /// Reads the next page of the sound and puts its packets into the queue. Returns false at the end.
    fn read_page(&mut self) -> Result<bool, Cause> {
        loop {
            let in_headers = self.place.link.first_kept.is_none();
            let Some(page) = next_page(&mut self.window, self.place.at, in_headers)? else { return Ok(false) };
            if page.is_first && !in_headers {
                if !self.begin_link()? {
                    self.place.at = page.next;
                }
                continue;
            }
            self.place.at = page.next;
            self.lost |= page.after_damage && !in_headers;
            if page.serial == self.place.link.serial {
                self.take(page);
                return Ok(true);
            }
        }
    }

    /// Changes to the stream that begins at the next page. Returns false if it is not a sound that can be read.
    fn begin_link(&mut self) -> Result<bool, Cause> {
        let (mut link, at) = match find_link(&mut self.window, self.place.at) {
            Ok(Some(found)) => found,
            Ok(None) | Err(Cause::Unsupported(_)) => return Ok(false),
            Err(cause) => return Err(cause),
        };
        link.base = self.kept(self.place.clock);
        self.place = Place { at, link, number: None, clock: 0, partial: Vec::new() };
        (self.is_another, self.lost, self.ended) = (true, false, false);
        Ok(true)
    }

    /// Converts a position of the current link to frames from the file's first kept frame.
    fn kept(&self, position: i64) -> i64 {
        let link = &self.place.link;
        position.saturating_sub(link.first_kept.unwrap_or(0)).saturating_add(link.base)
    }

    fn take(&mut self, page: Page) {
        if self.place.number.is_some_and(|number| page.number != number.wrapping_add(1)) {
            self.lost = true;
        }
        self.place.number = Some(page.number);
        self.ended = page.is_last;
        if self.lost {
            self.place.partial.clear();
            self.place.link.sound.forget();
        }
        let packets = self.packets_of(&page);
        if packets.is_empty() {
            return;
        }
        let frames: i64 = packets.iter().map(|(_, frames)| *frames as i64).sum();
        let start = self.start_of(&page, frames);
        if self.place.link.first_kept.is_none() {
            self.place.link.first_kept = Some(start.max(0) + self.place.link.sound.skipped as i64);
        }
        let mut follows_on_nothing = std::mem::take(&mut self.lost);
        self.place.clock = start;
        let padding = page.granule.map_or(0, |granule| (start + frames).saturating_sub(granule));
        let is_padded = page.is_last && (1..=MOST_TRIMMED).contains(&padding);
        let end = is_padded.then(|| self.kept(start + frames - padding)).and_then(|end| u64::try_from(end).ok());
        for (data, frames) in packets {
            let at = Some(self.kept(self.place.clock));
            self.place.clock += frames as i64;
            let data = data.into_boxed_slice();
            self.queue.push_back(Coded { data, at, frames: Some(frames), end, follows_on_nothing });
            follows_on_nothing = false;
        }
        if is_padded {
            self.place.clock -= padding;
        }
        self.pages += 1;
        if self.pages.is_multiple_of(PAGES_A_PLACE) {
            let clock = self.kept(self.place.clock);
            if self.places.last().is_none_or(|(last, _)| *last < clock) {
                self.places.push((clock, self.place.clone()));
            }
        }
    }

    /// The packets of sound that end on a page, with the number of frames of each.
    fn packets_of(&mut self, page: &Page) -> Vec<(Vec<u8>, u64)> {
        let mut packets = Vec::new();
        let (mut offset, mut is_rest) = (0, page.is_continued && self.place.partial.is_empty());
        if !page.is_continued {
            self.place.partial.clear();
        }
        for (bytes, ends) in &page.packets {
            let part = &page.body[offset..offset + bytes];
            offset += bytes;
            if !is_rest && self.place.partial.len() + part.len() <= LONGEST_PACKET {
                self.place.partial.extend_from_slice(part);
            }
            if !ends {
                break;
            }
            let packet = std::mem::take(&mut self.place.partial);
            let sound = &mut self.place.link.sound;
            // The rest of a packet that began on a lost page is dropped.
            if !std::mem::take(&mut is_rest) && !packet.is_empty() && !sound.takes_header(&packet) {
                let frames = sound.frames_of(&packet);
                packets.push((packet, frames));
            }
        }
        packets
    }

    /// The position of a page's first packet.
    fn start_of(&self, page: &Page, frames: i64) -> i64 {
        let clock = self.place.clock;
        let Some(told) = page.granule.map(|granule| granule.saturating_sub(frames)) else { return clock };
        if self.place.link.first_kept.is_none() {
            // The page is a whole short stream. Its surplus is padding at the end, not priming.
            if page.is_last && told < 0 {
                return 0;
            }
            return if told < -MOST_TRIMMED { 0 } else { told };
        }
        let longest = LONGEST_HOLE_SECS * i64::from(self.place.link.sound.rate);
        if self.lost && (clock..=clock.saturating_add(longest)).contains(&told) { told } else { clock }
    }

    /// The length according to the last page, for a file with one recording.
    fn told_length(&mut self) -> Result<Length, Cause> {
        let mut at = self.window.section().len().saturating_sub(TAIL_BYTES);
        let mut last = None;
        while let Some(page) = next_page(&mut self.window, at, false)? {
            at = page.next;
            if page.serial != self.place.link.serial {
                return Ok(Length::Unknown);
            }
            last = page.granule.or(last);
        }
        let frames = last.and_then(|granule| u64::try_from(self.kept(granule)).ok());
        Ok(frames.map_or(Length::Unknown, Length::Estimated))
    }
}

impl Packets for Ogg {
    fn next(&mut self) -> Result<Step, Failure> {
        loop {
            if self.is_another && !self.queue.is_empty() {
                self.is_another = false;
                return Ok(Step::Another(Box::new(self.place.link.sound.parameters())));
            }
            if let Some(packet) = self.queue.pop_front() {
                return Ok(Step::Packet(packet));
            }
            if !self.read_page().map_err(Failure::Cause)? {
                return Ok(if self.ended { Step::End } else { Step::BrokenOff });
            }
        }
    }

    fn seek(&mut self, frame: u64) -> Result<bool, Failure> {
        let Ok(frame) = i64::try_from(frame) else { return Ok(false) };
        let after = self.places.partition_point(|(at, _)| *at <= frame);
        let Some((_, place)) = after.checked_sub(1).map(|index| self.places[index].clone()) else { return Ok(false) };
        self.is_another |= place.link.base != self.place.link.base;
        (self.place, self.lost, self.ended) = (place, false, false);
        self.queue.clear();
        loop {
            while let Some(packet) = self.queue.front() {
                let end = packet.at.map(|at| at + packet.frames.unwrap_or(0) as i64);
                if end.is_none_or(|end| end > frame) {
                    return Ok(true);
                }
                self.queue.pop_front();
            }
            if !self.read_page().map_err(Failure::Cause)? {
                return Ok(true);
            }
        }
    }
}
