//! Who may use `soundalike serve`, and for what: tests each promise of its help.

use std::io::{Read as _, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use soundalike::engine::{Command, Outcome, Sources};

use crate::served::{BOUNDARY, Served, read_answer};
use crate::server::learned;
use crate::support::{Bench, tone, write_tones, write_wav};

#[test]
fn a_web_page_cannot_drive_it() {
    let folder = tempfile::tempdir().expect("a folder");
    write_tones(&folder.path().join("recordings"), 3);
    let served = Served::start(&folder.path().join("project"), &[]);
    let own = served.address.to_string();
    let body = json!({"filepaths": [folder.path().join("recordings")]}).to_string();
    let rebound = format!("evil.example:{}", served.address.port());
    for headers in [
        // What a page's script may send without asking first, what a page's form sends, and what a rebound name sends.
        vec![("Host", own.as_str()), ("Origin", "http://evil.example"), ("Content-Type", "text/plain")],
        vec![("Host", own.as_str()), ("Origin", "null")],
        vec![("Host", own.as_str()), ("Origin", "http://localhost:3000")],
        vec![("Host", own.as_str()), ("Sec-Fetch-Site", "cross-site")],
        vec![("Host", rebound.as_str())],
        vec![("Host", rebound.as_str()), ("Origin", "http://evil.example")],
    ] {
        let answer = served.request("POST", "/add", &headers, body.as_bytes());
        assert_eq!(answer.code, 403, "{headers:?}: {answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert_eq!(served.request("GET", "/datasetinfo", &headers, b"").code, 403, "nor read it: {headers:?}");
        assert_eq!(served.request("OPTIONS", "/add", &headers, b"").code, 403, "nor ask whether it may: {headers:?}");
    }
    assert_eq!(served.exchange(b"GET /datasetinfo HTTP/1.0\r\n\r\n").code, 403, "no Host at all");
    assert_eq!(served.get("/datasetinfo")["num_wavs"], 0, "nothing was carried out");
    let localhost = format!("localhost:{}", served.address.port());
    for ours in [vec![("Host", localhost.as_str())], vec![("Host", own.as_str()), ("Sec-Fetch-Site", "none")]] {
        assert_eq!(served.request("GET", "/datasetinfo", &ours, b"").code, 200, "{ours:?}");
    }
    let named = Served::start(&folder.path().join("other"), &["--host", "studio.local"]);
    assert_eq!(named.request("GET", "/datasetinfo", &[("Host", "studio.local:80")], b"").code, 200);
}

#[test]
fn another_address_requires_a_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    let served = Served::start(&project, &["--address", "0.0.0.0"]);
    assert_eq!(served.said["needs_token"], true);
    let made = served.said["token"].as_str().expect("a token that was made").to_owned();
    assert!(made.len() >= 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    for path in ["/datasetinfo", "/jobs", "/jobs/1", "/nothing"] {
        let without = served.request("GET", path, &[], b"");
        assert_eq!((without.code, without.header("www-authenticate")), (401, Some("Bearer")), "{path}");
    }
    for path in ["/add", "/train", "/index", "/search"] {
        assert_eq!(served.request("POST", path, &[], b"{}").code, 401, "{path}");
    }
    let wrong = format!("Bearer {}", "0".repeat(made.len()));
    assert_eq!(served.request("GET", "/jobs", &[("Authorization", &wrong)], b"").code, 401);
    let right = format!("Bearer {made}");
    assert_eq!(served.request("GET", "/jobs", &[("Authorization", &right)], b"").code, 200);
    let rebound = [("Authorization", right.as_str()), ("Host", "evil.example")];
    assert_eq!(served.request("GET", "/jobs", &rebound, b"").code, 403, "a token is no reason to be rebound");
    served.terminate();
    served.ends_well();

    // A given token is used, also if only this machine is served, and is not printed.
    let file = folder.path().join("secret.txt");
    std::fs::write(&file, "a secret of some length\n").expect("written");
    let by_file = Served::start(&project, &["--token-file", file.to_str().expect("UTF-8")]);
    assert_eq!((&by_file.said["needs_token"], &by_file.said["token"]), (&json!(true), &Value::Null));
    assert_eq!(by_file.request("GET", "/jobs", &[], b"").code, 401);
    assert_eq!(by_file.request("GET", "/jobs", &[("Authorization", "Bearer a secret of some length")], b"").code, 200);
    drop(by_file);
    let mut short = assert_cmd::Command::new(env!("CARGO_BIN_EXE_soundalike"));
    short.args(["serve", "--port", "0", "--project"]).arg(&project).env("SOUNDALIKE_TOKEN", "short");
    let refused = short.assert().code(1);
    assert!(String::from_utf8_lossy(&refused.get_output().stderr).contains("fewer than 16 characters"));
}

#[test]
fn limits_are_in_the_help_and_kept() {
    let mut help = assert_cmd::Command::new(env!("CARGO_BIN_EXE_soundalike"));
    let help = help.args(["serve", "--help"]).assert().success();
    let words = String::from_utf8_lossy(&help.get_output().stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    for limit in ["512 connections", "at most 64 MiB", "32 searches", "bodies of at most 1 MiB", "503 with Retry-After"]
    {
        assert!(words.contains(limit), "{limit} in {words}");
    }
    let folder = learned(6);
    let served = Served::start(&folder.path().join("project"), &[]);
    let large = served.request("POST", "/add", &[], &vec![b' '; (1 << 20) + 1]);
    assert_eq!(large.code, 413, "{large:?}");
    // An upload that declares its size is refused before it is sent. One that does not is refused when it becomes too
    // large.
    let mut stream = served.connect();
    let head = format!(
        "POST /search HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: multipart/form-data; \
         boundary={BOUNDARY}\r\n",
        served.address
    );
    write!(stream, "{head}Content-Length: {}\r\n\r\n", 66 << 20).expect("sent");
    assert_eq!(read_answer(&mut stream).code, 413);
    let mut stream = served.connect();
    write!(stream, "{head}Transfer-Encoding: chunked\r\n\r\n").expect("sent");
    let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n");
    write!(stream, "{:x}\r\n{part}\r\n", part.len()).expect("sent");
    let mebibyte = vec![0; 1 << 20];
    let mut sent = 0;
    while sent < 200 && write!(stream, "{:x}\r\n", mebibyte.len()).is_ok() {
        if stream.write_all(&mebibyte).and_then(|()| stream.write_all(b"\r\n")).is_err() {
            break;
        }
        sent += 1;
    }
    // When the server hangs up, at most what fits into the buffers of the two sockets is on its way.
    assert!((60..200).contains(&sent), "{sent} MiB were taken");
    if let Some(peak) = served.peak_mib() {
        println!("{peak} MiB at most");
        assert!(peak < 400, "{peak} MiB: what is sent does not lie in memory");
    }
    assert_eq!(served.search("", &folder.path().join("recordings/tone_01.wav")).code, 200);
}

/// A sound of hours in a small file must not keep anybody waiting.
#[test]
fn only_the_beginning_of_a_long_query_is_read() {
    let folder = learned(6);
    let long = folder.path().join("long.wav");
    write_wav(&long, 8000, tone(8000, 300.0, 300.0));
    let served = Served::start(&folder.path().join("project"), &[]);
    let answer = served.search("?format=detail", &long).json();
    let chunks = answer["query_chunks"].as_f64().expect("a number");
    assert!((chunks * 0.128 - 120.0).abs() < 1.0, "{chunks} chunks of 128 ms");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("readable"));
    entries.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path()).collect()
}

#[test]
fn an_upload_touches_nothing_but_a_private_folder() {
    let folder = learned(6);
    let (temporary, working) = (folder.path().join("temporary"), folder.path().join("working/deep"));
    std::fs::create_dir_all(&temporary).expect("made");
    std::fs::create_dir_all(&working).expect("made");
    let served = Served::start_as(&folder.path().join("project"), &[], |command| {
        command.env("TMPDIR", &temporary).current_dir(&working);
    });
    let before = (files_below(&folder.path().join("project")), files_below(&folder.path().join("working")));
    let sound = std::fs::read(folder.path().join("recordings/tone_02.wav")).expect("read");
    let request = served.search_request("", "../../../evil.wav", &sound);
    // All bytes except the last ones: the file is there, and nobody else can read it.
    let mut half = served.connect();
    half.write_all(&request[..request.len() - 40]).expect("sent");
    let private = loop {
        if let [file] = &files_below(&temporary)[..] {
            break file.parent().expect("a folder").to_owned();
        }
        std::thread::yield_now();
    };
    assert_eq!(private.parent(), Some(temporary.as_path()));
    assert_eq!(private.metadata().expect("there").permissions().mode() & 0o777, 0o700);
    half.write_all(&request[request.len() - 40..]).expect("sent");
    let answer = read_answer(&mut half);
    assert_eq!(answer.code, 200, "{answer:?}");
    // If the sender disappears, nothing is left of the upload.
    let mut gone = served.connect();
    gone.write_all(&request[..request.len() - 40]).expect("sent");
    while files_below(&temporary).is_empty() {
        std::thread::yield_now();
    }
    drop(gone);
    while !files_below(&temporary).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!((files_below(&folder.path().join("project")), files_below(&folder.path().join("working"))), before);
    served.terminate();
    served.ends_well();
    assert_eq!(std::fs::read_dir(&temporary).expect("there").count(), 0, "the private folder goes with the server");
}

#[test]
fn what_is_added_can_be_confined() {
    let folder = tempfile::tempdir().expect("a folder");
    let (inside, outside) = (folder.path().join("inside"), folder.path().join("outside"));
    write_tones(&inside, 2);
    write_tones(&outside, 3);
    std::fs::write(outside.join("notes.txt"), "secret").expect("written");
    std::os::unix::fs::symlink(&outside, inside.join("way_out")).expect("linked");
    std::os::unix::fs::symlink(outside.join("tone_00.wav"), inside.join("one_out.wav")).expect("linked");
    let served = Served::start(&folder.path().join("project"), &["--allow", inside.to_str().expect("UTF-8")]);
    let add = |path: PathBuf| served.post("/add", &json!({"filepaths": [path]})).1;
    for path in [
        outside.clone(),
        outside.join("tone_01.wav"),
        outside.join("absent.wav"),
        inside.join("../outside/tone_01.wav"),
        inside.join("way_out/tone_01.wav"),
        inside.join("one_out.wav"),
        "/etc/hostname".into(),
        "/absent".into(),
    ] {
        let answer = add(path.clone());
        // The answer never follows a link, because that would reveal what lies outside.
        assert_eq!(answer["failed"], json!([{"path": path, "reason": "it is not in a folder that may be read"}]));
    }
    assert_eq!(served.get("/datasetinfo")["num_wavs"], 0);
    let answer = add(inside.clone());
    assert_eq!(answer["local_filepaths"].as_array().map(Vec::len), Some(2), "{answer}");
    assert!(!answer.to_string().contains("notes.txt") && !answer.to_string().contains("tone_02"), "{answer}");
    assert_eq!(served.get("/datasetinfo")["num_wavs"], 2);
}

/// Answers each request by its path, until the test ends.
fn website(pages: Vec<(&'static str, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
                head.push(byte[0]);
            }
            let asked = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
            let answer =
                pages.iter().find(|(path, _)| *path == asked).map_or(&b"HTTP/1.1 404 No\r\n\r\n"[..], |(_, a)| a);
            // A client that has enough hangs up.
            let _ = stream.write_all(answer);
        }
    });
    format!("http://{address}")
}

