//! The keys. They are read before anything is drawn.

use egui::{Context, Event, FocusDirection, InputState, Key, Modifiers, Popup};

use super::dialogs::Question;
use super::match_list::View;
use super::modals::Modal;
use super::panels::pages::PAGES;
use super::shared::List;
use super::state::State;
use super::widgets::row;

/// The list of keys for the person.
pub const KEYS: &[(&str, &str)] = &[
    ("Space", "play or stop"),
    ("Shift+Space", "play the query and the selected match in turn"),
    ("Up, Down", "select the match or file above or below, and play it"),
    ("Left, Right", "go to the files, go to the matches; in the matches, Right shows the moments of a sound"),
    ("Arrows", "on the map: go from dot to dot; on the bits: go from bit to bit, and Space flips a bit"),
    ("Left, Right", "in the picture of the query: move the part to search for; with Shift: move its end"),
    (
        "+, -, 0",
        "on the map and in the picture of the query: zoom in, zoom out, show all; in the review: larger, smaller",
    ),
    ("Enter", "search with the selected sound"),
    ("Ctrl+R", "record, and search with the recording"),
    ("Ctrl+L", "play again and again"),
    (
        "Y, N",
        "in the matches: more like the selected one, less like it; in the review: yes, no; the next one is selected",
    ),
    ("F", "in the matches: mark the selected one as a favourite"),
    ("Alt+Left, Alt+Right", "go to the query before, go to the query after"),
    ("Ctrl+S", "save the search"),
    ("Ctrl+E", "save the chosen part of the query, or the selected match, as WAV"),
    ("[, ]", "while the query plays: the part to search for begins here, ends here"),
    ("Ctrl+D", "put the selected sounds into a collection"),
    ("Alt+Up, Alt+Down", "in a collection: move the selected sound"),
    ("Ctrl+Shift+F", "filter the matches"),
    ("Esc", "close or stop"),
    ("Ctrl+O", "add files"),
    ("Ctrl+F", "filter the files"),
    ("any other letter", "in a list: filter that list"),
    ("Shift+Up, Shift+Down", "select files"),
    ("Ctrl+A, Delete", "select all files, remove the selected ones; in a collection: take the selected one out"),
    ("T", "in a list: tags of the selected files"),
    ("Shift+F10, Menu", "open the menu of the selection"),
    ("Ctrl+1 to Ctrl+6", "search, map, review, bits, duplicates, training and indexing"),
    ("Ctrl+Z", "undo the last change of the project, or the last yes or no"),
    ("Ctrl+Y", "redo the last undone change"),
    ("Ctrl+Plus, Ctrl+Minus, Ctrl+0", "larger, smaller, usual size"),
    ("F1, ?", "this list"),
];

/// Letters that act in the list of files, and in the list of matches. Other letters filter the list.
const ACT_ON_FILES: &[char] = &['t'];
const ACT_ON_MATCHES: &[char] = &['f', 't', 'y', 'n'];

pub fn handle(ctx: &Context, state: &mut State) {
    // A dialog takes the keys, and closes itself on Esc. An open menu does the same.
    if state.modals.open.is_some() || Popup::is_any_open(ctx) {
        return;
    }
    everywhere(ctx, state);
    if ctx.text_edit_focused() {
        return;
    }
    outside_fields(ctx, state);
    // If a button or a slider has the focus, it gets the other keys. A row of a list lets them pass. Without a focus,
    // they go to the list that was used last.
    if ctx.memory(|memory| memory.focused().is_some()) && !row::focused(ctx) {
        return;
    }
    in_lists(ctx, state);
}

fn pressed(ctx: &Context, modifiers: Modifiers, key: Key) -> bool {
    ctx.input_mut(|input: &mut InputState| input.consume_key(modifiers, key))
}

