//! A model on disk: one safetensors file. The weights, the optimiser's moments and the normalisation are tensors. The
//! configuration and the run's progress are JSON in the file's metadata. The file is replaced atomically, so a reader
//! finds either the old or the new one, whole.
//!
//! The metadata has one entry. Beside the JSON, it has a hash of the JSON and of all tensors, so no byte that
//! influences a code can change unnoticed. The hash also identifies the model: an index keeps the hash of the model
//! that made its codes. Format 1 had a checksum of the tensors only; it can still be read.

use candle_core::{Device, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::adam::Adam;
use super::config::Config;
use super::error::ModelError;
use super::neighbours::Neighbours;
use super::normalisation::Normalisation;
use super::report::Progress;
use super::weights::{Weights, shapes};
use crate::ground::files;

/// The version of the format that is written. Earlier versions can be read.
const FORMAT: u64 = 2;

/// The most bytes of a model's file.
const FILE_BYTES: u64 = 4 << 30;

/// The key of the JSON in the metadata. A file without this key is not a model.
const KEY: &str = "soundalike-model";

/// The key of the hash in models that the first programs of format 2 wrote.
const HASH_KEY: &str = "soundalike-hash";

/// Everything except the tensors.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    config: Config,
    progress: Progress,
    /// The chunks whose embeddings the tensor `neighbours` holds, and the position of the oldest.
    #[serde(default)]
    remembered: (Vec<u64>, usize),
    /// Format 1: the BLAKE3 hash of the tensors' names and bytes, ordered by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checksum: Option<String>,
}

/// The version is read before the rest, whose layout depends on it.
#[derive(Debug, Deserialize)]
struct Version {
    format: u64,
}

/// The only entry of the metadata in format 2. Several entries would be written in random order, but the same
/// seed must give the same bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Sealed {
    format: u64,
    /// The hash of `model` and of all tensors, in hexadecimal digits.
    hash: String,
    /// The [`Header`] as JSON.
    model: String,
}

/// The content of a checkpoint.
#[derive(Debug)]
pub struct Checkpoint {
    pub config: Config,
    pub progress: Progress,
    pub weights: Weights,
    pub normalisation: Normalisation,
    pub adam: Adam,
    pub neighbours: Neighbours,
    /// The hash of everything in the file. It identifies the model.
    pub hash: [u8; 32],
}

/// Writes a checkpoint atomically, and returns the model's hash.
///
/// # Errors
/// If the folder cannot be written. A file that was at `path` is then unchanged.
pub fn save(
    path: &Path,
    config: &Config,
    progress: &Progress,
    weights: &Weights,
    normalisation: &Normalisation,
    adam: &Adam,
    neighbours: &Neighbours,
) -> Result<[u8; 32], ModelError> {
    let mut tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (name, tensor) in weights {
        let values = tensor.flatten_all()?.to_vec1::<f32>()?;
        tensors.insert(format!("weights.{name}"), (tensor.dims().to_vec(), bytes(&values)));
    }
    let flat = [
        ("adam.first", &adam.first),
        ("adam.second", &adam.second),
        ("neighbours", &neighbours.embeddings),
        ("normalisation.deviation", &normalisation.deviation),
        ("normalisation.mean", &normalisation.mean),
    ];
    for (name, values) in flat {
        tensors.insert(name.into(), (vec![values.len()], bytes(values)));
    }
    let header = Header {
        config: config.clone(),
        progress: progress.clone(),
        remembered: (neighbours.chunks.clone(), neighbours.oldest),
        checksum: None,
    };
    let damaged = |reason: String| ModelError::Damaged { path: path.to_path_buf(), reason };
    let model = serde_json::to_string(&header).map_err(|e| damaged(e.to_string()))?;
    let mut views = Vec::with_capacity(tensors.len());
    for (name, (shape, bytes)) in &tensors {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(|e| damaged(e.to_string()))?;
        views.push((name.clone(), view));
    }
    let hash = hash(&model, tensors.iter().map(|(name, (_, bytes))| (name.as_str(), bytes.as_slice())));
    let sealed = Sealed { format: FORMAT, hash: hash.to_hex().to_string(), model };
    let json = serde_json::to_string(&sealed).map_err(|e| damaged(e.to_string()))?;
    let metadata = HashMap::from([(KEY.to_string(), json)]);
    let file = safetensors::serialize(views, Some(metadata)).map_err(|e| damaged(e.to_string()))?;
    let written = files::replace(path, &file);
    written.map_err(|source| ModelError::Io { path: path.to_path_buf(), action: "written", source })?;
    Ok(hash.into())
}

/// Reads a whole checkpoint and validates it.
///
/// # Errors
/// If the file cannot be read, is not a model, has an unknown format version, or is damaged.
pub fn load(path: &Path) -> Result<Checkpoint, ModelError> {
    let io = |source| ModelError::Io { path: path.to_path_buf(), action: "read", source };
    read(&files::read_within(path, FILE_BYTES).map_err(io)?, path)
}

