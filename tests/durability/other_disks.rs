//! The usual work on disks that lack what other disks have: links, permissions, exact times, names that differ only by case,
//! files without a name, speed.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::disks::{Disk, Kind, Laboratory};
use crate::figure;

/// The delay of each operation of a slow disk, in milliseconds.
const DELAY: &str = "4";

fn program(folder: &Path, arguments: &[&str]) -> Process {
    let mut program = Process::new(env!("CARGO_BIN_EXE_soundalike"));
    program.current_dir(folder).args(["--json", "--project", "project"]).args(arguments);
    program
}

fn done(folder: &Path, arguments: &[&str]) -> Value {
    let output = program(folder, arguments).output().expect("it runs");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}{errors}");
    serde_json::from_str(&said).unwrap_or(Value::Null)
}

/// Everything that a person usually does, with sounds and project in this folder.
fn usual_work(folder: &Path) {
    let sounds = folder.join("Sounds");
    fs::create_dir(&sounds).expect("created");
    for number in 0..6 {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(sounds.join(format!("Tone {number}.wav")), spec).expect("a file");
        for frame in 0..6000 {
            let phase = std::f64::consts::TAU * 200.0 * f64::from(1 + number) * f64::from(frame) / 8000.0;
            wav.write_sample((phase.sin() * 10_000.0) as i16).expect("written");
        }
        wav.finalize().expect("finished");
    }
    let before = crate::exports::contents_of(&sounds);
    assert_eq!(done(folder, &["add", "Sounds"])["added"].as_array().map(Vec::len), Some(6));
    done(folder, &["train", "--steps", "10", "--channels", "16", "--blocks", "2", "--batch", "16", "--bits", "32"]);
    done(folder, &["index"]);
    done(folder, &["tag", "loop", "Sounds/Tone 1.wav"]);
    done(folder, &["collection", "best", "--put", "Sounds/Tone 2.wav"]);
    let found = done(folder, &["search", "Sounds/Tone 3.wav"]);
    assert!(found["matches"].as_array().is_some_and(|matches| !matches.is_empty()), "{found}");
    done(folder, &["export", "--out", "codes"]);
    assert!(folder.join("codes/codes.npy").exists());
    // Nothing has changed, whatever the times of this disk are.
    let again = done(folder, &["add", "Sounds"]);
    assert_eq!(again["added"].as_array().map(Vec::len), Some(0), "{again}");

    // A second process reads, and says who holds the project when it is to write.
    let held = File::open(folder.join("project/project.lock")).expect("the lock");
    held.lock().expect("held");
    let refused = program(folder, &["tag", "other", "Sounds", "--wait", "0"]).output().expect("it runs");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another Soundalike has this project open"));
    done(folder, &["search", "Sounds/Tone 3.wav"]);
    drop(held);

    // A folder that was renamed is found again.
    fs::rename(&sounds, folder.join("Renamed")).expect("renamed");
    let found = done(folder, &["relink", "Renamed"]);
    assert_eq!(found["found"].as_array().map(Vec::len), Some(6), "{found}");
    done(folder, &["check"]);
    let whole = done(folder, &["info"]);
    fs::remove_file(folder.join("project/project.db")).expect("removed");
    done(folder, &["repair"]);
    let repaired = done(folder, &["info"]);
    for key in ["files", "bits", "index_codes", "index_current"] {
        assert_eq!(repaired[key], whole[key], "{key}");
    }
    assert_eq!(done(folder, &["tags"])["tags"][0]["files"], 1);
    done(folder, &["remove", "Renamed"]);
    assert_eq!(crate::exports::contents_of(&folder.join("Renamed")), before, "the sounds are only read");
    let names = crate::exports::contents_of(&folder.join("project")).into_keys();
    let hidden: Vec<String> = names.filter(|name| name.contains(".soundalike")).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

/// Needs root, for mounting images. `make soak` runs it.
#[test]
#[ignore = "mounts images of disks"]
fn the_usual_work_is_done_on_every_kind_of_disk() {
    let Some(laboratory) = Laboratory::new() else {
        println!("SKIPPED: images of disks need root, mkfs.xfs and loop devices");
        return;
    };
    let mut kinds = Vec::new();
    for kind in [Kind::Ext4, Kind::Xfs, Kind::Btrfs, Kind::Vfat, Kind::Exfat] {
        match Disk::new(kind, laboratory.clone()) {
            Ok(disk) => {
                usual_work(disk.path());
                kinds.push(format!("{kind:?}"));
            }
            Err(why) => println!("SKIPPED: work on {kind:?}: {why}"),
        }
    }
    figure("kinds of disks with the usual work", kinds.len(), &kinds.join(", "));
}

/// A folder that answers slowly. It is unmounted when this is dropped.
struct Slow {
    server: Child,
    mounted: std::path::PathBuf,
}

impl Drop for Slow {
    fn drop(&mut self) {
        let _ = Process::new("umount").arg("-l").arg(&self.mounted).status();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Needs FUSE and fusepy. `make soak` runs it.
#[test]
#[ignore = "mounts a slow folder"]
fn the_usual_work_is_done_on_a_slow_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    let (real, mounted) = (folder.path().join("real"), folder.path().join("slow"));
    for path in [&real, &mounted] {
        fs::create_dir(path).expect("created");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durability/slow_mount.py");
    let started =
        Process::new("/usr/bin/python3").arg(script).args([&real, &mounted]).arg(DELAY).stderr(Stdio::null()).spawn();
    let Ok(server) = started else {
        println!("SKIPPED: a slow disk needs Python with fusepy");
        return;
    };
    let mut slow = Slow { server, mounted: mounted.clone() };
    fs::write(real.join("is it mounted"), "").expect("written");
    let end = Instant::now() + Duration::from_secs(20);
    while !mounted.join("is it mounted").exists() {
        if slow.server.try_wait().expect("its state").is_some() || Instant::now() > end {
            println!("SKIPPED: a slow disk needs FUSE and Python with fusepy");
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    usual_work(&mounted);
    figure("usual work on a slow disk", 1, &format!("{DELAY} ms for each operation"));
}
