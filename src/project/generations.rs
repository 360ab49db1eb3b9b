//! Generations of models and indexes: which is current, and which rows of an index are whose chunks.

use rusqlite::{Connection, OptionalExtension, params};

use super::folder::{Project, ProjectError};
use crate::dataset::FileId;
use crate::model::Config;

/// A trained model, as the catalogue knows it; its weights are in [`Project::model_path`].
#[derive(Clone, Debug, PartialEq)]
pub struct ModelGeneration {
    /// 0 until the project has given it one.
    pub generation: i64,
    pub config: Config,
    pub steps: usize,
    pub seconds: f64,
    pub loss: f32,
    pub saturation: f32,
    /// In words, where it learned nothing.
    pub collapsed: Option<String>,
    /// The points of its training curve, as JSON.
    pub history: String,
}

/// An index, as the catalogue knows it; [`Project::index_path`] lists the files of its codes.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexGeneration {
    /// 0 until the project has given it one.
    pub generation: i64,
    pub model_generation: i64,
    pub codes: u64,
    pub unique_codes: u64,
    pub entropy_nats: f64,
    /// By first row.
    pub files: Vec<IndexedFile>,
}

/// The rows of an index that are the chunks of one file, as it was when it was encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedFile {
    pub file: FileId,
    pub content_hash: [u8; 32],
    pub first_row: u64,
    /// For each chunk, in order, whether it is silent.
    pub silent: Vec<bool>,
}

impl Project {
    /// Numbers of the current model and the current index, in this project's catalogue.
    pub(super) fn current_generations(&self, db: &Connection) -> Result<(Option<i64>, Option<i64>), ProjectError> {
        db.query_row("SELECT model_generation, index_generation FROM current", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|cause| self.catalogue_error(cause))
    }

    pub fn current_model(&self) -> Result<Option<ModelGeneration>, ProjectError> {
        let found = self
            .db()
            .query_row(
                "SELECT generation, config, steps, seconds, loss, saturation, collapsed, history
                 FROM models JOIN current ON generation = model_generation",
                [],
                |row| {
                    let config: String = row.get(1)?;
                    let model = (row.get(0)?, row.get::<_, i64>(2)?, row.get(3)?, row.get::<_, f64>(4)?);
                    Ok((config, model, row.get::<_, f64>(5)?, row.get(6)?, row.get(7)?))
                },
            )
            .optional()
            .map_err(|cause| self.catalogue_error(cause))?;
        let Some((config, (generation, steps, seconds, loss), saturation, collapsed, history)) = found else {
            return Ok(None);
        };
        let config = serde_json::from_str(&config).map_err(|cause| ProjectError::Content {
            folder: self.folder.clone(),
            what: format!("the configuration of model {generation} ({cause})"),
        })?;
        let (loss, saturation) = (loss as f32, saturation as f32);
        let steps = usize::try_from(steps).unwrap_or(0);
        Ok(Some(ModelGeneration { generation, config, steps, seconds, loss, saturation, collapsed, history }))
    }

    /// Makes a model current. `write` is given the path where its weights must be on return. Afterwards there is the old
    /// model or the new one, never neither; the old index stays until one of the new model replaces it, but is no longer
    /// searched.
    pub fn install_model<E: From<ProjectError>>(
        &self,
        model: &ModelGeneration,
        write: impl FnOnce(&camino::Utf8Path) -> Result<(), E>,
    ) -> Result<i64, E> {
        self.check_writable()?;
        let config = serde_json::to_string(&model.config).map_err(|cause| ProjectError::Content {
            folder: self.folder.clone(),
            what: format!("a configuration that cannot be written ({cause})"),
        })?;
        let failed = |cause| self.catalogue_error(cause);
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO models (config, steps, seconds, loss, saturation, collapsed, history)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    config,
                    model.steps as i64,
                    model.seconds,
                    f64::from(model.loss),
                    f64::from(model.saturation),
                    model.collapsed,
                    model.history
                ],
            )
            .map_err(failed)?;
        let generation = transaction.last_insert_rowid();
        write(&self.model_path(generation))?;
        transaction.execute("UPDATE current SET model_generation = ?1", [generation]).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        drop(db);
        self.remove_strays()?;
        Ok(generation)
    }

    pub fn current_index(&self) -> Result<Option<IndexGeneration>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let found = db
            .query_row(
                "SELECT generation, indexes.model_generation, codes, unique_codes, entropy_nats
                 FROM indexes JOIN current ON generation = index_generation",
                [],
                |row| {
                    Ok(IndexGeneration {
                        generation: row.get(0)?,
                        model_generation: row.get(1)?,
                        codes: row.get::<_, i64>(2)?.cast_unsigned(),
                        unique_codes: row.get::<_, i64>(3)?.cast_unsigned(),
                        entropy_nats: row.get(4)?,
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
                let chunks = row.get::<_, i64>(3)?.cast_unsigned() as usize;
                let bytes: Vec<u8> = row.get(4)?;
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
        Ok(Some(index))
    }

    /// Makes an index current, as [`install_model`](Self::install_model) does a model; the old one is forgotten. `write` is
    /// given the path where its list must be on return, with its segments beside it: those that the old one has too stay.
    pub fn install_index<E: From<ProjectError>>(
        &self,
        index: &IndexGeneration,
        write: impl FnOnce(&camino::Utf8Path) -> Result<(), E>,
    ) -> Result<i64, E> {
        self.check_writable()?;
        let failed = |cause| self.catalogue_error(cause);
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        transaction
            .execute(
                "INSERT INTO indexes (model_generation, codes, unique_codes, entropy_nats) VALUES (?1, ?2, ?3, ?4)",
                params![
                    index.model_generation,
                    index.codes.cast_signed(),
                    index.unique_codes.cast_signed(),
                    index.entropy_nats
                ],
            )
            .map_err(failed)?;
        let generation = transaction.last_insert_rowid();
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
        write(&self.index_path(generation))?;
        transaction
            .execute("UPDATE current SET index_generation = ?1", [generation])
            .and_then(|_| transaction.execute("DELETE FROM indexes WHERE generation <> ?1", [generation]))
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        drop(db);
        self.remove_strays()?;
        Ok(generation)
    }
}

#[cfg(test)]
mod tests;
