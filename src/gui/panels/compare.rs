//! The selected match below the query, at the same scale. It is moved so that the matching moment is below the matching
//! part of the query.

use egui::{Align2, Sense, TextStyle, Ui, vec2};

use crate::engine::Match;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::search_state::SearchState;
use crate::gui::shared::Shared;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::sound_picture::{self, Gesture, Marks, Sound};
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, search: &mut SearchState, shared: &Shared, intents: &mut Intents) {
    let Some(found) = search.selected_match().cloned() else { return };
    let picture = search.picture_of_match().and_then(|shown| search.pictures.drawn(&shown).cloned());
    heading(ui, search, shared, intents, &found);
    // The space is kept while the picture is being computed, so that nothing below it moves.
    let is_low = ui.ctx().content_rect().height() <= size::LOW_WINDOW;
    let height = if is_low { size::COMPARED_LOW } else { size::COMPARED };
    let (Some(preview), Some(window)) = (picture, search.beside_query(&found)) else {
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        return;
    };
    let plays = shared.plays(&preview.path);
    let moment = Some((found.start_seconds, found.end_seconds));
    let marks = Marks {
        stretch: search.dragged.or(moment),
        position_secs: plays.then_some(shared.latest.player.position_secs),
        window: Some(window),
        waveform_alone: true,
        ..Marks::default()
    };
    let name = "Picture of the selected match: click to play from there, drag over a part to search for it";
    let sound = match preview.stretch_secs {
        None => Sound::whole(&preview),
        Some(_) => Sound { duration_secs: found.file_seconds, whole: None, close_up: Some(&preview) },
    };
    let (_, gesture) = sound_picture::picture(ui, name, height, sound, marks);
    match gesture {
        Some(Gesture::Pointed(secs)) => intents.play_from(preview.path.clone(), secs),
        Some(Gesture::Dragged { from_secs, to_secs, down }) => {
            search.drag_in_match((from_secs, to_secs), down, intents)
        }
        Some(Gesture::Zoomed(_)) => {}
        None => search.dragged = None,
    }
}

fn heading(ui: &mut Ui, search: &SearchState, shared: &Shared, intents: &mut Intents, found: &Match) {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        let playing = shared.plays(&found.path);
        let (icon, name) = if playing { (Icon::Stop, "Stop the match") } else { (Icon::Play, "Play the match") };
        if icon_button(ui, icon, name).clicked() {
            match (playing, search.selected) {
                (false, Some(line)) => intents.play_match(line),
                _ => intents.submit(crate::engine::Command::StopPlaying),
            }
        }
        if icon_button(ui, Icon::Turns, "Alternate between the query and the match (Shift+Space)").clicked() {
            intents.play_the_other();
        }
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        let stretch = shared.stretch_in_words(found);
        text::with_aside(ui, rect.with_max_x(rect.right() - 4.0), format::file_name(&found.path), &stretch);
        if let Some(line) = search.selected
            && shared.drags_out
        {
            let handle = ui.interact(rect, response.id.with("handle"), Sense::drag() - Sense::FOCUSABLE);
            let colour = palette(ui.visuals()).dim;
            text::line(ui, rect, Align2::RIGHT_CENTER, "drag out", TextStyle::Small, colour);
            if handle.on_hover_cursor(egui::CursorIcon::Grab).drag_started() {
                intents.drag_match_out(line);
            }
        }
    });
}
