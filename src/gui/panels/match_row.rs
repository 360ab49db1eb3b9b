//! One match as a row, and the heading of a file's matches.

use std::sync::Arc;

use egui::{Align2, Rect, Response, TextStyle, Ui, vec2};

use crate::dataset::SoundFile;
use crate::engine::{Grouping, Match};
use crate::gui::format;
use crate::gui::search_state::stretch_of;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, button_at, take_left, take_right};
use crate::gui::widgets::{code_strip, text, waveform};

/// Narrower than this, where in its file a match lies stands under its name.
const NARROW: f32 = 600.0;

/// How far rows stand in under their file's heading.
const INDENT: f32 = 12.0;

/// What a row shows.
pub struct Drawn<'a> {
    pub place: usize,
    pub found: &'a Match,
    pub bits: usize,
    pub query_chunks: usize,
    /// As long as it is in the dataset.
    pub file: Option<Arc<SoundFile>>,
    pub under_heading: bool,
    pub favourite: bool,
    pub may_mark: bool,
    /// Whether the row's file can be dragged to another program.
    pub can_leave: bool,
}

/// What was clicked in a row, beside the row itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Similar,
    Favourite,
}

pub fn show(ui: &mut Ui, drawn: &Drawn<'_>, selected: bool) -> (Response, Option<Wanted>) {
    let found = drawn.found;
    let name = format::file_name(&found.path);
    let mut spoken = format!("Match {}: {name}, {}", drawn.place + 1, distance_in_words(found, drawn.bits));
    if found.is_query {
        spoken += "; the query itself";
    }
    if drawn.favourite {
        spoken += "; a favourite";
    }
    if let Some(problem) = &found.problem {
        spoken += &format!("; {problem}");
    }
    let mut wanted = None;
    let response = row::row(ui, drawn.place, &spoken, size::MATCH_ROW, selected, |ui, mut rect| {
        if drawn.under_heading {
            rect = rect.with_min_x(rect.left() + INDENT);
        }
        wanted = contents(ui, rect, drawn);
    });
    (response, wanted)
}

fn contents(ui: &mut Ui, mut rect: Rect, drawn: &Drawn<'_>) -> Option<Wanted> {
    let palette = palette(ui.visuals());
    let found = drawn.found;
    let narrow = rect.width() < NARROW;
    let rank = take_left(&mut rect, 22.0);
    text::line(ui, rank, Align2::RIGHT_CENTER, (drawn.place + 1).to_string(), TextStyle::Small, palette.dim);
    let picture = take_left(&mut rect, if narrow { 60.0 } else { 104.0 }).shrink2(vec2(0.0, 4.0));
    if let Some(file) = &drawn.file {
        let duration = file.duration_secs().max(1e-9);
        let marked = stretch_of(found).map(|(from, to)| ((from / duration) as f32, (to / duration) as f32));
        waveform::thumbnail(ui.painter(), picture, &file.thumbnail, marked, ui.visuals());
    }
    let similar = take_right(&mut rect, size::CONTROL);
    let star = take_right(&mut rect, size::CONTROL - size::GAP);
    let nearness = take_right(&mut rect, 98.0);
    distance(ui, nearness, drawn);
    let stretch = format::stretch(found.start_seconds, found.end_seconds);
    if !narrow && !drawn.under_heading {
        let answers = format!("for {:.2} s of the query", found.query_start_seconds);
        let several = found.by == Grouping::Chunk && drawn.query_chunks > 1;
        let below = if found.is_query { "the query itself".to_owned() } else { answers };
        let below = if several || found.is_query { below } else { String::new() };
        text::two_lines(ui, take_right(&mut rect, 118.0), stretch.as_str(), below);
    }
    naming(ui, rect, drawn, narrow, &stretch);
    let number = drawn.place + 1;
    if button_at(ui, similar, Icon::Similar, &format!("Find sounds like match {number}")).clicked() {
        return Some(Wanted::Similar);
    }
    let (icon, does) = match drawn.favourite {
        true => (Icon::StarFilled, format!("Take the favourite's mark off match {number}")),
        false => (Icon::Star, format!("Mark match {number} as a favourite")),
    };
    let starred = drawn.may_mark && button_at(ui, star, icon, &does).clicked();
    starred.then_some(Wanted::Favourite)
}