/// Like [`load`], from the bytes of a file. `path` names the file in errors.
pub fn read(file: &[u8], path: &Path) -> Result<Checkpoint, ModelError> {
    let foreign = |reason: String| ModelError::Foreign { path: path.to_path_buf(), reason };
    let damaged = |reason: String| ModelError::Damaged { path: path.to_path_buf(), reason };
    let (_, metadata) = SafeTensors::read_metadata(file).map_err(|e| match known_start(file) {
        true => damaged(format!("it ends too early or its header is broken ({e})")),
        false => foreign("it is not a safetensors file".into()),
    })?;
    let json = metadata.metadata().as_ref().and_then(|m| m.get(KEY));
    let json = json.ok_or_else(|| foreign("it is a safetensors file of something else".into()))?;
    let version: Version = serde_json::from_str(json).map_err(|e| damaged(format!("its metadata is broken ({e})")))?;
    if !(1..=FORMAT).contains(&version.format) {
        return Err(ModelError::Version { path: path.to_path_buf(), found: version.format, known: FORMAT });
    }
    let broken = |e: serde_json::Error| damaged(format!("its metadata is broken ({e})"));
    // The first programs of format 2 wrote the hash into an entry of its own. It is the hash of the other entry.
    let hash_apart = metadata.metadata().as_ref().and_then(|m| m.get(HASH_KEY));
    let sealed: Option<Sealed> = match (version.format, hash_apart) {
        (1, _) => None,
        (format, Some(hash)) => Some(Sealed { format, hash: hash.clone(), model: json.clone() }),
        _ => Some(serde_json::from_str(json).map_err(broken)?),
    };
    let json = sealed.as_ref().map_or(json.as_str(), |sealed| sealed.model.as_str());
    let header: Header = serde_json::from_str(json).map_err(broken)?;
    let stored = SafeTensors::deserialize(file).map_err(|e| damaged(e.to_string()))?;
    let tensors: BTreeMap<String, TensorView<'_>> = stored.tensors().into_iter().collect();
    let parts = || tensors.iter().map(|(name, view)| (name.as_str(), view.data()));
    let hash = hash(json, parts());
    let is_whole = match &sealed {
        None => header.checksum == Some(checksum(parts())),
        Some(sealed) => sealed.hash == hash.to_hex().to_string(),
    };
    if !is_whole {
        return Err(damaged("its content does not match its checksum".into()));
    }
    // The check is needed although the hash is right: format 1 does not hash the configuration, and a stranger can
    // write any file.
    header.config.check().map_err(|cause| damaged(format!("its configuration is invalid: {cause}")))?;
    let take = |name: &str, shape: Option<&[usize]>| match tensors.get(name) {
        Some(view) if view.dtype() == Dtype::F32 && shape.is_none_or(|s| s == view.shape()) => Ok(floats(view.data())),
        Some(view) => Err(damaged(format!("{name} is {:?} of {:?}", view.dtype(), view.shape()))),
        None => Err(damaged(format!("{name} is missing"))),
    };
    let mut weights = Weights::new();
    for (name, shape) in shapes(&header.config) {
        let values = take(&format!("weights.{name}"), Some(&shape))?;
        weights.insert(name, Tensor::from_vec(values, shape, &Device::Cpu)?);
    }
    // A finished run needs no neighbours. Those that an older program stored are ignored.
    let over = header.progress.step == header.progress.steps;
    let (chunks, oldest) = if over { Default::default() } else { header.remembered };
    let embeddings = if chunks.is_empty() { Vec::new() } else { take("neighbours", None)? };
    if embeddings.len() != chunks.len() * (header.config.bits - header.config.recording_bits.min(header.config.bits))
        || oldest > chunks.len()
    {
        return Err(damaged(format!("{} neighbours do not fit {} embeddings", chunks.len(), embeddings.len())));
    }
    Ok(Checkpoint {
        neighbours: Neighbours { embeddings, chunks, oldest },
        weights,
        normalisation: Normalisation {
            mean: take("normalisation.mean", None)?,
            deviation: take("normalisation.deviation", None)?,
        },
        adam: Adam { first: take("adam.first", None)?, second: take("adam.second", None)? },
        config: header.config,
        progress: header.progress,
        hash: hash.into(),
    })
}

/// Whether a file begins like a model: the header's length, then metadata with our key.
fn known_start(file: &[u8]) -> bool {
    let start = &file[..file.len().min(64)];
    start.get(8..).is_some_and(|s| s.windows(KEY.len()).any(|w| w == KEY.as_bytes()))
}

/// The hash of the JSON and of the tensors' names and bytes, ordered by name.
fn hash<'a>(json: &str, tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(json.len() as u64).to_le_bytes());
    hasher.update(json.as_bytes());
    put(&mut hasher, tensors);
    hasher.finalize()
}

fn checksum<'a>(tensors: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hasher = blake3::Hasher::new();
    put(&mut hasher, tensors);
    hasher.finalize().to_hex().to_string()
}

fn put<'a>(hasher: &mut blake3::Hasher, tensors: impl Iterator<Item = (&'a str, &'a [u8])>) {
    for (name, bytes) in tensors {
        hasher.update(name.as_bytes());
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}
