//! The plane of the map: its dots, their names, and what the pointer and the keys do on it.

use egui::{
    Align, Align2, Color32, Id, Key, Layout, Modifiers, Rect, Response, Role, Sense, Stroke, StrokeKind, TextStyle, Ui,
    UiBuilder, Vec2, WidgetInfo, vec2,
};
use std::sync::Arc;

use crate::engine::{ChunkPlace, MapReport};
use crate::gui::explore::kinds::{Kinds, STEPS};
use crate::gui::explore::map::{MapState, View};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::search_state::SearchState;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row;
use crate::gui::widgets::sound_map::Plane;

/// How far from a dot the pointer may be, in points.
const REACH: f32 = 9.0;

/// The most letters of the name of a crowd.
const CROWD_LETTERS: usize = 18;

/// The factor by which a key or a button zooms.
const ZOOM: f32 = 1.4;

/// The buttons for zooming, in a corner of the plane.
fn zoom_buttons(ui: &mut Ui, map: &mut MapState, plane: Rect) {
    let buttons = [
        (Icon::ZoomIn, "Zoom in (+)", Some(ZOOM)),
        (Icon::ZoomOut, "Zoom out (-)", Some(1.0 / ZOOM)),
        (Icon::Whole, "Show all (0)", None),
    ];
    let corner = plane.right_top() + vec2(-size::CONTROL - 4.0, 4.0);
    let place = Rect::from_min_size(corner, vec2(size::CONTROL, size::CONTROL * buttons.len() as f32));
    let mut column =
        ui.new_child(UiBuilder::new().id_salt("zoom").max_rect(place).layout(Layout::top_down(Align::Min)));
    column.spacing_mut().item_spacing.y = 0.0;
    for (icon, name, factor) in buttons {
        if icon_button(&mut column, icon, name).clicked() {
            map.zoom(factor);
        }
    }
}

/// The colour of each kind. All but `only` are dimmed. The last colour is for dots without a kind.
pub(super) fn colours(ui: &Ui, kinds: &Kinds, only: Option<usize>) -> Vec<Color32> {
    let palette = palette(ui.visuals());
    let mut of_kinds = palette.kinds;
    if kinds.is_scale {
        of_kinds[..STEPS].copy_from_slice(&palette.steps);
    }
    let all = of_kinds.into_iter().chain([palette.wave]).enumerate();
    all.map(|(kind, colour)| if only.is_none_or(|only| only == kind) { colour } else { colour.gamma_multiply(0.15) })
        .collect()
}

pub(super) fn plane(
    ui: &mut Ui,
    map: &mut MapState,
    search: &SearchState,
    shared: &Shared,
    intents: &mut Intents,
    report: &Arc<MapReport>,
    height: f32,
) {
    let palette = palette(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    let all = View::of_all(report, rect.size().into());
    let kinds = map.kinds.clone();
    let colours = colours(ui, &kinds, map.only);
    map.all = Some(all);
    let mut view = map.view.unwrap_or(all);
    let draws = ui.input(|input| input.modifiers.shift) || !map.lasso.is_empty();
    if !draws {
        moved(ui, &response, &mut view, all);
    }
    if std::mem::take(&mut map.reveal_on_plane)
        && let Some(dot) = map.selected
    {
        view = in_view(view, report.dots.places()[dot], rect);
    }
    map.view = (view != all).then_some(view);
    let plane = Plane { report, sounds: map.shows_sounds(), kinds: &kinds, view, colours: &colours, rect };
    if std::mem::take(&mut map.take_focus) {
        response.request_focus();
    }
    name(ui, map, &response, report);
    if draws {
        lasso(map, intents, &response, &plane);
    } else {
        pointed(ui, map, shared, intents, &response, &plane);
    }
    keys(ui, map, shared, intents, &response);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, size::CORNER, palette.well);
    plane.paint(&painter, Id::unique("sound map"));
    marks(ui, map, search, &plane);
    crowds(ui, &plane);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, size::CORNER, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
    }
    note_in_view(map, &plane);
    zoom_buttons(ui, map, rect);
}

