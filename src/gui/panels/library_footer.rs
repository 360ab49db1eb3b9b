//! The foot of the library: its size or the progress of adding, missing files, and what could not be read.

use egui::{Layout, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui, vec2};

use crate::engine::{Command, JobKind};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::shared::Shared;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::{progress, text};

pub(super) fn footer_height(shared: &Shared) -> f32 {
    let lines = if shared.job(JobKind::Import).is_some() { 76.0 } else { 24.0 };
    let problems = !shared.latest.dataset.problems.is_empty() || shared.missing() != (0, 0);
    lines + if problems { size::CONTROL } else { 0.0 }
}

/// The progress of adding, or the size of the library.
pub(super) fn footer(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    if shared.missing() != (0, 0) || !shared.latest.dataset.problems.is_empty() {
        ui.horizontal(|ui| {
            missing(ui, shared, intents);
            problems(ui, shared, intents);
        });
    }
    if let Some((job, view)) = shared.job(JobKind::Import) {
        let view = view.clone();
        if progress::job(ui, &view, "Stop adding") {
            intents.cancel(job);
        }
        return;
    }
    let dataset = &shared.latest.dataset;
    let chunks = format::counted(dataset.chunks, "chunk", "chunks");
    let files = format::counted(dataset.files.len() as u64, "file", "files");
    ui.add_space(4.0);
    text::small(ui, format!("{files} · {} · {chunks}", format::duration(dataset.seconds)));
}

/// The number of missing files. A click asks where they are now.
fn missing(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let (missing, away) = shared.missing();
    if missing + away == 0 {
        return;
    }
    let words = match missing {
        0 => format::counted(away as u64, "file is away", "files are away"),
        _ => format!("{} missing", format::count((missing + away) as u64)),
    };
    let name = RichText::new(words).small().color(palette(ui.visuals()).warning);
    let button = egui::Button::new((icons::atom(Icon::Warning), name)).frame(false);
    let help = "Click to say where they are now, or to forget them.";
    if ui.add_enabled(!shared.read_only(), button).on_hover_text(help).clicked() {
        intents.ask_where_files_are();
    }
}

/// The button that lists the files that could not be read.
fn problems(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let dataset = shared.latest.dataset.clone();
    if dataset.problems.is_empty() {
        return;
    }
    let palette = palette(ui.visuals());
    let n = dataset.problems.len();
    let name = RichText::new(format::counted(n as u64, "problem", "problems")).small().color(palette.warning);
    let button = ui.add(egui::Button::new((icons::atom(Icon::Warning), name)).frame(false));
    let menu = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(420.0);
    menu.layout(Layout::top_down(egui::Align::Min)).show(|ui| {
        ui.set_width(420.0);
        let height = 44.0;
        let list = ScrollArea::vertical().id_salt("problem list").max_height(320.0).auto_shrink([false, true]);
        list.show_rows(ui, height, n, |ui, shown| {
            for problem in &dataset.problems[shown] {
                let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
                let path = camino::Utf8Path::new(&problem.path);
                text::two_lines(ui, rect, format::file_name(path), problem.reason.as_str());
                let response = ui.interact(rect, ui.scope_id().with(&problem.path), egui::Sense::hover());
                response.on_hover_text(format!("{}\n{}", problem.path, problem.reason));
            }
        });
        if ui.button("Clear the problems").on_hover_text("The files stay on the disk").clicked() {
            intents.submit(Command::ClearProblems);
            ui.close();
        }
    });
}
