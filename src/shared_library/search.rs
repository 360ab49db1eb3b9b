//! Searching: the nearest codes of a model, by the server.

use std::collections::HashMap;

use jiff::civil::DateTime;
use postgres::{IsolationLevel, Transaction};

use super::code::Bits;
use super::connection::Library;
use super::error::LibraryError;
use super::filter::{Values, condition};
use super::found::{SharedCode, code_of_row, distance};
use super::hnsw::{self, Hnsw};
use super::models::{ModelState, PublishedModel};
use crate::aspects::{Aspects, Pitch};
use crate::dataset::Filter;
use crate::index::CodesRef;

/// What to search for.
pub struct Wanted<'a> {
    /// The codes of the query's chunks. There is at least one.
    pub codes: CodesRef<'a>,
    pub filter: &'a Filter,
    /// A root, or a folder below one: `fx-drive/drums`.
    pub folder: Option<&'a str>,
    /// Whether an approximate index may be used.
    pub may_be_approximate: bool,
}

/// How the nearest codes were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scan {
    /// Every code that the filter admits was compared.
    Exact,
    /// By pgvector's index.
    Approximate(Hnsw),
}

/// The nearest codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// Ordered by the distance to the nearest code of the query, then by file and chunk.
    pub codes: Vec<SharedCode>,
    pub by: Scan,
}

/// The number of equal parts into which the distances of all files are divided.
const QUANTILES: usize = 200;

/// The nearest files.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestFiles {
    /// Number and distance, the nearest first.
    pub files: Vec<(i64, f64)>,
    /// The number of files that were compared.
    pub all: u64,
    /// Quantiles of the distances of all files.
    pub spread: Vec<f64>,
}

/// A file of a match.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundFile {
    pub root: String,
    pub path: String,
    pub rate: u32,
    pub frames: u64,
    pub aspects: Aspects,
    pub recorded: Option<DateTime>,
    pub tags: Vec<String>,
}

/// The library as one search sees it: one state, in which one model is the current one.
pub struct Reading<'a> {
    transaction: Transaction<'a>,
    library: String,
    model: PublishedModel,
}

impl Library {
    /// Begins a search with `model`. `None` if the model is no longer the current one.
    pub fn read(&mut self, model: &PublishedModel) -> Result<Option<Reading<'_>>, LibraryError> {
        let failed = self.failed();
        let library = self.name.clone();
        let reading = self.client.build_transaction().read_only(true).isolation_level(IsolationLevel::RepeatableRead);
        let mut transaction = reading.start().map_err(&failed)?;
        // Compiling the statement takes longer than it saves.
        transaction.batch_execute("SET LOCAL jit = off").map_err(&failed)?;
        let current = "SELECT 1 FROM soundalike.models WHERE id = $1 AND hash = $2 AND state = 'current'";
        let is_current = transaction.query_opt(current, &[&model.id, &&model.hash[..]]).map_err(&failed)?.is_some();
        debug_assert_eq!(model.state, ModelState::Current);
        Ok(is_current.then_some(Reading { transaction, library, model: *model }))
    }
}

