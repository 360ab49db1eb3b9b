//! `soundalike serve`: the answers to requests.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::served::{Served, read_answer};
use crate::support::{Bench, python_with, quick, write_tones};
use std::io::Write as _;

/// A folder with `recordings`, and a `project` that was trained on them and indexed.
pub fn learned(tones: usize) -> tempfile::TempDir {
    let bench = Bench::new();
    write_tones(&bench.path("recordings"), tones);
    bench.add(&bench.path("recordings"));
    bench.train(quick());
    bench.close()
}

fn small_training() -> Value {
    json!({"n_epochs": 2, "channels": 16, "batch": 8, "bits": 16})
}

#[test]
fn a_client_of_the_original_gets_what_it_expects() {
    let Some(mut python) = python_with("requests") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    write_tones(&folder.path().join("recordings"), 8);
    let served = Served::start(&folder.path().join("project"), &[]);
    let script = r#"
import base64, io, sys, wave, requests
url, folder = sys.argv[1:]
info = requests.get(url + '/datasetinfo').json()
assert (info['num_wavs'], info['num_chunks']) == (0, 0), info
assert requests.post(url + '/index').json() == {'status': 'model not found'}
paths = [f'{folder}/tone_{n:02}.wav' for n in range(8)]
added = requests.post(url + '/add', json={'filepaths': paths}).json()
assert added['status'] == 'success' and sorted(added['local_filepaths']) == paths, added
assert requests.get(url + '/datasetinfo').json()['num_wavs'] == 8
trained = requests.post(url + '/train', json={'n_epochs': 2, 'channels': 16, 'batch': 8, 'bits': 16}).json()
assert trained['status'] == 'success', trained
indexed = requests.post(url + '/index').json()
assert indexed['status'] == 'success', indexed
with open(paths[3], 'rb') as file:
    results = requests.post(url + '/search', files={'file': file}).json()['results']
assert 0 < len(results) <= 10 and all(len(result) == 2 for result in results)
distances = [distance for _, distance in results]
assert distances == sorted(distances) and distances[0] == 0, distances
originals = []
for path in paths:
    with wave.open(path) as wav:
        originals.append(wav.readframes(wav.getnframes()))
for sound, _ in results:
    with wave.open(io.BytesIO(base64.b64decode(sound))) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth()) == (8000, 1, 2)
        frames = wav.readframes(wav.getnframes())
    assert len(frames) == 2 * 2048 and any(frames in original for original in originals)
print('fine')
"#;
    let url = format!("http://{}", served.address);
    let output = python.args(["-c", script, &url]).arg(folder.path().join("recordings")).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said == "fine\n", "{said}");
}

/// The commands of the README's section are run as they are, in a folder like the one that it assumes.
#[test]
fn the_lines_of_the_readme_do_what_they_say() {
    if !crate::support::is_there("curl", "--version") {
        return;
    }
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with("From other programs")).expect("a section");
    let lines: Vec<&str> = section.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(lines.len() >= 10, "{lines:?}");
    let folder = tempfile::tempdir().expect("a folder");
    write_tones(&folder.path().join("recordings"), 12);
    std::fs::copy(folder.path().join("recordings/tone_04.wav"), folder.path().join("door.wav")).expect("copied");
    let served = Served::start_as(&folder.path().join("project"), &[], |command| {
        command.current_dir(folder.path());
    });
    let mut said = String::new();
    for line in lines {
        let command = line.replace("127.0.0.1:8765", &served.address.to_string());
        let command = command.replacen("curl ", "curl -sS --noproxy '*' --fail-with-body ", 1);
        let output = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().expect("it runs");
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}\n{answer}{}", String::from_utf8_lossy(&output.stderr));
        said += &format!("{line}\n{answer}\n");
    }
    for part in [
        "\"num_wavs\":",
        "\"local_filepaths\":",
        "\"results\":[[\"UklGR",
        "\"start_seconds\":",
        "query,query_start_seconds",
    ] {
        assert!(said.contains(part), "{part} in\n{said}");
    }
    served.until("/jobs", |jobs| {
        jobs["jobs"].as_array().is_some_and(|jobs| jobs.iter().any(|job| job["state"] == "cancelled"))
    });
}

