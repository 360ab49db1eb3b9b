//! The page of one code: its bits, the sounds that have it, and the sound that the decoder makes of it.

use egui::{Align2, Label, Rect, RichText, ScrollArea, TextStyle, Ui};

use crate::engine::{ChunkPlace, CodeReport};
use crate::gui::explore::bits::{BitsState, Source, Subjects};
use crate::gui::explore::clip_of_place;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::with_icon;
use crate::gui::widgets::code_cells::{Cell, code_cells};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{self, Row, button_at, take_left, take_right};
use crate::gui::widgets::text;

/// An explanation for people who want to learn about semantic hashing.
const EXPLANATION: &str = "The encoder made these bits from one moment of sound. The decoder makes a sound from these bits \
                           alone. Flip a bit to see which sounds have the new code. The bar below a bit shows how many of \
                           your sounds have that bit on.";

const SOURCES: [(Source, &str, &str); 4] = [
    (Source::Match, "The match", "The selected match"),
    (Source::Query, "The query", "The part of the query that is nearest to the selected match"),
    (Source::Dot, "The dot", "The selected dot of the map"),
    (Source::File, "The file", "The beginning of the selected file"),
];

pub fn show(ui: &mut Ui, bits: &mut BitsState, subjects: &Subjects, shared: &Shared, intents: &mut Intents) {
    if bits.subject.is_none() {
        bits.look_at_last(subjects, shared.list);
    }
    bits.want(shared, intents);
    sources(ui, bits, subjects);
    let Some(subject) = bits.subject.clone() else {
        let sentence =
            "Select a match, a dot on the map, or a file on the left, and its code is shown here bit by bit.";
        return empty(ui, "Whose bits?", sentence);
    };
    let Some(report) = bits.report.clone().filter(|_| !bits.code.is_empty()) else {
        let name = format::file_name(&subject.path);
        let running = bits.asked.is_running();
        return empty(ui, if running { "Looking it up…" } else { "There is no code to show" }, name);
    };
    ScrollArea::vertical().id_salt("bits").auto_shrink(false).show(ui, |ui| {
        whose(ui, bits, &report);
        cells(ui, bits, &report);
        text::small(ui, EXPLANATION);
        actions(ui, bits, shared, intents);
        ui.add_space(size::GAP);
        holders(ui, bits, intents, &report);
    });
}

/// Where the shown code comes from.
fn sources(ui: &mut Ui, bits: &mut BitsState, subjects: &Subjects) {
    ui.horizontal_wrapped(|ui| {
        text::small(ui, "The code of");
        for (source, name, help) in SOURCES {
            let subject = subjects.from(source);
            let chosen = bits.subject.as_ref().is_some_and(|chosen| chosen.source == source);
            let button = egui::Button::selectable(chosen, name);
            let response = ui.add_enabled(subject.is_some(), button);
            if response.on_hover_text(help).on_disabled_hover_text("Nothing is selected there").clicked()
                && let Some(subject) = subject
            {
                bits.look_at(subject.clone());
            }
        }
    });
}

fn whose(ui: &mut Ui, bits: &BitsState, report: &CodeReport) {
    let palette = palette(ui.visuals());
    let Some(subject) = &bits.subject else { return };
    let flipped = bits.flipped();
    let name = format!("{} at {}", format::file_name(&subject.path), format::position(subject.start_secs));
    let of = match flipped {
        0 => format!("The code of {name}"),
        1 => format!("{name}, with 1 bit flipped"),
        n => format!("{name}, with {n} bits flipped"),
    };
    ui.add(Label::new(RichText::new(of).strong()).truncate()).on_hover_text(subject.path.as_str());
    let address = RichText::new(bits.hexadecimal()).monospace().color(palette.accent);
    let help = format!("The {} bits as hexadecimal digits: four bits a digit, the first bit first", report.bits);
    ui.add(Label::new(address).wrap().selectable(true)).on_hover_text(help);
}

fn cells(ui: &mut Ui, bits: &mut BitsState, report: &CodeReport) {
    let mut cursor = bits.cursor;
    let flipped = code_cells(ui, report.bits, &mut cursor, |bit| Cell {
        on: bits.is_on(bit),
        flipped: bits.is_flipped(bit),
        balance: report.balance.get(bit).copied().unwrap_or(0.5),
    });
    bits.cursor = cursor;
    if let Some(bit) = flipped {
        bits.flip_bit(bit);
    }
}

