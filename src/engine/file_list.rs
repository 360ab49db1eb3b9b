//! The list of the project's files, as other programs read it: the same on the command line and over HTTP.

use std::io::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::error::EngineError;
use super::latest::Latest;
use super::told::{self, ASPECTS, METADATA, ToldMetadata};
use crate::aspects::Aspects;
use crate::dataset::{Measure, SoundFile, letters};

/// What files are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SortFiles {
    /// By path, as people read names: 2 before 10
    #[default]
    Path,
    Length,
    Rate,
    Level,
    Loudness,
    Attack,
    Brightness,
    Pitch,
    Noisiness,
    Tempo,
}

impl SortFiles {
    fn measure(self) -> Option<Measure> {
        Some(match self {
            Self::Path => return None,
            Self::Length => Measure::Length,
            Self::Rate => Measure::Rate,
            Self::Level => Measure::Level,
            Self::Loudness => Measure::Loudness,
            Self::Attack => Measure::Attack,
            Self::Brightness => Measure::Brightness,
            Self::Pitch => Measure::Pitch,
            Self::Noisiness => Measure::Noisiness,
            Self::Tempo => Measure::Tempo,
        })
    }

    fn sort(self, files: &mut [Arc<SoundFile>], reverse: bool) {
        files.sort_by_cached_key(|file| letters::sort_key(file.path.as_str()));
        match self.measure() {
            Some(measure) => measure.sort(files, reverse, Arc::as_ref),
            None if reverse => files.reverse(),
            None => {}
        }
    }
}

/// Files of the project, as they are listed.
#[derive(Debug, Serialize)]
pub struct FileList {
    pub files: Vec<ListedFile>,
}

#[derive(Debug, Serialize)]
pub struct ListedFile {
    #[serde(skip)]
    pub file: Arc<SoundFile>,
    path: String,
    seconds: f64,
    rate: u32,
    channels: u16,
    /// `None` for silence.
    level_db: Option<f32>,
    bytes: u64,
    #[serde(flatten, serialize_with = "told::aspects")]
    aspects: Option<Aspects>,
    #[serde(flatten)]
    metadata: ToldMetadata,
    tags: Vec<String>,
    favourites: usize,
    problem: Option<String>,
}

impl FileList {
    /// The files that are meant. A file's problem is looked for on the disk.
    ///
    /// # Errors
    /// A path names nothing in the project.
    pub fn new(choice: &Choice, sort: SortFiles, reverse: bool, latest: &Latest) -> Result<Self, EngineError> {
        let mut files = choice.files(latest)?;
        sort.sort(&mut files, reverse);
        let listed = |file: Arc<SoundFile>| ListedFile {
            path: file.path.to_string(),
            seconds: file.duration_secs(),
            rate: file.rate,
            channels: file.channels,
            level_db: Some(file.level_db()).filter(|level| level.is_finite()),
            bytes: file.size_bytes,
            aspects: file.aspects,
            metadata: ToldMetadata::of(&file),
            tags: latest.dataset.tags_of(file.id).to_vec(),
            favourites: latest.favourites.iter().filter(|favourite| favourite.file == file.id).count(),
            problem: latest.dataset.problem_now(&file),
            file,
        };
        Ok(Self { files: files.into_iter().map(listed).collect() })
    }

    /// Writes a table by RFC 4180, with a header. Tags are in one cell, with semicolons between them.
    pub fn write_csv(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut table = ::csv::Writer::from_writer(to);
        let before = ["path", "seconds", "rate", "channels", "level_db", "bytes"];
        table.write_record(before.iter().chain(&ASPECTS).chain(&METADATA).chain(&["tags", "favourites", "problem"]))?;
        for file in &self.files {
            let before = [
                file.path.clone(),
                file.seconds.to_string(),
                file.rate.to_string(),
                file.channels.to_string(),
                file.level_db.map_or_else(String::new, |level| level.to_string()),
                file.bytes.to_string(),
            ];
            let after = [file.tags.join(";"), file.favourites.to_string(), file.problem.clone().unwrap_or_default()];
            let (aspects, metadata) = (told::cells(file.aspects), file.metadata.cells());
            table.write_record(before.iter().chain(&aspects).chain(&metadata).chain(&after))?;
        }
        table.flush()
    }
}
