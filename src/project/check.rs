//! Checks every file of a project, whether or not the project can be opened.

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::Connection;
use serde::Serialize;

use super::backup::BACKUPS;
use super::catalogue_file::{self, CATALOGUE};
use super::error::ProjectError;
use super::folder::{Access, Opening, Project};
use super::side_file::{self, SIDE_FILE};
use super::{made, schema};
use crate::ground::files;
use crate::index::IndexFile;
use crate::map::file::MapFile;
use crate::model::Model;

/// A file or a group of files of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The path of the file, relative to the project's folder.
    pub name: String,
    pub state: PartState,
    /// What the part is, or what is wrong with it, for people.
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    Whole,
    /// `soundalike repair` can mend it.
    Damaged,
    /// It looks like a file of this program, but the catalogue does not know it. It is not touched.
    Unknown,
}

impl Part {
    fn whole(name: impl Into<String>, words: impl Into<String>) -> Self {
        Self { name: name.into(), state: PartState::Whole, words: words.into() }
    }

    fn damaged(name: impl Into<String>, words: impl ToString) -> Self {
        Self { name: name.into(), state: PartState::Damaged, words: words.to_string() }
    }
}

/// Checks all files of the project in `folder`. Changes nothing.
///
/// # Errors
/// If there is no project, or if its folder cannot be read.
pub fn check(folder: &Utf8Path) -> Result<Vec<Part>, ProjectError> {
    let reading = Opening { access: Access::Read, among_other_files: false };
    if !folder.exists() {
        return Err(ProjectError::NoProject { folder: folder.to_owned() });
    }
    let mut parts = Vec::new();
    let mut known = vec![CATALOGUE.to_owned()];
    match catalogue_file::look(folder, false).and_then(|_| Project::open(folder, reading)) {
        Err(ProjectError::Broken { what, .. }) => parts.push(Part::damaged(CATALOGUE, what)),
        Err(other) => return Err(other),
        Ok(project) => of_catalogue(&project, &mut parts, &mut known),
    }
    known.extend(BACKUPS.map(str::to_owned));
    for name in BACKUPS {
        let path = folder.join(name);
        if path.exists() {
            parts.push(match flaw_of_backup(&path) {
                None => Part::whole(name, "a backup of the catalogue"),
                Some(what) => Part::damaged(name, what),
            });
        }
    }
    let side = folder.join(SIDE_FILE);
    if side.exists() {
        parts.push(match side_file::read(side.as_std_path()) {
            Some(_) => Part::whole(SIDE_FILE, "tags, favourites and collections"),
            None => Part::damaged(SIDE_FILE, "it cannot be read; the next change writes it again"),
        });
    }
    for name in ["sound.json", "watch.json"] {
        let text = files::read_text_within(folder.join(name).as_std_path(), super::settings::BYTES_AT_MOST);
        match text {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => parts.push(Part::damaged(name, format!("{cause}; the default settings are used"))),
            Ok(text) => parts.push(match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(_) => Part::whole(name, "settings"),
                Err(cause) => Part::damaged(name, format!("{cause}; the default settings are used")),
            }),
        }
    }
    let failed = |cause| ProjectError::File { path: folder.to_owned(), cause };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !known.contains(&name) && made::is_written_by_us(&entry.path()) {
            let words = "the catalogue does not know this file; it is left alone".to_owned();
            parts.push(Part { name, state: PartState::Unknown, words });
        }
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(parts)
}

/// Checks what the catalogue refers to: its rows, and the files of the current generations.
fn of_catalogue(project: &Project, parts: &mut Vec<Part>, known: &mut Vec<String>) {
    let rows =
        project.files().and_then(|files| Ok((files.len(), project.problems()?.len(), project.favourites()?.len())));
    parts.push(match &rows {
        Ok((files, problems, _)) => Part::whole(CATALOGUE, format!("{files} files, {problems} problems")),
        Err(cause) => Part::damaged(CATALOGUE, cause),
    });
    known.extend(project.made_files().unwrap_or_default());
    let name_of = |path: &Utf8Path| path.file_name().unwrap_or_default().to_owned();
    match project.current_model() {
        Ok(None) => {}
        Err(cause) => parts.push(Part::damaged(CATALOGUE, cause)),
        Ok(Some(row)) => {
            let path = project.model_path(row.generation);
            parts.push(match Model::load(path.as_std_path()) {
                Ok(model) if row.hash.is_some_and(|hash| hash != model.hash()) => {
                    Part::damaged(name_of(&path), "it is not the model that the catalogue names")
                }
                Ok(model) => Part::whole(name_of(&path), format!("a model of {} bits", model.config().bits)),
                Err(cause) => Part::damaged(name_of(&path), cause),
            });
        }
    }
    match project.current_index() {
        Ok(None) => {}
        Err(cause) => parts.push(Part::damaged(CATALOGUE, cause)),
        Ok(Some(row)) => {
            let path = project.index_path(row.generation);
            match IndexFile::open_mending(path.as_std_path(), None) {
                Err(cause) => parts.push(Part::damaged(name_of(&path), cause)),
                Ok(mended) if mended.found.is_empty() => {
                    let words = format!("an index of {} codes", mended.index.index().kept_count());
                    parts.push(Part::whole(name_of(&path), words));
                }
                Ok(mended) => {
                    parts.extend(mended.found.iter().map(|what| Part::damaged(name_of(&path), what)));
                }
            }
            let map = project.map_path(row.generation);
            if map.exists() {
                parts.push(match MapFile::read(map.as_std_path()) {
                    Ok(_) => Part::whole(name_of(&map), "the map"),
                    Err(cause) => Part::damaged(name_of(&map), cause),
                });
            }
        }
    }
    let checkpoint = project.checkpoint_path();
    if checkpoint.exists() {
        parts.push(match Model::load(checkpoint.as_std_path()) {
            Ok(_) => Part::whole(name_of(&checkpoint), "a training that can be resumed"),
            Err(cause) => Part::damaged(name_of(&checkpoint), cause),
        });
    }
}

/// The reason why a backup cannot be used, for people. `None` if it can.
pub(super) fn flaw_of_backup(path: &Utf8PathBuf) -> Option<String> {
    let opened = catalogue_file::connect(path, false).and_then(|db| {
        let version = version_of(&db)?;
        match version {
            Some(version) => catalogue_file::flaw(&db, version),
            None => Ok(Some("this program does not know its version".into())),
        }
    });
    opened.unwrap_or_else(|cause| Some(format!("it cannot be read: {cause}")))
}

/// The version of a catalogue. `None` if this program does not know it.
pub(super) fn version_of(db: &Connection) -> rusqlite::Result<Option<i64>> {
    let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    Ok(match (number("application_id")?, number("user_version")?) {
        (schema::APPLICATION_ID, version @ 1..=schema::VERSION) => Some(version),
        _ => None,
    })
}
