//! The features that a trainer learns from: the rows of all files, one file after another. A few are kept in memory,
//! many in a temporary file. So a library of a hundred hours trains in bounded memory.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::config::Config;
use super::error::ModelError;
use super::front_end::{Features, FrontEnd};
use crate::ground::Grid;

/// From this number of bytes on, features are kept in a file instead of in memory.
const MEMORY_LIMIT: usize = 256 << 20;

/// Collects the features of one file after another for a [`FeatureStore`].
#[derive(Debug)]
pub struct FeatureStoreBuilder {
    front_end: FrontEnd,
    grid: Grid,
    folder: PathBuf,
    memory_limit: usize,
    memory: Vec<u8>,
    spilled: Option<io::BufWriter<File>>,
    files: Vec<StoredFile>,
    rows: u64,
    chunks: u64,
}

#[derive(Clone, Copy, Debug)]
struct StoredFile {
    first_row: u64,
    rows: u64,
    first_chunk: u64,
}

/// The features of all files, with random access to the rows around each chunk. Chunks are numbered by file, then by
/// start.
#[derive(Debug)]
pub struct FeatureStore {
    front_end: FrontEnd,
    hop_rows: u64,
    rows: Rows,
    folder: PathBuf,
    files: Vec<StoredFile>,
    chunks: u64,
}

#[derive(Debug)]
enum Rows {
    Memory(Vec<u8>),
    /// The file is read, not mapped. Mapped pages would count as resident memory, and a library is too large for that.
    File(CacheFile),
}

/// The place of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: usize,
    /// The number of the chunk within its file.
    pub number: u64,
    /// The first row of the chunk within its file.
    pub row: u64,
}

impl FeatureStoreBuilder {
    /// A large store keeps a temporary file in `folder`. The file has no name, and disappears with the store.
    pub fn new(config: &Config, folder: &Path) -> Self {
        Self {
            front_end: FrontEnd::new(config),
            grid: config.grid(),
            folder: folder.to_path_buf(),
            memory_limit: MEMORY_LIMIT,
            memory: Vec::new(),
            spilled: None,
            files: Vec::new(),
            rows: 0,
            chunks: 0,
        }
    }

    /// Turns samples into features for [`push`](Self::push). Several threads may use it at once.
    pub fn front_end(&self) -> &FrontEnd {
        &self.front_end
    }

