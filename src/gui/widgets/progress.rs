//! A job's progress: what it does, how far it is, how long it will take, and a button to stop it.

use egui::{Align, Button, Layout, Rect, Role, Sense, Ui, WidgetInfo, vec2};

use super::text;
use crate::engine::{JobKind, JobView};
use crate::gui::format;
use crate::gui::theme::palette;

/// Returns whether the stop button, named `stop`, was pressed.
pub fn job(ui: &mut Ui, view: &JobView, stop: &str) -> bool {
    let mut stopped = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            stopped = ui.add(Button::new(stop)).clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(egui::Label::new(capitalised(&view.stage.to_string())).truncate());
            });
        });
    });
    let done = if view.total == 0 {
        format::count(view.done)
    } else {
        format!("{} of {}", format::count(view.done), format::count(view.total))
    };
    let done = match rate(view) {
        Some(rate) => format!("{done}, {rate} a second"),
        None => done,
    };
    let left = time_left(view.secs_left);
    bar(ui, fraction(view.done, view.total), &format!("{}: {done}, {left}", view.stage));
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        text::small(ui, done);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| text::small(ui, left));
    });
    stopped
}

/// The number of files read per second, if enough were read.
fn rate(view: &JobView) -> Option<String> {
    (view.kind == JobKind::Import && view.done > 0 && view.running_secs > 0.5).then(|| {
        let rate = view.done as f64 / view.running_secs;
        if rate < 10.0 { format::value(rate) } else { format::count(rate.round() as u64) }
    })
}

/// A bar from 0 to 1. Without a fraction it only says that something is running. It has no animation, so waiting costs
/// no frames.
pub fn bar(ui: &mut Ui, fraction: Option<f32>, name: &str) {
    let palette = palette(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, name);
        info.value = fraction.map(f64::from);
        info
    });
    ui.painter().rect_filled(rect, 3.0, palette.raised);
    let (from, to) = fraction.map_or((0.35, 0.65), |to| (0.0, to.clamp(0.0, 1.0)));
    if to > from {
        let x = |place: f32| rect.left() + place * rect.width();
        let filled = Rect::from_x_y_ranges(x(from)..=x(to).max(rect.left() + 3.0), rect.y_range());
        ui.painter().rect_filled(filled, 3.0, palette.accent);
    }
}

pub fn fraction(done: u64, total: u64) -> Option<f32> {
    (total > 0).then(|| done as f32 / total as f32)
}

pub fn time_left(secs: Option<f64>) -> String {
    // No estimate is accurate to a hundredth of a second.
    let whole = |secs: f64| secs.max(1.0).round();
    match secs.map(whole) {
        None => String::new(),
        Some(secs) if secs < 10.0 => format!("{secs:.0} s left"),
        Some(secs) => format!("{} left", format::duration(secs)),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
