//! The timeline of a file: how many events there are along it, how near the query comes at each place, and a mark for each
//! event.

use egui::{
    Align, Align2, Color32, Layout, Mesh, Rect, Role, Sense, Shape, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2,
};

use crate::dataset::FileId;
use crate::engine::{Match, Timeline};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::review::Review;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{self, palette, size};
use crate::gui::widgets::bidi::visual;
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::{sound_picture, text};

const BARS: f32 = 30.0;
const MARKS: f32 = 12.0;
const HEAT: f32 = 20.0;
const AXIS: f32 = 14.0;

/// A click this near to a mark means the mark.
const REACH: f32 = 5.0;

/// The lengths that a bar may count over, in seconds, with the words for them.
const BINS: [(f64, &str); 7] = [
    (1.0, "second"),
    (10.0, "10 seconds"),
    (60.0, "minute"),
    (300.0, "5 minutes"),
    (600.0, "10 minutes"),
    (1800.0, "half hour"),
    (3600.0, "hour"),
];

/// The most bars.
const MOST_BARS: f64 = 40.0;

pub fn show(ui: &mut Ui, review: &Review, shared: &Shared, intents: &mut Intents) {
    let Some(found) = review.selected().cloned() else { return };
    heading(ui, review, shared, intents, &found);
    let is_low = ui.ctx().content_rect().height() <= size::LOW_WINDOW;
    let bars = if is_low { 0.0 } else { BARS };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), bars + MARKS + HEAT + AXIS), Sense::click());
    let count = review.events_of(found.file).count() as u64;
    let spoken = format!(
        "Timeline of {}: {}, {}. Click a mark to choose an event, or a place to play from there.",
        format::file_name(&found.path),
        format::duration(found.file_seconds),
        format::counted(count, "event", "events"),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &spoken));
    let scale = Scale { rect, duration: found.file_seconds.max(1e-9) };
    if ui.is_rect_visible(rect) {
        let (top, rest) = rect.split_top_bottom_at_y(rect.top() + bars);
        let (marks, rest) = rest.split_top_bottom_at_y(rest.top() + MARKS);
        let (heat, axis) = rest.split_top_bottom_at_y(rest.top() + HEAT);
        if !is_low {
            paint_bars(ui, review, &scale, top, found.file);
        }
        paint_heat(ui, review, heat, found.file);
        paint_marks(ui, review, &scale, marks, found.file);
        sound_picture::times(ui, axis, (0.0, scale.duration));
        if shared.plays(&found.path) {
            let x = scale.x(shared.latest.player.position_secs);
            ui.painter().vline(x, top.bottom()..=heat.bottom(), Stroke::new(1.5, palette(ui.visuals()).text));
        }
        if response.has_focus() {
            let ring = Stroke::new(1.0, palette(ui.visuals()).accent);
            ui.painter().rect_stroke(rect, 2.0, ring, egui::StrokeKind::Inside);
        }
    }
    let at = response.interact_pointer_pos().or(response.hover_pos());
    let near = at.and_then(|at| nearest_mark(review, &scale, at.x, found.file));
    if let (true, Some(at)) = (response.clicked(), response.interact_pointer_pos()) {
        match near {
            Some(place) => {
                intents.use_list(List::Events);
                intents.choose_event(place, true);
            }
            None => intents.play_from(found.path.clone(), scale.secs(at.x)),
        }
    }
    if let Some(at) = at {
        response.on_hover_text_at_pointer(told(review, &found, scale.secs(at.x), near));
    }
}

#[derive(Clone, Copy)]
struct Scale {
    rect: Rect,
    duration: f64,
}

impl Scale {
    fn x(&self, secs: f64) -> f32 {
        self.rect.left() + (secs / self.duration).clamp(0.0, 1.0) as f32 * self.rect.width()
    }

    fn secs(&self, x: f32) -> f64 {
        f64::from(((x - self.rect.left()) / self.rect.width().max(1.0)).clamp(0.0, 1.0)) * self.duration
    }
}

