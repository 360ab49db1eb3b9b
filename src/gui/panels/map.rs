//! The map of the library: every sound a dot, what sounds alike near one another.

use egui::{
    Align, Align2, Button, Color32, Id, Key, Layout, Modifiers, Rect, Response, RichText, Role, ScrollArea, Sense,
    Stroke, StrokeKind, TextStyle, Ui, UiBuilder, Vec2, WidgetInfo, vec2,
};
use std::sync::Arc;

use crate::engine::{ChunkPlace, JobKind, MapReport};
use crate::gui::explore::kinds::{ColourBy, KindName, Kinds};
use crate::gui::explore::map::View;
use crate::gui::format;
use crate::gui::state::{List, State};
use crate::gui::theme::{STEPS, palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle, primary_sized, segmented, tick};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{self, Row, take_left};
use crate::gui::widgets::sound_map::Plane;
use crate::gui::widgets::{progress, text};

/// How far from a dot, in points, the pointer may be.
const REACH: f32 = 9.0;

/// Longer names are shortened in the legend.
const LEGEND_LETTERS: usize = 24;

/// Longer names of crowds are shortened.
const CROWD_LETTERS: usize = 18;

/// One press of a key or a button zooms by this.
const ZOOM: f32 = 1.4;

pub fn show(ui: &mut Ui, state: &mut State) {
    if state.search_obstacle().is_some() {
        return empty(ui, "The map of your sounds", "It fills once they are indexed: what sounds alike lies together.");
    }
    state.want_map();
    if let Some((job, view)) = state.job(JobKind::Map).map(|(job, view)| (job, view.clone()))
        && progress::job(ui, &view, "Stop drawing the map")
    {
        state.cancel(job);
    }
    let Some(report) = state.explore.map.report.clone() else { return nothing_yet(ui, state) };
    if report.dots.is_empty() {
        return empty(ui, "Nothing but silence", "There is no sound in the index that a map could show.");
    }
    toolbar(ui, state);
    state.keep_kinds();
    legend(ui, state);
    let list =
        if state.explore.map.list_open { size::MAP_LIST.min(ui.available_height() * 0.45) + size::GAP } else { 0.0 };
    let height = (ui.available_height() - list - 20.0).max(80.0);
    plane(ui, state, &report, height);
    summary(ui, state, &report);
    if state.explore.map.list_open {
        rows(ui, state, &report);
    }
}

fn nothing_yet(ui: &mut Ui, state: &mut State) {
    if state.explore.map.asked.is_running() {
        return empty(ui, "Drawing the map", "It is drawn once, and kept until the index changes.");
    }
    let sentence = "It takes some seconds for 10,000 sounds, and is kept until the index changes.";
    empty(ui, "There is no map yet", sentence);
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, "Draw the map", vec2(200.0, 36.0)).clicked() {
            state.explore.map.asked.forget();
        }
    });
}

fn toolbar(ui: &mut Ui, state: &mut State) {
    let mut by = state.explore.map.colour_by;
    let mut is_changed = false;
    ui.horizontal_wrapped(|ui| {
        let options = [
            (ColourBy::Folder, "Folders", "Dots are coloured by the folder that their file is in"),
            (ColourBy::Tag, "Tags", "Dots are coloured by the first tag of their file"),
            (ColourBy::File, "Files", "Dots of one file have one colour; several files may share it"),
        ];
        is_changed |= segmented(ui, &mut by, &options);
        let help = "A dot plays when the pointer rests on it";
        tick(ui, &mut state.explore.map.hover_plays, "Hover plays").on_hover_text(help);
        let open = state.explore.map.list_open;
        if icon_toggle(ui, Icon::List, "List of the sounds in view", Some(open)).clicked() {
            state.explore.map.list_open = !open;
        }
    });
    // A row of its own: in one row with the others, these would be wider than the panel.
    ui.horizontal(|ui| {
        let aspects = [
            (ColourBy::Brightness, "Bright", "Dots are coloured by the brightness of their file"),
            (ColourBy::Length, "Lengths", "Dots are coloured by the length of their file"),
            (ColourBy::Pitch, "Pitches", "Dots are coloured by the pitch of their file"),
        ];
        is_changed |= segmented(ui, &mut by, &aspects);
    });
    if is_changed {
        state.colour_map_by(by);
    }
}

