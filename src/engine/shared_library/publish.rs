//! Publishes a project: its files and codes go into the shared library.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use serde::Serialize;

use super::super::error::EngineError;
use super::super::job::JobKind;
use super::super::ready::current_snapshot;
use super::super::shared::Job;
use super::super::snapshot::{Snapshot, Span};
use super::super::stage::JobStage;
use super::roots::{NamedRoot, root_of};
use crate::dataset::FileId;
use crate::project::{KeptFile, Project};
use crate::shared_library::{Address, Batch, KnownFile, Library, LibraryError, ModelState, NewFile, PublishedModel};

/// The most files and about the most codes of a batch, which is one transaction.
const FILES_A_BATCH: usize = 256;
const CODES_A_BATCH: usize = 50_000;

/// The most problems that are told.
const PROBLEMS_TOLD: usize = 10;

/// What to publish, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Publishing {
    pub library: Address,
    /// Names for folders. The other roots of the project are published under the names of their folders.
    pub roots: Vec<NamedRoot>,
    /// Whether the project's model becomes the library's next one, if it is another than the current one.
    pub new_model: bool,
    /// Whether to make pgvector's approximate index.
    pub approximate: bool,
}

/// What was published.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PublishReport {
    pub library: String,
    pub files: usize,
    pub added: u64,
    pub changed: u64,
    /// The number of files that left the project, and that no other project has.
    pub removed: u64,
    pub codes: u64,
    /// The number of the library's files that wait for a worker.
    pub waiting: u64,
    /// The files that no worker could read: path and reason.
    pub problems: Vec<(String, String)>,
    /// Whether the library's model is the project's.
    pub same_model: bool,
    /// Whether the next model became the current one.
    pub changed_over: bool,
    /// The recall of the approximate index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    pub seconds: f64,
}