/// The file, and buttons to the files before and after it that have events.
fn heading(ui: &mut Ui, review: &Review, shared: &Shared, intents: &mut Intents, found: &Match) {
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        let files = review.files();
        let place = files.iter().position(|file| *file == found.file);
        if let (Some(place), true) = (place, files.len() > 1) {
            ui.spacing_mut().item_spacing.x = 2.0;
            let steps = [
                (Icon::Back, "The file before, with events", place.checked_sub(1)),
                (Icon::Forward, "The next file with events", Some(place + 1)),
            ];
            for (icon, name, to) in steps {
                let to = to.and_then(|to| files.get(to));
                let clicked = ui.add_enabled_ui(to.is_some(), |ui| icon_button(ui, icon, name).clicked()).inner;
                if let (true, Some(to)) = (clicked, to)
                    && let Some((first, _)) = review.events_of(*to).next()
                {
                    intents.choose_event(first, true);
                }
            }
            text::small(ui, format!("file {} of {}", place + 1, format::count(files.len() as u64)));
            ui.add_space(size::GAP);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let name = ui.label(visual(format::file_name(&found.path)));
            name.on_hover_text(found.path.as_str());
            ui.add_space(size::GAP);
            let file = shared.latest.dataset.file(found.file);
            let began = file.and_then(|file| file.began());
            let recorded =
                began.map_or_else(String::new, |began| format!(" · recorded {}", began.to_string().replace('T', " ")));
            let count = format::counted(review.events_of(found.file).count() as u64, "event", "events");
            text::small(ui, format!("{} · {count}{recorded}", format::duration(found.file_seconds)));
        });
    });
}

