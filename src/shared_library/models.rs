//! Published models.

use std::path::Path;

use super::codes_table::CodesTable;
use super::connection::Library;
use super::error::LibraryError;
use super::schema;
use crate::model::{Model, ModelKind};

/// Which part a model plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// Searches use it.
    Current,
    /// Workers encode the library with it. It becomes the current one when it is complete.
    Next,
    /// A later model has taken its place. Its codes go with the next publishing.
    Former,
}

impl ModelState {
    fn read(text: &str) -> Option<Self> {
        match text {
            "current" => Some(Self::Current),
            "next" => Some(Self::Next),
            "former" => Some(Self::Former),
            _ => None,
        }
    }
}

/// A model in the library.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PublishedModel {
    pub id: i32,
    pub hash: [u8; 32],
    pub bits: usize,
    pub state: ModelState,
}

impl PublishedModel {
    pub(super) fn codes(&self) -> CodesTable {
        CodesTable { model: self.id }
    }
}

impl Library {
    /// All models.
    pub fn models(&mut self) -> Result<Vec<PublishedModel>, LibraryError> {
        let rows = self.client.query("SELECT id, hash, bits, state FROM soundalike.models ORDER BY id", &[]);
        let rows = rows.map_err(self.failed())?;
        let model = |row: &postgres::Row| {
            let (bits, state): (i32, &str) = (row.get(2), row.get(3));
            Some(PublishedModel {
                id: row.get(0),
                hash: row.get::<_, &[u8]>(1).try_into().ok()?,
                bits: bits as usize,
                state: ModelState::read(state)?,
            })
        };
        rows.iter().map(|row| model(row).ok_or_else(|| self.content("a model"))).collect()
    }

    /// The model that searches use.
    pub fn current_model(&mut self) -> Result<PublishedModel, LibraryError> {
        let current = self.models()?.into_iter().find(|model| model.state == ModelState::Current);
        current.ok_or_else(|| LibraryError::NoModel { library: self.name.clone() })
    }

    /// Loads a model's weights.
    ///
    /// # Errors
    /// If they cannot be read, or if they are not those that were published.
    pub fn load_model(&mut self, model: &PublishedModel) -> Result<Model, LibraryError> {
        let row = self.client.query_opt("SELECT weights FROM soundalike.models WHERE id = $1", &[&model.id]);
        let Some(row) = row.map_err(self.failed())? else {
            return Err(self.content("a model that was removed meanwhile; try again"));
        };
        let folder = tempfile::Builder::new().prefix("soundalike-").tempdir()?;
        let path = folder.path().join("model.safetensors");
        std::fs::write(&path, row.get::<_, &[u8]>(0))?;
        let loaded = Model::load(&path).map_err(|cause| self.content(format!("the model ({cause})")))?;
        match loaded.hash() == model.hash && loaded.config().bits == model.bits {
            true => Ok(loaded),
            false => Err(self.content("a model with another hash than it was published with")),
        }
    }

