//! Searches a shared library: the query becomes codes here, and the server finds the nearest.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use super::super::error::EngineError;
use super::super::fold::{Hit, fold};
use super::super::hear::{Heard, Listener};
use super::super::line::draw_line;
use super::super::pairs::Pairs;
use super::super::query::{Basket, Grouping, LibraryAnswer, Match, Nearness, Query, SearchReport, SharedPlace};
use super::roots::root_of;
use super::seat::{LibraryQuery, Seat};
use crate::dataset::favourite::has_middle_of;
use crate::dataset::{FileId, Filter, moment};
use crate::ground::{Grid, bits};
use crate::index::{Chance, Codes, distances};
use crate::model::Model;
use crate::shared_library::{
    Address, FoundFile, Library, LibraryError, PublishedModel, Reading, Scan, SharedCode, Stopper, Wanted,
};

/// The number of random codes with which nearness is compared.
const SAMPLE: usize = 4096;

/// The most chunks of a query. The server compares each code with each of them.
const QUERY_CHUNKS: usize = 256;

/// The most codes that the server returns.
const CODES_AT_MOST: usize = 100_000;

/// An open library with what searches need.
pub(super) struct Open {
    library: Library,
    model: PublishedModel,
    loaded: Arc<Model>,
    /// Taken by the first search.
    sample: Option<Sample>,
}

/// Random codes of the library, and the distances of pairs of them.
struct Sample {
    codes: Codes,
    pairs: Pairs,
}

impl Open {
    pub fn new(address: &Address) -> Result<Self, EngineError> {
        let mut library = Library::open(address)?;
        let model = library.current_model()?;
        let loaded = Arc::new(library.load_model(&model)?);
        Ok(Self { library, model, loaded, sample: None })
    }

    pub fn stopper(&self, address: &Address) -> Result<Stopper, EngineError> {
        Ok(self.library.stopper(address)?)
    }
}

/// Refuses what only a project can answer.
pub(super) fn refuse_unsupported(query: &LibraryQuery) -> Result<(), EngineError> {
    let Query { k, by, filter, basket, .. } = &query.query;
    let why = match () {
        () if *k > Query::MOST_MATCHES => return Err(EngineError::TooManyMatches { k: *k }),
        () if *by == Grouping::Event => "events are found in a project, not in a shared library",
        () if filter.among.is_some() => "the map is of the project; take its choice out of the filter",
        () if filter.favourites => "favourites are of a project; a shared library has tags and collections",
        () if *basket != Basket { threshold: basket.threshold, ..Basket::default() } => {
            "examples, verdicts and weights are of a project; search the shared library with one sound"
        }
        () => return Ok(()),
    };
    Err(LibraryError::Request(why.into()).into())
}

/// A match before its file is known.
struct Found {
    hit: Hit,
    code: Vec<u64>,
    distance: f64,
}

pub(super) fn search(
    seat: &Seat,
    open: &mut Open,
    asked: &LibraryQuery,
    check: &(dyn Fn() -> Result<(), EngineError> + Sync),
) -> Result<SearchReport, EngineError> {
    let began = Instant::now();
    let query = &asked.query;
    let grid = open.loaded.config().grid();
    let listener = Listener { sound: &seat.sound, check: &|| check(), model: &open.loaded, grid };
    let heard = listener.hear(&query.path, query.from_secs, query.to_secs)?;
    if heard.codes.len() > QUERY_CHUNKS {
        let secs = QUERY_CHUNKS as f64 * f64::from(grid.hop_frames) / f64::from(grid.rate_for(44_100));
        let why = format!("the query is too long for a shared library; choose a part of at most {secs:.0} s");
        return Err(LibraryError::Request(why).into());
    }
    let name = open.library.name().to_owned();
    let own = match root_of(&seat.roots, &query.path) {
        Some((root, below)) => open.library.file_at(&root.name, &below)?,
        None => None,
    };
    let (model, loaded) = (open.model, open.loaded.clone());
    let Some(mut reading) = open.library.read(&model)? else {
        return Err(LibraryError::Changed { library: name }.into());
    };
    let filter = Filter::read(&query.filter.text);
    let wanted = Wanted {
        codes: heard.codes.as_ref(),
        filter: &filter,
        folder: asked.folder.as_deref(),
        may_be_approximate: !asked.exact,
    };
    let searched = reading.count(&wanted)?;
    let mut answer = LibraryAnswer {
        name,
        model: blake3::Hash::from_bytes(model.hash).to_hex().to_string(),
        by: "exact",
        recall: None,
        recall_of: None,
    };
    let mut report = SearchReport {
        query: Some(Box::new(query.clone())),
        model: loaded.kind(),
        bits: model.bits,
        matches: Vec::new(),
        silent: heard.codes.is_empty(),
        query_chunks: heard.chunks,
        searched,
        seconds: 0.0,
        line: Default::default(),
        of_library: None,
    };
    if !report.silent {
        if open.sample.is_none() {
            open.sample = Some(sample(&mut reading, &model)?);
        }
        // Just set.
        let sample = open.sample.as_ref().map(|sample| (&sample.codes, &sample.pairs));
        let finder = Finder { heard: &heard, grid, own, query, k: query.k };
        let (found, by_chance, files) = match query.by {
            Grouping::File => {
                let (found, chance, files) = finder.files(&mut reading, &wanted)?;
                (found, chance, files)
            }
            _ => {
                let (found, by, files) = finder.chunks(&mut reading, &wanted)?;
                if let Scan::Approximate(index) = by {
                    (answer.by, answer.recall) = ("hnsw", index.recall);
                    answer.recall_of = index.recall.map(|_| index.sample);
                }
                let moments = searched as f64 * (f64::from(grid.hop_frames) / f64::from(grid.chunk_frames)).min(1.0);
                (found, sample.and_then(|(codes, _)| by_chance(&heard, codes, moments)), files)
            }
        };
        let pairs = sample.map(|(_, pairs)| pairs).filter(|_| query.by == Grouping::Chunk);
        report.matches = found
            .into_iter()
            .filter_map(|found| finder.matched(seat, &files, found, pairs, by_chance.as_deref()))
            .collect();
        report.line = draw_line(&mut report.matches, query.basket.threshold, by_chance.is_some());
    }
    report.of_library = Some(Box::new(answer));
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// The number of unlike results that are expected to be as near as a distance.
type ByChance = Box<dyn Fn(f64) -> f64>;

type Files = HashMap<i64, FoundFile>;

struct Finder<'a> {
    heard: &'a Heard,
    grid: Grid,
    /// The query's own file in the library.
    own: Option<i64>,
    query: &'a Query,
    k: usize,
}

