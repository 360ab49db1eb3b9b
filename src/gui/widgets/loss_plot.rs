//! The course of training as lines over steps, with the lines' names and newest values above.

use egui::text::LayoutJob;
use egui::{Color32, Rangef, Rect, Role, Sense, TextFormat, TextStyle, Ui, Vec2, Vec2b, WidgetInfo};
use egui_plot::{AxisHints, Line, Plot, PlotPoints};

use crate::gui::format;
use crate::gui::theme::{palette, size};

/// One line of a plot.
pub struct Series {
    pub name: &'static str,
    pub help: &'static str,
    pub colour: Color32,
    /// (step, value), ordered by step.
    pub points: Vec<[f64; 2]>,
}

/// The least distance between numbered grid lines. With a range of distances, the numbers of close lines would fade
/// until nobody could read them.
const SPACING_X: Rangef = Rangef { min: 56.0, max: 56.1 };
const SPACING_Y: Rangef = Rangef { min: 16.0, max: 16.1 };

/// Draws `series` from step 0 to `last_step`.
pub fn loss_plot(ui: &mut Ui, id: &str, height: f32, last_step: f64, series: Vec<Series>) {
    let palette = palette(ui.visuals());
    legend(ui, &series);
    let columns = ui.available_width().max(1.0) * ui.pixels_per_point();
    let lines: Vec<Line<'_>> = series
        .into_iter()
        .map(|line| {
            let points = PlotPoints::new(decimate(&line.points, columns as usize));
            Line::new(line.name, points).color(line.colour).width(1.5).allow_hover(false)
        })
        .collect();
    let still = Vec2b::FALSE;
    egui::Frame::new().fill(palette.well).corner_radius(size::CORNER).inner_margin(4).show(ui, |ui| {
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, egui::FontId::proportional(10.5));
        Plot::new(id)
            .height(height)
            .show_background(false)
            .allow_drag(still)
            .allow_zoom(still)
            .allow_scroll(still)
            .allow_boxed_zoom(false)
            .allow_axis_zoom_drag(still)
            .allow_double_click_reset(false)
            .show_crosshair(false)
            .show_x(false)
            .show_y(false)
            .sense(Sense::hover())
            .grid_color(palette.line)
            .include_x(0.0)
            .include_x(last_step.max(1.0))
            .include_y(0.0)
            .set_margin_fraction(egui::vec2(0.0, 0.06))
            .custom_x_axes(vec![AxisHints::new_x().label_spacing(SPACING_X)])
            .custom_y_axes(vec![AxisHints::new_y().min_thickness(26.0).label_spacing(SPACING_Y)])
            .grid_spacing(Rangef::new(6.0, 60.0))
            .show(ui, |plot| lines.into_iter().for_each(|line| plot.line(line)));
    });
}

/// Each line's colour, name and newest value.
fn legend(ui: &mut Ui, series: &[Series]) {
    let palette = palette(ui.visuals());
    let font = TextStyle::Small.resolve(ui.style());
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(12.0, 2.0);
        ui.spacing_mut().interact_size.y = 15.0;
        ui.horizontal_wrapped(|ui| {
            for line in series {
                let Some([_, value]) = line.points.last() else { continue };
                let value = format::value(*value);
                let mut job = LayoutJob::default();
                job.append(line.name, 0.0, TextFormat::simple(font.clone(), palette.dim));
                job.append(&value, 5.0, TextFormat::simple(font.clone(), palette.text));
                let galley = ui.painter().layout_job(job);
                // The swatch and its text are one widget, so that a line break never separates them.
                let (rect, response) = ui.allocate_exact_size(galley.size() + Vec2::new(14.0, 0.0), Sense::hover());
                let swatch = Rect::from_center_size(rect.left_center() + Vec2::new(5.0, 0.0), Vec2::new(10.0, 3.0));
                ui.painter().rect_filled(swatch, 1.5, line.colour);
                ui.painter().galley(rect.left_top() + Vec2::new(14.0, 0.0), galley, palette.text);
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{} {value}", line.name)));
                response.on_hover_text(line.help);
            }
        });
    });
}

/// At most two points for each column: the lowest and the highest. The drawn line is the same, and a single spike is
/// not lost.
pub fn decimate(points: &[[f64; 2]], columns: usize) -> Vec<[f64; 2]> {
    let finite = || points.iter().copied().filter(|point| point[1].is_finite());
    let (Some(first), Some(last)) = (finite().next(), finite().next_back()) else { return Vec::new() };
    if points.len() <= 2 * columns || columns == 0 {
        return finite().collect();
    }
    let width = (last[0] - first[0]).max(f64::MIN_POSITIVE) / columns as f64;
    let mut kept = Vec::with_capacity(2 * columns);
    let mut column = None::<(usize, [f64; 2], [f64; 2])>;
    let mut flush = |(_, low, high): (usize, [f64; 2], [f64; 2])| {
        let (a, b) = if low[0] <= high[0] { (low, high) } else { (high, low) };
        kept.push(a);
        if b != a {
            kept.push(b);
        }
    };
    for point in finite() {
        let here = (((point[0] - first[0]) / width) as usize).min(columns - 1);
        match &mut column {
            Some((place, low, high)) if *place == here => {
                if point[1] < low[1] {
                    *low = point;
                }
                if point[1] > high[1] {
                    *high = point;
                }
            }
            _ => {
                if let Some(done) = column.replace((here, point, point)) {
                    flush(done);
                }
            }
        }
    }
    if let Some(done) = column {
        flush(done);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::decimate;

    #[test]
    fn decimation_keeps_spikes_and_the_order_and_fits_the_columns() {
        let mut points: Vec<[f64; 2]> = (0..10_000).map(|i| [f64::from(i), 1.0 + f64::from(i % 7) / 100.0]).collect();
        points[4321][1] = 9.0;
        points[8000][1] = f64::NAN;
        let kept = decimate(&points, 100);
        assert!(kept.len() <= 200, "{}", kept.len());
        assert!(kept.contains(&[4321.0, 9.0]));
        assert!(kept.is_sorted_by(|a, b| a[0] < b[0]));
        assert!(kept.iter().all(|point| point[1].is_finite()));
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let points = vec![[0.0, 1.0], [1.0, f64::NAN], [2.0, 0.5]];
        assert_eq!(decimate(&points, 100), [[0.0, 1.0], [2.0, 0.5]]);
        assert!(decimate(&[], 100).is_empty());
    }
}
