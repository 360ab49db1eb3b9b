//! The sound files of the project: adding, looking through, removing, and what could not be read.

use egui::{Align, CollapsingHeader, Layout, RichText, ScrollArea, Stroke, Ui, vec2};

use super::welcome::{dashed, path_field};
use crate::engine::{Command, JobKind};
use crate::gui::dialogs::Question;
use crate::gui::format;
use crate::gui::state::{Place, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::with_icon;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{self, button_at, take_left, take_right};
use crate::gui::widgets::{message, progress, text, waveform};

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
    files(ui, state);
}

fn adding(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    let ground = if state.files_hover { palette.selected } else { palette.panel };
    let zone = egui::Frame::new().fill(ground).corner_radius(size::CORNER).inner_margin(8);
    let drawn = zone.show(ui, |ui| {
        ui.with_layout(Layout::top_down(Align::Center), |ui| {
            let hint = if state.files_hover { "Let go to add" } else { "Drop files or folders here" };
            let colour = if state.files_hover { palette.accent } else { palette.dim };
            ui.label(RichText::new(hint).color(colour));
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().button_padding.x = 8.0;
            if with_icon(ui, Icon::Add, "Add files…").clicked() {
                state.ask(Question::FilesToAdd);
            }
            if with_icon(ui, Icon::Folder, "Add folder…").clicked() {
                state.ask(Question::FolderToAdd);
            }
        });
        path_field(ui, state, "or paste a path");
        let help = "Adds about 200 short sounds that Soundalike makes itself";
        if ui.link(RichText::new("Add the demo library").small()).on_hover_text(help).clicked() {
            state.submit(Command::AddDemo);
        }
    });
    let edge = if state.files_hover { palette.accent } else { palette.wave };
    dashed(ui, drawn.response.rect, Stroke::new(1.25, edge));
}

fn problems(ui: &mut Ui, state: &mut State) {
    let dataset = state.latest.dataset.clone();
    if dataset.problems.is_empty() {
        return;
    }
    let palette = palette(ui.visuals());
    let n = dataset.problems.len();
    let heading = RichText::new(format::counted(n as u64, "problem", "problems")).color(palette.warning);
    CollapsingHeader::new(heading).id_salt("problems").default_open(n <= 3).show(ui, |ui| {
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

fn files(ui: &mut Ui, state: &mut State) {
    let dataset = state.latest.dataset.clone();
    ui.spacing_mut().item_spacing.y = 2.0;
    let list = ScrollArea::vertical().id_salt("files").auto_shrink(false);
    list.show_rows(ui, size::FILE_ROW, dataset.files.len(), |ui, shown| {
        let revealed = state.reveal_file.take();
        if let Some(place) = revealed {
            row::reveal(ui, shown.start, place, size::FILE_ROW);
        }
        for place in shown {
            let file = &dataset.files[place];
            let name = format::file_name(&file.path);
            let length = format::duration(file.duration_secs());
            let selected = state.selected_files.contains(&file.id);
            let mut wanted = None;
            let spoken = format!("{name}, {length}");
            let response = row::row(ui, file.id, &spoken, size::FILE_ROW, selected, |ui, mut rect| {
                let similar = take_right(&mut rect, size::CONTROL);
                let play = take_right(&mut rect, size::CONTROL - size::GAP);
                let picture = take_left(&mut rect, 52.0).shrink2(vec2(0.0, 3.0));
                waveform::thumbnail(ui.painter(), picture, &file.thumbnail, None, ui.visuals());
                text::two_lines(ui, rect, name, format!("{length} · {}", format::folder(&file.path)));
                row::tooltip_at(ui, rect, file.path.as_str());
                if button_at(ui, play, Icon::Play, &format!("Play {name}")).clicked() {
                    wanted = Some(Wanted::Play);
                }
                if button_at(ui, similar, Icon::Similar, &format!("Find sounds like {name}")).clicked() {
                    wanted = Some(Wanted::Similar);
                }
            });
            if revealed == Some(place) && row::focused(ui.ctx()) {
                response.request_focus();
            }
            let modifiers = ui.input(|i| i.modifiers);
            if response.clicked() {
                state.click_file(place, modifiers.command, modifiers.shift);
            }
            if response.double_clicked() {
                wanted = Some(Wanted::Play);
            }
            match wanted {
                Some(Wanted::Play) => state.play_file(file),
                Some(Wanted::Similar) => state.choose_query(file.path.clone(), None),
                None => {}
            }
        }
    });
}

enum Wanted {
    Play,
    Similar,
}
