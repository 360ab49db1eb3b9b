//! Seeks to an exact frame, in every container.

use super::super::error::{AudioError, Cause};
use super::Decoder;
use super::failure::Failure;
use super::packets::Length;

/// The number of frames that are decoded before the target of a seek. The first packets of a lossy codec after a seek
/// lack what came before them.
const PREROLL_FRAMES: u64 = 10 * 1152;

impl Decoder {
    /// Continues exactly at `frame`. If it is at or beyond the end, the next block is `None`.
    pub fn seek(&mut self, frame: u64) -> Result<(), AudioError> {
        self.seek_inner(frame).map_err(|cause| cause.at(&self.path))
    }

    fn seek_inner(&mut self, frame: u64) -> Result<(), Cause> {
        if (self.block_start()..self.position()).contains(&frame) && !self.block.is_empty() {
            self.unread = (frame - self.block_start()) as usize * self.channels;
            return Ok(());
        }
        if let Length::Counted(frames) = self.length
            && frame >= frames
        {
            // Nothing is read there. A later seek works from any state of the reader.
            self.forget();
            (self.clock, self.over) = (i64::try_from(frame).unwrap_or(i64::MAX), true);
            return Ok(());
        }
        // If the target is near ahead, decoding up to it is cheaper than a seek.
        let near = !self.over && frame >= self.position() && frame - self.position() <= PREROLL_FRAMES;
        if !near && !self.jump_before(frame)? {
            self.reopen()?;
        }
        while self.position() <= frame {
            self.advance()?;
            if self.block.is_empty() {
                return Ok(());
            }
        }
        self.unread = frame.saturating_sub(self.block_start()) as usize * self.channels;
        Ok(())
    }

    fn forget(&mut self) {
        self.block.clear();
        self.pending.clear();
        self.held.clear();
        (self.unread, self.silence) = (0, 0);
    }

    fn reopen(&mut self) -> Result<(), Cause> {
        let fresh = Self::open_inner(&self.path)?;
        if (fresh.rate, fresh.channels) != (self.rate, self.channels) {
            return Err(Cause::ChangedMeanwhile);
        }
        let faults = std::mem::take(&mut self.faults);
        *self = Decoder { faults, ..fresh };
        Ok(())
    }

    /// Lets the container jump to a packet at or before `frame`, and decodes the block there. Returns false if that is
    /// impossible or failed. The stream is then useless and must be opened again.
    fn jump_before(&mut self, frame: u64) -> Result<bool, Cause> {
        // The first frames need the priming before them, which is only decoded from the start.
        let Some(target) = frame.checked_sub(PREROLL_FRAMES).filter(|target| *target > 0) else { return Ok(false) };
        match self.packets.seek(target) {
            Ok(true) => {}
            Ok(false) | Err(Failure::Refused(_) | Failure::Panicked(_)) => return Ok(false),
            Err(Failure::Cause(cause)) => return Err(cause),
        }
        self.forget();
        self.codec.reset();
        (self.over, self.resyncing) = (false, true);
        self.quiet_until = i64::try_from(frame).unwrap_or(i64::MAX);
        self.advance()?;
        Ok(!self.resyncing && !self.block.is_empty() && self.block_start() <= frame)
    }
}
