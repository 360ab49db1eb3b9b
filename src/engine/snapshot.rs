//! What a search uses: a model, an index that the model made, and the owners of the rows. Immutable, behind one `Arc`.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::at_rest::AtRest;
use super::error::EngineError;
use super::latest::DatasetView;
use super::pairs::Pairs;
use crate::dataset::{FileId, SoundFile};
use crate::ground::Grid;
use crate::index::{IndexFile, RowSet, bit_balance};
use crate::model::Model;
use crate::project::{IndexGeneration, Project};

/// The rows of one file, which is in the dataset as it was encoded.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub file: Arc<SoundFile>,
    pub first_row: usize,
    pub chunks: usize,
}

pub(super) struct Snapshot {
    pub model: Arc<Model>,
    pub model_generation: i64,
    pub index: Arc<IndexFile>,
    pub index_generation: i64,
    pub grid: Grid,
    /// Ordered by first row. Rows of files that were removed or changed belong to no span.
    pub spans: Vec<Span>,
    /// The rows that may be matches: the rows of spans, without silent ones.
    pub offered: RowSet,
    /// Computed when it is first needed.
    balance: OnceLock<Arc<Vec<f32>>>,
    /// The distances of random pairs of chunks and of files. They are measured when they are first needed.
    pub chunk_pairs: OnceLock<Pairs>,
    pub file_pairs: OnceLock<Pairs>,
}

/// The position of a chunk: its start and end in seconds in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub file: &'a Arc<SoundFile>,
    pub start_secs: f64,
    pub end_secs: f64,
}

impl Snapshot {
    /// The current snapshot, if it can be used. If it cannot, the project opens anyway, because a new index can be
    /// built; a search then reports the reason.
    pub fn usable(project: &Project, at_rest: &AtRest, before: Option<&Snapshot>) -> Option<Snapshot> {
        if !at_rest.is_index_current() {
            return None;
        }
        let loaded = Self::load(project, at_rest, before);
        loaded.inspect_err(|cause| tracing::warn!("the index is not loaded: {cause}")).ok()
    }

    /// Loads the current generations. Parts that `before` has in the same generation are taken over and not read again.
    pub fn load(project: &Project, at_rest: &AtRest, before: Option<&Snapshot>) -> Result<Snapshot, EngineError> {
        Self::read(project, at_rest, before, |path, generation| {
            match before.filter(|old| old.index_generation == generation) {
                Some(old) => Ok(old.index.clone()),
                None => Ok(Arc::new(IndexFile::open_after(path, before.map(|old| &*old.index))?)),
            }
        })
    }

    /// Loads the undamaged part of the current generations, and says what was found damaged in the index. Reads the
    /// whole index from the disk again. A file that has lost a code has no span.
    pub fn load_mending(
        project: &Project,
        at_rest: &AtRest,
        before: Option<&Snapshot>,
    ) -> Result<(Snapshot, Vec<String>), EngineError> {
        let (mut lost, mut found) = (RowSet::none(0), Vec::new());
        let mut snapshot = Self::read(project, at_rest, before, |path, _| {
            let mended = IndexFile::open_mending(path, None)?;
            (lost, found) = (mended.lost, mended.found);
            Ok(Arc::new(mended.index))
        })?;
        if lost.count() > 0 {
            snapshot.spans.retain(|span| !(span.first_row..span.first_row + span.chunks).any(|row| lost.contains(row)));
        }
        Ok((snapshot, found))
    }

