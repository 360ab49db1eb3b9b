//! What is searched for, and what a search finds: plain data.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::dataset::{FileId, Filter};

/// What to search for: a sound file, or a stretch of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub path: Utf8PathBuf,
    /// Seconds from the file's start; `None` is the start.
    pub from_secs: Option<f64>,
    /// `None` is the end.
    pub to_secs: Option<f64>,
    /// How many matches at most, after overlapping chunks are folded into one: up to [`Query::MOST_MATCHES`].
    pub k: usize,
    pub by: Grouping,
    pub filter: SearchFilter,
}

impl Query {
    /// The largest `k`.
    pub const MOST_MATCHES: usize = 10_000;
}

/// Which chunks of the index a search may return; by default all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchFilter {
    /// Which files, in the language of [`dataset::filter`](crate::dataset::filter); what is not understood in it lets all
    /// through.
    pub text: String,
    /// Only chunks of stretches that were marked as favourites.
    pub favourites: bool,
    /// No chunks of the query's own file.
    pub not_this_file: bool,
}

impl SearchFilter {
    /// A sentence for each part of the text that is not understood.
    pub fn not_understood(&self) -> Vec<String> {
        Filter::read(&self.text).not_understood().to_vec()
    }

    /// Whether what it lets through changes with the favourites.
    pub fn asks_for_favourites(&self) -> bool {
        self.favourites || Filter::read(&self.text).asks_for_favourites()
    }
}

/// How matches are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Chunks, by distance, then chunk id; overlapping chunks of one file are one match.
    #[default]
    Chunk,
    /// Whole files, by the mean, over the query's chunks, of the file's best distance.
    File,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    #[serde(skip)]
    pub query: Option<Query>,
    pub bits: usize,
    pub matches: Vec<Match>,
    /// Whether there is nothing to hear in the query; `matches` is then empty.
    pub silent: bool,
    /// Chunks that the query was cut into, silent ones included.
    pub query_chunks: usize,
    /// Codes that were searched: those that the filter lets through.
    pub searched: u64,
    pub seconds: f64,
}

/// A chunk that a search returned. Seconds are from the start of the file or of the query's file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    pub path: Utf8PathBuf,
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// Bits that differ; with [`Grouping::File`] their mean over the query's chunks.
    pub distance: f64,
    /// Which part of the query it answers.
    pub query_start_seconds: f64,
    /// Why it may not sound as it did when it was indexed: its file is missing, or has changed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Whether this is the query itself: a chunk of the very stretch that is searched for.
    pub is_query: bool,
    #[serde(skip)]
    pub file: FileId,
    #[serde(skip)]
    pub by: Grouping,
    /// The code of the chunk, and the code of the query's chunk that it answers, as words of 64 bits, the least significant
    /// bit first. With [`Grouping::File`] they are those of the nearest pair.
    #[serde(skip)]
    pub code: Vec<u64>,
    #[serde(skip)]
    pub query_code: Vec<u64>,
}
