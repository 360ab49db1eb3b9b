//! The row of a match, or of a moment of a match.

use egui::{Align2, Rect, Response, TextStyle, Ui, vec2};

use crate::engine::{Grouping, Match};
use crate::gui::format;
use crate::gui::match_list::{Column, Line};
use crate::gui::search_state::SearchState;
use crate::gui::shared::{Shared, stretch_of};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, button_at, take_left, take_right};
use crate::gui::widgets::{code_strip, text, waveform};

/// The indentation of moments below their sound.
const INDENT: f32 = 22.0;

/// The room that a name gets before any optional column.
const NAME: f32 = 200.0;

/// Which optional columns have room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Columns {
    pub alike: bool,
    pub length: bool,
    pub pitch: bool,
    pub tags: bool,
    pub brightness: bool,
}

pub const PICTURE: f32 = 64.0;
const FOLD: f32 = 10.0;
const ALIKE: f32 = 68.0;
const LENGTH: f32 = 46.0;
const PITCH: f32 = 40.0;
const BRIGHTNESS: f32 = 44.0;
const TAGS: f32 = 110.0;
const STAR: f32 = size::CONTROL - 6.0;

impl Columns {
    /// The wanted columns that fit into a row. If there is too little room, the least important ones are left out.
    pub fn of(row_width: f32, wanted: impl Fn(Column) -> bool) -> Self {
        let mut left = row_width - 16.0 - FOLD - PICTURE - STAR - 4.0 * size::GAP - NAME;
        let mut fits = |width: f32, column| {
            let fits = wanted(column) && left >= width + size::GAP;
            left -= if fits { width + size::GAP } else { 0.0 };
            fits
        };
        let alike = fits(ALIKE, Column::Alike);
        let length = fits(LENGTH, Column::Length);
        let pitch = fits(PITCH, Column::Pitch);
        let tags = fits(TAGS, Column::Tags);
        Self { alike, length, pitch, tags, brightness: fits(BRIGHTNESS, Column::Brightness) }
    }

    pub fn cells(self, mut rect: Rect) -> Cells {
        let fold = take_left(&mut rect, FOLD);
        let picture = take_left(&mut rect, PICTURE);
        let star = take_right(&mut rect, STAR);
        let tags = self.tags.then(|| take_right(&mut rect, TAGS));
        let brightness = self.brightness.then(|| take_right(&mut rect, BRIGHTNESS));
        let pitch = self.pitch.then(|| take_right(&mut rect, PITCH));
        let length = self.length.then(|| take_right(&mut rect, LENGTH));
        let alike = self.alike.then(|| take_right(&mut rect, ALIKE));
        Cells { fold, picture, name: rect, alike, length, pitch, brightness, tags, star }
    }
}

/// The parts of a row.
pub struct Cells {
    fold: Rect,
    pub picture: Rect,
    pub name: Rect,
    pub alike: Option<Rect>,
    pub length: Option<Rect>,
    pub pitch: Option<Rect>,
    pub brightness: Option<Rect>,
    pub tags: Option<Rect>,
    star: Rect,
}

/// What was clicked in a row, apart from the row itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Favourite,
    Unfold,
    /// Matches should be like this one, or should not be like it.
    Verdict(bool),
}

/// A line of the list, and how it is shown.
pub struct Shown<'a> {
    pub line: Line,
    /// The number of the line, from 1 on, as people count.
    pub number: usize,
    pub found: &'a Match,
    pub bits: usize,
    pub columns: Columns,
    /// Whether the Tab key stops here.
    pub stops: bool,
}

pub fn show(ui: &mut Ui, search: &SearchState, shared: &Shared, shown: &Shown<'_>) -> (Response, Option<Wanted>) {
    let found = shown.found;
    let name = format::file_name(&found.path);
    let mut spoken = match shown.line {
        Line::Match(_) => format!("Match {}: {name}", shown.number),
        Line::Moment { place, .. } => format!("Moment {} of {name}: {}", place + 1, shared.stretch_in_words(found)),
    };
    spoken += &format!(", {}", distance_in_words(found, shown.bits));
    if let Some(copies) = shared.copies_in_words(found.file) {
        spoken += &format!("; and {copies}");
    }
    if shared.is_favourite(found) {
        spoken += "; a favourite";
    }
    match search.verdict_on(shown.line, shared) {
        Some(true) => spoken += "; you said yes",
        Some(false) => spoken += "; you said no",
        None => {}
    }
    if found.nearness.is_new {
        spoken += "; new";
    }
    if let Some(problem) = &found.problem {
        spoken += &format!("; {problem}");
    }
    let selected = search.selected == Some(shown.line);
    let row = Row { name: &spoken, height: size::MATCH_ROW, selected, stops: shown.stops, leaves: true };
    let salt = match shown.line {
        Line::Match(place) => (0, place),
        Line::Moment { file, place } => (file.0 + 1, place),
    };
    let mut wanted = None;
    let response = row::row(ui, salt, row, |ui, rect| wanted = contents(ui, search, shared, rect, shown));
    (response, wanted)
}

