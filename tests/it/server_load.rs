//! `soundalike serve` under load: answers stay right, memory stays bounded, and a full queue is reported.

use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use serde_json::{Value, json};
use soundalike::server::limits;

use crate::served::{Answer, Served, read_answer};
use crate::server::learned;

const MOST_MIB: u64 = 700;

/// If the answer is a success, it is right: the sound itself comes first.
fn is_right(answer: &Answer, name: &str) -> bool {
    let found = answer.json();
    let first = &found["results"][0];
    first["distance"] == 0.0 && first["path"].as_str().is_some_and(|path| path.ends_with(name))
}

/// Raises this process's limit of open files, if that is permitted.
fn may_have_open(files: usize) -> bool {
    let mut raise = std::process::Command::new("prlimit");
    raise.args(["--pid", &std::process::id().to_string(), &format!("--nofile={files}:")]);
    let raised = raise.status().is_ok_and(|status| status.success());
    if !raised {
        eprintln!("SKIPPED: {files} files cannot be opened at once here; 200 clients search instead of 1,000");
    }
    raised
}

fn memory_is_bounded(served: &Served) {
    if let Some(peak) = served.peak_mib() {
        println!("{peak} MiB at most");
        assert!(peak < MOST_MIB, "{peak} MiB");
    }
}

#[test]
fn a_thousand_parallel_searches_are_answered_or_sent_away() {
    let clients = if may_have_open(4096) { 1000 } else { 200 };
    let folder = learned(10);
    let served = Arc::new(Served::start(&folder.path().join("project"), &[]));
    let (all, answered, refused) = (Arc::new(Barrier::new(clients)), AtomicUsize::new(0), AtomicUsize::new(0));
    let sounds: Vec<(String, Vec<u8>)> = (0..10)
        .map(|number| format!("tone_{number:02}.wav"))
        .map(|name| (name.clone(), std::fs::read(folder.path().join("recordings").join(&name)).expect("read")))
        .collect();
    std::thread::scope(|scope| {
        for client in 0..clients {
            let (served, all, sounds) = (served.clone(), all.clone(), &sounds);
            let (answered, refused) = (&answered, &refused);
            let work = move || {
                let (name, sound) = &sounds[client % sounds.len()];
                let request = served.search_request("?format=detail&by=file&k=1", "q.wav", sound);
                all.wait();
                let answer = served.exchange(&request);
                match answer.code {
                    200 if is_right(&answer, name) => answered.fetch_add(1, Ordering::Relaxed),
                    503 if answer.header("retry-after") == Some("1") => refused.fetch_add(1, Ordering::Relaxed),
                    _ => panic!("{answer:?}"),
                };
            };
            std::thread::Builder::new().stack_size(256 << 10).spawn_scoped(scope, work).expect("a thread");
        }
    });
    let (answered, refused) = (answered.into_inner(), refused.into_inner());
    println!("{answered} answered, {refused} told to come again");
    assert!(answered >= 32 && answered + refused == clients);
    memory_is_bounded(&served);
    assert_eq!(served.search("", &folder.path().join("recordings/tone_03.wav")).code, 200, "and it goes on");
}

#[test]
fn clients_that_send_half_or_read_nothing_keep_nobody_waiting() {
    let folder = learned(8);
    let served = Served::start(&folder.path().join("project"), &[]);
    let sound = folder.path().join("recordings/tone_05.wav");
    let whole = served.search_request("", "q.wav", &std::fs::read(&sound).expect("read"));
    let mut odd = Vec::new();
    // One in five is a search. These and the two below are at most as many as there are places, so timing does not
    // decide who gets a turn.
    let clients = 90;
    assert!(clients / 5 + 2 <= limits::SEARCHES_AT_ONCE);
    for number in 0..clients {
        let mut stream = served.connect();
        let part: &[u8] = match number % 5 {
            // Nothing, half a head, only a head, half a body, and a complete request whose answer nobody reads.
            0 => b"",
            1 => &whole[..30],
            2 => &whole[..whole.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4],
            3 => &whole[..whole.len() / 2],
            _ => &whole,
        };
        stream.write_all(part).expect("sent");
        odd.push(stream);
    }
    // A client that sends byte by byte gets its answer like any other.
    let mut slow = served.connect();
    for byte in &whole {
        slow.write_all(std::slice::from_ref(byte)).expect("sent");
    }
    let answer = read_answer(&mut slow);
    assert_eq!(answer.code, 200, "{answer:?}");
    let answer = served.search("?format=detail&by=file", &sound);
    assert!(answer.code == 200 && is_right(&answer, "tone_05.wav"), "{answer:?}");
    // The server waits for the rest of a body, but not for ever.
    let late = read_answer(&mut odd[3]);
    assert_eq!(late.code, 408, "{late:?}");
    // Connections without a complete request are closed.
    memory_is_bounded(&served);
    served.terminate();
    let mut rest = Vec::new();
    let _ = odd[0].read_to_end(&mut rest);
    assert_eq!(rest, b"");
    served.ends_well();
}

