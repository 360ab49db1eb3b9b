//! The index: building it, and what is in it.

use egui::Ui;

use crate::engine::{Command, JobKind};
use crate::gui::format;
use crate::gui::notices::Tone;
use crate::gui::state::{Place, State};
use crate::gui::widgets::buttons::primary;
use crate::gui::widgets::{message, progress, text};

pub fn show(ui: &mut Ui, state: &mut State) {
    super::title(ui, "Indexing", |_| ());
    let job = state.job(JobKind::Index).map(|(job, view)| (job, view.clone()));
    let busy = job.is_some() || state.job(JobKind::Train).is_some();
    if let Some((job, view)) = job
        && progress::job(ui, &view, "Stop indexing")
    {
        state.cancel(job);
    }
    message::failure(ui, state, Place::Indexing);
    let has_model = state.latest.model.is_some();
    let index = state.latest.index.clone();
    let button = match &index {
        None if !has_model => {
            text::help(ui, "The code of every moment of every sound, ready to be searched. It follows the training.");
            None
        }
        None => Some("Build the index".to_owned()),
        Some(index) if !index.of_current_model => {
            let why = "The index is of an earlier model and cannot be searched.";
            message::message(ui, Tone::Warning, why, None);
            Some("Build the index".to_owned())
        }
        Some(index) if index.missing_files > 0 => {
            let files = format::counted(index.missing_files as u64, "new file", "new files");
            Some(format!("Index {files}"))
        }
        Some(_) => None,
    };
    if let Some(index) = &index {
        text::figure(ui, "Codes", format::count(index.codes));
        text::figure(ui, "Unique codes", unique(index.unique_codes, index.codes));
        let most = (index.codes.max(1) as f64).ln();
        text::figure(ui, "Entropy", format!("{:.2} of {most:.2} nats", index.entropy_nats));
        text::figure(ui, "Bits", index.bits.to_string());
        text::figure(ui, "Size", format::bytes(index.file_bytes));
    }
    if let Some(name) = button.filter(|_| !busy && !state.read_only())
        && primary(ui, true, &name).clicked()
    {
        state.submit(Command::BuildIndex);
    }
    let failed = state.last_index.as_ref().map_or(0, |report| report.failed.len());
    if failed > 0 {
        let first = state.last_index.as_ref().and_then(|report| report.failed.first());
        let example = first.map_or_else(String::new, |p| format!(" {}: {}", p.path, p.reason));
        let files = format::counted(failed as u64, "file", "files");
        message::message(ui, Tone::Warning, &format!("{files} could not be read and have no codes.{example}"), None);
    }
}

fn unique(unique: u64, codes: u64) -> String {
    let share = 100.0 * unique as f64 / codes.max(1) as f64;
    format!("{} ({share:.0}%)", format::count(unique))
}
