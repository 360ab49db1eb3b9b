//! Measures the index on files of codes, for comparisons with other programs.
//!
//! Codes and queries are rows of `bits / 8` bytes without a header. Bit j of a code is bit j % 8 of byte j / 8. The
//! rows that were found are written to a file of u32 (queries x k, filled up with `0xFFFF_FFFF`). The figures go to
//! standard output, one JSON object for each line.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::json;

use crate::index::kernel::Kernel;
use crate::index::{Codes, CodesRef, Index, IndexError, IndexFile, Neighbour, RowSet, nearest, nearest_to_each};

/// How long batches are repeated, and how long single queries are run.
const BUDGET_SECS: f64 = 4.0;

/// A batch that takes less time is repeated for this long, and the mean counts.
const ROUND_SECS: f64 = 0.2;

/// The arguments of `bench-index`.
#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    codes: PathBuf,
    queries: PathBuf,
    bits: usize,
    k: usize,
    threads: usize,
    /// The rows found, with the ending `scan` for the exhaustive search and `index` for the index
    ids_out: PathBuf,
}

impl Bench {
    pub fn run(&self) -> anyhow::Result<()> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build()?;
        pool.install(|| self.measure())
    }

    fn measure(&self) -> anyhow::Result<()> {
        let codes = read_codes(&self.codes, self.bits)?;
        let queries = read_codes(&self.queries, self.bits)?;
        let queries = queries.as_ref();
        ensure!(!queries.is_empty(), "{} holds no query", self.queries.display());
        let kernel = Kernel::chosen().name();
        let figures = Figures::take(
            queries,
            || Ok(nearest_to_each(codes.as_ref(), queries, self.k, None)),
            |query| Ok(nearest(codes.as_ref(), query, self.k, None)),
        )?;
        let code_bytes = 8 * codes.as_ref().words().len() as u64;
        self.report("scan", &format!("scan, {kernel}"), 0.0, code_bytes, &figures, json!({}))?;

        let began = Instant::now();
        let index = Index::build(codes);
        let build_secs = began.elapsed().as_secs_f64();
        let scanned = std::cell::Cell::new(0);
        let figures = Figures::take(
            queries,
            || {
                let answers = index.search_each(queries, self.k, None)?;
                scanned.set(answers.iter().filter(|answer| answer.scanned > 0).count());
                Ok(answers.into_iter().map(|answer| answer.neighbours).collect())
            },
            |query| Ok(index.search(query, self.k, None)?.neighbours),
        )?;
        let config = format!("index, {kernel}, {} of {} scanned", scanned.get(), queries.len());
        let more = self.more(&index, queries)?;
        self.report("index", &config, build_secs, code_bytes + index.table_bytes(), &figures, more)
    }

    /// Measures other operations on an index: saving, opening, growing by one row in a hundred. Also a search with a
    /// filter that leaves one row in ten; for comparison, it measures an index of only these rows, and a search for ten
    /// times as many neighbours.
    fn more(&self, index: &Index, queries: CodesRef<'_>) -> anyhow::Result<serde_json::Value> {
        let secs = |began: Instant| began.elapsed().as_secs_f64();
        let folder = tempfile::tempdir_in(self.ids_out.parent().unwrap_or(Path::new(".")))?;
        let (path, grown_path) = (folder.path().join("first.codes"), folder.path().join("grown.codes"));
        let began = Instant::now();
        IndexFile::save(&path, index, 0)?;
        let save_secs = secs(began);
        let began = Instant::now();
        let file = std::hint::black_box(IndexFile::open(&path)?);
        let open_us = secs(began) * 1e6;
        let more = Codes::with_rows(file.codes()?.pieces(0..index.len() / 100).next().context("too few codes")?);
        let began = Instant::now();
        let grown = file.index().with_appended(more.as_ref())?;
        let append_secs = secs(began);
        let began = Instant::now();
        IndexFile::save(&grown_path, &grown, 0)?;
        let append_save_secs = secs(began);
        let grown_file = IndexFile::open_after(&grown_path, Some(&file))?;
        let appended_bytes = grown_file.file_bytes() - file.file_bytes();
        let mut tenth = RowSet::none(index.len());
        let mut tenth_codes = Codes::new(self.bits)?;
        for row in (0..index.len()).step_by(10) {
            tenth.insert(row);
            tenth_codes.extend_words(file.codes()?.code(row).iter().copied());
        }
        let alone = Index::build(tenth_codes);
        let rate = |index: &Index, k: usize, filter: Option<&RowSet>| {
            best_of(|| index.search_each(queries, k, filter))
                .map(|(secs, cpu)| queries.len() as f64 / cpu.unwrap_or(secs))
        };
        Ok(json!({
            "save_s": save_secs, "file_bytes": file.file_bytes(), "open_us": open_us, "append_1_percent_s": append_secs,
            "append_save_s": append_save_secs, "appended_bytes": appended_bytes, "grown_qps": rate(&grown, self.k, None)?,
            "filtered_1_in_10_qps": rate(index, self.k, Some(&tenth))?, "these_alone_qps": rate(&alone, self.k, None)?,
            "ten_times_k_qps": rate(index, 10 * self.k, None)?,
        }))
    }

    /// `how` is `scan` or `index`: the extension of the file for the rows.
    fn report(
        &self,
        how: &str,
        config: &str,
        build: f64,
        memory: u64,
        figures: &Figures,
        more: serde_json::Value,
    ) -> anyhow::Result<()> {
        let ids: Vec<u8> = figures
            .found
            .iter()
            .flat_map(|found| {
                let rows = found.iter().map(|neighbour| neighbour.row as u32);
                rows.chain(std::iter::repeat(u32::MAX)).take(self.k)
            })
            .flat_map(u32::to_le_bytes)
            .collect();
        let path = self.ids_out.with_extension(how);
        std::fs::write(&path, ids).with_context(|| format!("cannot write {}", path.display()))?;
        let line = json!({
            "config": config, "scan": how == "scan", "build_s": build, "memory_bytes": memory,
            "qps": figures.qps, "qps_cpu": figures.qps_cpu, "p50_us": figures.p50_us, "p99_us": figures.p99_us,
            "best_us": figures.best_us, "ids": path, "more": more,
        });
        super::report::print_json(&line);
        Ok(())
    }
}

