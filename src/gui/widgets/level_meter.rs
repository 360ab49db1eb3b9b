//! The level of the microphone: a bar over 60 decibels with a mark at its peak, and a lamp for clipping.

use egui::{Rect, Role, Sense, Ui, Vec2, WidgetInfo};

use crate::gui::theme::palette;

/// The quietest level that shows, in decibels below full scale.
const FLOOR_DB: f32 = -60.0;

/// `level` and `peak` are from 0 to 1. The peak is held by the caller.
pub fn level_meter(ui: &mut Ui, level: f32, peak: f32, clipped: bool, size: Vec2) {
    let palette = palette(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let filled = place(level);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Meter, true, if clipped { "Level, too loud" } else { "Level" });
        info.value = Some(f64::from(filled));
        info
    });
    let lamp = Rect::from_min_max(rect.right_top() - egui::vec2(8.0, 0.0), rect.right_bottom());
    let bar = rect.with_max_x(lamp.left() - 4.0);
    ui.painter().rect_filled(bar, 2.0, palette.raised);
    let colour = if level > 0.7 { palette.warning } else { palette.accent };
    ui.painter().rect_filled(bar.with_max_x(bar.left() + filled * bar.width()), 2.0, colour);
    let held = place(peak);
    if held > 0.0 {
        let x = bar.left() + held * bar.width();
        ui.painter().vline(x.min(bar.right() - 1.0), bar.y_range(), egui::Stroke::new(2.0, palette.text));
    }
    ui.painter().rect_filled(lamp, 2.0, if clipped { palette.error } else { palette.raised });
    response.on_hover_text(if clipped {
        "Too loud: the recording is cut off at its peaks"
    } else {
        "Level of the microphone"
    });
}

/// The position of a level on the bar, from 0 to 1.
fn place(level: f32) -> f32 {
    let decibels = 20.0 * level.max(1e-6).log10();
    (1.0 - decibels / FLOOR_DB).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_bar_spans_sixty_decibels() {
        assert_eq!(place(1.0), 1.0);
        assert!((place(0.031_623) - 0.5).abs() < 1e-3);
        assert_eq!([place(0.0), place(0.001)], [0.0, 0.0]);
    }
}
