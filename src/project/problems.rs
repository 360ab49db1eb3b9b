//! Problems: why paths could not be read.
//!
//! A problem with the content of a file stays until the file changes. A problem with reaching it (a drive that is away,
//! a folder that may not be read) stays until it can be reached. [`Project::look_at_problems`] finds the problems that
//! are gone.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use camino::Utf8Path;
use rusqlite::{Transaction, params};

use super::error::ProjectError;
use super::folder::Project;
use super::undo::Edit;
use crate::dataset::Problem;
use crate::ground::files::modified_ns;
use crate::ground::names;

/// Size and time of the last change. They show whether a file was changed.
type Stamp = (u64, i64);

/// The kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemOf {
    /// A problem with the current content of the path.
    Content,
    /// A problem with reaching the path.
    Access,
}

/// A problem, and the state of its path when it was noted.
struct Noted {
    path: String,
    /// `None` if the path could not be reached.
    stamp: Option<Stamp>,
}

impl Project {
    /// The problems that remained at the last check, by path.
    pub fn problems(&self) -> Result<Vec<Problem>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let gone = self.gone.lock();
        let db = self.db();
        let mut query = db.prepare("SELECT path, reason FROM problems ORDER BY path").map_err(failed)?;
        let rows = query.query_map([], |row| Ok(Problem { path: row.get(0)?, reason: row.get(1)? })).map_err(failed)?;
        let mut problems: Vec<Problem> = rows.collect::<Result<_, _>>().map_err(failed)?;
        problems.retain(|problem| !gone.contains(&problem.path));
        Ok(problems)
    }

    /// Notes problems of a training or an indexing. A newer reason replaces an older one for the same path. The person
    /// did not ask for this, so it cannot be undone.
    pub fn note_problems(&self, problems: &[Problem], of: ProblemOf) -> Result<(), ProjectError> {
        if problems.is_empty() {
            return Ok(());
        }
        self.check_writable()?;
        let failed = |cause| self.catalogue_error(cause);
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        note(&transaction, problems, of).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        self.note_change();
        Ok(())
    }

    /// Checks the paths of all problems and removes the problems that are gone. If the project cannot be changed, these
    /// are only hidden. No file is read. Returns whether [`problems`](Self::problems) may have changed.
    pub fn look_at_problems(&self) -> Result<bool, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let noted: Vec<Noted> = {
            let db = self.db();
            let mut query = db.prepare("SELECT path, size_bytes, modified_ns FROM problems").map_err(failed)?;
            let rows = query.query_map([], |row| {
                let size: Option<i64> = row.get(1)?;
                let modified: Option<i64> = row.get(2)?;
                Ok(Noted { path: row.get(0)?, stamp: size.map(i64::cast_unsigned).zip(modified) })
            });
            rows.and_then(Iterator::collect).map_err(failed)?
        };
        let known: BTreeSet<String> = match noted.is_empty() {
            true => return Ok(false),
            false => self.files()?.into_iter().map(|file| file.path.into_string()).collect(),
        };
        let gone: BTreeSet<String> = noted
            .into_iter()
            .filter(|noted| has_gone(noted, known.contains(&noted.path)))
            .map(|noted| noted.path)
            .collect();
        if gone.is_empty() || !self.is_writer() {
            let mut earlier = self.gone.lock();
            let differs = *earlier != gone;
            *earlier = gone;
            return Ok(differs);
        }
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        for path in &gone {
            transaction.execute("DELETE FROM problems WHERE path = ?1", [path]).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        self.note_change();
        Ok(true)
    }
}

impl Edit<'_> {
    /// Notes problems. A newer reason replaces an older one for the same path.
    pub fn note_problems(&self, problems: &[Problem], of: ProblemOf) -> Result<(), ProjectError> {
        self.transaction(|transaction| note(transaction, problems, of))
    }

    pub fn clear_problems(&self) -> Result<(), ProjectError> {
        self.transaction(|transaction| transaction.execute("DELETE FROM problems", []).map(|_| ()))
    }
}

