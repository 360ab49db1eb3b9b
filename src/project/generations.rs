//! Generations of models and indexes: which are current, and which rows of an index belong to which file.

use parking_lot::MutexGuard;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, OptionalExtension, params};

use super::bounds::flaw_of_index;
use super::error::ProjectError;
use super::folder::Project;
use crate::dataset::FileId;
use crate::model::{Config, Model};

/// A model in the catalogue. Its weights are in [`Project::model_path`].
#[derive(Clone, Debug, PartialEq)]
pub struct ModelGeneration {
    /// 0 until the project assigns a number.
    pub generation: i64,
    pub config: Config,
    pub steps: usize,
    pub seconds: f64,
    pub loss: f32,
    pub saturation: f32,
    /// A sentence for people if the training learned nothing.
    pub collapsed: Option<String>,
    /// The points of the training curve, as JSON.
    pub history: String,
    /// The model's own hash. `None` for a model of an earlier version of the program.
    pub hash: Option<[u8; 32]>,
}

/// An index in the catalogue. [`Project::index_path`] is the list of its files.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexGeneration {
    /// 0 until the project assigns a number.
    pub generation: i64,
    pub model_generation: i64,
    pub codes: u64,
    pub unique_codes: u64,
    pub entropy_nats: f64,
    /// The hash of the model that made the codes. `None` if an earlier version of the program made them.
    pub model_hash: Option<[u8; 32]>,
    /// Ordered by first row.
    pub files: Vec<IndexedFile>,
}

/// The rows of an index that are the chunks of one file, and the file's content when it was encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedFile {
    pub file: FileId,
    pub content_hash: [u8; 32],
    pub first_row: u64,
    /// For each chunk, in order, whether it is silent.
    pub silent: Vec<bool>,
}

impl Project {
    /// The numbers of the current model and the current index.
    pub(super) fn current_generations(&self, db: &Connection) -> Result<(Option<i64>, Option<i64>), ProjectError> {
        db.query_row("SELECT model_generation, index_generation FROM current", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|cause| self.catalogue_error(cause))
    }

    /// The numbers of the current model and the current index.
    pub fn current(&self) -> Result<(Option<i64>, Option<i64>), ProjectError> {
        self.current_generations(&self.db())
    }

    pub fn current_model(&self) -> Result<Option<ModelGeneration>, ProjectError> {
        let found = self
            .db()
            .query_row(
                "SELECT generation, config, steps, seconds, loss, saturation, collapsed, history, hash
                 FROM models JOIN current ON generation = model_generation",
                [],
                |row| {
                    let config: String = row.get(1)?;
                    let model = (row.get(0)?, row.get::<_, i64>(2)?, row.get(3)?, row.get::<_, f64>(4)?);
                    Ok((config, model, row.get::<_, f64>(5)?, row.get(6)?, row.get(7)?, row.get(8)?))
                },
            )
            .optional()
            .map_err(|cause| self.catalogue_error(cause))?;
        let Some((config, (generation, steps, seconds, loss), saturation, collapsed, history, hash)) = found else {
            return Ok(None);
        };
        let unreadable = |why: String| ProjectError::Content {
            folder: self.folder.clone(),
            what: format!("the configuration of model {generation} ({why})"),
        };
        let config: Config = serde_json::from_str(&config).map_err(|cause| unreadable(cause.to_string()))?;
        config.check().map_err(|cause| unreadable(cause.to_string()))?;
        let (loss, saturation) = (loss as f32, saturation as f32);
        let steps = usize::try_from(steps).unwrap_or(0);
        Ok(Some(ModelGeneration { generation, config, steps, seconds, loss, saturation, collapsed, history, hash }))
    }