/// There are more half-sent requests than connections. A complete request is answered long before any of them times
/// out.
#[test]
fn a_half_sent_request_gives_way_to_a_complete_one() {
    let clients = limits::CONNECTIONS + 100;
    if !may_have_open(4096) {
        return;
    }
    let folder = learned(6);
    let sound = folder.path().join("recordings/tone_05.wav");
    let bytes = std::fs::read(&sound).expect("read");
    let half_json = |served: &Served| {
        let head = format!("POST /train HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000\r\n\r\n{{", served.address);
        head.into_bytes()
    };
    let half_search = |served: &Served, part: f64| {
        let whole = served.search_request("", "q.wav", &bytes);
        whole[..(whole.len() as f64 * part) as usize].to_vec()
    };
    for what in ["heads", "bodies", "sounds"] {
        let served = Served::start(&folder.path().join("project"), &[]);
        let part = match what {
            "heads" => b"POST /train HTTP/1.1\r\nHo".to_vec(),
            "bodies" => half_json(&served),
            _ => half_search(&served, 0.9),
        };
        let began = std::time::Instant::now();
        let halves: Vec<_> = (0..clients)
            .map(|_| {
                let mut stream = served.connect();
                // A connection that has made way accepts nothing.
                let _ = stream.write_all(&part);
                stream
            })
            .collect();
        for _ in 0..3 {
            let answer = served.search("?format=detail&by=file", &sound);
            assert!(answer.code == 200 && is_right(&answer, "tone_05.wav"), "{what}: {answer:?}");
        }
        let took = began.elapsed();
        println!("{what}: {took:.1?}");
        assert!(took < limits::IDLE.min(limits::BODY) / 2, "{what}: {took:?}");
        assert_eq!(served.get("/jobs")["jobs"], json!([]), "nothing was begun");
        drop(halves);
        served.terminate();
        served.ends_well();
    }
}

/// Half-sent sounds that take all the room on the disk make way for a complete one.
#[test]
fn half_sent_sounds_give_their_room_to_a_complete_one() {
    let folder = learned(6);
    let served = Served::start(&folder.path().join("project"), &[]);
    let sound = folder.path().join("recordings/tone_05.wav");
    let large = served.search_request("", "q.wav", &vec![0; limits::UPLOAD_BYTES - (1 << 20)]);
    let halves: Vec<_> = (0..limits::UPLOAD_KIB_IN_ALL * 1024 / limits::UPLOAD_BYTES + 1)
        .map(|_| {
            let mut stream = served.connect();
            stream.write_all(&large[..large.len() - 1000]).expect("sent");
            stream
        })
        .collect();
    for _ in 0..3 {
        let answer = served.search("?format=detail&by=file", &sound);
        assert!(answer.code == 200 && is_right(&answer, "tone_05.wav"), "{answer:?}");
    }
    drop(halves);
}

#[test]
fn a_search_is_answered_while_training_and_indexing_run() {
    let folder = learned(10);
    let served = Served::start(&folder.path().join("project"), &[]);
    let recordings = folder.path().join("recordings");
    let long = json!({"steps": 1_000_000, "channels": 16, "batch": 8, "wait": false});
    let (_, training) = served.post("/train", &long);
    let path = format!("/jobs/{}", training["job"]);
    served.until(&path, |job| job["done"].as_u64() > Some(0));
    for round in 0..10 {
        let (code, indexing) = served.post("/index", &json!({"wait": false}));
        assert_eq!(code, 202, "{indexing}");
        let name = format!("tone_{round:02}.wav");
        let answer = served.search("?format=detail&by=file&k=1", &recordings.join(&name));
        assert!(answer.code == 200 && is_right(&answer, &name), "{answer:?}");
    }
    let jobs = served.until("/jobs", |jobs| {
        let ended = |job: &&Value| job["job"] == "index" && job["state"] == "done";
        jobs["jobs"].as_array().is_some_and(|jobs| jobs.iter().filter(ended).count() == 10)
    });
    assert!(jobs["jobs"].as_array().is_some_and(|jobs| jobs.iter().any(|job| job["state"] == "running")), "{jobs}");
    memory_is_bounded(&served);
}
