//! Checksums of the catalogue's tables. They detect damage on the disk before it affects an answer.
//!
//! For each other table, the table `checksums` has the number of rows and the exclusive-or of the rows' hashes, which
//! does not depend on the order of rows. Triggers update it within each transaction. The triggers are temporary, so
//! another program that opens the database finds no trigger. Opening a catalogue reads every row once and compares the
//! sums.
//!
//! Checksums detect accidents, not forgeries: a person who can write the catalogue can also write its checksums.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::schema::has as has_table;
use super::tables::{self, TABLES, Table, is_added};

/// The number of rows of a table, and the exclusive-or of their hashes.
type Sum = (i64, i64);

/// Registers the functions that the triggers call, and creates the triggers.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    // Without these flags, SQLite does not call the functions from triggers while the schema is untrusted.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    db.create_scalar_function("soundalike_row", -1, flags, |context| Ok(hash(context.len(), |i| context.get_raw(i))))?;
    db.create_scalar_function("soundalike_xor", 2, flags, |context: &Context<'_>| {
        Ok(context.get::<i64>(0)? ^ context.get::<i64>(1)?)
    })?;
    for Table { name, columns, .. } in TABLES {
        let row = |which: &str| {
            let values: Vec<String> = columns.iter().map(|column| format!("{which}.{column}")).collect();
            format!("soundalike_row({})", values.join(", "))
        };
        let (new, old) = (row("new"), row("old"));
        let changes = [
            ("INSERT", format!("rows = rows + 1, sum = soundalike_xor(sum, {new})")),
            ("DELETE", format!("rows = rows - 1, sum = soundalike_xor(sum, {old})")),
            ("UPDATE", format!("sum = soundalike_xor(soundalike_xor(sum, {old}), {new})")),
        ];
        for (event, change) in changes {
            db.execute_batch(&format!(
                "CREATE TEMP TRIGGER checksum_{name}_{event} AFTER {event} ON main.{name}
                 BEGIN UPDATE checksums SET {change} WHERE name = '{name}'; END;"
            ))?;
        }
    }
    Ok(())
}

/// Writes the current checksums of the tables of a catalogue of this version.
pub(super) fn set(db: &Connection, version: i64) -> rusqlite::Result<()> {
    for table in &tables::of_version(version) {
        let (rows, sum) = measured(db, table)?;
        db.execute("INSERT OR REPLACE INTO checksums VALUES (?1, ?2, ?3)", params![table.name, rows, sum])?;
    }
    Ok(())
}

/// The tables of this version whose rows do not match their checksums.
pub(super) fn broken(db: &Connection, version: i64) -> rusqlite::Result<Vec<&'static str>> {
    let mut broken = Vec::new();
    for table in &tables::of_version(version) {
        let noted = db.query_row("SELECT rows, sum FROM checksums WHERE name = ?1", [table.name], |row| {
            Ok::<Sum, _>((row.get(0)?, row.get(1)?))
        });
        if !has_table(db, table.name)?
            && matches!(noted, Err(rusqlite::Error::QueryReturnedNoRows))
            && is_added(table.name)
        {
            continue;
        }
        // A table without a checksum, or one that cannot be read, also counts as broken.
        if !matches!((noted, measured(db, table)), (Ok(noted), Ok(found)) if noted == found) {
            broken.push(table.name);
        }
    }
    Ok(broken)
}

fn measured(db: &Connection, table: &Table) -> rusqlite::Result<Sum> {
    let mut query = db.prepare(&format!("SELECT {} FROM main.{}", table.columns.join(", "), table.name))?;
    let mut rows = query.query([])?;
    let (mut count, mut sum) = (0, 0);
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(table.columns.len());
        for column in 0..table.columns.len() {
            values.push(row.get_ref(column)?);
        }
        count += 1;
        sum ^= hash(values.len(), |i| values[i]);
    }
    Ok((count, sum))
}

/// The hash of a row with `len` values.
fn hash<'a>(len: usize, value: impl Fn(usize) -> ValueRef<'a>) -> i64 {
    let mut hasher = blake3::Hasher::new();
    let mut put = |kind: u8, bytes: &[u8]| {
        hasher.update(&[kind]);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for i in 0..len {
        match value(i) {
            ValueRef::Null => put(0, &[]),
            ValueRef::Integer(number) => put(1, &number.to_le_bytes()),
            ValueRef::Real(number) => put(2, &number.to_bits().to_le_bytes()),
            ValueRef::Text(text) => put(3, text),
            ValueRef::Blob(bytes) => put(4, bytes),
        }
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    i64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::schema::VERSION;
    use crate::project::testing::{facts, project};

    #[test]
    fn checksums_follow_every_change_and_undoing() {
        let (_keep, project) = project();
        let broken_now = || broken(&project.db(), VERSION).expect("read");
        assert!(broken_now().is_empty());
        let edit = project.edit("Added").expect("writable");
        edit.add_files(&[facts("/a.wav", 1), facts("/b.wav", 2)]).expect("added");
        edit.commit().expect("done");
        let id = project.files().expect("files")[0].id;
        let edit = project.edit("Tagged").expect("writable");
        edit.tag_files(&[id], "tag").expect("tagged");
        edit.commit().expect("done");
        assert!(broken_now().is_empty());
        let edit = project.edit("Removed").expect("writable");
        edit.remove_files(&[id]).expect("removed, with its tag");
        edit.commit().expect("done");
        assert!(broken_now().is_empty());
        project.undo().expect("undone");
        project.undo().expect("undone");
        assert!(broken_now().is_empty());
    }

    #[test]
    fn a_change_past_the_program_is_noticed_in_each_table() {
        let (_keep, project) = project();
        let edit = project.edit("Added").expect("writable");
        edit.add_files(&[facts("/a.wav", 1)]).expect("added");
        edit.commit().expect("done");
        let other = Connection::open(project.folder().join("project.db")).expect("opened as another program would");
        other.execute("UPDATE files SET path = 'A.wav'", []).expect("changed");
        assert_eq!(broken(&project.db(), VERSION).expect("read"), ["files"]);
        other.execute("UPDATE files SET path = 'a.wav'", []).expect("changed back");
        other.execute("INSERT INTO problems (path, reason) VALUES ('/x', 'y')", []).expect("changed");
        assert_eq!(broken(&project.db(), VERSION).expect("read"), ["problems"]);
    }
}
