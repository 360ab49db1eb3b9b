//! Finds the tags before and after a sound: ID3 (both versions), APE, Lyrics3.
//!
//! A tag before the sound may have a picture of many megabytes, and some bytes of a picture look like sound.

use std::ops::Range;

use super::super::error::Cause;
use super::section::{Section, le32};

/// No real file has more tags in a row.
const MOST_TAGS: usize = 16;

const ID3_HEADER: u64 = 10;
const APE_FOOTER: u64 = 32;
const ID3V1_BYTES: u64 = 128;
/// The extension that some programs write before ID3v1.
const ID3V1_EXTENDED_BYTES: u64 = 227;

/// The range of the sound between the tags.
pub(crate) fn sound_within(section: &mut Section) -> Result<Range<u64>, Cause> {
    let (mut start, mut end) = (0, section.len());
    for _ in 0..MOST_TAGS {
        match leading_tag(section, start)? {
            // If the size of a tag is wrong and leaves no sound, only its header is skipped.
            Some(bytes) if start + bytes < end => start += bytes,
            Some(_) => {
                start += ID3_HEADER;
                break;
            }
            None => break,
        }
    }
    // Some tags are padded with zeros that the tag's size does not include.
    if start > 0 {
        start = after_zeros(section, start, end)?;
    }
    for _ in 0..MOST_TAGS {
        match trailing_tag(section, end)? {
            Some(bytes) if bytes > 0 && end.saturating_sub(bytes) > start => end -= bytes,
            _ => break,
        }
    }
    Ok(start..end)
}

/// The number of bytes of the tag that begins at `at`.
pub(crate) fn leading_tag(section: &mut Section, at: u64) -> Result<Option<u64>, Cause> {
    let Some(head) = section.bytes_at::<32>(at)? else {
        let Some(head) = section.bytes_at::<10>(at)? else { return Ok(None) };
        return Ok(id3v2_bytes(&head));
    };
    if let Some(bytes) = id3v2_bytes(&head) {
        return Ok(Some(bytes));
    }
    // An APE tag with a header. Its size does not include the header.
    let flags = le32(&head[20..]);
    if &head[..8] == b"APETAGEX" && flags >> 29 & 1 == 1 {
        return Ok(Some(u64::from(le32(&head[12..])) + APE_FOOTER));
    }
    Ok(None)
}

fn id3v2_bytes(head: &[u8]) -> Option<u64> {
    if &head[..3] != b"ID3" || head[3] == 0xFF || head[4] == 0xFF || head[6..10].iter().any(|byte| byte & 0x80 != 0) {
        return None;
    }
    let size = head[6..10].iter().fold(0u64, |size, byte| size << 7 | u64::from(*byte));
    let footer = if head[5] & 0x10 != 0 { ID3_HEADER } else { 0 };
    Some(ID3_HEADER + size + footer)
}

fn trailing_tag(section: &mut Section, end: u64) -> Result<Option<u64>, Cause> {
    if let Some(at) = end.checked_sub(ID3V1_BYTES)
        && section.bytes_at::<3>(at)?.is_some_and(|magic| &magic == b"TAG")
    {
        let extended = match at.checked_sub(ID3V1_EXTENDED_BYTES) {
            Some(at) => section.bytes_at::<4>(at)?.is_some_and(|magic| &magic == b"TAG+"),
            None => false,
        };
        return Ok(Some(ID3V1_BYTES + if extended { ID3V1_EXTENDED_BYTES } else { 0 }));
    }
    if let Some(at) = end.checked_sub(APE_FOOTER)
        && let Some(footer) = section.bytes_at::<32>(at)?
        && &footer[..8] == b"APETAGEX"
    {
        let header = if le32(&footer[20..]) >> 31 == 1 { APE_FOOTER } else { 0 };
        return Ok(Some(u64::from(le32(&footer[12..])) + header));
    }
    // Lyrics3: its size in six decimal digits, then its name.
    if let Some(at) = end.checked_sub(15)
        && let Some(footer) = section.bytes_at::<15>(at)?
        && &footer[6..] == b"LYRICS200"
        && let Some(bytes) = str::from_utf8(&footer[..6]).ok().and_then(|digits| digits.parse::<u64>().ok())
    {
        return Ok(Some(bytes + 15));
    }
    // An ID3v2 tag at the end of a file has a footer in the form of its header.
    if let Some(at) = end.checked_sub(ID3_HEADER)
        && let Some(footer) = section.bytes_at::<10>(at)?
        && &footer[..3] == b"3DI"
    {
        let size = footer[6..10].iter().fold(0u64, |size, byte| size << 7 | u64::from(*byte & 0x7F));
        return Ok(Some(size + 2 * ID3_HEADER));
    }
    Ok(None)
}

fn after_zeros(section: &mut Section, start: u64, end: u64) -> Result<u64, Cause> {
    let (mut at, mut buffer) = (start, [0; 4096]);
    while at < end {
        let count = section.read_up_to(at, &mut buffer)?;
        match buffer[..count].iter().position(|byte| *byte != 0) {
            Some(zeros) => return Ok(at + zeros as u64),
            None if count == 0 => break,
            None => at += count as u64,
        }
    }
    Ok(start)
}
