//! Watching the added folders: new and changed files are added as if a person had added them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use crossbeam_channel::{Receiver, RecvTimeoutError, unbounded};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::command::Command;
use super::error::EngineError;
use super::latest::WatchView;
use super::left_out::{exclusions, folders};
use super::shared::Shared;
use crate::dataset::exclusions::IGNORE_FILE;
use crate::dataset::{Exclusions, scan};
use crate::ground::names;
use crate::project::Project;

/// Changes are handled when nothing has changed for this long, because files are written piece by piece.
const QUIET: Duration = Duration::from_secs(1);

/// If changes never end, they are handled after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is kept with the project. The folders are its roots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Watched {
    on: bool,
}

impl Watched {
    /// The settings that were kept. None if they cannot be read: the project opens anyway.
    fn load(project: &Project) -> Result<Self, EngineError> {
        let text = project.watched_folders()?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn keep(&self, project: &Project) -> Result<(), EngineError> {
        let text = serde_json::to_string_pretty(self).map_err(|cause| EngineError::Fault(cause.to_string()))?;
        Ok(project.keep_watched_folders(&text)?)
    }
}

/// The settings that were kept, before anything is watched.
pub(super) fn view(project: &Project) -> Result<WatchView, EngineError> {
    let Watched { on } = Watched::load(project)?;
    Ok(WatchView { wanted: on, folders: folders(project)?, ..WatchView::default() })
}

/// Takes the commands that follow from changes in watched folders.
pub(super) type Submit = Arc<dyn Fn(Command) + Send + Sync>;

/// Watches the folders while a person wants that.
pub(super) struct Watch {
    shared: Arc<Shared>,
    submit: Submit,
    running: Mutex<Option<Running>>,
}

struct Running {
    /// Dropped first. That ends the thread's events.
    watcher: Option<RecommendedWatcher>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watcher = None;
        if let Some(thread) = self.thread.take() {
            // The thread has no result, and a panic was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Watch {
    pub fn new(shared: Arc<Shared>, submit: Submit) -> Self {
        Self { shared, submit, running: Mutex::default() }
    }

    /// Begins or ends watching, and keeps the choice with the project.
    pub fn set(&self, on: bool) -> Result<(), EngineError> {
        let mut watched = Watched::load(&self.shared.project)?;
        if watched.on != on {
            watched.on = on;
            watched.keep(&self.shared.project)?;
        }
        self.apply(&watched)
    }

    /// Watches the folders that are roots now, if watching is on.
    pub fn follow_roots(&self) -> Result<(), EngineError> {
        let folders = folders(&self.shared.project)?;
        let view = self.shared.latest().watch;
        match folders == view.folders {
            true => Ok(()),
            false => self.apply(&Watched { on: view.running }),
        }
    }

    pub fn stop(&self) {
        drop(self.running.lock().take());
    }

    fn apply(&self, watched: &Watched) -> Result<(), EngineError> {
        self.stop();
        let folders = folders(&self.shared.project)?;
        let (running, problems) = match watched.on {
            true => self.start(&folders)?,
            false => (None, Vec::new()),
        };
        let view = WatchView {
            wanted: Watched::load(&self.shared.project)?.on,
            running: running.is_some(),
            folders,
            problem: (!problems.is_empty()).then(|| problems.join("; ")),
        };
        *self.running.lock() = running;
        self.shared.update(|latest| latest.watch = Arc::new(view));
        Ok(())
    }

    /// Starts watching `folders`. Returns the watcher, and what cannot be watched.
    fn start(&self, folders: &[Utf8PathBuf]) -> Result<(Option<Running>, Vec<String>), EngineError> {
        let (sender, changes) = unbounded();
        let heard = move |event: notify::Result<notify::Event>| {
            // An error means that an event was lost. The next event in the same place makes up for it.
            let Ok(event) = event.inspect_err(|cause| tracing::warn!("watching folders: {cause}")) else { return };
            if matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)) {
                for path in event.paths {
                    // Nobody listens any more when watching ends.
                    let _ = sender.send(path);
                }
            }
        };
        let failed = |cause: notify::Error| EngineError::Watching(cause.to_string());
        let mut watcher = notify::recommended_watcher(heard).map_err(failed)?;
        let mut problems = Vec::new();
        for folder in folders {
            if let Err(cause) = watcher.watch(&names::path_of(folder), RecursiveMode::Recursive) {
                problems.push(format!("{} cannot be watched: {cause}", names::shown(folder.as_str())));
            }
        }
        let (submit, shared) = (self.submit.clone(), self.shared.clone());
        let thread = std::thread::Builder::new()
            .name("watch folders".into())
            .spawn(move || {
                while let Some(paths) = settled(&changes) {
                    // Without the patterns, nobody knows which files are wanted. The next change is looked at again.
                    let exclusions = exclusions(&shared.project).inspect_err(|cause| tracing::warn!("{cause}"));
                    let commands = exclusions.map(|exclusions| commands_for(&paths, &exclusions)).unwrap_or_default();
                    commands.into_iter().for_each(&*submit);
                }
            })
            .map_err(|cause| EngineError::Watching(cause.to_string()))?;
        Ok((Some(Running { watcher: Some(watcher), thread: Some(thread) }), problems))
    }
}