    fn read(
        project: &Project,
        at_rest: &AtRest,
        before: Option<&Snapshot>,
        open_index: impl FnOnce(&Path, i64) -> Result<Arc<IndexFile>, EngineError>,
    ) -> Result<Snapshot, EngineError> {
        let model_row = at_rest.model.as_ref().ok_or(EngineError::NoModel)?;
        let index_row = at_rest.index.as_ref().ok_or(EngineError::NoIndex)?;
        if index_row.model_generation != model_row.generation {
            return Err(EngineError::StaleIndex);
        }
        let model = match before.filter(|old| old.model_generation == model_row.generation) {
            Some(old) => old.model.clone(),
            None => Arc::new(Model::load(project.model_path(model_row.generation).as_std_path())?),
        };
        let path = project.index_path(index_row.generation);
        let index = open_index(path.as_std_path(), index_row.generation)?;
        let rows = index.index().len();
        // The numbers of generations repeat if an older catalogue was restored. Hashes do not.
        let is_other = |hash: Option<[u8; 32]>| hash.is_some_and(|hash| hash != model.hash());
        let is_older = index.made_by().index.is_some_and(|own| own != index_row.generation.cast_unsigned());
        if is_older
            || index.index().bits() != model.config().bits
            || index.model_generation() != model_row.generation.cast_unsigned()
            || [model_row.hash, index_row.model_hash, index.made_by().hash].into_iter().any(is_other)
            || index_row.files.iter().any(|file| file.first_row + file.silent.len() as u64 > rows as u64)
        {
            return Err(EngineError::StaleIndex);
        }
        let (spans, offered) = spans(&at_rest.dataset, index_row, rows);
        Ok(Snapshot {
            grid: model.config().grid(),
            model,
            model_generation: model_row.generation,
            index,
            index_generation: index_row.generation,
            spans,
            offered,
            balance: OnceLock::new(),
            chunk_pairs: OnceLock::new(),
            file_pairs: OnceLock::new(),
        })
    }

    /// The snapshot to search: the one in use, or else the current one. An error says which step comes first.
    pub fn current(project: &Project, in_use: Option<Arc<Snapshot>>) -> Result<Arc<Snapshot>, EngineError> {
        match in_use {
            Some(snapshot) => Ok(snapshot),
            None => while_current(project, || Snapshot::load(project, &AtRest::read(project)?, None).map(Arc::new)),
        }
    }

    /// The current model, with or without an index.
    pub fn current_model(project: &Project, in_use: Option<Arc<Snapshot>>) -> Result<Arc<Model>, EngineError> {
        while_current(project, || {
            let row = project.current_model()?.ok_or(EngineError::NoModel)?;
            match in_use.as_ref().filter(|snapshot| snapshot.model_generation == row.generation) {
                Some(snapshot) => Ok(snapshot.model.clone()),
                None => Ok(Arc::new(Model::load(project.model_path(row.generation).as_std_path())?)),
            }
        })
    }

    /// The span of `row`.
    pub fn span_of(&self, row: usize) -> Option<&Span> {
        self.span_number(row).map(|number| &self.spans[number])
    }

    /// The number of the span of `row`.
    pub fn span_number(&self, row: usize) -> Option<usize> {
        let last = self.spans.partition_point(|span| span.first_row <= row).checked_sub(1)?;
        (row < self.spans[last].first_row + self.spans[last].chunks).then_some(last)
    }

    /// For each bit, the share of the possible matches in which it is 1.
    pub fn balance(&self) -> Result<Arc<Vec<f32>>, EngineError> {
        let codes = self.index.codes()?;
        let count = || Arc::new(bit_balance(self.offered.iter().map(|row| codes.code(row)), codes.bits()));
        Ok(self.balance.get_or_init(count).clone())
    }

    /// Seconds from one chunk of a file of `native_rate` to the next.
    pub fn hop_secs(&self, native_rate: u32) -> f64 {
        f64::from(self.grid.hop_frames) / f64::from(self.grid.rate_for(native_rate))
    }

