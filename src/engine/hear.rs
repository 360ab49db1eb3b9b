//! Hears a query with a model: its chunks become codes.

use camino::Utf8Path;

use super::error::{EmptyPart, EngineError};
use super::query_sound::QuerySound;
use crate::audio::silence;
use crate::ground::Grid;
use crate::index::Codes;
use crate::model::Model;

/// The number of the query's chunks that are encoded together, between two checks for cancelling.
const CHUNKS_ENCODED_TOGETHER: usize = 256;

/// The codes of a query: one for each of its chunks that is not silent.
pub(super) struct Heard {
    pub codes: Codes,
    /// For each code, the start of its chunk in seconds from the start of the query's file.
    pub start_secs: Vec<f64>,
    /// For each code, the number of chunks between the query's start and its chunk.
    pub places: Vec<u32>,
    /// The number of chunks, including silent ones.
    pub chunks: usize,
    /// The stretch of the query, in seconds from the start of its file.
    pub stretch: (f64, f64),
}

/// What hears a query.
pub(super) struct Listener<'a> {
    pub sound: &'a QuerySound,
    /// Returns an error if the search was cancelled.
    pub check: &'a dyn Fn() -> Result<(), EngineError>,
    pub model: &'a Model,
    pub grid: Grid,
}

impl Listener<'_> {
    /// Cuts a stretch of a sound on the grid, counted from the stretch's start, and encodes the chunks that are not silent.
    /// A long query is read one stretch at a time.
    pub fn hear(&self, path: &Utf8Path, from_secs: Option<f64>, to_secs: Option<f64>) -> Result<Heard, EngineError> {
        let (grid, from) = (self.grid, from_secs.unwrap_or(0.0).max(0.0));
        let to = to_secs.unwrap_or(f64::INFINITY);
        let chunk_frames = grid.chunk_frames as usize;
        let mut codes = Codes::new(self.model.config().bits)?;
        let mut audible = Vec::new();
        let part = self.sound.listen(self.check, path, grid, (from, to), |samples, starts, first_chunk| {
            let is_audible = |start: u64| {
                let rest = &samples[start as usize..];
                !silence::is_silent(&rest[..rest.len().min(chunk_frames)])
            };
            let heard: Vec<(u64, u64)> =
                (first_chunk..).zip(starts.iter().copied()).filter(|&(_, start)| is_audible(start)).collect();
            for together in heard.chunks(CHUNKS_ENCODED_TOGETHER) {
                (self.check)()?;
                let starts: Vec<u64> = together.iter().map(|&(_, start)| start).collect();
                codes.push_signs(&self.model.encode(samples, &starts)?);
            }
            audible.extend(heard.into_iter().map(|(chunk, _)| chunk));
            Ok(())
        })?;
        if part.frames == 0 {
            let part = EmptyPart { from, to: to_secs, duration: part.sound_secs };
            return Err(EngineError::EmptyPart { path: path.to_owned(), part });
        }
        let secs = |frames: u64| from + frames as f64 / f64::from(part.rate);
        let start_secs = audible.iter().map(|&chunk| secs(grid.start_frame(chunk))).collect();
        let places = audible.iter().map(|&chunk| chunk as u32).collect();
        Ok(Heard { codes, start_secs, places, chunks: part.chunks as usize, stretch: (from, secs(part.frames)) })
    }
}