fn page(extra: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n{extra}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn addresses_are_fetched_only_if_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    write_tones(&folder.path().join("recordings"), 1);
    let sound = std::fs::read(folder.path().join("recordings/tone_00.wav")).expect("read");
    let redirect = |to: &str| format!("HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {to}\r\n\r\n").into_bytes();
    let site = website(vec![
        ("/a.wav", page("", &sound)),
        ("/moved.wav", redirect("/a.wav")),
        ("/to_file.wav", redirect(&format!("file://{}", folder.path().join("recordings/tone_00.wav").display()))),
        ("/circle.wav", redirect("/circle.wav")),
        ("/text.wav", page("", b"not a sound")),
        ("/huge.wav", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec()),
    ]);
    let add = |served: &Served, path: &str| served.post("/add", &json!({"filepaths": [format!("{site}{path}")]}));

    let project = folder.path().join("project");
    let served = Served::start(&project, &[]);
    let (code, answer) = add(&served, "/a.wav");
    assert!(code == 403 && answer["error"].as_str().expect("words").contains("--allow-downloads"), "{answer}");
    assert!(!project.join("downloads").exists());
    drop(served);

    let served = Served::start(&project, &["--allow-downloads"]);
    let (code, answer) = add(&served, "/a.wav");
    assert_eq!((code, &answer["status"]), (200, &json!("success")), "{answer}");
    let local = PathBuf::from(answer["local_filepaths"][0].as_str().expect("a path"));
    assert_eq!(local.parent(), Some(project.canonicalize().expect("there").join("downloads").as_path()));
    assert_eq!(std::fs::read(&local).expect("there"), sound);
    assert_eq!(add(&served, "/moved.wav").1["status"], "success");
    for (path, why) in [
        ("/text.wav", "not a sound file"),
        ("/huge.wav", "larger than the 256 MiB"),
        ("/to_file.wav", "could not be downloaded"),
        ("/circle.wav", "could not be downloaded"),
        ("/absent.wav", "404"),
    ] {
        let (_, answer) = add(&served, path);
        let reason = answer["failed"][0]["reason"].as_str().unwrap_or_default();
        assert!(answer["status"] == "nothing could be added" && reason.contains(why), "{path}: {answer}");
    }
    assert_eq!(files_below(&project.join("downloads")).len(), 2, "of what could not be added nothing is kept");
}

