//! Work: files that wait for codes, and leases on them.
//!
//! A worker takes a file by a lease that ends at a deadline unless it is renewed. If the worker dies, the lease ends,
//! and another worker takes the file. Only the holder of a file's lease writes its codes, in one transaction that also
//! marks the file as done. So no file is done twice, and none is forgotten.

use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator as _;

use super::connection::Library;
use super::error::LibraryError;
use super::models::PublishedModel;
use super::publish::copy_codes;
use crate::dataset::{FileId, SoundFile};

/// The rules of leases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeaseTerms {
    /// A lease ends after this time if it is not renewed.
    pub lasts: Duration,
    /// A file that could not be read this many times becomes a problem.
    pub most_tries: u16,
    /// A file becomes a problem if this many workers ended without a word while they had it.
    pub most_losses: u16,
}

impl Default for LeaseTerms {
    fn default() -> Self {
        Self { lasts: Duration::from_secs(60), most_tries: 3, most_losses: 10 }
    }
}

/// The number of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease(pub i64);

/// A file that a worker shall encode.
#[derive(Clone, Debug)]
pub struct Task {
    pub lease: Lease,
    pub file: i64,
    pub root: String,
    pub path: String,
    content_hash: [u8; 32],
    rate: u32,
    channels: u16,
    frames: u64,
}

impl Task {
    /// The file as a dataset knows it, at its place on this machine.
    pub fn sound_file(&self, place: camino::Utf8PathBuf) -> SoundFile {
        SoundFile {
            id: FileId(self.file),
            path: place,
            size_bytes: 0,
            modified_ns: 0,
            content_hash: self.content_hash,
            rate: self.rate,
            channels: self.channels,
            frames: self.frames,
            peak: 0.0,
            thumbnail: Vec::new(),
            aspects: None,
            metadata: None,
        }
    }
}

/// What became of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completed {
    Written,
    /// The lease had ended, and somebody else has the file; or the file has changed or is gone. Nothing was written.
    TooLate,
}

/// What is left to do for a model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Remaining {
    /// The files that wait or are leased, in some roots.
    pub open: u64,
    /// The files that wait in other roots.
    pub elsewhere: u64,
    /// The time until the first lease ends.
    pub first_end: Option<Duration>,
}

