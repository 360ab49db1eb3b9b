//! What a new user sees: one sentence and two buttons.

use egui::{Align, Key, Layout, RichText, Stroke, TextEdit, Ui, Vec2, vec2};

use crate::engine::{Command, JobKind};
use crate::gui::dialogs::Question;
use crate::gui::intents::Intents;
use crate::gui::shared::Shared;
use crate::gui::theme::{self, palette, size};
use crate::gui::typed_path::typed_path;
use crate::gui::widgets::buttons::{primary_sized, with_icon};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::{self, message, progress, text};

const WIDTH: f32 = 720.0;

pub fn show(ui: &mut Ui, add_typed: &mut String, shared: &Shared, intents: &mut Intents) {
    let palette = palette(ui.visuals());
    let all = ui.max_rect();
    let inset = if all.height() < 560.0 { 16.0 } else { 40.0 };
    let zone = all.shrink(inset);
    let edge = if shared.files_hover { palette.accent } else { palette.wave };
    let ground = if shared.files_hover { palette.selected } else { palette.panel };
    ui.painter().rect_filled(zone, 14.0, ground);
    dashed(ui, zone, Stroke::new(if shared.files_hover { 2.0 } else { 1.5 }, edge));
    let height = 400.0f32.min(zone.height());
    let column = egui::Rect::from_center_size(zone.center(), vec2(WIDTH.min(zone.width() - 32.0), height));
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(column).layout(Layout::top_down(Align::Center)));
    let ui = &mut ui;

    let (sign, _) = ui.allocate_exact_size(Vec2::splat(46.0), egui::Sense::hover());
    icons::paint(ui.painter(), Icon::Drop, sign, palette.accent);
    ui.add_space(size::GAP);
    let importing = shared.job(JobKind::Import).map(|(job, view)| (job, view.clone()));
    let sentence = match (&importing, shared.files_hover) {
        (Some(_), _) => "Adding your sounds",
        (None, true) => "Let go to add these sounds",
        (None, false) => "Drop a folder of sounds here, and find the ones that sound alike",
    };
    ui.label(RichText::new(sentence).text_style(theme::title()));
    text::help(ui, "Adding only reads them. They stay where they are, on this machine.");
    ui.add_space(size::SECTION);
    if let Some((job, view)) = importing {
        let width = 480.0f32.min(ui.available_width());
        ui.allocate_ui_with_layout(vec2(width, 80.0), Layout::top_down(Align::Min), |ui| {
            if progress::job(ui, &view, "Stop adding") {
                intents.cancel(job);
            }
        });
        return;
    }
    let can_add = !shared.read_only();
    ui.add_enabled_ui(can_add, |ui| {
        let buttons = vec2(356.0, 38.0);
        ui.allocate_ui_with_layout(buttons, Layout::left_to_right(Align::Center), |ui| {
            if primary_sized(ui, can_add, "Add a folder…", vec2(172.0, 38.0)).clicked() {
                intents.ask(Question::FolderToAdd);
            }
            let demo = egui::Button::new("Try the demo library").min_size(vec2(172.0, 38.0));
            let help = "About 200 short sounds that Soundalike makes itself: bells, drums, birds, rain";
            if ui.add(demo).on_hover_text(help).clicked() {
                intents.submit(Command::AddDemo);
            }
        });
        ui.add_space(size::SECTION);
        ui.allocate_ui_with_layout(vec2(428.0, size::CONTROL), Layout::left_to_right(Align::Center), |ui| {
            if with_icon(ui, Icon::Add, "Add files…").clicked() {
                intents.ask(Question::FilesToAdd);
            }
            path_field(ui, add_typed, intents, "or paste a path and press Enter");
        });
    });
    ui.add_space(size::GAP);
    if let Some(problem) = shared.latest.dataset.problems.first() {
        let text = format!("{}: {}", problem.path, problem.reason);
        let more = shared.latest.dataset.problems.len() - 1;
        let text = if more > 0 { format!("{text} And {more} more like it.") } else { text };
        if message::message(ui, crate::gui::notices::Tone::Warning, &text, Some("Clear the problems")) {
            intents.submit(Command::ClearProblems);
        }
    }
}

/// Adds the typed path on Enter. This way needs neither a file dialog nor dropping.
pub fn path_field(ui: &mut Ui, add_typed: &mut String, intents: &mut Intents, hint: &str) {
    let field = TextEdit::singleline(add_typed).id_salt("path to add").hint_text(hint.to_owned());
    let response = widgets::field::field(ui, field.desired_width(f32::INFINITY)).accessible_name("Path to add");
    if response.lost_focus()
        && ui.input(|i| i.key_pressed(Key::Enter))
        && let Some(path) = typed_path(add_typed)
    {
        add_typed.clear();
        intents.add(vec![path]);
    }
}

/// A dashed edge, like that of a drop zone.
pub fn dashed(ui: &Ui, rect: egui::Rect, stroke: Stroke) {
    let rect = rect.shrink(1.0);
    let path = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    ui.painter().extend(egui::Shape::dashed_line(&path, stroke, 6.0, 5.0));
}
