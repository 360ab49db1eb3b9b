//! Exports that are killed: each file is there as it was before, or whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command as Process;

/// What is exported. The last three need a collection.
pub const KINDS: usize = 7;
pub const KINDS_WITHOUT_COLLECTION: usize = 4;

/// The collection that deeds change.
pub const COLLECTION: &str = "best";

/// Makes the arguments of the program for an export into this folder.
pub fn export(program: &mut Process, kind: usize, folder: &Path) {
    let at = |name: &str| folder.join(name);
    match kind {
        0 => program.args(["export", "--out"]).arg(folder),
        1 => program.args(["export", "--format", "parquet", "--out"]).arg(folder),
        2 => program.args(["tags", "--export"]).arg(at("tags.json")),
        3 => program.args(["tags", "--export"]).arg(at("tags.csv")),
        4 => program.args(["collection", COLLECTION, "--out"]).arg(at("collection.csv")),
        5 => program.args(["collection", COLLECTION, "--out"]).arg(at("collection.m3u8")),
        _ => program.args(["collection", COLLECTION, "--out"]).arg(at("sounds")),
    };
}

/// Whether this kind is a folder of copies.
pub fn is_folder(kind: usize) -> bool {
    kind == KINDS - 1
}

/// The files below a folder, by their path. A folder that does not exist has none.
pub fn contents_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter(|_| folder.exists());
    entries
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.file_type().is_file())
        .map(|file| {
            let name = file.path().strip_prefix(folder).expect("below").to_string_lossy().into_owned();
            (name, fs::read(file.path()).expect("read"))
        })
        .collect()
}

/// Compares a folder after a killed export with the folder before it and with the folder of a whole export.
pub fn compare(what: &str, before: &BTreeMap<String, Vec<u8>>, now: &Path, whole: &Path) {
    let (now, whole) = (contents_of(now), contents_of(whole));
    assert!(!whole.is_empty(), "{what}: a whole export has files");
    assert!(before.keys().all(|name| now.contains_key(name)), "{what}: a file that was there is gone");
    for (name, bytes) in &now {
        let is_known = before.get(name) == Some(bytes) || whole.get(name) == Some(bytes);
        assert!(is_known, "{what}: {name} has {} bytes, and is neither the old nor the new one", bytes.len());
    }
}
