//! The engine as the server's requests see it: a command goes in, its end comes out, and nobody's thread waits meanwhile.
//!
//! The engine's events are a queue that one thread here drains; it hands each to the request that waits for it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::answer::Refusal;
use super::limits;
use crate::engine::{Command, Engine, Event, JobId, Latest, Outcome};

/// How a job ended; an error is its words.
pub(super) type Ended = Result<Outcome, Refusal>;

pub(super) struct Desk {
    engine: Engine,
    books: Arc<Mutex<Books>>,
}

#[derive(Default)]
struct Books {
    waiting: HashMap<JobId, oneshot::Sender<Ended>>,
    /// Jobs that wait or run and can be asked for, and what they are.
    running: HashMap<JobId, &'static str>,
    /// The oldest first.
    ended: VecDeque<(JobId, Value)>,
    closed: bool,
}

/// A job that was submitted.
pub(super) struct Submitted {
    pub id: JobId,
    ended: oneshot::Receiver<Ended>,
}

impl Submitted {
    pub async fn end(self) -> Ended {
        self.ended.await.unwrap_or_else(|_| Err(Refusal::fault("a job's end was never told")))
    }
}

impl Desk {
    pub fn new(engine: Engine) -> anyhow::Result<Self> {
        let books = Arc::new(Mutex::new(Books::default()));
        let (events, seen) = (engine.events().clone(), books.clone());
        // It ends with the engine, whose drop closes the queue.
        std::thread::Builder::new()
            .name("desk".into())
            .spawn(move || events.iter().for_each(|event| locked(&seen).note(event)))
            .context("no thread for the engine's events")?;
        Ok(Self { engine, books })
    }

    pub fn latest(&self) -> Latest {
        self.engine.latest()
    }

    /// Queues a job that can be asked for by its number.
    pub fn start(&self, what: &'static str, command: Command) -> Result<Submitted, Refusal> {
        self.submit(Some(what), command)
    }

    /// Queues a search.
    pub fn search(&self, command: Command) -> Result<Submitted, Refusal> {
        self.submit(None, command)
    }

    fn submit(&self, what: Option<&'static str>, command: Command) -> Result<Submitted, Refusal> {
        let (sender, ended) = oneshot::channel();
        // The books are held until the job is in them: its end may be told at once.
        let mut books = locked(&self.books);
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

    /// Cancels all jobs and takes no more.
    pub fn close(&self) {
        let mut books = locked(&self.books);
        books.closed = true;
        books.waiting.keys().for_each(|&id| self.engine.cancel(id));
    }

    /// All jobs that can be asked for, the oldest first.
    pub fn jobs(&self) -> Vec<Value> {
        let latest = self.engine.latest();
        let books = locked(&self.books);
        let mut running: Vec<_> = books.running.iter().map(|(&id, &what)| (id, what)).collect();
        running.sort_unstable();
        let running = running.into_iter().map(|(id, what)| view(id, what, &latest));
        books.ended.iter().map(|(_, ended)| ended.clone()).chain(running).collect()
    }

    pub fn job(&self, id: JobId) -> Option<Value> {
        let latest = self.engine.latest();
        let books = locked(&self.books);
        match books.running.get(&id) {
            Some(what) => Some(view(id, what, &latest)),
            None => books.ended.iter().find(|(ended, _)| *ended == id).map(|(_, ended)| ended.clone()),
        }
    }

    /// Whether a job can still be cancelled.
    pub fn is_running(&self, id: JobId) -> bool {
        locked(&self.books).running.contains_key(&id)
    }
}

impl Books {
    fn note(&mut self, event: Event) {
        let (id, ended) = match event {
            Event::Finished { job, outcome } => (job, Ok(outcome)),
            Event::Cancelled { job } => (job, Err(Refusal::cancelled())),
            Event::Failed { job, message } => (job, Err(Refusal::failed(message))),
        };
        if let Some(what) = self.running.remove(&id) {
            self.ended.push_back((id, view_of_end(id, what, &ended)));
            while self.ended.len() > limits::JOBS_REMEMBERED {
                self.ended.pop_front();
            }
        }
        if let Some(waiting) = self.waiting.remove(&id) {
            // Whoever has gone away meanwhile does not miss it.
            let _ = waiting.send(ended);
        }
    }
}

fn view(id: JobId, what: &str, latest: &Latest) -> Value {
    match latest.jobs.get(&id) {
        // Its end is told in a moment.
        None => json!({"id": id.0, "job": what, "state": "running"}),
        Some(view) => json!({
            "id": id.0,
            "job": what,
            "state": if view.stage == "waiting" { "waiting" } else { "running" },
            "stage": view.stage,
            "done": view.done,
            "total": view.total,
            "running_seconds": view.running_secs,
            "seconds_left": view.secs_left,
        }),
    }
}

fn view_of_end(id: JobId, what: &str, ended: &Ended) -> Value {
    match ended {
        Ok(outcome) => json!({"id": id.0, "job": what, "state": "done", "result": report_of(outcome)}),
        Err(refusal) => json!({"id": id.0, "job": what, "state": refusal.status, "error": refusal.error}),
    }
}

/// What a job tells of its end, as JSON.
pub(super) fn report_of(outcome: &Outcome) -> Value {
    let report = match outcome {
        Outcome::Added(report) => serde_json::to_value(report),
        Outcome::Trained(report) => serde_json::to_value(report),
        Outcome::Indexed(report) => serde_json::to_value(report),
        _ => Ok(Value::Null),
    };
    report.unwrap_or_else(|cause| {
        tracing::error!("a report cannot be written as JSON: {cause}");
        Value::Null
    })
}

/// The guarded value, also after a panic of another holder: what it does there is single insertions and removals.
fn locked(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}
