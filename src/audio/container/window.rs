//! Peeking into a section at any place, without a call into the system for every few bytes.

use super::super::error::Cause;
use super::section::Section;

/// A section, and the stretch of it that was read last.
pub(crate) struct Window {
    section: Section,
    buffer: Vec<u8>,
    /// Where the buffer begins.
    at: u64,
}

impl Window {
    /// Read at once: a page of Ogg fits in, and many frames of other formats.
    const BYTES: usize = 128 << 10;

    pub fn new(section: Section) -> Self {
        Window { section, buffer: Vec::new(), at: 0 }
    }

    pub fn section(&mut self) -> &mut Section {
        &mut self.section
    }

    /// Up to `count` bytes at `at`; fewer only where the section ends.
    pub fn peek(&mut self, at: u64, count: usize) -> Result<&[u8], Cause> {
        let within = |window: &Self| {
            let offset = usize::try_from(at.checked_sub(window.at)?).ok()?;
            (offset + count <= window.buffer.len()).then_some(offset)
        };
        let offset = match within(self) {
            Some(offset) => offset,
            None => {
                self.buffer.resize(Self::BYTES.max(count), 0);
                let filled = self.section.read_up_to(at, &mut self.buffer)?;
                self.buffer.truncate(filled);
                self.at = at;
                0
            }
        };
        let end = (offset + count).min(self.buffer.len());
        Ok(&self.buffer[offset..end])
    }
}
