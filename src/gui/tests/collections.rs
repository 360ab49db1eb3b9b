//! Collections: made by mouse, by menu and by key, put in order, and exported.

use std::sync::Arc;

use egui::{Key, Modifiers, Pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::made_up::{self, changed, in_short};
use super::panels::{commands, press, window};
use crate::dataset::{Collection, CollectionId, FileId, Item};
use crate::engine::{CollectionChange, CollectionFormat, Command};
use crate::gui::modals::Modal;
use crate::gui::shared::{List, Page};
use crate::gui::state::State;

const KICK: Item = Item { file: FileId(2), stretch_secs: None };
const PAD: Item = Item { file: FileId(3), stretch_secs: Some((0.5, 1.0)) };

fn with_collection(state: State, items: Vec<Item>) -> State {
    changed(state, |latest| {
        latest.collections = Arc::new(vec![Collection { id: CollectionId(7), name: "drums".into(), items }]);
    })
}

/// The page of a collection of two sounds.
fn opened() -> Harness<'static, State> {
    let mut harness = window(with_collection(made_up::matched(), vec![KICK, PAD]));
    press(&mut harness, "Collections, 1, folded");
    press(&mut harness, "Collection drums, 2 sounds");
    harness.run();
    assert_eq!(harness.state().shared.page, Page::Collection);
    harness
}

fn change(harness: &mut Harness<'_, State>) -> CollectionChange {
    let asked = commands(harness);
    let changes = asked.into_iter().find_map(|command| match command {
        Command::ChangeCollection(change) => Some(change),
        _ => None,
    });
    changes.expect("a change")
}

#[test]
fn selected_files_go_into_a_new_collection_by_key() {
    let mut harness = window(made_up::ready());
    let state = harness.state_mut();
    state.shared.list = List::Files;
    state.select_all_files();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::D);
    harness.run();
    harness.run();
    harness.get_by_label("Put 3 sounds into a collection");
    harness.get_by_label("Name of the collection").type_text("drums");
    harness.key_press(Key::Enter);
    harness.run();
    let items = [1, 2, 3].map(|id| Item { file: FileId(id), stretch_secs: None }).to_vec();
    assert_eq!(change(&mut harness), CollectionChange::Put { name: "drums".into(), items, before: None });
    assert_eq!(harness.state().modals.open, None);
}

#[test]
fn a_match_goes_into_a_collection_by_its_menu() {
    let mut harness = window(with_collection(made_up::matched(), Vec::new()));
    harness.get_by_label_contains("Match 1: kick_00.wav").click_secondary();
    harness.run();
    press(&mut harness, "Put into a collection…");
    press(&mut harness, "drums");
    assert_eq!(change(&mut harness), CollectionChange::Put { name: "drums".into(), items: vec![KICK], before: None });
}

/// Drags what is at `from` to `to`. The pointer first moves a little, as a person's does.
fn drag(harness: &mut Harness<'_, State>, from: Pos2, to: Pos2) {
    harness.drag_at(from);
    harness.run();
    harness.hover_at(from - vec2(0.0, 12.0));
    harness.run();
    harness.hover_at(to);
    harness.run();
    harness.drop_at(to);
    harness.run();
}

#[test]
fn a_file_is_dragged_onto_a_collection() {
    let mut harness = window(with_collection(made_up::ready(), Vec::new()));
    press(&mut harness, "Collections, 1, folded");
    let from = harness.get_by_label("kick_00.wav, 2.00 s").rect().center();
    let to = harness.get_by_label("Collection drums, 0 sounds").rect().center();
    drag(&mut harness, from, to);
    assert_eq!(change(&mut harness), CollectionChange::Put { name: "drums".into(), items: vec![KICK], before: None });
}

#[test]
fn a_collection_is_played_by_key() {
    let mut harness = opened();
    assert!(harness.get_by_label("Item 1: kick_00.wav").is_focused());
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/pad/pad_00.wav 0.50-1.00"]);
    harness.run();
    assert!(harness.get_by_label("Item 2: pad_00.wav, 0.50 to 1.00 s").is_focused());
    harness.key_press(Key::Enter);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked[0], "search /sounds/pad/pad_00.wav 0.50-1.00 by file");
    assert_eq!(harness.state().shared.page, Page::Search);
}

#[test]
fn items_are_moved_by_key_and_by_mouse_and_taken_out() {
    let mut harness = opened();
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    harness.run();
    let moved = |item, to| CollectionChange::Move { collection: CollectionId(7), item, to };
    assert_eq!(change(&mut harness), moved(KICK, 1));
    let from = harness.get_by_label("Item 2: pad_00.wav, 0.50 to 1.00 s").rect().center();
    let to = harness.get_by_label("Item 1: kick_00.wav").rect().center();
    drag(&mut harness, from, to);
    assert_eq!(change(&mut harness), moved(PAD, 0));
    press(&mut harness, "Take item 1 out of the collection");
    let taken = CollectionChange::Take { collection: CollectionId(7), items: vec![KICK] };
    assert_eq!(change(&mut harness), taken);
}

#[test]
fn a_collection_is_exported_in_each_form() {
    let mut harness = opened();
    press(&mut harness, "Export…");
    press(&mut harness, "Folder");
    harness.state_mut().modals.saving.as_mut().expect("asked").typed = "/out/drums".into();
    harness.run();
    press(&mut harness, "Save");
    let asked = commands(&mut harness);
    let expected = |id: &CollectionId, format: &CollectionFormat| (id.0, *format) == (7, CollectionFormat::Folder);
    assert!(
        matches!(&asked[..], [Command::ExportCollection { collection, format, out }] if expected(collection, format) && out == "/out/drums"),
        "{asked:?}"
    );
}

#[test]
fn an_undone_collection_closes_and_another_is_renamed() {
    let mut harness = opened();
    press(&mut harness, "Rename…");
    harness.run();
    assert_eq!(harness.state().modals.open, Some(Modal::RenameCollection(CollectionId(7))));
    harness.state_mut().modals.name_typed = "kit".into();
    harness.run();
    press(&mut harness, "Rename");
    assert_eq!(change(&mut harness), CollectionChange::Rename { collection: CollectionId(7), name: "kit".into() });
    let latest = crate::engine::Latest { collections: Arc::default(), ..harness.state().shared.latest.clone() };
    harness.state_mut().observe(latest);
    harness.run();
    assert_eq!(harness.state().shared.page, Page::Search);
}
