//! The steps of the undo history in the catalogue, and the notes from which a step is undone.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::{NOTES, STEPS};
use crate::project::tables::{TABLES, Table};

/// Creates the triggers that write the notes.
pub(in crate::project) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let mut script = String::from("CREATE TEMP TABLE undo_recording (step INTEGER NOT NULL);");
    for Table { name, keys, columns, .. } in TABLES.iter().filter(|table| table.undoable) {
        let values =
            |row: &str, columns: &[&str]| columns.iter().map(|column| format!(", {row}.{column}")).collect::<String>();
        let places = |letter: &str, count: usize| (0..count).map(|i| format!(", {letter}{i}")).collect::<String>();
        let (keys, all) = (&columns[..*keys], columns.len());
        let key_places = places("k", keys.len());
        for (event, change, into, from) in [
            ("INSERT", REMOVE, key_places.clone(), values("new", keys)),
            ("DELETE", INSERT, places("c", all), values("old", columns)),
            ("UPDATE", SET, places("c", all) + &key_places, values("old", columns) + &values("new", keys)),
        ] {
            script += &format!(
                "CREATE TEMP TRIGGER undo_{name}_{event} AFTER {event} ON main.{name}
                 WHEN EXISTS (SELECT 1 FROM undo_recording)
                 BEGIN INSERT INTO undo_notes (step, table_name, change{into})
                 SELECT step, '{name}', '{change}'{from} FROM undo_recording; END;"
            );
        }
    }
    db.execute_batch(&script)
}

/// The three ways to restore a row: delete it, insert it, or set its values.
const REMOVE: &str = "remove";
const INSERT: &str = "insert";
const SET: &str = "set";

/// Begins a new step, the last one.
pub(super) fn begin(db: &Connection, words: &str) -> rusqlite::Result<i64> {
    let statement = "INSERT INTO undo_steps (place, words, taken_back)
                     VALUES ((SELECT coalesce(max(place), 0) + 1 FROM undo_steps), ?1, 0) RETURNING number";
    db.query_row(statement, [words], |row| row.get(0))
}

/// The number and the words of the step that is undone, or redone, next.
pub(super) fn last_step(
    db: &Connection,
    redo: bool,
    running: &BTreeSet<i64>,
) -> rusqlite::Result<Option<(i64, String)>> {
    // The step that was undone last is redone first.
    let order = if redo { "ASC" } else { "DESC" };
    let mut query = db.prepare_cached(&format!(
        "SELECT number, words FROM undo_steps WHERE taken_back = ?1 ORDER BY place {order}"
    ))?;
    let mut rows = query.query_map([redo], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.find(|row| row.as_ref().map_or(true, |(number, _)| !running.contains(number))).transpose()
}

pub(super) fn record_as(db: &Connection, step: Option<i64>) -> rusqlite::Result<()> {
    db.execute("DELETE FROM temp.undo_recording", [])?;
    if let Some(step) = step {
        db.execute("INSERT INTO temp.undo_recording VALUES (?1)", [step])?;
    }
    Ok(())
}

/// A note: a row of a table, and how to restore it.
struct Note {
    table: &'static Table,
    change: String,
    keys: Vec<Value>,
    values: Vec<Value>,
}

/// Carries out the notes of a step, the last one first. Meanwhile, triggers note how to reverse that.
pub(super) fn reverse(db: &mut Connection, step: i64, redo: bool) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    let notes = notes(&transaction, step)?;
    transaction.execute("DELETE FROM undo_notes WHERE step = ?1", [step])?;
    record_as(&transaction, Some(step))?;
    for note in notes {
        carry_out(&transaction, note)?;
    }
    record_as(&transaction, None)?;
    transaction.execute("UPDATE undo_steps SET taken_back = ?2 WHERE number = ?1", (step, !redo))?;
    transaction.commit()
}

fn notes(db: &Connection, step: i64) -> rusqlite::Result<Vec<Note>> {
    let mut query = db.prepare("SELECT * FROM undo_notes WHERE step = ?1 ORDER BY place DESC")?;
    let (first_key, first_value) = (query.column_index("k0")?, query.column_index("c0")?);
    let rows = query.query_map([step], |row| {
        let name: String = row.get("table_name")?;
        let table = TABLES.iter().find(|table| table.undoable && table.name == name);
        let table = table.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let from = |first: usize, count: usize| {
            (first..first + count).map(|i| row.get(i)).collect::<rusqlite::Result<Vec<Value>>>()
        };
        Ok(Note {
            table,
            change: row.get("change")?,
            keys: from(first_key, table.keys)?,
            values: from(first_value, table.columns.len())?,
        })
    })?;
    rows.collect()
}

fn carry_out(db: &Connection, note: Note) -> rusqlite::Result<()> {
    let Table { name, keys, columns, .. } = note.table;
    // `IS` also compares NULL.
    let is = |between: &str, columns: &[&str], sign: &str, first: usize| {
        let pairs = columns.iter().enumerate().map(|(i, column)| format!("{column} {sign} ?{}", first + i));
        pairs.collect::<Vec<_>>().join(between)
    };
    let (statement, values) = match note.change.as_str() {
        REMOVE => {
            // An unfinished change may have added files to the root meanwhile.
            let unused = match *name {
                "roots" => " AND NOT EXISTS (SELECT 1 FROM files WHERE root_id = roots.id)",
                _ => "",
            };
            (format!("DELETE FROM {name} WHERE {}{unused}", is(" AND ", &columns[..*keys], "IS", 1)), note.keys)
        }
        INSERT => {
            let places: Vec<String> = (1..=columns.len()).map(|i| format!("?{i}")).collect();
            (format!("INSERT INTO {name} ({}) VALUES ({})", columns.join(", "), places.join(", ")), note.values)
        }
        SET => {
            let (set, key) = (is(", ", columns, "=", 1), is(" AND ", &columns[..*keys], "IS", columns.len() + 1));
            (format!("UPDATE {name} SET {set} WHERE {key}"), note.values.into_iter().chain(note.keys).collect())
        }
        _ => return Err(rusqlite::Error::QueryReturnedNoRows),
    };
    db.prepare_cached(&statement)?.execute(params_from_iter(values)).map(|_| ())
}

/// Forgets the oldest steps if there are too many, or if they touched too many rows.
pub(super) fn forget_surplus(db: &Connection, running: &BTreeSet<i64>) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached(
        "SELECT place, (SELECT count(*) FROM undo_notes WHERE step = number) FROM undo_steps ORDER BY place DESC",
    )?;
    let steps: Vec<(i64, i64)> =
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut notes = 0;
    let surplus = steps.iter().enumerate().find(|(number, (_, of_step))| {
        notes += of_step;
        *number >= STEPS || *number > 0 && notes > NOTES
    });
    match surplus {
        Some((_, (place, _))) => forget(db, *place, running),
        None => Ok(()),
    }
}

/// Forgets the steps up to a place, except unfinished ones.
pub(super) fn forget(db: &Connection, place: i64, running: &BTreeSet<i64>) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached("SELECT number FROM undo_steps WHERE place <= ?1")?;
    let steps: Vec<i64> = query.query_map([place], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut delete = db.prepare_cached("DELETE FROM undo_steps WHERE number = ?1")?;
    for step in steps.iter().filter(|step| !running.contains(step)) {
        delete.execute([step])?;
    }
    Ok(())
}
