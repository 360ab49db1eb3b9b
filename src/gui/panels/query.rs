//! The query: the sound that is searched for, and which part of it.

use egui::{Align, DragValue, Frame, Label, Layout, RichText, Ui};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::earlier;
use crate::engine::{Clip, SoundPreview};
use crate::gui::format;
use crate::gui::search_state::SHORTEST_SECS;
use crate::gui::state::{List, Picture, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::sound_picture::{self, Gesture, Marks};
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, state: &mut State) {
    let Some(path) = state.search.path.clone() else { return };
    let palette = palette(ui.visuals());
    let picture = match state.picture(&path) {
        Some(Picture::Drawn(preview)) => Ok(preview.clone()),
        Some(Picture::Failed) => Err("This sound cannot be drawn."),
        Some(Picture::Asked) | None => Err("Reading…"),
    };
    Frame::new().fill(palette.well).corner_radius(size::CORNER).inner_margin(10).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.scope(|ui| earlier::show(ui, state));
            let playing = state.latest.player.playing && state.latest.player.path.as_ref() == Some(&path);
            let (icon, name) = if playing { (Icon::Stop, "Stop the query") } else { (Icon::Play, "Play the query") };
            if icon_button(ui, icon, name).clicked() {
                state.list = List::Matches;
                match state.search.query_clip() {
                    Some(clip) if !playing => state.play(clip),
                    _ => state.submit(crate::engine::Command::StopPlaying),
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if icon_button(ui, Icon::Close, "Forget the query").clicked() {
                    state.search.clear();
                }
                if let Ok(preview) = &picture {
                    ui.label(RichText::new(describe(preview)).small().color(palette.dim));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let name = ui.add(Label::new(format::file_name(&path)).truncate());
                    name.on_hover_text(path.as_str());
                });
            });
        });
        match &picture {
            Ok(preview) => {
                drawn(ui, state, preview);
                region_fields(ui, state, preview.duration_secs);
            }
            Err(why) => {
                ui.allocate_ui(egui::vec2(ui.available_width(), height(ui)), |ui| {
                    ui.centered_and_justified(|ui| ui.label(RichText::new(*why).color(palette.dim)));
                });
            }
        }
    });
}

fn describe(preview: &SoundPreview) -> String {
    let channels = match preview.channels {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        n => format!("{n} channels"),
    };
    let kilohertz = f64::from(preview.rate) / 1000.0;
    format!("{} · {kilohertz} kHz · {channels}", format::duration(preview.duration_secs))
}

fn drawn(ui: &mut Ui, state: &mut State, preview: &Arc<SoundPreview>) {
    let player = &state.latest.player;
    let plays = player.playing && player.path.as_ref() == Some(&preview.path);
    let marks =
        Marks { stretch: state.search.region, position_secs: plays.then_some(player.position_secs), has_edges: true };
    let name = "Picture of the query: drag over the part to search for, click to search for all of it";
    let (_, gesture) = sound_picture::picture(ui, name, height(ui), preview, marks);
    match gesture {
        Some(Gesture::Dragged { from_secs, to_secs, down }) => {
            if to_secs - from_secs >= SHORTEST_SECS {
                state.choose_region(Some((from_secs, to_secs)));
            } else if !down {
                state.choose_region(None);
            }
        }
        Some(Gesture::Pointed(secs)) => match state.search.region {
            Some((from, to)) if (from..=to).contains(&secs) => {
                state.play(Clip { path: preview.path.clone(), from_secs: from, to_secs: Some(to) });
            }
            Some(_) => state.choose_region(None),
            None => state.play(Clip { path: preview.path.clone(), from_secs: secs, to_secs: None }),
        },
        None => {}
    }
}

/// A low window keeps some room for the matches.
fn height(ui: &Ui) -> f32 {
    let is_low = ui.ctx().content_rect().height() < size::LOW_WINDOW;
    if is_low { size::QUERY_PICTURE_LOW } else { size::QUERY_PICTURE }
}

/// The same region by keyboard.
fn region_fields(ui: &mut Ui, state: &mut State, duration_secs: f64) {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 22.0;
        let (mut from, mut to) = state.search.region.unwrap_or((0.0, duration_secs));
        text::small(ui, "Search for");
        let speed = duration_secs / 400.0;
        let first = ui.add(seconds(&mut from, 0.0..=to, speed)).accessible_name("Query from, in seconds");
        text::small(ui, "to");
        let second = ui.add(seconds(&mut to, from..=duration_secs, speed)).accessible_name("Query to, in seconds");
        if (first.changed() || second.changed()) && to - from >= SHORTEST_SECS {
            state.choose_region(Some((from, to)));
        }
        if state.search.region.is_some() {
            if ui.link(RichText::new("all of it").small()).clicked() {
                state.choose_region(None);
            }
        } else {
            let hint = RichText::new("(drag over the picture to choose a part)").small();
            ui.add(Label::new(hint.color(palette(ui.visuals()).dim)).truncate());
        }
    });
}

fn seconds(value: &mut f64, range: RangeInclusive<f64>, speed: f64) -> DragValue<'_> {
    DragValue::new(value).range(range).speed(speed).fixed_decimals(2).suffix(" s")
}
