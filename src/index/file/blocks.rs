//! Checksums of a file's body, block by block.

use std::io::Write;
use std::ops::Range;

use rayon::prelude::*;

pub(super) const BLOCK_BYTES: usize = 1 << 20;

/// Passes bytes on and computes the checksum of each block.
pub(super) struct BlockWriter<W: Write> {
    out: W,
    hasher: blake3::Hasher,
    filled: usize,
    sums: Vec<[u8; 32]>,
}

impl<W: Write> BlockWriter<W> {
    pub fn new(out: W) -> Self {
        Self { out, hasher: blake3::Hasher::new(), filled: 0, sums: Vec::new() }
    }

    pub fn write(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        self.out.write_all(bytes)?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.filled));
            self.hasher.update(now);
            self.filled += now.len();
            if self.filled == BLOCK_BYTES {
                self.end_block();
            }
            bytes = later;
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.sums.push(*self.hasher.finalize().as_bytes());
        self.hasher.reset();
        self.filled = 0;
    }

    /// The checksums of all blocks. The last block may be shorter.
    pub fn finish(mut self) -> std::io::Result<Vec<[u8; 32]>> {
        if self.filled > 0 {
            self.end_block();
        }
        self.out.flush()?;
        Ok(self.sums)
    }
}

/// The blocks that hold any of `bytes`.
pub(super) fn blocks_of(bytes: Range<usize>) -> Range<usize> {
    bytes.start / BLOCK_BYTES..bytes.end.div_ceil(BLOCK_BYTES)
}

/// Whether this block of `body` agrees with its checksum.
pub(super) fn is_whole(body: &[u8], sums: &[[u8; 32]], block: usize) -> bool {
    let start = block * BLOCK_BYTES;
    let bytes = &body[start..body.len().min(start + BLOCK_BYTES)];
    sums.get(block).is_some_and(|sum| blake3::hash(bytes) == *sum)
}

/// Checks the blocks of `body` that hold any of `bytes`. The error names the block that does not match its checksum.
pub(super) fn check(body: &[u8], sums: &[[u8; 32]], bytes: Range<usize>) -> Result<(), String> {
    let differs = blocks_of(bytes).into_par_iter().find_first(|&block| !is_whole(body, sums, block));
    match differs {
        None => Ok(()),
        Some(block) => Err(format!("the checksum of its block {block} does not agree with its content")),
    }
}
