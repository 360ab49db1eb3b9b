//! Ogg pages. After damage, the next page is found by its mark and its checksum.

use super::super::error::Cause;
use super::section::{le32, le64};
use super::window::Window;

const HEAD_BYTES: usize = 27;

pub(crate) struct Page {
    /// The position of the next page.
    pub next: u64,
    pub serial: u32,
    pub number: u32,
    /// The stream's position after the last packet that ends here. `None` if no packet does, or if the page does not
    /// say it.
    pub granule: Option<i64>,
    pub is_first: bool,
    pub is_last: bool,
    /// Whether the first packet began on an earlier page.
    pub is_continued: bool,
    /// The lengths of packets, and whether they end here. Only the last packet may continue on the next page.
    pub packets: Vec<(usize, bool)>,
    pub body: Vec<u8>,
    /// Whether the checksum is right.
    pub is_whole: bool,
    /// Whether there are bytes before it that belong to no page.
    pub after_damage: bool,
}

/// The next page at or after `at`. `None` at the end. If `any` is true, damaged pages are returned too, if their
/// lengths are plausible.
pub(crate) fn next_page(window: &mut Window, mut at: u64, any: bool) -> Result<Option<Page>, Cause> {
    let mut after_damage = false;
    loop {
        let Some(found) = find_mark(window, at)? else { return Ok(None) };
        after_damage |= found > at;
        match page_at(window, found)? {
            Some(page) if page.is_whole || any => return Ok(Some(Page { after_damage, ..page })),
            Some(_) => at = found + 1,
            None => at = found + 1,
        }
        after_damage = true;
    }
}

fn find_mark(window: &mut Window, mut at: u64) -> Result<Option<u64>, Cause> {
    loop {
        let bytes = window.peek(at, 4096)?;
        if bytes.len() < HEAD_BYTES {
            return Ok(None);
        }
        match bytes.windows(4).position(|four| four == b"OggS") {
            Some(offset) => return Ok(Some(at + offset as u64)),
            None => at += bytes.len() as u64 - 3,
        }
    }
}

fn page_at(window: &mut Window, at: u64) -> Result<Option<Page>, Cause> {
    let head = window.peek(at, HEAD_BYTES + 255)?;
    if head.len() < HEAD_BYTES || head[4] != 0 {
        return Ok(None);
    }
    let head: Vec<u8> = head[..head.len().min(HEAD_BYTES + usize::from(head[26]))].to_vec();
    let lacing = &head[HEAD_BYTES..];
    if lacing.len() < usize::from(head[26]) {
        return Ok(None);
    }
    let body_bytes: usize = lacing.iter().map(|length| usize::from(*length)).sum();
    let body = window.peek(at + head.len() as u64, body_bytes)?.to_vec();
    if body.len() < body_bytes {
        return Ok(None);
    }
    let mut packets = Vec::new();
    let mut open = None;
    for length in lacing {
        let bytes = open.unwrap_or(0) + usize::from(*length);
        if *length < 255 {
            packets.push((bytes, true));
            open = None;
        } else {
            open = Some(bytes);
        }
    }
    packets.extend(open.map(|bytes| (bytes, false)));
    let mut sum = 0;
    for (place, byte) in head.iter().enumerate() {
        sum = checksum(sum, if (22..26).contains(&place) { 0 } else { *byte });
    }
    sum = body.iter().fold(sum, |sum, byte| checksum(sum, *byte));
    let granule = le64(&head[6..]).cast_signed();
    Ok(Some(Page {
        next: at + (head.len() + body_bytes) as u64,
        serial: le32(&head[14..]),
        number: le32(&head[18..]),
        granule: (granule != -1).then_some(granule),
        is_first: head[5] & 2 != 0,
        is_last: head[5] & 4 != 0,
        is_continued: head[5] & 1 != 0,
        packets,
        body,
        is_whole: sum == le32(&head[22..]),
        after_damage: false,
    }))
}

/// Ogg's checksum with one more byte: polynomial 0x04C11DB7, highest bit first.
fn checksum(sum: u32, byte: u8) -> u32 {
    const TABLE: [u32; 256] = table();
    sum << 8 ^ TABLE[usize::from((sum >> 24) as u8 ^ byte)]
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut entry, mut bit) = ((index as u32) << 24, 0);
        while bit < 8 {
            entry = if entry >> 31 == 1 { entry << 1 ^ 0x04C1_1DB7 } else { entry << 1 };
            bit += 1;
        }
        table[index] = entry;
        index += 1;
    }
    table
}