fn contents(ui: &mut Ui, search: &SearchState, shared: &Shared, rect: Rect, shown: &Shown<'_>) -> Option<Wanted> {
    let palette = palette(ui.visuals());
    let found = shown.found;
    let is_moment = matches!(shown.line, Line::Moment { .. });
    let indent = if is_moment { INDENT } else { 0.0 };
    let cells = shown.columns.cells(rect.with_min_x(rect.left() + indent));
    let file = shared.latest.dataset.file(found.file);
    let mut wanted = None;
    if found.by == Grouping::File && !found.is_shared() && fold(ui, search, &cells, shown) {
        wanted = Some(Wanted::Unfold);
    }
    if let Some(file) = file {
        let duration = file.duration_secs().max(1e-9);
        let share = |secs: f64| (secs / duration) as f32;
        let marked = stretch_of(found).map(|(from, to)| (share(from), share(to)));
        let picture = cells.picture.shrink2(vec2(0.0, 2.0));
        waveform::thumbnail(ui.painter(), picture, &file.thumbnail, marked, ui.visuals());
        if shared.plays(&found.path) {
            let position = shared.latest.player.position_secs;
            let x = picture.left() + share(position).clamp(0.0, 1.0) * picture.width();
            ui.painter().vline(x, picture.y_range(), egui::Stroke::new(1.5, palette.text));
        }
        if let Some(rect) = cells.length {
            let length =
                format::short_duration(if is_moment { found.end_seconds - found.start_seconds } else { duration });
            text::line(ui, rect, Align2::RIGHT_CENTER, length, TextStyle::Small, palette.dim);
        }
    }
    if let (None, Some(rect)) = (file, cells.length) {
        let length = if found.is_shared() { format::short_duration(found.file_seconds) } else { String::new() };
        text::line(ui, rect, Align2::RIGHT_CENTER, length, TextStyle::Small, palette.dim);
    }
    let mut name = cells.name;
    if let Some(yes) = verdict(ui, search, shared, &mut name, shown) {
        wanted = Some(Wanted::Verdict(yes));
    }
    naming(ui, shared, name, shown);
    if let Some(rect) = cells.alike {
        alike(ui, rect, shown);
    }
    // Aspects describe the whole file, so the moments below it do not repeat them.
    for (rect, words) in
        [(cells.pitch, format::pitch(found.aspects)), (cells.brightness, format::brightness(found.aspects))]
    {
        if let (Some(rect), false) = (rect, is_moment) {
            text::line(ui, rect, Align2::RIGHT_CENTER, words, TextStyle::Small, palette.dim);
        }
    }
    if let Some(rect) = cells.tags {
        let tags =
            found.shared.as_ref().map_or(shared.latest.dataset.tags_of(found.file), |place| &place.tags).join(", ");
        text::line(ui, rect, Align2::LEFT_CENTER, tags, TextStyle::Small, palette.dim);
    }
    let favourite = shared.is_favourite(found);
    let what = match shown.line {
        Line::Match(_) => format!("match {}", shown.number),
        Line::Moment { place, .. } => format!("moment {}", place + 1),
    };
    let (icon, does) = match favourite {
        true => (Icon::StarFilled, format!("Remove the favourite mark of {what}")),
        false => (Icon::Star, format!("Mark {what} as a favourite")),
    };
    if !shared.read_only() && !found.is_shared() && button_at(ui, cells.star, icon, &does, shown.stops).clicked() {
        wanted = Some(Wanted::Favourite);
    }
    wanted
}