/// Keys that also work while a person types.
fn everywhere(ctx: &Context, state: &mut State) {
    let pressed = |modifiers, key| pressed(ctx, modifiers, key);
    if pressed(Modifiers::COMMAND, Key::O) && !state.shared.read_only() {
        state.ask(Question::FilesToAdd);
    }
    for (key, (page, ..)) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6].into_iter().zip(PAGES) {
        if pressed(Modifiers::COMMAND, key) {
            state.turn_to(page);
        }
    }
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::F) && state.search.path.is_some() {
        state.search.focus_filter = true;
    }
    if pressed(Modifiers::COMMAND, Key::F) {
        state.files.focus_filter = true;
    }
    if pressed(Modifiers::COMMAND, Key::R) && (state.shared.latest.recorder.recording || !state.shared.read_only()) {
        state.toggle_recording();
    }
    if pressed(Modifiers::COMMAND, Key::S) {
        state.ask_to_save_search();
    }
    if pressed(Modifiers::COMMAND, Key::E) {
        state.ask_to_save_part();
    }
    if pressed(Modifiers::COMMAND, Key::L) {
        state.toggle_loop();
    }
    if pressed(Modifiers::ALT, Key::ArrowLeft) {
        state.go_back();
    }
    if pressed(Modifiers::ALT, Key::ArrowRight) {
        state.go_forward();
    }
    if pressed(Modifiers::NONE, Key::F1) {
        state.modals.open = Some(Modal::Keys);
    }
}

/// Keys that a text field uses while a person types. Otherwise they act on the window.
fn outside_fields(ctx: &Context, state: &mut State) {
    let pressed = |modifiers, key| pressed(ctx, modifiers, key);
    // The longer combination comes first, because egui takes Ctrl+Shift+Z for Ctrl+Z too.
    let redo = pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y);
    if redo && !state.shared.read_only() {
        state.redo();
    }
    if pressed(Modifiers::COMMAND, Key::Z) && !state.shared.read_only() {
        state.undo();
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        state.escape();
    }
    for (key, is_start) in [(Key::OpenBracket, true), (Key::CloseBracket, false)] {
        if pressed(Modifiers::NONE, key) {
            state.mark_part(is_start);
        }
    }
    if pressed(Modifiers::COMMAND, Key::D) {
        let items = state.selected_items();
        state.ask_for_collection(items);
    }
    if pressed(Modifiers::COMMAND, Key::A) {
        state.select_all_files();
    }
}

/// Keys that act on the rows of a list.
fn in_lists(ctx: &Context, state: &mut State) {
    let pressed = |modifiers, key| pressed(ctx, modifiers, key);
    if pressed(Modifiers::NONE, Key::Questionmark) {
        state.modals.open = Some(Modal::Keys);
    }
    if pressed(Modifiers::SHIFT, Key::F10) || pressed(Modifiers::NONE, Key::Menu) {
        match state.shared.list {
            List::Files => state.open_file_menu(),
            List::Matches => state.open_match_menu(),
            List::Collection => state.collection.open_menu = true,
            // These lists have no menus.
            _ => {}
        }
    }
    // If a whole word arrives at once, it goes to the filter. Its letters do not act.
    if letters(ctx, state) {
        return moves(ctx, state);
    }
    if pressed(Modifiers::NONE, Key::F)
        && state.shared.list == List::Matches
        && let Some(line) = state.search.selected
    {
        state.toggle_favourite(line);
    }
    if matches!(state.shared.list, List::Matches | List::Events | List::Tiles) {
        for (key, yes) in [(Key::Y, true), (Key::N, false)] {
            if pressed(Modifiers::NONE, key) {
                state.judge_selected(yes);
            }
        }
    }
    if matches!(state.shared.list, List::Events | List::Tiles) {
        for (keys, by) in [([Key::Plus, Key::Equals], 1), ([Key::Minus, Key::Minus], -1)] {
            if keys.into_iter().any(|key| pressed(Modifiers::NONE, key)) {
                state.review.resize_tiles(by);
            }
        }
    }
    if pressed(Modifiers::NONE, Key::T) {
        state.ask_for_tag();
    }
    if pressed(Modifiers::NONE, Key::Delete) {
        match state.shared.list {
            List::Files => state.remove_selected_files(),
            List::Collection => state.take_selected_item_out(),
            _ => {}
        }
    }
    moves(ctx, state);
}