/// Zooming by click, in a corner of the plane.
fn zoom_buttons(ui: &mut Ui, state: &mut State, plane: Rect) {
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
            zoom(state, factor);
        }
    }
}

/// Zooms around the middle; without a factor, shows everything.
fn zoom(state: &mut State, factor: Option<f32>) {
    let map = &mut state.explore.map;
    map.view = match (map.view.or(map.all), map.all, factor) {
        (Some(view), Some(all), Some(factor)) => Some(view.zoomed(factor, [0.0, 0.0], all)),
        _ => None,
    };
}

/// The meaning of the colours. A click dims all but one.
fn legend(ui: &mut Ui, state: &mut State) {
    let kinds = state.explore.map.kinds.clone();
    let colours = colours(ui, &kinds, None);
    if kinds.names.is_empty() {
        return text::small(ui, "Dots of one colour next to one another are mostly of one file.");
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
        ui.spacing_mut().button_padding = vec2(5.0, 1.0);
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal_wrapped(|ui| {
            for KindName { kind, name, dots } in &kinds.names {
                let chosen = state.explore.map.only == Some(*kind);
                let swatch = RichText::new("■").small().color(colours[*kind]);
                let label = RichText::new(format::shortened(name, LEGEND_LETTERS)).small();
                let button = Button::selectable(chosen, (swatch, label)).frame_when_inactive(false);
                let dots = format::counted(*dots as u64, "dot", "dots");
                let help = if chosen { "Click to bring the others back" } else { "Click to dim the others" };
                let response = ui.add(button).accessible_name(name.as_str());
                if response.on_hover_text(format!("{name}: {dots}. {help}.")).clicked() {
                    state.explore.map.only = (!chosen).then_some(*kind);
                }
            }
        });
    });
}

/// Each kind's colour; all but `only` are dimmed. The last is that of dots of no kind.
fn colours(ui: &Ui, kinds: &Kinds, only: Option<usize>) -> Vec<Color32> {
    let palette = palette(ui.visuals());
    let mut of_kinds = palette.kinds;
    if kinds.is_scale {
        of_kinds[..STEPS].copy_from_slice(&palette.steps);
    }
    let all = of_kinds.into_iter().chain([palette.wave]).enumerate();
    all.map(|(kind, colour)| if only.is_none_or(|only| only == kind) { colour } else { colour.gamma_multiply(0.15) })
        .collect()
}

fn plane(ui: &mut Ui, state: &mut State, report: &Arc<MapReport>, height: f32) {
    let palette = palette(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    let all = View::of_all(report, rect.size().into());
    let kinds = state.explore.map.kinds.clone();
    let colours = colours(ui, &kinds, state.explore.map.only);
    let map = &mut state.explore.map;
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
    let plane =
        Plane { report, sounds: state.explore.map.shows_sounds(), kinds: &kinds, view, colours: &colours, rect };
    if std::mem::take(&mut state.explore.map.take_focus) {
        response.request_focus();
    }
    name(ui, state, &response, report);
    if draws {
        lasso(state, &response, &plane);
    } else {
        pointed(ui, state, &response, &plane);
    }
    keys(ui, state, &response);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, size::CORNER, palette.well);
    plane.paint(&painter, Id::unique("sound map"));
    marks(ui, state, &plane);
    crowds(ui, &plane);
    if response.has_focus() {
        ui.painter().rect_stroke(rect, size::CORNER, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
    }
    note_in_view(state, &plane);
    zoom_buttons(ui, state, rect);
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

/// The view moved as little as brings a place away from the edge.
fn in_view(view: View, place: [f32; 2], rect: Rect) -> View {
    let centre = [0, 1].map(|axis| {
        let room = 0.42 * rect.size()[axis] / view.scale;
        view.centre[axis].clamp(place[axis] - room, place[axis] + room)
    });
    View { centre, ..view }
}

fn name(ui: &Ui, state: &State, response: &Response, report: &MapReport) {
    let sounds = if report.sounds.of.is_empty() { report.dots.len() } else { report.sounds.of.len() };
    let dots = format::counted(sounds as u64, "sound", "sounds");
    let selected = state.explore.map.selected_place();
    let selected = selected.map_or_else(|| "nothing is selected".to_owned(), |place| words(&place));
    let named = format!("Map of {dots}; {selected}");
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, ui.is_enabled(), named.as_str()));
}