#[test]
fn searches_answer_in_every_form() {
    let folder = learned(10);
    let served = Served::start(&folder.path().join("project"), &[]);
    let sound = folder.path().join("recordings/tone_05.wav");
    let detail = served.search("?format=detail&k=3&by=file", &sound).json();
    let results = detail["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    assert_eq!(results[0]["path"].as_str().map(Path::new), Some(sound.canonicalize().expect("there").as_path()));
    assert_eq!((&results[0]["distance"], &results[0]["start_seconds"]), (&json!(0.0), &json!(0.0)));
    assert!(results[0]["end_seconds"].as_f64().is_some_and(|end| end > 0.2));
    for (form, kind, begins) in [
        ("csv", "text/csv; charset=utf-8", "query,query_start_seconds,rank,"),
        ("audacity", "text/plain; charset=utf-8", "0."),
        ("raven", "text/tab-separated-values; charset=utf-8", "Selection\tView\tChannel\t"),
        ("m3u", "audio/x-mpegurl", "#EXTM3U\n"),
        ("markers", "text/tab-separated-values; charset=utf-8", "Name\tStart\tDuration\t"),
        ("counts", "text/csv; charset=utf-8", "query,path,hour,recorded,matches"),
        ("counts-json", "application/json", "{\"searches\":[{\"query\":\"query.wav\",\"matches\":4,\"hours\":["),
        ("json", "application/json", "{\"searches\":[{\"query\":\"query.wav\""),
    ] {
        let answer = served.search(&format!("?format={form}&k=4"), &sound);
        assert_eq!((answer.code, answer.header("content-type")), (200, Some(kind)), "{form}");
        let text = String::from_utf8(answer.body).expect("text");
        assert!(text.starts_with(begins), "{form}: {text}");
        assert!(!text.contains("/query-"), "the name of the uploaded file is nobody's business: {text}");
    }
    let events = served.search("?format=detail&events=true&k=4&threshold=2.5", &sound).json();
    let (line, results) = (events["alike"].as_u64(), events["results"].as_array().expect("results"));
    assert_eq!(
        (&events["threshold"], &results[0]["distance"], &results[0]["start_seconds"]),
        (&json!(2.5), &json!(0.0), &json!(0.0))
    );
    for (rank, event) in results.iter().enumerate() {
        let is_before = event["distance"].as_f64() <= Some(2.5);
        assert_eq!((rank as u64) < line.expect("a line"), is_before, "{event}");
        assert_eq!(event["is_behind"], json!(!is_before));
        assert!(event["share_alike"].as_f64().is_some_and(|share| (0.0..1.0).contains(&share)), "{event}");
    }
    assert_eq!(served.search("?format=detail&by=event&k=4&threshold=2.5", &sound).json()["results"], events["results"]);
    let part = served.search("?format=detail&from=0.3&to=0.6&k=1", &sound).json();
    assert!(part["results"][0]["query_start_seconds"].as_f64().is_some_and(|start| start >= 0.3), "{part}");
    for wrong in [
        "?k=0",
        "?k=101",
        "?format=detail&k=1001",
        "?format=xml",
        "?from=-1",
        "?from=1e9",
        "?by=colour",
        "?events=true&by=file",
        "?threshold=-1",
        "?x=1",
        "?k=many",
    ] {
        let answer = served.search(wrong, &sound);
        assert_eq!((answer.code, &answer.json()["status"]), (400, &json!("refused")), "{wrong}");
    }
    let no_sound = served.exchange(&served.search_request("", "a.wav", b"no sound at all"));
    assert_eq!(no_sound.code, 422, "{no_sound:?}");
    let words = no_sound.json()["error"].as_str().expect("words").to_owned();
    assert!(words.starts_with("the sound: it is not a sound file"), "{words}");
    let no_file =
        served.request("POST", "/search", &[("Content-Type", "multipart/form-data; boundary=x")], b"--x--\r\n");
    assert!(no_file.code == 400 && no_file.json()["error"].as_str().expect("words").contains("`file`"), "{no_file:?}");
}

#[test]
fn an_incomplete_body_starts_no_job() {
    let folder = learned(6);
    let served = Served::start(&folder.path().join("project"), &[]);
    let sound = std::fs::read(folder.path().join("recordings/tone_03.wav")).expect("read");
    let jobs = served.get("/jobs");
    let form = crate::served::form("q.wav", &sound);
    let kind = format!("multipart/form-data; boundary={}", crate::served::BOUNDARY);
    for (path, kind, body) in [
        ("/train", "application/json", &b"{\"steps\": 5}"[..]),
        ("/train", "application/json", &b""[..]),
        ("/index", "application/json", &b"{}"[..]),
        ("/add", "application/json", &b"{\"filepaths\": [\"/tmp\"]}"[..]),
        ("/search", kind.as_str(), form.as_slice()),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n", served.address);
        let chunk = format!("{:x}\r\n", body.len().max(1)).into_bytes();
        let sent = if body.is_empty() { b" " } else { body };
        let whole_chunk = [&chunk[..], sent, b"\r\n"].concat();
        let length = format!("{head}Content-Length: {}\r\n\r\n", body.len() + 10).into_bytes();
        let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
        for (broken, how) in [
            (&[&length[..], body].concat(), "ten bytes too few"),
            (&[&chunked[..], &whole_chunk].concat(), "no last chunk"),
            (&[&chunked[..], &whole_chunk, b"zz\r\n"].concat(), "a chunk of no size"),
            (&[&chunked[..], &chunk, &body[..body.len() / 2]].concat(), "half a chunk"),
        ] {
            let mut stream = served.connect();
            stream.write_all(broken).expect("sent");
            stream.shutdown(std::net::Shutdown::Write).expect("shut down");
            let mut answer = Vec::new();
            // A client that has hung up need not get an answer, but must not get a success.
            let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{path}, {how}: {answer}");
        }
        // A client that closes the connection without a request.
        let mut stream = served.connect();
        stream.write_all(&length).expect("sent");
        drop(stream);
    }
    let whole = served.request("POST", "/search", &[("Content-Type", &kind)], &form);
    assert_eq!(whole.code, 200, "{whole:?}");
    assert_eq!(served.get("/jobs"), jobs, "nothing was begun");
}

#[test]
fn what_cannot_be_done_says_what_comes_first() {
    let folder = tempfile::tempdir().expect("a folder");
    write_tones(&folder.path().join("recordings"), 6);
    let sound = folder.path().join("recordings/tone_01.wav");
    let served = Served::start(&folder.path().join("project"), &[]);
    assert_eq!(served.post("/index", &json!({})), (200, json!({"status": "model not found"})));
    let early = served.search("", &sound);
    assert_eq!((early.code, &early.json()["status"]), (422, &json!("failed")));
    let (code, answer) = served.post("/train", &small_training());
    assert!(code == 422 && answer["error"].as_str().expect("words").contains("no sounds yet"), "{answer}");
    let (code, answer) = served.post("/add", &json!({"filepaths": ["/nowhere/at/all.wav"]}));
    assert_eq!((code, &answer["status"]), (200, &json!("nothing could be added")), "{answer}");
    for wrong in [json!({}), json!({"filepaths": "a.wav"}), json!({"filepaths": [1]})] {
        assert_eq!(served.post("/add", &wrong).0, 400, "{wrong}");
    }
    assert_eq!(served.request("POST", "/add", &[], b"[1, 2").code, 400);
    served.post("/add", &json!({"filepaths": [folder.path().join("recordings")]}));
    for wrong in [json!({"n_epochs": "many"}), json!({"preset": "best"}), json!({"wait": 3})] {
        assert_eq!(served.post("/train", &wrong).0, 400, "{wrong}");
    }
    let (code, answer) = served.post("/train", &json!({"bits": 7}));
    assert!(code == 422 && answer["error"].as_str().expect("words").contains("bits"), "{answer}");
    let mut settings = small_training();
    settings["bist"] = json!(3);
    let (code, answer) = served.post("/train", &settings);
    assert_eq!(
        (code, &answer["status"], &answer["bits"], &answer["ignored"]),
        (200, &json!("success"), &json!(16), &json!(["bist"]))
    );
    let early = served.search("", &sound);
    assert_eq!((early.code, &early.json()["status"]), (200, &json!("success")), "what is missing is indexed");
    assert_eq!(served.request("GET", "/nothing", &[], b"").code, 404);
    assert_eq!(served.request("PUT", "/add", &[], b"{}").code, 405);
    assert_eq!(served.request("GET", "/jobs/99", &[], b"").code, 404);
    assert_eq!(served.request("DELETE", "/jobs/x", &[], b"").code, 404);
}

#[test]
fn jobs_can_be_followed_and_cancelled_and_their_queue_is_bounded() {
    let folder = learned(8);
    let served = Served::start(&folder.path().join("project"), &[]);
    let long = json!({"steps": 1_000_000, "channels": 16, "batch": 8, "wait": false});
    let (code, started) = served.post("/train", &long);
    assert_eq!((code, &started["status"]), (202, &json!("started")));
    let path = format!("/jobs/{}", started["job"]);
    let running = served.until(&path, |job| job["stage"] == "learning" && job["done"].as_u64() > Some(0));
    assert_eq!(
        (&running["state"], &running["job"], &running["total"]),
        (&json!("running"), &json!("train"), &json!(1_000_000))
    );
    for _ in 1..16 {
        assert_eq!(served.post("/train", &long).0, 202);
    }
    let full = served.request("POST", "/train", &[], long.to_string().as_bytes());
    assert_eq!((full.code, full.header("retry-after")), (503, Some("1")), "{full:?}");
    let all = served.get("/jobs")["jobs"].as_array().expect("jobs").clone();
    assert_eq!((all.len(), &all[1]["state"]), (16, &json!("waiting")));
    // A client that waits for a job learns when another client cancels it.
    let last = all.last().expect("a job")["id"].clone();
    assert_eq!(served.request("DELETE", &format!("/jobs/{last}"), &[], b"").json(), json!({"status": "success"}));
    let mut waiting = served.connect();
    for job in all.iter().rev().skip(1) {
        served.request("DELETE", &format!("/jobs/{}", job["id"]), &[], b"");
    }
    served.until("/jobs", |jobs| {
        jobs["jobs"].as_array().is_some_and(|jobs| jobs.iter().all(|job| job["state"] == "cancelled"))
    });
    let body = json!({"steps": 1_000_000, "channels": 16, "batch": 8}).to_string();
    let head = format!("POST /train HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", served.address);
    write!(waiting, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
    let jobs = served.until("/jobs", |jobs| {
        jobs["jobs"].as_array().is_some_and(|jobs| jobs.len() == 17 && jobs[16]["done"].as_u64() > Some(0))
    });
    let path = format!("/jobs/{}", jobs["jobs"][16]["id"]);
    served.request("DELETE", &path, &[], b"");
    let answer = read_answer(&mut waiting);
    assert_eq!((answer.code, &answer.json()["status"]), (409, &json!("cancelled")));
    assert_eq!(served.request("DELETE", &path, &[], b"").code, 409, "it has ended already");
}

#[test]
fn a_signal_ends_the_server_and_jobs_keep_their_last_good_state() {
    let folder = learned(8);
    let project = folder.path().join("project");
    let served = Served::start(&project, &[]);
    let body = json!({"steps": 1_000_000, "channels": 16, "batch": 8}).to_string();
    let mut waiting = served.connect();
    let head = format!("POST /train HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", served.address);
    write!(waiting, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("sent");
    let _idle = served.connect();
    served.until("/jobs", |jobs| jobs["jobs"][0]["done"].as_u64() > Some(3));
    served.terminate();
    let answer = read_answer(&mut waiting);
    assert_eq!((answer.code, &answer.json()["status"]), (409, &json!("cancelled")), "who waited is told");
    served.ends_well();
    // The old model and its index answer, and the stopped training can be resumed.
    let sound = folder.path().join("recordings/tone_05.wav");
    let mut search = assert_cmd::Command::new(env!("CARGO_BIN_EXE_soundalike"));
    let output = search.args(["search", "--json", "--project"]).arg(&project).arg(&sound).assert().success();
    let found: Value = serde_json::from_slice(&output.get_output().stdout).expect("JSON");
    assert_eq!((&found["bits"], &found["matches"][0]["distance"]), (&json!(32), &json!(0.0)));
    assert!(project.join("checkpoint.safetensors").is_file());
}
