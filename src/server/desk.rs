//! The engine for the server's requests: a command goes in, its end comes out, and no thread waits meanwhile.
//!
//! One thread here reads the engine's queue of events, and passes each event to the request that waits for it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use anyhow::Context as _;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use super::answer::Refusal;
use super::limits;
use crate::engine::{Command, Engine, Event, Failure, FailureKind, JobId, JobStage, Latest, Outcome};

/// How a job ended.
pub(super) type Ended = Result<Outcome, NotDone>;

/// Why a job was not carried out.
#[derive(Debug)]
pub(super) enum NotDone {
    Cancelled,
    Failed(Failure),
}

impl From<NotDone> for Refusal {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Cancelled => Refusal::cancelled(),
            NotDone::Failed(failure) => Refusal::failed(&failure),
        }
    }
}

pub(super) struct Desk {
    engine: Engine,
    books: Arc<Mutex<Books>>,
    /// Notified when the last job has ended.
    idle: Arc<Notify>,
}

#[derive(Default)]
struct Books {
    waiting: HashMap<JobId, oneshot::Sender<Ended>>,
    /// The jobs that wait or run and can be queried, with their kinds.
    running: HashMap<JobId, &'static str>,
    /// The oldest first.
    ended: VecDeque<Ending>,
    closed: bool,
}

/// A job that has ended, for later queries.
struct Ending {
    id: JobId,
    told: Value,
    /// The size of the result as JSON.
    bytes: usize,
}

/// A job that was submitted.
pub(super) struct Submitted {
    pub id: JobId,
    ended: oneshot::Receiver<Ended>,
}

impl Submitted {
    pub async fn end(self) -> Ended {
        let untold = || Failure::new(FailureKind::Fault, "the job's end was never told");
        self.ended.await.unwrap_or_else(|_| Err(NotDone::Failed(untold())))
    }
}

impl Desk {
    pub fn new(engine: Engine) -> anyhow::Result<Self> {
        let (books, idle) = (Arc::new(Mutex::new(Books::default())), Arc::new(Notify::new()));
        let (events, seen, told) = (engine.events().clone(), books.clone(), idle.clone());
        // The thread ends with the engine, which closes the queue when it is dropped.
        std::thread::Builder::new()
            .name("desk".into())
            .spawn(move || {
                for event in events {
                    let mut books = seen.lock();
                    books.note(event);
                    if books.waiting.is_empty() {
                        told.notify_one();
                    }
                }
            })
            .context("no thread for the engine's events")?;
        Ok(Self { engine, books, idle })
    }

    pub fn latest(&self) -> Latest {
        self.engine.latest()
    }

    /// Queues a job that can be queried by its number.
    pub fn start(&self, what: &'static str, command: Command) -> Result<Submitted, Refusal> {
        self.submit(Some(what), command)
    }

    /// Queues a search.
    pub fn search(&self, command: Command) -> Result<Submitted, Refusal> {
        self.submit(None, command)
    }

    fn submit(&self, what: Option<&'static str>, command: Command) -> Result<Submitted, Refusal> {
        let (sender, ended) = oneshot::channel();
        // The books stay locked until the job is in them, because the job may end at once.
        let mut books = self.books.lock();
        if books.closed || (what.is_some() && books.running.len() >= limits::JOBS_WAITING) {
            return Err(Refusal::busy());
        }
        let id = self.engine.submit(command);
        books.waiting.insert(id, sender);
        if let Some(what) = what {
            books.running.insert(id, what);
        }
        Ok(Submitted { id, ended })
    }

    pub fn cancel(&self, id: JobId) {
        self.engine.cancel(id);
    }

    /// Cancels all jobs, and takes no more.
    pub fn close(&self) {
        let mut books = self.books.lock();
        books.closed = true;
        books.waiting.keys().for_each(|&id| self.engine.cancel(id));
    }

    /// Waits until no job waits or runs.
    pub async fn all_ended(&self) {
        while !self.books.lock().waiting.is_empty() {
            self.idle.notified().await;
        }
    }

    /// All jobs that can be queried, the oldest first.
    pub fn jobs(&self) -> Vec<Value> {
        let latest = self.engine.latest();
        let books = self.books.lock();
        let mut running: Vec<_> = books.running.iter().map(|(&id, &what)| (id, what)).collect();
        running.sort_unstable();
        let running = running.into_iter().map(|(id, what)| view(id, what, &latest));
        books.ended.iter().map(|ending| ending.told.clone()).chain(running).collect()
    }

