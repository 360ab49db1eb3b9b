//! The upgrade of a catalogue of version 4, whose files had absolute paths.

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, params};

use super::{Roots, is_below};
use crate::ground::files;

/// Converts files from version 4, whose paths were absolute, to version 5. Roots are the added folders in `watch.json`,
/// the project's own folders of sounds, and the folders of files that were added singly.
pub(in crate::project) fn take_over(db: &Connection, project: &Utf8Path) -> rusqlite::Result<()> {
    /// The file in which earlier versions kept the added folders.
    #[derive(serde::Deserialize)]
    struct Watched {
        folders: Vec<Utf8PathBuf>,
    }
    const BYTES_AT_MOST: u64 = 16 << 20;
    let text = files::read_text_within(project.join("watch.json").as_std_path(), BYTES_AT_MOST);
    let watched =
        text.ok().and_then(|text| serde_json::from_str(&text).ok()).map_or(Vec::new(), |kept: Watched| kept.folders);
    let own = ["demo", "takes", "downloads"].map(|name| project.join(name));
    let mut query = db.prepare("SELECT id, path FROM files_4 ORDER BY path")?;
    let files: Vec<(i64, Utf8PathBuf)> = query
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?
        .collect::<rusqlite::Result<_>>()?;
    let mut roots = Roots::read(db, project)?;
    for folder in watched.iter().chain(&own) {
        let is_inner = roots.roots.iter().any(|root| root.place == *folder || is_below(folder, &root.place));
        let is_used = files.iter().any(|(_, path)| is_below(path, folder));
        if is_used && !is_inner {
            roots.make(db, folder, true)?;
        }
    }
    let mut insert = db.prepare(
        "INSERT INTO files SELECT id, ?2, ?3, size_bytes, modified_ns, content_hash, NULL, rate, channels, frames, peak,
            thumbnail FROM files_4 WHERE id = ?1",
    )?;
    for (id, path) in &files {
        let (root, below) = roots.place(db, path)?;
        insert.execute(params![id, root.0, below])?;
    }
    // The number of a removed file must never be used again.
    db.execute_batch(
        "DELETE FROM sqlite_sequence WHERE name = 'files';
         UPDATE sqlite_sequence SET name = 'files' WHERE name = 'files_4';
         DROP TABLE files_4;",
    )
}
