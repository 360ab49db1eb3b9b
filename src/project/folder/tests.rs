//! Tests of opening: who may write, what is refused, and that only the project's own files are touched.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::*;
use crate::project::schema;
use crate::project::testing::facts;

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8PathBuf::from_path_buf(folder.path().join("project")).expect("UTF-8");
    (folder, path)
}

fn open(path: &Utf8Path) -> Result<Project, ProjectError> {
    Project::open(path, Opening::default())
}

/// The names and contents of the files in a folder.
fn contents(folder: &Utf8Path) -> BTreeMap<String, Vec<u8>> {
    let entries = folder.read_dir_utf8().expect("a folder").map(|entry| entry.expect("an entry"));
    entries.map(|entry| (entry.file_name().to_owned(), std::fs::read(entry.path()).unwrap_or_default())).collect()
}

/// Names that the program gives to its own files.
const LOOKALIKES: [&str; 6] = [
    "model-00001-of-00002.safetensors",
    "model-7.safetensors",
    "index-x.codes",
    "index-3.codes",
    "map-3.dots",
    "segment-0a.codes",
];

fn write_lookalikes(folder: &Utf8Path) {
    std::fs::create_dir_all(folder).expect("made");
    for name in LOOKALIKES {
        std::fs::write(folder.join(name), format!("the user's own {name}")).expect("written");
    }
    std::fs::create_dir(folder.join("map-4.dots")).expect("made");
}

#[test]
fn a_second_process_reads_until_the_first_has_gone() {
    let (_keep, path) = folder();
    let first = open(&path).expect("opened");
    // A lock belongs to an open file. So a second opening in this process meets it as another process would.
    let second = open(&path).expect("opened");
    assert!(first.read_only().is_none());
    assert!(second.read_only().is_some_and(|why| why.contains("another Soundalike")));
    assert!(matches!(second.subfolder("takes"), Err(ProjectError::ReadOnly(_))));
    drop(first);
    second.subfolder("takes").expect("the reader becomes the writer when it is asked to write");
    assert!(second.read_only().is_none());
}

#[test]
fn reading_takes_no_lock_and_sees_what_the_writer_adds() {
    let (_keep, path) = folder();
    drop(open(&path).expect("made"));
    let reader = Project::open(&path, Opening { access: Access::Read, ..Opening::default() }).expect("opened");
    let writer = open(&path).expect("opened");
    assert!(writer.read_only().is_none(), "the reader is in nobody's way");
    let edit = writer.edit("Added").expect("writable");
    edit.add_files(&[facts("/a.wav", 1)]).expect("added");
    edit.commit().expect("done");
    assert_eq!(reader.files().expect("files").len(), 1);
    assert!(matches!(reader.check_writable(), Err(ProjectError::ReadOnly(_))));
    drop(writer);
    let edit = reader.edit("Removed").expect("the lock is free");
    edit.remove_files(&[reader.files().expect("files")[0].id]).expect("removed");
    edit.commit().expect("done");
    reader.undo().expect("undone").expect("a step");
    assert_eq!(reader.files().expect("files").len(), 1);
}

#[test]
fn a_project_is_found_from_within_its_folder() {
    let (keep, path) = folder();
    drop(open(&path).expect("made"));
    let inside = path.join("takes/new");
    std::fs::create_dir_all(&inside).expect("folders");
    let around = |path: &Path| Project::folder_around(path);
    assert_eq!(around(inside.as_std_path()), Some(path.clone().into_std_path_buf()));
    assert_eq!(around(path.as_std_path()), Some(path.into_std_path_buf()));
    std::fs::write(keep.path().join("project.db"), "no database").expect("written");
    assert_eq!(around(keep.path()), None);
}

