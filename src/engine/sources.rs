//! Adds files for a person who may not have every file read: only from certain folders, with limited downloads.

use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::command::Sources;
use super::error::EngineError;
use super::event::AddReport;
use super::import::add_found;
use super::job::JobKind;
use super::left_out::exclusions;
use super::roots::known_path;
use super::shared::Job;
use super::stage::JobStage;
use crate::dataset::scan::{Found, scan};
use crate::dataset::{Exclusions, Problem};
use crate::ground::files::Draft;
use crate::ground::names;
use crate::ground::paths::WithoutLinks as _;

/// The folder of the project for downloads.
const FOLDER: &str = "downloads";
const CONNECT_AT_MOST: Duration = Duration::from_secs(10);
const ANSWER_AT_MOST: Duration = Duration::from_secs(30);
const DOWNLOAD_AT_MOST: Duration = Duration::from_secs(600);
const REDIRECTS_AT_MOST: u32 = 5;
/// How often a download checks whether it was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(super) fn add_from(job: &Job, sources: &Sources) -> Result<AddReport, EngineError> {
    job.shared.project.check_writable()?;
    let mut failed = Vec::new();
    let mut downloads = Vec::new();
    for address in &sources.addresses {
        job.check()?;
        match download(job, address, sources.bytes_at_most)? {
            Ok(path) => downloads.push(path),
            Err(reason) => failed.push(Problem { path: address.clone(), reason }),
        }
    }
    job.progress(JobKind::Import, JobStage::LookingForSounds, Instant::now(), 0, 0);
    let exclusions = exclusions(&job.shared.project)?;
    let roots = job.shared.project.roots()?;
    let is_permitted = |path: &Path| sources.only_below.as_ref().is_none_or(|folders| may_be_read(path, folders));
    let (permitted, refused): (Vec<_>, Vec<_>) = sources.paths.iter().partition(|path| is_permitted(path));
    // A refused path is named as it was given: where its links lead is not for this person to know.
    failed.extend(refused.iter().map(|path| Problem {
        path: path.to_string_lossy().into_owned(),
        reason: "it is not in a folder that may be read".into(),
    }));
    let paths: Vec<PathBuf> = permitted.iter().map(|path| known_path(&roots, path)).collect();
    let mut found = match &sources.only_below {
        None => scan(&paths, &exclusions, || !job.is_cancelled()),
        Some(folders) => confined(job, &paths, &exclusions, folders, &mut failed),
    };
    found.files.extend(downloads.iter().cloned());
    found.files.sort_unstable();
    found.files.dedup();
    let folders = paths.iter().filter(|path| path.is_dir()).map(|path| names::text_of(path));
    let mut report = add_found(job, found, &folders.collect::<Vec<_>>())?;
    for download in downloads {
        // A download that is no sound is not kept.
        if report.failed.iter().any(|problem| problem.path == download.as_str()) {
            std::fs::remove_file(&download)
                .map_err(|cause| EngineError::Write { path: download.into_std_path_buf(), cause })?;
        }
    }
    // What was not permitted is not a problem of the project.
    report.failed.extend(failed);
    Ok(report)
}

/// Scans the permitted `paths`. Files outside of `folders`, to which links lead, go to `failed` without their paths.
fn confined(
    job: &Job,
    paths: &[PathBuf],
    exclusions: &Exclusions,
    folders: &[Utf8PathBuf],
    failed: &mut Vec<Problem>,
) -> Found {
    let mut found = scan(paths, exclusions, || !job.is_cancelled());
    let (inside, linked): (Vec<_>, Vec<_>) =
        found.files.drain(..).partition(|file| is_below(file.as_std_path(), folders));
    found.files = inside;
    failed.extend(
        linked
            .iter()
            .map(|_| Problem { path: "a link".into(), reason: "it leads out of the folders that may be read".into() }),
    );
    found.skipped.retain(|skipped| may_be_read(Path::new(&skipped.path), folders));
    found.left_out.retain(|problem| may_be_read(Path::new(&problem.path), folders));
    found.failed.retain(|problem| may_be_read(Path::new(&problem.path), folders));
    found
}

fn is_below(path: &Path, folders: &[Utf8PathBuf]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
}

/// Whether the target of `path` is below one of the folders. If it does not exist, whether the path itself is.
fn may_be_read(path: &Path, folders: &[Utf8PathBuf]) -> bool {
    match path.without_links() {
        Ok(real) => is_below(&real, folders),
        Err(_) => {
            let plain = path.components().all(|part| !matches!(part, Component::ParentDir));
            plain
                && path
                    .parent()
                    .and_then(|parent| parent.without_links().ok())
                    .is_some_and(|real| is_below(&real, folders))
        }
    }
}

