//! Publishing: two projects become one library, only changes are sent, and an older library is brought up to date.

use std::fs;

use super::house::{House, answer, failure, search, soundalike, worker};
use super::server::shared;

/// The done-criterion of the shared library: two projects of different folders, published by two processes at once, are
/// searched from a place where the folders are elsewhere.
#[test]
fn two_projects_published_at_once_are_searched_as_one_library_from_other_mount_points() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let url = database.url.as_str();
    let (first, second) = (House::trained(1, 6), House::trained(2, 5));
    let publishing = [(&first, "fx-drive"), (&second, "field")].map(|(house, root)| {
        let mut publish = house.run(&["publish", url, "--json", "--root"]);
        publish.arg(super::house::mapped(root, &house.sounds())).stdout(std::process::Stdio::piped());
        publish.spawn().expect("it runs")
    });
    let said: Vec<serde_json::Value> = publishing
        .into_iter()
        .map(|process| {
            let output = process.wait_with_output().expect("it ends");
            assert!(output.status.success());
            serde_json::from_slice(&output.stdout).expect("JSON")
        })
        .collect();
    assert_eq!((said[0]["added"].as_u64(), said[1]["added"].as_u64()), (Some(12), Some(10)), "{said:?}");
    let own: Vec<bool> = said.iter().map(|said| said["same_model"] == true).collect();
    assert_eq!(own.iter().filter(|own| **own).count(), 1, "the first model is the library's");
    let done = answer(&mut worker(url, &[("fx-drive", &first.sounds()), ("field", &second.sounds())]));
    let waiting = if own[0] { 10 } else { 12 };
    assert_eq!((done["files"].as_u64(), done["failed"].as_u64()), (Some(waiting), Some(0)), "{done}");

    // Another machine, where one root is elsewhere and the other is not there.
    let elsewhere = tempfile::tempdir().expect("a folder");
    fs::rename(first.sounds(), elsewhere.path().join("fx")).expect("moved");
    let fx = elsewhere.path().join("fx");
    let query = second.sounds().join("00003_0.wav");
    let found = search(url, &query, &[("fx-drive", &fx)], &["-k", "30", "--by", "file"]);
    let matches = found["matches"].as_array().expect("matches");
    assert_eq!(matches.len(), 22, "{found}");
    assert_eq!((matches[0]["root"].as_str(), matches[0]["below"].as_str()), (Some("field"), Some("00003_0.wav")));
    assert_eq!(matches[0]["distance"], 0.0);
    for found in matches {
        let (path, problem) = (found["path"].as_str().expect("a path"), found["problem"].as_str());
        match found["root"].as_str() {
            Some("fx-drive") => assert!(std::path::Path::new(path).is_file() && problem.is_none(), "{found}"),
            _ => assert!(problem.is_some_and(|why| why.contains("field=PATH")), "{found}"),
        }
    }
    assert_eq!((found["library"]["by"].as_str(), found["silent"].as_bool()), (Some("exact"), Some(false)));
}

