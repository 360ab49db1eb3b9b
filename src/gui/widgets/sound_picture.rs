//! A sound as a picture: its waveform above its spectrogram, with a position, and a stretch that the person can choose
//! by dragging. A part of the sound can fill the picture. Then a lane below shows the whole sound, and which part that
//! is.

use std::sync::Arc;

use egui::{Align2, CursorIcon, FontId, Id, Painter, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{spectrogram, waveform};
use crate::audio::spectrogram::share_of_height;
use crate::engine::SoundPreview;
use crate::gui::format;
use crate::gui::theme::palette;

/// The waveform's share of the picture's height.
const WAVEFORM_SHARE: f32 = 0.4;

/// The height of the line of times, and of the lane that shows the whole sound.
const AXIS: f32 = 14.0;
const LANE: f32 = 14.0;

/// The shortest part of a sound that can fill the picture.
const CLOSEST_SECS: f64 = 0.01;

/// What a person did to a [`picture`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gesture {
    /// A click at this second.
    Pointed(f64),
    /// A drag over this stretch. `down` says whether the button is still down.
    Dragged { from_secs: f64, to_secs: f64, down: bool },
    /// This part should fill the picture. `None` for the whole sound.
    Zoomed(Option<(f64, f64)>),
}

/// What a [`picture`] shows beside the sound, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// A stretch in the accent colour. The rest is dimmed.
    pub stretch: Option<(f64, f64)>,
    pub position_secs: Option<f64>,
    /// Whether the edges of the stretch can be dragged. A drag anywhere else chooses another stretch.
    pub has_edges: bool,
    /// The part that fills the picture. It may reach beyond the sound if the picture must be in step with another one.
    pub window: Option<(f64, f64)>,
    /// Whether times and frequencies are written at the edges, and the wheel zooms.
    pub has_axes: bool,
    /// Whether only the waveform is drawn.
    pub waveform_alone: bool,
}

/// What is drawn: a whole sound, or as much of it as is known.
#[derive(Clone, Copy)]
pub struct Sound<'a> {
    pub duration_secs: f64,
    pub whole: Option<&'a Arc<SoundPreview>>,
    /// A part of the sound with more detail.
    pub close_up: Option<&'a Arc<SoundPreview>>,
}

impl<'a> Sound<'a> {
    pub fn whole(preview: &'a Arc<SoundPreview>) -> Self {
        Self { duration_secs: preview.duration_secs, whole: Some(preview), close_up: None }
    }

    /// The best picture of a part, and the second at which this picture begins.
    fn of(&self, (from, to): (f64, f64)) -> Option<(&'a Arc<SoundPreview>, f64)> {
        // Rounding to milliseconds and to frames must not lose the close-up.
        const ROUNDING_SECS: f64 = 0.002;
        let begins = |close_up: &SoundPreview| close_up.stretch_secs.map_or(0.0, |stretch| stretch.0);
        let covers = |close_up: &&Arc<SoundPreview>| {
            let begin = begins(close_up);
            begin <= from + ROUNDING_SECS && begin + close_up.duration_secs >= to - ROUNDING_SECS
        };
        let close_up = self.close_up.filter(covers).map(|close_up| (close_up, begins(close_up)));
        close_up.or(self.whole.map(|whole| (whole, 0.0)))
    }
}

/// The mapping of seconds to positions.
#[derive(Clone, Copy)]
struct Scale {
    rect: Rect,
    from: f64,
    to: f64,
    duration: f64,
}

impl Scale {
    fn x(&self, secs: f64) -> f32 {
        self.rect.left() + self.share(secs).clamp(0.0, 1.0) as f32 * self.rect.width()
    }

    fn share(&self, secs: f64) -> f64 {
        (secs - self.from) / (self.to - self.from).max(1e-9)
    }

    fn secs(&self, x: f32) -> f64 {
        let share = f64::from(((x - self.rect.left()) / self.rect.width().max(1.0)).clamp(0.0, 1.0));
        (self.from + share * (self.to - self.from)).clamp(0.0, self.duration)
    }

    /// The part of the sound that is in view.
    fn shown(&self) -> (f64, f64) {
        (self.from.max(0.0), self.to.min(self.duration))
    }
}

