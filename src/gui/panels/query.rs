//! The query: its sound, and the part that is searched for. The selected match is below it.

use egui::{Align, DragValue, Frame, Label, Layout, RichText, Ui};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{compare, query_keys};
use crate::engine::{Command, SoundPreview};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::pictures::Picture;
use crate::gui::search_state::{SHORTEST_SECS, SearchState};
use crate::gui::shared::Shared;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::bidi::visual;
use crate::gui::widgets::buttons::{icon_button, icon_toggle};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::sound_picture::{self, Gesture, Marks, Sound};
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, search: &mut SearchState, shared: &Shared, intents: &mut Intents) {
    let Some(path) = search.path.clone() else { return };
    let palette = palette(ui.visuals());
    let picture = match search.pictures.of(&path) {
        Some(Picture::Drawn(preview)) => Ok(preview.clone()),
        Some(Picture::Failed) => Err("This sound cannot be drawn."),
        Some(Picture::Asked) | None => Err("Reading…"),
    };
    Frame::new().fill(palette.well).corner_radius(size::CORNER).inner_margin(8).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.horizontal(|ui| heading(ui, search, shared, intents, &path, picture.as_ref().ok()));
        let height = height(ui);
        match &picture {
            Ok(preview) => drawn(ui, search, shared, intents, preview, height),
            Err(why) => {
                ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
                    ui.centered_and_justified(|ui| ui.label(RichText::new(*why).color(palette.dim)));
                });
            }
        }
        if picture.is_ok() {
            compare::show(ui, search, shared, intents);
        }
    });
}

fn heading(
    ui: &mut Ui,
    search: &mut SearchState,
    shared: &Shared,
    intents: &mut Intents,
    path: &camino::Utf8Path,
    preview: Option<&Arc<SoundPreview>>,
) {
    let playing = shared.plays(path);
    let (icon, name) = if playing { (Icon::Stop, "Stop the query") } else { (Icon::Play, "Play the query") };
    if icon_button(ui, icon, name).clicked() {
        match search.query_clip() {
            Some(clip) if !playing => intents.play(clip),
            _ => intents.submit(Command::StopPlaying),
        }
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if icon_button(ui, Icon::Close, "Forget the query").clicked() {
            search.clear();
        }
        own_moments(ui, search, intents);
        if search.region.is_some() {
            part_buttons(ui, shared, intents);
        }
        let known = || search.own.and_then(|own| shared.latest.dataset.file(own)).map(|file| file.duration_secs());
        if let Some(duration_secs) = preview.map(|preview| preview.duration_secs).or_else(known) {
            // The line is filled from the right.
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                region_fields(ui, search, intents, duration_secs)
            });
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let name = ui.add(Label::new(visual(format::file_name(path))).truncate());
            name.on_hover_text(format!("{path}\n{}", preview.map_or_else(String::new, |preview| describe(preview))));
        });
    });
}

/// The button that lists the moments of the query's own file, which is not among the matches.
fn own_moments(ui: &mut Ui, search: &SearchState, intents: &mut Intents) {
    let Some(own) = search.own.filter(|_| search.report.is_some()) else { return };
    let open = search.unfolded.contains_key(&own);
    let name = "Moments of this sound that are like the query";
    if icon_toggle(ui, Icon::List, name, Some(open)).clicked() {
        intents.unfold_moments(own, !open);
    }
}

/// What can be done with the chosen part.
fn part_buttons(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    if icon_button(ui, Icon::Cut, "Save the chosen part as WAV (Ctrl+E)").clicked() {
        intents.ask_to_save_part();
    }
    let loops = shared.latest.player.looping && shared.latest.player.playing;
    if icon_toggle(ui, Icon::Loop, "Play the chosen part again and again", Some(loops)).clicked() {
        intents.loop_part();
    }
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

fn drawn(
    ui: &mut Ui,
    search: &mut SearchState,
    shared: &Shared,
    intents: &mut Intents,
    preview: &Arc<SoundPreview>,
    height: f32,
) {
    let plays = shared.plays(&preview.path);
    let marks = Marks {
        stretch: search.region,
        position_secs: plays.then_some(shared.latest.player.position_secs),
        has_edges: true,
        window: search.zoom,
        has_axes: true,
        waveform_alone: false,
    };
    let close_up = search.close_up().and_then(|shown| search.pictures.drawn(&shown).cloned());
    let sound = Sound { close_up: close_up.as_ref(), ..Sound::whole(preview) };
    let name = "Picture of the query: drag over the part to search for, click to play, zoom with the wheel";
    let (response, gesture) = sound_picture::picture(ui, name, height, sound, marks);
    match gesture {
        Some(Gesture::Dragged { from_secs, to_secs, down }) => {
            let is_part = to_secs - from_secs >= SHORTEST_SECS;
            let region = is_part.then_some((from_secs, to_secs));
            if (is_part || !down) && region != search.region {
                intents.choose_region(region);
            }
        }
        Some(Gesture::Pointed(secs)) => {
            // The keys go on in the picture.
            response.request_focus();
            intents.point_at_query(secs);
        }
        Some(Gesture::Zoomed(window)) if search.zoom_to(window) => intents.want_pictures(),
        Some(Gesture::Zoomed(_)) | None => {}
    }
    query_keys::handle(ui, &response, search, preview.duration_secs, intents);
}

/// The height of the picture. A low window keeps room for the matches.
fn height(ui: &Ui) -> f32 {
    let height = ui.ctx().content_rect().height();
    (0.35 * (height - size::LOW_WINDOW) + size::QUERY_PICTURE_LOW).clamp(size::QUERY_PICTURE_LOW, size::QUERY_PICTURE)
}

/// The fields for choosing the part with the keyboard, filled in from the right.
fn region_fields(ui: &mut Ui, search: &SearchState, intents: &mut Intents, duration_secs: f64) {
    ui.spacing_mut().interact_size.y = 22.0;
    ui.spacing_mut().button_padding.x = 4.0;
    ui.spacing_mut().item_spacing.x = 5.0;
    let (mut from, mut to) = search.region.unwrap_or((0.0, duration_secs));
    let speed = duration_secs / 400.0;
    if search.region.is_some() && ui.link(RichText::new("all of it").small()).clicked() {
        intents.choose_region(None);
        return;
    }
    let last = ui.add(seconds(&mut to, from..=duration_secs, speed)).accessible_name("Query to, in seconds");
    text::small(ui, "to");
    let first = ui.add(seconds(&mut from, 0.0..=to, speed)).accessible_name("Query from, in seconds");
    let help = "The part to search for: drag over the picture, or type";
    let changed = first.on_hover_text(help).changed() | last.on_hover_text(help).changed();
    if changed && to - from >= SHORTEST_SECS {
        intents.choose_region(Some((from, to)));
    }
}

fn seconds(value: &mut f64, range: RangeInclusive<f64>, speed: f64) -> DragValue<'_> {
    DragValue::new(value).range(range).speed(speed).fixed_decimals(2).suffix(" s")
}
