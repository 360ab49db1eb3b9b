//! Sound in and out on the command line: records a query, and plays a file to its end.

use anyhow::bail;

use super::common::Common;
use super::report;
use super::session::Session;
use super::terminal;
use crate::audio::device::{Backend, SoundCard};
use crate::engine::{Clip, Command, DevicesView, Outcome, StopWhen, Take};

pub(super) fn devices() -> DevicesView {
    DevicesView { outputs: SoundCard.outputs(), inputs: SoundCard.inputs() }
}

/// Records from the microphone for `secs` seconds.
pub(super) fn record(session: &Session, secs: Option<f64>, common: &Common) -> anyhow::Result<Take> {
    if !common.json && !common.quiet {
        terminal::note("Listening to the microphone.");
    }
    let recorded = session.run(Command::StartRecording { stop_when: StopWhen { after_secs: secs, quiet: false } })?;
    let Outcome::Recorded(take) = recorded else { bail!("the recording ended in something else") };
    if let Some(why) = &take.interrupted {
        terminal::failed(&format!("the recording ended early: {why}; what was recorded is kept as {}", take.path));
    }
    if take.lost_frames > 0 {
        terminal::failed(&format!("{} frames were lost: the machine was too busy", take.lost_frames));
    }
    Ok(take)
}

/// Plays a stretch to its end.
pub(super) fn play(session: &Session, clip: Clip, json: bool) -> anyhow::Result<()> {
    session.run(Command::Play(clip))?;
    session.until(|latest| !latest.player.playing)?;
    let player = session.latest().player;
    report::played(&player, json);
    match player.problem {
        Some(problem) => bail!(problem),
        None => Ok(()),
    }
}
