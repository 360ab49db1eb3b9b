//! The keys, read before anything is drawn.

use egui::{Context, InputState, Key, Modifiers};

use super::dialogs::Question;
use super::panels::pages::PAGES;
use super::state::{Modal, State};
use super::widgets::row;

/// What the list of keys shows.
pub const KEYS: &[(&str, &str)] = &[
    ("Space", "play or stop"),
    ("Up, Down", "through the matches or the files, playing them"),
    ("Enter", "search for what is selected"),
    ("R", "record, and search for it"),
    ("L", "play again and again"),
    ("Esc", "close or stop"),
    ("Ctrl+O", "add files"),
    ("Ctrl+1 to Ctrl+4", "the pages: search, map, bits, duplicates"),
    ("Ctrl+Z", "undo the last change of the project"),
    ("Ctrl+Y", "do it again"),
    ("?", "this list"),
];

pub fn handle(ctx: &Context, state: &mut State) {
    // What covers the window takes the keys: it closes itself on Esc.
    if state.modal.is_some() {
        return;
    }
    let typing = ctx.text_edit_focused();
    let pressed = |modifiers: Modifiers, key: Key| ctx.input_mut(|i: &mut InputState| i.consume_key(modifiers, key));
    if pressed(Modifiers::COMMAND, Key::O) && !state.read_only() {
        state.ask(Question::FilesToAdd);
    }
    for (key, (page, ..)) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4].into_iter().zip(PAGES) {
        if pressed(Modifiers::COMMAND, key) {
            state.page = page;
        }
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
    if pressed(Modifiers::NONE, Key::L) {
        state.toggle_loop();
    }
    // A focused button or slider keeps these keys for itself; a row of a list does not.
    if ctx.memory(|memory| memory.focused().is_some()) && !row::focused(ctx) {
        return;
    }
    if pressed(Modifiers::NONE, Key::Space) {
        state.play_or_stop();
    }
    if pressed(Modifiers::NONE, Key::ArrowDown) {
        state.step(1);
    }
    if pressed(Modifiers::NONE, Key::ArrowUp) {
        state.step(-1);
    }
    if pressed(Modifiers::NONE, Key::Enter) {
        state.find_similar();
    }
}