/// Publishes a project. After an error or a cancellation, everything that was published stays, and the next call goes
/// on from there.
pub fn publish(job: &Job, wanted: &Publishing) -> Result<PublishReport, EngineError> {
    let began = Instant::now();
    let snapshot = match current_snapshot(job) {
        // If every file left the project, they leave the library, too.
        Err(EngineError::NoSounds) => None,
        snapshot => Some(snapshot?),
    };
    let project = &job.shared.project;
    job.check()?;
    job.progress(JobKind::Index, JobStage::LookingAtFiles, began, 0, 0);
    let mut library = Library::open_or_make(&wanted.library)?;
    library.drop_former_models()?;
    let model = model(&mut library, snapshot.as_deref(), project, wanted.new_model)?;
    let is_own = snapshot.as_ref().is_some_and(|snapshot| snapshot.model.hash() == model.hash);
    let publisher = library.publisher(&project.publisher_key()?)?;
    let files = named(project, &wanted.roots)?;
    let mut known: HashMap<(String, String), KnownFile> = HashMap::new();
    for file in library.published(publisher, &model)? {
        known.insert((file.root.clone(), file.path.clone()), file);
    }
    let mut report =
        PublishReport { library: library.name().to_owned(), files: files.len(), ..PublishReport::default() };
    let mut held: HashSet<i64> = HashSet::new();
    let spans: HashMap<FileId, &Span> = match snapshot.as_ref().filter(|_| is_own) {
        Some(snapshot) => snapshot.spans.iter().map(|span| (span.file.id, span)).collect(),
        None => HashMap::new(),
    };
    let mut numbers: HashMap<&str, i32> = HashMap::new();
    let mut missing: Vec<&Named> = Vec::new();
    for file in &files {
        let here = known.get(&(file.root.clone(), file.below.clone()));
        if let Some(here) = here {
            held.insert(here.id);
        }
        let is_the_same = here.is_some_and(|here| here.content_hash == file.kept.file.content_hash);
        let has_news = spans.contains_key(&file.kept.file.id) && here.is_some_and(|here| !here.is_encoded);
        if !is_the_same || has_news {
            missing.push(file);
        }
        if !numbers.contains_key(file.root.as_str()) {
            numbers.insert(&file.root, library.root(&file.root)?);
        }
    }
    let tags = project.tags()?;
    let no_tags = Vec::new();
    let publishing = Instant::now();
    let mut done = 0;
    while done < missing.len() {
        job.check()?;
        job.progress(JobKind::Index, JobStage::Publishing, publishing, done as u64, missing.len() as u64);
        let (mut batch, mut codes) = (Vec::new(), 0);
        for file in &missing[done..] {
            if batch.len() == FILES_A_BATCH || codes >= CODES_A_BATCH {
                break;
            }
            let span = spans.get(&file.kept.file.id);
            let of_file = match (&snapshot, span) {
                (Some(snapshot), Some(span)) => Some(codes_of(snapshot, span)?),
                _ => None,
            };
            codes += of_file.as_ref().map_or(0, Vec::len);
            batch.push(NewFile {
                root: numbers.get(file.root.as_str()).copied().unwrap_or_default(),
                root_name: &file.root,
                path: file.below.clone(),
                file: &file.kept.file,
                sound_hash: file.kept.sound_hash,
                tags: tags.get(&file.kept.file.id).unwrap_or(&no_tags),
                codes: of_file,
            });
        }
        let published = library.publish_batch(&Batch { publisher, model: &model, files: &batch })?;
        done += batch.len();
        report.added += published.added;
        report.changed += published.changed;
        report.codes += published.codes;
    }
    job.check()?;
    let left: Vec<i64> = known.values().map(|file| file.id).filter(|file| !held.contains(file)).collect();
    if !left.is_empty() {
        report.removed = library.withdraw(publisher, &left)?;
    }
    report.changed_over = library.change_over()?;
    if report.changed_over {
        library.drop_former_models()?;
    }
    let current = library.current_model()?;
    if wanted.approximate {
        job.progress(JobKind::Index, JobStage::MakingTheIndex, publishing, 0, 0);
        report.recall = library.make_hnsw(&current)?.recall;
    }
    for model in library.models()?.iter().filter(|model| model.state != ModelState::Former) {
        let left = library.remaining(model, &[])?;
        report.waiting = report.waiting.max(left.open + left.elsewhere);
    }
    let problems = library.problems(&current, PROBLEMS_TOLD)?;
    report.problems = problems.into_iter().map(|(root, path, why)| (format!("{root}/{path}"), why)).collect();
    report.same_model = snapshot.is_some_and(|snapshot| snapshot.model.hash() == current.hash);
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// The model whose codes are published: the project's, if the library has it or gets it now; otherwise the library's.
fn model(
    library: &mut Library,
    snapshot: Option<&Snapshot>,
    project: &Project,
    new_model: bool,
) -> Result<PublishedModel, EngineError> {
    let known = library.models()?;
    let Some(snapshot) = snapshot else { return Ok(library.current_model()?) };
    let own = known.iter().find(|model| model.hash == snapshot.model.hash());
    match own {
        Some(own) if own.state != ModelState::Former => Ok(*own),
        _ if known.is_empty() || new_model => {
            let path = project.model_path(snapshot.model_generation);
            let published = library.publish_model(&snapshot.model, path.as_std_path())?;
            // Another project may have published the first model at the same time. Then this one waits for `new_model`.
            match published.state == ModelState::Next && !new_model {
                true => Ok(library.current_model()?),
                false => Ok(published),
            }
        }
        _ => Ok(library.current_model()?),
    }
}

/// A file of the project with its name in the library.
struct Named {
    kept: KeptFile,
    root: String,
    below: String,
}

/// The files of the project with their names in the library. Files below no named folder have the names of the
/// project's own roots.
fn named(project: &Project, roots: &[NamedRoot]) -> Result<Vec<Named>, EngineError> {
    let own = project.roots()?.into_iter().filter_map(|root| {
        let name = root.place.file_name()?.to_owned();
        Some(NamedRoot { name, place: root.place })
    });
    let own: Vec<NamedRoot> = own.collect();
    let mut used: HashMap<&str, &NamedRoot> = roots.iter().map(|root| (root.name.as_str(), root)).collect();
    let mut named = Vec::new();
    for kept in project.library()? {
        let found = root_of(roots, &kept.file.path).or_else(|| root_of(&own, &kept.file.path));
        let Some((root, below)) = found else {
            let why = format!("name the folder of {} with --root NAME=PATH", kept.file.path);
            return Err(LibraryError::Request(why).into());
        };
        let first = used.entry(&root.name).or_insert(root);
        if first.place != root.place {
            let why = format!(
                "{} and {} would both be called {}; name one of them with --root NAME=PATH",
                first.place, root.place, root.name
            );
            return Err(LibraryError::Request(why).into());
        }
        let root = root.name.clone();
        named.push(Named { kept, root, below });
    }
    Ok(named)
}

/// The codes of a file's chunks that are not silent.
fn codes_of(snapshot: &Snapshot, span: &Span) -> Result<Vec<(u32, Vec<u64>)>, EngineError> {
    let all = snapshot.index.codes()?;
    let rows = (0_u32..).zip(span.first_row..span.first_row + span.chunks);
    let audible = rows.filter(|(_, row)| snapshot.offered.contains(*row));
    Ok(audible.map(|(chunk, row)| (chunk, all.code(row).to_vec())).collect())
}
