//! Undo and redo, also after the project was closed.

use super::*;
use crate::dataset::{FileId, Problem};
use crate::project::ProblemOf;
use crate::project::testing::{facts, project};

fn add(project: &Project, paths: &[&str]) {
    let edit = project.edit(format!("Added {}", paths.len())).expect("writable");
    edit.add_files(&paths.iter().map(|path| facts(path, 1)).collect::<Vec<_>>()).expect("added");
    edit.commit().expect("done");
}

/// Everything that can be undone, as text for comparisons.
fn contents(project: &Project) -> (String, Vec<String>) {
    let files = format!("{:?} {:?}", project.files().expect("files"), project.tags().expect("tags"));
    let db = project.db();
    let mut query = db
        .prepare(
            "SELECT path || reason FROM problems UNION SELECT file_id || ' ' || start_secs FROM favourites ORDER BY 1",
        )
        .expect("a query");
    let rest = query.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("texts");
    (files, rest)
}

#[test]
fn removed_files_come_back_under_their_numbers_with_all_that_was_said_of_them() {
    let (_keep, project) = project();
    add(&project, &["/it's.wav", "/b.wav", "/ü \"c\".wav"]);
    let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
    let edit = project.edit("Tagged").expect("writable");
    edit.tag_files(&files, "it's a tag").expect("tagged");
    edit.note_problems(&[Problem { path: "/b.wav".into(), reason: "cut off".into() }], ProblemOf::Content)
        .expect("noted");
    let favourite = "INSERT INTO favourites VALUES (?1, 0.1, 0.356)";
    edit.transaction(|t| t.execute(favourite, [files[0].0]).map(|_| ())).expect("a favourite");
    edit.commit().expect("done");
    let before = contents(&project);

    let edit = project.edit("Removed 3 files").expect("writable");
    edit.remove_files(&files).expect("removed");
    edit.commit().expect("done");
    let after = contents(&project);
    assert_eq!(project.files().expect("files"), []);
    assert!(project.tags().expect("tags").is_empty() && after.1.is_empty());

    for _ in 0..2 {
        assert_eq!(project.undo().expect("undone").as_deref(), Some("Removed 3 files"));
        assert_eq!(contents(&project), before);
        assert_eq!(project.redo().expect("redone").as_deref(), Some("Removed 3 files"));
        assert_eq!(contents(&project), after);
    }
}

#[test]
fn changes_are_undone_from_the_last_to_the_first_and_a_new_one_ends_what_can_be_done_again() {
    let (_keep, project) = project();
    assert_eq!((project.undo().expect("asked"), project.history().expect("read")), (None, History::default()));
    add(&project, &["/a.wav"]);
    let edit = project.edit("Read anew").expect("writable");
    edit.add_files(&[facts("/a.wav", 9)]).expect("changed");
    edit.note_problems(&[Problem { path: "/x".into(), reason: "no sound".into() }], ProblemOf::Content).expect("noted");
    edit.name("Read 1 file anew");
    edit.commit().expect("done");
    let history = |undo: Option<&str>, redo: Option<&str>| History {
        undo: undo.map(str::to_owned),
        redo: redo.map(str::to_owned),
    };
    assert_eq!(project.history().expect("read"), history(Some("Read 1 file anew"), None));

    let hash = || project.files().expect("files")[0].content_hash[0];
    project.undo().expect("undone");
    assert_eq!((hash(), project.problems().expect("problems").len()), (1, 0));
    assert_eq!(project.history().expect("read"), history(Some("Added 1"), Some("Read 1 file anew")));
    project.redo().expect("redone");
    assert_eq!((hash(), project.problems().expect("problems").len()), (9, 1));
    project.undo().expect("undone");
    project.undo().expect("undone");
    assert_eq!(project.files().expect("files"), []);
    add(&project, &["/b.wav"]);
    assert_eq!(project.history().expect("read"), history(Some("Added 1"), None));
    assert_eq!(project.redo().expect("asked"), None);
    let noted: i64 = project.db().query_row("SELECT count(*) FROM undo_notes", [], |row| row.get(0)).expect("");
    assert_eq!(noted, 2, "a root and a file: what can no longer be undone leaves no notes");
}