    /// Publishes a model whose file is at `path`, unless the library has it. The first model of a library becomes the
    /// current one at once. A later one becomes the next one: every file waits for a worker to encode it, and a model
    /// that was to be the next is dropped.
    pub fn publish_model(&mut self, model: &Model, path: &Path) -> Result<PublishedModel, LibraryError> {
        let weights = std::fs::read(path)?;
        let configuration = serde_json::to_string(model.config()).map_err(|cause| self.content(cause.to_string()))?;
        let kind = match model.kind() {
            ModelKind::Base => "base",
            ModelKind::Trained => "trained",
        };
        let (hash, bits) = (model.hash(), model.config().bits);
        let failed = self.failed();
        let mut transaction = self.client.transaction().map_err(&failed)?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&schema::LOCK]).map_err(&failed)?;
        let known = "SELECT 1 FROM soundalike.models WHERE hash = $1 AND state <> 'former'";
        if transaction.query_opt(known, &[&&hash[..]]).map_err(&failed)?.is_none() {
            let superseded = "SELECT id FROM soundalike.models WHERE state = 'next' OR hash = $1";
            for row in transaction.query(superseded, &[&&hash[..]]).map_err(&failed)? {
                drop_model(&mut transaction, row.get(0)).map_err(&failed)?;
            }
            let publish = "INSERT INTO soundalike.models (hash, bits, kind, configuration, weights, state)
                VALUES ($1, $2, $3, $4::text::jsonb, $5,
                    CASE WHEN EXISTS (SELECT 1 FROM soundalike.models WHERE state = 'current') THEN 'next' ELSE 'current' END)
                RETURNING id";
            let id: i32 = transaction
                .query_one(publish, &[&&hash[..], &(bits as i32), &kind, &configuration, &weights])
                .map_err(&failed)?
                .get(0);
            transaction.batch_execute(&CodesTable { model: id }.making(bits)).map_err(&failed)?;
            copy_rights(&mut transaction, CodesTable { model: id }).map_err(&failed)?;
            let to_do = "INSERT INTO soundalike.work (model, file) SELECT $1, id FROM soundalike.files";
            transaction.execute(to_do, &[&id]).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
        let published = self.models()?.into_iter().find(|known| known.hash == hash);
        published.ok_or_else(|| self.content("no model that was just published"))
    }

    /// Makes the next model the current one if every file is encoded by it, or cannot be read. Says whether it did.
    pub fn change_over(&mut self) -> Result<bool, LibraryError> {
        let failed = self.failed();
        let mut transaction = self.client.transaction().map_err(&failed)?;
        // Nobody publishes a file between the check and the change.
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&schema::LOCK]).map_err(&failed)?;
        let complete = "SELECT id FROM soundalike.models WHERE state = 'next' AND NOT EXISTS (
                SELECT 1 FROM soundalike.work WHERE model = models.id AND state = 'open')";
        let Some(row) = transaction.query_opt(complete, &[]).map_err(&failed)? else {
            transaction.rollback().map_err(&failed)?;
            return Ok(false);
        };
        let next: i32 = row.get(0);
        transaction
            .execute("UPDATE soundalike.models SET state = 'former' WHERE state = 'current'", &[])
            .and_then(|_| transaction.execute("UPDATE soundalike.models SET state = 'current' WHERE id = $1", &[&next]))
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(true)
    }

    /// Drops the codes and the weights of former models. Only the owner of the schema may do this.
    pub fn drop_former_models(&mut self) -> Result<usize, LibraryError> {
        let failed = self.failed();
        let mut transaction = self.client.transaction().map_err(&failed)?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&schema::LOCK]).map_err(&failed)?;
        let rows =
            transaction.query("SELECT id FROM soundalike.models WHERE state = 'former'", &[]).map_err(&failed)?;
        for row in &rows {
            drop_model(&mut transaction, row.get(0)).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
        Ok(rows.len())
    }
}

/// Whoever may read or write the codes of the current model may do the same with those of a new one.
fn copy_rights(transaction: &mut postgres::Transaction<'_>, to: CodesTable) -> Result<(), postgres::Error> {
    let current = "SELECT id FROM soundalike.models WHERE state = 'current' AND id <> $1";
    let Some(row) = transaction.query_opt(current, &[&to.model])? else { return Ok(()) };
    let from = CodesTable { model: row.get(0) };
    let rights = "SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner";
    for row in transaction.query(rights, &[&from.to_string()])? {
        let (right, role): (&str, &str) = (row.get(0), row.get(1));
        transaction.batch_execute(&format!("GRANT {right} ON {to} TO {role}"))?;
    }
    Ok(())
}

/// Drops a model with its codes and its work.
fn drop_model(transaction: &mut postgres::Transaction<'_>, id: i32) -> Result<(), postgres::Error> {
    transaction.batch_execute(&format!("DROP TABLE IF EXISTS {}", CodesTable { model: id }))?;
    transaction.execute("DELETE FROM soundalike.models WHERE id = $1", &[&id]).map(|_| ())
}