fn moves(ctx: &Context, state: &mut State) {
    let pressed = |modifiers, key| pressed(ctx, modifiers, key);
    // egui has already used the arrows to move the focus. A list takes them instead.
    let arrows = |modifiers: Modifiers, key: Key| {
        let presses = ctx.input_mut(|input| input.count_and_consume_key(modifiers, key));
        if presses > 0 {
            ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        }
        presses
    };
    let arrow = |modifiers, key| arrows(modifiers, key) > 0;
    if state.shared.list == List::Collection {
        for (key, by) in [(Key::ArrowDown, 1), (Key::ArrowUp, -1)] {
            if arrow(Modifiers::ALT, key) {
                state.move_selected_item(by);
            }
        }
    }
    if state.shared.list == List::Files {
        for (key, by) in [(Key::ArrowDown, 1), (Key::ArrowUp, -1)] {
            (0..arrows(Modifiers::SHIFT, key)).for_each(|_| state.step_file(by, true));
        }
        let all = state.files.lines() as isize;
        for (key, by) in [(Key::PageDown, 20), (Key::PageUp, -20), (Key::End, all), (Key::Home, -all)] {
            if pressed(Modifiers::NONE, key) {
                state.step_file(by, false);
            }
        }
    }
    if pressed(Modifiers::SHIFT, Key::Space) {
        state.play_the_other();
    }
    if pressed(Modifiers::NONE, Key::Space) {
        match (state.shared.list, state.library.cursor) {
            (List::Library, Some(head)) => state.choose_head(head),
            _ => state.play_or_stop(),
        }
    }
    // A slow frame can have several presses.
    (0..arrows(Modifiers::NONE, Key::ArrowDown)).for_each(|_| state.step(1));
    (0..arrows(Modifiers::NONE, Key::ArrowUp)).for_each(|_| state.step(-1));
    for (key, is_right) in [(Key::ArrowLeft, false), (Key::ArrowRight, true)] {
        if arrow(Modifiers::NONE, key) {
            aside(ctx, state, is_right);
        }
    }
    if pressed(Modifiers::NONE, Key::Enter) {
        state.find_similar();
    }
}

/// The keys Left and Right. On the map they go from dot to dot, in the library they fold and unfold sections, and in
/// the matches Right unfolds moments. Otherwise they go between the files and the matches.
fn aside(ctx: &Context, state: &mut State, is_right: bool) {
    match state.shared.list {
        List::Dots => state.step_aside(if is_right { 1.0 } else { -1.0 }),
        List::Events | List::Tiles => state.step_event(if is_right { 1 } else { -1 }),
        List::Library => state.fold_at_cursor(!is_right),
        List::Files if is_right => {
            leave(ctx);
            state.go_to_matches();
        }
        List::Matches if !is_right => {
            leave(ctx);
            state.go_to_files();
        }
        List::Matches => {
            if let (View::Sounds, Some(file)) = (state.search.view, state.search.selected_match().map(|m| m.file)) {
                let unfolded = state.search.unfolded.contains_key(&file);
                state.unfold_moments(file, !unfolded);
            }
        }
        _ => {}
    }
}

/// Takes the keyboard's focus from the widget that has it.
fn leave(ctx: &Context) {
    ctx.memory_mut(|memory| {
        if let Some(focused) = memory.focused() {
            memory.surrender_focus(focused);
        }
    });
}

/// Letters that are typed in a list go to the field of the list's filter. Returns whether there were any.
fn letters(ctx: &Context, state: &mut State) -> bool {
    let has_filter = match state.shared.list {
        List::Files => true,
        List::Matches => state.search.path.is_some(),
        _ => false,
    };
    if !has_filter || ctx.input(|input| input.modifiers.command || input.modifiers.alt) {
        return false;
    }
    let act = if state.shared.list == List::Files { ACT_ON_FILES } else { ACT_ON_MATCHES };
    let begins = |text: &str| {
        let first = text.chars().next();
        first.is_some_and(|c| (c.is_alphanumeric() || c == '"') && !act.contains(&c.to_ascii_lowercase()))
    };
    let mut typed = String::new();
    ctx.input_mut(|input| {
        input.events.retain(|event| match event {
            Event::Text(text) if !typed.is_empty() || begins(text) => {
                typed.push_str(text);
                false
            }
            _ => true,
        });
    });
    if typed.is_empty() {
        return false;
    }
    if state.shared.list == List::Files {
        state.files.filter.push_str(&typed);
        state.files.focus_filter = true;
    } else {
        state.set_filter(|filter| filter.text.push_str(&typed));
        state.search.focus_filter = true;
    }
    true
}