impl Reading<'_> {
    fn failed(&self) -> impl Fn(postgres::Error) -> LibraryError + use<> {
        let library = self.library.clone();
        move |cause| LibraryError::of(&library, &cause)
    }

    /// The number of codes that a filter admits.
    pub fn count(&mut self, wanted: &Wanted<'_>) -> Result<u64, LibraryError> {
        let mut values = Values::default();
        let model = values.place(self.model.id);
        let admitted = condition(wanted.filter, wanted.folder, &mut values)?;
        let count = format!(
            "SELECT coalesce(sum(w.codes), 0)::bigint FROM soundalike.work w JOIN soundalike.files f ON f.id = w.file
             JOIN soundalike.roots r ON r.id = f.root WHERE w.model = {model} AND w.state = 'done' AND ({})",
            admitted.as_deref().unwrap_or("true")
        );
        let row = self.transaction.query_one(&count, &values.references()).map_err(self.failed())?;
        Ok(row.get::<_, i64>(0).cast_unsigned())
    }

    /// The `most` nearest codes. The distance of a code is that to the nearest code of the query.
    pub fn nearest_codes(&mut self, wanted: &Wanted<'_>, most: usize) -> Result<Nearest, LibraryError> {
        let is_filtered = wanted.folder.is_some() || !wanted.filter.is_empty();
        // An approximate index knows nothing of filters.
        if wanted.may_be_approximate
            && !is_filtered
            && let Some(index) = hnsw::of_model(&mut self.transaction, &self.model).map_err(self.failed())?
        {
            let found = hnsw::nearest(&mut self.transaction, &self.model, &index, wanted.codes, most);
            let mut codes = found.map_err(self.failed())?;
            codes.sort_by_key(|code| (distance(wanted.codes, &code.words), code.file, code.chunk));
            codes.dedup();
            codes.truncate(most);
            return Ok(Nearest { codes, by: Scan::Approximate(index.facts) });
        }
        let (distances, mut values) = self.distances(wanted.codes);
        let admitted = self.admitted(wanted, &mut values)?;
        let most = values.place(most as i64);
        let search = format!(
            "SELECT file, chunk, code FROM {} c {admitted}
             ORDER BY least({}), file, chunk LIMIT {most}",
            self.model.codes(),
            distances.join(", ")
        );
        let rows = self.transaction.query(&search, &values.references()).map_err(self.failed())?;
        Ok(Nearest { codes: rows.iter().map(code_of_row).collect(), by: Scan::Exact })
    }

    /// The `most` nearest files, with their distances: the mean, over the query's codes, of the distance to the file's
    /// nearest code.
    pub fn nearest_files(&mut self, wanted: &Wanted<'_>, most: usize) -> Result<NearestFiles, LibraryError> {
        let (distances, mut values) = self.distances(wanted.codes);
        let admitted = self.admitted(wanted, &mut values)?;
        let sum: Vec<String> = distances.iter().map(|distance| format!("min({distance})")).collect();
        let most = values.place(most as i64);
        let search = format!(
            "WITH scored AS MATERIALIZED (
                SELECT file, ({})::double precision / {} AS mean FROM {} c {admitted} GROUP BY file)
             (SELECT file, mean, NULL, NULL FROM scored ORDER BY mean, file LIMIT {most})
             UNION ALL (SELECT NULL, NULL, count(*), percentile_cont(
                (SELECT array_agg(n / {QUANTILES}.0 ORDER BY n) FROM generate_series(0, {QUANTILES}) n)
             ) WITHIN GROUP (ORDER BY mean) FROM scored)",
            sum.join(" + "),
            distances.len(),
            self.model.codes()
        );
        let rows = self.transaction.query(&search, &values.references()).map_err(self.failed())?;
        let mut nearest = NearestFiles { files: Vec::new(), all: 0, spread: Vec::new() };
        for row in &rows {
            match row.get::<_, Option<i64>>(0) {
                Some(file) => nearest.files.push((file, row.get(1))),
                None => {
                    nearest.all = row.get::<_, i64>(2).cast_unsigned();
                    nearest.spread = row.get::<_, Option<Vec<f64>>>(3).unwrap_or_default();
                }
            }
        }
        Ok(nearest)
    }

    /// All codes of some files.
    pub fn codes_of(&mut self, files: &[i64]) -> Result<Vec<SharedCode>, LibraryError> {
        let codes =
            format!("SELECT file, chunk, code FROM {} WHERE file = ANY($1) ORDER BY file, chunk", self.model.codes());
        let rows = self.transaction.query(&codes, &[&files]).map_err(self.failed())?;
        Ok(rows.iter().map(code_of_row).collect())
    }

    /// Random codes of the library, about `wanted` of them. The same library gives the same codes.
    pub fn sample(&mut self, wanted: usize, all: u64) -> Result<Vec<SharedCode>, LibraryError> {
        // Whole pages are drawn, which is fast in a large library. A small one is taken as a whole.
        let percent = (200.0 * wanted as f64 / all.max(1) as f64).min(100.0);
        let sample = format!(
            "SELECT file, chunk, code FROM {} TABLESAMPLE SYSTEM ($1) REPEATABLE (1)
             ORDER BY hashint8(file * 65536 + chunk), file, chunk LIMIT $2",
            self.model.codes()
        );
        let values: [&(dyn postgres::types::ToSql + Sync); 2] = [&(percent as f32), &(wanted as i64)];
        let rows = self.transaction.query(&sample, &values).map_err(self.failed())?;
        Ok(rows.iter().map(code_of_row).collect())
    }

    /// Some files, by number.
    pub fn files(&mut self, files: &[i64]) -> Result<HashMap<i64, FoundFile>, LibraryError> {
        let found = "SELECT f.id, r.name, f.path, f.rate, f.frames, f.loudness, f.attack, f.brightness, f.pitch,
                f.pitch_confidence, f.noisiness, f.tempo, f.recorded,
                array(SELECT tag FROM soundalike.tags t WHERE t.file = f.id ORDER BY tag)
            FROM soundalike.files f JOIN soundalike.roots r ON r.id = f.root WHERE f.id = ANY($1)";
        let rows = self.transaction.query(found, &[&files]).map_err(self.failed())?;
        let file = |row: &postgres::Row| {
            let pitch = row.get::<_, Option<f32>>(8).zip(row.get(9)).map(|(hz, confidence)| Pitch { hz, confidence });
            let file = FoundFile {
                root: row.get(1),
                path: row.get(2),
                rate: row.get::<_, i32>(3).cast_unsigned(),
                frames: row.get::<_, i64>(4).cast_unsigned(),
                aspects: Aspects {
                    loudness: row.get(5),
                    attack: row.get(6),
                    brightness: row.get(7),
                    pitch,
                    noisiness: row.get(10),
                    tempo: row.get(11),
                },
                recorded: row.get(12),
                tags: row.get(13),
            };
            (row.get(0), file)
        };
        Ok(rows.iter().map(file).collect())
    }

    /// For each code, its distance from the column `code`.
    fn distances(&self, codes: CodesRef<'_>) -> (Vec<String>, Values) {
        let mut values = Values::default();
        let distances = codes.iter().map(|code| {
            let place = values.place(Bits::of(codes.bits(), code));
            format!("bit_count(code # {place})")
        });
        (distances.collect(), values)
    }

    fn admitted(&self, wanted: &Wanted<'_>, values: &mut Values) -> Result<String, LibraryError> {
        let admitted = condition(wanted.filter, wanted.folder, values)?;
        Ok(admitted.map_or_else(String::new, |admitted| {
            format!(
                "WHERE file IN (SELECT f.id FROM soundalike.files f JOIN soundalike.roots r ON r.id = f.root
                 WHERE {admitted})"
            )
        }))
    }
}
