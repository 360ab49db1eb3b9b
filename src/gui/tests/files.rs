//! The table of files, used by the names of its widgets.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::made_up::{self, changed, in_short, submitted};
use super::panels::{commands, press, window};
use crate::dataset::{FileId, Problem};
use crate::engine::{Command, DatasetView, Event, History, JobId, OnDisk, Outcome};
use crate::gui::actions::Action;
use crate::gui::modals::Modal;
use crate::gui::shared::List;
use crate::gui::state::State;

/// Three files, of which the kick is tagged.
fn tagged() -> State {
    changed(made_up::ready(), |latest| {
        let old = &latest.dataset;
        let tags = BTreeMap::from([(FileId(2), vec!["dry".to_owned(), "loop".to_owned()])]);
        latest.dataset = DatasetView::new(old.files.clone(), Vec::new(), tags, old.grid).into();
    })
}

fn type_filter(harness: &mut Harness<'_, State>, text: &str) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run();
    let field = harness.get_by_label("Filter the files");
    assert!(field.is_focused(), "Ctrl+F leads there");
    field.type_text(text);
    harness.run();
}

fn chosen(harness: &Harness<'_, State>) -> Vec<i64> {
    harness.state().files.selected.iter().map(|file| file.0).collect()
}

fn right_click(harness: &mut Harness<'_, State>, row: &str, entry: &str) {
    harness.get_by_label(row).click_secondary();
    harness.run();
    press(harness, entry);
}

const KICK: &str = "kick_00.wav, 2.00 s";

/// Selects a file, which then plays and becomes the query.
fn choose(harness: &mut egui_kittest::Harness<'_, State>, name: &str) {
    press(harness, name);
    let asked = in_short(&commands(harness));
    assert!(
        matches!(&asked[..], [search, play] if search.starts_with("search ") && play.starts_with("play ")),
        "{asked:?}"
    );
}

#[test]
fn the_filter_leaves_rows_out_and_says_what_it_does_not_understand() {
    let mut harness = window(tagged());
    type_filter(&mut harness, "tag:loop");
    harness.get_by_label("1 of 3 files");
    harness.get_by_label(KICK);
    assert!(harness.query_by_label("bell_00.wav, 2.00 s").is_none());
    press(&mut harness, "Clear the filter");
    harness.get_by_label("bell_00.wav, 2.00 s");
    type_filter(&mut harness, "is:loud");
    harness.get_by_label_contains("a file can be is:problem");
    press(&mut harness, "Clear the filter");
    type_filter(&mut harness, "nothing like it");
    harness.get_by_label("No file matches the filter.");
    press(&mut harness, "Show all files");
    harness.get_by_label(KICK);
}

#[test]
fn a_filter_is_typed_letter_by_letter_and_the_field_keeps_the_focus() {
    let mut harness = window(tagged());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run();
    for letter in ["k", "i", "c", "k"] {
        harness.event(egui::Event::Text(letter.to_owned()));
        harness.run();
        assert!(harness.get_by_label("Filter the files").is_focused(), "after {letter}");
    }
    assert_eq!(harness.state().files.filter, "kick");
}

#[test]
fn rows_are_dragged_to_other_programs_where_the_system_can() {
    for can_leave in [false, true] {
        let mut harness = window(made_up::ready());
        harness.state_mut().shared.drags_out = can_leave;
        press(&mut harness, KICK);
        let at = harness.get_by_label(KICK).rect().center();
        harness.state_mut().take_actions();
        harness.drag_at(at);
        harness.run();
        harness.hover_at(at + egui::vec2(0.0, 30.0));
        harness.run();
        let dragged = harness.state_mut().take_actions().into_iter().find_map(|action| match action {
            Action::DragOut(paths) => Some(paths),
            _ => None,
        });
        assert_eq!(dragged, can_leave.then(|| vec![PathBuf::from("/sounds/kick/kick_00.wav")]));
        harness.drop_at(at + egui::vec2(0.0, 30.0));
        harness.run();
        assert_eq!(chosen(&harness), [2], "a drag is no click");
    }
}

