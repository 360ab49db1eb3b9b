//! The selected match below the query, at the same scale. It is moved so that the matching moment is below the matching
//! part of the query.

use std::sync::Arc;

use egui::{Align2, Sense, TextStyle, Ui, vec2};

use super::query::LOW;
use crate::engine::{Match, SoundPreview};
use crate::gui::format;
use crate::gui::state::{Picture, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::sound_picture::{self, Gesture, Marks};
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, state: &mut State, query: &Arc<SoundPreview>) {
    let Some(found) = state.search.selected_match().cloned() else { return };
    let picture = match state.picture(&found.path) {
        Some(Picture::Drawn(preview)) => Some(preview.clone()),
        _ => None,
    };
    heading(ui, state, &found);
    // The space is kept while the picture is being computed, so that nothing below it moves.
    let is_low = ui.ctx().content_rect().height() <= LOW;
    let height = if is_low { size::COMPARED_LOW } else { size::COMPARED };
    let Some(preview) = picture else {
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        return;
    };
    let player = &state.latest.player;
    let plays = player.playing && player.path.as_ref() == Some(&preview.path);
    let moment = Some((found.start_seconds, found.end_seconds));
    let marks = Marks {
        stretch: state.sound.dragged.or(moment),
        position_secs: plays.then_some(player.position_secs),
        window: Some(in_step(state.search.zoom.unwrap_or((0.0, query.duration_secs)), &found)),
        waveform_alone: true,
        ..Marks::default()
    };
    let name = "Picture of the selected match: click to play from there, drag over a part to search for it";
    let (_, gesture) = sound_picture::picture(ui, name, height, &preview, marks);
    match gesture {
        Some(Gesture::Pointed(secs)) => state.play_from(preview.path.clone(), secs),
        Some(Gesture::Dragged { from_secs, to_secs, down }) => state.drag_in_match(from_secs, to_secs, down),
        Some(Gesture::Zoomed(_)) => {}
        None => state.sound.dragged = None,
    }
}

fn heading(ui: &mut Ui, state: &mut State, found: &Match) {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        let playing = state.latest.player.playing && state.latest.player.path.as_ref() == Some(&found.path);
        let (icon, name) = if playing { (Icon::Stop, "Stop the match") } else { (Icon::Play, "Play the match") };
        if icon_button(ui, icon, name).clicked() {
            match (playing, state.search.selected) {
                (false, Some(line)) => state.play_match(line),
                _ => state.submit(crate::engine::Command::StopPlaying),
            }
        }
        if icon_button(ui, Icon::Turns, "Alternate between the query and the match (Shift+Space)").clicked() {
            state.play_the_other();
        }
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        let stretch = state.stretch_in_words(found);
        text::with_aside(ui, rect.with_max_x(rect.right() - 4.0), format::file_name(&found.path), &stretch);
        if let Some(line) = state.search.selected
            && state.drags_out
        {
            let handle = ui.interact(rect, response.id.with("handle"), Sense::drag() - Sense::FOCUSABLE);
            let colour = palette(ui.visuals()).dim;
            text::line(ui, rect, Align2::RIGHT_CENTER, "drag out", TextStyle::Small, colour);
            if handle.on_hover_cursor(egui::CursorIcon::Grab).drag_started() {
                state.drag_match_out(line);
            }
        }
    });
}

/// The part of a match's sound that is below a part of the query's.
fn in_step((from, to): (f64, f64), found: &Match) -> (f64, f64) {
    let later = found.start_seconds - found.query_start_seconds;
    (from + later, to + later)
}
