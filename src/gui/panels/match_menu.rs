//! What can be done with a match: by right-click on its row, or by Shift+F10 or the menu key for the selected one.

use egui::{Popup, Response, SetOpenCommand, Ui};

use crate::engine::Match;
use crate::gui::intents::Intents;
use crate::gui::match_list::{Line, View};
use crate::gui::search_state::{KeyedMenu, SearchState};
use crate::gui::shared::Shared;

const WIDTH: f32 = 230.0;

pub fn show(ui: &Ui, search: &mut SearchState, shared: &Shared, intents: &mut Intents, line: Line, row: &Response) {
    let Some(found) = search.match_at(line).cloned() else { return };
    let keyed = search.menu.filter(|menu| menu.line == line);
    let Some(KeyedMenu { is_new, .. }) = keyed else {
        Popup::context_menu(row).width(WIDTH).show(|ui| entries(ui, search, shared, intents, line, &found, false));
        return;
    };
    // It stands at its row, wherever the pointer is.
    let popup = Popup::menu(row).open_memory(is_new.then_some(SetOpenCommand::Bool(true))).width(WIDTH);
    let shown = popup.show(|ui| entries(ui, search, shared, intents, line, &found, is_new));
    match (shown, &mut search.menu) {
        (Some(_), Some(menu)) => menu.is_new = false,
        (Some(_), None) => {}
        (None, menu) => {
            *menu = None;
            ui.memory_mut(|memory| memory.request_focus(row.id));
        }
    }
}

/// `to_first`: the first entry gets the keyboard.
fn entries(
    ui: &mut Ui,
    search: &SearchState,
    shared: &Shared,
    intents: &mut Intents,
    line: Line,
    found: &Match,
    to_first: bool,
) {
    let entry = |ui: &mut Ui, text: &str| {
        let response = ui.button(text);
        if to_first && text == PLAY {
            response.request_focus();
        }
        if response.clicked() {
            ui.close();
        }
        response.clicked()
    };
    if entry(ui, PLAY) {
        intents.play_match(line);
    }
    if entry(ui, "Play the moment alone") {
        intents.play_moment(line);
    }
    if entry(ui, "Find similar") {
        intents.find_similar_to_match(line);
    }
    if found.is_shared() {
        return of_file(ui, shared, intents, line, found, &entry);
    }
    let said = search.verdict_on(line, shared);
    let verdicts = [(true, "More like this", "Take back the yes"), (false, "Less like this", "Take back the no")];
    for (yes, say, take_back) in verdicts {
        if entry(ui, if said == Some(yes) { take_back } else { say }) {
            intents.judge(line, yes);
        }
    }
    let unfolded = search.unfolded.contains_key(&found.file);
    if search.view == View::Sounds && entry(ui, if unfolded { "Fold its moments" } else { "Show its moments" }) {
        intents.unfold_moments(found.file, !unfolded);
    }
    if let Some(copies) = shared.copies_in_words(found.file)
        && entry(ui, &format!("Select it and its {copies}"))
    {
        intents.show_copies(found.file);
    }
    if entry(ui, "Show on the map") {
        intents.show_match_on_map(line);
    }
    if entry(ui, "Look at its bits") {
        intents.show_match_bits(line);
    }
    let mark = if shared.is_favourite(found) { "Remove the favourite mark" } else { "Mark as a favourite" };
    if !shared.read_only() && entry(ui, mark) {
        intents.toggle_favourite(line);
    }
    if !shared.read_only() && entry(ui, "Put into a collection…") {
        let items = search.item_of(line).into_iter().collect();
        intents.ask_for_collection(items);
    }
    of_file(ui, shared, intents, line, found, &entry);
}

/// What can be done with the file of a match, also with one of a shared library.
fn of_file(
    ui: &mut Ui,
    shared: &Shared,
    intents: &mut Intents,
    line: Line,
    found: &Match,
    entry: &dyn Fn(&mut Ui, &str) -> bool,
) {
    ui.separator();
    if entry(ui, "Show in the file manager") {
        intents.reveal_match(line);
    }
    if entry(ui, "Copy path") {
        ui.ctx().copy_text(found.path.to_string());
    }
    if entry(ui, "Copy as file") {
        intents.copy_match_as_file(line);
    }
    ui.separator();
    if entry(ui, "Save this sound as WAV…") {
        intents.ask_to_save_match(line);
    }
    if entry(ui, "Save all matches…") {
        intents.ask_to_save_matches();
    }
    if !shared.read_only() && !found.is_shared() && entry(ui, "Save this search…") {
        intents.ask_to_save_search();
    }
}

const PLAY: &str = "Play";
