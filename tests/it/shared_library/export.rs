//! Exported codes in other databases, by the commands of the documentation.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::house::{House, answer};
use crate::support::python_with;

/// The commands of a section of the documentation.
fn commands(section: &str) -> Vec<&'static str> {
    let page = include_str!("../../../docs/databases.md");
    let (_, rest) = page.split_once(&format!("## {section}\n")).expect("the section");
    let section = rest.split("\n## ").next().unwrap_or(rest);
    section.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// Runs a Python program in a folder. It gets the commands as JSON, and answers with JSON.
fn run(python: &mut Command, script: &str, folder: &Path, commands: &[&str]) -> Value {
    let python = python.args(["-c", script]).current_dir(folder);
    let mut process = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    serde_json::to_writer(process.stdin.take().expect("its input"), commands).expect("written");
    let output = process.wait_with_output().expect("it ends");
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn duckdb_searches_exported_shares_by_the_commands_of_the_documentation() {
    let Some(mut python) = python_with("duckdb") else { return };
    let house = House::trained(13, 6);
    std::fs::rename(house.sounds().join("00003_0.wav"), house.sounds().join("door.wav")).expect("moved");
    answer(house.run(&["add"]).arg(house.sounds()));
    answer(&mut house.run(&["index"]));
    let codes = house.folder.path().join("codes");
    let written: Vec<u64> = ["1/2", "2/2"]
        .map(|shard| {
            let mut export = house.run(&["export", "--format", "parquet", "--shard", shard, "--out"]);
            answer(export.arg(&codes))["codes"].as_u64().expect("a number")
        })
        .to_vec();
    assert!(written.iter().all(|codes| *codes > 0), "{written:?}");
    assert!(
        codes.join("codes-00001-of-00002.parquet").is_file() && codes.join("codes-00002-of-00002.parquet").is_file()
    );

    let script = "import duckdb, json, sys
print(json.dumps([duckdb.sql(command).fetchall() for command in json.load(sys.stdin)]))";
    let mut commands = commands("DuckDB");
    commands.push("SELECT count(*), count(DISTINCT id), count(DISTINCT path) FROM 'codes/*.parquet'");
    let found = run(&mut python, script, house.folder.path(), &commands);
    let all = written.iter().sum::<u64>();
    assert_eq!(found[2][0], serde_json::json!([all, all, 12]));
    let name = |row: &Value| {
        Path::new(row[0].as_str().expect("a path")).file_name().expect("a name").to_string_lossy().into_owned()
    };
    for list in [&found[0], &found[1]] {
        let rows = list.as_array().expect("rows");
        assert_eq!((rows.len(), name(&rows[0]).as_str()), (10, "door.wav"), "{list}");
        let distance = |row: &Value| row.as_array().and_then(|row| row.last()?.as_f64()).expect("a distance");
        assert_eq!(distance(&rows[0]), 0.0);
        assert!(rows.is_sorted_by_key(distance), "{list}");
    }
    // The files come as in a search of this program.
    let own = answer(house.run(&["search", "-k", "10", "--by", "file"]).arg(house.sounds().join("door.wav")));
    let own: Vec<f64> = own["matches"]
        .as_array()
        .expect("matches")
        .iter()
        .map(|found| found["distance"].as_f64().expect("a distance"))
        .collect();
    let of_duckdb: Vec<f64> =
        found[1].as_array().expect("rows").iter().map(|row| row[1].as_f64().expect("a distance")).collect();
    assert_eq!(own.len(), of_duckdb.len());
    assert!(own.iter().zip(&of_duckdb).all(|(a, b)| (a - b).abs() < 1e-9), "{own:?} {of_duckdb:?}");
}

#[test]
fn clickhouse_searches_exported_codes_by_the_commands_of_the_documentation() {
    let Some(mut python) = python_with("chdb") else { return };
    let house = House::new(13, 6);
    std::fs::rename(house.sounds().join("00003_0.wav"), house.sounds().join("door.wav")).expect("moved");
    answer(house.run(&["add"]).arg(house.sounds()));
    answer(house.run(&["train", "--steps", "60", "--channels", "16", "--batch", "16"]).args(["--bits", "64"]));
    answer(&mut house.run(&["index"]));
    answer(house.run(&["export", "--format", "parquet", "--out"]).arg(house.folder.path().join("codes")));
    let script = "import json, sys
from chdb.session import Session
session = Session()
answers = [session.query(command, 'JSONCompact').bytes() for page in json.load(sys.stdin) for command in page.split(';') if command.strip()]
print(json.dumps([json.loads(answer)['data'] for answer in answers if answer]))";
    let found = run(&mut python, script, house.folder.path(), &commands("ClickHouse"));
    let rows = found.as_array().and_then(|answers| answers.last()?.as_array()).expect("rows");
    assert_eq!(rows.len(), 10);
    assert!(rows[0][0].as_str().is_some_and(|path| path.ends_with("/door.wav")), "{rows:?}");
    assert_eq!(rows[0][2], serde_json::json!(0));
    assert!(rows.is_sorted_by_key(|row| row[2].as_u64()), "{rows:?}");
}