#[test]
fn newer_and_foreign_catalogues_are_refused_in_words() {
    let (_keep, path) = folder();
    drop(open(&path).expect("opened"));
    let db = Connection::open(path.join("project.db")).expect("the database");
    db.pragma_update(None, "user_version", 99).expect("set");
    let refused = open(&path).expect_err("newer").to_string();
    assert!(refused.contains("newer Soundalike") && refused.contains("99"), "{refused}");
    db.pragma_update(None, "application_id", 7).expect("set");
    assert!(matches!(open(&path), Err(ProjectError::Foreign { .. })));
}

/// SQLite's own checks do not cover these numbers. They are at bytes 60 and 68 of the file.
#[test]
fn a_flipped_bit_in_the_numbers_of_a_catalogue_can_be_repaired() {
    let (_keep, path) = folder();
    let project = open(&path).expect("opened");
    let edit = project.edit("Added").expect("writable");
    edit.add_files(&[facts("/a.wav", 1)]).expect("added");
    edit.commit().expect("committed");
    drop(project);
    let whole = contents(&path);
    for (byte, bit) in (60..64).chain(68..72).flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
        for (name, content) in &whole {
            std::fs::write(path.join(name), content).expect("put back");
        }
        let mut catalogue = whole["project.db"].clone();
        catalogue[byte] ^= 1 << bit;
        std::fs::write(path.join("project.db"), catalogue).expect("damaged");
        let refused = open(&path).expect_err("damaged").to_string();
        assert!(refused.contains("soundalike repair"), "bit {bit} of byte {byte}: {refused}");
        crate::project::repair::repair(&path).expect("repaired");
        assert_eq!(open(&path).expect("opened").files().expect("read").len(), 1, "bit {bit} of byte {byte}");
    }
}

/// A catalogue as an earlier version of the program made it, with a file, and with a tag if that version had tags.
fn older(path: &Utf8Path, version: i64) {
    std::fs::create_dir_all(path).expect("made");
    let db = Connection::open(path.join("project.db")).expect("the database");
    schema::make_older(&db, version).expect("made");
    db.execute("INSERT INTO files VALUES (5, '/a.wav', 9, 8, zeroblob(32), 8000, 1, 100, 0.5, x'0102')", [])
        .expect("in");
    if version > 1 {
        db.execute("INSERT INTO tags VALUES (5, 'rain')", []).expect("in");
    }
    crate::project::checksums::set(&db, version).expect("summed");
}

