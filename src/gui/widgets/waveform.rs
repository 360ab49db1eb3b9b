//! Waveforms: thumbnails in rows, and pictures with a position and a stretch that can be chosen by dragging.

use egui::{
    Color32, CursorIcon, Id, Mesh, Painter, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use crate::engine::SoundPreview;
use crate::gui::theme::palette;

/// Draws `count` columns of (lowest, highest) sample over `rect`, as loud as the loudest allows. `colour` is asked with
/// the place from 0 (left) to 1 (right).
pub fn paint(
    painter: &Painter,
    rect: Rect,
    count: usize,
    column: impl Fn(usize) -> (f32, f32),
    colour: impl Fn(f32) -> Color32,
) {
    if count == 0 || rect.width() < 1.0 {
        return;
    }
    let peak = (0..count).map(column_peak(&column)).fold(0.0f32, f32::max);
    // A recording of almost nothing stays almost nothing: its noise is not blown up to fill the picture.
    let gain = rect.height() / 2.0 / peak.max(0.01);
    // One bar a pixel, or wider bars with a gap where there are fewer columns than pixels.
    let bars = ((rect.width() / 3.0) as usize).max(1);
    let bars = if count < rect.width() as usize { bars.min(count) } else { rect.width() as usize };
    let width = rect.width() / bars as f32;
    let drawn = if width >= 2.5 { width - 1.0 } else { width };
    let mut mesh = Mesh::default();
    for bar in 0..bars {
        let first = bar * count / bars;
        let last = ((bar + 1) * count / bars).clamp(first + 1, count);
        let (low, high) = (first..last).map(&column).fold((0.0f32, 0.0f32), |(l, h), (a, b)| (l.min(a), h.max(b)));
        let x = rect.left() + bar as f32 * width;
        let (top, bottom) = (rect.center().y - high * gain, rect.center().y - low * gain);
        let (top, bottom) = (top.min(rect.center().y - 0.5), bottom.max(rect.center().y + 0.5));
        let place = (bar as f32 + 0.5) / bars as f32;
        mesh.add_colored_rect(Rect::from_min_max(pos2(x, top), pos2(x + drawn, bottom)), colour(place));
    }
    painter.add(Shape::mesh(mesh));
}

fn column_peak(column: &impl Fn(usize) -> (f32, f32)) -> impl Fn(usize) -> f32 {
    move |i| {
        let (low, high) = column(i);
        low.abs().max(high.abs())
    }
}

/// A row's small picture; `marked` is a stretch of it, as fractions, drawn in the accent.
pub fn thumbnail(
    painter: &Painter,
    rect: Rect,
    columns: &[(i8, i8)],
    marked: Option<(f32, f32)>,
    visuals: &egui::Visuals,
) {
    let palette = palette(visuals);
    let scaled = |i: usize| (f32::from(columns[i].0) / 127.0, f32::from(columns[i].1) / 127.0);
    let inside = |place: f32| marked.is_some_and(|(from, to)| (from..=to).contains(&place));
    let colour = |place| if inside(place) { palette.accent } else { palette.wave };
    paint(painter, rect, columns.len(), scaled, colour);
    if let Some((from, to)) = marked {
        // The stretch may be narrower than a bar: the line under it always shows where it is.
        let x = |place: f32| rect.left() + place.clamp(0.0, 1.0) * rect.width();
        let (left, right) = (x(from), x(to).max(x(from) + 2.0));
        painter.hline(left..=right, rect.bottom() + 2.0, Stroke::new(2.0, palette.accent));
    }
}

/// What a person did to a [`picture`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// Clicked at this second.
    Pointed(f64),
    /// Is dragging, or has dragged, over this stretch; the flag says whether the button is still down.
    Dragged { from_secs: f64, to_secs: f64, down: bool },
}

/// What a [`picture`] shows beside the waveform, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// A stretch in the accent; the rest is dimmed.
    pub stretch: Option<(f64, f64)>,
    pub position_secs: Option<f64>,
    /// Whether a stretch can be chosen by dragging.
    pub draggable: bool,
}

