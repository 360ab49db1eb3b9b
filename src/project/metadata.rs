//! The metadata of files, in the catalogue. Like aspects, a row belongs to a hash of bytes.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};

use super::error::ProjectError;
use super::folder::Project;
use crate::metadata::{Metadata, READING, Recorded};

/// The columns that [`of_row`] reads.
pub(super) const COLUMNS: &str = "reading, recorded, artist, title, album, genre, comment, bpm, musical_key, markers";

impl Project {
    /// Forgets the metadata of contents that no file has.
    pub fn forget_unused_metadata(&self) -> Result<(), ProjectError> {
        self.check_writable()?;
        let unused = "DELETE FROM metadata WHERE content_hash NOT IN (SELECT content_hash FROM files)";
        self.db().execute(unused, []).map_err(|cause| self.catalogue_error(cause))?;
        Ok(())
    }
}

/// Stores the metadata of a content. Where there is none, the row says that it was read.
pub(super) fn put(db: &Connection, content_hash: &[u8; 32], metadata: &Metadata) -> rusqlite::Result<()> {
    let Metadata { recorded, artist, title, album, genre, comment, bpm, key, markers } = metadata;
    let markers = match markers.is_empty() {
        true => None,
        false => Some(serde_json::to_string(markers).map_err(|cause| Error::ToSqlConversionFailure(cause.into()))?),
    };
    let recorded = recorded.as_ref().map(ToString::to_string);
    let mut put = db.prepare_cached(
        "INSERT INTO metadata VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (content_hash) DO UPDATE SET reading = ?2, recorded = ?3, artist = ?4, title = ?5, album = ?6, genre = ?7,
            comment = ?8, bpm = ?9, musical_key = ?10, markers = ?11",
    )?;
    put.execute(params![content_hash, READING, recorded, artist, title, album, genre, comment, bpm, key, markers])?;
    Ok(())
}

/// Reads [`COLUMNS`], the first of which is at `first`. `None` if there is no row, or if the row was read in another
/// way.
pub(super) fn of_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Metadata>> {
    if row.get::<_, Option<i64>>(first)? != Some(READING.into()) {
        return Ok(None);
    }
    let text = |column: usize| row.get::<_, Option<String>>(first + column);
    let impossible =
        |column: usize, why: String| Error::FromSqlConversionFailure(first + column, Type::Text, why.into());
    let recorded = match text(1)? {
        Some(given) => Some(Recorded::read(&given).ok_or_else(|| impossible(1, format!("{given:?} is no date")))?),
        None => None,
    };
    let markers = match text(9)? {
        Some(given) => serde_json::from_str(&given).map_err(|cause| impossible(9, cause.to_string()))?,
        None => Vec::new(),
    };
    Ok(Some(Metadata {
        recorded,
        artist: text(2)?,
        title: text(3)?,
        album: text(4)?,
        genre: text(5)?,
        comment: text(6)?,
        bpm: row.get(first + 7)?,
        key: text(8)?,
        markers,
    }))
}

/// Forgets rows that no program can have written, and counts them. Their files are read again.
pub(super) fn forget_impossible(db: &Connection) -> rusqlite::Result<usize> {
    let mut query = db.prepare(&format!("SELECT content_hash, {COLUMNS} FROM metadata"))?;
    let rows = query.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, of_row(row, 1))))?;
    let mut impossible = Vec::new();
    for row in rows {
        let (content_hash, metadata) = row?;
        let is_possible = metadata.is_ok_and(|metadata| metadata.is_none_or(|metadata| metadata.flaw().is_none()));
        if !is_possible || content_hash.len() != 32 {
            impossible.push(content_hash);
        }
    }
    impossible.iter().try_fold(0, |forgotten, content_hash| {
        Ok(forgotten + db.execute("DELETE FROM metadata WHERE content_hash = ?1", [content_hash])?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};

    fn of_files(project: &Project) -> Vec<Option<Metadata>> {
        let metadata = |file: crate::dataset::SoundFile| file.metadata.map(|metadata| Metadata::clone(&metadata));
        project.files().expect("files").into_iter().map(metadata).collect()
    }

    fn add(project: &Project, facts: &[super::super::FileFacts]) {
        let edit = project.edit("Added").expect("writable");
        edit.add_files(facts).expect("added");
        edit.commit().expect("done");
    }

    #[test]
    fn metadata_belongs_to_a_content_and_survives_removal_and_undoing() {
        let (_keep, project) = project();
        let silent = super::super::FileFacts { metadata: Metadata::default(), ..facts("/b.wav", 2) };
        add(&project, &[facts("/a.wav", 1), facts("/copy.wav", 1), silent]);
        let all = facts("/a.wav", 1).metadata;
        let Metadata { recorded, artist, title, album, genre, comment, bpm, key, markers } = &all;
        let texts = [artist, title, album, genre, comment, key];
        assert!(recorded.is_some() && bpm.is_some() && markers.len() == 2 && texts.iter().all(|text| text.is_some()));
        assert_eq!(of_files(&project), [Some(all.clone()), None, Some(all.clone())]);
        assert!(project.library().expect("read").iter().all(|kept| kept.metadata_is_known));

        let edit = project.edit("Removed").expect("writable");
        edit.remove_files(&[project.files().expect("files")[0].id]).expect("removed");
        edit.commit().expect("done");
        project.forget_unused_metadata().expect("writable");
        project.undo().expect("undone");
        assert_eq!(of_files(&project)[0], Some(all));
    }

    #[test]
    fn metadata_that_was_read_in_another_way_counts_as_not_read() {
        let (_keep, project) = project();
        add(&project, &[facts("/a.wav", 1)]);
        project.db().execute("UPDATE metadata SET reading = 0", []).expect("as an earlier program would have it");
        let kept = &project.library().expect("read")[0];
        assert_eq!((kept.metadata_is_known, &kept.file.metadata), (false, &None));
    }

    #[test]
    fn impossible_metadata_is_refused_and_forgotten_by_a_repair() {
        for impossible in ["bpm = -7", "recorded = 'May'", "markers = '[{}]'", "artist = printf('%.*c', 9999, 'x')"] {
            let (_keep, project) = project();
            add(&project, &[facts("/a.wav", 1), facts("/b.wav", 2)]);
            let change = format!("UPDATE metadata SET {impossible} WHERE content_hash = x'{}'", "02".repeat(32));
            project.db().execute(&change, []).expect("changed");
            project.files().expect_err("refused");
            assert_eq!(forget_impossible(&project.db()).expect("written"), 1, "{impossible}");
            assert_eq!(of_files(&project), [Some(facts("/a.wav", 1).metadata), None]);
        }
    }
}