/// A sound over the whole available width.
pub fn picture(ui: &mut Ui, name: &str, height: f32, sound: Sound<'_>, marks: Marks) -> (Response, Option<Gesture>) {
    let (whole, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, name));
    let duration = sound.duration_secs.max(1e-9);
    let is_zoomed = marks.has_axes && marks.window.is_some();
    let mut rect = whole;
    let lane = is_zoomed.then(|| take_bottom(&mut rect, LANE));
    let axis = marks.has_axes.then(|| take_bottom(&mut rect, AXIS));
    let (from, to) = marks.window.unwrap_or((0.0, duration));
    let scale = Scale { rect, from, to, duration };
    if ui.is_rect_visible(whole) {
        paint(ui, &scale, &response, sound, marks);
        if let Some(axis) = axis {
            times(ui, axis, (scale.from, scale.to));
        }
    }
    let mut gesture = gesture(ui, &response, marks, &scale);
    if let (Some(lane), Some(whole)) = (lane, sound.whole) {
        gesture = overview(ui, lane, &response, whole, &scale).or(gesture);
    }
    if marks.has_axes {
        gesture = zoomed(ui, &response, &scale).or(gesture);
    }
    let near_edge = |x: f32| marks.stretch.is_some_and(|(from, to)| edge_near(x, scale.x(from), scale.x(to)).is_some());
    let cursor = match response.hover_pos() {
        Some(pos) if marks.has_edges && near_edge(pos.x) => CursorIcon::ResizeHorizontal,
        _ => CursorIcon::Text,
    };
    (response.on_hover_cursor(cursor), gesture)
}

fn take_bottom(rect: &mut Rect, height: f32) -> Rect {
    let (rest, taken) = rect.split_top_bottom_at_y((rect.bottom() - height).max(rect.top()));
    *rect = rest;
    taken
}

fn paint(ui: &Ui, scale: &Scale, response: &Response, sound: Sound<'_>, marks: Marks) {
    let (from, to) = scale.shown();
    let source = sound.of((from, to));
    let palette = palette(ui.visuals());
    let rect = scale.rect;
    let painter = ui.painter_at(rect.expand(1.0));
    let (above, below) = match source {
        None => (rect, None),
        Some((preview, _)) if preview.spectrogram.columns == 0 => (rect, None),
        _ if marks.waveform_alone => (rect, None),
        _ => {
            let (above, below) = rect.split_top_bottom_at_fraction(WAVEFORM_SHARE);
            (above, Some(below))
        }
    };
    let across = |of: Rect| Rect::from_x_y_ranges(scale.x(from)..=scale.x(to), of.y_range());
    painter.hline(above.x_range(), above.center().y, Stroke::new(1.0, palette.line));
    let at_stretch =
        |of: Rect| marks.stretch.map(|(from, to)| Rect::from_x_y_ranges(scale.x(from)..=scale.x(to), of.y_range()));
    if let Some(ground) = at_stretch(above) {
        painter.rect_filled(ground, 0.0, palette.selected);
    }
    if let Some((preview, begin)) = source.filter(|_| to > from) {
        let share = |secs: f64| (secs - begin) / preview.duration_secs.max(1e-9);
        let columns = columns(&preview.waveform, share(from), share(to));
        let inside = |place: f32| match marks.stretch {
            Some((first, last)) => (first..=last).contains(&(from + f64::from(place) * (to - from))),
            None => true,
        };
        let colour = |place| if inside(place) { palette.accent } else { palette.wave };
        let place = across(above).shrink2(vec2(0.0, 2.0));
        let loudest = peak(&sound.whole.unwrap_or(preview).waveform);
        waveform::paint_as_loud_as(&painter, place, columns.len(), loudest, |i| columns[i], colour);
        if let Some(below) = below {
            let stretch = (from - begin, to - begin);
            spectrogram::paint(ui, &painter, response.id, across(below), preview, stretch);
        }
    }
    if let Some(below) = below {
        if let Some(bright) = at_stretch(below) {
            for dimmed in [below.with_max_x(bright.left()), below.with_min_x(bright.right())] {
                painter.rect_filled(dimmed, 0.0, palette.well.gamma_multiply(0.6));
            }
        }
        if let Some((preview, _)) = source.filter(|_| marks.has_axes) {
            frequencies(&painter, below, preview.spectrogram.highest_hz, palette.text, palette.well);
        }
    }
    if let Some((from, to)) = marks.stretch {
        for edge in [from, to].into_iter().filter(|edge| (0.0..=1.0).contains(&scale.share(*edge))) {
            painter.vline(scale.x(edge), rect.y_range(), Stroke::new(1.5, palette.accent));
        }
    }
    if let Some(secs) = marks.position_secs.filter(|secs| (0.0..=1.0).contains(&scale.share(*secs))) {
        painter.vline(scale.x(secs), rect.y_range(), Stroke::new(2.0, palette.text));
    }
    if response.has_focus() {
        painter.rect_stroke(rect, 2.0, Stroke::new(1.0, palette.accent), egui::StrokeKind::Inside);
    }
}