/// Two buttons at the end of the name: more like this, less like this. The selected row has them, and each row with a
/// verdict. Another row has none: a click on it first plays it.
fn verdict(ui: &mut Ui, search: &SearchState, shared: &Shared, name: &mut Rect, shown: &Shown<'_>) -> Option<bool> {
    let said = search.verdict_on(shown.line, shared);
    let is_active = search.selected == Some(shown.line);
    if shown.found.is_shared() || !is_active && said.is_none() {
        return None;
    }
    let mut wanted = None;
    let palette = palette(ui.visuals());
    let choices = [(false, Icon::Less, "Less like this (N)"), (true, Icon::Add, "More like this (Y)")];
    for (yes, icon, does) in choices {
        let place = Rect::from_center_size(take_right(name, 20.0).center(), vec2(20.0, 22.0));
        let sense = row::stopping(egui::Sense::click(), shown.stops);
        let response = ui.interact(place, ui.scope_id().with(("verdict", yes)), sense);
        let on = said == Some(yes);
        let spoken = format!("{does}: match {}", shown.number);
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, on, &spoken));
        let colour = match (on, yes) {
            (true, true) => palette.accent,
            (true, false) => palette.warning,
            (false, _) if response.hovered() || response.has_focus() => palette.text,
            (false, _) => palette.dim,
        };
        if on || is_active {
            icons::paint(ui.painter(), icon, Rect::from_center_size(place.center(), vec2(11.0, 11.0)), colour);
        }
        if response.has_focus() {
            let ring = egui::Stroke::new(1.0, palette.accent);
            ui.painter().rect_stroke(place, size::CORNER, ring, egui::StrokeKind::Inside);
        }
        if response.on_hover_text(does).clicked() {
            wanted = Some(yes);
        }
    }
    wanted
}

/// The button that unfolds the moments of a sound. On the keyboard, the Right key unfolds them.
fn fold(ui: &mut Ui, search: &SearchState, cells: &Cells, shown: &Shown<'_>) -> bool {
    let palette = palette(ui.visuals());
    let unfolded = search.unfolded.contains_key(&shown.found.file);
    let place = Rect::from_center_size(cells.fold.center(), vec2(9.0, 9.0));
    let sense = row::stopping(egui::Sense::click(), shown.stops);
    let response = ui.interact(cells.fold.expand(4.0), ui.scope_id().with("fold"), sense);
    let does = if unfolded { "Fold" } else { "Show" };
    let spoken = format!("{does} the moments of match {}", shown.number);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
    let lit = response.hovered() || response.has_focus();
    icons::fold(ui.painter(), place, unfolded, if lit { palette.text } else { palette.dim });
    response.on_hover_text(spoken).clicked()
}

/// The name, and after it what is wrong with the file, its folder, or which moment it is.
fn naming(ui: &Ui, shared: &Shared, mut rect: Rect, shown: &Shown<'_>) {
    let palette = palette(ui.visuals());
    let found = shown.found;
    let name = format::file_name(&found.path);
    let mut tooltip =
        format!("{}\n{}; {}", found.path, shared.stretch_in_words(found), distance_in_words(found, shown.bits));
    let aspects = format::aspects(found.aspects);
    if !aspects.is_empty() {
        tooltip += &format!("\n{aspects}");
    }
    if let Some(recorded) = found.recorded {
        tooltip += &format!("\nrecorded {}", recorded.to_string().replace('T', " "));
    }
    if shared.drags_out {
        tooltip += "\nDrag it to take the file to another program";
    }
    let whole = rect;
    let is_moment = matches!(shown.line, Line::Moment { .. });
    let (title, aside) = match (&found.problem, shared.latest.dataset.file(found.file)) {
        (Some(problem), _) => {
            let sign = take_left(&mut rect, 13.0);
            icons::paint(ui.painter(), Icon::Warning, sign.shrink2(vec2(0.0, 4.0)), palette.warning);
            tooltip = format!("{tooltip}\n{}", format::sentence(problem));
            (name, format::sentence(problem))
        }
        (None, None) if let Some(place) = &found.shared => match found.by {
            Grouping::File => {
                (name, format!("{} · {}", place.root, format::folder(camino::Utf8Path::new(&place.below))))
            }
            _ => (name, format!("{} · {}", shared.stretch_in_words(found), place.root)),
        },
        (None, None) => (name, "no longer in the project".to_owned()),
        (None, Some(_)) if is_moment => ("", shared.stretch_in_words(found)),
        (None, Some(_)) if found.by != Grouping::File => (name, shared.stretch_in_words(found)),
        (None, Some(_)) => {
            let folder = format::folder(&found.path);
            match shared.copies_in_words(found.file) {
                Some(copies) => (name, format!("and {copies} · {folder}")),
                None => (name, folder),
            }
        }
    };
    for copy in shared.latest.dataset.copies_of(found.file) {
        tooltip += &format!("\nIts copy: {}", copy.path);
    }
    match title {
        "" => text::line(ui, rect, Align2::LEFT_CENTER, aside, TextStyle::Body, palette.text),
        title if shared.absence_of(found.file).is_some() => text::absent(ui, rect, title, &aside),
        title => text::with_aside(ui, rect, title, &aside),
    }
    row::tooltip_at(ui, whole, &tooltip);
}

