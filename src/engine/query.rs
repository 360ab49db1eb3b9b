//! What is searched for, and what a search finds: plain data.

use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::dataset::{FileId, Filter, Verdict};
use crate::model::ModelKind;

/// What to search for: a sound file, or a stretch of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    pub path: Utf8PathBuf,
    /// Seconds from the file's start; `None` is the start.
    pub from_secs: Option<f64>,
    /// `None` is the end.
    pub to_secs: Option<f64>,
    /// How many matches at most, after overlapping chunks are folded into one: up to [`Query::MOST_MATCHES`].
    /// Events that come before the line are all told.
    pub k: usize,
    pub by: Grouping,
    pub filter: SearchFilter,
    pub basket: Basket,
}

impl Query {
    /// The largest `k`.
    pub const MOST_MATCHES: usize = 10_000;
}

/// What a search has beside its query: further sounds that matches are to be like or unlike, and what a person said of
/// matches. A match is as near as the nearest sound that it is to be like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basket {
    pub examples: Vec<Example>,
    pub verdicts: Vec<Verdict>,
    /// From which distance on matches are behind the line; `None` is the distance that is suggested.
    pub threshold: Option<f64>,
}

/// A sound, or a stretch of it, that matches are to be like or unlike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Example {
    pub path: Utf8PathBuf,
    /// Seconds from the file's start; `None` is the start.
    pub from_secs: Option<f64>,
    /// `None` is the end.
    pub to_secs: Option<f64>,
    pub is_like: bool,
}

/// A saved search, for those who choose one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SavedSearchView {
    pub name: String,
    /// With its examples, verdicts and threshold.
    pub query: Query,
}

/// Which chunks of the index a search may return; by default all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchFilter {
    /// Which files, in the language of [`dataset::filter`](crate::dataset::filter); what is not understood in it lets all
    /// through.
    pub text: String,
    /// Only chunks of stretches that were marked as favourites.
    pub favourites: bool,
    /// No chunks of the query's own file.
    pub not_this_file: bool,
    /// Only chunks of these files, in the order of their numbers. A choice of the moment, which is not saved.
    #[serde(skip)]
    pub among: Option<Arc<Vec<FileId>>>,
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
    /// Every stretch of a file in which the whole query occurs, by the mean distance of its chunks.
    Event,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchReport {
    #[serde(skip)]
    pub query: Option<Box<Query>>,
    /// Which model answered.
    pub model: ModelKind,
    pub bits: usize,
    pub matches: Vec<Match>,
    /// Whether there is nothing to hear in the query; `matches` is then empty.
    pub silent: bool,
    /// Chunks that the query was cut into, silent ones included.
    pub query_chunks: usize,
    /// Codes that were searched: those that the filter lets through.
    pub searched: u64,
    pub seconds: f64,
    #[serde(flatten)]
    pub line: Line,
}

/// Where, in a list of matches, likeness ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Line {
    /// How many of the matches come before the line: those that are really alike. `None` where there is too little sound to
    /// tell, and no distance was given.
    pub alike: Option<usize>,
    /// The distance at which the line is.
    pub threshold: Option<f64>,
    /// The distance that is suggested for it.
    pub suggested_threshold: Option<f64>,
    /// How many matches are expected to come before the line by chance.
    pub false_alarms: Option<f64>,
    /// Of the matches before the line, as far as a person judged them.
    pub precision: Option<Precision>,
    /// Of a saved search: how many of the matches before the line were not there when it ran last.
    pub new: Option<usize>,
}

/// The share of right ones among the matches that were judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Precision {
    pub share: f64,
    /// The interval that the true share is in, in 95 of 100 cases.
    pub from: f64,
    pub to: f64,
    pub judged: usize,
}

/// How near a match is, for a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Nearness {
    /// The share of random pairs of this library's sounds that are farther apart, 0 to 1.
    pub share_alike: Option<f64>,
    /// How many matches as near as this one are expected by chance.
    #[serde(rename = "false_alarms")]
    pub by_chance: Option<f64>,
    /// Whether it is behind the line: too far, or nearer to what is not wanted, or a person said no.
    pub is_behind: bool,
    /// What a person said of it.
    pub verdict: Option<bool>,
    /// Of a saved search: whether it was not there when the search ran last.
    pub is_new: bool,
}

/// A chunk that a search returned. Seconds are from the start of the file or of the query's file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Match {
    pub path: Utf8PathBuf,
    pub start_seconds: f64,
    pub end_seconds: f64,
    /// Bits that differ; with [`Grouping::File`] and [`Grouping::Event`] their mean over the query's chunks.
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
    #[serde(flatten)]
    pub nearness: Nearness,
}