#[test]
fn older_catalogues_are_brought_up_to_date_and_the_old_one_is_kept() {
    for version in 1..schema::VERSION {
        let (_keep, path) = folder();
        older(&path, version);
        let before = std::fs::read(path.join("project.db")).expect("read");

        let reader = Project::open(&path, Opening { access: Access::Read, ..Opening::default() }).expect("readable");
        assert_eq!(reader.files().expect("files").len(), 1);
        assert_eq!(std::fs::read(path.join("project.db")).expect("read"), before, "a reader writes nothing");
        drop(reader);

        let project = open(&path).expect("opened");
        assert_eq!(project.files().expect("files")[0].path, "/a.wav");
        let tags: Vec<String> = project.tags().expect("tags").into_values().flatten().collect();
        assert_eq!(tags, if version > 1 { vec!["rain".to_owned()] } else { Vec::new() });
        let kept = Connection::open(path.join(format!("catalogue-of-version-{version}.db"))).expect("kept");
        let found: i64 = kept.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a number");
        assert_eq!(found, version);
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (keep, _) = folder();
    let file = keep.path().join("a file");
    std::fs::write(&file, "no folder").expect("written");
    let below = Utf8PathBuf::from_path_buf(file.join("project")).expect("UTF-8");
    let refused = open(&below).expect_err("no folder").to_string();
    assert!(refused.contains("a file/project") && refused.contains("choose another folder"), "{refused}");
}

#[test]
fn a_strangers_folder_is_refused_and_nothing_in_it_is_touched() {
    let (_keep, path) = folder();
    write_lookalikes(&path);
    let before = contents(&path);
    let refused = open(&path).expect_err("no project").to_string();
    assert!(refused.contains("not empty") && refused.contains("--new-project"), "{refused}");
    assert_eq!(contents(&path), before);
}

#[test]
fn a_project_among_other_files_never_touches_them() {
    let (_keep, path) = folder();
    write_lookalikes(&path);
    std::fs::write(path.join("checkpoint.safetensors"), "the user's own").expect("written");
    std::fs::write(path.join("sound.json"), "the user's own").expect("written");
    let before = contents(&path);
    let project = Project::open(&path, Opening { among_other_files: true, ..Opening::default() }).expect("made");
    project.sweep().expect("swept");
    assert!(matches!(project.keep_sound_settings("{}"), Err(ProjectError::NotOurs { .. })));
    assert!(matches!(project.claim_checkpoint(), Err(ProjectError::NotOurs { .. })));
    project.note_change();
    drop(project);
    open(&path).expect("it is a project now").sweep().expect("swept");
    let after = contents(&path);
    for (name, content) in before {
        assert_eq!(after.get(&name), Some(&content), "{name}");
    }
}

#[test]
fn a_project_without_its_catalogue_is_to_be_repaired_and_keeps_everything() {
    for empty in [false, true] {
        let (_keep, path) = folder();
        drop(open(&path).expect("made"));
        std::fs::write(path.join("model-3.safetensors"), "........soundalike-model").expect("written");
        std::fs::write(path.join("index-3.codes"), "SNDALIKE").expect("written");
        match empty {
            true => std::fs::write(path.join("project.db"), "").expect("emptied"),
            false => std::fs::remove_file(path.join("project.db")).expect("removed"),
        }
        let before = contents(&path);
        for access in [Access::Read, Access::default()] {
            let refused = Project::open(&path, Opening { access, among_other_files: true }).expect_err("broken");
            let told = refused.to_string();
            assert!(matches!(refused, ProjectError::Broken { .. }), "{told}");
            assert!(told.contains("model-3.safetensors") && told.contains("soundalike repair"), "{told}");
            assert_eq!(contents(&path), before);
        }
    }
}

#[test]
fn a_damaged_catalogue_is_to_be_repaired_and_not_changed() {
    let (_keep, path) = folder();
    let project = open(&path).expect("made");
    let edit = project.edit("Added").expect("writable");
    edit.add_files(&[facts("/one.wav", 1)]).expect("added");
    edit.commit().expect("done");
    drop(project);
    let whole = std::fs::read(path.join("project.db")).expect("read");
    let name = whole.windows(7).position(|bytes| bytes == b"one.wav").expect("the path is in the file");
    for damage in [name + 2, 20, 100] {
        let mut damaged = whole.clone();
        damaged[damage] ^= 1;
        std::fs::write(path.join("project.db"), &damaged).expect("written");
        let refused = open(&path).expect_err("damaged");
        assert!(matches!(refused, ProjectError::Broken { .. }), "byte {damage}: {refused}");
        assert_eq!(std::fs::read(path.join("project.db")).expect("read"), damaged);
    }
}

#[test]
fn a_catalogue_with_triggers_is_refused() {
    let (_keep, path) = folder();
    drop(open(&path).expect("made"));
    let db = Connection::open(path.join("project.db")).expect("the database");
    db.execute_batch("CREATE TRIGGER harm AFTER INSERT ON tags BEGIN DELETE FROM files; END").expect("made");
    let refused = open(&path).expect_err("a trigger").to_string();
    assert!(refused.contains("triggers"), "{refused}");
}

#[test]
fn files_of_generations_that_an_older_catalogue_does_not_know_are_neither_deleted_nor_overwritten() {
    let (_keep, path) = folder();
    let project = open(&path).expect("made");
    let write = |to: &Utf8Path| {
        assert!(!to.exists(), "nothing is there before");
        std::fs::write(to, "soundalike-model").expect("written");
        Ok::<_, ProjectError>([7; 32])
    };
    let model = crate::project::generations::tests::model();
    let first = project.install_model(&model, write).expect("installed");
    let older = std::fs::read(path.join("project.db")).expect("read");
    let second = project.install_model(&model, write).expect("installed");
    drop(project);
    std::fs::write(path.join("project.db"), older).expect("put back");

    let project = open(&path).expect("an older catalogue is a whole one");
    project.sweep().expect("swept");
    assert!(project.model_path(first).exists() && project.model_path(second).exists());
    let third = project.install_model(&model, write).expect("installed");
    assert!(third > second);
    project.sweep().expect("swept");
    assert!(project.model_path(second).exists());
    assert!(!project.model_path(first).exists(), "this one was superseded");
}

#[test]
fn what_a_kill_left_of_a_coming_generation_is_swept_up() {
    let (_keep, path) = folder();
    let project = open(&path).expect("made");
    project.note_made("model-1.safetensors").expect("noted");
    std::fs::write(project.model_path(1), "soundalike-model").expect("written");
    project.sweep().expect("swept");
    assert!(!project.model_path(1).exists());
}

#[test]
fn drafts_of_a_killed_writer_are_swept_up_and_other_hidden_files_are_not() {
    let (_keep, path) = folder();
    let killed = format!(".soundalike-draft-{:032x}-", 77);
    let project = open(&path).expect("made");
    project.note_made(&killed).expect("noted");
    drop(project);
    std::fs::create_dir(path.join("demo")).expect("made");
    let ours = [format!("{killed}x1"), format!("demo/{killed}x2")];
    let others = [format!(".soundalike-draft-{:032x}-x3", 78), ".soundalike-draft-mine".to_owned()];
    for name in ours.iter().chain(&others) {
        std::fs::write(path.join(name), "half a file").expect("written");
    }
    open(&path).expect("opened").sweep().expect("swept");
    assert!(ours.iter().all(|name| !path.join(name).exists()));
    assert!(others.iter().all(|name| path.join(name).exists()), "the catalogue does not know them");
    assert!(!open(&path).expect("opened").made_files().expect("names").contains(&killed));
}

#[test]
fn what_a_killed_writer_changed_is_backed_up_by_the_next() {
    let (_keep, path) = folder();
    drop(open(&path).expect("made"));
    let project = open(&path).expect("opened");
    let edit = project.edit("Added").expect("writable");
    edit.add_files(&[facts("/a.wav", 1)]).expect("added");
    edit.commit().expect("done");
    // A kill closes nothing, and gives the lock back.
    project.backed_up.store(project.changes(), Ordering::Relaxed);
    drop(project);
    assert!(backup::is_due(&path));
    drop(open(&path).expect("opened"));
    assert!(!backup::is_due(&path));
    std::fs::remove_file(path.join("project.db")).expect("removed");
    crate::project::repair(&path).expect("repaired");
    assert_eq!(open(&path).expect("opened").files().expect("files").len(), 1);
}

#[test]
fn a_side_file_whose_sounds_are_lost_is_kept_for_their_return() {
    let (_keep, path) = folder();
    let project = open(&path).expect("made");
    let edit = project.edit("Added").expect("writable");
    edit.add_files(&[facts("/a.wav", 1)]).expect("added");
    edit.tag_files(&[project.files().expect("files")[0].id], "rain").expect("tagged");
    edit.commit().expect("done");
    drop(project);
    for name in ["project.db", "catalogue-backup-1.db"] {
        std::fs::remove_file(path.join(name)).expect("removed");
    }
    let done = crate::project::repair(&path).expect("repaired").join("\n");
    assert!(done.contains("(missing: 1)") && done.contains("tags --import set-aside/kept-by-hand.json.1"), "{done}");
    let kept = std::fs::read_to_string(path.join("set-aside/kept-by-hand.json.1")).expect("kept");
    assert!(kept.contains("rain") && kept.contains("/a.wav"), "{kept}");
}