/// A sound over the whole available width.
pub fn picture(
    ui: &mut Ui,
    name: &str,
    height: f32,
    preview: &SoundPreview,
    marks: Marks,
) -> (Response, Option<Gesture>) {
    let palette = palette(ui.visuals());
    let sense = if marks.draggable { Sense::click_and_drag() } else { Sense::click() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, name));
    let duration = preview.duration_secs.max(1e-9);
    let x_of = |secs: f64| rect.left() + (secs / duration).clamp(0.0, 1.0) as f32 * rect.width();
    let secs_of = |x: f32| f64::from(((x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0)) * duration;
    if ui.is_rect_visible(rect) {
        let painter = ui.painter_at(rect.expand(1.0));
        painter.hline(rect.x_range(), rect.center().y, Stroke::new(1.0, palette.line));
        if let Some((from, to)) = marks.stretch {
            let ground = Rect::from_x_y_ranges(x_of(from)..=x_of(to), rect.y_range());
            painter.rect_filled(ground, 0.0, palette.selected);
        }
        let inside = |place: f32| match marks.stretch {
            Some((from, to)) => (from..=to).contains(&(f64::from(place) * duration)),
            None => true,
        };
        let colour = |place| if inside(place) { palette.accent } else { palette.wave };
        let columns = &preview.waveform;
        paint(&painter, rect.shrink2(vec2(0.0, 3.0)), columns.len(), |i| columns[i], colour);
        if let Some((from, to)) = marks.stretch {
            for edge in [from, to] {
                painter.vline(x_of(edge), rect.y_range(), Stroke::new(1.5, palette.accent));
            }
        }
        if let Some(secs) = marks.position_secs {
            painter.vline(x_of(secs), rect.y_range(), Stroke::new(2.0, palette.text));
        }
        if response.has_focus() {
            painter.rect_stroke(rect, 2.0, Stroke::new(1.0, palette.accent), egui::StrokeKind::Inside);
        }
    }
    let gesture = gesture(ui, &response, marks, &secs_of, &x_of);
    let near_edge = |x: f32| marks.stretch.is_some_and(|(from, to)| edge_near(x, x_of(from), x_of(to)).is_some());
    let cursor = match response.hover_pos() {
        Some(pos) if marks.draggable && near_edge(pos.x) => CursorIcon::ResizeHorizontal,
        Some(_) if marks.draggable => CursorIcon::Text,
        _ => CursorIcon::PointingHand,
    };
    (response.on_hover_cursor(cursor), gesture)
}

/// Which edge of a stretch the pointer can grab: `true` is the left one.
fn edge_near(x: f32, left: f32, right: f32) -> Option<bool> {
    const REACH: f32 = 6.0;
    let (to_left, to_right) = ((x - left).abs(), (x - right).abs());
    (to_left.min(to_right) <= REACH).then_some(to_left < to_right)
}

fn gesture(
    ui: &Ui,
    response: &Response,
    marks: Marks,
    secs_of: &impl Fn(f32) -> f64,
    x_of: &impl Fn(f64) -> f32,
) -> Option<Gesture> {
    let x = response.interact_pointer_pos()?.x;
    // The end that stays while the other is dragged.
    let anchor_id: Id = response.id.with("anchor");
    if response.drag_started() {
        let origin = ui.input(|i| i.pointer.press_origin()).map_or(x, |p| p.x);
        let anchor = match marks.stretch {
            Some((from, to)) => match edge_near(origin, x_of(from), x_of(to)) {
                Some(true) => to,
                Some(false) => from,
                None => secs_of(origin),
            },
            None => secs_of(origin),
        };
        ui.data_mut(|data| data.insert_temp(anchor_id, anchor));
    }
    if response.dragged() || response.drag_stopped() {
        let anchor: f64 = ui.data(|data| data.get_temp(anchor_id))?;
        let here = secs_of(x);
        let down = !response.drag_stopped();
        return Some(Gesture::Dragged { from_secs: anchor.min(here), to_secs: anchor.max(here), down });
    }
    response.clicked().then(|| Gesture::Pointed(secs_of(x)))
}