#[test]
fn folders_fold_by_click_and_by_keyboard() {
    let mut harness = window(made_up::ready());
    press(&mut harness, "Folder kick, 1 file, unfolded");
    assert!(harness.query_by_label(KICK).is_none());
    harness.get_by_label("Folder kick, 1 file, folded").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label(KICK);
    for (entry, rows) in [("Fold all folders", 0), ("Unfold all folders", 3)] {
        harness.get_by_label_contains("Folder kick").click_secondary();
        harness.run();
        press(&mut harness, entry);
        assert_eq!(harness.query_all_by_label_contains("_00.wav, 2.00 s").count(), rows, "{entry}");
    }
    press(&mut harness, "By folder");
    assert!(harness.query_by_label_contains("Folder kick").is_none());
}

#[test]
fn a_folder_is_selected_shown_and_named() {
    let mut harness = window(made_up::ready());
    let folder = "Folder kick, 1 file, unfolded";
    right_click(&mut harness, folder, "Select these files");
    assert_eq!(chosen(&harness), [2]);
    right_click(&mut harness, folder, "Show in the file manager");
    let actions = harness.state_mut().take_actions();
    assert!(matches!(&actions[..], [Action::Reveal(paths)] if *paths == [PathBuf::from("/sounds/kick")]));
    harness.get_by_label(folder).click_secondary();
    harness.run();
    assert_eq!(copied(&mut harness, "Copy the folder's path"), "/sounds/kick");
}

/// Presses a widget that copies text, and returns the text.
fn copied(harness: &mut Harness<'_, State>, name: &str) -> String {
    harness.get_by_label(name).click();
    for _ in 0..4 {
        harness.step();
        for command in &harness.output().platform_output.commands {
            if let egui::OutputCommand::CopyText(text) = command {
                return text.clone();
            }
        }
    }
    panic!("{name} copied nothing")
}

