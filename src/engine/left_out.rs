//! What is left out of the added folders: the project's patterns, and the list of the files concerned.

use std::sync::Arc;
use std::time::Instant;

use camino::Utf8PathBuf;

use super::error::EngineError;
use super::event::LeftOutReport;
use super::job::JobKind;
use super::shared::{Job, Shared};
use super::stage::JobStage;
use crate::dataset::Exclusions;
use crate::dataset::scan::scan;
use crate::ground::names;
use crate::project::Project;

/// The patterns of files that the project leaves out of folders.
pub(super) fn exclusions(project: &Project) -> Result<Exclusions, EngineError> {
    let roots = folders(project)?.iter().map(|folder| names::path_of(folder)).collect();
    Ok(Exclusions { patterns: project.ignored()?, roots, own: Some(project.folder().as_std_path().to_owned()) })
}

/// The folders that were added with everything below them. The project's own folders are left out, because they are not
/// searched for sounds.
pub(super) fn folders(project: &Project) -> Result<Vec<Utf8PathBuf>, EngineError> {
    let roots = project.roots()?.into_iter().filter(|root| root.whole && !root.in_project);
    Ok(roots.map(|root| root.place).collect())
}

/// Replaces the project's patterns. Files that are already in the project stay in it.
pub(super) fn set_ignored(shared: &Shared, patterns: Vec<String>) -> Result<(), EngineError> {
    let mut patterns: Vec<String> = patterns.into_iter().map(|pattern| pattern.trim().to_owned()).collect();
    patterns.retain(|pattern| !pattern.is_empty());
    let exclusions = Exclusions { patterns, ..Exclusions::default() };
    exclusions.check()?;
    shared.project.keep_ignored(&exclusions.patterns)?;
    shared.update(|latest| latest.ignored = Arc::new(exclusions.patterns));
    Ok(())
}

/// Lists what is left out of the added folders. Reads and adds no sound.
pub(super) fn list_left_out(job: &Job) -> Result<LeftOutReport, EngineError> {
    let exclusions = exclusions(&job.shared.project)?;
    job.progress(JobKind::Check, JobStage::LookingForWhatIsLeftOut, Instant::now(), 0, 0);
    let there: Vec<_> = exclusions.roots.iter().filter(|root| root.is_dir()).cloned().collect();
    let found = scan(&there, &exclusions, || !job.is_cancelled());
    job.check()?;
    Ok(LeftOutReport { patterns: exclusions.patterns, left_out: found.left_out })
}
