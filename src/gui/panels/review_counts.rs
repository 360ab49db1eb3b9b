//! The number of events in each hour of each file, as a plot: a row for each file, a cell for each hour.

use std::collections::BTreeMap;

use egui::{Align2, Rect, ScrollArea, TextStyle, Ui, vec2};

use crate::dataset::FileId;
use crate::engine::formats::HourCount;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::review::Review;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::row::{self, Row, take_left};
use crate::gui::widgets::text;

const NAME: f32 = 190.0;
const SUM: f32 = 52.0;
const BAR: f32 = 90.0;
const WIDEST_CELL: f32 = 44.0;
/// A narrower cell has no room for a number.
const WITH_NUMBER: f32 = 22.0;

pub fn show(ui: &mut Ui, review: &Review, shared: &Shared, intents: &mut Intents) {
    let files = by_file(&review.hours);
    let hours = files.iter().map(|(_, hours)| hours.len()).max().unwrap_or(1).max(1);
    let most = review.hours.iter().map(|hour| hour.matches).max().unwrap_or(0).max(1);
    let sum = |hours: &[&HourCount]| hours.iter().map(|hour| hour.matches).sum::<u64>();
    let largest = files.iter().map(|(_, hours)| sum(hours)).max().unwrap_or(0).max(1);
    let all: u64 = review.hours.iter().map(|hour| hour.matches).sum();
    let events = format::counted(all, "event", "events");
    let of = format::counted(files.len() as u64, "file", "files");
    text::small(ui, format!("{events} before the line in {of}. A cell is an hour of the file."));
    ui.spacing_mut().item_spacing.y = 1.0;
    let height = size::TABLE_ROW;
    ScrollArea::vertical().id_salt("counts").auto_shrink(false).show_rows(ui, height, files.len(), |ui, shown| {
        for place in shown {
            let (file, counted) = &files[place];
            let Some(first) = counted.first() else { continue };
            let total = sum(counted);
            let name = format::file_name(&first.path);
            let spoken = format!("{name}: {}", in_words(counted));
            let is_selected = review.selected().is_some_and(|found| found.file == *file);
            let row = Row { name: &spoken, height, selected: is_selected, stops: true, leaves: false };
            let response = row::row(ui, ("counts", place), row, |ui, mut rect| {
                let palette = palette(ui.visuals());
                let name_room = NAME.min(rect.width() * 0.3);
                text::with_aside(ui, take_left(&mut rect, name_room), name, "");
                let number = take_left(&mut rect, SUM);
                text::line(ui, number, Align2::RIGHT_CENTER, format::count(total), TextStyle::Body, palette.text);
                let track = Rect::from_center_size(take_left(&mut rect, BAR).center(), vec2(BAR, 6.0));
                ui.painter().rect_filled(track, 3.0, palette.raised_hover);
                let filled = track.with_max_x(track.left() + track.width() * total as f32 / largest as f32);
                ui.painter().rect_filled(filled, 3.0, palette.accent);
                cells(ui, rect, counted, hours, most);
            });
            let tooltip = format!("{}\n{}", first.path, in_words(counted));
            let response = response.on_hover_text(tooltip);
            if response.clicked()
                && let Some((event, _)) = review.events_of(*file).next()
            {
                intents.use_list(List::Events);
                intents.choose_event(event, shared.preferences.plays_selected);
            }
        }
    });
}

fn by_file(hours: &[HourCount]) -> Vec<(FileId, Vec<&HourCount>)> {
    let mut files: BTreeMap<(&str, FileId), Vec<&HourCount>> = BTreeMap::new();
    for hour in hours {
        files.entry((hour.path.as_str(), hour.file)).or_default().push(hour);
    }
    files.into_iter().map(|((_, file), hours)| (file, hours)).collect()
}

fn cells(ui: &Ui, rect: Rect, counted: &[&HourCount], hours: usize, most: u64) {
    let palette = palette(ui.visuals());
    let width = (rect.width() / hours as f32).min(WIDEST_CELL);
    for (number, hour) in counted.iter().enumerate() {
        let left = rect.left() + number as f32 * width;
        let gap = if width > 4.0 { 1.0 } else { 0.0 };
        let cell = Rect::from_x_y_ranges(left..=left + width - gap, rect.top() - 1.0..=rect.bottom() + 1.0);
        let share = hour.matches as f32 / most as f32;
        ui.painter().rect_filled(cell, 2.0, palette.well.lerp_to_gamma(palette.accent, 0.55 * share));
        if width >= WITH_NUMBER {
            let colour = if hour.matches == 0 { palette.dim } else { palette.text };
            text::line(ui, cell, Align2::CENTER_CENTER, hour.matches.to_string(), TextStyle::Small, colour);
        }
    }
}

/// "12 events: 3 in hour 1, 9 in hour 2".
fn in_words(counted: &[&HourCount]) -> String {
    let all = counted.iter().map(|hour| hour.matches).sum();
    let hour = |hour: &&&HourCount| match hour.recorded {
        Some(clock) => format!("{} from {}", hour.matches, clock.strftime("%H:%M")),
        None => format!("{} in hour {}", hour.matches, hour.hour + 1),
    };
    let parts: Vec<String> = counted.iter().filter(|hour| hour.matches > 0).take(24).map(|h| hour(&h)).collect();
    format!("{}: {}", format::counted(all, "event", "events"), parts.join(", "))
}