struct Figures {
    found: Vec<Vec<Neighbour>>,
    qps: f64,
    /// Queries per second of processor time, if the system tells it.
    qps_cpu: Option<f64>,
    p50_us: f64,
    p99_us: f64,
    best_us: f64,
}

impl Figures {
    fn take(
        queries: CodesRef<'_>,
        batch: impl Fn() -> Result<Vec<Vec<Neighbour>>, IndexError>,
        single: impl Fn(&[u64]) -> Result<Vec<Neighbour>, IndexError>,
    ) -> Result<Self, IndexError> {
        let found = batch()?;
        let (best, best_cpu) = best_of(&batch)?;
        let mut singles = Vec::new();
        let began = Instant::now();
        for query in (0..1000).map(|number| queries.code(number % queries.len())) {
            let start = Instant::now();
            std::hint::black_box(single(query)?);
            singles.push(start.elapsed().as_secs_f64() * 1e6);
            if singles.len() >= 30 && began.elapsed().as_secs_f64() > BUDGET_SECS {
                break;
            }
        }
        singles.sort_unstable_by(f64::total_cmp);
        let count = queries.len() as f64;
        Ok(Self {
            found,
            qps: count / best,
            qps_cpu: best_cpu.map(|secs| count / secs),
            p50_us: singles[singles.len() / 2],
            p99_us: singles[singles.len() * 99 / 100],
            best_us: singles[0],
        })
    }
}

/// The best time of a batch: seconds by the clock, and seconds of processor time if the system tells them.
fn best_of<T>(batch: impl Fn() -> Result<T, IndexError>) -> Result<(f64, Option<f64>), IndexError> {
    let (mut best, mut best_cpu) = (f64::INFINITY, f64::INFINITY);
    let began = Instant::now();
    let mut rounds = 0;
    while rounds < 3 || (rounds < 50 && began.elapsed().as_secs_f64() < BUDGET_SECS) {
        let (start, cpu) = (Instant::now(), cpu_secs());
        let mut batches = 0.0;
        // The system counts processor time in steps of some milliseconds.
        while batches == 0.0 || start.elapsed().as_secs_f64() < ROUND_SECS {
            std::hint::black_box(batch()?);
            batches += 1.0;
        }
        best = best.min(start.elapsed().as_secs_f64() / batches);
        if let (Some(before), Some(after)) = (cpu, cpu_secs()) {
            best_cpu = best_cpu.min((after - before) / batches);
        }
        rounds += 1;
    }
    Ok((best, best_cpu.is_finite().then_some(best_cpu)))
}

/// The processor time of all threads of this process.
fn cpu_secs() -> Option<f64> {
    let mut nanos = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanos += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(nanos as f64 * 1e-9)
}

fn read_codes(path: &Path, bits: usize) -> anyhow::Result<Codes> {
    ensure!(bits.is_multiple_of(64), "codes for measuring have a multiple of 64 bits, not {bits}");
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (words, rest) = bytes.as_chunks::<8>();
    ensure!(rest.is_empty() && (words.len() * 64).is_multiple_of(bits), "{} is not whole codes", path.display());
    let mut codes = Codes::new(bits)?;
    codes.extend_words(words.iter().map(|word| u64::from_le_bytes(*word)));
    Ok(codes)
}
