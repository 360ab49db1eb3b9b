//! A worker: takes files that have no codes, encodes them, and writes their codes, until nothing is left.
//!
//! One thread has the connection. It takes leases, renews those whose files make progress, and writes codes. Rayon's
//! threads encode. If the server goes away, the worker waits for it with what it has, and goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use serde::Serialize;

use super::super::encode::encode_file;
use super::super::error::EngineError;
use super::roots::NamedRoot;
use crate::model::Model;
use crate::shared_library::{
    Address, Completed, Lease, LeaseTerms, Library, LibraryError, ModelState, PublishedModel, Task,
};

/// The time between two attempts to reach the server again.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(500);

/// The longest time that a worker waits for news without looking at what is left.
const WITHOUT_NEWS: Duration = Duration::from_secs(5);

/// What a worker does.
pub struct Work {
    pub library: Address,
    pub roots: Vec<NamedRoot>,
    pub terms: LeaseTerms,
    /// Whether the worker waits for further files when everything is done.
    pub stays: bool,
    /// Whether files that could not be read are tried again.
    pub retries_problems: bool,
    /// How long the worker waits for a server that is away.
    pub patience: Duration,
    /// A message, or the end of the channel, tells the worker to stop.
    pub stop: Receiver<()>,
}

/// What a worker did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WorkReport {
    pub files: u64,
    pub codes: u64,
    pub failed: u64,
    /// Files whose lease had ended before their codes were written.
    pub too_late: u64,
    /// Files that wait in roots that this worker does not have.
    pub elsewhere: u64,
    pub stopped: bool,
    pub seconds: f64,
}

/// Works until nothing is left. `told` hears of progress.
pub fn work(work: &Work, told: &mut dyn FnMut(&WorkReport)) -> Result<WorkReport, EngineError> {
    for root in &work.roots {
        if !root.place.is_dir() {
            return Err(LibraryError::Request(format!("{} of the root {} is no folder", root.place, root.name)).into());
        }
    }
    let (sender, results) = unbounded();
    let mut worker = Worker {
        work,
        library: None,
        models: HashMap::new(),
        roots: Vec::new(),
        held: HashMap::new(),
        renewed: Instant::now(),
        sender,
        results,
        report: WorkReport::default(),
        name: std::process::id().to_string(),
        began: Instant::now(),
    };
    let ended = worker.run(told);
    worker.abandon();
    match ended {
        // The worker was stopped while it waited for the server.
        Ok(()) | Err(EngineError::Cancelled) => Ok(worker.report),
        Err(cause) => Err(cause),
    }
}

/// A file that is being encoded.
struct Held {
    task: Task,
    model: PublishedModel,
    signs: Arc<Signs>,
    /// What `signs.steps` was at the last renewal.
    seen: u64,
}

/// What the thread with the connection and the one that encodes tell each other.
#[derive(Default)]
struct Signs {
    /// Rises while the file is being encoded. 0: it has not begun.
    steps: AtomicU64,
    abandoned: AtomicBool,
}

/// The result of encoding: the codes of the audible chunks, or why there are none.
type Encoding = Result<Option<Vec<(u32, Vec<u64>)>>, EngineError>;

struct Worker<'a> {
    work: &'a Work,
    library: Option<Library>,
    models: HashMap<i32, Arc<Model>>,
    /// The numbers of those of the worker's roots that the library has.
    roots: Vec<i32>,
    held: HashMap<Lease, Held>,
    renewed: Instant,
    sender: Sender<(Lease, Encoding)>,
    results: Receiver<(Lease, Encoding)>,
    report: WorkReport,
    name: String,
    began: Instant,
}