    /// The position of the chunk of `row`. `None` if its file is gone.
    pub fn place(&self, row: usize) -> Option<Place<'_>> {
        self.span_of(row).map(|span| self.place_in(span, row))
    }

    /// The position of the chunk of `row`, which must belong to `span`.
    pub fn place_in<'a>(&self, span: &'a Span, row: usize) -> Place<'a> {
        let rate = f64::from(self.grid.rate_for(span.file.rate));
        let start = self.grid.start_frame((row - span.first_row) as u64) as f64;
        Place {
            file: &span.file,
            start_secs: start / rate,
            end_secs: (start + f64::from(self.grid.chunk_frames)) / rate,
        }
    }

    /// The row of the chunk of `file` that starts at `start_secs`.
    pub fn row_of(&self, file: FileId, start_secs: f64) -> Result<usize, EngineError> {
        let span = self.spans.iter().find(|span| span.file.id == file).ok_or(EngineError::NoSuchChunk)?;
        let rate = self.grid.rate_for(span.file.rate);
        let chunk = (start_secs * f64::from(rate) / f64::from(self.grid.hop_frames)).round();
        if !(0.0..span.chunks as f64).contains(&chunk) {
            return Err(EngineError::NoSuchChunk);
        }
        Ok(span.first_row + chunk as usize)
    }

    /// The rows of the chunks that lie within a stretch of a file. If there is none, the rows at its start.
    pub fn rows_within(&self, span: &Span, start_secs: f64, end_secs: f64) -> std::ops::Range<usize> {
        const ROUNDING_FRAMES: f64 = 1.0;
        let (rate, hop) = (f64::from(self.grid.rate_for(span.file.rate)), f64::from(self.grid.hop_frames));
        let first = ((start_secs * rate - ROUNDING_FRAMES) / hop).ceil().max(0.0) as usize;
        let last = ((end_secs * rate + ROUNDING_FRAMES - f64::from(self.grid.chunk_frames)) / hop).floor();
        let end = ((last + 1.0).max(0.0) as usize).min(span.chunks);
        match first < end {
            true => span.first_row + first..span.first_row + end,
            false => self.rows_at(span, start_secs),
        }
    }

    /// The rows of the chunks that share more than half of their length with a chunk that begins at `start_secs`. That
    /// is one chunk, or two if chunks overlap.
    pub fn rows_at(&self, span: &Span, start_secs: f64) -> std::ops::Range<usize> {
        let hop = f64::from(self.grid.hop_frames);
        let at = start_secs * f64::from(self.grid.rate_for(span.file.rate)) / hop;
        // A chunk that is exactly half a chunk away is outside, whichever way seconds were rounded.
        let reach = 0.5 * f64::from(self.grid.chunk_frames) / hop - 1e-6;
        let first = (at - reach).ceil().max(0.0) as usize;
        let end = ((at + reach).floor() + 1.0).clamp(0.0, span.chunks as f64) as usize;
        span.first_row + first.min(end)..span.first_row + end
    }
}

/// Reads files of the current generations. If another process makes newer generations current meanwhile, it may delete these
/// files. Then `read` is called again.
fn while_current<T>(project: &Project, mut read: impl FnMut() -> Result<T, EngineError>) -> Result<T, EngineError> {
    loop {
        let current = project.current()?;
        match read() {
            Err(_) if project.current()? != current => {}
            outcome => return outcome,
        }
    }
}

/// The rows that are chunks of files as they are in the dataset now.
fn spans(dataset: &DatasetView, index: &IndexGeneration, rows: usize) -> (Vec<Span>, RowSet) {
    let mut offered = RowSet::none(rows);
    let mut spans = Vec::with_capacity(index.files.len());
    for indexed in &index.files {
        let Some(file) = dataset.file(indexed.file).filter(|file| file.content_hash == indexed.content_hash) else {
            continue;
        };
        let first_row = indexed.first_row as usize;
        for (chunk, silent) in indexed.silent.iter().enumerate() {
            if !silent {
                offered.insert(first_row + chunk);
            }
        }
        spans.push(Span { file: Arc::clone(file), first_row, chunks: indexed.silent.len() });
    }
    (spans, offered)
}
