//! Roots: which one a file belongs to, how they move, and the upgrade from version 4.

use rusqlite::OptionalExtension as _;

use super::*;
use crate::dataset::FileId;
use crate::project::testing::{facts, project};

impl Project {
    /// The root of a file. `None` if the file is not in the project.
    fn root_of(&self, file: FileId) -> Result<Option<RootId>, ProjectError> {
        let root =
            self.db().query_row("SELECT root_id FROM files WHERE id = ?1", [file.0], |row| row.get(0).map(RootId));
        root.optional().map_err(|cause| self.catalogue_error(cause))
    }
}

/// Each root with the paths of its files below it.
fn listed(project: &Project) -> Vec<(String, Vec<String>)> {
    let files = project.files().expect("files");
    let below = |root: &Root| {
        let of_root = files.iter().filter(|file| project.root_of(file.id).expect("read") == Some(root.id));
        of_root.map(|file| file.path.strip_prefix(&root.place).expect("below").to_string()).collect()
    };
    let roots = project.roots().expect("roots");
    roots.iter().map(|root| (root.place.to_string(), below(root))).collect()
}

fn expected(roots: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
    roots.iter().map(|(place, files)| (place.to_string(), words(files))).collect()
}

#[test]
fn files_are_kept_below_the_folder_that_was_added_and_single_ones_below_their_own() {
    let (_keep, project) = project();
    let edit = project.edit("Added").expect("writable");
    edit.add_files(&[facts("/s/a/1.wav", 1), facts("/s/2.wav", 1)]).expect("added");
    assert_eq!(listed(&project), expected(&[("/s", &["2.wav"]), ("/s/a", &["1.wav"])]));
    edit.add_root("/s/a".into()).expect("added");
    edit.add_files(&[facts("/s/a/deep/3.wav", 1)]).expect("added");
    assert_eq!(listed(&project), expected(&[("/s", &["2.wav"]), ("/s/a", &["1.wav", "deep/3.wav"])]));
    edit.commit().expect("done");

    let edit = project.edit("Added the folder above").expect("writable");
    edit.add_root("/s".into()).expect("added");
    let gathered = expected(&[("/s", &["2.wav", "a/1.wav", "a/deep/3.wav"])]);
    assert_eq!(listed(&project), gathered);
    edit.add_root("/s/a".into()).expect("part of the other");
    assert_eq!(listed(&project), gathered);
    edit.commit().expect("done");
    project.undo().expect("undone");
    assert_eq!(listed(&project), expected(&[("/s", &["2.wav"]), ("/s/a", &["1.wav", "deep/3.wav"])]));
}

#[test]
fn a_root_takes_its_files_along_and_files_change_places() {
    let (_keep, project) = project();
    let edit = project.edit("Added").expect("writable");
    edit.add_root("/old".into()).expect("added");
    edit.add_files(&[facts("/old/a.wav", 1), facts("/old/b.wav", 2), facts("/x/c.wav", 3)]).expect("added");
    edit.note_problems(
        &[crate::dataset::Problem { path: "/old/bad.wav".into(), reason: "cut".into() }],
        crate::project::ProblemOf::Content,
    )
    .expect("noted");
    edit.commit().expect("done");
    let files = project.files().expect("files");
    let root = project.roots().expect("roots")[0].id;
    let before = listed(&project);

    let edit = project.edit("Moved").expect("writable");
    edit.move_root(root, "/new/disk".into()).expect("moved");
    assert_eq!(listed(&project)[0], expected(&[("/new/disk", &["a.wav", "b.wav"])])[0]);
    assert_eq!(project.problems().expect("problems")[0].path, "/new/disk/bad.wav");
    let to = |file: usize, to: &str| MovedFile { file: files[file].id, to: to.into(), size_bytes: 7, modified_ns: 8 };
    let moves = [to(0, "/new/disk/b.wav"), to(1, "/new/disk/a.wav"), to(2, "/new/disk/sub/c.wav")];
    edit.move_files(&moves).expect("moved");
    let after = expected(&[("/new/disk", &["a.wav", "b.wav", "sub/c.wav"])]);
    assert_eq!(listed(&project), after, "the root of the single file is gone");
    let moved = project.files().expect("files");
    assert_eq!((moved[0].id, moved[0].size_bytes, moved[0].modified_ns), (files[1].id, 7, 8));
    edit.commit().expect("done");
    project.undo().expect("undone");
    assert_eq!((listed(&project), project.files().expect("files")), (before, files));
    project.redo().expect("redone");
    assert_eq!(listed(&project), after);
}

