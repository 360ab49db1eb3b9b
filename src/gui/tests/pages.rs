//! The pages of the centre.

use egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::made_up;
use super::panels::{press, window};
use crate::gui::panels::pages::PAGES;
use crate::gui::shared::Page;
use crate::gui::state::State;

/// Turns to a page by its name.
pub fn turn_to(harness: &mut Harness<'_, State>, name: &str) {
    harness.get_by_role_and_label(Role::Button, name).click();
    harness.run();
}

#[test]
fn in_a_narrow_window_the_map_is_a_page() {
    let mut harness = window(made_up::matched());
    assert!(harness.query_by_role_and_label(Role::Button, "Map").is_none(), "it stands beside the search");
    harness.set_size(egui::vec2(820.0, 560.0));
    harness.run();
    turn_to(&mut harness, "Map");
    assert_eq!(harness.state().shared.page, Page::Map);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num1);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    harness.run();
    assert_eq!(harness.state().shared.page, Page::Map);
    harness.set_size(egui::vec2(1280.0, 800.0));
    harness.run();
    assert_eq!(harness.state().shared.page, Page::Search);
}

#[test]
fn pages_are_turned_by_click_and_by_key_also_while_typing() {
    let mut harness = window(made_up::matched());
    harness.set_size(egui::vec2(820.0, 560.0));
    harness.run();
    for (page, name, _) in PAGES.into_iter().rev() {
        turn_to(&mut harness, name);
        assert_eq!(harness.state().shared.page, page);
    }
    harness.get_by_label("Path to search for").focus();
    harness.run();
    for (key, (page, name, _)) in
        [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6].into_iter().zip(PAGES)
    {
        harness.key_press_modifiers(Modifiers::COMMAND, key);
        harness.run();
        assert_eq!(harness.state().shared.page, page, "{name}");
    }
}

#[test]
fn the_pill_opens_the_page_of_training_and_closes_it() {
    let mut harness = window(made_up::matched());
    let pill = "Learned from 3 sounds: training and indexing";
    press(&mut harness, pill);
    harness.get_by_label("Learn and index");
    harness.get_by_label("Unique codes");
    press(&mut harness, pill);
    assert_eq!(harness.state().shared.page, Page::Search);
}

#[test]
fn a_new_query_turns_to_its_matches() {
    let mut harness = window(made_up::matched());
    turn_to(&mut harness, "Duplicates");
    harness.state_mut().choose_query("/sounds/kick/kick_00.wav".into(), None);
    harness.run();
    assert_eq!(harness.state().shared.page, Page::Search);
}

#[test]
fn pages_without_an_index_say_what_to_do() {
    for name in ["Search", "Bits", "Duplicates"] {
        let mut state = made_up::added();
        // Exact copies are found without an index.
        state.duplicates.exact = false;
        let mut harness = window(state);
        turn_to(&mut harness, name);
        assert!(!harness.get_by_label("Index now").accesskit_node().is_disabled(), "{name}");
    }
}