#[test]
fn an_edit_that_changes_nothing_or_fails_is_not_on_the_list() {
    let (_keep, project) = project();
    let edit = project.edit("Nothing").expect("writable");
    edit.clear_problems().expect("cleared");
    assert!(edit.transaction(|t| t.execute("INSERT INTO tags VALUES (7, 'of no file')", [])).is_err());
    edit.commit().expect("done");
    assert_eq!(project.history().expect("read"), History::default());
    project
        .note_problems(&[Problem { path: "/x".into(), reason: "no sound".into() }], ProblemOf::Content)
        .expect("noted");
    assert_eq!(project.history().expect("read"), History::default(), "nobody asked for that");
}

#[test]
fn what_stands_in_the_way_of_undoing_is_said_and_nothing_is_half_done() {
    let (_keep, project) = project();
    add(&project, &["/a.wav", "/b.wav"]);
    let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
    let edit = project.edit("Removed 2 files").expect("writable");
    edit.remove_files(&files).expect("removed");
    edit.commit().expect("done");
    // Inserts a row without an edit, as another program would.
    project.db().execute("INSERT INTO roots SELECT 77, '/', 0, 0", []).expect("inserted");
    let refused = project.undo().expect_err("the path is taken").to_string();
    assert!(refused.contains("“Removed 2 files” cannot be undone any more"), "{refused}");
    assert_eq!((project.files().expect("files").len(), project.roots().expect("roots").len()), (0, 1));
    assert_eq!(project.history().expect("read"), History::default());
}

#[test]
fn a_change_is_undone_after_the_project_was_closed() {
    let (_keep, project) = project();
    let folder = project.folder().to_owned();
    add(&project, &["/a.wav"]);
    let before = contents(&project);
    let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
    let edit = project.edit("Tagged").expect("writable");
    edit.tag_files(&files, "a tag").expect("tagged");
    // A program that is killed here has not named the change. The change can be undone anyway.
    drop(edit);
    drop(project);
    let again = Project::open(&folder, crate::project::Opening::default()).expect("opened");
    assert_eq!(again.undo().expect("undone").as_deref(), Some("Tagged"));
    assert_eq!(contents(&again), before);
    drop(again);
    let again = Project::open(&folder, crate::project::Opening::default()).expect("opened");
    assert_eq!(again.redo().expect("redone").as_deref(), Some("Tagged"));
    assert_eq!(again.tags().expect("tags").len(), 1);
}

#[test]
fn a_change_that_is_being_made_is_not_taken_back() {
    let (_keep, project) = project();
    add(&project, &["/a.wav"]);
    let running = project.edit("Adds").expect("writable");
    running.add_files(&[facts("/b.wav", 1)]).expect("added");
    assert_eq!(project.undo().expect("undone").as_deref(), Some("Added 1"));
    running.add_files(&[facts("/c.wav", 1)]).expect("added");
    running.name("Added 2");
    running.commit().expect("done");
    assert_eq!(project.undo().expect("undone").as_deref(), Some("Added 2"));
    assert_eq!(project.files().expect("files"), []);
}

#[test]
fn notes_that_no_program_wrote_are_not_carried_out() {
    let (_keep, project) = project();
    add(&project, &["/a.wav"]);
    project.db().execute("UPDATE undo_notes SET table_name = 'current; DROP TABLE files'", []).expect("changed");
    project.undo().expect_err("no such table");
    assert_eq!(project.files().expect("files").len(), 1);
}

#[test]
fn old_changes_are_forgotten() {
    let (_keep, project) = project();
    for i in 0..STEPS + 3 {
        add(&project, &[&format!("/{i}.wav")]);
    }
    let mut undone = 0;
    while project.undo().expect("undone").is_some() {
        undone += 1;
    }
    assert_eq!((undone, project.files().expect("files").len()), (STEPS, 3));
}