/// The columns of a part of a waveform. The part is given in shares of the sound.
fn columns(all: &[(f32, f32)], from: f64, to: f64) -> &[(f32, f32)] {
    let place = |share: f64| (share * all.len() as f64).clamp(0.0, all.len() as f64);
    let first = place(from).floor() as usize;
    let last = (place(to).ceil() as usize).max(first + 1).min(all.len());
    &all[first.min(last)..last]
}

fn peak(columns: &[(f32, f32)]) -> f32 {
    columns.iter().fold(0.0, |peak, (low, high)| peak.max(low.abs()).max(high.abs()))
}

const AXIS_FONT: FontId = FontId::proportional(10.5);

/// The times below a picture from one second to another, as many as fit.
pub fn times(ui: &Ui, axis: Rect, (from, to): (f64, f64)) {
    let palette = palette(ui.visuals());
    let painter = ui.painter_at(axis);
    let room = 64.0;
    let step = step_of_times((to - from) * f64::from(room / axis.width().max(1.0)));
    let mut number = (from / step).ceil();
    while number * step <= to {
        let secs = number * step;
        let x = axis.left() + ((secs - from) / (to - from).max(1e-9)) as f32 * axis.width();
        painter.vline(x, axis.top()..=axis.top() + 3.0, Stroke::new(1.0, palette.wave));
        if x + room / 2.0 < axis.right() {
            let words = format::time_on_axis(secs, step);
            painter.text(pos2(x + 3.0, axis.top() + 1.0), Align2::LEFT_TOP, words, AXIS_FONT, palette.dim);
        }
        number += 1.0;
    }
}

/// The smallest of 1, 2, 5, 10, ... that is at least `least_secs`.
fn step_of_times(least_secs: f64) -> f64 {
    const LONG: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0];
    if let Some(step) = LONG.into_iter().find(|step| least_secs <= *step && least_secs > 0.5) {
        return step;
    }
    if least_secs > 1.0 {
        return (least_secs / 3600.0).ceil() * 3600.0;
    }
    let power = 10f64.powf(least_secs.max(1e-6).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= least_secs).unwrap_or(power)
}

/// The names of some frequencies at the right edge of a spectrogram.
pub fn frequencies(painter: &Painter, rect: Rect, highest_hz: f32, text: egui::Color32, ground: egui::Color32) {
    for (hz, words) in [(100.0, "100 Hz"), (1000.0, "1 kHz"), (5000.0, "5 kHz"), (15_000.0, "15 kHz")] {
        let share = share_of_height(hz, highest_hz);
        let y = rect.bottom() - share * rect.height();
        if share <= 0.0 || y < rect.top() + 6.0 || rect.height() < 60.0 {
            continue;
        }
        let galley = painter.layout_no_wrap(words.to_owned(), AXIS_FONT, text);
        let place = Align2::RIGHT_CENTER.anchor_size(pos2(rect.right() - 3.0, y), galley.size());
        painter.rect_filled(place.expand(1.5), 2.0, ground.gamma_multiply(0.75));
        painter.galley(place.min, galley, text);
    }
}