impl Worker<'_> {
    fn run(&mut self, told: &mut dyn FnMut(&WorkReport)) -> Result<(), EngineError> {
        let mut is_first = true;
        loop {
            if self.is_stopped() {
                self.report.stopped = true;
                return Ok(());
            }
            let roots = self.root_numbers()?;
            if std::mem::take(&mut is_first) && self.work.retries_problems {
                self.with_library(|library| library.retry_problems(&roots))?;
            }
            self.renew()?;
            let is_fresh = self.take(&roots)?;
            if self.held.is_empty() && !is_fresh {
                if !self.wait_for_work(&roots)? {
                    return Ok(());
                }
                continue;
            }
            match self.results.recv_timeout(self.between_renewals()) {
                Ok((lease, encoding)) => {
                    self.hand_in(lease, encoding)?;
                    self.report.seconds = self.began.elapsed().as_secs_f64();
                    told(&self.report);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
    }

    fn is_stopped(&self) -> bool {
        !matches!(self.work.stop.try_recv(), Err(crossbeam_channel::TryRecvError::Empty))
    }

    /// A lease is renewed often enough to survive one renewal that comes late.
    fn between_renewals(&self) -> Duration {
        (self.work.terms.lasts / 4).min(Duration::from_secs(1))
    }

    /// Carries out `deed`. If the server is away, waits for it and tries again.
    fn with_library<T>(
        &mut self,
        mut deed: impl FnMut(&mut Library) -> Result<T, LibraryError>,
    ) -> Result<T, EngineError> {
        let mut away_since: Option<Instant> = None;
        loop {
            let attempt = match &mut self.library {
                Some(library) => deed(library),
                None => Library::open(&self.work.library).and_then(|mut library| {
                    library.listen()?;
                    deed(self.library.insert(library))
                }),
            };
            let cause = match attempt {
                Err(cause) if cause.is_passing() => cause,
                other => return other.map_err(EngineError::from),
            };
            self.library = None;
            let since = *away_since.get_or_insert_with(|| {
                tracing::warn!("{cause}; waiting for it");
                Instant::now()
            });
            if since.elapsed() >= self.work.patience {
                return Err(cause.into());
            }
            if !matches!(self.work.stop.recv_timeout(BETWEEN_ATTEMPTS), Err(RecvTimeoutError::Timeout)) {
                self.report.stopped = true;
                return Err(EngineError::Cancelled);
            }
        }
    }

    /// The numbers of the worker's roots in the library.
    fn root_numbers(&mut self) -> Result<Vec<i32>, EngineError> {
        if self.roots.len() == self.work.roots.len() {
            return Ok(self.roots.clone());
        }
        let known = self.with_library(Library::roots)?;
        for root in &self.work.roots {
            if !self.work.stays && !known.iter().any(|(_, name)| *name == root.name) {
                let names: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
                let why = format!("the library has no root {}; it has: {}", root.name, names.join(", "));
                return Err(LibraryError::Request(why).into());
            }
        }
        let is_own = |name: &String| self.work.roots.iter().any(|root| root.name == *name);
        self.roots = known.iter().filter(|(_, name)| is_own(name)).map(|(number, _)| *number).collect();
        Ok(self.roots.clone())
    }

    /// The models that are to be filled: the current one first.
    fn wanted_models(&mut self) -> Result<Vec<PublishedModel>, EngineError> {
        let models = self.with_library(Library::models)?;
        let mut wanted: Vec<PublishedModel> =
            models.into_iter().filter(|model| model.state != ModelState::Former).collect();
        wanted.sort_by_key(|model| model.state != ModelState::Current);
        Ok(wanted)
    }

    /// Renews the leases of files that make progress or have not begun, if it is time.
    fn renew(&mut self) -> Result<(), EngineError> {
        if self.held.is_empty() || self.renewed.elapsed() < self.between_renewals() {
            return Ok(());
        }
        let mut alive = Vec::new();
        for (lease, held) in &mut self.held {
            let steps = held.signs.steps.load(Ordering::Relaxed);
            if steps == 0 || steps != held.seen {
                alive.push(*lease);
            }
            held.seen = steps;
        }
        let terms = self.work.terms;
        let still = self.with_library(|library| library.renew(&alive, &terms))?;
        for (lease, held) in &self.held {
            if alive.contains(lease) && !still.contains(lease) {
                held.signs.abandoned.store(true, Ordering::Relaxed);
            }
        }
        self.renewed = Instant::now();
        Ok(())
    }

    /// Takes files while there is room. Says whether it took any.
    fn take(&mut self, roots: &[i32]) -> Result<bool, EngineError> {
        let room = (rayon::current_num_threads() + 1).saturating_sub(self.held.len());
        if room == 0 {
            return Ok(false);
        }
        for model in self.wanted_models()? {
            let (terms, name) = (self.work.terms, self.name.clone());
            let tasks = self.with_library(|library| library.claim(&model, roots, &name, room, &terms))?;
            if tasks.is_empty() {
                continue;
            }
            let loaded = match self.models.get(&model.id) {
                Some(loaded) => loaded.clone(),
                None => {
                    let loaded = Arc::new(self.with_library(|library| library.load_model(&model))?);
                    self.models.insert(model.id, loaded.clone());
                    loaded
                }
            };
            for task in tasks {
                self.begin(task, model, loaded.clone());
            }
            return Ok(true);
        }
        Ok(false)
    }

    fn begin(&mut self, task: Task, model: PublishedModel, loaded: Arc<Model>) {
        let signs = Arc::new(Signs::default());
        let lease = task.lease;
        // A claim names only the roots of this worker.
        let place = self.work.roots.iter().find(|root| root.name == task.root).map(|root| root.path_of(&task.path));
        let file = task.sound_file(place.unwrap_or_default());
        let (sender, of_thread) = (self.sender.clone(), signs.clone());
        rayon::spawn(move || {
            let go_on = || {
                of_thread.steps.fetch_add(1, Ordering::Relaxed);
                !of_thread.abandoned.load(Ordering::Relaxed)
            };
            let encoding = match go_on() {
                true => encode_file(&loaded, loaded.config().grid(), &file, go_on),
                false => Ok(None),
            };
            let encoding = encoding.map(|encoded| {
                encoded.map(|encoded| {
                    let chunks = (0_u32..).zip(encoded.codes.as_ref().iter()).zip(&encoded.silent);
                    let audible = chunks.filter(|(_, is_silent)| !**is_silent);
                    audible.map(|((chunk, code), _)| (chunk, code.to_vec())).collect()
                })
            });
            // The worker has ended if nobody listens. Then its lease ends, too.
            let _ = sender.send((lease, encoding));
        });
        self.held.insert(lease, Held { task, model, signs, seen: 0 });
    }

    /// Writes the result of a file.
    fn hand_in(&mut self, lease: Lease, encoding: Encoding) -> Result<(), EngineError> {
        let Some(held) = self.held.remove(&lease) else { return Ok(()) };
        match encoding {
            Ok(Some(codes)) => {
                let completed = self.with_library(|library| library.complete(&held.model, &held.task, &codes))?;
                match completed {
                    Completed::Written => {
                        self.report.files += 1;
                        self.report.codes += codes.len() as u64;
                    }
                    Completed::TooLate => self.report.too_late += 1,
                }
                Ok(())
            }
            Ok(None) => {
                self.report.too_late += 1;
                Ok(())
            }
            Err(EngineError::Audio(cause)) => {
                self.refuse_missing_root(&held)?;
                let (terms, reason) = (self.work.terms, cause.cause.to_string());
                tracing::warn!("{}/{}: {reason}", held.task.root, held.task.path);
                self.report.failed += 1;
                self.with_library(|library| library.give_up(&held.task, &reason, &terms))
            }
            Err(other) => Err(other),
        }
    }

    /// If a whole root is away, its files are no problems: the worker ends.
    fn refuse_missing_root(&mut self, held: &Held) -> Result<(), EngineError> {
        let root = self.work.roots.iter().find(|root| root.name == held.task.root);
        match root.filter(|root| !root.place.is_dir()) {
            None => Ok(()),
            Some(root) => {
                let why =
                    format!("{} of the root {} is away; start the worker again when it is back", root.place, root.name);
                let lease = held.task.lease;
                self.with_library(|library| library.release(&[lease]))?;
                Err(LibraryError::Request(why).into())
            }
        }
    }

    /// Waits until there may be work. Returns false if nothing is left.
    fn wait_for_work(&mut self, roots: &[i32]) -> Result<bool, EngineError> {
        let (mut open, mut elsewhere) = (0, 0);
        let mut first_end = WITHOUT_NEWS;
        let models = self.wanted_models()?;
        for model in &models {
            let left = self.with_library(|library| library.remaining(model, roots))?;
            open += left.open;
            elsewhere = elsewhere.max(left.elsewhere);
            first_end = left.first_end.map_or(first_end, |end| end.min(first_end));
        }
        self.report.elsewhere = elsewhere;
        if open == 0 && models.iter().any(|model| model.state == ModelState::Next) {
            self.with_library(Library::change_over)?;
        }
        if open == 0 && !self.work.stays {
            return Ok(false);
        }
        // Others have the open files. Their leases end, or their files are done.
        let most = first_end.clamp(Duration::from_millis(20), Duration::from_millis(500));
        self.with_library(|library| library.wait_for_news(most))?;
        Ok(true)
    }

    /// Gives back what is held.
    fn abandon(&mut self) {
        let leases: Vec<Lease> = self.held.keys().copied().collect();
        self.held.values().for_each(|held| held.signs.abandoned.store(true, Ordering::Relaxed));
        if let (Some(library), false) = (&mut self.library, leases.is_empty()) {
            // If the server is away, the leases end by themselves.
            let _ = library.release(&leases);
        }
        self.report.seconds = self.began.elapsed().as_secs_f64();
    }
}
