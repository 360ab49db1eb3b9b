//! The matches: what sounds like the query, the nearest first, each a click away from being heard.

use egui::{Align, Align2, Layout, Rect, RichText, ScrollArea, TextStyle, Ui, vec2};

use crate::dataset::SoundFile;
use crate::engine::{Grouping, Match, SearchReport};
use crate::gui::format;
use crate::gui::search_state::{Run, stretch_of};
use crate::gui::state::State;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::segmented;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{self, button_at, take_left, take_right};
use crate::gui::widgets::{text, waveform};

/// Narrower than this, a row leaves out where in its file a match lies: the tooltip and the player still say it.
const NARROW: f32 = 520.0;

pub fn show(ui: &mut Ui, state: &mut State) {
    let report = state.search.report.clone();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let help = "Moving through the matches with the arrow keys plays them";
            ui.checkbox(&mut state.search.auto_play, "Play on moving").on_hover_text(help);
            let options = [
                (Grouping::Chunk, "Moments", "The nearest moments, wherever they are"),
                (Grouping::File, "Files", "Whole files, by how near all of the query is to them"),
            ];
            if segmented(ui, &mut state.search.by, &options) {
                state.search_now();
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if let Some(report) = &report {
                    let n = format::counted(report.matches.len() as u64, "match", "matches");
                    ui.label(n);
                    let among = format::counted(report.searched, "code", "codes");
                    let time = format!("among {among} in {}", milliseconds(report.seconds));
                    ui.add(egui::Label::new(RichText::new(time).small().weak()).truncate());
                }
            });
        });
    });
    match report {
        Some(report) if report.silent => {
            let sentence = "There is nothing to hear in the query. Choose another part of it, or another sound.";
            super::search::empty(ui, "The query is silent", sentence);
        }
        Some(report) if report.matches.is_empty() => {
            super::search::empty(
                ui,
                "No matches",
                "Nothing but silence is in the index. Add more sounds, and index them.",
            );
        }
        Some(report) => rows(ui, state, &report),
        None if matches!(state.search.run, Run::Searching { .. }) => super::search::empty(ui, "Searching…", ""),
        None => {}
    }
}

fn milliseconds(secs: f64) -> String {
    if secs < 1.0 { format!("{} ms", format::value(secs * 1000.0)) } else { format::duration(secs) }
}

fn rows(ui: &mut Ui, state: &mut State, report: &SearchReport) {
    ui.spacing_mut().item_spacing.y = 2.0;
    let reveal = std::mem::take(&mut state.search.reveal).then_some(state.search.selected).flatten();
    let list = ScrollArea::vertical().id_salt("matches").auto_shrink(false);
    list.show_rows(ui, size::MATCH_ROW, report.matches.len(), |ui, shown| {
        if let Some(place) = reveal {
            row::reveal(ui, shown.start, place, size::MATCH_ROW);
        }
        for place in shown {
            let m = &report.matches[place];
            let file = state.search.files.get(place).cloned().flatten();
            let selected = state.search.selected == Some(place);
            let name = format::file_name(&m.path);
            let mut spoken = format!("Match {}: {name}, {}", place + 1, distance_in_words(m, report.bits));
            if let Some(problem) = &m.problem {
                spoken += &format!("; {problem}");
            }
            let mut similar = false;
            let response = row::row(ui, place, &spoken, size::MATCH_ROW, selected, |ui, rect| {
                similar = contents(ui, rect, place, m, file.as_deref(), report);
            });
            if reveal == Some(place) && row::focused(ui.ctx()) {
                response.request_focus();
            }
            if similar {
                state.find_similar_to_match(place);
            } else if response.clicked() {
                state.play_match(place);
            }
        }
    });
}

/// Returns whether "find similar" was pressed.
fn contents(
    ui: &mut Ui,
    mut rect: Rect,
    place: usize,
    m: &Match,
    file: Option<&SoundFile>,
    report: &SearchReport,
) -> bool {
    let palette = palette(ui.visuals());
    let narrow = rect.width() < NARROW;
    let rank = take_left(&mut rect, 22.0);
    text::line(ui, rank, Align2::RIGHT_CENTER, (place + 1).to_string(), TextStyle::Small, palette.dim);
    let picture = take_left(&mut rect, if narrow { 64.0 } else { 104.0 }).shrink2(vec2(0.0, 4.0));
    if let Some(file) = file {
        let duration = file.duration_secs().max(1e-9);
        let marked = stretch_of(m).map(|(from, to)| ((from / duration) as f32, (to / duration) as f32));
        waveform::thumbnail(ui.painter(), picture, &file.thumbnail, marked, ui.visuals());
    }
    let similar = take_right(&mut rect, size::CONTROL);
    distance(ui, take_right(&mut rect, 76.0), m, report.bits);
    if !narrow {
        let stretch = format::stretch(m.start_seconds, m.end_seconds);
        let answers = format!("for {:.2} s of the query", m.query_start_seconds);
        let answers = if m.by == Grouping::Chunk && report.query_chunks > 1 { answers } else { String::new() };
        text::two_lines(ui, take_right(&mut rect, 118.0), stretch, answers);
    }
    let name = format::file_name(&m.path);
    let stretch = format::stretch(m.start_seconds, m.end_seconds);
    let mut tooltip = format!("{}\n{stretch}; {}", m.path, distance_in_words(m, report.bits));
    match (&m.problem, file) {
        (Some(problem), _) => {
            let problem = format::sentence(problem);
            text::warned(ui, rect, name, problem.as_str());
            tooltip = format!("{tooltip}\n{problem}");
        }
        (None, Some(_)) => text::two_lines(ui, rect, name, format::folder(&m.path)),
        (None, None) => text::two_lines(ui, rect, name, "no longer in the project"),
    }
    row::tooltip_at(ui, rect, &tooltip);
    button_at(ui, similar, Icon::Similar, &format!("Find sounds like match {}", place + 1)).clicked()
}

/// The bits that differ, as a number and as a bar.
fn distance(ui: &Ui, rect: Rect, m: &Match, bits: usize) {
    let palette = palette(ui.visuals());
    let (upper, lower) = rect.split_top_bottom_at_y(rect.center().y + 4.0);
    text::line(ui, upper, Align2::LEFT_CENTER, distance_number(m), TextStyle::Body, palette.text);
    text::line(ui, upper, Align2::RIGHT_CENTER, format!("of {bits} bits"), TextStyle::Small, palette.dim);
    let track = Rect::from_center_size(lower.center(), vec2(lower.width(), 4.0));
    ui.painter().rect_filled(track, 2.0, palette.raised_hover);
    let share = (m.distance / bits.max(1) as f64).clamp(0.0, 1.0) as f32;
    // At distance 0 a dot remains, so that the best match does not look like a missing one.
    let filled = track.with_max_x(track.left() + (share * track.width()).max(3.0));
    ui.painter().rect_filled(filled, 2.0, palette.accent);
}

fn distance_number(m: &Match) -> String {
    match m.by {
        Grouping::Chunk => format!("{:.0}", m.distance),
        Grouping::File => format!("{:.1}", m.distance),
    }
}

fn distance_in_words(m: &Match, bits: usize) -> String {
    match m.by {
        Grouping::Chunk => format!("{} of {bits} bits differ", distance_number(m)),
        Grouping::File => format!("{} of {bits} bits differ on average", distance_number(m)),
    }
}
