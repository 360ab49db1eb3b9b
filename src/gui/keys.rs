//! The keys, read before anything is drawn.

use egui::{Context, FocusDirection, InputState, Key, Modifiers, Popup};

use super::dialogs::Question;
use super::panels::is_narrow;
use super::panels::pages::PAGES;
use super::state::{List, Modal, Page, State};
use super::widgets::row;

/// What the list of keys shows.
pub const KEYS: &[(&str, &str)] = &[
    ("Space", "play or stop"),
    ("Up, Down", "through the matches or the files, playing them"),
    ("Arrows", "on the map: from dot to dot; on the bits: from bit to bit, and Space flips one"),
    ("+, -, 0", "on the map: nearer, further, all of it"),
    ("Enter", "search for what is selected"),
    ("R", "record, and search for it"),
    ("L", "play again and again"),
    ("F", "mark the selected match as a favourite"),
    ("Alt+Left, Alt+Right", "the query before, the query after"),
    ("Ctrl+Shift+F", "filter the matches"),
    ("Esc", "close or stop"),
    ("Ctrl+O", "add files"),
    ("Ctrl+F", "filter the files"),
    ("Shift+Up, Shift+Down", "select files"),
    ("Ctrl+A, Delete", "select all files, remove the selected ones"),
    ("T", "tags of the selected files"),
    ("Shift+F10, Menu", "what can be done with what is selected"),
    ("Ctrl+1 to Ctrl+4", "the pages: search, map, bits, duplicates (Ctrl+5 in a narrow window: learning)"),
    ("Ctrl+Z", "undo the last change of the project"),
    ("Ctrl+Y", "do it again"),
    ("Ctrl+Plus, Ctrl+Minus, Ctrl+0", "larger, smaller, usual size"),
    ("?", "this list"),
];

pub fn handle(ctx: &Context, state: &mut State) {
    // What covers the window takes the keys: it closes itself on Esc.
    if state.modal.is_some() {
        return;
    }
    // So does an open menu.
    if Popup::is_any_open(ctx) {
        return;
    }
    let typing = ctx.text_edit_focused();
    let pressed = |modifiers: Modifiers, key: Key| ctx.input_mut(|i: &mut InputState| i.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND, Key::O) && !state.read_only() {
        state.ask(Question::FilesToAdd);
    }
    for (key, (page, ..)) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4].into_iter().zip(PAGES) {
        if pressed(Modifiers::COMMAND, key) {
            state.turn_to(page);
        }
    }
    if is_narrow(ctx) && pressed(Modifiers::COMMAND, Key::Num5) {
        state.turn_to(Page::Learning);
    }
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::F) && state.search.path.is_some() {
        state.search.focus_filter = true;
    }
    if pressed(Modifiers::COMMAND, Key::F) {
        state.files.focus_filter = true;
    }
    if pressed(Modifiers::ALT, Key::ArrowLeft) {
        state.go_back();
    }
    if pressed(Modifiers::ALT, Key::ArrowRight) {
        state.go_forward();
    }
    if typing {
        return;
    }
    // The longer combination first: egui takes Ctrl+Shift+Z for Ctrl+Z as well.
    let redo = pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y);
    if redo && !state.read_only() {
        state.redo();
    }
    if pressed(Modifiers::COMMAND, Key::Z) && !state.read_only() {
        state.undo();
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        state.escape();
    }
    if pressed(Modifiers::NONE, Key::Questionmark) || pressed(Modifiers::NONE, Key::F1) {
        state.modal = Some(Modal::Keys);
    }
    if pressed(Modifiers::NONE, Key::R) && (state.latest.recorder.recording || !state.read_only()) {
        state.toggle_recording();
    }
    if pressed(Modifiers::NONE, Key::F)
        && state.list == List::Matches
        && let Some(place) = state.search.selected
    {
        state.toggle_favourite(place);
    }
    if pressed(Modifiers::NONE, Key::L) {
        state.toggle_loop();
    }
    if pressed(Modifiers::SHIFT, Key::F10) || pressed(Modifiers::NONE, Key::Menu) {
        match state.list {
            List::Files => state.open_file_menu(),
            List::Matches => state.open_match_menu(),
            // They have no menus.
            _ => {}
        }
    }
    if pressed(Modifiers::COMMAND, Key::A) {
        state.select_all_files();
    }
    if pressed(Modifiers::NONE, Key::T) {
        state.ask_for_tag();
    }
    if pressed(Modifiers::NONE, Key::Delete) && state.list == List::Files {
        state.remove_selected_files();
    }
    // A focused button or slider keeps these keys for itself; a row of a list does not.
    if ctx.memory(|memory| memory.focused().is_some()) && !row::focused(ctx) {
        return;
    }
    // egui has read the arrows already, to move the focus from widget to widget: a list takes them instead.
    let arrow = |modifiers: Modifiers, key: Key| {
        let pressed = pressed(modifiers, key);
        if pressed {
            ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        }
        pressed
    };
    for (key, by) in [(Key::ArrowDown, 1), (Key::ArrowUp, -1)] {
        if arrow(Modifiers::SHIFT, key) {
            state.step_file(by, true);
        }
    }
    if state.list == List::Files {
        let all = state.files.lines() as isize;
        for (key, by) in [(Key::PageDown, 20), (Key::PageUp, -20), (Key::End, all), (Key::Home, -all)] {
            if pressed(Modifiers::NONE, key) {
                state.step_file(by, false);
            }
        }
    }
    if pressed(Modifiers::NONE, Key::Space) {
        state.play_or_stop();
    }
    if arrow(Modifiers::NONE, Key::ArrowDown) {
        state.step(1);
    }
    if arrow(Modifiers::NONE, Key::ArrowUp) {
        state.step(-1);
    }
    if state.page == Page::Map {
        for (key, by) in [(Key::ArrowLeft, -1.0), (Key::ArrowRight, 1.0)] {
            if arrow(Modifiers::NONE, key) {
                state.step_aside(by);
            }
        }
    }
    if pressed(Modifiers::NONE, Key::Enter) {
        state.find_similar();
    }
}