    /// Appends the features of the next file.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub fn push(&mut self, features: &Features) -> Result<(), ModelError> {
        let row_bytes = self.front_end.row_bytes();
        let rows = (features.rows.len() / row_bytes) as u64;
        self.files.push(StoredFile { first_row: self.rows, rows, first_chunk: self.chunks });
        self.rows += rows;
        self.chunks += self.grid.chunk_count(features.sound_frames as u64);
        self.write(&features.rows).map_err(|source| ModelError::Cache { path: self.folder.clone(), source })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.spilled.is_none() && self.memory.len() + bytes.len() > self.memory_limit {
            let mut file = io::BufWriter::with_capacity(1 << 20, tempfile::tempfile_in(&self.folder)?);
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.spilled = Some(file);
        }
        match &mut self.spilled {
            Some(file) => file.write_all(bytes),
            None => {
                self.memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// # Errors
    /// If the temporary file cannot be written.
    pub fn finish(self) -> Result<FeatureStore, ModelError> {
        let rows = match self.spilled {
            None => Rows::Memory(self.memory),
            Some(file) => match file.into_inner() {
                Ok(file) => Rows::File(CacheFile::new(file)),
                Err(e) => return Err(ModelError::Cache { path: self.folder, source: e.into_error() }),
            },
        };
        Ok(FeatureStore {
            hop_rows: u64::from(self.grid.hop_frames) / self.front_end.row_step() as u64,
            front_end: self.front_end,
            rows,
            folder: self.folder,
            files: self.files,
            chunks: self.chunks,
        })
    }
}

impl FeatureStore {
    /// The number of chunks of all files.
    pub fn chunks(&self) -> u64 {
        self.chunks
    }

    pub(super) fn front_end(&self) -> &FrontEnd {
        &self.front_end
    }

    /// The place of chunk `number`.
    pub(super) fn place(&self, number: u64) -> Place {
        // Files without chunks have the same first chunk as the next file. The last of these files has the chunk.
        let file = self.files.partition_point(|file| file.first_chunk <= number) - 1;
        let within = number - self.files[file].first_chunk;
        Place { file, number: within, row: within * self.hop_rows }
    }

    /// The number of a file's first chunk, and the number after its last chunk.
    pub(super) fn chunks_of_file(&self, file: usize) -> (u64, u64) {
        let end = self.files.get(file + 1).map_or(self.chunks, |next| next.first_chunk);
        (self.files[file].first_chunk, end)
    }

    /// Reads `count` rows of a file into `out`, beginning at row `from`. Rows outside of the file are silence.
    pub(super) fn read(&self, file: usize, from: i64, count: usize, out: &mut Vec<u8>) -> Result<(), ModelError> {
        let row_bytes = self.front_end.row_bytes();
        let stored = self.files[file];
        out.clear();
        out.resize(count * row_bytes, self.front_end.silence());
        let skipped = (-from).clamp(0, count as i64) as usize;
        let first = (from.max(0) as u64).min(stored.rows);
        let there = ((stored.rows - first) as usize).min(count - skipped);
        let out = &mut out[skipped * row_bytes..][..there * row_bytes];
        let offset = (stored.first_row + first) * row_bytes as u64;
        match &self.rows {
            Rows::Memory(bytes) => out.copy_from_slice(&bytes[offset as usize..][..out.len()]),
            Rows::File(file) => {
                file.read_at(offset, out).map_err(|source| ModelError::Cache { path: self.folder.clone(), source })?;
            }
        }
        Ok(())
    }
}

/// Positioned reads from many threads. On systems that have none, threads read one at a time.
#[derive(Debug)]
struct CacheFile(#[cfg(unix)] File, #[cfg(not(unix))] parking_lot::Mutex<File>);

impl CacheFile {
    fn new(file: File) -> Self {
        #[cfg(unix)]
        return Self(file);
        #[cfg(not(unix))]
        return Self(parking_lot::Mutex::new(file));
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, out, offset)
    }

    #[cfg(not(unix))]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = self.0.lock();
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Preset, TrainingSettings};

    fn store(memory_limit: usize) -> FeatureStore {
        let settings = TrainingSettings {
            preset: Some(Preset::Seed),
            chunk_frames: Some(4),
            hop_frames: Some(2),
            ..Default::default()
        };
        let config = Config::new(&settings, None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut builder = FeatureStoreBuilder { memory_limit, ..FeatureStoreBuilder::new(&config, folder.path()) };
        for sound in [&[0.1; 7][..], &[], &[0.9; 3], &[-0.5; 8]] {
            let features = builder.front_end().features(sound);
            builder.push(&features).unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn chunks_are_numbered_by_file_and_start() {
        let store = store(MEMORY_LIMIT);
        let places: Vec<(usize, u64)> =
            (0..store.chunks()).map(|n| (store.place(n).file, store.place(n).row)).collect();
        assert_eq!(places, [(0, 0), (0, 2), (2, 0), (3, 0), (3, 2), (3, 4)]);
        assert_eq!([0, 1, 2, 3].map(|f| store.chunks_of_file(f)), [(0, 2), (2, 2), (2, 3), (3, 6)]);
    }

    #[test]
    fn rows_are_the_same_from_memory_and_from_a_file_and_silence_beyond() {
        let (memory, disk) = (store(MEMORY_LIMIT), store(5));
        assert!(matches!(disk.rows, Rows::File(_)));
        for file in [0, 1, 2, 3] {
            for from in -6..10 {
                let (mut a, mut b) = (Vec::new(), Vec::new());
                memory.read(file, from, 4, &mut a).unwrap();
                disk.read(file, from, 4, &mut b).unwrap();
                assert_eq!(a, b);
            }
        }
        let mut rows = Vec::new();
        memory.read(2, -1, 6, &mut rows).unwrap();
        let loud = crate::audio::mulaw::level(0.9);
        assert_eq!(rows, [128, loud, loud, loud, 128, 128]);
    }
}
