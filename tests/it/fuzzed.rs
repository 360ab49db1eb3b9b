//! Short runs of the targets in `fuzz/`. Their seeds are changed by seeded random numbers, so every run is the same.

use std::io::{Read as _, Write as _};
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use soundalike::dataset::{Candidate, FileId, Filter, SoundFile};
use soundalike::index::IndexFile;
use soundalike::map::file::MapFile;
use soundalike::model::Model;

use crate::served::Served;

const FILTERS: u64 = 30_000;
const BODIES: u64 = 1_500;
const PROJECT_FILES: u64 = 4_000;
const CONFIGURATIONS: u64 = 3_000;

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("seeds").map(|entry| entry.expect("one").path()).collect();
    files.sort_unstable();
    files.into_iter().map(|file| std::fs::read(file).expect("read")).collect()
}

/// A seed with up to six changes: bytes are set, dropped, doubled or taken from another seed, or the end is cut off.
fn mutated(seeds: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    const TELLING: &[u8] = b"\"'{}[]:,<>=-0129eE.\\\r\n\0\xff";
    let mut bytes = seeds[random.random_range(0..seeds.len())].clone();
    for _ in 0..random.random_range(0..=6) {
        let at = random.random_range(0..=bytes.len());
        let end = (at + random.random_range(1..=12)).min(bytes.len());
        match random.random_range(0..6) {
            0 => bytes.insert(at, TELLING[random.random_range(0..TELLING.len())]),
            1 if at < bytes.len() => bytes[at] = random.random(),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.extend_from_within(at..end),
            4 => bytes.truncate(at),
            _ => {
                let other = &seeds[random.random_range(0..seeds.len())];
                let from = random.random_range(0..=other.len());
                let to = (from + random.random_range(1..=24)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn whatever_is_typed_as_a_filter_is_read() {
    let seeds = seeds("filter");
    let file = SoundFile {
        id: FileId(1),
        path: "/sounds/Kick 日本.wav".into(),
        size_bytes: 1000,
        modified_ns: 0,
        content_hash: [0; 32],
        rate: 44_100,
        channels: 2,
        frames: 22_050,
        peak: 0.5,
        thumbnail: Vec::new(),
        aspects: None,
        metadata: None,
    };
    let tags = ["loop".to_owned()];
    let candidate = Candidate { file: &file, tags: &tags, problem: false, favourite: true };
    let (mut admitted, mut not_understood) = (0, 0);
    for number in 0..FILTERS {
        let bytes = mutated(&seeds, &mut ChaCha8Rng::seed_from_u64(number));
        let text = String::from_utf8_lossy(&bytes);
        let filter = Filter::read(&text);
        admitted += usize::from(filter.admits(&candidate));
        not_understood += usize::from(!filter.not_understood().is_empty());
        // Every report about a part says what is wrong.
        assert!(filter.not_understood().iter().all(|why| why.len() > 10), "{text:?}: {:?}", filter.not_understood());
    }
    println!("{FILTERS} filters: {admitted} admitted the file, {not_understood} were not understood");
    assert!(admitted > 100 && not_understood > 1000, "the filters reach the parts of the language");
}

#[test]
fn whatever_body_a_request_has_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("allowed")).expect("made");
    let allowed = folder.path().join("allowed").display().to_string();
    let served = Served::start(&folder.path().join("project"), &["--allow", &allowed]);
    let seeds = seeds("bodies");
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    for number in 0..BODIES {
        let mut random = ChaCha8Rng::seed_from_u64(number);
        let body = mutated(&seeds, &mut random);
        let path = ["/add", "/train", "/index", "/search", "/search?format=detail"][random.random_range(0..5)];
        let kind = if path.starts_with("/search") { "multipart/form-data; boundary=x" } else { "application/json" };
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {kind}\r\n",
            served.address
        );
        let length = match random.random_range(0..4) {
            0 => "Transfer-Encoding: chunked".to_owned(),
            1 => format!("Content-Length: {}", body.len() + 1),
            _ => format!("Content-Length: {}", body.len()),
        };
        let mut stream = served.connect();
        // The server may have answered and hung up before the end.
        let _ = stream.write_all(&[format!("{head}{length}\r\n\r\n").as_bytes(), &body].concat());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        let code = text.split(' ').nth(1).unwrap_or("hung up").to_owned();
        assert!(!code.starts_with("500"), "input {number}, {path}: {text}\n{}", String::from_utf8_lossy(&body));
        *codes.entry(code).or_default() += 1;
    }
    println!("{BODIES} bodies: {codes:?}");
    assert!(codes.get("400").is_some_and(|refused| *refused > 100), "{codes:?}");
    let info = served.get("/datasetinfo");
    assert_eq!((&info["num_wavs"], &info["model"]), (&json!(0), &json!(null)), "nothing came of them");
    served.terminate();
    served.ends_well();
}

/// A checksum stands before everything that a project file holds, so a changed file is refused.
#[test]
fn whatever_bytes_a_project_file_has_it_is_opened_or_refused() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/project_files");
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<_> = std::fs::read_dir(&seeds).expect("seeds").map(|seed| seed.expect("one").file_name()).collect();
    let whole: std::collections::BTreeMap<String, Vec<u8>> = names
        .into_iter()
        .map(|name| {
            let bytes = std::fs::read(seeds.join(&name)).expect("read");
            (name.into_string().expect("UTF-8"), bytes)
        })
        .collect();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("written");
    whole.iter().for_each(|(name, bytes)| put(name, bytes));
    let opens = |name: &str| {
        let path = folder.path().join(name);
        match name.split('-').next() {
            Some("model") => Model::load(&path).is_ok(),
            Some("map") => MapFile::read(&path).is_ok(),
            // The list names its segment, which lies beside it.
            _ => IndexFile::open(&folder.path().join("index-1.codes")).is_ok_and(|index| index.codes().is_ok()),
        }
    };
    assert!(whole.keys().all(|name| opens(name)), "the seeds are whole files");
    let (names, mut refused) = (whole.keys().cloned().collect::<Vec<_>>(), 0);
    for number in 0..PROJECT_FILES {
        let name = &names[number as usize % names.len()];
        let bytes = mutated(std::slice::from_ref(&whole[name]), &mut ChaCha8Rng::seed_from_u64(number));
        put(name, &bytes);
        let is_refused = !opens(name);
        assert!(is_refused || bytes == whole[name], "input {number}: a changed {name} was opened");
        refused += u64::from(is_refused);
        put(name, &whole[name]);
    }
    println!("{PROJECT_FILES} project files: {refused} were refused");
    assert!(refused > PROJECT_FILES / 2, "most inputs differ from their seeds");
}

/// Models of format 1 have no checksum over their configuration. So a false configuration is read, as it would be from a
/// stranger who computes the checksums.
#[test]
fn whatever_configuration_a_model_has_it_encodes_or_is_refused() {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/list-3/model-1.safetensors");
    let whole = std::fs::read(seed).expect("a model");
    let length = u64::from_le_bytes(whole[..8].try_into().expect("eight bytes")) as usize;
    let (header, tensors) = whole[8..].split_at(length);
    let header: serde_json::Value = serde_json::from_slice(header).expect("JSON");
    let metadata = header["__metadata__"]["soundalike-model"].as_str().expect("the metadata of a model");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    let samples = vec![0.1; 4000];
    let (mut refused, mut encoded) = (0, 0);
    for number in 0..CONFIGURATIONS {
        let mut random = ChaCha8Rng::seed_from_u64(number);
        let mut header = header.clone();
        // Numbers are changed to other numbers, and then sometimes bytes to other bytes.
        let mut text = with_another_number(metadata, &mut random);
        if random.random_bool(0.3) {
            text = String::from_utf8_lossy(&mutated(&[text.into_bytes()], &mut random)).into_owned();
        }
        header["__metadata__"]["soundalike-model"] = text.clone().into();
        let header = serde_json::to_vec(&header).expect("JSON");
        let length = (header.len() as u64).to_le_bytes();
        std::fs::write(&path, [&length, header.as_slice(), tensors].concat()).expect("written");
        match Model::load(&path).and_then(|model| model.encode(&samples, &[0])) {
            Ok(codes) => {
                encoded += 1;
                assert!(codes.len() <= 4096, "{text}");
            }
            Err(_) => refused += 1,
        }
    }
    println!("{CONFIGURATIONS} configurations: {encoded} encoded a sound, {refused} were refused");
    assert!(encoded > 10 && refused > CONFIGURATIONS / 2, "some are possible, and most are not");
}

/// A JSON text in which one number is another one.
fn with_another_number(text: &str, random: &mut ChaCha8Rng) -> String {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let starts = text.char_indices().zip(text[1..].chars()).filter(|((_, c), next)| *c == ':' && next.is_ascii_digit());
    let starts: Vec<usize> = starts.map(|((at, _), _)| at + 1).collect();
    let start = starts[random.random_range(0..starts.len())];
    let end = text[start..].find(|c| !is_part(c)).map_or(text.len(), |length| start + length);
    let numbers =
        ["0", "1", "2", "-1", "7", "0.5", "64", "4096", "65536", "1e9", "4294967296", "1e300", "18446744073709551615"];
    format!("{}{}{}", &text[..start], numbers[random.random_range(0..numbers.len())], &text[end..])
}