/// The nearness as a number and as a bar. The bar is full if no bit differs.
fn alike(ui: &Ui, rect: Rect, shown: &Shown<'_>) {
    let palette = palette(ui.visuals());
    let found = shown.found;
    let (number, bar) = rect.split_left_right_at_x(rect.left() + 36.0);
    let (words, share) = nearness_in_short(found, shown.bits);
    let colour = if found.nearness.is_behind { palette.dim } else { palette.text };
    text::line(ui, number, Align2::RIGHT_CENTER, words, TextStyle::Small, colour);
    let track = Rect::from_center_size(bar.center() + vec2(3.0, 0.0), vec2(bar.width() - 6.0, 5.0));
    ui.painter().rect_filled(track, 2.5, palette.raised_hover);
    let filled = track.with_max_x(track.left() + (share * track.width()).max(2.0));
    let colour = if found.nearness.is_behind { palette.wave } else { palette.accent };
    ui.painter().rect_filled(filled, 2.5, colour);
    let differing = code_strip::differing(shown.bits, &found.code, &found.query_code);
    let of = if found.by == Grouping::File { "Its nearest moment:" } else { "Its code:" };
    let alike = match found.nearness.share_alike {
        Some(share) => format!("Of random pairs of your sounds, {:.2}% are farther apart. ", 100.0 * share),
        None => String::new(),
    };
    let words = format!("{alike}{}. {of} {differing}.", distance_in_words(found, shown.bits));
    ui.interact(rect, ui.scope_id().with("code"), egui::Sense::hover()).on_hover_text(words);
}

/// The nearness of a match as a short text, and as the filled part of the bar. Both come from the share of random pairs of
/// sounds that are farther apart. Each nine of the share fills a quarter of the bar: 90% fills one quarter, 99% two. Without
/// such a share, both come from the number of bits that differ.
pub fn nearness_in_short(found: &Match, bits: usize) -> (String, f32) {
    let Some(share) = found.nearness.share_alike else {
        // Half of the bits of two random codes differ, so nothing is alike from there on.
        let share = (1.0 - 2.0 * found.distance / bits.max(1) as f64).clamp(0.0, 1.0);
        return (distance_number(found), share as f32);
    };
    let nines = -(1.0 - share).max(1e-9).log10();
    // Round down: 99.96% is not 100%.
    let percent = (1000.0 * share).floor() / 10.0;
    let words = if percent >= 99.9 && share < 1.0 { "99.9%".to_owned() } else { format!("{}%", percent.floor()) };
    (words, (nines / 4.0).clamp(0.0, 1.0) as f32)
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

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    #[test]
    fn a_share_is_rounded_down() {
        let words = |share: f64| {
            let nearness = crate::engine::Nearness { share_alike: Some(share), ..Default::default() };
            let found = Match { nearness, ..crate::gui::match_list::tests::found(1, "a") };
            nearness_in_short(&found, 64).0
        };
        let shares = [1.0, 0.9999, 0.9992, 0.9986, 0.9951, 0.989, 0.5].map(words);
        assert_eq!(shares, ["100%", "99.9%", "99.9%", "99%", "99%", "98%", "50%"]);
    }

    #[test]
    fn columns_give_way_to_the_name_one_by_one() {
        for width in [360, 420, 480, 560, 700, 1200] {
            let width = width as f32;
            let columns = Columns::of(width, |_| true);
            let inner = Rect::from_min_size(pos2(0.0, 0.0), vec2(width - 16.0, 22.0));
            let name = columns.cells(inner).name.width();
            let bare = columns == Columns::of(0.0, |_| true);
            assert!(name >= NAME - 1.0 || bare, "{width}: {name}");
        }
        let narrow = Columns::of(480.0, |_| true);
        assert!(narrow.alike && narrow.length && !narrow.tags);
        let pitched = Columns::of(900.0, |_| true);
        assert!(pitched.pitch && pitched.brightness);
        assert!(Columns::of(900.0, |_| true).tags);
        assert!(!Columns::of(900.0, |column| column != Column::Length).length, "a hidden column stays hidden");
    }
}