#[test]
fn a_download_that_does_not_end_is_cut_off() {
    let bench = Bench::new();
    let endless = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(), vec![7; 300_000]].concat();
    let site = website(vec![("/a.wav", endless)]);
    let address = format!("{site}/a.wav");
    let sources = Sources { addresses: vec![address.clone()], bytes_at_most: 200_000, ..Sources::default() };
    let Ok(Outcome::Added(report)) = bench.run(Command::AddFrom(sources)) else { panic!("it is told by file") };
    assert_eq!(report.failed.len(), 1);
    assert!(report.failed[0].path == address && report.failed[0].reason.contains("larger than"), "{report:?}");
    assert_eq!(files_below(&bench.path("project/downloads")), [] as [PathBuf; 0]);
}

/// A server that accepts a request and never answers it.
#[test]
fn a_download_that_never_comes_can_be_cancelled() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = format!("http://{}/a.wav", listener.local_addr().expect("an address"));
    let sources = Sources { addresses: vec![address], bytes_at_most: 1 << 20, ..Sources::default() };
    let job = bench.engine.submit(Command::AddFrom(sources));
    let connection = listener.accept().expect("it connects");
    bench.engine.cancel(job);
    assert_eq!(bench.wait(job).expect_err("cancelled"), "cancelled");
    drop(connection);
}