fn note(transaction: &Transaction<'_>, problems: &[Problem], of: ProblemOf) -> rusqlite::Result<()> {
    for problem in problems {
        let stamp = match of {
            ProblemOf::Content => reached(&names::path_of(Utf8Path::new(&problem.path))),
            ProblemOf::Access => None,
        };
        let (size, modified) = stamp.unzip();
        transaction.execute(
            "INSERT INTO problems (path, reason, size_bytes, modified_ns) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (path) DO UPDATE SET reason = ?2, size_bytes = ?3, modified_ns = ?4",
            params![problem.path, problem.reason, size.map(u64::cast_signed), modified],
        )?;
    }
    Ok(())
}

/// Whether a problem is gone. `is_known` says whether the path is a file of the dataset, whose drive may be away.
fn has_gone(noted: &Noted, is_known: bool) -> bool {
    let path = names::path_of(Utf8Path::new(&noted.path));
    match (noted.stamp, reached(&path)) {
        (None, now) => now.is_some(),
        (Some(before), Some(now)) => before != now,
        // A file that was deleted is not a problem any more.
        (Some(_), None) => !is_known && matches!(path.try_exists(), Ok(false)),
    }
}

/// Size and time of change of a file or folder. `None` if it cannot be opened.
fn reached(path: &Path) -> Option<Stamp> {
    let facts = std::fs::metadata(path).ok()?;
    let is_open = match facts.is_dir() {
        true => std::fs::read_dir(path).is_ok(),
        // Opening a pipe would wait for its writer.
        false => !facts.is_file() || File::open(path).is_ok(),
    };
    is_open.then(|| (facts.len(), modified_ns(&facts)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};

    fn problem(path: &Path, reason: &str) -> Problem {
        Problem { path: path.to_str().expect("UTF-8").into(), reason: reason.into() }
    }

    #[test]
    fn a_problem_that_has_gone_is_gone_at_the_next_look() {
        let (keep, project) = project();
        let drive = keep.path().join("drive");
        let [away, broken, meanwhile, deleted] =
            ["away.wav", "broken.wav", "meanwhile.wav", "deleted.wav"].map(|name| drive.join(name));
        let paths = || -> Vec<String> { project.problems().expect("problems").into_iter().map(|it| it.path).collect() };
        std::fs::create_dir(&drive).expect("made");
        for file in [&broken, &meanwhile, &deleted] {
            std::fs::write(file, "no sound").expect("written");
        }
        let of_content = [problem(&broken, "no sound"), problem(&away, "no such file"), problem(&deleted, "no sound")];
        project.note_problems(&of_content, ProblemOf::Content).expect("noted");
        project.note_problems(&[problem(&meanwhile, "it changed")], ProblemOf::Access).expect("noted");
        project.look_at_problems().expect("looked");
        let expected = [&away, &broken, &deleted].map(|path| path.to_str().expect("UTF-8").to_owned());
        assert_eq!(paths(), expected, "what is as it was stays a problem");

        std::fs::write(&away, "it is back").expect("written");
        std::fs::remove_file(&deleted).expect("deleted");
        project.look_at_problems().expect("looked");
        assert_eq!(paths(), [expected[1].clone()]);
        std::fs::write(&broken, "it is whole now").expect("written");
        project.look_at_problems().expect("looked");
        assert_eq!(paths(), [""; 0]);
    }

    #[test]
    fn a_file_of_the_dataset_keeps_its_problem_while_its_drive_is_away() {
        let (keep, project) = project();
        let (drive, aside) = (keep.path().join("drive"), keep.path().join("aside"));
        let file = drive.join("cut.wav");
        std::fs::create_dir(&drive).expect("made");
        std::fs::write(&file, "cut off").expect("written");
        let edit = project.edit("Added a file").expect("writable");
        edit.add_files(&[facts(file.to_str().expect("UTF-8"), 1)]).expect("added");
        edit.note_problems(&[problem(&file, "cut off")], ProblemOf::Content).expect("noted");
        edit.commit().expect("done");
        for (from, to) in [(&drive, &aside), (&aside, &drive)] {
            std::fs::rename(from, to).expect("away, or back");
            project.look_at_problems().expect("looked");
            assert_eq!(project.problems().expect("problems").len(), 1);
        }
    }
}