impl Library {
    /// Takes up to `count` files of some roots that have no codes of `model`.
    pub fn claim(
        &mut self,
        model: &PublishedModel,
        roots: &[i32],
        worker: &str,
        count: usize,
        terms: &LeaseTerms,
    ) -> Result<Vec<Task>, LibraryError> {
        let failed = self.failed();
        let (most_losses, seconds) = (i32::from(terms.most_losses), terms.lasts.as_secs_f64());
        let give_up =
            "UPDATE soundalike.work SET state = 'problem', lease = NULL, lease_ends = NULL, losses = losses + 1,
                reason = 'the last ' || losses + 1 || ' workers ended while they encoded it'
            WHERE model = $1 AND state = 'open' AND lease IS NOT NULL AND lease_ends < now() AND losses + 1 >= $2";
        self.client.execute(give_up, &[&model.id, &most_losses]).map_err(&failed)?;
        let claim = "WITH taken AS (
                SELECT w.file FROM soundalike.work w JOIN soundalike.files f ON f.id = w.file
                WHERE w.model = $1 AND w.state = 'open' AND (w.lease IS NULL OR w.lease_ends < now()) AND f.root = ANY($2)
                ORDER BY w.tries + w.losses, w.file LIMIT $3 FOR UPDATE OF w SKIP LOCKED)
            UPDATE soundalike.work w SET lease = nextval('soundalike.leases'), worker = $4,
                lease_ends = now() + make_interval(secs => $5), losses = w.losses + (w.lease IS NOT NULL)::integer
            FROM taken, soundalike.files f, soundalike.roots r
            WHERE w.model = $1 AND w.file = taken.file AND f.id = w.file AND r.id = f.root
            RETURNING w.lease, f.id, r.name, f.path, f.content_hash, f.rate, f.channels, f.frames";
        let rows =
            self.client.query(claim, &[&model.id, &roots, &(count as i64), &worker, &seconds]).map_err(&failed)?;
        let task = |row: &postgres::Row| {
            Ok(Task {
                lease: Lease(row.get(0)),
                file: row.get(1),
                root: row.get(2),
                path: row.get(3),
                content_hash: row.get::<_, &[u8]>(4).try_into().map_err(|_| self.content("a hash of a file"))?,
                rate: row.get::<_, i32>(5).cast_unsigned(),
                channels: row.get::<_, i32>(6) as u16,
                frames: row.get::<_, i64>(7).cast_unsigned(),
            })
        };
        rows.iter().map(task).collect()
    }

    /// Renews leases. Returns those that are still held.
    pub fn renew(&mut self, leases: &[Lease], terms: &LeaseTerms) -> Result<Vec<Lease>, LibraryError> {
        let numbers: Vec<i64> = leases.iter().map(|lease| lease.0).collect();
        let renew = "UPDATE soundalike.work SET lease_ends = now() + make_interval(secs => $2)
            WHERE lease = ANY($1) AND state = 'open' RETURNING lease";
        let rows = self.client.query(renew, &[&numbers, &terms.lasts.as_secs_f64()]).map_err(self.failed())?;
        Ok(rows.iter().map(|row| Lease(row.get(0))).collect())
    }

    /// Gives leases back, so that others can take the files at once.
    pub fn release(&mut self, leases: &[Lease]) -> Result<(), LibraryError> {
        let numbers: Vec<i64> = leases.iter().map(|lease| lease.0).collect();
        let release = "UPDATE soundalike.work SET lease = NULL, lease_ends = NULL, worker = NULL
            WHERE lease = ANY($1) AND state = 'open'";
        self.client.execute(release, &[&numbers]).map(|_| ()).map_err(self.failed())
    }

    /// Writes the codes of a file whose lease is held. An earlier attempt may have written the codes before its
    /// connection failed. Then this call also succeeds.
    pub fn complete(
        &mut self,
        model: &PublishedModel,
        task: &Task,
        codes: &[(u32, Vec<u64>)],
    ) -> Result<Completed, LibraryError> {
        let failed = self.failed();
        let completed = self.client.transaction().and_then(|mut transaction| {
            let held = "SELECT state FROM soundalike.work WHERE model = $1 AND file = $2 AND lease = $3 FOR UPDATE";
            let state = transaction.query_opt(held, &[&model.id, &task.file, &task.lease.0])?;
            match state.as_ref().map(|row| row.get::<_, &str>(0)) {
                Some("open") => {}
                Some("done") => return Ok(Completed::Written),
                _ => return Ok(Completed::TooLate),
            }
            copy_codes(&mut transaction, model, std::iter::once((task.file, codes)))?;
            let done = "UPDATE soundalike.work SET state = 'done', lease_ends = NULL, reason = NULL, codes = $3
                WHERE model = $1 AND file = $2";
            transaction.execute(done, &[&model.id, &task.file, &(codes.len() as i32)])?;
            transaction.execute("SELECT pg_notify('soundalike', 'done')", &[])?;
            transaction.commit()?;
            Ok(Completed::Written)
        });
        completed.map_err(failed)
    }

    /// Notes that a file whose lease is held cannot be read. After the last try it is a problem.
    pub fn give_up(&mut self, task: &Task, reason: &str, terms: &LeaseTerms) -> Result<(), LibraryError> {
        let give_up = "UPDATE soundalike.work SET tries = tries + 1, reason = $2, lease = NULL, lease_ends = NULL,
                state = CASE WHEN tries + 1 >= $3 THEN 'problem' ELSE 'open' END
            WHERE lease = $1 AND state = 'open'";
        let most = i32::from(terms.most_tries);
        self.client.execute(give_up, &[&task.lease.0, &reason, &most]).map(|_| ()).map_err(self.failed())
    }

    /// Lets the problems of some roots be tried again.
    pub fn retry_problems(&mut self, roots: &[i32]) -> Result<u64, LibraryError> {
        let retry = "UPDATE soundalike.work w SET state = 'open', tries = 0, losses = 0, reason = NULL
            FROM soundalike.files f WHERE f.id = w.file AND f.root = ANY($1) AND w.state = 'problem'";
        self.client.execute(retry, &[&roots]).map_err(self.failed())
    }

    /// The files that could not be read, with the reason: root, path, reason.
    pub fn problems(
        &mut self,
        model: &PublishedModel,
        most: usize,
    ) -> Result<Vec<(String, String, String)>, LibraryError> {
        let problems = "SELECT r.name, f.path, coalesce(w.reason, '') FROM soundalike.work w
            JOIN soundalike.files f ON f.id = w.file JOIN soundalike.roots r ON r.id = f.root
            WHERE w.model = $1 AND w.state = 'problem' ORDER BY r.name, f.path LIMIT $2";
        let rows = self.client.query(problems, &[&model.id, &(most as i64)]).map_err(self.failed())?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect())
    }

    /// What is left to do for a model, in some roots and in all others.
    pub fn remaining(&mut self, model: &PublishedModel, roots: &[i32]) -> Result<Remaining, LibraryError> {
        let count = "SELECT count(*) FILTER (WHERE f.root = ANY($2)), count(*) FILTER (WHERE f.root <> ALL($2)),
                extract(epoch FROM min(w.lease_ends) FILTER (WHERE f.root = ANY($2)) - now())::double precision
            FROM soundalike.work w JOIN soundalike.files f ON f.id = w.file WHERE w.model = $1 AND w.state = 'open'";
        let row = self.client.query_one(count, &[&model.id, &roots]).map_err(self.failed())?;
        let seconds: Option<f64> = row.get(2);
        Ok(Remaining {
            open: row.get::<_, i64>(0).cast_unsigned(),
            elsewhere: row.get::<_, i64>(1).cast_unsigned(),
            first_end: seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 1e9))),
        })
    }

    /// Lets this connection hear of published and encoded files.
    pub fn listen(&mut self) -> Result<(), LibraryError> {
        self.client.batch_execute("LISTEN soundalike").map_err(self.failed())
    }

    /// Waits until a file was published or encoded, but at most for `most`. [`listen`](Self::listen) comes first.
    pub fn wait_for_news(&mut self, most: Duration) -> Result<(), LibraryError> {
        let failed = self.failed();
        let mut notifications = self.client.notifications();
        notifications.timeout_iter(most).next().map_err(&failed)?;
        // Whatever else has arrived is old news afterwards.
        while notifications.iter().next().map_err(&failed)?.is_some() {}
        drop(notifications);
        match self.client.is_closed() {
            true => Err(LibraryError::Away { library: self.name.clone(), why: "the connection has ended".into() }),
            false => Ok(()),
        }
    }
}