/// Downloads an address into the project. If it is refused, returns the reason. An error ends the job.
fn download(job: &Job, address: &str, bytes_at_most: u64) -> Result<Result<Utf8PathBuf, String>, EngineError> {
    let folder = job.shared.project.subfolder(FOLDER)?;
    let began = Instant::now();
    let unwritable = |cause| EngineError::Write { path: folder.clone().into_std_path_buf(), cause };
    let mut draft = Draft::in_folder(folder.as_std_path()).map_err(unwritable)?;
    let (sender, parts) = bounded(4);
    let to_fetch = address.to_owned();
    // A server that sends nothing must not keep a cancelled job waiting. The thread ends at its next part, or when its
    // time is over.
    std::thread::Builder::new()
        .name("download".into())
        .spawn(move || fetch(&to_fetch, &sender))
        .map_err(|cause| EngineError::Fault(format!("no thread for a download: {cause}")))?;
    let (mut done, mut promised) = (0, 0);
    loop {
        job.check()?;
        job.progress(JobKind::Import, JobStage::Downloading, began, done, promised);
        let bytes = match parts.recv_timeout(LOOK_EVERY) {
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Ok(Err("it could not be downloaded".into())),
            Ok(Err(reason)) => return Ok(Err(format!("it could not be downloaded: {reason}"))),
            Ok(Ok(Part::End)) => break,
            Ok(Ok(Part::Promised(bytes))) => {
                promised = bytes;
                Vec::new()
            }
            Ok(Ok(Part::Bytes(bytes))) => bytes,
        };
        done += bytes.len() as u64;
        if done.max(promised) > bytes_at_most {
            let most = bytes_at_most >> 20;
            return Ok(Err(format!("it is larger than the {most} MiB that a download may have")));
        }
        draft.write_all(&bytes).map_err(unwritable)?;
    }
    let path = folder.join(name_of(address));
    draft.replace(path.as_std_path()).map_err(unwritable)?;
    let path = path.without_links().map_err(unwritable)?;
    Ok(Ok(path))
}

/// A part of a download.
enum Part {
    /// The number of bytes that the server announces.
    Promised(u64),
    Bytes(Vec<u8>),
    End,
}

/// Passes on the bytes of an address, until nobody takes them any more.
fn fetch(address: &str, parts: &Sender<Result<Part, String>>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT_AT_MOST))
        .timeout_recv_response(Some(ANSWER_AT_MOST))
        .timeout_global(Some(DOWNLOAD_AT_MOST))
        .max_redirects(REDIRECTS_AT_MOST)
        .build()
        .into();
    // If nobody takes a part, the job has ended, and there is nobody to tell.
    let mut response = match agent.get(address).call() {
        Ok(response) => response,
        Err(cause) => return drop(parts.send(Err(cause.to_string()))),
    };
    if let Some(bytes) = response.body().content_length() {
        let _ = parts.send(Ok(Part::Promised(bytes)));
    }
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let part = match body.read(&mut buffer) {
            Ok(0) => return drop(parts.send(Ok(Part::End))),
            Ok(count) => Part::Bytes(buffer[..count].to_vec()),
            Err(cause) => return drop(parts.send(Err(cause.to_string()))),
        };
        if parts.send(Ok(part)).is_err() {
            return;
        }
    }
}

/// A file name that is different for each address, with the address's extension.
fn name_of(address: &str) -> String {
    const LONGEST: usize = 80;
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let last = Utf8Path::new(path.split_once("//").map_or(path, |(_, rest)| rest)).file_name().unwrap_or_default();
    let plain: Vec<char> =
        last.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let kept: String = plain[plain.len().saturating_sub(LONGEST)..].iter().collect();
    format!("{}-{kept}", &blake3::hash(address.as_bytes()).to_hex()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_named_by_its_address_and_stays_in_its_folder() {
        let name = name_of("https://example.org/a/b%20c.wav?x=/../../y#z");
        assert!(name.ends_with("-b_20c.wav") && name.len() == 17 + 9, "{name}");
        assert_ne!(name_of("http://a/1.wav"), name_of("http://b/1.wav"));
        for odd in ["http://example.org/..", "http://example.org/", "http://example.org", "http://e/\u{0}/x\\..\\y"] {
            let name = name_of(odd);
            assert!(!name.contains(['/', '\\', '\0']) && name.as_bytes()[16] == b'-', "{name}");
        }
    }

    #[test]
    fn only_what_leads_into_a_folder_may_be_read() {
        let keep = tempfile::tempdir().expect("a folder");
        let root = Utf8PathBuf::from_path_buf(keep.path().without_links().expect("there")).expect("UTF-8");
        let (inside, outside) = (root.join("in"), root.join("in_too"));
        for folder in [&inside, &outside] {
            std::fs::create_dir(folder).expect("made");
            std::fs::write(folder.join("a.wav"), "").expect("written");
        }
        let folders = [inside.clone()];
        let may = |path: &str| may_be_read(Path::new(path), &folders);
        assert!(may(inside.as_str()) && may(inside.join("a.wav").as_str()) && may(inside.join("absent.wav").as_str()));
        assert!(!may(outside.join("a.wav").as_str()), "a folder whose name only begins alike");
        assert!(!may(inside.join("../in_too/a.wav").as_str()));
        assert!(!may(inside.join("../absent.wav").as_str()) && !may(inside.join("absent/../../in_too").as_str()));
        assert!(!may("/etc/passwd") && !may("relative.wav"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.join("a.wav"), inside.join("link.wav")).expect("linked");
            assert!(!may(inside.join("link.wav").as_str()));
        }
    }
}
