//! The index: building it, and what is in it.

use egui::{RichText, Ui};

use crate::engine::{Command, DistancesReport, JobKind};
use crate::gui::format;
use crate::gui::indexing::Indexing;
use crate::gui::intents::Intents;
use crate::gui::notices::Tone;
use crate::gui::shared::Shared;
use crate::gui::theme::palette;
use crate::gui::widgets::bit_strip::{self, bit_strip};
use crate::gui::widgets::buttons::primary;
use crate::gui::widgets::histogram::{Distribution, histogram};
use crate::gui::widgets::{message, progress, text};

pub fn show(ui: &mut Ui, indexing: &mut Indexing, shared: &Shared, intents: &mut Intents) {
    super::title(ui, "Indexing", |_| ());
    let job = shared.job(JobKind::Index).map(|(job, view)| (job, view.clone()));
    let busy = job.is_some() || shared.job(JobKind::Train).is_some();
    if let Some((job, view)) = job
        && progress::job(ui, &view, "Stop indexing")
    {
        intents.cancel(job);
    }
    let has_model = shared.latest.model.is_some();
    let index = shared.latest.index.clone();
    let button = match &index {
        None if !has_model => {
            text::help(ui, "The index holds the code of every moment of every sound. It is built after the training.");
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
        if shared.index_generation().is_some() {
            distances(ui, indexing, shared, intents);
        }
    }
    if let Some(name) = button.filter(|_| !busy && !shared.read_only())
        && primary(ui, true, &name).clicked()
    {
        intents.submit(Command::BuildIndex);
    }
    let failed = indexing.last.as_ref().map_or(0, |report| report.failed.len());
    if failed > 0 {
        let first = indexing.last.as_ref().and_then(|report| report.failed.first());
        let example = first.map_or_else(String::new, |p| format!(" {}: {}", p.path, p.reason));
        let files = format::counted(failed as u64, "file", "files");
        message::message(ui, Tone::Warning, &format!("{files} could not be read and have no codes.{example}"), None);
    }
}

/// The distances between codes. Codes of random pairs should be far apart, and only codes of similar sounds near.
fn distances(ui: &mut Ui, indexing: &mut Indexing, shared: &Shared, intents: &mut Intents) {
    ui.add_space(crate::gui::theme::size::GAP);
    ui.label("How far codes are apart");
    ui.scope(|ui| {
        indexing.want_distances(shared, intents);
        let Some(report) = indexing.report.clone() else {
            return text::small(ui, "Measuring…");
        };
        let palette = palette(ui.visuals());
        let median =
            |counts: &[u32]| DistancesReport::median(counts).map_or("none".to_owned(), |bits| bits.to_string());
        let (random, nearest) = (median(&report.random), median(&report.nearest));
        let name = format!(
            "Distances between codes: half of random pairs within {random} bits, half of nearest ones within {nearest}"
        );
        let distributions = [
            Distribution { counts: &report.random, colour: palette.wave },
            Distribution { counts: &report.nearest, colour: palette.accent },
        ];
        histogram(ui, &name, &distributions);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().interact_size.y = 16.0;
            ui.label(RichText::new(format!("random pairs {random}")).small().color(palette.dim));
            ui.label(RichText::new(format!("nearest of another file {nearest}")).small().color(palette.accent));
        });
        text::small(
            ui,
            "These are medians, in bits. The larger the difference, the better the codes tell like sounds from others.",
        );
        bit_strip(ui, &report.balance);
        text::small(ui, bit_strip::summary(&report.balance));
    });
}

fn unique(unique: u64, codes: u64) -> String {
    let share = 100.0 * unique as f64 / codes.max(1) as f64;
    format!("{} ({share:.0}%)", format::count(unique))
}