    /// Makes a model the current one. `write` must write its weights to the given path, where no file exists before,
    /// and return the model's hash. [`ModelGeneration::hash`] is ignored. At every moment there is either the old model
    /// or the new one. The old index stays until an index of the new model replaces it, but is no longer searched.
    pub fn install_model<E: From<ProjectError>>(
        &self,
        model: &ModelGeneration,
        write: impl FnOnce(&Utf8Path) -> Result<[u8; 32], E>,
    ) -> Result<i64, E> {
        self.check_writable()?;
        let config = serde_json::to_string(&model.config).map_err(|cause| ProjectError::Content {
            folder: self.folder.clone(),
            what: format!("a configuration that cannot be written ({cause})"),
        })?;
        let failed = |cause| self.catalogue_error(cause);
        let _one_at_a_time = self.installing();
        let generation = self.next_generation("models", |generation| self.model_path(generation))?;
        let path = self.model_path(generation);
        self.note_made(path.file_name().unwrap_or_default())?;
        let hash = write(&path)?;
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO models (generation, config, steps, seconds, loss, saturation, collapsed, history, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    generation,
                    config,
                    model.steps as i64,
                    model.seconds,
                    f64::from(model.loss),
                    f64::from(model.saturation),
                    model.collapsed,
                    model.history,
                    hash
                ],
            )
            .and_then(|_| transaction.execute("UPDATE current SET model_generation = ?1", [generation]))
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        self.note_change();
        Ok(generation)
    }

    /// Makes the model in the file of generation `number` the current one, even if the catalogue does not know it.
    pub(super) fn adopt_model(&self, number: i64, model: &Model) -> Result<(), ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let config = serde_json::to_string(model.config()).map_err(|cause| ProjectError::Content {
            folder: self.folder.clone(),
            what: format!("a configuration that cannot be written ({cause})"),
        })?;
        let path = self.model_path(number);
        self.note_made(path.file_name().unwrap_or_default())?;
        let progress = model.progress();
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO models (generation, config, steps, seconds, loss, saturation, collapsed, history, hash)
                 VALUES (?1, ?2, ?3, 0, ?4, ?5, NULL, '[]', ?6)
                 ON CONFLICT (generation) DO UPDATE SET config = ?2, steps = ?3, hash = ?6",
                params![
                    number,
                    config,
                    progress.step as i64,
                    f64::from(progress.loss),
                    f64::from(progress.saturation),
                    model.hash()
                ],
            )
            .and_then(|_| transaction.execute("UPDATE current SET model_generation = ?1", [number]))
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Removes the current model from the catalogue.
    pub(super) fn forget_model(&self) -> Result<(), ProjectError> {
        let forgotten = self.db().execute("UPDATE current SET model_generation = NULL", []);
        forgotten.map(drop).map_err(|cause| self.catalogue_error(cause))
    }

    /// Removes the current index from the catalogue.
    pub(super) fn forget_index(&self) -> Result<(), ProjectError> {
        let forgotten = self.db().execute("UPDATE current SET index_generation = NULL", []);
        forgotten.map(drop).map_err(|cause| self.catalogue_error(cause))
    }

    /// The number of the next generation. It is higher than all numbers in the catalogue and than those of all files in
    /// the folder. An older catalogue that was restored does not know the newer files, and they must not be
    /// overwritten.
    fn next_generation(&self, table: &str, path: impl Fn(i64) -> Utf8PathBuf) -> Result<i64, ProjectError> {
        let highest = format!(
            "SELECT max((SELECT ifnull(max(generation), 0) FROM {table}),
            (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = '{table}'))"
        );
        let highest: i64 =
            self.db().query_row(&highest, [], |row| row.get(0)).map_err(|cause| self.catalogue_error(cause))?;
        let failed = |cause| ProjectError::File { path: self.folder.clone(), cause };
        // In the name of a generation's file, the number is between prefix and ending.
        let name = path(0).file_name().unwrap_or_default().to_owned();
        let (prefix, ending) = name.split_once('0').unwrap_or_default();
        let mut next = highest + 1;
        for entry in std::fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix(prefix)?.strip_suffix(ending));
            if let Some(number) = number.and_then(|digits| digits.parse::<i64>().ok()).filter(|&n| n < i64::MAX) {
                next = next.max(number + 1);
            }
        }
        Ok(next)
    }

    /// Held while files of a generation are put in place and made current.
    fn installing(&self) -> MutexGuard<'_, ()> {
        self.installing.lock()
    }

    pub fn current_index(&self) -> Result<Option<IndexGeneration>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let found = db
            .query_row(
                "SELECT generation, indexes.model_generation, codes, unique_codes, entropy_nats, model_hash
                 FROM indexes JOIN current ON generation = index_generation",
                [],
                |row| {
                    Ok(IndexGeneration {
                        generation: row.get(0)?,
                        model_generation: row.get(1)?,
                        codes: row.get::<_, i64>(2)?.cast_unsigned(),
                        unique_codes: row.get::<_, i64>(3)?.cast_unsigned(),
                        entropy_nats: row.get(4)?,
                        model_hash: row.get(5)?,
                        files: Vec::new(),
                    })
                },
            )
            .optional()
            .map_err(failed)?;
        let Some(mut index) = found else { return Ok(None) };
        let mut query = db
            .prepare(
                "SELECT file_id, content_hash, first_row, chunks, silent FROM indexed_files
                 WHERE index_generation = ?1 ORDER BY first_row",
            )
            .map_err(failed)?;
        let rows = query
            .query_map([index.generation], |row| {
                let bytes: Vec<u8> = row.get(4)?;
                // There must be one bit for each chunk. Otherwise this program did not write the row.
                let chunks = row.get::<_, i64>(3)?.cast_unsigned() as usize;
                if chunks.div_ceil(8) != bytes.len() {
                    return Err(rusqlite::Error::IntegralValueOutOfRange(3, chunks as i64));
                }
                Ok(IndexedFile {
                    file: FileId(row.get(0)?),
                    content_hash: row.get(1)?,
                    first_row: row.get::<_, i64>(2)?.cast_unsigned(),
                    silent: (0..chunks)
                        .map(|chunk| bytes.get(chunk / 8).is_some_and(|byte| byte >> (chunk % 8) & 1 == 1))
                        .collect(),
                })
            })
            .map_err(failed)?;
        index.files = rows.collect::<Result<_, _>>().map_err(failed)?;
        match flaw_of_index(&index) {
            None => Ok(Some(index)),
            Some(what) => Err(ProjectError::Content { folder: self.folder.clone(), what }),
        }
    }

    /// Makes an index the current one, with the guarantees of [`install_model`](Self::install_model). `write` gets
    /// three arguments: the generation of the index, the path where the list of the index must be on return (its
    /// segments beside it), and [`note_made`](Self::note_made), which it must call with the name of each segment before
    /// it puts the segment in its place.
    pub fn install_index<E: From<ProjectError>>(
        &self,
        index: &IndexGeneration,
        write: impl FnOnce(i64, &Utf8Path, &dyn Fn(&str) -> Result<(), ProjectError>) -> Result<(), E>,
    ) -> Result<i64, E> {
        self.check_writable()?;
        let failed = |cause| self.catalogue_error(cause);
        let _one_at_a_time = self.installing();
        let generation = self.next_generation("indexes", |generation| self.index_path(generation))?;
        let path = self.index_path(generation);
        self.note_made(path.file_name().unwrap_or_default())?;
        write(generation, &path, &|name| self.note_made(name))?;
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO indexes (generation, model_generation, codes, unique_codes, entropy_nats, model_hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    generation,
                    index.model_generation,
                    index.codes.cast_signed(),
                    index.unique_codes.cast_signed(),
                    index.entropy_nats,
                    index.model_hash
                ],
            )
            .map_err(failed)?;
        for file in &index.files {
            let mut silent = vec![0u8; file.silent.len().div_ceil(8)];
            for (chunk, &is_silent) in file.silent.iter().enumerate() {
                silent[chunk / 8] |= u8::from(is_silent) << (chunk % 8);
            }
            transaction
                .prepare_cached("INSERT INTO indexed_files VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .and_then(|mut insert| {
                    insert.execute(params![
                        generation,
                        file.first_row.cast_signed(),
                        file.file.0,
                        file.content_hash,
                        file.silent.len() as i64,
                        silent
                    ])
                })
                .map_err(failed)?;
        }
        transaction
            .execute("UPDATE current SET index_generation = ?1", [generation])
            .and_then(|_| transaction.execute("DELETE FROM indexes WHERE generation <> ?1", [generation]))
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        self.note_change();
        Ok(generation)
    }
}

#[cfg(test)]
pub(super) mod tests;
