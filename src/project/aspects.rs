//! The aspects of sounds, in the catalogue. A row belongs to a hash of bytes, so copies share it, and a file that is moved or comes
//! back keeps it.

use rusqlite::{Connection, Row, params};

use super::error::ProjectError;
use super::folder::Project;
use crate::aspects::{Aspects, DEFINITIONS, Pitch};

/// The columns that [`of_row`] reads.
pub(super) const COLUMNS: &str = "definitions, loudness, attack, brightness, pitch, pitch_confidence, noisiness, tempo";

impl Project {
    /// Forgets the aspects of contents that no file has.
    pub fn forget_unused_aspects(&self) -> Result<(), ProjectError> {
        self.check_writable()?;
        let unused = "DELETE FROM aspects WHERE content_hash NOT IN (SELECT content_hash FROM files)";
        self.db().execute(unused, []).map_err(|cause| self.catalogue_error(cause))?;
        Ok(())
    }
}

/// Stores the aspects of a content.
pub(super) fn put(db: &Connection, content_hash: &[u8; 32], aspects: &Aspects) -> rusqlite::Result<()> {
    let mut put = db.prepare_cached(
        "INSERT INTO aspects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (content_hash) DO UPDATE SET definitions = ?2, loudness = ?3, attack = ?4, brightness = ?5, pitch = ?6,
            pitch_confidence = ?7, noisiness = ?8, tempo = ?9",
    )?;
    put.execute(params![
        content_hash,
        DEFINITIONS,
        aspects.loudness,
        aspects.attack,
        aspects.brightness,
        aspects.pitch.map(|pitch| pitch.hz),
        aspects.pitch.map(|pitch| pitch.confidence),
        aspects.noisiness,
        aspects.tempo,
    ])?;
    Ok(())
}

/// Reads [`COLUMNS`], the first of which is at `first`. `None` where there is no row, or one by other definitions.
pub(super) fn of_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Aspects>> {
    if row.get::<_, Option<i64>>(first)? != Some(DEFINITIONS.into()) {
        return Ok(None);
    }
    let number = |column: usize| row.get::<_, Option<f32>>(first + column);
    let pitch = number(4)?.zip(number(5)?).map(|(hz, confidence)| Pitch { hz, confidence });
    Ok(Some(Aspects {
        loudness: number(1)?,
        attack: number(2)?,
        brightness: number(3)?,
        pitch,
        noisiness: number(6)?,
        tempo: number(7)?,
    }))
}

/// Forgets rows that no program can have written, and counts them. Their sounds are measured again.
pub(super) fn forget_impossible(db: &Connection) -> rusqlite::Result<usize> {
    let mut query = db.prepare(&format!("SELECT content_hash, {COLUMNS} FROM aspects"))?;
    let rows = query.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, of_row(row, 1))))?;
    let mut impossible = Vec::new();
    for row in rows {
        let (content_hash, aspects) = row?;
        let is_possible = aspects.is_ok_and(|aspects| aspects.is_none_or(|aspects| aspects.flaw().is_none()));
        if !is_possible || content_hash.len() != 32 {
            impossible.push(content_hash);
        }
    }
    impossible.iter().try_fold(0, |forgotten, content_hash| {
        Ok(forgotten + db.execute("DELETE FROM aspects WHERE content_hash = ?1", [content_hash])?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};
    use crate::project::{FileFacts, Heard};

    fn bright() -> Aspects {
        Aspects { brightness: Some(0.25), ..Aspects::default() }
    }

    fn of_files(project: &Project) -> Vec<Option<Aspects>> {
        project.files().expect("files").into_iter().map(|file| file.aspects).collect()
    }

    fn add(project: &Project, facts: &[FileFacts]) {
        let edit = project.edit("Added").expect("writable");
        edit.add_files(facts).expect("added");
        edit.commit().expect("done");
    }

    #[test]
    fn aspects_belong_to_a_content_and_survive_removal_and_undoing() {
        let (_keep, project) = project();
        add(
            &project,
            &[facts("/a.wav", 1), facts("/copy.wav", 1), FileFacts { aspects: bright(), ..facts("/b.wav", 2) }],
        );
        let all = facts("/a.wav", 1).aspects;
        assert!(all.pitch.is_some() && all.tempo.is_some(), "every column is tested");
        assert_eq!(of_files(&project), [Some(all), Some(bright()), Some(all)]);

        let edit = project.edit("Removed").expect("writable");
        edit.remove_files(&[project.files().expect("files")[1].id]).expect("removed");
        edit.commit().expect("done");
        project.undo().expect("undone");
        assert_eq!(of_files(&project)[1], Some(bright()));

        add(&project, &[facts("/b.wav", 3)]);
        assert_eq!(of_files(&project)[1], Some(all), "a changed file has the aspects of what it is now");
        project.undo().expect("undone");
        assert_eq!(of_files(&project)[1], Some(bright()), "and again of what it was");
        project.forget_unused_aspects().expect("writable");
        let rows: i64 = project.db().query_row("SELECT count(*) FROM aspects", [], |row| row.get(0)).expect("read");
        assert_eq!((rows, of_files(&project)[1]), (2, Some(bright())));
    }

    #[test]
    fn aspects_by_other_definitions_count_as_not_measured() {
        let (_keep, project) = project();
        add(&project, &[facts("/a.wav", 1)]);
        project.db().execute("UPDATE aspects SET definitions = 0", []).expect("as an earlier program would have it");
        assert_eq!(of_files(&project), [None]);
        let file = &project.files().expect("files")[0];
        let heard = |content_hash| Heard {
            file: file.id,
            content_hash,
            sound_hash: [5; 32],
            aspects: bright(),
            metadata: Default::default(),
        };
        project.note_heard(&[heard([9; 32])]).expect("noted, of another content");
        assert_eq!(of_files(&project), [None]);
        assert_eq!(project.library().expect("read")[0].sound_hash, Some([1; 32]));
        project.note_heard(&[heard(file.content_hash)]).expect("noted");
        assert_eq!(of_files(&project), [Some(bright())]);
    }

    #[test]
    fn impossible_aspects_are_refused_and_forgotten_by_a_repair() {
        for impossible in ["brightness = 7", "pitch = -1", "attack = 1e30", "loudness = 1e300"] {
            let (_keep, project) = project();
            add(&project, &[facts("/a.wav", 1), facts("/b.wav", 2)]);
            let change = format!("UPDATE aspects SET {impossible} WHERE content_hash = x'{}'", "02".repeat(32));
            project.db().execute(&change, []).expect("changed");
            let refused = project.files().expect_err("refused").to_string();
            assert!(refused.contains("/b.wav"), "{refused}");
            assert_eq!(forget_impossible(&project.db()).expect("written"), 1, "{impossible}");
            assert_eq!(of_files(&project), [Some(facts("/a.wav", 1).aspects), None]);
        }
    }
}
