//! Two distributions over the same axis, one behind the other.

use egui::{Align2, Color32, Mesh, Rect, Role, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2};

use super::text;
use crate::gui::theme::{palette, size};

/// A distribution: the count at each value, from 0 on.
pub struct Distribution<'a> {
    pub counts: &'a [u32],
    pub colour: Color32,
}

/// Draws distributions with equal heights, and the numbers of the axis below. `name` describes the picture for screen
/// readers.
pub fn histogram(ui: &mut Ui, name: &str, distributions: &[Distribution<'_>]) {
    let palette = palette(ui.visuals());
    let axis = 16.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::HISTOGRAM + axis), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    let (plot, below) = rect.split_top_bottom_at_y(rect.bottom() - axis);
    ui.painter().rect_filled(plot, size::CORNER, palette.well);
    let places = distributions.iter().map(|d| d.counts.len()).max().unwrap_or(0).max(1);
    let inner = plot.shrink2(vec2(4.0, 3.0));
    let width = inner.width() / places as f32;
    for distribution in distributions {
        let most = distribution.counts.iter().copied().max().unwrap_or(0).max(1) as f32;
        let mut mesh = Mesh::default();
        for (place, &count) in distribution.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let left = inner.left() + place as f32 * width;
            let top = inner.bottom() - (count as f32 / most * inner.height()).max(1.0);
            let bar = Rect::from_min_max(pos2(left, top), pos2(left + width, inner.bottom()));
            mesh.add_colored_rect(bar, distribution.colour.gamma_multiply(0.75));
        }
        ui.painter().add(Shape::mesh(mesh));
    }
    ui.painter().hline(inner.x_range(), inner.bottom(), Stroke::new(1.0, palette.line));
    let label = |align, text: String| text::line(ui, below, align, text, TextStyle::Small, palette.dim);
    label(Align2::LEFT_CENTER, "0".into());
    label(Align2::CENTER_CENTER, format!("{} bits", (places - 1) / 2));
    label(Align2::RIGHT_CENTER, (places - 1).to_string());
}
