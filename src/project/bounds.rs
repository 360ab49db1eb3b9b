//! Bounds for the rows of the catalogue. A stranger's catalogue must not make the program allocate without bound, loop
//! for ever or read outside of an index.

use super::generations::{IndexGeneration, IndexedFile};
use crate::dataset::SoundFile;

/// The most frames of a file: over a year at 384 kHz.
const FRAMES: u64 = 1 << 44;
/// The most bytes of a file, as file systems allow.
const BYTES: u64 = i64::MAX as u64;
const RATE_HZ: std::ops::RangeInclusive<u32> = 1..=10_000_000;
const CHANNELS: std::ops::RangeInclusive<u16> = 1..=1024;
/// The most pairs of lowest and highest sample in a thumbnail.
const THUMBNAIL: usize = 1 << 16;
/// The rows of an index are numbered by 32 bits.
const ROWS: u64 = 1 << 32;

/// The invalid value in this row of a file, in words. `None` if it is valid.
pub(super) fn flaw_of_file(file: &SoundFile) -> Option<String> {
    let what = match file {
        _ if file.size_bytes > BYTES => "size",
        _ if !RATE_HZ.contains(&file.rate) => "sample rate",
        _ if !CHANNELS.contains(&file.channels) => "number of channels",
        _ if file.frames > FRAMES => "length",
        _ if !(file.peak.is_finite() && file.peak >= 0.0) => "peak",
        _ if file.thumbnail.len() > THUMBNAIL => "thumbnail",
        _ => {
            let of_metadata = || file.metadata.as_ref().and_then(|metadata| metadata.flaw());
            file.aspects.and_then(|aspects| aspects.flaw()).or_else(of_metadata)?
        }
    };
    Some(format!("an impossible {what} of {}", file.path))
}

/// The invalid value in these rows of an index, in words. `None` if they are valid.
pub(super) fn flaw_of_index(index: &IndexGeneration) -> Option<String> {
    let mut end = 0;
    for IndexedFile { file, first_row, silent, .. } in &index.files {
        // Files are ordered by first row. A file that begins before the last one's end would share rows with it.
        match first_row.checked_add(silent.len() as u64) {
            Some(next) if *first_row >= end && next <= ROWS => end = next,
            _ => return Some(format!("impossible rows of file {} in index {}", file.0, index.generation)),
        }
    }
    (index.codes > ROWS || index.unique_codes > index.codes || !index.entropy_nats.is_finite())
        .then(|| format!("impossible counts of index {}", index.generation))
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::*;
    use crate::dataset::FileId;
    use crate::project::generations::tests::model;
    use crate::project::repair::repair;
    use crate::project::testing::{facts, project};
    use crate::project::{Opening, Project, ProjectError};

    /// Closes the project, repairs it and opens it again.
    fn repaired(project: Project) -> Project {
        let folder = project.folder().to_owned();
        drop(project);
        repair(&folder).expect("repaired");
        Project::open(&folder, Opening::default()).expect("opened")
    }

    #[test]
    fn impossible_rows_of_files_are_refused_and_forgotten_by_a_repair() {
        for impossible in [
            "rate = 0",
            "rate = 4000000000",
            "channels = 0",
            "channels = 60000",
            "frames = -1",
            "frames = 1 << 62",
            "size_bytes = -1",
            "peak = -1",
            "peak = 9e999",
            "content_hash = x'00'",
            "thumbnail = zeroblob(200000)",
        ] {
            let (_keep, project) = project();
            let edit = project.edit("Added").expect("writable");
            edit.add_files(&[facts("/a.wav", 1), facts("/b.wav", 2)]).expect("added");
            edit.commit().expect("committed");
            project
                .db()
                .execute(&format!("UPDATE files SET {impossible} WHERE path LIKE '%b.wav'"), [])
                .expect("changed");
            project.files().expect_err(impossible);
            let project = repaired(project);
            assert_eq!(project.files().expect("read").len(), 1, "{impossible}");
        }
    }

    #[test]
    fn impossible_rows_of_an_index_are_refused_and_forgotten_by_a_repair() {
        for impossible in [
            "indexed_files SET chunks = -1 WHERE file_id = 2",
            "indexed_files SET chunks = 1000000000000 WHERE file_id = 2",
            "indexed_files SET first_row = -5 WHERE file_id = 2",
            "indexed_files SET first_row = 1 << 40 WHERE file_id = 2",
            "indexed_files SET first_row = 4 WHERE file_id = 2",
            "indexed_files SET content_hash = x'00' WHERE file_id = 2",
            "indexes SET codes = -1",
            "indexes SET codes = 1 << 62",
            "indexes SET unique_codes = codes + 1",
            "indexes SET entropy_nats = 9e999",
        ] {
            let (_keep, project) = project();
            let write = |path: &Utf8Path| {
                std::fs::write(path, "soundalike-model")
                    .map_err(|cause| ProjectError::File { path: path.into(), cause })
            };
            let model = project.install_model(&model(), |path| write(path).map(|()| [1; 32])).expect("installed");
            let file = |id, first_row, chunks| IndexedFile {
                file: FileId(id),
                content_hash: [1; 32],
                first_row,
                silent: vec![false; chunks],
            };
            let index = IndexGeneration {
                generation: 0,
                model_generation: model,
                codes: 12,
                unique_codes: 7,
                entropy_nats: 1.25,
                model_hash: Some([1; 32]),
                files: vec![file(1, 0, 8), file(2, 8, 4)],
            };
            project.install_index(&index, |_, _, _| Ok::<_, ProjectError>(())).expect("installed");
            project.db().execute(&format!("UPDATE {impossible}"), []).expect("changed");
            project.current_index().expect_err(impossible);
            let left = repaired(project).current_index().expect("read");
            assert!(left.is_none_or(|left| left.files.len() == 1), "{impossible}");
        }
    }
}
