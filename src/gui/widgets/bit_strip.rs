//! The bits of a code side by side. The height of each is the share of sounds in which it is 1.

use egui::{Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::gui::theme::palette;

/// A bit that is 1 (or 0) for less than this share of sounds says almost nothing.
const STUCK: f32 = 0.03;

pub fn is_stuck(share: f32) -> bool {
    !(STUCK..=1.0 - STUCK).contains(&share)
}

/// `balance` is the share of ones of each bit, from 0 to 1.
pub fn bit_strip(ui: &mut Ui, balance: &[f32]) {
    let palette = palette(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Share of sounds that have each bit on"));
    if balance.is_empty() {
        return;
    }
    let width = rect.width() / balance.len() as f32;
    let gap = if width >= 3.0 { 1.0 } else { 0.0 };
    for (i, share) in balance.iter().enumerate() {
        let left = rect.left() + i as f32 * width;
        let track = Rect::from_min_max(Pos2::new(left, rect.top()), Pos2::new(left + width - gap, rect.bottom()));
        let share = share.clamp(0.0, 1.0);
        let colour = if is_stuck(share) { palette.warning } else { palette.accent };
        ui.painter().rect_filled(track, 0.0, palette.raised);
        let top = track.bottom() - (share * track.height()).max(1.5);
        ui.painter().rect_filled(track.with_min_y(top), 0.0, colour);
    }
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, palette.text.gamma_multiply(0.5)));
    response.on_hover_ui_at_pointer(|ui| {
        let pointer = ui.input(|i| i.pointer.hover_pos()).map_or(rect.left(), |pos| pos.x);
        let bit = (((pointer - rect.left()) / width) as usize).min(balance.len() - 1);
        ui.label(format!("Bit {} is on for {:.0}% of the sounds", bit + 1, balance[bit] * 100.0));
    });
}

/// A summary: "61 of 64 bits tell sounds apart".
pub fn summary(balance: &[f32]) -> String {
    let useful = balance.iter().filter(|share| !is_stuck(**share)).count();
    format!("{useful} of {} bits tell sounds apart", balance.len())
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn stuck_bits_are_not_counted() {
        assert_eq!(summary(&[0.5, 0.0, 1.0, 0.3, f32::NAN]), "2 of 5 bits tell sounds apart");
    }
}
