//! Queries and the results of searches: plain data.

use std::sync::Arc;

use camino::Utf8PathBuf;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::sample::Sampled;
use super::told;
use super::weights::Weights;
use crate::aspects::Aspects;
use crate::dataset::{FileId, Filter, Verdict};
use crate::model::ModelKind;

/// A query: a sound file, or a stretch of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    pub path: Utf8PathBuf,
    /// Seconds from the file's start. `None` for the start.
    pub from_secs: Option<f64>,
    /// `None` for the end.
    pub to_secs: Option<f64>,
    /// The most matches, after overlapping chunks are folded: up to [`Query::MOST_MATCHES`]. Events before the line are
    /// all returned.
    pub k: usize,
    pub by: Grouping,
    pub filter: SearchFilter,
    pub basket: Basket,
}

impl Query {
    /// The largest `k`.
    pub const MOST_MATCHES: usize = 10_000;
}

/// The rest of a search beside its query: further sounds that matches shall be like or unlike, and verdicts. The
/// nearest of the wanted sounds decides how near a match is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basket {
    pub examples: Vec<Example>,
    pub verdicts: Vec<Verdict>,
    /// Matches from this distance on are behind the line. `None` for the suggested distance.
    pub threshold: Option<f64>,
    /// What counts for the order of the matches on either side of the line. Older searches are kept without it.
    #[serde(default)]
    pub weights: Weights,
}

/// A sound, or a stretch of it, that matches shall be like or unlike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    pub path: Utf8PathBuf,
    /// Seconds from the file's start. `None` for the start.
    pub from_secs: Option<f64>,
    /// `None` for the end.
    pub to_secs: Option<f64>,
    pub is_like: bool,
}

/// A saved search, for display.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SavedSearchView {
    pub name: String,
    /// With its examples, verdicts and threshold.
    pub query: Query,
}

/// The chunks of the index that a search may return. By default all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchFilter {
    /// A filter in the language of [`dataset::filter`](crate::dataset::filter). Parts that are not understood admit all
    /// files.
    pub text: String,
    /// Only chunks of stretches that are marked as favourites.
    pub favourites: bool,
    /// No chunks of the query's own file.
    pub not_this_file: bool,
    /// Only chunks of these files, ordered by number. This choice is not saved.
    #[serde(skip)]
    pub among: Option<Arc<Vec<FileId>>>,
}

impl SearchFilter {
    /// A sentence for each part of the text that is not understood.
    pub fn not_understood(&self) -> Vec<String> {
        Filter::read(&self.text).not_understood().to_vec()
    }

    /// Whether the filter depends on the favourites.
    pub fn asks_for_favourites(&self) -> bool {
        self.favourites || Filter::read(&self.text).asks_for_favourites()
    }
}

/// What a match is, and how matches are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// A chunk. Ranked by distance, then by chunk id. Overlapping chunks of one file are one match.
    #[default]
    Chunk,
    /// A whole file. Ranked by the mean, over the query's chunks, of the distance to the file's nearest chunk.
    File,
    /// A stretch of a file in which the whole query occurs. Ranked by the mean distance of its chunks.
    Event,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    #[serde(skip)]
    pub query: Option<Box<Query>>,
    /// The kind of the model that answered.
    pub model: ModelKind,
    pub bits: usize,
    pub matches: Vec<Match>,
    /// Whether the query is silent. `matches` is then empty.
    pub silent: bool,
    /// The number of the query's chunks, including silent ones.
    pub query_chunks: usize,
    /// The number of codes that were searched: those that the filter admits.
    pub searched: u64,
    pub seconds: f64,
    #[serde(flatten)]
    pub line: Line,
    /// If a shared library answered: which, and how.
    #[serde(rename = "library", skip_serializing_if = "Option::is_none")]
    pub of_library: Option<Box<LibraryAnswer>>,
}

/// How a shared library answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LibraryAnswer {
    /// Host and database.
    pub name: String,
    /// The hash of the model, in hexadecimal digits.
    pub model: String,
    /// `exact`, or `hnsw` for pgvector's approximate index.
    pub by: &'static str,
    /// For an approximate index: the share of the ten nearest codes that it found, if that was measured, and the number
    /// of codes that it was measured with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall_of: Option<u32>,
}

/// Where a match is in a shared library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SharedPlace {
    pub root: String,
    /// Below the root.
    pub below: String,
    pub tags: Vec<String>,
}

/// The place in a list of matches where likeness ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// The number of matches before the line: those that are really alike. `None` if there is too little sound to tell
    /// and no distance was given.
    pub alike: Option<usize>,
    /// The distance of the line.
    pub threshold: Option<f64>,
    /// The suggested distance.
    pub suggested_threshold: Option<f64>,
    /// The number of matches before the line that are expected by chance.
    pub false_alarms: Option<f64>,
    /// The precision among the matches before the line that have a verdict.
    pub precision: Option<Precision>,
    /// For a saved search: the number of matches before the line that the last run did not have.
    pub new: Option<usize>,
    /// If the matches are only a sample: what it was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampled: Option<Sampled>,
}

/// The share of matches that are right, among those with a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Precision {
    pub share: f64,
    /// The bounds of the 95% confidence interval.
    pub from: f64,
    pub to: f64,
    pub judged: usize,
}

/// How near a match is, in figures for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Nearness {
    /// The share of random pairs of this library's sounds that are farther apart, 0 to 1.
    pub share_alike: Option<f64>,
    /// The number of matches that are expected by chance to be at least as near.
    #[serde(rename = "false_alarms")]
    pub by_chance: Option<f64>,
    /// Whether the match is behind the line: it is too far, an unwanted sound is nearer, or a person said no.
    pub is_behind: bool,
    /// The verdict: yes or no.
    pub verdict: Option<bool>,
    /// For a saved search: whether the last run did not have this match.
    pub is_new: bool,
}

impl Match {
    /// Whether it is from a shared library. The project then knows nothing of its file.
    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }
}

/// A match. Seconds are from the start of the match's file, or of the query's file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    pub path: Utf8PathBuf,
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// The number of differing bits. With [`Grouping::File`] and [`Grouping::Event`], the mean over the query's chunks.
    pub distance: f64,
    /// The part of the query that matches.
    pub query_start_seconds: f64,
    /// Why the match may not sound as it did when it was indexed: its file is missing or has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Whether this is the query itself: a chunk of the query's own stretch.
    pub is_query: bool,
    #[serde(skip)]
    pub file: FileId,
    #[serde(skip)]
    pub by: Grouping,
    /// The code of the chunk, and the code of the query's chunk that it matches, as words of 64 bits, the least
    /// significant bit first. With [`Grouping::File`] they are those of the nearest pair.
    #[serde(skip)]
    pub code: Vec<u64>,
    #[serde(skip)]
    pub query_code: Vec<u64>,
    #[serde(flatten)]
    pub nearness: Nearness,
    /// Length of the match's whole file, and its aspects.
    pub file_seconds: f64,
    #[serde(flatten, serialize_with = "told::aspects")]
    pub aspects: Option<Aspects>,
    /// The recorder's clock time at the start of the match, if it is known.
    #[serde(serialize_with = "told::clock")]
    pub recorded: Option<DateTime>,
    /// If the match is from a shared library.
    #[serde(flatten)]
    pub shared: Option<Box<SharedPlace>>,
}