fn words(place: &ChunkPlace) -> String {
    format!("{}, {}", format::file_name(&place.path), format::stretch(place.start_secs, place.end_secs))
}

fn pointed(ui: &Ui, state: &mut State, response: &Response, plane: &Plane<'_>) {
    let at = response.hover_pos().filter(|_| !response.dragged());
    let dot = at.and_then(|at| plane.dots().nearest(plane.on_map(at), REACH / plane.view.scale));
    let dot = dot.map(|dot| plane.chunk(dot));
    if let Some(secs) = state.hover_dot(dot, ui.input(|input| input.time)) {
        ui.ctx().request_repaint_after_secs(secs as f32);
    }
    if dot.is_some() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    if response.clicked() && response.interact_pointer_pos().is_some() {
        response.request_focus();
        state.list = List::Dots;
        if let Some(dot) = dot {
            state.click_dot(dot);
        }
    }
}

fn keys(ui: &Ui, state: &mut State, response: &Response) {
    if response.gained_focus() {
        state.list = List::Dots;
    }
    if response.has_focus() {
        row::give_arrows_to_keys(ui, response.id);
    }
    let is_used = matches!(state.list, List::Dots | List::MapRows);
    if !is_used || ui.ctx().text_edit_focused() || state.modal.is_some() {
        return;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Plus) || pressed(Key::Equals) {
        zoom(state, Some(ZOOM));
    }
    if pressed(Key::Minus) {
        zoom(state, Some(1.0 / ZOOM));
    }
    if pressed(Key::Num0) {
        zoom(state, None);
    }
}

/// Matches, and the dots that are selected or under the pointer, with a name.
fn marks(ui: &Ui, state: &State, plane: &Plane<'_>) {
    let palette = palette(ui.visuals());
    let painter = ui.painter_at(plane.rect);
    let map = &state.explore.map;
    let at = |dot: usize| plane.report.dots.places().get(dot).map(|place| plane.on_screen(*place));
    let lasso: Vec<egui::Pos2> = map.lasso.iter().map(|place| plane.on_screen(*place)).collect();
    painter.add(egui::Shape::closed_line(lasso, Stroke::new(1.5, palette.accent)));
    for dot in state.search.matches().iter().filter_map(|m| map.dot_of_match(m)) {
        if let Some(at) = at(dot) {
            painter.circle_stroke(at, 5.0, Stroke::new(2.5, palette.well));
            painter.circle_stroke(at, 5.0, Stroke::new(1.25, palette.text));
        }
    }
    if let Some(at) = map.selected.map(|dot| map.shown_dot(dot)).and_then(at) {
        // Rings of both ground and text: whatever the dots around it are coloured, they are seen.
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

/// The names of crowds, on the sounds themselves. A name that would cover another is left out.
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

/// With Shift, a drag draws a line around some dots: the matches are looked for among them.
fn lasso(state: &mut State, response: &Response, plane: &Plane<'_>) {
    if response.dragged()
        && let Some(at) = response.interact_pointer_pos()
    {
        state.explore.map.lasso.push(plane.on_map(at));
    }
    if response.drag_stopped() {
        let line = std::mem::take(&mut state.explore.map.lasso);
        state.look_among(&line);
    }
}

/// A name beside a dot, within the plane.
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

/// The number of dots and sounds, and how reliable the positions are.
fn summary(ui: &mut Ui, state: &State, report: &MapReport) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    let shown = format::count(report.dots.len() as u64);
    let all = format::counted(report.of as u64, "moment", "moments");
    let shown = if report.of > report.dots.len() { format!("{shown} of {all}") } else { all };
    let sounds = format::counted(report.sounds.of.len() as u64, "sound", "sounds");
    let shown = if report.sounds.of.is_empty() { shown } else { sounds };
    let kept = 100.0 * report.neighbours_kept;
    let matches = state.search.matches();
    let marked = matches.iter().filter(|m| state.explore.map.dot_of_match(m).is_some()).count();
    let marked = match matches.len() {
        all if marked == all => String::new(),
        all => format!(" · {marked} of {all} matches marked"),
    };
    let palette = palette(ui.visuals());
    let (line, colour) = match state.is_collapsed() {
        true => {
            (format!("{shown}. The model cannot tell sounds apart, so their places mean nothing."), palette.warning)
        }
        false => (format!("{shown} · {kept:.0}% of neighbours kept{marked}"), palette.dim),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line.as_str()));
    text::line(ui, rect, Align2::LEFT_CENTER, line, TextStyle::Small, colour);
    response.on_hover_text(
        "A plane cannot keep all distances between codes. So many of a sound's 10 nearest codes are among the 50 dots \
         nearest to its own.",
    );
}

