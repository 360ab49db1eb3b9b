//! Reads small pieces of a section at any position, without a system call for each.

use super::super::error::Cause;
use super::section::Section;

/// A section, and the part of it that was read last.
pub(crate) struct Window {
    section: Section,
    buffer: Vec<u8>,
    /// The position of the buffer.
    at: u64,
}

impl Window {
    /// The number of bytes that are read at once: a whole page of Ogg, or many frames of other formats.
    const BYTES: usize = 128 << 10;

    pub fn new(section: Section) -> Self {
        Window { section, buffer: Vec::new(), at: 0 }
    }

    pub fn section(&mut self) -> &mut Section {
        &mut self.section
    }

    /// Up to `count` bytes at `at`. There are fewer only at the end of the section.
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