fn moved(ui: &Ui, response: &Response, view: &mut View, all: View) {
    if response.dragged() {
        *view = view.moved(response.drag_delta().into());
    }
    let Some(at) = response.hover_pos() else { return };
    let (pinch, scrolled) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta().y));
    let factor = pinch * (scrolled / 200.0).exp();
    if factor != 1.0 {
        *view = view.zoomed(factor, (at - response.rect.center()).into(), all);
    }
}

/// Moves the view just far enough that a place is not near the edge.
fn in_view(view: View, place: [f32; 2], rect: Rect) -> View {
    let centre = [0, 1].map(|axis| {
        let room = 0.42 * rect.size()[axis] / view.scale;
        view.centre[axis].clamp(place[axis] - room, place[axis] + room)
    });
    View { centre, ..view }
}

fn name(ui: &Ui, map: &MapState, response: &Response, report: &MapReport) {
    let sounds = if report.sounds.of.is_empty() { report.dots.len() } else { report.sounds.of.len() };
    let dots = format::counted(sounds as u64, "sound", "sounds");
    let selected = map.selected_place();
    let selected = selected.map_or_else(|| "nothing is selected".to_owned(), |place| words(&place));
    let named = format!("Map of {dots}; {selected}");
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, ui.is_enabled(), named.as_str()));
}

pub(super) fn words(place: &ChunkPlace) -> String {
    format!("{}, {}", format::file_name(&place.path), format::stretch(place.start_secs, place.end_secs))
}

fn pointed(
    ui: &Ui,
    map: &mut MapState,
    shared: &Shared,
    intents: &mut Intents,
    response: &Response,
    plane: &Plane<'_>,
) {
    let at = response.hover_pos().filter(|_| !response.dragged());
    let dot = at.and_then(|at| plane.dots().nearest(plane.on_map(at), REACH / plane.view.scale));
    let dot = dot.map(|dot| plane.chunk(dot));
    let (to_play, check_in_secs) = map.hover(dot, ui.input(|input| input.time));
    if let Some(dot) = to_play {
        map.play(dot, shared, intents);
    }
    if let Some(secs) = check_in_secs {
        ui.ctx().request_repaint_after_secs(secs as f32);
    }
    if dot.is_some() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    if response.clicked() && response.interact_pointer_pos().is_some() {
        response.request_focus();
        intents.use_list(List::Dots);
        if let Some(dot) = dot {
            intents.click_dot(dot);
        }
    }
}

fn keys(ui: &Ui, map: &mut MapState, shared: &Shared, intents: &mut Intents, response: &Response) {
    if response.gained_focus() {
        intents.use_list(List::Dots);
    }
    if response.has_focus() {
        row::give_arrows_to_keys(ui, response.id);
    }
    let is_used = matches!(shared.list, List::Dots | List::MapRows);
    if !is_used || ui.ctx().text_edit_focused() || shared.is_covered {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Plus) || pressed(Key::Equals) {
        map.zoom(Some(ZOOM));
    }
    if pressed(Key::Minus) {
        map.zoom(Some(1.0 / ZOOM));
    }
    if pressed(Key::Num0) {
        map.zoom(None);
    }
}

