//! What a search was asked for: the sounds that matches are to be like, and those that they are to be unlike, as codes.

use super::super::error::EngineError;
use super::super::query::{Example, Query};
use super::super::shared::Job;
use super::super::snapshot::{Snapshot, Span};
use super::{Heard, hear};
use crate::dataset::Verdict;
use crate::index::{Chance, Codes, CodesRef, Sequence};

/// Codes of one or more sounds, one after another.
pub(super) struct Sounds {
    pub codes: Codes,
    /// Start of each code's chunk, in seconds from the start of its file.
    pub start_secs: Vec<f64>,
    /// Of each code, how many chunks lie between the start of its sound and it.
    places: Vec<u32>,
    /// Where the codes of each sound end.
    ends: Vec<usize>,
}

pub(super) struct Asked {
    /// The query's own stretch, then further examples, then matches that a person said yes to. Silent ones have no codes.
    pub like: Sounds,
    pub unlike: Sounds,
    /// Each verdict on a file that is in the index, and where its sound is: in `like` or in `unlike`, by number.
    pub verdicts: Vec<(Verdict, usize)>,
    /// The stretch of the query itself, in seconds from the start of its file, and its chunks, silent ones included.
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

    /// Which codes each of the sounds has.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }

    /// The codes of each sound that can be heard.
    pub fn each(&self) -> impl Iterator<Item = (std::ops::Range<usize>, CodesRef<'_>)> {
        self.ranges().filter(|range| !range.is_empty()).map(|range| (range.clone(), self.codes.as_ref().slice(range)))
    }

    /// Each sound as a sequence, with its number. Two of its occurrences are one where they share more than half of it.
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
            // What was said of a file that is not in the index stays said, and waits until it is.
            let Some(span) = snapshot.spans.iter().find(|span| span.file.id == verdict.file) else { continue };
            let sounds = if verdict.yes { &mut like } else { &mut unlike };
            verdicts.push((*verdict, sounds.ends.len()));
            sounds.push(indexed(snapshot, span, verdict)?);
        }
        Ok(Self { like, unlike, verdicts, stretch, chunks })
    }

    /// Where the query's own chunks begin, in its file.
    pub fn own_start_secs(&self) -> &[f64] {
        &self.like.start_secs[..self.like.ends.first().copied().unwrap_or(0)]
    }

    /// Whether something that is not wanted is nearer to a code than `distance`, which is how near what is wanted comes.
    pub fn is_contrary(&self, code: &[u64], distance: u32) -> bool {
        self.unlike.codes.as_ref().iter().any(|unlike| bits_between(unlike, code) < distance)
    }

    /// How many chunks of unlike sounds are expected to be as near as a distance, among so many different moments: by how far
    /// each of the codes that are wanted is from `sample`, codes that were drawn at random.
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

pub(super) fn bits_between(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// A stretch of an indexed file by the codes that the index has of it, silence left out.
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