/// The paths that have changed, when they have come to rest. `None` if no more can come.
fn settled(changes: &Receiver<PathBuf>) -> Option<BTreeSet<PathBuf>> {
    let mut paths = BTreeSet::from([changes.recv().ok()?]);
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        match changes.recv_timeout(QUIET) {
            Ok(path) => _ = paths.insert(path),
            Err(RecvTimeoutError::Timeout) => break,
            // The last changes are dropped together with their reader.
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
    Some(paths)
}

/// The commands that a person would give after these changes.
fn commands_for(paths: &BTreeSet<PathBuf>, exclusions: &Exclusions) -> Vec<Command> {
    let (mut there, mut gone) = (BTreeSet::new(), false);
    let is_own = |path: &Path| exclusions.own.as_ref().is_some_and(|own| path.starts_with(own));
    for path in paths.iter().filter(|path| !is_own(path)) {
        let folder = match path.parent().filter(|_| path.ends_with(IGNORE_FILE)) {
            Some(folder) => Some(folder),
            // A folder that was moved here causes no events for its files.
            None => path.is_dir().then_some(path.as_path()),
        };
        if let Some(folder) = folder {
            if exclusions.why_left_out(folder).is_none() {
                let found = scan::scan(&[folder.to_owned()], exclusions, || true);
                there.extend(found.files.iter().map(|file| names::path_of(file)));
            }
        } else if path.is_file() {
            if exclusions.why_left_out(path).is_none() && scan::looks_like_sound(path) {
                there.insert(path.clone());
            }
        } else {
            gone |= !path.exists();
        }
    }
    let mut commands = Vec::new();
    if !there.is_empty() {
        commands.push(Command::AddPaths { paths: there.into_iter().collect() });
    }
    if gone {
        commands.push(Command::CheckFiles);
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_folder_tells_becomes_what_a_person_would_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let own = at("project");
        for below in ["new", "project/takes"] {
            std::fs::create_dir_all(at(below)).expect("a folder");
        }
        for name in ["a.wav", "notes.txt", ".hidden.wav", "new/b.flac", "new/c.txt", "project/takes/d.wav"] {
            std::fs::write(at(name), "x").expect("written");
        }
        let changed =
            ["a.wav", "notes.txt", ".hidden.wav", "new", "drafts", "drafts/e.wav", "project/takes/d.wav"].map(at);
        std::fs::write(at(".soundalikeignore"), "drafts\n").expect("written");
        std::fs::create_dir(at("drafts")).expect("a folder");
        std::fs::write(at("drafts/e.wav"), "x").expect("written");
        let roots = vec![folder.path().to_owned()];
        let exclusions = Exclusions { roots, own: Some(own), ..Exclusions::default() };
        let commands = commands_for(&changed.into(), &exclusions);
        let [Command::AddPaths { paths }] = &commands[..] else { panic!("{commands:?}") };
        let root = folder.path().canonicalize().expect("there");
        let paths: BTreeSet<_> = paths.iter().map(|path| path.canonicalize().expect("there")).collect();
        assert_eq!(paths, BTreeSet::from([root.join("a.wav"), root.join("new/b.flac")]));
        let gone = commands_for(&BTreeSet::from([at("gone.wav")]), &exclusions);
        assert!(matches!(&gone[..], [Command::CheckFiles]), "{gone:?}");
        let listed = commands_for(&BTreeSet::from([at(".soundalikeignore")]), &exclusions);
        let [Command::AddPaths { paths }] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!(paths.len(), 2, "what a list lets in is taken: {paths:?}");
        assert!(commands_for(&BTreeSet::from([at("notes.txt")]), &exclusions).is_empty());
    }

    #[test]
    fn changes_that_come_together_are_looked_at_together() {
        let (sender, changes) = unbounded();
        for name in ["a", "b", "a"] {
            sender.send(PathBuf::from(name)).expect("sent");
        }
        assert_eq!(settled(&changes), Some(["a", "b"].map(PathBuf::from).into()));
        drop(sender);
        assert_eq!(settled(&changes), None);
    }
}
