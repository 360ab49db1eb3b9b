//! Publishing: the files and codes of a project go into the library, batch by batch.

use postgres::Transaction;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{ToSql, Type};

use super::code::Bits;
use super::codes_table::CodesTable;
use super::connection::Library;
use super::error::LibraryError;
use super::models::PublishedModel;
use super::schema;
use crate::dataset::{SoundFile, letters};

/// How often a batch is tried if another process was faster with one of its files.
const ATTEMPTS: usize = 5;

/// A file as this publisher published it before.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownFile {
    pub id: i64,
    pub root: String,
    pub path: String,
    pub content_hash: [u8; 32],
    /// Whether the library has its codes.
    pub is_encoded: bool,
}

/// The chunks of a file that are not silent, with their codes.
pub type FileCodes = Vec<(u32, Vec<u64>)>;

/// A file to publish.
pub struct NewFile<'a> {
    /// The number of its root, by [`Library::root`], and the root's name.
    pub root: i32,
    pub root_name: &'a str,
    /// Below the root, with `/`.
    pub path: String,
    pub file: &'a SoundFile,
    pub sound_hash: Option<[u8; 32]>,
    pub tags: &'a [String],
    /// The chunks that are not silent, with their codes. `None` if the project has no codes of the library's model.
    pub codes: Option<FileCodes>,
}

/// Some files that are published in one transaction.
pub struct Batch<'a> {
    /// By [`Library::publisher`].
    pub publisher: i32,
    /// The model of the files' codes.
    pub model: &'a PublishedModel,
    pub files: &'a [NewFile<'a>],
}

/// What a batch did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Published {
    /// The number of files that the library did not have.
    pub added: u64,
    /// The number of files that the library had with another content.
    pub changed: u64,
    pub codes: u64,
}

impl Library {
    /// The number of a project that publishes.
    pub fn publisher(&mut self, key: &str) -> Result<i32, LibraryError> {
        let (make, find) = (
            "INSERT INTO soundalike.publishers (key) VALUES ($1) ON CONFLICT DO NOTHING",
            "SELECT id FROM soundalike.publishers WHERE key = $1",
        );
        let failed = self.failed();
        self.client.execute(make, &[&key]).map_err(&failed)?;
        self.client.query_one(find, &[&key]).map(|row| row.get(0)).map_err(&failed)
    }

    /// The number of a root. It is made if there is none of this name.
    pub fn root(&mut self, name: &str) -> Result<i32, LibraryError> {
        let (make, find) = (
            "INSERT INTO soundalike.roots (name) VALUES ($1) ON CONFLICT DO NOTHING",
            "SELECT id FROM soundalike.roots WHERE name = $1",
        );
        let failed = self.failed();
        self.client.execute(make, &[&name]).map_err(&failed)?;
        self.client.query_one(find, &[&name]).map(|row| row.get(0)).map_err(&failed)
    }