/// The lane with the whole sound. A click or a drag moves the part that fills the picture.
fn overview(ui: &Ui, lane: Rect, response: &Response, preview: &Arc<SoundPreview>, scale: &Scale) -> Option<Gesture> {
    let palette = palette(ui.visuals());
    let painter = ui.painter_at(lane);
    let all = Scale { rect: lane, from: 0.0, to: scale.duration, duration: scale.duration };
    let (from, to) = scale.shown();
    let part = Rect::from_x_y_ranges(all.x(from)..=all.x(to).max(all.x(from) + 3.0), lane.y_range());
    painter.rect_filled(lane, 2.0, palette.panel);
    painter.rect_filled(part, 2.0, palette.selected);
    let waveform = &preview.waveform;
    waveform::paint(&painter, lane.shrink(2.0), waveform.len(), |i| waveform[i], |_| palette.wave);
    painter.rect_stroke(part, 2.0, Stroke::new(1.0, palette.accent), egui::StrokeKind::Inside);
    let handle = ui.interact(lane, response.id.with("lane"), Sense::click_and_drag() - Sense::FOCUSABLE);
    let at = handle.interact_pointer_pos()?;
    let half = (scale.to - scale.from) / 2.0;
    let middle = all.secs(at.x).clamp(half.min(scale.duration - half), (scale.duration - half).max(half));
    Some(Gesture::Zoomed(Some((middle - half, middle + half))))
}

/// How the wheel, or two fingers, change the part that fills the picture.
fn zoomed(ui: &Ui, response: &Response, scale: &Scale) -> Option<Gesture> {
    let at = response.hover_pos()?;
    let (pinch, scrolled) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
    let factor = f64::from(pinch * (scrolled.y / 200.0).exp());
    let aside = -f64::from(scrolled.x / scale.rect.width().max(1.0)) * (scale.to - scale.from);
    if factor == 1.0 && aside == 0.0 {
        return None;
    }
    let length = ((scale.to - scale.from) / factor).max(CLOSEST_SECS.min(scale.duration));
    if length >= scale.duration {
        return Some(Gesture::Zoomed(None));
    }
    // The moment under the pointer stays there.
    let (place, share) = (scale.secs(at.x), scale.share(scale.secs(at.x)));
    let from = (place - share * length + aside).clamp(0.0, scale.duration - length);
    Some(Gesture::Zoomed(Some((from, from + length))))
}

/// Which edge of a stretch the pointer can grab: `true` is the left one.
fn edge_near(x: f32, left: f32, right: f32) -> Option<bool> {
    const REACH: f32 = 6.0;
    let (to_left, to_right) = ((x - left).abs(), (x - right).abs());
    (to_left.min(to_right) <= REACH).then_some(to_left < to_right)
}

fn gesture(ui: &Ui, response: &Response, marks: Marks, scale: &Scale) -> Option<Gesture> {
    let x = response.interact_pointer_pos()?.x;
    // The fixed end while the other one is dragged.
    let anchor_id: Id = response.id.with("anchor");
    if response.drag_started() {
        let origin = ui.input(|i| i.pointer.press_origin()).map_or(x, |p| p.x);
        let anchor = match marks.stretch {
            Some((from, to)) if marks.has_edges => match edge_near(origin, scale.x(from), scale.x(to)) {
                Some(true) => to,
                Some(false) => from,
                None => scale.secs(origin),
            },
            _ => scale.secs(origin),
        };
        ui.data_mut(|data| data.insert_temp(anchor_id, anchor));
    }
    if response.dragged() || response.drag_stopped() {
        let anchor: f64 = ui.data(|data| data.get_temp(anchor_id))?;
        let here = scale.secs(x);
        let down = !response.drag_stopped();
        return Some(Gesture::Dragged { from_secs: anchor.min(here), to_secs: anchor.max(here), down });
    }
    response.clicked().then(|| Gesture::Pointed(scale.secs(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_at_round_steps_of_any_size() {
        let steps = [0.0013, 0.02, 0.31, 0.9, 3.0, 45.0, 400.0, 5000.0].map(step_of_times);
        let expected = [0.002, 0.02, 0.5, 1.0, 5.0, 60.0, 600.0, 7200.0];
        for (step, expected) in steps.into_iter().zip(expected) {
            assert!((step / expected - 1.0).abs() < 1e-9, "{step} is not {expected}");
        }
    }

    #[test]
    fn a_part_of_a_waveform_has_a_column_at_least() {
        let all: Vec<(f32, f32)> = (0..10).map(|i| (0.0, i as f32)).collect();
        assert_eq!(columns(&all, 0.2, 0.5), &all[2..5]);
        assert_eq!(columns(&all, 0.31, 0.32), &all[3..4]);
        assert_eq!(columns(&all, 0.0, 1.0).len(), 10);
        assert_eq!(columns(&all, 1.0, 1.0).len(), 0);
        assert!(columns(&[], 0.0, 1.0).is_empty());
    }
}
