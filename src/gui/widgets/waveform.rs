//! Waveforms, and their thumbnails in rows.

use egui::{Color32, Mesh, Painter, Rect, Shape, Stroke, pos2};

use crate::gui::theme::palette;

/// Draws `count` columns of (lowest, highest) sample over `rect`, so that the loudest fills the height. `colour` gets
/// the position from 0 (left) to 1 (right).
pub fn paint(
    painter: &Painter,
    rect: Rect,
    count: usize,
    column: impl Fn(usize) -> (f32, f32),
    colour: impl Fn(f32) -> Color32,
) {
    let peak = (0..count).map(column_peak(&column)).fold(0.0f32, f32::max);
    paint_as_loud_as(painter, rect, count, peak, column, colour);
}

/// Like [`paint`], but `peak` fills the height. So a part of a sound is as high as it is in the whole sound.
pub fn paint_as_loud_as(
    painter: &Painter,
    rect: Rect,
    count: usize,
    peak: f32,
    column: impl Fn(usize) -> (f32, f32),
    colour: impl Fn(f32) -> Color32,
) {
    if count == 0 || rect.width() < 1.0 {
        return;
    }
    // The noise of a nearly silent recording must not fill the picture.
    let gain = rect.height() / 2.0 / peak.max(0.01);
    // One bar per pixel, or wider bars with gaps if there are fewer columns than pixels.
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

/// A row's small picture. `marked` is a stretch of it, in fractions, drawn in the accent colour.
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
        // The stretch may be narrower than a bar. The line under it always shows where it is.
        let x = |place: f32| rect.left() + place.clamp(0.0, 1.0) * rect.width();
        let (left, right) = (x(from), x(to).max(x(from) + 2.0));
        painter.hline(left..=right, rect.bottom() + 2.0, Stroke::new(2.0, palette.accent));
    }
}