/// The number of events that are really alike, along the file.
fn paint_bars(ui: &Ui, review: &Review, scale: &Scale, rect: Rect, file: FileId) {
    let palette = palette(ui.visuals());
    let fits = |bin: &&(f64, &str)| scale.duration / bin.0 <= MOST_BARS;
    let (bin, words) = BINS.iter().find(fits).copied().unwrap_or((3600.0, "hour"));
    let bins = ((scale.duration / bin).ceil() as usize).max(1);
    let mut counts = vec![0u32; bins];
    for (_, found) in review.events_of(file).filter(|(_, found)| !found.nearness.is_behind) {
        counts[((found.start_seconds / bin) as usize).min(bins - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let mut mesh = Mesh::default();
    let floor = rect.bottom() - 2.0;
    for (number, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (left, right) = (scale.x(number as f64 * bin), scale.x((number + 1) as f64 * bin));
        let height = (rect.height() - 14.0) * count as f32 / most as f32;
        let bar = Rect::from_min_max(pos2(left + 1.0, floor - height), pos2((right - 1.0).max(left + 2.0), floor));
        mesh.add_colored_rect(bar, palette.accent.gamma_multiply(0.55));
        if right - left >= 16.0 {
            let place = Rect::from_x_y_ranges(left..=right, bar.top() - 13.0..=bar.top());
            text::line(ui, place, Align2::CENTER_BOTTOM, count.to_string(), TextStyle::Small, palette.dim);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter().hline(rect.x_range(), floor, Stroke::new(1.0, palette.line));
    // The words stand where there is room: at the right end, above the bars.
    let last = counts.last().copied().unwrap_or(0);
    if last < most {
        let place = rect.with_min_x(rect.right() - 160.0);
        let words = format!("events in each {words}");
        text::line(ui, place, Align2::RIGHT_TOP, words, TextStyle::Small, palette.dim);
    }
}

/// How near the query comes along the file: bright is near.
fn paint_heat(ui: &Ui, review: &Review, rect: Rect, file: FileId) {
    let palette = palette(ui.visuals());
    ui.painter().rect_filled(rect, 2.0, palette.well);
    let Some(timeline) = review.timeline.as_ref().filter(|timeline| timeline.file == file) else { return };
    let colours = theme::spectrum(ui.visuals());
    let usual = usual(timeline);
    let pixels = (rect.width() * ui.ctx().pixels_per_point()) as usize;
    let columns = timeline.nearest.len().min(pixels.max(1));
    let mut mesh = Mesh::default();
    let width = rect.width() / columns as f32;
    for column in 0..columns {
        let of = column * timeline.nearest.len() / columns..((column + 1) * timeline.nearest.len()).div_ceil(columns);
        let nearest = timeline.nearest[of].iter().copied().fold(f32::INFINITY, f32::min);
        let colour = colours[usize::from(level(nearest, usual))];
        if colour != colours[0] {
            let left = rect.left() + column as f32 * width;
            mesh.add_colored_rect(Rect::from_x_y_ranges(left..=left + width, rect.y_range()), colour);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
}

/// The distance from most of the file, which is dark.
fn usual(timeline: &Timeline) -> f32 {
    let mut sorted = timeline.nearest.clone();
    let middle = sorted.len() / 2;
    if sorted.is_empty() {
        return 1.0;
    }
    let (_, median, _) = sorted.select_nth_unstable_by(middle, f32::total_cmp);
    median.max(1.0)
}

/// The brightness of a distance: 0 for what is as far as most of the file, 255 for the query itself.
fn level(distance: f32, usual: f32) -> u8 {
    (255.0 * (1.0 - distance / usual)).clamp(0.0, 255.0) as u8
}

fn paint_marks(ui: &Ui, review: &Review, scale: &Scale, rect: Rect, file: FileId) {
    let palette = palette(ui.visuals());
    // Of events that fall on one pixel, the most telling is drawn.
    let mut marks: Vec<Option<(u8, Color32)>> = vec![None; rect.width().max(1.0) as usize + 1];
    for (place, found) in review.events_of(file) {
        let (rank, colour) = match (review.answer(place), found.nearness.is_behind) {
            (Some(true), _) => (3, palette.accent),
            (Some(false), _) => (2, palette.warning),
            (None, false) => (1, palette.text),
            (None, true) => (0, palette.wave),
        };
        let x = ((scale.x(middle(found)) - rect.left()) as usize).min(marks.len() - 1);
        if marks[x].is_none_or(|(before, _)| before < rank) {
            marks[x] = Some((rank, colour));
        }
    }
    for (x, mark) in marks.iter().enumerate() {
        let Some((rank, colour)) = mark else { continue };
        let x = rect.left() + x as f32 + 0.5;
        let top = if *rank == 0 { rect.top() + 5.0 } else { rect.top() + 2.0 };
        ui.painter().vline(x, top..=rect.bottom(), Stroke::new(1.5, *colour));
    }
    if let Some(found) = review.selected().filter(|found| found.file == file) {
        let x = scale.x(middle(found));
        let tip = pos2(x, rect.bottom());
        let corners = vec![tip, pos2(x - 5.0, rect.top()), pos2(x + 5.0, rect.top())];
        let edge = Stroke::new(1.0, palette.panel);
        ui.painter().add(Shape::convex_polygon(corners, palette.accent, edge));
        ui.painter().vline(x, rect.bottom()..=rect.bottom() + HEAT, Stroke::new(1.0, palette.accent));
    }
}

fn middle(found: &Match) -> f64 {
    (found.start_seconds + found.end_seconds) / 2.0
}

fn nearest_mark(review: &Review, scale: &Scale, x: f32, file: FileId) -> Option<usize> {
    let distance = |found: &Match| (scale.x(middle(found)) - x).abs();
    let nearest = review.events_of(file).map(|(place, found)| (place, distance(found)));
    nearest.filter(|(_, distance)| *distance <= REACH).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(place, _)| place)
}

/// What is at a place, for the tooltip.
fn told(review: &Review, found: &Match, secs: f64, near: Option<usize>) -> String {
    if let Some(place) = near {
        return super::review_list::spoken(review, place);
    }
    let time = format::position(secs);
    let timeline = review.timeline.as_ref().filter(|timeline| timeline.file == found.file);
    let nearest = timeline.and_then(|timeline| {
        let share = secs / found.file_seconds.max(1e-9);
        timeline.nearest.get((share * timeline.nearest.len() as f64) as usize)
    });
    match nearest {
        Some(nearest) => format!("{time}\nThe query comes as near as {nearest:.1} bits here"),
        None => time,
    }
}
