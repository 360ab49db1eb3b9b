//! Requests and reports about the library as a whole: plain data.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::dataset::FileId;
use crate::map::{Dots, crowds};

/// A chunk in its file, or several overlapping chunks.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkPlace {
    pub file: FileId,
    pub path: Utf8PathBuf,
    pub start_secs: f64,
    pub end_secs: f64,
}

/// A file of dots or group members. They refer to it by its position in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFile {
    pub id: FileId,
    pub path: Utf8PathBuf,
}

/// A map of the index. It shows every chunk that is not silent, or evenly spaced ones if there are more than a map
/// holds.
#[derive(Clone, Debug, PartialEq)]
pub struct MapReport {
    pub index_generation: i64,
    /// Ordered by path.
    pub files: Vec<NamedFile>,
    /// The chunk of each dot.
    pub chunks: Vec<MapChunk>,
    /// The position of each dot.
    pub dots: Dots,
    /// The map from afar: one dot for each file.
    pub sounds: SoundsOnMap,
    /// The number of chunks that could be shown.
    pub of: usize,
    /// The share of the 10 nearest codes that are among the 50 nearest dots.
    pub neighbours_kept: f32,
    pub seconds: f64,
}

/// A map from afar: one dot for each file, and names of crowds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundsOnMap {
    /// For each file that has dots, the dot of the map that stands for it. In the order of the files.
    pub of: Vec<u32>,
    /// Only these dots.
    pub dots: Dots,
    /// Ordered by size, the largest first.
    pub crowds: Vec<NamedCrowd>,
}

/// A crowd of sounds, named after the folder that most of them are in.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedCrowd {
    pub name: String,
    pub place: [f32; 2],
    /// The number of sounds from that folder in the crowd.
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
        // If there is only one folder, its name distinguishes nothing.
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

/// The chunk of a dot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapChunk {
    /// The position in the report's `files`.
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

/// How near a query comes to each place of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    pub file: FileId,
    pub duration_secs: f64,
    pub bits: usize,
    /// For equal stretches of the file, in order: the smallest distance of the query from a place in the stretch. Half
    /// of the bits where an unwanted sound is nearer, or where nothing may be found.
    pub nearest: Vec<f32>,
}

/// The code to look at.
#[derive(Clone, Debug, PartialEq)]
pub enum CodeOf {
    /// The index's code of a chunk.
    Chunk { file: FileId, start_secs: f64 },
    /// The code that the encoder gives the chunk that begins there. The project need not know the sound.
    Sound { path: Utf8PathBuf, from_secs: f64 },
    /// A given code.
    Code(Vec<u64>),
}

/// A code, and the chunks that have it or a similar one.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeReport {
    pub of: CodeOf,
    pub bits: usize,
    pub code: Vec<u64>,
    /// The number of chunks that have exactly this code, without silent ones.
    pub held_by: usize,
    /// The nearest chunks: first those with the same code, then those whose codes differ in the fewest bits.
    pub near: Vec<(ChunkPlace, u32)>,
    /// For each bit, the share of the index's chunks in which it is 1.
    pub balance: Arc<Vec<f32>>,
}

/// A sound that the decoder made of a code.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedCode {
    pub code: Vec<u64>,
    /// The WAV file. It exists as long as the project is open.
    pub path: Utf8PathBuf,
}

/// The unit that the search for duplicates compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum DuplicatesBy {
    /// Chunks. In a group, a chain of chunks whose codes differ in few bits connects any two.
    #[default]
    Chunk,
    /// Whole files of equal length, chunk by chunk.
    File,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DuplicatesReport {
    pub index_generation: i64,
    pub bits: usize,
    /// The most bits in which neighbours in a group differ.
    pub within: u32,
    pub by: DuplicatesBy,
    /// Ordered by path.
    pub files: Vec<NamedFile>,
    /// Ordered by number of files, then by number of members, the largest first.
    pub groups: Vec<DuplicateGroup>,
    /// All silent chunks, if there are any and chunks were compared. They are not compared with others.
    pub silence: Option<DuplicateGroup>,
    pub seconds: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DuplicateGroup {
    /// Ordered by file, then by time.
    pub members: Vec<Duplicate>,
    /// The number of different files among the members.
    pub files: usize,
    /// The number of chunks of all members.
    pub chunks: u64,
    /// The largest distance of a member.
    pub furthest: u32,
}

/// A member of a group: a chunk, consecutive chunks of one file, or a whole file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duplicate {
    /// The position in the report's `files`.
    pub file: u32,
    pub start_secs: f64,
    pub end_secs: f64,
    pub chunks: u32,
    /// For chunks: the fewest bits in which one of them differs from the group's first chunk. For a whole file: the
    /// most bits in which one of its chunks differs from the first file's chunk.
    pub distance: u32,
}

/// How far codes are apart, measured on a sample of chunks.
#[derive(Clone, Debug, PartialEq)]
pub struct DistancesReport {
    pub index_generation: i64,
    pub bits: usize,
    /// The number of chunks in the sample.
    pub sampled: usize,
    /// For each distance from 0 to `bits`, the number of chunks at that distance from another chunk of the sample.
    pub random: Vec<u32>,
    /// For each distance, the number of chunks at that distance from the nearest chunk of another file.
    pub nearest: Vec<u32>,
    /// For each bit, the share of the index's chunks in which it is 1.
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
