//! NIST SPHERE, the format of TIMIT and other collections of speech, as `.wav` or `.sph`.

use super::super::error::{Cause, Shortfall};
use super::layout::{Claim, Encoding, Layout};
use super::section::Section;

const MAGIC: &[u8] = b"NIST_1A\n";
/// No header is longer.
const LONGEST_HEADER: u64 = 64 << 10;

/// Reads the layout of a SPHERE file. `None` if it is not a SPHERE file.
pub(crate) fn layout(section: &mut Section) -> Result<Option<Layout>, Cause> {
    let Some(head) = section.bytes_at::<16>(0)? else { return Ok(None) };
    if !head.starts_with(MAGIC) {
        return Ok(None);
    }
    let size = str::from_utf8(&head[8..]).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let header_bytes = size.filter(|bytes| *bytes <= LONGEST_HEADER);
    let header_bytes = header_bytes.ok_or_else(|| Cause::Damaged("its header has no length".into()))?;
    let mut header = vec![0; header_bytes as usize];
    if section.read_up_to(0, &mut header)? < header.len() {
        return Err(Cause::CutOffInHeader);
    }
    let text = String::from_utf8_lossy(&header);
    // Each line has a name, a type (`-i`, `-r`, or `-s` with a length) and a value.
    let value = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        let (_, rest) = lines.find(|(key, _)| *key == name)?;
        rest.split_once(' ').map(|(_, value)| value.trim())
    };
    let number = |name: &str| value(name).and_then(|value| value.parse::<f64>().ok());
    let bytes = number("sample_n_bytes").unwrap_or(2.0) as u8;
    let big = value("sample_byte_format").is_some_and(|order| order.starts_with("10"));
    let coding = value("sample_coding").unwrap_or("pcm");
    let encoding = match (coding, bytes) {
        ("pcm", 1) => Encoding::Signed8,
        ("pcm", 2..=4) => Encoding::Signed { bytes, big },
        ("ulaw" | "mu-law", _) => Encoding::MuLaw,
        ("alaw", _) => Encoding::ALaw,
        _ => return Err(Cause::Unsupported(format!("NIST SPHERE with coding '{}'", coding.escape_debug()))),
    };
    let channels = number("channel_count").unwrap_or(1.0) as u32;
    let room = section.len().saturating_sub(header_bytes);
    let frame_bytes = encoding.sample_bytes().unwrap_or(1) * u64::from(channels);
    let claimed = number("sample_count").map(|frames| (frames.max(0.0) as u64).saturating_mul(frame_bytes));
    let claimed = claimed.filter(|bytes| *bytes > 0);
    Layout::check(Claim {
        encoding,
        channels,
        rate: number("sample_rate").unwrap_or(0.0) as u32,
        block_bytes: 0,
        data_start: header_bytes,
        data_bytes: claimed.map_or(room, |bytes| bytes.min(room)),
        told_frames: None,
        shortfall: claimed.and_then(|bytes| Shortfall::cut_off(bytes, room)),
    })
    .map(Some)
}