/// The name, and below it where the file lies or what is wrong with it.
fn naming(ui: &Ui, rect: Rect, drawn: &Drawn<'_>, narrow: bool, stretch: &str) {
    let found = drawn.found;
    let name = format::file_name(&found.path);
    let folder = format::folder(&found.path);
    let mut tooltip = format!("{}\n{stretch}; {}", found.path, distance_in_words(found, drawn.bits));
    if drawn.can_leave {
        tooltip += "\nDrag it to take the file to another program";
    }
    match (&found.problem, &drawn.file) {
        (Some(problem), _) => {
            let problem = format::sentence(problem);
            text::warned(ui, rect, name, problem.as_str());
            tooltip = format!("{tooltip}\n{problem}");
        }
        (None, None) => text::two_lines(ui, rect, name, "no longer in the project"),
        // Its file's name stands in the heading.
        (None, Some(_)) if drawn.under_heading => {
            text::two_lines(ui, rect, stretch, if found.is_query { "the query itself" } else { "" });
        }
        (None, Some(_)) if narrow && found.is_query => {
            text::two_lines(ui, rect, name, format!("{stretch} · the query itself"));
        }
        (None, Some(_)) if narrow => text::two_lines(ui, rect, name, format!("{stretch} · {folder}")),
        (None, Some(_)) => text::two_lines(ui, rect, name, folder),
    }
    row::tooltip_at(ui, rect, &tooltip);
}

/// The bits that differ: as a number, as a bar, and in the code itself.
fn distance(ui: &Ui, rect: Rect, drawn: &Drawn<'_>) {
    let palette = palette(ui.visuals());
    let found = drawn.found;
    let (upper, lower) = rect.split_top_bottom_at_y(rect.top() + 16.0);
    text::line(ui, upper, Align2::LEFT_CENTER, distance_number(found), TextStyle::Body, palette.text);
    text::line(ui, upper, Align2::RIGHT_CENTER, format!("of {} bits", drawn.bits), TextStyle::Small, palette.dim);
    let track = Rect::from_min_size(lower.min + vec2(0.0, 1.0), vec2(lower.width(), 3.0));
    ui.painter().rect_filled(track, 1.5, palette.raised_hover);
    let share = (found.distance / drawn.bits.max(1) as f64).clamp(0.0, 1.0) as f32;
    // At distance 0 a dot remains, so that the best match does not look like a missing one.
    let filled = track.with_max_x(track.left() + (share * track.width()).max(3.0));
    ui.painter().rect_filled(filled, 1.5, palette.accent);
    let strip = lower.with_min_y(track.bottom() + 4.0);
    code_strip::paint(ui, strip, drawn.bits, &found.code, &found.query_code);
    let differing = code_strip::differing(drawn.bits, &found.code, &found.query_code);
    let of = if found.by == Grouping::File { "Its nearest moment:" } else { "Its code:" };
    let place = rect.with_min_y(upper.bottom());
    ui.interact(place, ui.scope_id().with("code"), egui::Sense::hover()).on_hover_text(format!("{of} {differing}."));
}

/// Returns whether the file's matches are to be folded up, or shown again.
pub fn heading(ui: &mut Ui, nearest: &Match, matches: usize, bits: usize, folded: bool) -> bool {
    let palette = palette(ui.visuals());
    let name = format::file_name(&nearest.path);
    let counted = format::counted(matches as u64, "match", "matches");
    let does = if folded { "Unfold" } else { "Fold" };
    let spoken = format!("{does} {name}, {counted}");
    let response = row::heading(ui, ("heading", nearest.file), &spoken, size::GROUP_ROW, |ui, mut rect| {
        let sign = take_left(&mut rect, 10.0);
        let sign = Rect::from_center_size(sign.center(), vec2(9.0, 9.0));
        icons::fold(ui.painter(), sign, !folded, palette.dim);
        let nearest = format!("{counted}, the nearest at {} of {bits} bits", distance_number(nearest));
        let aside = take_right(&mut rect, 220.0);
        text::line(ui, aside, Align2::RIGHT_CENTER, nearest, TextStyle::Small, palette.dim);
        text::line(ui, rect, Align2::LEFT_CENTER, name, TextStyle::Body, palette.text);
    });
    response.on_hover_text(nearest.path.as_str()).clicked()
}

fn distance_number(found: &Match) -> String {
    match found.by {
        Grouping::Chunk => format!("{:.0}", found.distance),
        Grouping::File | Grouping::Event => format!("{:.1}", found.distance),
    }
}

fn distance_in_words(found: &Match, bits: usize) -> String {
    match found.by {
        Grouping::Chunk => format!("{} of {bits} bits differ", distance_number(found)),
        Grouping::File | Grouping::Event => format!("{} of {bits} bits differ on average", distance_number(found)),
    }
}
