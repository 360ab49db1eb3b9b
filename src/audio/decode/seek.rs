//! Going to a frame: exactly, in every container.

use symphonia::core::formats::{SeekMode, SeekTo};
use symphonia::core::units::Timestamp;

use super::super::error::{AudioError, Cause};
use super::Decoder;
use super::failure::{Failure, guarded};

/// Frames decoded ahead of a seek's target: a lossy codec's first packets after a seek lack what came before them.
const PREROLL_FRAMES: u64 = 10 * 1152;

impl Decoder {
    /// Goes on from `frame`, exactly. At or beyond the end, the next block is `None`.
    pub fn seek(&mut self, frame: u64) -> Result<(), AudioError> {
        self.seek_inner(frame).map_err(|cause| cause.at(&self.path))
    }

    fn seek_inner(&mut self, frame: u64) -> Result<(), Cause> {
        let block_start = self.position - self.block_frames();
        if (block_start..self.position).contains(&frame) {
            self.unread = (frame - block_start) as usize * self.channels;
            return Ok(());
        }
        if self.frames_counted && self.frames.is_some_and(|frames| frame >= frames) {
            // Nothing is read there; a later seek starts over from wherever the reader was left.
            self.position = frame;
            self.block.clear();
            self.unread = 0;
            self.over = true;
            return Ok(());
        }
        // Near ahead, decoding on is cheaper than any seek.
        let near = !self.over && frame >= self.position && frame - self.position <= PREROLL_FRAMES;
        if !near {
            if self.over {
                // Symphonia's MP4 reader fails when it is sought back from its end.
                self.reopen()?;
            }
            if !self.jump_before(frame)? {
                self.reopen()?;
            }
        }
        while self.position <= frame {
            self.advance()?;
            if self.block.is_empty() {
                return Ok(());
            }
        }
        let block_start = self.position - self.block_frames();
        self.unread = frame.saturating_sub(block_start) as usize * self.channels;
        Ok(())
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

    /// Lets the container jump to somewhere at or before `frame` and decodes the block there. `false` where it cannot
    /// or missed; the stream is then of no use and must be started over.
    fn jump_before(&mut self, frame: u64) -> Result<bool, Cause> {
        let Some(origin) = self.origin else { return Ok(false) };
        // Priming is decoded, too: without it the first packet of the sound lacks what came before it.
        let Ok(target) = i64::try_from(frame.saturating_add(self.priming).saturating_sub(PREROLL_FRAMES)) else {
            return Ok(false);
        };
        let Some(first) = origin.checked_sub_unsigned(self.priming) else { return Ok(false) };
        let to = SeekTo::Timestamp { ts: Timestamp::new(target.saturating_add(first)), track_id: self.track };
        match guarded(|| self.reader.seek(SeekMode::Accurate, to)) {
            Ok(_) => {}
            Err(Failure::Panicked(message)) => {
                self.over = true;
                return Err(Cause::DecoderFailed(message));
            }
            Err(_) => return Ok(false),
        }
        self.decoder.reset();
        self.over = false;
        self.position = frame;
        let Some(timestamp) = self.decode_packet()? else { return Ok(false) };
        let Ok(start) = u64::try_from(timestamp - origin) else { return Ok(false) };
        self.position = start + self.block_frames();
        Ok(start <= frame)
    }
}