    pub fn job(&self, id: JobId) -> Option<Value> {
        let latest = self.engine.latest();
        let books = self.books.lock();
        match books.running.get(&id) {
            Some(what) => Some(view(id, what, &latest)),
            None => books.ended.iter().find(|ending| ending.id == id).map(|ending| ending.told.clone()),
        }
    }

    /// Whether a job can still be cancelled.
    pub fn is_running(&self, id: JobId) -> bool {
        self.books.lock().running.contains_key(&id)
    }
}

impl Books {
    fn note(&mut self, event: Event) {
        let (id, ended) = match event {
            Event::Finished { job, outcome } => (job, Ok(outcome)),
            Event::Cancelled { job } => (job, Err(NotDone::Cancelled)),
            Event::Failed { job, failure } => (job, Err(NotDone::Failed(failure))),
        };
        if let Some(what) = self.running.remove(&id) {
            let told = view_of_end(id, what, &ended);
            let bytes = told.to_string().len();
            self.ended.push_back(Ending { id, told, bytes });
            let too_many = |ended: &VecDeque<Ending>| {
                let bytes: usize = ended.iter().map(|ending| ending.bytes).sum();
                ended.len() > limits::JOBS_REMEMBERED || (ended.len() > 1 && bytes > limits::REMEMBERED_BYTES)
            };
            while too_many(&self.ended) {
                self.ended.pop_front();
            }
        }
        if let Some(waiting) = self.waiting.remove(&id) {
            // A client that has gone away does not miss its answer.
            let _ = waiting.send(ended);
        }
    }
}

fn view(id: JobId, what: &str, latest: &Latest) -> Value {
    match latest.jobs.get(&id) {
        // The job is over, and its event comes in a moment.
        None => json!({"id": id.0, "job": what, "state": "running"}),
        Some(view) => json!({
            "id": id.0,
            "job": what,
            "state": if view.stage == JobStage::Waiting { "waiting" } else { "running" },
            "stage": view.stage.to_string(),
            "done": view.done,
            "total": view.total,
            "running_seconds": view.running_secs,
            "seconds_left": view.secs_left,
        }),
    }
}

fn view_of_end(id: JobId, what: &str, ended: &Ended) -> Value {
    match ended {
        Ok(outcome) => {
            // An import that was cancelled reports what it had added by then.
            let state = if is_cancelled(outcome) { "cancelled" } else { "done" };
            json!({"id": id.0, "job": what, "state": state, "result": report_of(outcome)})
        }
        Err(NotDone::Cancelled) => {
            json!({"id": id.0, "job": what, "state": "cancelled", "error": Refusal::cancelled().error})
        }
        Err(NotDone::Failed(failure)) => {
            json!({"id": id.0, "job": what, "state": "failed", "error": failure.to_string()})
        }
    }
}

/// Whether a job with a report was cancelled.
pub(super) fn is_cancelled(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Added(report) if report.cancelled)
}

/// The report of a job's end, as JSON.
pub(super) fn report_of(outcome: &Outcome) -> Value {
    let report = match outcome {
        Outcome::Added(report) => serde_json::to_value(report),
        Outcome::Trained(report) => serde_json::to_value(report),
        Outcome::Indexed(report) => serde_json::to_value(report),
        Outcome::Checked(report) => serde_json::to_value(report),
        Outcome::LeftOut(report) => serde_json::to_value(report),
        Outcome::Changed { words } => Ok(json!({"changed": words})),
        Outcome::Undone { words } => Ok(json!({"undone": words})),
        Outcome::Redone { words } => Ok(json!({"redone": words})),
        _ => Ok(Value::Null),
    };
    report.unwrap_or_else(|cause| {
        tracing::error!("a report cannot be written as JSON: {cause}");
        Value::Null
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::AddReport;

    #[test]
    fn of_ended_jobs_only_so_many_and_so_much_is_remembered() {
        let mut books = Books::default();
        let mut end = |id, files: usize| {
            let added = vec!["x".repeat(1000).into(); files];
            books.running.insert(JobId(id), "add");
            let outcome = Outcome::Added(AddReport { added, ..AddReport::default() });
            books.note(Event::Finished { job: JobId(id), outcome });
            books.ended.iter().map(|ending| ending.id.0).collect::<Vec<_>>()
        };
        let many = (0..limits::JOBS_REMEMBERED as u64 + 3).map(|id| end(id, 1)).last();
        assert_eq!(many.map(|ids| (ids.len(), ids[0])), Some((limits::JOBS_REMEMBERED, 3)));
        assert_eq!(end(200, limits::REMEMBERED_BYTES / 2000).last(), Some(&200));
        assert_eq!(end(201, limits::REMEMBERED_BYTES / 900), [201], "the last one is there, whatever it takes");
        assert_eq!(end(202, 1), [202]);
    }
}