    /// All roots: number and name.
    pub fn roots(&mut self) -> Result<Vec<(i32, String)>, LibraryError> {
        let rows = self.client.query("SELECT id, name FROM soundalike.roots ORDER BY name", &[]);
        Ok(rows.map_err(self.failed())?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// What a publisher has published. Whether a file is encoded is said for `model`.
    pub fn published(&mut self, publisher: i32, model: &PublishedModel) -> Result<Vec<KnownFile>, LibraryError> {
        let known = "SELECT f.id, r.name, f.path, f.content_hash, coalesce(w.state = 'done', false)
            FROM soundalike.holdings h JOIN soundalike.files f ON f.id = h.file JOIN soundalike.roots r ON r.id = f.root
            LEFT JOIN soundalike.work w ON w.file = f.id AND w.model = $2 WHERE h.publisher = $1";
        let rows = self.client.query(known, &[&publisher, &model.id]).map_err(self.failed())?;
        let file = |row: &postgres::Row| {
            let content_hash = row.get::<_, &[u8]>(3).try_into().map_err(|_| self.content("a hash of a file"))?;
            Ok(KnownFile { id: row.get(0), root: row.get(1), path: row.get(2), content_hash, is_encoded: row.get(4) })
        };
        rows.iter().map(file).collect()
    }

    /// Publishes some files in one transaction: the library has all of the batch afterwards, or nothing of it.
    pub fn publish_batch(&mut self, batch: &Batch<'_>) -> Result<Published, LibraryError> {
        let failed = self.failed();
        self.client.batch_execute(ARRIVING).map_err(&failed)?;
        let mut attempt = 1;
        loop {
            let published = self.client.transaction().and_then(|mut transaction| {
                let published = publish(&mut transaction, batch)?;
                transaction.commit()?;
                Ok(published)
            });
            match published {
                Err(cause) if attempt < ATTEMPTS && is_conflict(&cause) => attempt += 1,
                published => return published.map_err(&failed),
            }
        }
    }

    /// Notes that a publisher no longer has these files. A file that no publisher has goes, with its codes and tags.
    /// Returns the number of files that went.
    pub fn withdraw(&mut self, publisher: i32, files: &[i64]) -> Result<u64, LibraryError> {
        let failed = self.failed();
        let withdrawn = self.client.transaction().and_then(|mut transaction| {
            // Nobody publishes one of these files meanwhile.
            transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&schema::LOCK])?;
            let held = "DELETE FROM soundalike.holdings WHERE publisher = $1 AND file = ANY($2)";
            transaction.execute(held, &[&publisher, &files])?;
            let unheld = "SELECT id FROM soundalike.files WHERE id = ANY($1)
                AND NOT EXISTS (SELECT 1 FROM soundalike.holdings WHERE file = files.id)";
            let gone: Vec<i64> = transaction.query(unheld, &[&files])?.iter().map(|row| row.get(0)).collect();
            // This waits for a worker that is writing codes of such a file. No other worker begins with it.
            transaction.execute("DELETE FROM soundalike.work WHERE file = ANY($1)", &[&gone])?;
            delete_codes(&mut transaction, &gone)?;
            transaction.execute("DELETE FROM soundalike.files WHERE id = ANY($1)", &[&gone])?;
            transaction.commit()?;
            Ok(gone.len() as u64)
        });
        withdrawn.map_err(failed)
    }
}

/// Where the files of a batch arrive.
const ARRIVING: &str = "CREATE TEMPORARY TABLE IF NOT EXISTS arriving (place integer NOT NULL, root integer NOT NULL,
    path text NOT NULL, path_hash bytea NOT NULL, folded text NOT NULL, content_hash bytea NOT NULL, sound_hash bytea,
    size_bytes bigint NOT NULL, modified_ns bigint NOT NULL, rate integer NOT NULL, channels integer NOT NULL,
    frames bigint NOT NULL, peak real NOT NULL, loudness real, attack real, brightness real, pitch real,
    pitch_confidence real, noisiness real, tempo real, recorded timestamp) ON COMMIT DELETE ROWS";

const TYPES: [Type; 21] = [
    Type::INT4,
    Type::INT4,
    Type::TEXT,
    Type::BYTEA,
    Type::TEXT,
    Type::BYTEA,
    Type::BYTEA,
    Type::INT8,
    Type::INT8,
    Type::INT4,
    Type::INT4,
    Type::INT8,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::FLOAT4,
    Type::TIMESTAMP,
];

/// The columns that `arriving` shares with `files`.
const COLUMNS: &str =
    "root, path, path_hash, folded, content_hash, sound_hash, size_bytes, modified_ns, rate, channels,
    frames, peak, loudness, attack, brightness, pitch, pitch_confidence, noisiness, tempo, recorded";