fn actions(ui: &mut Ui, bits: &mut BitsState, shared: &Shared, intents: &mut Intents) {
    let flipped = bits.flipped() > 0;
    ui.horizontal_wrapped(|ui| {
        let help =
            "The sound that the decoder makes of these bits. It is not a recording, but what the code keeps of one";
        if with_icon(ui, Icon::Play, "Hear the decoder").on_hover_text(help).clicked() {
            bits.play_code(intents);
        }
        if with_icon(ui, Icon::Play, "Hear the original").on_hover_text("The recording itself").clicked() {
            bits.play_subject(shared, intents);
        }
        if ui.add_enabled(flipped, egui::Button::new("Flip back")).clicked() {
            bits.flip_back();
        }
    });
    let decoded = bits.decoded.as_ref();
    if decoded.is_some_and(|path| shared.plays(path)) {
        let words = if flipped { "the flipped code" } else { "the code" };
        text::small(ui, format!("This is the decoder's sound of {words}, not a recording."));
    }
}

/// The sounds that have the code or a similar one.
fn holders(ui: &mut Ui, bits: &mut BitsState, intents: &mut Intents, report: &CodeReport) {
    let held = match (bits.is_answered(), report.held_by) {
        (false, _) => "Looking…".to_owned(),
        (true, 0) => "No sound has this code. The nearest:".to_owned(),
        (true, 1) => "1 sound has this code".to_owned(),
        (true, n) => format!("{} sounds have this code", format::count(n as u64)),
    };
    ui.label(held);
    ui.spacing_mut().item_spacing.y = 2.0;
    let reveal = std::mem::take(&mut bits.reveal).then_some(bits.selected).flatten();
    let stop = row::tab_stop(&(0..report.near.len()), bits.selected);
    let had_focus = row::focused(ui.ctx());
    for (place, (chunk, distance)) in report.near.iter().enumerate() {
        let name = format::file_name(&chunk.path);
        let spoken = format!("Near {}: {name}, {}", place + 1, differing(*distance));
        let selected = bits.selected == Some(place);
        let mut pressed = None;
        let stops = stop == place;
        let row = Row { name: &spoken, height: size::NEAR_ROW, selected, stops, leaves: false };
        let response = row::row(ui, ("near", place), row, |ui, rect| {
            pressed = contents(ui, rect, place, chunk, *distance, stops);
        });
        if reveal == Some(place) {
            response.scroll_to_me(None);
            if had_focus {
                row::focus(ui, &response);
            }
        }
        if response.gained_focus() {
            intents.use_list(List::Near);
            bits.selected = Some(place);
        }
        match pressed {
            Some(Pressed::Code) => bits.look_at_place(chunk),
            Some(Pressed::Similar) => {
                intents.use_list(List::Near);
                intents.choose_query(chunk.path.clone(), Some((chunk.start_secs, chunk.end_secs)));
            }
            None if response.clicked() => {
                intents.use_list(List::Near);
                bits.selected = Some(place);
                intents.play(clip_of_place(chunk.clone()));
            }
            None => {}
        }
    }
}

enum Pressed {
    Code,
    Similar,
}

fn contents(
    ui: &mut Ui,
    mut rect: Rect,
    place: usize,
    chunk: &ChunkPlace,
    distance: u32,
    stops: bool,
) -> Option<Pressed> {
    let palette = palette(ui.visuals());
    let bits = take_left(&mut rect, 56.0);
    let number = if distance == 0 { "same".to_owned() } else { format::counted(u64::from(distance), "bit", "bits") };
    let colour = if distance == 0 { palette.accent } else { palette.text };
    text::line(ui, bits, Align2::LEFT_CENTER, number, TextStyle::Body, colour);
    let similar = take_right(&mut rect, size::CONTROL);
    let code = take_right(&mut rect, size::CONTROL);
    let stretch = format::stretch(chunk.start_secs, chunk.end_secs);
    let below = format!("{stretch} · {}", format::folder(&chunk.path));
    text::two_lines(ui, rect, format::file_name(&chunk.path), below);
    row::tooltip_at(ui, rect, &format!("{}\n{stretch}; {}", chunk.path, differing(distance)));
    let mut pressed = None;
    if button_at(ui, code, Icon::Bits, &format!("Look at the bits of near {}", place + 1), stops).clicked() {
        pressed = Some(Pressed::Code);
    }
    if button_at(ui, similar, Icon::Similar, &format!("Find sounds like near {}", place + 1), stops).clicked() {
        pressed = Some(Pressed::Similar);
    }
    pressed
}

fn differing(distance: u32) -> String {
    match distance {
        0 => "the same code".to_owned(),
        1 => "1 bit differs".to_owned(),
        n => format!("{n} bits differ"),
    }
}
