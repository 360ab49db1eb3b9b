//! The player strip: what plays, the position, the volume, and the device.

use camino::Utf8Path;
use egui::{Align, Align2, Layout, Rect, Role, Sense, Slider, TextStyle, Ui, UiBuilder, WidgetInfo, vec2};

use super::output;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::shared::Shared;
use crate::gui::sound_state::SoundState;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{take_left, take_right};
use crate::gui::widgets::text;

/// How far an arrow key moves the position, in seconds.
const STEP_SECS: f64 = 1.0;

pub fn show(ui: &mut Ui, sound: &mut SoundState, shared: &Shared, decoded: Option<&Utf8Path>, intents: &mut Intents) {
    let mut rect = ui.max_rect();
    let side = (rect.width() * 0.28).clamp(240.0, 400.0);
    let right = take_right(&mut rect, side);
    let left = take_left(&mut rect, side);
    let place = |ui: &mut Ui, name: &str, rect: Rect, layout: Layout| {
        ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect).layout(layout))
    };
    let row = Layout::left_to_right(Align::Center);
    what_plays(&mut place(ui, "what plays", left, row), shared, decoded, intents);
    track(&mut place(ui, "track", rect, row), shared, intents);
    controls(&mut place(ui, "controls", right, Layout::right_to_left(Align::Center)), sound, shared, intents);
}

fn what_plays(ui: &mut Ui, shared: &Shared, decoded: Option<&Utf8Path>, intents: &mut Intents) {
    let palette = palette(ui.visuals());
    ui.spacing_mut().item_spacing.x = 4.0;
    let playing = shared.latest.player.playing;
    let (icon, name) = if playing { (Icon::Stop, "Stop") } else { (Icon::Play, "Play") };
    if icon_button(ui, icon, name).clicked() {
        intents.play_or_stop();
    }
    let played = shared.latest.player.path.is_some();
    if played && icon_button(ui, Icon::PlayOn, "Play on to the end of the file").clicked() {
        intents.play_on();
    }
    let player = &shared.latest.player;
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let rect = rect.with_min_x(rect.left() + 4.0);
    match &player.path {
        None => {
            let hint = "Select a sound to hear it";
            text::line(ui, rect, Align2::LEFT_CENTER, hint, TextStyle::Body, palette.dim);
        }
        Some(path) => {
            let is_known = player.to_secs > player.from_secs;
            let stretch = || format::stretch(player.from_secs, player.to_secs);
            let times = match is_known {
                true => format!("{}   {}", format::position(player.position_secs), stretch()),
                false => String::new(),
            };
            // The name of the decoder's temporary file means nothing to people.
            let is_decoded = decoded == Some(path.as_path());
            let name = if is_decoded { "What the decoder makes of a code" } else { format::file_name(path) };
            match times.is_empty() {
                true => text::line(ui, rect, Align2::LEFT_CENTER, name, TextStyle::Body, palette.text),
                false => text::two_lines(ui, rect, name, times),
            }
            response.on_hover_text(path.as_str());
        }
    }
}

/// The playing sound as a line from its beginning to its end. A click or a drag continues there.
fn track(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let palette = palette(ui.visuals());
    if let Some(problem) = shared.latest.player.problem.as_deref().map(format::sentence) {
        return no_sound(ui, &problem);
    }
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let player = shared.latest.player.clone();
    let length = player.to_secs - player.from_secs;
    let share =
        if length > 0.0 { ((player.position_secs - player.from_secs) / length).clamp(0.0, 1.0) as f32 } else { 0.0 };
    let name = format!("Position: {}", format::position(player.position_secs));
    response.widget_info(|| WidgetInfo::slider(true, player.position_secs, &name));
    let line = Rect::from_center_size(rect.center(), vec2(rect.width(), 4.0));
    ui.painter().rect_filled(line, 2.0, palette.raised_hover);
    if player.path.is_some() && length > 0.0 {
        let x = line.left() + share * line.width();
        ui.painter().rect_filled(line.with_max_x(x), 2.0, palette.accent);
        ui.painter().circle_filled(
            egui::pos2(x, line.center().y),
            if response.hovered() { 7.0 } else { 5.0 },
            palette.accent,
        );
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(1.0, palette.accent);
        ui.painter().rect_stroke(rect.shrink2(vec2(0.0, 8.0)), size::CORNER, ring, egui::StrokeKind::Inside);
        let filter = egui::EventFilter { horizontal_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        for (key, by) in [(egui::Key::ArrowLeft, -STEP_SECS), (egui::Key::ArrowRight, STEP_SECS)] {
            if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key)) {
                intents.seek((player.position_secs + by).clamp(player.from_secs, player.to_secs));
            }
        }
    }
    if (response.clicked() || response.drag_stopped())
        && let Some(at) = response.interact_pointer_pos()
        && length > 0.0
    {
        let share = f64::from(((at.x - line.left()) / line.width().max(1.0)).clamp(0.0, 1.0));
        intents.seek(player.from_secs + share * length);
    }
}

/// Why nothing can be heard. Shown in place of the track.
fn no_sound(ui: &mut Ui, problem: &str) {
    let palette = palette(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, problem));
    let mut place = rect;
    let sign = Rect::from_center_size(take_left(&mut place, 14.0).center(), vec2(14.0, 14.0));
    icons::paint(ui.painter(), Icon::Warning, sign, palette.warning);
    text::line(ui, place, Align2::LEFT_CENTER, problem, TextStyle::Small, palette.warning);
    response.on_hover_text(problem);
}

/// The controls, filled in from the right.
fn controls(ui: &mut Ui, sound: &mut SoundState, shared: &Shared, intents: &mut Intents) {
    let palette = palette(ui.visuals());
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.spacing_mut().slider_width = 84.0;
    let mut volume = shared.latest.player.volume;
    let slider = Slider::new(&mut volume, 0.0..=1.0).show_value(false);
    let response = ui.add(slider).accessible_name("Volume");
    if response.changed() {
        intents.set_volume(volume);
    }
    response.on_hover_text(format!("Volume: {:.0}%", volume * 100.0));
    let button = icon_button(ui, Icon::Speaker, "Output device and levels");
    output::show(&button, sound, shared, intents);
    let around = shared.latest.sound.surroundings_secs;
    let name = format!("Play around a match: {}", output::surroundings_in_words(around));
    if icon_toggle(ui, Icon::Around, &name, Some(around > 0.0)).clicked() {
        intents.set_sound(shared.sound_with(|sound| sound.surroundings_secs = output::next_surroundings(around)));
    }
    if icon_toggle(ui, Icon::Loop, "Loop (Ctrl+L)", Some(shared.latest.player.looping)).clicked() {
        intents.toggle_loop();
    }
    let plays = shared.preferences.plays_selected;
    if icon_toggle(ui, Icon::Preview, "Selecting a sound plays it", Some(plays)).clicked() {
        intents.play_selected(!plays);
    }
    let line = shared.latest.player.device.as_deref().unwrap_or_default();
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    text::line(ui, rect, Align2::RIGHT_CENTER, line, TextStyle::Small, palette.dim);
    if !line.is_empty() {
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line));
        response.on_hover_text(line);
    }
}