/// Marks the matches, the selected dot, and the dot under the pointer with its name.
fn marks(ui: &Ui, map: &MapState, search: &SearchState, plane: &Plane<'_>) {
    let palette = palette(ui.visuals());
    let painter = ui.painter_at(plane.rect);
    let at = |dot: usize| plane.report.dots.places().get(dot).map(|place| plane.on_screen(*place));
    let lasso: Vec<egui::Pos2> = map.lasso.iter().map(|place| plane.on_screen(*place)).collect();
    painter.add(egui::Shape::closed_line(lasso, Stroke::new(1.5, palette.accent)));
    for dot in search.matches().iter().filter_map(|m| map.dot_of_match(m)) {
        if let Some(at) = at(dot) {
            painter.circle_stroke(at, 5.0, Stroke::new(2.5, palette.well));
            painter.circle_stroke(at, 5.0, Stroke::new(1.25, palette.text));
        }
    }
    if let Some(at) = map.selected.map(|dot| map.shown_dot(dot)).and_then(at) {
        // The rings have the colours of the ground and of text, so they are visible among dots of any colour.
        painter.circle_filled(at, 6.0, palette.text);
        painter.circle_stroke(at, 8.0, Stroke::new(3.0, palette.well));
        painter.circle_stroke(at, 11.0, Stroke::new(2.0, palette.text));
    }
    let Some(dot) = map.hovered.map(|hovered| hovered.dot).or(map.selected) else { return };
    let dot = map.shown_dot(dot);
    if let (Some(at), Some(place)) = (at(dot).filter(|at| plane.rect.contains(*at)), map.place(dot)) {
        painter.circle_stroke(at, 6.0, Stroke::new(1.5, palette.accent));
        let name = if plane.sounds { format::file_name(&place.path).to_owned() } else { words(&place) };
        label(ui, plane.rect, at, &name);
    }
}

/// The names of crowds, over their dots. A name that would cover another one is left out.
fn crowds(ui: &Ui, plane: &Plane<'_>) {
    if !plane.sounds {
        return;
    }
    let palette = palette(ui.visuals());
    let painter = ui.painter_at(plane.rect);
    let mut taken: Vec<Rect> = Vec::new();
    for crowd in &plane.report.sounds.crowds {
        let font = TextStyle::Small.resolve(ui.style());
        let name = crate::gui::widgets::bidi::visual(&format::shortened(&crowd.name, CROWD_LETTERS)).into_owned();
        let galley = painter.layout_no_wrap(name, font, palette.text);
        let place =
            Align2::CENTER_CENTER.anchor_size(plane.on_screen(crowd.place), galley.size()).expand2(vec2(5.0, 2.0));
        if !plane.rect.contains_rect(place) || taken.iter().any(|other| other.intersects(place)) {
            continue;
        }
        painter.rect_filled(place, size::CORNER, palette.well.gamma_multiply(0.8));
        painter.galley(place.shrink2(vec2(5.0, 2.0)).min, galley, palette.text);
        taken.push(place);
    }
}

/// A drag with Shift draws a line around some dots. The search then looks only among them.
fn lasso(map: &mut MapState, intents: &mut Intents, response: &Response, plane: &Plane<'_>) {
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
    {
        map.lasso.push(plane.on_map(at));
    }
    if response.drag_stopped() {
        let line = std::mem::take(&mut map.lasso);
        intents.look_among(line);
    }
}

/// Draws a name beside a dot, within the plane.
fn label(ui: &Ui, plane: Rect, at: egui::Pos2, name: &str) {
    let palette = palette(ui.visuals());
    let font = TextStyle::Small.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(name.to_owned(), font, palette.text);
    let mut rect = Rect::from_min_size(at + vec2(12.0, -galley.size().y / 2.0), galley.size()).expand2(vec2(6.0, 3.0));
    if rect.right() > plane.right() {
        rect = rect.translate(vec2(at.x - 18.0 - rect.right(), 0.0));
    }
    let inside = plane.shrink(2.0);
    let back = Vec2::new((inside.left() - rect.left()).max(0.0), (inside.top() - rect.top()).max(0.0));
    rect = rect.translate(back - vec2(0.0, (rect.bottom() - inside.bottom()).max(0.0)));
    let painter = ui.painter_at(plane);
    painter.rect(rect, size::CORNER, palette.panel, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    painter.galley(rect.shrink2(vec2(6.0, 3.0)).min, galley, palette.text);
}

/// Updates the list of the dots in view, if it is shown.
fn note_in_view(map: &mut MapState, plane: &Plane<'_>) {
    if !map.list_open || map.in_view_of == Some((plane.view, plane.rect.size().into())) {
        return;
    }
    let (low, high) = plane.bounds(0.0);
    let mut dots: Vec<u32> = plane.dots().within(low, high).map(|dot| plane.chunk(dot) as u32).collect();
    dots.sort_unstable();
    map.in_view = Arc::new(dots);
    map.in_view_of = Some((plane.view, plane.rect.size().into()));
}
