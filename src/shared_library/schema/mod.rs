//! The version of the schema, and the way to it from older versions.

use postgres::{Client, GenericClient};

use super::error::LibraryError;

/// The version that this program writes.
pub(super) const VERSION: i32 = STEPS.len() as i32;

/// The statements that lead to each version from the one before.
const STEPS: [&str; 2] = [include_str!("1.sql"), include_str!("2.sql")];

/// The number of the advisory lock of those who change the schema or the state of models. Publishing takes it as a
/// shared lock.
pub(super) const LOCK: i64 = 0x736f_756e_6461_6c69;

/// The version of the schema in the database. `None` if there is no schema.
pub(super) fn version(client: &mut impl GenericClient) -> Result<Option<i32>, postgres::Error> {
    // A look into the catalogue, because `to_regclass` may not see what another process has just made.
    let there = "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'soundalike' AND c.relname = 'version'";
    if client.query_opt(there, &[])?.is_none() {
        return Ok(None);
    }
    let row = client.query_opt("SELECT number FROM soundalike.version", &[])?;
    Ok(row.map(|row| row.get(0)))
}

/// Makes the schema, or brings an older one up to date, in one transaction. If two processes call this at once, one
/// waits for the other.
pub(super) fn migrate(client: &mut Client, library: &str) -> Result<(), LibraryError> {
    migrate_to(client, library, VERSION)
}

fn migrate_to(client: &mut Client, library: &str, wanted: i32) -> Result<(), LibraryError> {
    let failed = |cause: postgres::Error| LibraryError::of(library, &cause);
    let mut transaction = client.transaction().map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).map_err(failed)?;
    let found = version(&mut transaction).map_err(failed)?;
    if let Some(found) = found.filter(|found| *found > VERSION) {
        return Err(LibraryError::Newer { library: library.to_owned(), found });
    }
    let before = found.unwrap_or(0);
    if before >= wanted {
        return transaction.rollback().map_err(failed);
    }
    if found.is_none() {
        let first = "CREATE SCHEMA IF NOT EXISTS soundalike;
            CREATE TABLE soundalike.version (is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), number integer NOT NULL);
            INSERT INTO soundalike.version (number) VALUES (0);";
        transaction.batch_execute(first).map_err(failed)?;
    }
    for step in &STEPS[before as usize..wanted as usize] {
        transaction.batch_execute(step).map_err(failed)?;
    }
    transaction.execute("UPDATE soundalike.version SET number = $1", &[&wanted]).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Refuses a database without a schema, or with a schema of another version.
pub(super) fn check(client: &mut Client, library: &str) -> Result<(), LibraryError> {
    let library = library.to_owned();
    match version(client).map_err(|cause| LibraryError::of(&library, &cause))? {
        None => Err(LibraryError::Empty { library }),
        Some(found) if found < VERSION => Err(LibraryError::Older { library, found }),
        Some(found) if found > VERSION => Err(LibraryError::Newer { library, found }),
        Some(_) => Ok(()),
    }
}