#[test]
fn only_changes_are_sent_and_a_file_that_left_goes_when_no_project_has_it() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let url = database.url.as_str();
    let house = House::trained(3, 4);
    let kick = house.sounds().join("00000_0.wav");
    answer(house.run(&["tag", "drum"]).arg(&kick));
    let first = house.publish(url, "fx", &[]);
    assert_eq!((first["added"].as_u64(), first["same_model"].as_bool()), (Some(8), Some(true)), "{first}");
    let codes = first["codes"].as_i64().expect("a number");
    assert_eq!(database.number("SELECT count(*) FROM soundalike.codes_1"), codes);
    assert_eq!(database.number("SELECT sum(codes) FROM soundalike.work"), codes);
    assert_eq!(database.number("SELECT count(*) FROM soundalike.tags WHERE tag = 'drum' AND set_by = 'owner'"), 1);
    let again = house.publish(url, "fx", &[]);
    let changes = ["added", "changed", "removed", "codes"].map(|name| again[name].as_u64());
    assert_eq!(changes, [Some(0); 4], "{again}");

    // One file changes, one goes, one is new.
    fs::copy(house.sounds().join("00001_0.wav"), &kick).expect("changed");
    fs::rename(house.sounds().join("00002_0.wav"), house.sounds().join("new.wav")).expect("moved");
    fs::write(house.sounds().join("00003_1.wav"), fs::read(&kick).expect("read")).expect("changed");
    answer(house.run(&["add"]).arg(house.sounds()));
    answer(&mut house.run(&["index"]));
    let third = house.publish(url, "fx", &[]);
    let changes = ["added", "changed", "removed"].map(|name| third[name].as_u64());
    assert_eq!(changes, [Some(1), Some(2), Some(1)], "{third}");
    assert_eq!(database.number("SELECT count(*) FROM soundalike.files"), 8);
    assert_eq!(database.number("SELECT count(*) FROM soundalike.work WHERE state <> 'done'"), 0);
    let unheld = "SELECT count(*) FROM soundalike.codes_1 c WHERE NOT EXISTS
        (SELECT 1 FROM soundalike.files f WHERE f.id = c.file)";
    assert_eq!(database.number(unheld), 0);
    assert_eq!(
        database.number("SELECT count(*) FROM soundalike.codes_1"),
        database.number("SELECT sum(codes) FROM soundalike.work")
    );

    // A second project has the same folder. What the first one forgets stays.
    let second = House { folder: tempfile::tempdir().expect("a folder") };
    answer(second.run(&["add"]).arg(house.sounds()));
    let of_second = answer(second.run(&["publish", url, "--root"]).arg(super::house::mapped("fx", &house.sounds())));
    assert_eq!((of_second["added"].as_u64(), of_second["same_model"].as_bool()), (Some(0), Some(false)), "{of_second}");
    answer(house.run(&["remove"]).arg(&kick));
    assert_eq!(house.publish(url, "fx", &[])["removed"], 0);
    assert_eq!(database.number("SELECT count(*) FROM soundalike.files"), 8);
    answer(second.run(&["remove"]).arg(&kick));
    let removed = answer(second.run(&["publish", url, "--root"]).arg(super::house::mapped("fx", &house.sounds())));
    assert_eq!(removed["removed"], 1, "{removed}");
}

#[test]
fn a_library_of_the_first_version_is_brought_up_to_date_and_a_newer_one_is_refused() {
    let Some(server) = shared() else { return };
    let database = server.database();
    let url = database.url.as_str();
    let house = House::trained(4, 2);
    let query = house.sounds().join("00000_0.wav");
    let reading = || failure(soundalike().arg("search").arg(&query).args(["--library", url]));
    assert!(reading().contains("no shared library yet"), "{}", reading());
    let first = include_str!("../../../src/shared_library/schema/1.sql");
    let begin = "CREATE SCHEMA soundalike;
        CREATE TABLE soundalike.version (is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), number integer NOT NULL);
        INSERT INTO soundalike.version (number) VALUES (1);";
    database.sql().batch_execute(&format!("{begin}{first}")).expect("made");
    database.sql().batch_execute("INSERT INTO soundalike.roots (name) VALUES ('of before')").expect("made");
    assert!(reading().contains("older version (1,"), "{}", reading());
    assert_eq!(house.publish(url, "fx", &[])["added"], 4);
    assert_eq!(database.number("SELECT number::bigint FROM soundalike.version"), 2);
    assert_eq!(database.number("SELECT count(*) FROM soundalike.roots"), 2, "the old data stay");
    assert_eq!(search(url, &query, &[], &[])["matches"][0]["distance"], 0.0);

    database.sql().batch_execute("UPDATE soundalike.version SET number = 99").expect("changed");
    assert!(reading().contains("newer Soundalike"), "{}", reading());
    let publish = failure(&mut house.run(&["publish", url]));
    assert!(publish.contains("newer Soundalike"), "{publish}");
    assert_eq!(database.number("SELECT number::bigint FROM soundalike.version"), 99, "nothing was changed");
}