#[test]
fn headings_sort() {
    let mut harness = window(changed(made_up::ready(), |latest| {
        let mut files = latest.dataset.files.clone();
        for (file, frames) in files.iter_mut().zip([24_000, 8000, 16_000]) {
            std::sync::Arc::make_mut(file).frames = frames;
        }
        latest.dataset = DatasetView::new(files, Vec::new(), BTreeMap::new(), latest.dataset.grid).into();
    }));
    // Peaks are only shown if there is room for them.
    harness.state_mut().shared.preferences.dataset_width = Some(480.0);
    harness.run();
    press(&mut harness, "By folder");
    let order = |harness: &Harness<'_, State>| {
        let rows = harness
            .query_all_by_label_contains("_00.wav, ")
            .map(|row| (row.rect().top(), row.accesskit_node().label()));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        rows.into_iter().map(|(_, label)| label.unwrap_or_default()[..4].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(order(&harness), ["bell", "kick", "pad_"]);
    press(&mut harness, "Sort by length");
    assert_eq!(order(&harness), ["kick", "pad_", "bell"]);
    press(&mut harness, "Sorted by length, upwards");
    assert_eq!(order(&harness), ["bell", "pad_", "kick"]);
    press(&mut harness, "Sort by peak");
    press(&mut harness, "Sort by name");
    assert_eq!(order(&harness), ["bell", "kick", "pad_"]);
}

#[test]
fn files_are_selected_and_removed_by_keyboard() {
    let mut harness = window(made_up::ready());
    harness.state_mut().shared.preferences.plays_selected = false;
    harness.state_mut().shared.list = List::Files;
    let key = |harness: &mut Harness<'_, State>, modifiers, key| {
        harness.key_press_modifiers(modifiers, key);
        harness.run();
    };
    key(&mut harness, Modifiers::NONE, Key::ArrowDown);
    key(&mut harness, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(chosen(&harness), [2]);
    key(&mut harness, Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(chosen(&harness), [2, 3]);
    key(&mut harness, Modifiers::NONE, Key::Home);
    assert_eq!(chosen(&harness), [1]);
    key(&mut harness, Modifiers::NONE, Key::End);
    assert_eq!(chosen(&harness), [3]);
    key(&mut harness, Modifiers::NONE, Key::PageUp);
    assert_eq!(chosen(&harness), [1]);
    key(&mut harness, Modifiers::NONE, Key::PageDown);
    key(&mut harness, Modifiers::COMMAND, Key::A);
    assert_eq!(chosen(&harness), [1, 2, 3]);
    let asked = in_short(&commands(&mut harness));
    assert!(
        asked.iter().all(|command| command.starts_with("search ")),
        "the file at the cursor is the query: {asked:?}"
    );
    key(&mut harness, Modifiers::NONE, Key::Delete);
    assert!(matches!(&commands(&mut harness)[..], [Command::RemoveFiles { files }] if files.len() == 3));
}

#[test]
fn each_entry_of_a_files_menu_does_what_it_says() {
    let mut harness = window(made_up::ready());
    right_click(&mut harness, KICK, "Play it");
    right_click(&mut harness, KICK, "Find sounds like it");
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/kick/kick_00.wav 0.00-end", "search /sounds/kick/kick_00.wav 0.00-end by file"]);
    right_click(&mut harness, KICK, "Show in the file manager");
    let actions = harness.state_mut().take_actions();
    assert!(matches!(&actions[..], [Action::Reveal(paths)] if *paths == [PathBuf::from("/sounds/kick/kick_00.wav")]));
    harness.get_by_label(KICK).click_secondary();
    harness.run();
    assert_eq!(copied(&mut harness, "Copy the path"), "/sounds/kick/kick_00.wav");
    right_click(&mut harness, KICK, "Remove 1 file from the project");
    assert!(matches!(&commands(&mut harness)[..], [Command::RemoveFiles { files }] if *files == [FileId(2)]));
    right_click(&mut harness, KICK, "Tags…");
    assert_eq!(harness.state().modals.open, Some(Modal::Tags(vec![FileId(2)])));
}

#[test]
fn the_menu_of_files_acts_on_all_selected_ones() {
    let mut harness = window(made_up::ready());
    harness.state_mut().shared.preferences.plays_selected = false;
    harness.state_mut().shared.list = List::Files;
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    harness.run();
    harness.get_by_label("Remove 3 files from the project");
    let paths = "/sounds/bell/bell_00.wav\n/sounds/kick/kick_00.wav\n/sounds/pad/pad_00.wav";
    assert_eq!(copied(&mut harness, "Copy the paths"), paths);
}

#[test]
fn tags_are_given_and_taken_off() {
    let mut harness = window(tagged());
    choose(&mut harness, KICK);
    harness.key_press(Key::T);
    harness.run();
    harness.get_by_label("Tags of 1 file");
    press(&mut harness, "Remove the tag loop");
    assert!(
        matches!(&commands(&mut harness)[..], [Command::UntagFiles { files, tag }] if *files == [FileId(2)] && tag == "loop")
    );
    harness.get_by_label("New tag").type_text(" snare ");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(matches!(&commands(&mut harness)[..], [Command::TagFiles { tag, .. }] if tag == "snare"));
    press(&mut harness, "Done");
    assert_eq!(harness.state().modals.open, None);

    harness.state_mut().search.run = Default::default();
    press(&mut harness, "bell_00.wav, 2.00 s");
    commands(&mut harness);
    harness.key_press(Key::T);
    harness.run();
    press(&mut harness, "dry");
    assert!(
        matches!(&commands(&mut harness)[..], [Command::TagFiles { files, tag }] if *files == [FileId(1)] && tag == "dry")
    );
    harness.get_by_label("New tag").type_text("two");
    harness.run();
    press(&mut harness, "Give this tag");
    assert_eq!(commands(&mut harness).len(), 1);
}

#[test]
fn what_is_wrong_with_a_file_stands_at_its_row() {
    let mut harness = window(changed(made_up::ready(), |latest| {
        let problems = vec![Problem { path: "/sounds/bell/bell_00.wav".into(), reason: "it is cut off".into() }];
        latest.dataset =
            DatasetView::new(latest.dataset.files.clone(), problems, BTreeMap::new(), latest.dataset.grid).into();
        latest.on_disk = std::sync::Arc::new([(FileId(2), OnDisk::Changed), (FileId(3), OnDisk::Missing)].into());
    }));
    harness.get_by_label("bell_00.wav, 2.00 s; It is cut off.");
    harness.get_by_label("pad_00.wav, 2.00 s; It is no longer there.");
    type_filter(&mut harness, "is:problem -pad");
    harness.get_by_label("2 of 3 files");
    let kick = "kick_00.wav, 2.00 s; It has changed since it was read; add it again.";
    right_click(&mut harness, kick, "Read again what has changed");
    assert!(matches!(&commands(&mut harness)[..], [Command::AddPaths { paths }] if paths[0].ends_with("kick_00.wav")));
}

#[test]
fn changes_are_undone_and_done_again_by_keys() {
    let mut harness = window(changed(made_up::ready(), |latest| {
        latest.history = History { undo: Some("Removed 1 file".into()), redo: Some("Added 1 file".into()) };
    }));
    for (modifiers, key) in
        [(Modifiers::COMMAND, Key::Z), (Modifiers::COMMAND, Key::Y), (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z)]
    {
        harness.key_press_modifiers(modifiers, key);
        harness.run();
    }
    assert!(matches!(&commands(&mut harness)[..], [Command::Undo, Command::Redo, Command::Redo]));
    let mut nothing = made_up::ready();
    nothing.undo();
    nothing.redo();
    assert_eq!(submitted(&mut nothing).len(), 0);
    assert_eq!(nothing.notices.texts().count(), 2);
}

#[test]
fn what_was_changed_is_told_with_a_way_back() {
    let mut state = made_up::ready();
    let outcomes = [
        Outcome::Changed { words: "Removed 3 files".into() },
        Outcome::Undone { words: Some("Removed 3 files".into()) },
        Outcome::Redone { words: Some("Removed 3 files".into()) },
    ];
    for outcome in outcomes {
        state.apply(Event::Finished { job: JobId(1), outcome });
    }
    let texts: Vec<_> = state.notices.texts().collect();
    assert_eq!(texts, ["Removed 3 files.", "Undone: Removed 3 files.", "Redone: Removed 3 files."]);
    state.shared.latest.history.undo = Some("Removed 3 files".into());
    let mut deeds = 0;
    let draw = move |ui: &mut egui::Ui, state: &mut State| {
        if let Some(deed) = crate::gui::panels::notices::show(ui.ctx(), &mut state.notices) {
            deeds += 1;
            assert_eq!(deeds, 1);
            state.do_deed(deed);
        }
    };
    let mut harness = Harness::builder().build_ui_state(draw, state);
    harness.run_steps(2);
    assert!(harness.query_by_label("Redo").is_none(), "an offer that came too late is withdrawn");
    harness.get_by_label("Undo").click();
    harness.run_steps(3);
    assert!(matches!(&commands(&mut harness)[..], [Command::Undo]));
}

#[test]
fn a_read_only_project_offers_no_change_of_its_files() {
    let mut harness = window(changed(made_up::ready(), |latest| {
        let mut project = (*latest.project).clone();
        project.read_only = Some("Another window has it open.".into());
        latest.project = project.into();
    }));
    choose(&mut harness, KICK);
    for key in [Key::Delete, Key::T] {
        harness.key_press(key);
        harness.run();
    }
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert!(commands(&mut harness).is_empty() && harness.state().modals.open.is_none());
    harness.get_by_label(KICK).click_secondary();
    harness.run();
    assert!(harness.get_by_label("Tags…").accesskit_node().is_disabled());
    assert!(harness.get_by_label("Remove 1 file from the project").accesskit_node().is_disabled());
}