#[test]
fn a_root_inside_the_project_moves_with_it() {
    let (keep, project) = project();
    let folder = project.folder().to_owned();
    let edit = project.edit("Added").expect("writable");
    edit.add_root(&folder.join("demo")).expect("added");
    edit.add_files(&[facts(folder.join("demo/a.wav").as_str(), 1)]).expect("added");
    edit.commit().expect("done");
    drop(project);
    let moved = keep.path().with_extension("moved");
    std::fs::rename(&folder, &moved).expect("moved");
    let moved = Utf8PathBuf::from_path_buf(moved).expect("UTF-8");
    let again = Project::open(&moved, crate::project::Opening::default()).expect("opened");
    assert_eq!(again.files().expect("files")[0].path, moved.join("demo/a.wav"));
    drop(again);
    std::fs::rename(&moved, &folder).expect("moved back, to be cleared away");
}

#[test]
fn files_that_become_one_keep_what_was_said_of_both() {
    let (_keep, project) = project();
    let edit = project.edit("Added").expect("writable");
    edit.add_files(&[facts("/a.wav", 1), facts("/b.wav", 1)]).expect("added");
    let ids: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
    edit.tag_files(&ids[..1], "one").expect("tagged");
    edit.tag_files(&ids, "both").expect("tagged");
    edit.tag_files(&ids[1..], "two").expect("tagged");
    edit.join_files(&[(ids[0], ids[1])]).expect("joined");
    assert_eq!(project.tags().expect("tags")[&ids[0]], ["both", "one", "two"]);
    assert_eq!(project.files().expect("files").len(), 1);
}

#[test]
fn files_of_earlier_versions_get_the_folders_that_were_added_as_roots() {
    for version in 1..crate::project::schema::VERSION {
        let keep = tempfile::tempdir().expect("a folder");
        let folder = Utf8PathBuf::from_path_buf(keep.path().canonicalize().expect("there")).expect("UTF-8");
        let db = Connection::open(folder.join("project.db")).expect("a database");
        crate::project::schema::make_older(&db, version).expect("made");
        let demo = folder.join("demo/d.wav");
        for (id, path) in [(1, "/sounds/a/1.wav"), (2, "/sounds/2.wav"), (3, "/single/3.wav"), (7, demo.as_str())] {
            let insert = "INSERT INTO files VALUES (?1, ?2, 9, 8, zeroblob(32), 8000, 1, 100, 0.5, x'0102')";
            db.execute(insert, (id, path)).expect("in");
        }
        db.execute("DELETE FROM files WHERE id = 7", []).expect("out");
        let again = "INSERT INTO files VALUES (6, ?1, 9, 8, zeroblob(32), 8000, 1, 100, 0.5, x'0102')";
        db.execute(again, [demo.as_str()]).expect("in");
        crate::project::checksums::set(&db, version).expect("summed");
        drop(db);
        std::fs::write(folder.join("watch.json"), r#"{"on":true,"folders":["/sounds","/empty"]}"#).expect("written");
        let project = Project::open(&folder, crate::project::Opening::default()).expect("opened");
        let expected = expected(&[
            ("/single", &["3.wav"]),
            ("/sounds", &["2.wav", "a/1.wav"]),
            (folder.join("demo").as_str(), &["d.wav"]),
        ]);
        assert_eq!(listed(&project), expected, "version {version}");
        let roots = project.roots().expect("roots");
        let kinds: Vec<(bool, bool)> = roots.iter().map(|root| (root.whole, root.in_project)).collect();
        assert_eq!(kinds, [(false, false), (true, false), (true, true)]);
        let edit = project.edit("Added").expect("writable");
        edit.add_files(&[facts("/sounds/new.wav", 1)]).expect("added");
        let highest = project.files().expect("files").iter().map(|file| file.id.0).max();
        assert_eq!(highest, Some(8), "a number is never given twice");
    }
}
