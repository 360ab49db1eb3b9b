//! The built program on folders that are not projects, on projects that lost their catalogue, and several programs at
//! once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{quick_training, write_tones};

fn soundalike(project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    command.args(arguments).arg("--project").arg(project);
    command
}

fn done(project: &Path, arguments: &[&str]) -> String {
    let output = soundalike(project, arguments).assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("text")
}

fn refused(project: &Path, arguments: &[&str]) -> String {
    let output = soundalike(project, arguments).assert().code(1).get_output().stderr.clone();
    String::from_utf8(output).expect("text")
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap_or_default()))
        .collect()
}

/// A project with a model and an index, below `folder`, beside the sounds.
fn project(folder: &Path) -> std::path::PathBuf {
    let project = folder.join("project");
    write_tones(&folder.join("tones"), 6);
    done(&project, &["add", &folder.join("tones").display().to_string()]);
    done(&project, &quick_training());
    done(&project, &["index"]);
    project
}

#[test]
fn a_folder_that_is_no_project_stays_unchanged() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["model-00001-of-00002.safetensors", "index-x.codes", "segment-0a.codes", "notes.txt"] {
        fs::write(folder.path().join(name), "mine").expect("written");
    }
    fs::create_dir(folder.path().join("map-3.dots")).expect("made");
    let before = contents(folder.path());
    for operation in [vec!["info"], vec!["demo"], vec!["check"], vec!["repair"]] {
        let told = refused(folder.path(), &operation);
        assert!(told.contains("is not a Soundalike project"), "{told}");
        assert_eq!(contents(folder.path()), before, "{operation:?}");
    }
    done(folder.path(), &["info", "--new-project"]);
    done(folder.path(), &["info"]);
    let after = contents(folder.path());
    assert!(before.iter().all(|(name, content)| after.get(name) == Some(content)), "{after:?}");
}

#[test]
fn a_project_that_lost_its_catalogue_is_repaired() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let info = || -> Value { serde_json::from_str(&done(&project, &["info", "--json"])).expect("JSON") };
    let whole = info();
    for empty in [false, true] {
        match empty {
            true => fs::write(project.join("project.db"), "").expect("emptied"),
            false => fs::remove_file(project.join("project.db")).expect("removed"),
        }
        let before = contents(&project);
        let told = refused(&project, &["info"]);
        assert!(told.contains("must be repaired") && told.contains("soundalike repair"), "{told}");
        assert_eq!(contents(&project), before);
        let checked = soundalike(&project, &["check"]).assert().code(1).get_output().stdout.clone();
        assert!(String::from_utf8_lossy(&checked).contains("damaged  project.db"));
        done(&project, &["repair"]);
        for key in ["files", "bits", "steps", "index_codes", "index_current"] {
            assert_eq!(info()[key], whole[key], "{key}");
        }
        done(&project, &["check"]);
    }

    // Without a backup, the model is still found, and the sounds can be added again.
    fs::remove_file(project.join("project.db")).expect("removed");
    for number in 1..=3 {
        let _ = fs::remove_file(project.join(format!("catalogue-backup-{number}.db")));
    }
    let told = done(&project, &["repair"]);
    assert!(told.contains("model-1.safetensors is the current model now"), "{told}");
    assert_eq!(info()["bits"], whole["bits"]);
    done(&project, &["add", &folder.path().join("tones").display().to_string()]);
    done(&project, &["index"]);
    assert_eq!(info()["index_codes"], whole["index_codes"]);
}

#[test]
fn a_restored_older_catalogue_loses_no_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let older = fs::read(project.join("project.db")).expect("read");
    done(&project, &quick_training());
    done(&project, &["index"]);
    let newer = fs::read(project.join("model-2.safetensors")).expect("the newer model");
    fs::write(project.join("project.db"), older).expect("put back");
    for _ in 0..2 {
        done(&project, &["info"]);
        done(&project, &["add", &folder.path().join("tones").display().to_string()]);
        assert_eq!(fs::read(project.join("model-2.safetensors")).expect("still there"), newer);
    }
    let told = done(&project, &["repair"]);
    assert!(told.contains("model-2.safetensors is the current model now"), "{told}");
    done(&project, &["index"]);
    done(&project, &["search", &folder.path().join("tones/tone_00.wav").display().to_string()]);
}

#[test]
fn searchers_block_nobody_and_see_new_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path());
    let sound = folder.path().join("tones/tone_00.wav").display().to_string();
    let tones = folder.path().join("tones").display().to_string();
    std::thread::scope(|scope| {
        let searcher = || {
            for _ in 0..6 {
                done(&project, &["search", &sound]);
            }
        };
        let searchers = [scope.spawn(searcher), scope.spawn(searcher)];
        for _ in 0..4 {
            done(&project, &["add", &tones]);
            done(&project, &["index"]);
        }
        searchers.into_iter().for_each(|searcher| searcher.join().expect("every search was answered"));
    });
    // Two writers: the second one waits, or says who holds the project if it may not wait.
    let held = fs::File::open(project.join("project.lock")).expect("the lock");
    held.lock().expect("held");
    let told = refused(&project, &["add", &tones, "--wait", "0"]);
    assert!(told.contains("another Soundalike has this project open"), "{told}");
    done(&project, &["info"]);
    drop(held);
    done(&project, &["add", &tones, "--wait", "0"]);
}

#[test]
fn a_disk_that_is_full_keeps_what_was_there() {
    // A file system of a few hundred kilobytes, if this test may mount one.
    let folder = tempfile::tempdir().expect("a folder");
    let small = folder.path().join("small");
    fs::create_dir(&small).expect("made");
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=600k", "tmpfs"])
        .arg(&small)
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        println!("SKIPPED: this user may not mount a small file system");
        return;
    }
    let unmount = Unmount(small.clone());
    let project = small.join("project");
    write_tones(&folder.path().join("tones"), 6);
    done(&project, &["add", &folder.path().join("tones").display().to_string()]);
    let whole: Value = serde_json::from_str(&done(&project, &["info", "--json"])).expect("JSON");
    fs::write(small.join("filler"), vec![1; 300 << 10]).expect("half full");
    // A model does not fit any more, so writing it fails somewhere.
    let told = refused(&project, &quick_training());
    assert!(told.to_lowercase().contains("space") || told.contains("full"), "{told}");
    let info: Value = serde_json::from_str(&done(&project, &["info", "--json"])).expect("JSON");
    assert_eq!(info["files"], whole["files"]);
    fs::remove_file(small.join("filler")).expect("removed");
    done(&project, &["check"]);
    done(&project, &["info"]);
    drop(unmount);
}

/// Unmounts the small file system, also after a failure.
struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