fn publish(transaction: &mut Transaction<'_>, batch: &Batch<'_>) -> Result<Published, postgres::Error> {
    // No model becomes the current one meanwhile.
    transaction.execute("SELECT pg_advisory_xact_lock_shared($1)", &[&schema::LOCK])?;
    let arriving = transaction.copy_in("COPY arriving FROM STDIN BINARY")?;
    let mut rows = BinaryCopyInWriter::new(arriving, &TYPES);
    for (place, file) in (0..).zip(batch.files) {
        write_file(&mut rows, place, file)?;
    }
    rows.finish()?;
    let other =
        "SELECT f.id, f.content_hash FROM soundalike.files f JOIN arriving a USING (root, path_hash) ORDER BY f.id";
    let before: Vec<(i64, Vec<u8>)> =
        transaction.query(other, &[])?.iter().map(|row| (row.get(0), row.get(1))).collect();
    // If another project also has the file, the newer state counts. Rows are locked in one order by everybody.
    let settings: Vec<String> = COLUMNS.split(',').map(|name| format!("{0} = excluded.{0}", name.trim())).collect();
    let take = format!(
        "INSERT INTO soundalike.files ({COLUMNS}) SELECT {COLUMNS} FROM arriving ORDER BY root, path_hash
         ON CONFLICT (root, path_hash) DO UPDATE SET {} WHERE excluded.modified_ns >= files.modified_ns OR NOT EXISTS (
            SELECT 1 FROM soundalike.holdings h WHERE h.file = files.id AND h.publisher <> $1)",
        settings.join(", ")
    );
    transaction.execute(&take, &[&batch.publisher])?;
    let now = "SELECT a.place, f.id, f.content_hash = a.content_hash
        FROM arriving a JOIN soundalike.files f USING (root, path_hash) ORDER BY f.id";
    let now: Vec<(i32, i64, bool)> =
        transaction.query(now, &[])?.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let ids: Vec<i64> = now.iter().map(|(_, id, _)| *id).collect();
    let hold = "INSERT INTO soundalike.holdings SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING";
    transaction.execute(hold, &[&batch.publisher, &ids])?;
    let place_of = |id: &i64| now.iter().find(|(_, now, is_taken)| now == id && *is_taken).map(|(place, ..)| *place);
    let is_changed = |(id, hash): &&(i64, Vec<u8>)| {
        place_of(id).is_some_and(|place| batch.files[place as usize].file.content_hash[..] != hash[..])
    };
    let changed: Vec<i64> = before.iter().filter(is_changed).map(|(id, _)| *id).collect();
    if !changed.is_empty() {
        let again = "UPDATE soundalike.work SET state = 'open', lease = NULL, lease_ends = NULL, tries = 0, losses = 0,
            codes = 0, reason = NULL WHERE file = ANY($1)";
        transaction.execute(again, &[&changed])?;
        delete_codes(transaction, &changed)?;
    }
    let to_do =
        "INSERT INTO soundalike.work (model, file) SELECT m.id, f FROM soundalike.models m, unnest($1::bigint[]) f
        WHERE m.state <> 'former' ORDER BY f, m.id ON CONFLICT DO NOTHING";
    transaction.execute(to_do, &[&ids])?;
    let known: Vec<i64> = before.iter().map(|(id, _)| *id).collect();
    tag_new(transaction, batch, &now, &known)?;
    let codes = write_codes(transaction, batch, &now)?;
    transaction.execute("SELECT pg_notify('soundalike', 'files')", &[])?;
    Ok(Published { added: (ids.len() - known.len()) as u64, changed: changed.len() as u64, codes })
}

fn write_file(rows: &mut BinaryCopyInWriter<'_>, place: i32, new: &NewFile<'_>) -> Result<(), postgres::Error> {
    let file = new.file;
    let aspects = file.aspects.unwrap_or_default();
    let path_hash = *blake3::hash(new.path.as_bytes()).as_bytes();
    let folded = letters::folded(&format!("{}/{}", new.root_name, new.path));
    let values: [&(dyn ToSql + Sync); 21] = [
        &place,
        &new.root,
        &new.path,
        &&path_hash[..],
        &folded,
        &&file.content_hash[..],
        &new.sound_hash.as_ref().map(|hash| &hash[..]),
        &file.size_bytes.cast_signed(),
        &file.modified_ns,
        &file.rate.cast_signed(),
        &i32::from(file.channels),
        &file.frames.cast_signed(),
        &file.peak,
        &aspects.loudness,
        &aspects.attack,
        &aspects.brightness,
        &aspects.pitch.map(|pitch| pitch.hz),
        &aspects.pitch.map(|pitch| pitch.confidence),
        &aspects.noisiness,
        &aspects.tempo,
        &file.began(),
    ];
    rows.write(&values)
}

