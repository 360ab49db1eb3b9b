//! The sound files of the project: adding, looking through, removing, and what could not be read.

use egui::{Align, Layout, RichText, ScrollArea, Stroke, Ui, vec2};

use super::welcome::{dashed, path_field};
use crate::engine::{Command, JobKind};
use crate::gui::dialogs::Question;
use crate::gui::format;
use crate::gui::state::{Place, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{folding, tick, with_icon};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::{message, progress, text};

pub fn show(ui: &mut Ui, state: &mut State) {
    let selected = state.selected_files.len();
    let read_only = state.read_only();
    super::title(ui, "Dataset", |ui| {
        if selected > 0 && !read_only {
            let name = format!("Remove {}", format::count(selected as u64));
            let help = "Takes the selected files out of the project; on the disk they stay";
            if ui.button(name).on_hover_text(help).clicked() {
                state.remove_selected_files();
            }
        }
    });
    ui.add_enabled_ui(!read_only, |ui| adding(ui, state));
    if let Some((job, view)) = state.job(JobKind::Import) {
        let view = view.clone();
        if progress::job(ui, &view, "Stop adding") {
            state.cancel(job);
        }
    }
    message::failure(ui, state, Place::Dataset);
    problems(ui, state);
    let dataset = state.latest.dataset.clone();
    text::small(
        ui,
        format!(
            "{} · {} · {}",
            format::counted(dataset.files.len() as u64, "file", "files"),
            format::duration(dataset.seconds),
            format::counted(dataset.chunks, "chunk", "chunks")
        ),
    );
    super::files::show(ui, state);
}

fn adding(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    let ground = if state.files_hover { palette.selected } else { palette.panel };
    let zone = egui::Frame::new().fill(ground).corner_radius(size::CORNER).inner_margin(8);
    let drawn = zone.show(ui, |ui| {
        // A low window keeps the room for its files.
        let low = ui.ctx().content_rect().height() < size::LOW_WINDOW;
        if state.files_hover || !low {
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                let hint = if state.files_hover { "Let go to add" } else { "Drop files or folders here" };
                let colour = if state.files_hover { palette.accent } else { palette.dim };
                ui.label(RichText::new(hint).color(colour));
            });
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().button_padding.x = 8.0;
            if with_icon(ui, Icon::Add, "Add files…").clicked() {
                state.ask(Question::FilesToAdd);
            }
            if with_icon(ui, Icon::Folder, "Add folder…").clicked() {
                state.ask(Question::FolderToAdd);
            }
        });
        path_field(ui, state, if low { "or drop some, or paste a path" } else { "or paste a path" });
        watching(ui, state);
    });
    let edge = if state.files_hover { palette.accent } else { palette.wave };
    dashed(ui, drawn.response.rect, Stroke::new(1.25, edge));
}

fn watching(ui: &mut Ui, state: &mut State) {
    let watch = state.latest.watch.clone();
    let mut on = watch.wanted;
    let text = RichText::new("Watch the folders for new sounds").small();
    let folders = match watch.folders.is_empty() {
        true => "Folders that you add from now on".to_owned(),
        false => watch.folders.iter().map(|folder| folder.as_str()).collect::<Vec<_>>().join("\n"),
    };
    let help = format!("Adds what appears in these folders, or changes in them, while this window is open:\n{folders}");
    if tick(ui, &mut on, text).on_hover_text(help).changed() {
        state.submit(Command::WatchFolders(on));
    }
    if let Some(problem) = &watch.problem {
        text::small(ui, format::sentence(problem));
    }
}

fn problems(ui: &mut Ui, state: &mut State) {
    let dataset = state.latest.dataset.clone();
    if dataset.problems.is_empty() {
        return;
    }
    let palette = palette(ui.visuals());
    let n = dataset.problems.len();
    let heading = RichText::new(format::counted(n as u64, "problem", "problems")).color(palette.warning);
    folding(heading).id_salt("problems").default_open(n <= 3).show_unindented(ui, |ui| {
        let height = 44.0;
        ScrollArea::vertical().id_salt("problem list").max_height(140.0).auto_shrink([false, true]).show_rows(
            ui,
            height,
            n,
            |ui, shown| {
                for problem in &dataset.problems[shown] {
                    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
                    let path = camino::Utf8Path::new(&problem.path);
                    text::two_lines(ui, rect, format::file_name(path), problem.reason.as_str());
                    let response = ui.interact(rect, ui.scope_id().with(&problem.path), egui::Sense::hover());
                    response.on_hover_text(format!("{}\n{}", problem.path, problem.reason));
                }
            },
        );
        if ui.button("Clear the problems").on_hover_text("The files stay on the disk").clicked() {
            state.submit(Command::ClearProblems);
        }
    });
}
