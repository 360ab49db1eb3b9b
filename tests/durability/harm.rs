//! Ways in which the work of a process ends before its end.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command as Process};
use std::time::{Duration, Instant};

use crate::world::Place;

/// What is known of a process that was harmed.
pub struct Harmed {
    /// The lines that it wrote before the harm.
    pub lines: Vec<String>,
    /// Whether it ended by itself, and reported success.
    pub ended_well: bool,
    /// Whether it did not end by itself, or failed.
    pub was_harmed: bool,
}

/// Starts a process, and harms it after this time. On a small disk, the disk has little room from the start on.
pub fn harm(place: &mut Place, mut process: Process, after: Duration, room: u64) -> Harmed {
    if let Place::Small(disk) = place {
        disk.leave(room);
    }
    let mut process: Child = process.spawn().expect("it runs");
    let output = BufReader::new(process.stdout.take().expect("its output"));
    let reading = std::thread::spawn(move || output.lines().map_while(Result::ok).collect::<Vec<_>>());
    let end = Instant::now() + after;
    let is_over = loop {
        match process.try_wait().expect("its state") {
            Some(_) => break true,
            None if Instant::now() >= end => break false,
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    };
    let copy = match place {
        Place::Disk(disk) => {
            if !is_over {
                // What the process says after the copy was made would be said of another disk.
                stop(&process);
            }
            Some(disk.copy())
        }
        _ => None,
    };
    // A process that has already ended is not killed.
    let _ = process.kill();
    let status = process.wait().expect("its end");
    let lines = reading.join().expect("its words");
    match (&mut *place, copy) {
        (Place::Disk(disk), Some(copy)) => disk.become_copy(copy),
        (Place::Small(disk), _) => disk.make_large(),
        _ => {}
    }
    // A power cut right after the end of a process is one, too.
    let was_harmed = match place {
        Place::Disk(_) => true,
        Place::Small(_) => is_over && !status.success(),
        _ => !is_over,
    };
    Harmed { lines, ended_well: is_over && status.success(), was_harmed }
}

/// Stops a process, and waits until it has stopped.
fn stop(process: &Child) {
    let id = process.id();
    assert!(Process::new("kill").args(["-STOP", &id.to_string()]).status().expect("it runs").success());
    loop {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("it is there");
        // The state follows the name, which is in brackets. Z: the process has ended meanwhile.
        if state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['T', 'Z'])) {
            return;
        }
        std::thread::yield_now();
    }
}