/// The tags of a project come along with a file that the library does not know yet.
fn tag_new(
    transaction: &mut Transaction<'_>,
    batch: &Batch<'_>,
    now: &[(i32, i64, bool)],
    known: &[i64],
) -> Result<(), postgres::Error> {
    let (mut files, mut tags, mut folded) = (Vec::new(), Vec::new(), Vec::new());
    for (place, id, _) in now.iter().filter(|(_, id, _)| !known.contains(id)) {
        for tag in batch.files[*place as usize].tags {
            files.push(*id);
            tags.push(tag.as_str());
            folded.push(letters::folded(tag));
        }
    }
    let put =
        "INSERT INTO soundalike.tags (file, tag, folded) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
        ON CONFLICT DO NOTHING";
    transaction.execute(put, &[&files, &tags, &folded]).map(|_| ())
}

/// Writes the codes of the files that are not encoded yet.
fn write_codes(
    transaction: &mut Transaction<'_>,
    batch: &Batch<'_>,
    now: &[(i32, i64, bool)],
) -> Result<u64, postgres::Error> {
    let coded = |(place, id, is_taken): &(i32, i64, bool)| {
        let codes = batch.files[*place as usize].codes.as_ref().filter(|_| *is_taken)?;
        Some((*id, codes))
    };
    let coded: Vec<(i64, &FileCodes)> = now.iter().filter_map(coded).collect();
    let (ids, counts): (Vec<i64>, Vec<i32>) = coded.iter().map(|(id, codes)| (*id, codes.len() as i32)).unzip();
    // A worker that is encoding such a file loses its lease. One that has encoded it was faster.
    let take =
        "UPDATE soundalike.work w SET state = 'done', lease = NULL, lease_ends = NULL, reason = NULL, codes = n.codes
        FROM unnest($2::bigint[], $3::integer[]) AS n (file, codes)
        WHERE w.model = $1 AND w.file = n.file AND w.state <> 'done' RETURNING w.file";
    let rows = transaction.query(take, &[&batch.model.id, &ids, &counts])?;
    let taken: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    let files = coded.iter().filter(|(id, _)| taken.contains(id)).map(|(id, codes)| (*id, codes.as_slice()));
    copy_codes(transaction, batch.model, files)
}

/// Writes the codes of files.
pub(super) fn copy_codes<'a>(
    transaction: &mut Transaction<'_>,
    model: &PublishedModel,
    files: impl Iterator<Item = (i64, &'a [(u32, Vec<u64>)])>,
) -> Result<u64, postgres::Error> {
    let copy = transaction.copy_in(&format!("COPY {} FROM STDIN BINARY", model.codes()))?;
    let mut rows = BinaryCopyInWriter::new(copy, &[Type::INT8, Type::INT4, Type::BIT]);
    for (file, codes) in files {
        for (chunk, code) in codes {
            rows.write(&[&file, &chunk.cast_signed(), &Bits::of(model.bits, code)])?;
        }
    }
    rows.finish()
}

/// Deletes the codes of files, of all models.
fn delete_codes(transaction: &mut Transaction<'_>, files: &[i64]) -> Result<(), postgres::Error> {
    let models: Vec<i32> =
        transaction.query("SELECT id FROM soundalike.models", &[])?.iter().map(|row| row.get(0)).collect();
    for model in models {
        transaction.execute(&format!("DELETE FROM {} WHERE file = ANY($1)", CodesTable { model }), &[&files])?;
    }
    Ok(())
}

/// Whether a transaction failed because another one was faster, so that it can be tried again.
fn is_conflict(cause: &postgres::Error) -> bool {
    // Serialisation, deadlock, a file that was removed meanwhile.
    cause.code().is_some_and(|code| ["40001", "40P01", "23503"].contains(&code.code()))
}
