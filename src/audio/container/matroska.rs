//! Matroska and WebM without the elements that are not sound. Damaged chapters, tags and attachments do not make a file
//! unreadable.

use super::super::error::Cause;
use super::section::Section;

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1F43_B675;
/// Chapters, tags, attachments.
const HIDDEN: [u32; 3] = [0x1043_A770, 0x1254_C367, 0x1941_A469];
/// The element for empty space.
const VOID: u8 = 0xEC;
const MOST_ELEMENTS: usize = 100_000;

/// No encoder needs a longer priming.
pub(crate) const LONGEST_DELAY_NS: u64 = 250_000_000;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK: u32 = 0xAE;
const TRACK_TYPE: u32 = 0x83;
const CODEC_DELAY: u32 = 0x56AA;
const TYPE_SOUND: u64 = 2;

const INFO: u32 = 0x1549_A966;
const TICK_NS: u32 = 0x002A_D7B1;
const DURATION: u32 = 0x4489;

/// What a file says about its sound.
#[derive(Default)]
pub(crate) struct Told {
    /// The priming of the first sound track, in nanoseconds.
    pub delay_ns: u64,
    /// The length of the whole file.
    pub secs: Option<f64>,
}

/// Replaces elements that are not sound by empty space.
pub(crate) fn hide_all_but_sound(section: &mut Section) -> Result<Told, Cause> {
    let mut at = 0;
    let (mut hidden, mut told) = (Vec::new(), Told::default());
    for _ in 0..MOST_ELEMENTS {
        let Some(element) = element_at(section, at)? else { break };
        let Element { id, body, bytes } = element;
        if id == SEGMENT {
            at = body;
            continue;
        }
        let Some(bytes) = bytes else { break };
        match id {
            TRACKS => told.delay_ns = first_delay(section, body, body.saturating_add(bytes))?,
            INFO => told.secs = secs(section, body, body.saturating_add(bytes))?,
            _ => {}
        }
        if HIDDEN.contains(&id) {
            hidden.push((at, body, bytes));
        }
        if id == CLUSTER && hidden.len() == HIDDEN.len() {
            break;
        }
        at = body.saturating_add(bytes);
    }
    for (at, body, bytes) in hidden {
        section.patch(at, void_head((body - at) as usize, bytes));
    }
    Ok(told)
}

/// The priming of the first sound track, in nanoseconds.
fn first_delay(section: &mut Section, mut at: u64, end: u64) -> Result<u64, Cause> {
    while at < end
        && let Some(Element { id, body, bytes: Some(bytes) }) = element_at(section, at)?
    {
        at = body.saturating_add(bytes);
        if id != TRACK {
            continue;
        }
        let (mut kind, mut delay, mut within) = (0, 0, body);
        while within < at
            && let Some(Element { id, body, bytes: Some(bytes) }) = element_at(section, within)?
        {
            match id {
                TRACK_TYPE => kind = number_at(section, body, bytes)?,
                CODEC_DELAY => delay = number_at(section, body, bytes)?,
                _ => {}
            }
            within = body.saturating_add(bytes);
        }
        if kind == TYPE_SOUND {
            return Ok(delay);
        }
    }
    Ok(0)
}

fn secs(section: &mut Section, mut at: u64, end: u64) -> Result<Option<f64>, Cause> {
    let (mut tick_ns, mut ticks) = (1_000_000, None);
    while at < end
        && let Some(Element { id, body, bytes: Some(bytes) }) = element_at(section, at)?
    {
        match (id, bytes) {
            (TICK_NS, _) => tick_ns = number_at(section, body, bytes)?,
            (DURATION, 4) => ticks = Some(f64::from(f32::from_bits(number_at(section, body, 4)? as u32))),
            (DURATION, 8) => ticks = Some(f64::from_bits(number_at(section, body, 8)?)),
            _ => {}
        }
        at = body.saturating_add(bytes);
    }
    let secs = ticks.map(|ticks| ticks * tick_ns as f64 / 1e9);
    // A damaged number is not a length.
    Ok(secs.filter(|secs| (0.0..1e7).contains(secs)))
}

fn number_at(section: &mut Section, at: u64, bytes: u64) -> Result<u64, Cause> {
    let mut number = [0; 8];
    let count = section.read_up_to(at, &mut number[..bytes.min(8) as usize])?;
    Ok(number[..count].iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The head of an empty element. It takes `room` bytes and covers as many bytes as the element that it replaces.
fn void_head(room: usize, bytes: u64) -> Vec<u8> {
    // The length takes one to eight bytes. The rest of the room counts as content.
    let length_bytes = (room - 1).min(8);
    let content = bytes + (room - 1 - length_bytes) as u64;
    let marker = 1u64 << (7 * length_bytes);
    let mut head = vec![VOID];
    head.extend(&(marker | content).to_be_bytes()[8 - length_bytes..]);
    head.resize(room, 0);
    head
}

struct Element {
    id: u32,
    body: u64,
    /// `None` if it is not known.
    bytes: Option<u64>,
}

fn element_at(section: &mut Section, at: u64) -> Result<Option<Element>, Cause> {
    let mut head = [0; 12];
    let count = section.read_up_to(at, &mut head)?;
    let head = &head[..count];
    let Some(id_bytes) = head.first().map(|first| first.leading_zeros() as usize + 1).filter(|bytes| *bytes <= 4)
    else {
        return Ok(None);
    };
    let Some(length) = head.get(id_bytes) else { return Ok(None) };
    let length_bytes = length.leading_zeros() as usize + 1;
    let Some(rest) = head.get(id_bytes..id_bytes + length_bytes).filter(|_| length_bytes <= 8) else { return Ok(None) };
    let id = head[..id_bytes].iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let value = rest.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let ones = (1u64 << (7 * length_bytes)) - 1;
    let bytes = Some(value & ones).filter(|bytes| *bytes != ones);
    Ok(Some(Element { id, body: at + (id_bytes + length_bytes) as u64, bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_element_has_the_length_that_it_had() {
        // Elements with an id of four bytes and a length field of one, two or eight bytes, and 5 or 300 bytes of content.
        assert_eq!(void_head(5, 5), [VOID, 0x10, 0, 0, 5]);
        assert_eq!(void_head(6, 300), [VOID, 0x08, 0, 0, 1, 44]);
        let head = void_head(12, 5);
        assert_eq!((head.len(), head[1], head[8]), (12, 1, 8));
    }
}
