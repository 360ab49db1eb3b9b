//! Projects that earlier versions of the program wrote (`tests/fixtures`), one for each change of a format. Each opens, is
//! brought up to date, and loses nothing.
//!
//! | folder | catalogue | list of the index | segments | model |
//! |---|---|---|---|---|
//! | `list-1` | 1 | 1 | in the list, without tables | 1 |
//! | `list-2` | 2 | 2 | in the list | 1 |
//! | `list-3` | 2 | 3 | 3 | 1 |
//! | `list-4` | 2 | 4 | 4 | 1 |
//! | `catalogue-3` | 3 | 5 | 4 | 2, with the hash in an entry of its own |
//! | `catalogue-4` | 4 | 5 | 4 | the one of `catalogue-3` |
//!
//! `list-1` was made of `list-2`: its index has the bytes that commit 3e90576 describes, and its catalogue lacks the two
//! tables that catalogue 2 added.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use serde_json::Value;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
    }
}

fn program(project: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut program = Process::new(env!("CARGO_BIN_EXE_soundalike"));
    let output = program.arg("--json").arg("--project").arg(project).args(arguments).output().expect("it runs");
    (
        output.status.code(),
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat(),
    )
}

fn done(project: &Path, arguments: &[&str]) -> Value {
    let (code, said) = program(project, arguments);
    assert_eq!(code, Some(0), "{}, {arguments:?}: {said}", project.display());
    serde_json::from_str(&said).unwrap_or(Value::Null)
}

#[test]
fn projects_of_earlier_versions_open_and_lose_nothing() {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for (name, catalogue, is_index_readable) in [
        ("list-1", 1, false),
        ("list-2", 2, false),
        ("list-3", 2, false),
        ("list-4", 2, true),
        ("catalogue-3", 3, true),
        ("catalogue-4", 4, true),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let (project, sounds) = (folder.path().join("project"), folder.path().join("sounds"));
        copy(&fixtures.join("sounds"), &sounds);
        copy(&fixtures.join(name), &project);
        if name == "catalogue-4" {
            let model = "model-1.safetensors";
            fs::copy(fixtures.join("catalogue-3").join(model), project.join(model)).expect("copied");
        }
        let before = crate::exports::contents_of(&project);
        let info = done(&project, &["info"]);
        assert_eq!(
            (&info["files"], &info["bits"], &info["steps"]),
            (&4.into(), &32.into(), &3.into()),
            "{name}: {info}"
        );
        let after = crate::exports::contents_of(&project);
        assert!(before.iter().all(|(file, bytes)| after.get(file) == Some(bytes)), "{name}: reading changes nothing");

        let found = done(&project, &["relink", sounds.to_str().expect("UTF-8")]);
        assert_eq!(found["found"].as_array().map(Vec::len), Some(4), "{name}: {found}");
        let kept = project.join(format!("catalogue-of-version-{catalogue}.db"));
        assert!(kept.exists(), "{name}: the old catalogue is kept");
        let tags = done(&project, &["tags"]);
        match catalogue {
            1 => assert_eq!(tags["tags"].as_array().map(Vec::len), Some(0), "catalogue 1 has no tags: {tags}"),
            _ => {
                let first = &tags["tags"][0];
                assert_eq!((&first["tag"], &first["files"]), (&"loop".into(), &1.into()), "{name}: {tags}");
            }
        }

        let sound = sounds.join("tone_2.wav");
        let search = ["search", sound.to_str().expect("UTF-8")];
        let model = fs::read(project.join("model-1.safetensors")).expect("the model");
        if !is_index_readable {
            // Its codes cannot be read any more. The model makes them again.
            done(&project, &["index"]);
        }
        let answer = done(&project, &search);
        assert!(answer["matches"].as_array().is_some_and(|matches| !matches.is_empty()), "{name}: {answer}");
        assert_eq!(done(&project, &["info"])["index_codes"], 8, "{name}");
        assert_eq!(fs::read(project.join("model-1.safetensors")).expect("the model"), model, "{name}");
        done(&project, &["check"]);
    }
}
