//! A sound as a picture: its waveform above its spectrogram, with a position, and a stretch that can be chosen by dragging.

use std::sync::Arc;

use egui::{CursorIcon, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::{spectrogram, waveform};
use crate::engine::SoundPreview;
use crate::gui::theme::palette;

/// How much of the picture's height is the waveform's.
const WAVEFORM_SHARE: f32 = 0.4;

/// What a person did to a [`picture`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// Clicked at this second.
    Pointed(f64),
    /// Is dragging, or has dragged, over this stretch; the flag says whether the button is still down.
    Dragged { from_secs: f64, to_secs: f64, down: bool },
}

/// What a [`picture`] shows beside the sound, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// A stretch in the accent; the rest is dimmed.
    pub stretch: Option<(f64, f64)>,
    pub position_secs: Option<f64>,
    /// Whether the edges of the stretch can be dragged, too; a drag anywhere else chooses another stretch.
    pub has_edges: bool,
}

/// A sound over the whole available width.
pub fn picture(
    ui: &mut Ui,
    name: &str,
    height: f32,
    preview: &Arc<SoundPreview>,
    marks: Marks,
) -> (Response, Option<Gesture>) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, name));
    let duration = preview.duration_secs.max(1e-9);
    let x_of = |secs: f64| rect.left() + (secs / duration).clamp(0.0, 1.0) as f32 * rect.width();
    let secs_of = |x: f32| f64::from(((x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0)) * duration;
    if ui.is_rect_visible(rect) {
        paint(ui, rect, &response, preview, marks, &x_of);
    }
    let gesture = gesture(ui, &response, marks, &secs_of, &x_of);
    let near_edge = |x: f32| marks.stretch.is_some_and(|(from, to)| edge_near(x, x_of(from), x_of(to)).is_some());
    let cursor = match response.hover_pos() {
        Some(pos) if marks.has_edges && near_edge(pos.x) => CursorIcon::ResizeHorizontal,
        _ => CursorIcon::Text,
    };
    (response.on_hover_cursor(cursor), gesture)
}

fn paint(
    ui: &Ui,
    rect: Rect,
    response: &Response,
    preview: &Arc<SoundPreview>,
    marks: Marks,
    x_of: &impl Fn(f64) -> f32,
) {
    let palette = palette(ui.visuals());
    let painter = ui.painter_at(rect.expand(1.0));
    let (above, below) = match preview.spectrogram.columns {
        0 => (rect, None),
        _ => {
            let (above, below) = rect.split_top_bottom_at_fraction(WAVEFORM_SHARE);
            (above, Some(below))
        }
    };
    painter.hline(above.x_range(), above.center().y, Stroke::new(1.0, palette.line));
    let at_stretch =
        |of: Rect| marks.stretch.map(|(from, to)| Rect::from_x_y_ranges(x_of(from)..=x_of(to), of.y_range()));
    if let Some(ground) = at_stretch(above) {
        painter.rect_filled(ground, 0.0, palette.selected);
    }
    let duration = preview.duration_secs.max(1e-9);
    let inside = |place: f32| match marks.stretch {
        Some((from, to)) => (from..=to).contains(&(f64::from(place) * duration)),
        None => true,
    };
    let colour = |place| if inside(place) { palette.accent } else { palette.wave };
    let columns = &preview.waveform;
    waveform::paint(&painter, above.shrink2(vec2(0.0, 2.0)), columns.len(), |i| columns[i], colour);
    if let Some(below) = below {
        spectrogram::paint(ui, &painter, response.id, below, preview);
        if let Some(bright) = at_stretch(below) {
            for dimmed in [below.with_max_x(bright.left()), below.with_min_x(bright.right())] {
                painter.rect_filled(dimmed, 0.0, palette.well.gamma_multiply(0.6));
            }
        }
    }
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
            Some((from, to)) if marks.has_edges => match edge_near(origin, x_of(from), x_of(to)) {
                Some(true) => to,
                Some(false) => from,
                None => secs_of(origin),
            },
            _ => secs_of(origin),
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
