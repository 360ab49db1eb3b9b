//! What looking at the library as a whole asks for and tells: plain data.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::dataset::FileId;
use crate::map::{Dots, crowds};

/// A chunk in its file, or several that overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkPlace {
    pub file: FileId,
    pub path: Utf8PathBuf,
    pub start_secs: f64,
    pub end_secs: f64,
}

/// A file that dots or members of groups are of: these name it by its place in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFile {
    pub id: FileId,
    pub path: Utf8PathBuf,
}

/// A map of the index: of every chunk that is not silent, or of evenly spaced ones where there are more than a map holds.
#[derive(Clone, Debug, PartialEq)]
pub struct MapReport {
    pub index_generation: i64,
    /// By path.
    pub files: Vec<NamedFile>,
    /// What each dot is.
    pub chunks: Vec<MapChunk>,
    /// Where each dot is.
    pub dots: Dots,
    /// The map from afar.
    pub sounds: SoundsOnMap,
    /// Chunks that a map of everything would show.
    pub of: usize,
    /// The share of the 10 nearest codes that are among the 50 nearest dots.
    pub neighbours_kept: f32,
    pub seconds: f64,
}

/// A map from afar: one dot a file, and names of crowds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundsOnMap {
    /// Which dot of the map stands for each file that has any, in the order of the files.
    pub of: Vec<u32>,
    /// The same dots alone.
    pub dots: Dots,
    /// The largest crowd first.
    pub crowds: Vec<NamedCrowd>,
}

/// A crowd of sounds, by the folder that most of them are in.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedCrowd {
    pub name: String,
    pub place: [f32; 2],
    /// Sounds of that folder in it.
    pub sounds: usize,
}

impl SoundsOnMap {
    /// `chunks` must come file by file.
    pub fn new(files: &[NamedFile], chunks: &[MapChunk], dots: &Dots) -> Self {
        let owners: Vec<u32> = chunks.iter().map(|chunk| chunk.file).collect();
        let of = crowds::middles(&owners, dots.places());
        let places: Vec<[f32; 2]> = of.iter().map(|&dot| dots.places()[dot as usize]).collect();
        let mut folders: Vec<&str> = Vec::new();
        let mut number: HashMap<&str, u32> = HashMap::new();
        let mut label = |dot: &u32| {
            let folder = files.get(owners[*dot as usize] as usize).map_or("", |file| folder_name(&file.path));
            *number.entry(folder).or_insert_with(|| {
                folders.push(folder);
                folders.len() as u32 - 1
            })
        };
        let labels: Vec<u32> = of.iter().map(&mut label).collect();
        // The name of the only folder tells nothing apart.
        let found = if folders.len() > 1 { crowds::crowds(&places, &labels) } else { Vec::new() };
        let named = found.into_iter().map(|crowd| NamedCrowd {
            name: folders[crowd.label as usize].to_owned(),
            place: crowd.place,
            sounds: crowd.dots,
        });
        Self { crowds: named.collect(), dots: Dots::new(places), of }
    }
}

fn folder_name(path: &Utf8Path) -> &str {
    path.parent().and_then(Utf8Path::file_name).unwrap_or_default()
}

/// What a dot is of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapChunk {
    /// Which of the report's files.
    pub file: u32,
    pub start_secs: f64,
    pub end_secs: f64,
}

impl MapReport {
    pub fn place(&self, dot: usize) -> Option<ChunkPlace> {
        let chunk = self.chunks.get(dot)?;
        let file = self.files.get(chunk.file as usize)?;
        let (start_secs, end_secs) = (chunk.start_secs, chunk.end_secs);
        Some(ChunkPlace { file: file.id, path: file.path.clone(), start_secs, end_secs })
    }
}

/// Which code to look at.
#[derive(Clone, Debug, PartialEq)]
pub enum CodeOf {
    /// The one that the index has of a chunk.
    Chunk { file: FileId, start_secs: f64 },
    /// The one that the encoder gives the chunk of a sound that begins there, whether or not the project knows the sound.
    Sound { path: Utf8PathBuf, from_secs: f64 },
    /// This one.
    Code(Vec<u64>),
}

/// A code, and who has it or one like it.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeReport {
    pub of: CodeOf,
    pub bits: usize,
    pub code: Vec<u64>,
    /// Chunks that have this very code, silent ones left out.
    pub held_by: usize,
    /// The nearest chunks: those that have the code, then those whose codes differ in the fewest bits.
    pub near: Vec<(ChunkPlace, u32)>,
    /// Of each bit, the share of the index's chunks that have it on.
    pub balance: Arc<Vec<f32>>,
}

/// A sound that the decoder has made of a code.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedCode {
    pub code: Vec<u64>,
    /// A WAV file that is there as long as the project is open.
    pub path: Utf8PathBuf,
}

/// What is compared in the search for duplicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum DuplicatesBy {
    /// Chunks: a group is what a chain of chunks leads through whose codes differ in few bits.
    #[default]
    Chunk,
    /// Whole files of one length, chunk by chunk.
    File,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DuplicatesReport {
    pub index_generation: i64,
    pub bits: usize,
    /// The most bits in which neighbours in a group differ.
    pub within: u32,
    pub by: DuplicatesBy,
    /// By path.
    pub files: Vec<NamedFile>,
    /// Those of the most files first, then of the most members.
    pub groups: Vec<DuplicateGroup>,
    /// All silence, where there is some and chunks were compared: silent chunks are not compared with others.
    pub silence: Option<DuplicateGroup>,
    pub seconds: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DuplicateGroup {
    /// By file and time.
    pub members: Vec<Duplicate>,
    /// Different files among the members.
    pub files: usize,
    /// Of all members.
    pub chunks: u64,
    /// The largest distance of a member.
    pub furthest: u32,
}

/// A member of a group: a chunk, chunks of one file that follow one another, or a whole file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duplicate {
    /// Which of the report's files.
    pub file: u32,
    pub start_secs: f64,
    pub end_secs: f64,
    pub chunks: u32,
    /// Bits in which it differs from the group's first chunk, where it is nearest to it; of a whole file, bits in which its
    /// chunks differ at most from the first file's.
    pub distance: u32,
}

/// How far codes lie apart, over a sample of chunks.
#[derive(Clone, Debug, PartialEq)]
pub struct DistancesReport {
    pub index_generation: i64,
    pub bits: usize,
    /// Chunks that were asked with.
    pub sampled: usize,
    /// How many of them are at each distance, from 0 to `bits`, from another chunk of the sample.
    pub random: Vec<u32>,
    /// How many are at each distance from the nearest chunk of another file.
    pub nearest: Vec<u32>,
    /// Of each bit, the share of the index's chunks that have it on.
    pub balance: Arc<Vec<f32>>,
}

impl DistancesReport {
    /// The median: half of the counted chunks have at most this distance. `None` if none were counted.
    pub fn median(counts: &[u32]) -> Option<usize> {
        let all: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        let mut so_far = 0;
        counts.iter().position(|&count| {
            so_far += u64::from(count);
            all > 0 && 2 * so_far >= all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_where_half_are_reached() {
        assert_eq!(DistancesReport::median(&[1, 0, 2, 3]), Some(2));
        assert_eq!(DistancesReport::median(&[0, 5]), Some(1));
        assert_eq!(DistancesReport::median(&[0, 0]), None);
    }
}
