//! Runs one command through the engine, with its progress on the terminal. A signal stops it, like "Stop" in the
//! window.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use indicatif::{ProgressBar, ProgressStyle};

use super::common::{Changes, Common};
use crate::audio::device::SoundCard;
use crate::engine::{CollectionFormat, Command, Engine, EngineOptions, Event, JobId, Latest, Outcome};
use crate::ground::signals::{self, Signal, Signals};

/// How often the progress bar is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// A signal has ended a command. It has words for the person.
#[derive(Debug, thiserror::Error)]
#[error("{words}")]
pub(super) struct Stopped {
    pub signal: Signal,
    words: String,
}

impl Stopped {
    pub fn new(signal: Signal, words: &str) -> Self {
        Self { signal, words: words.to_owned() }
    }
}

pub(super) struct Session {
    engine: Engine,
    wakes: Receiver<()>,
    signals: Signals,
    /// Whether progress is shown: only on a terminal, without --json and --quiet.
    shows_progress: bool,
}

impl Session {
    /// Opens the project for a command that changes it, or that only reads it.
    pub fn open(project: PathBuf, common: &Common, changes: Changes) -> anyhow::Result<Self> {
        let (wake, wakes) = bounded(1);
        // One waiting wake-up is enough.
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
            let _ = wake.try_send(());
        });
        let signalled = wake.clone();
        let signals = signals::listen(move || signalled()).context("signals cannot be received")?;
        let options = EngineOptions { project, wake, audio: Arc::new(SoundCard), opening: common.opening(changes) };
        let shows_progress = !common.json && !common.quiet && std::io::stderr().is_terminal();
        Ok(Self { engine: Engine::open(options)?, wakes, signals, shows_progress })
    }

    pub fn latest(&self) -> Latest {
        self.engine.latest()
    }

    /// Waits until `is_so` is true for the newest values.
    ///
    /// # Errors
    /// [`Stopped`] if a signal comes first.
    pub fn until(&self, is_so: impl Fn(&Latest) -> bool) -> anyhow::Result<()> {
        while !is_so(&self.engine.latest()) {
            if let Some(signal) = self.signals.received() {
                return Err(Stopped { signal, words: "stopped".into() }.into());
            }
            // A wake-up that nobody has read stays in the channel. So none is missed between the check and the wait.
            if self.wakes.recv().is_err() {
                bail!("the engine has ended");
            }
        }
        Ok(())
    }

    /// Carries out a command and waits for its end.
    ///
    /// # Errors
    /// The command's own [`Failure`](crate::engine::Failure). Or [`Stopped`] after a signal: the command has then left
    /// a state that can be continued.
    pub fn run(&self, command: Command) -> anyhow::Result<Outcome> {
        let work = Work::of(&command);
        let job = self.engine.submit(command);
        let bar = self.shows_progress.then(ProgressBar::no_length);
        let mut stopped_by = None;
        let ended = loop {
            if stopped_by.is_none() {
                stopped_by = self.signals.received();
                if stopped_by.is_some() {
                    self.engine.cancel(job);
                }
            }
            match self.engine.events().recv_timeout(DRAW_EVERY) {
                Ok(event) => break event,
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(bar) = &bar {
                        draw(bar, job, &self.engine.latest());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => bail!("the engine has ended"),
            }
        };
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        match (ended, stopped_by) {
            // If a command ended before the signal stopped it, it returns its result.
            (Event::Finished { outcome, .. }, None) => Ok(outcome),
            (Event::Finished { outcome, .. }, Some(signal)) => match words_of_end(&outcome) {
                Some(words) => Err(Stopped { signal, words }.into()),
                None => Ok(outcome),
            },
            (Event::Cancelled { .. }, Some(signal)) => {
                let words = work.stopped_in_words(&self.engine.latest()).into();
                Err(Stopped { signal, words }.into())
            }
            (Event::Cancelled { .. }, None) => bail!("cancelled"),
            (Event::Failed { failure, .. }, _) => Err(failure.into()),
        }
    }
}

/// What a stopped command leaves behind.
enum Work {
    Training,
    Indexing,
    Copying,
    Other,
}

impl Work {
    fn of(command: &Command) -> Self {
        match command {
            Command::TrainModel { .. } => Self::Training,
            Command::BuildIndex => Self::Indexing,
            Command::ExportCollection { format: CollectionFormat::Folder, .. } => Self::Copying,
            _ => Self::Other,
        }
    }

    fn stopped_in_words(&self, latest: &Latest) -> &'static str {
        match self {
            Self::Training if latest.resumable => {
                "stopped; what was learned is kept: `soundalike train --resume` continues"
            }
            Self::Training => "stopped before anything was learned; `soundalike train` begins again",
            Self::Indexing => "stopped; the index is as it was: `soundalike index` builds it",
            Self::Copying => "stopped; the copies that were made are whole",
            Self::Other => "stopped; nothing was changed",
        }
    }
}

/// What a stopped job had done. `None` if the job had already finished.
fn words_of_end(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Added(report) if report.cancelled => {
            let added = report.added.len();
            Some(format!("stopped; {added} files were added: the same command adds the rest"))
        }
        Outcome::Recorded(take) => Some(format!("stopped; the recording is kept as {}", take.path)),
        _ => None,
    }
}

fn draw(bar: &ProgressBar, job: JobId, latest: &Latest) {
    let Some(view) = latest.jobs.get(&job) else { return };
    let template = match view.total {
        0 => "{spinner} {msg}",
        _ => "{msg} [{bar:30}] {pos}/{len}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_length(view.total);
    bar.set_position(view.done);
    let mut message = view.stage.to_string();
    if let Some(point) = latest.training.as_ref().filter(|run| run.running).and_then(|run| run.history.last()) {
        message += &format!(
            "  loss {:.3}  saturation {:.2}  sigma {:.3}  entropy {:.2}",
            point.loss, point.saturation, point.sigma, point.code_entropy
        );
    }
    if let Some(left) = view.secs_left {
        message += &format!("  {left:.0} s left");
    }
    bar.set_message(message);
    bar.tick();
}