impl Finder<'_> {
    /// The nearest chunks. Overlapping ones are one match.
    fn chunks(&self, reading: &mut Reading<'_>, wanted: &Wanted<'_>) -> Result<(Vec<Found>, Scan, Files), EngineError> {
        let mut most = 4 * self.k + 16;
        loop {
            let nearest = reading.nearest_codes(wanted, most)?;
            let numbers: Vec<i64> = nearest.codes.iter().map(|code| code.file).collect();
            let files = reading.files(&numbers)?;
            let is_all = nearest.codes.len() < most || most >= CODES_AT_MOST;
            let hits = nearest.codes.iter().enumerate().filter_map(|(row, code)| self.hit(row, code, &files));
            let mut hits: Vec<Hit> = hits.filter(|hit| !(self.query.filter.not_this_file && hit.is_own)).collect();
            hits.sort_by_key(|hit| (hit.distance, !hit.is_own, hit.row));
            let folded = fold(hits, self.k);
            if folded.len() == self.k || is_all {
                let found = folded.into_iter().map(|hit| Found {
                    code: nearest.codes[hit.row].words.clone(),
                    distance: f64::from(hit.distance),
                    hit,
                });
                return Ok((found.collect(), nearest.by, files));
            }
            most = (4 * most).min(CODES_AT_MOST);
        }
    }

    /// The nearest files, each at its best chunk.
    fn files(
        &self,
        reading: &mut Reading<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<(Vec<Found>, Option<ByChance>, Files), EngineError> {
        let nearest = reading.nearest_files(wanted, self.k + 1)?;
        let numbers: Vec<i64> = nearest.files.iter().map(|(file, _)| *file).collect();
        let files = reading.files(&numbers)?;
        let mut best: HashMap<i64, (Hit, Vec<u64>)> = HashMap::new();
        for code in reading.codes_of(&numbers)? {
            let Some(hit) = self.hit(0, &code, &files) else { continue };
            match best.get(&code.file) {
                Some((known, _)) if known.distance <= hit.distance => {}
                _ => _ = best.insert(code.file, (hit, code.words)),
            }
        }
        let mut found: Vec<Found> = Vec::new();
        for (file, distance) in nearest.files {
            let Some((hit, code)) = best.remove(&file) else { continue };
            if !(self.query.filter.not_this_file && hit.is_own) {
                found.push(Found { hit, code, distance });
            }
        }
        found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(b.hit.is_own.cmp(&a.hit.is_own)));
        found.truncate(self.k);
        let mut spread: Vec<f32> = nearest.spread.iter().map(|distance| *distance as f32).collect();
        let all = nearest.all as f64;
        let chance = Chance::of(&mut spread, self.heard.codes.bits()).filter(|_| nearest.all >= 30);
        let by_chance = chance.map(|chance| Box::new(move |distance| all * chance.share_within(distance)) as ByChance);
        Ok((found, by_chance, files))
    }

    /// Where a code is in its file, and the chunk of the query that is nearest to it.
    fn hit(&self, row: usize, code: &SharedCode, files: &Files) -> Option<Hit> {
        let file = files.get(&code.file)?;
        let of_query = self.heard.codes.as_ref();
        let (query_chunk, distance) = of_query
            .iter()
            .map(|of_query| bits::distance(of_query, &code.words))
            .enumerate()
            .min_by_key(|(_, distance)| *distance)?;
        let rate = f64::from(self.grid.rate_for(file.rate));
        let start = self.grid.start_frame(u64::from(code.chunk)) as f64;
        Some(Hit {
            distance,
            row,
            file: FileId(-code.file),
            start_secs: start / rate,
            end_secs: (start + f64::from(self.grid.chunk_frames)) / rate,
            query_chunk,
            is_own: self.own == Some(code.file),
            is_contrary: false,
        })
    }

    /// The match with the place of its file on this machine.
    fn matched(
        &self,
        seat: &Seat,
        files: &Files,
        found: Found,
        pairs: Option<&Pairs>,
        by_chance: Option<&dyn Fn(f64) -> f64>,
    ) -> Option<Match> {
        let Found { hit, code, distance } = found;
        let file = files.get(&-hit.file.0)?;
        let root = seat.roots.iter().find(|root| root.name == file.root);
        let (path, problem) = match root {
            None => {
                let why =
                    format!("the root {0} is not mapped on this machine: say where it is, as {0}=PATH", file.root);
                (format!("{}/{}", file.root, file.path).into(), Some(why))
            }
            Some(root) => {
                let path = root.path_of(&file.path);
                let why = (!path.is_file()).then(|| format!("the file is not below {}", root.place));
                (path, why)
            }
        };
        let stretch = (hit.start_secs, hit.end_secs);
        let is_same = self.query.by == Grouping::File
            || has_middle_of(self.heard.stretch, stretch)
            || has_middle_of(stretch, self.heard.stretch);
        Some(Match {
            path,
            start_seconds: hit.start_secs,
            end_seconds: hit.end_secs,
            distance,
            query_start_seconds: self.heard.start_secs[hit.query_chunk],
            problem,
            is_query: hit.is_own && is_same,
            file: hit.file,
            by: self.query.by,
            code,
            query_code: self.heard.codes.as_ref().code(hit.query_chunk).to_vec(),
            nearness: Nearness {
                share_alike: pairs.and_then(|pairs| pairs.share_alike(distance)),
                by_chance: by_chance.map(|by_chance| by_chance(distance)),
                ..Nearness::default()
            },
            file_seconds: file.frames as f64 / f64::from(file.rate.max(1)),
            aspects: Some(file.aspects),
            recorded: file.recorded.and_then(|began| moment::clock_at(began, hit.start_secs)),
            shared: Some(Box::new(SharedPlace {
                root: file.root.clone(),
                below: file.path.clone(),
                tags: file.tags.clone(),
            })),
        })
    }
}

