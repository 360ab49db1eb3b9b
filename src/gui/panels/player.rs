//! The player strip: what plays, where in it, how loud, and on which device.

use egui::{Align, Align2, Layout, Rect, Role, Sense, Slider, TextStyle, Ui, UiBuilder, WidgetInfo, vec2};

use super::output;
use crate::engine::Command;
use crate::gui::format;
use crate::gui::state::{Picture, Place, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{take_left, take_right};
use crate::gui::widgets::sound_picture::{self, Gesture, Marks};
use crate::gui::widgets::text;

/// `side` is the width of the panels above: the picture is as wide as the panel between them.
pub fn show(ui: &mut Ui, state: &mut State, side: f32) {
    let mut rect = ui.max_rect();
    let beside = side + size::GUTTER - size::GAP;
    let right = take_right(&mut rect, beside);
    let left = take_left(&mut rect, beside);
    let place = |ui: &mut Ui, name: &str, rect: Rect, layout: Layout| {
        ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect).layout(layout))
    };
    let row = Layout::left_to_right(Align::Center);
    what_plays(&mut place(ui, "what plays", left, row), state);
    sound(&mut place(ui, "sound", rect, Layout::top_down(Align::Min)), state);
    controls(&mut place(ui, "controls", right, Layout::top_down(Align::Min)), state);
}

fn what_plays(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    let playing = state.latest.player.playing;
    let (icon, name) = if playing { (Icon::Stop, "Stop") } else { (Icon::Play, "Play") };
    if icon_button(ui, icon, name).clicked() {
        state.play_or_stop();
    }
    let played = state.latest.player.path.is_some();
    if played && icon_button(ui, Icon::PlayOn, "Play on to the end of the file").clicked() {
        state.play_on();
    }
    let player = &state.latest.player;
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    match &player.path {
        None => {
            let hint = "Click a match to hear it";
            text::line(ui, rect, Align2::LEFT_CENTER, hint, TextStyle::Body, palette.dim);
        }
        Some(path) => {
            let shown = rect.with_max_x(rect.right() - size::GAP);
            let times = format!(
                "{}   {}",
                format::position(player.position_secs),
                format::stretch(player.from_secs, player.to_secs)
            );
            // Its file is named for the program, not for people.
            let is_decoded = state.explore.bits.decoded.as_ref() == Some(path);
            let name = if is_decoded { "What the decoder makes of a code" } else { format::file_name(path) };
            text::two_lines(ui, shown, name, times);
            response.on_hover_text(path.as_str());
        }
    }
}

fn sound(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    let ground = ui.max_rect();
    ui.painter().rect_filled(ground, size::CORNER, palette.well);
    let player = state.latest.player.clone();
    let Some(path) = player.path else { return };
    match state.picture(&path) {
        Some(Picture::Drawn(preview)) => {
            let preview = preview.clone();
            let whole = player.from_secs <= 0.0 && player.to_secs >= preview.duration_secs;
            let plays = (!whole && player.to_secs > player.from_secs).then_some((player.from_secs, player.to_secs));
            let marks = Marks {
                stretch: state.sound.dragged.or(plays),
                position_secs: Some(player.position_secs),
                has_edges: false,
            };
            let name = "Picture of what plays: click to go on from there, drag over a part to search for it";
            let (_, gesture) = sound_picture::picture(ui, name, ground.height(), &preview, marks);
            match gesture {
                Some(Gesture::Pointed(secs)) => state.seek(secs),
                Some(Gesture::Dragged { from_secs, to_secs, down }) => state.drag_in_player(from_secs, to_secs, down),
                None => state.sound.dragged = None,
            }
        }
        Some(Picture::Failed) => {
            let why = "This sound cannot be drawn";
            text::line(ui, ground, Align2::CENTER_CENTER, why, TextStyle::Small, palette.dim);
        }
        Some(Picture::Asked) | None => {}
    }
}

fn controls(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        if icon_toggle(ui, Icon::Loop, "Loop", Some(state.latest.player.looping)).clicked() {
            state.toggle_loop();
        }
        let around = state.latest.sound.surroundings_secs;
        let name = format!("Play around a match: {}", output::surroundings_in_words(around));
        if icon_toggle(ui, Icon::Around, &name, Some(around > 0.0)).clicked() {
            state.set_sound(|sound| sound.surroundings_secs = output::next_surroundings(around));
        }
        let button = icon_button(ui, Icon::Speaker, "Output device and levels");
        output::show(&button, state);
        ui.spacing_mut().slider_width = 108.0;
        ui.spacing_mut().interact_size.y = 18.0;
        let slider = Slider::new(&mut state.latest.player.volume, 0.0..=1.0).show_value(false);
        let response = ui.add(slider).accessible_name("Volume");
        if response.changed() {
            let volume = state.latest.player.volume;
            state.submit(Command::SetVolume(volume));
        }
        response.on_hover_text(format!("Volume: {:.0}%", state.latest.player.volume * 100.0));
    });
    let player = &state.latest.player;
    let problem = player.problem.as_ref().or_else(|| state.failures.get(&Place::Player));
    let problem = problem.map(|problem| format::sentence(problem));
    let (line, colour) = match (&problem, &player.device) {
        (Some(problem), _) => (problem.as_str(), palette.warning),
        (None, Some(device)) => (device.as_str(), palette.dim),
        (None, None) => ("", palette.dim),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    text::line(ui, rect, Align2::LEFT_CENTER, line, TextStyle::Small, colour);
    if !line.is_empty() {
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line));
        response.on_hover_text(line);
    }
}
