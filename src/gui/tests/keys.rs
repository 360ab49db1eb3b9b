//! The keys.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::made_up::{self, in_short};
use super::panels::{commands, window};
use crate::dataset::FileId;
use crate::engine::{Command, JobId};
use crate::gui::actions::Action;
use crate::gui::dialogs::Question;
use crate::gui::modals::Modal;
use crate::gui::shared::List;
use crate::gui::state::State;

#[test]
fn the_keys_do_what_their_list_says() {
    let mut harness = window(made_up::matched());
    for key in [Key::ArrowDown, Key::Space, Key::Enter] {
        harness.key_press(key);
        harness.run();
    }
    for key in [Key::R, Key::L] {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        harness.run();
    }
    let asked = in_short(&commands(&mut harness));
    let expected = [
        "play /sounds/pad/pad_00.wav 0.00-end",
        "play /sounds/pad/pad_00.wav 0.00-end",
        "search /sounds/pad/pad_00.wav 0.00-end by file",
        "StartRecording { stop_when: StopWhen { after_secs: None, quiet: false } }",
        "LoopPlayer(true)",
    ];
    assert_eq!(asked, expected);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::O);
    harness.run();
    assert!(matches!(&harness.state_mut().take_actions()[..], [Action::Ask(Question::FilesToAdd)]));
    harness.key_press(Key::Questionmark);
    harness.run();
    assert_eq!(harness.state().modals.open, Some(Modal::Keys));
    harness.get_by_label("play again and again");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().modals.open, None);
}

#[test]
fn each_press_of_an_arrow_counts_in_a_slow_frame() {
    let mut harness = window(made_up::matched());
    tab_to(&mut harness, "bell_00.wav, 2.00 s");
    let press = egui::Event::Key {
        key: Key::ArrowDown,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: egui::Modifiers::NONE,
    };
    harness.input_mut().events.extend([press.clone(), press]);
    harness.run();
    assert_eq!(harness.state().files.selected, [FileId(3)].into());
}

#[test]
fn letters_are_letters_while_typing() {
    let mut harness = window(made_up::matched());
    harness.get_by_label("Path to search for").focus();
    harness.run();
    for key in [Key::R, Key::L, Key::Space, Key::ArrowDown] {
        harness.key_press(key);
        harness.run();
    }
    assert!(commands(&mut harness).is_empty());
}

/// Sends what a keyboard sends for typed letters.
fn type_letters(harness: &mut Harness<'_, State>, text: &str) {
    for letter in text.chars() {
        if let Some(key) = Key::from_name(&letter.to_ascii_uppercase().to_string()) {
            harness.key_press(key);
        }
        harness.event(egui::Event::Text(letter.to_string()));
        harness.run();
    }
}

#[test]
fn letters_typed_in_a_list_filter_it() {
    for (list, field) in [(List::Files, "Filter the files"), (List::Matches, "Filter the matches")] {
        let mut harness = window(made_up::matched());
        harness.state_mut().shared.list = list;
        harness.state_mut().search.run = Default::default();
        type_letters(&mut harness, "is:problem");
        harness.run();
        assert!(harness.get_by_label(field).is_focused(), "{list:?}");
        let state = harness.state();
        let typed = if list == List::Files { &state.files.filter } else { &state.search.filter.text };
        assert_eq!(typed, "is:problem");
        let asked = commands(&mut harness);
        assert!(asked.iter().all(|command| matches!(command, Command::Search(_))), "{asked:?}");
    }
}

#[test]
fn letters_do_nothing_while_a_button_has_the_focus() {
    let mut harness = window(made_up::matched());
    harness.get_by_label("Volume").focus();
    harness.run();
    type_letters(&mut harness, "ft?x");
    assert!(commands(&mut harness).is_empty() && harness.state().modals.open.is_none());
    assert_eq!(harness.state().files.filter, "");
}

/// Presses Tab until a widget whose name begins with `name` has the focus.
fn tab_to(harness: &mut Harness<'_, State>, name: &str) {
    for _ in 0..200 {
        harness.key_press(Key::Tab);
        harness.run();
        if harness.query_all_by_label_contains(name).any(|node| node.is_focused()) {
            return;
        }
    }
    panic!("Tab never reaches {name}");
}

#[test]
fn the_tab_key_goes_through_the_window_and_keys_follow_it() {
    let mut state = made_up::matched();
    state.shared.drags_out = true;
    let mut harness = window(state);
    // Twice around the window: no row keeps the focus.
    for _ in 0..2 {
        tab_to(&mut harness, "bell_00.wav, 2.00 s");
        tab_to(&mut harness, "Find sounds like bell_00.wav");
        tab_to(&mut harness, "Match 1:");
        tab_to(&mut harness, "Volume");
    }
    tab_to(&mut harness, "bell_00.wav, 2.00 s");
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(harness.state().files.selected, [FileId(2)].into(), "a file has the focus: Down acts on the files");
    commands(&mut harness);
    tab_to(&mut harness, "Volume");
    harness.state_mut().search.run = Default::default();
    answer_search_of(&mut harness);
    tab_to(&mut harness, "Match 1:");
    let before = harness.state().search.selected;
    for key in [Key::ArrowDown, Key::Space] {
        harness.key_press(key);
        harness.run();
    }
    assert_ne!(harness.state().search.selected, before, "a match has the focus: Down acts on the matches");
    let asked = in_short(&commands(&mut harness));
    assert!(asked.len() == 2 && asked.iter().all(|command| command.starts_with("play ")), "{asked:?}");
}

/// Searches with the shown query, and answers.
fn answer_search_of(harness: &mut Harness<'_, State>) {
    harness.state_mut().search_now();
    made_up::answer_search(harness.state_mut(), JobId(95), &[0.0, 3.0, 17.0]);
    harness.run();
}

#[test]
fn tab_reaches_a_row_and_the_arrows_then_move_through_the_list() {
    let mut harness = window(made_up::matched());
    harness.get_by_label_contains("Match 1:").focus();
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(harness.state().search.selected, Some(2.into()));
    assert!(harness.get_by_label_contains("Match 2:").is_focused());
    harness.key_press(Key::ArrowLeft);
    harness.run();
    harness.run();
    assert!(harness.get_by_label("bell_00.wav, 2.00 s").is_focused(), "Left goes to the files");
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.run();
    assert!(harness.get_by_label_contains("Match 2:").is_focused(), "and Right back to the matches");
}