/// Keeps the list of what is in view, while it is shown.
fn note_in_view(state: &mut State, plane: &Plane<'_>) {
    let map = &mut state.explore.map;
    if !map.list_open || map.in_view_of == Some((plane.view, plane.rect.size().into())) {
        return;
    }
    let (low, high) = plane.bounds(0.0);
    let mut dots: Vec<u32> = plane.dots().within(low, high).map(|dot| plane.chunk(dot) as u32).collect();
    dots.sort_unstable();
    map.in_view = Arc::new(dots);
    map.in_view_of = Some((plane.view, plane.rect.size().into()));
}

/// The sounds in view as a list: for keyboards, and for whoever looks for a name.
fn rows(ui: &mut Ui, state: &mut State, report: &Arc<MapReport>) {
    let dots = state.explore.map.in_view.clone();
    let kinds = state.explore.map.kinds.clone();
    let colours = colours(ui, &kinds, None);
    let height = 24.0;
    ui.spacing_mut().item_spacing.y = 1.0;
    let reveal = std::mem::take(&mut state.explore.map.reveal_in_list).then_some(state.explore.map.selected).flatten();
    let reveal = reveal.and_then(|dot| dots.binary_search(&(dot as u32)).ok());
    ScrollArea::vertical().id_salt("map rows").auto_shrink(false).show_rows(ui, height, dots.len(), |ui, shown| {
        if let Some(place) = reveal {
            row::reveal(ui, shown.start, place, height);
        }
        let selected = state.explore.map.selected.and_then(|dot| dots.binary_search(&(dot as u32)).ok());
        let stop = row::tab_stop(&shown, selected);
        let had_focus = row::focused(ui.ctx());
        for place in shown {
            let dot = dots[place] as usize;
            let Some(chunk) = report.place(dot) else { continue };
            let selected = state.explore.map.selected == Some(dot);
            let spoken = format!("Dot {}: {}", place + 1, words(&chunk));
            let row = Row { name: &spoken, height, selected, stops: place == stop, leaves: false };
            let response = row::row(ui, dot, row, |ui, mut rect| {
                let swatch = take_left(&mut rect, 8.0);
                let colour = kinds.of.get(dot).and_then(|&kind| colours.get(usize::from(kind)));
                ui.painter().circle_filled(swatch.center(), 4.0, colour.copied().unwrap_or_default());
                let time = row::take_right(&mut rect, 112.0);
                let palette = palette(ui.visuals());
                let stretch = format::stretch(chunk.start_secs, chunk.end_secs);
                text::line(ui, time, Align2::RIGHT_CENTER, stretch, TextStyle::Small, palette.dim);
                let name = format::file_name(&chunk.path);
                text::line(ui, rect, Align2::LEFT_CENTER, name, TextStyle::Small, palette.text);
            });
            if reveal == Some(place) && had_focus && state.list == List::MapRows {
                row::focus(ui, &response);
            }
            if response.gained_focus() {
                state.list = List::MapRows;
                state.explore.map.selected = Some(dot);
            }
            if response.clicked() {
                state.click_dot(dot);
                state.list = List::MapRows;
                state.explore.map.reveal_on_plane = true;
            }
        }
    });
}