/// Draws random codes of the library, and compares those of different files.
fn sample(reading: &mut Reading<'_>, model: &PublishedModel) -> Result<Sample, EngineError> {
    let (filter, nothing) = (Filter::default(), Codes::new(model.bits)?);
    let everything = Wanted { codes: nothing.as_ref(), filter: &filter, folder: None, may_be_approximate: false };
    let all = reading.count(&everything)?;
    let drawn = reading.sample(SAMPLE, all)?;
    let mut codes = Codes::new(model.bits)?;
    drawn.iter().for_each(|code| codes.extend_words(code.words.iter().copied()));
    // Codes that are far from one another in the order of the draw are of different files.
    let half = drawn.len() / 2;
    let pairs = (0..half).flat_map(|first| (1..=8).map(move |step| (first, half + (first + 131 * step) % half.max(1))));
    let far = pairs.filter_map(|(a, b)| Some((drawn.get(a)?, drawn.get(b)?))).filter(|(a, b)| a.file != b.file);
    let distances = far.map(|(a, b)| bits::distance(&a.words, &b.words) as f32).collect();
    Ok(Sample { codes, pairs: Pairs::new(distances) })
}

/// The number of chunks of unlike sounds that are expected to be as near as a distance, among `moments` moments.
fn by_chance(heard: &Heard, sample: &Codes, moments: f64) -> Option<ByChance> {
    let mut measured = Vec::new();
    let mut chances = Vec::new();
    for code in heard.codes.as_ref().iter() {
        distances(sample.as_ref(), code, &mut measured);
        let mut measured: Vec<f32> = measured.iter().map(|&distance| f32::from(distance)).collect();
        chances.push(Chance::of(&mut measured, sample.bits())?);
    }
    Some(Box::new(move |distance| moments * chances.iter().map(|chance| chance.share_within(distance)).sum::<f64>()))
}
