//! The sounds of a search as codes: those that matches shall be like, and those that they shall be unlike.

use super::super::error::EngineError;
use super::super::hear::Heard;
use super::super::query::{Example, Query};
use super::super::shared::Job;
use super::super::snapshot::{Snapshot, Span};
use super::hear;
use crate::dataset::Verdict;
use crate::ground::bits;
use crate::index::{Chance, Codes, CodesRef, Sequence};

/// The codes of one or more sounds, one after another.
pub(super) struct Sounds {
    pub codes: Codes,
    /// For each code, the start of its chunk in seconds from the start of its file.
    pub start_secs: Vec<f64>,
    /// For each code, the number of chunks between the start of its sound and its chunk.
    places: Vec<u32>,
    /// The end of each sound's codes.
    ends: Vec<usize>,
}

pub(super) struct Asked {
    /// The query's own stretch, then further examples, then matches with the verdict yes. Silent ones have no codes.
    pub like: Sounds,
    pub unlike: Sounds,
    /// Each verdict on a file in the index, with the number of its sound in `like` or `unlike`.
    pub verdicts: Vec<(Verdict, usize)>,
    /// The stretch of the query itself, in seconds from the start of its file, and the number of its chunks, including
    /// silent ones.
    pub stretch: (f64, f64),
    pub chunks: usize,
}

impl Sounds {
    fn new(bits: usize) -> Result<Self, EngineError> {
        Ok(Self { codes: Codes::new(bits)?, start_secs: Vec::new(), places: Vec::new(), ends: Vec::new() })
    }

    fn push(&mut self, heard: Heard) {
        self.codes.extend(heard.codes.as_ref());
        self.start_secs.extend(heard.start_secs);
        self.places.extend(heard.places);
        self.ends.push(self.codes.len());
    }

    /// For each sound, the range of its codes.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }

    /// The codes of each sound that is not silent.
    pub fn each(&self) -> impl Iterator<Item = (std::ops::Range<usize>, CodesRef<'_>)> {
        self.ranges().filter(|range| !range.is_empty()).map(|range| (range.clone(), self.codes.as_ref().slice(range)))
    }

    /// Each sound as a sequence, with its number. Two occurrences that share more than half of a sequence's length are
    /// one.
    pub fn sequences(&self, snapshot: &Snapshot) -> Vec<(usize, Sequence)> {
        let sequence = |range: std::ops::Range<usize>| {
            let first = *self.places.get(range.start)?;
            let places: Vec<u32> = self.places[range.clone()].iter().map(|place| place - first).collect();
            let (hop, chunk) = (snapshot.grid.hop_frames as usize, snapshot.grid.chunk_frames as usize);
            let frames = places.last().map_or(0, |&last| last as usize) * hop + chunk;
            let codes = Codes::with_rows(self.codes.as_ref().slice(range));
            Sequence::new(codes, places, (frames / 2 / hop).max(1))
        };
        self.ranges().enumerate().filter_map(|(number, range)| Some((number, sequence(range)?))).collect()
    }
}

impl Asked {
    pub fn hear(job: &Job, snapshot: &Snapshot, query: &Query) -> Result<Self, EngineError> {
        let bits = snapshot.index.index().bits();
        let (mut like, mut unlike) = (Sounds::new(bits)?, Sounds::new(bits)?);
        let itself = hear(job, snapshot, &query.path, query.from_secs, query.to_secs)?;
        let (stretch, chunks) = (itself.stretch, itself.chunks);
        like.push(itself);
        for Example { path, from_secs, to_secs, is_like } in &query.basket.examples {
            let heard = hear(job, snapshot, path, *from_secs, *to_secs)?;
            if *is_like { &mut like } else { &mut unlike }.push(heard);
        }
        let mut verdicts = Vec::new();
        for verdict in &query.basket.verdicts {
            // A verdict on a file that is not in the index is kept, and takes effect when the file is indexed.
            let Some(span) = snapshot.spans.iter().find(|span| span.file.id == verdict.file) else { continue };
            let sounds = if verdict.yes { &mut like } else { &mut unlike };
            verdicts.push((*verdict, sounds.ends.len()));
            sounds.push(indexed(snapshot, span, verdict)?);
        }
        Ok(Self { like, unlike, verdicts, stretch, chunks })
    }

    /// The starts of the query's own chunks in its file, in seconds.
    pub fn own_start_secs(&self) -> &[f64] {
        &self.like.start_secs[..self.like.ends.first().copied().unwrap_or(0)]
    }

    /// Whether an unwanted sound is nearer to `code` than `distance`, the distance of the nearest wanted sound.
    pub fn is_contrary(&self, code: &[u64], distance: u32) -> bool {
        self.unlike.codes.as_ref().iter().any(|unlike| bits::distance(unlike, code) < distance)
    }

    /// The number of chunks of unlike sounds that are expected to be as near as a distance, among `moments` different
    /// moments. It is estimated from the distances of each wanted code from `sample`, codes that were drawn at random.
    pub fn by_chance(&self, sample: CodesRef<'_>, moments: f64) -> Option<impl Fn(f64) -> f64 + use<>> {
        let mut distances = Vec::new();
        let mut chances = Vec::new();
        for code in self.like.codes.as_ref().iter() {
            crate::index::distances(sample, code, &mut distances);
            let mut distances: Vec<f32> = distances.iter().map(|&distance| f32::from(distance)).collect();
            chances.push(Chance::of(&mut distances, sample.bits())?);
        }
        Some(move |distance: f64| moments * chances.iter().map(|chance| chance.share_within(distance)).sum::<f64>())
    }
}

/// The index's codes of a stretch of a file, without silent chunks.
fn indexed(snapshot: &Snapshot, span: &Span, verdict: &Verdict) -> Result<Heard, EngineError> {
    let all = snapshot.index.codes()?;
    let rows = snapshot.rows_within(span, verdict.start_secs, verdict.end_secs);
    let mut heard = Heard {
        codes: Codes::new(all.bits())?,
        start_secs: Vec::new(),
        places: Vec::new(),
        chunks: rows.len(),
        stretch: (verdict.start_secs, verdict.end_secs),
    };
    for row in rows.clone().filter(|&row| snapshot.offered.contains(row)) {
        heard.codes.extend_words(all.code(row).iter().copied());
        heard.start_secs.push(snapshot.place_in(span, row).start_secs);
        heard.places.push((row - rows.start) as u32);
    }
    Ok(heard)
}
