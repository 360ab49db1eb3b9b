//! One command through the engine, with its progress on the terminal.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::{Changes, Common};
use crate::audio::device::SoundCard;
use crate::engine::{Command, Engine, EngineOptions, Event, JobId, Latest, Outcome};

/// How often the progress bar is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(100);

pub(super) struct Session {
    engine: Engine,
    wakes: Receiver<()>,
    /// Whether progress is shown: on a terminal, where neither JSON nor silence was asked for.
    shows_progress: bool,
}

impl Session {
    /// Opens the project for a command that changes it, or that only reads it.
    pub fn open(project: PathBuf, common: &Common, changes: Changes) -> anyhow::Result<Self> {
        let (wake, wakes) = bounded(1);
        // One wake that waits is as good as many.
        let wake = Arc::new(move || {
            let _ = wake.try_send(());
        });
        let options = EngineOptions { project, wake, audio: Arc::new(SoundCard), opening: common.opening(changes) };
        let shows_progress = !common.json && !common.quiet && std::io::stderr().is_terminal();
        Ok(Self { engine: Engine::open(options)?, wakes, shows_progress })
    }

    pub fn latest(&self) -> Latest {
        self.engine.latest()
    }

    /// Waits until the newest values are so.
    pub fn until(&self, is_so: impl Fn(&Latest) -> bool) {
        while !is_so(&self.engine.latest()) {
            // A wake that nobody takes waits in the channel: none is missed between the look and the wait.
            if self.wakes.recv().is_err() {
                return;
            }
        }
    }

    /// Carries out a command and waits for its end.
    pub fn run(&self, command: Command) -> anyhow::Result<Outcome> {
        let job = self.engine.submit(command);
        let bar = self.shows_progress.then(ProgressBar::no_length);
        let ended = loop {
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
        match ended {
            Event::Finished { outcome, .. } => Ok(outcome),
            Event::Cancelled { .. } => bail!("cancelled"),
            Event::Failed { message, .. } => bail!(message),
        }
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
    let mut message = view.stage.clone();
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
