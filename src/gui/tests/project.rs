//! The project's menu, watching folders, and the widths of panels.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;

use super::made_up::{self, changed, submitted};
use super::panels::{commands, press, window};
use crate::engine::{Command, Event, History, JobId, Outcome, WatchView};
use crate::gui::actions::Action;
use crate::gui::dialogs::Question;
use crate::gui::state::State;

#[test]
fn each_entry_of_the_projects_menu_does_what_it_says() {
    let mut state = changed(made_up::ready(), |latest| {
        latest.history = History { undo: Some("Removed 1 file".into()), redo: Some("Added 1 file".into()) };
        let mut project = (*latest.project).clone();
        project.folder = "/projects/here".into();
        latest.project = project.into();
    });
    state.shared.preferences.recent = vec!["/projects/here".into(), "/projects/drums".into()];
    let mut harness = window(state);
    for entry in ["Add the demo library", "Check the files"] {
        press(&mut harness, "Project");
        press(&mut harness, entry);
    }
    // These entries also name their keys.
    for entry in ["Undo: Removed 1 file", "Redo: Added 1 file"] {
        press(&mut harness, "Project");
        harness.get_by_label_contains(entry).click();
        harness.run();
    }
    press(&mut harness, "Project");
    press(&mut harness, "Open recent");
    assert!(harness.query_by_label("/projects/here").is_none(), "it is open");
    press(&mut harness, "/projects/drums");
    let actions = harness.state_mut().take_actions();
    let in_words: Vec<String> = actions
        .iter()
        .map(|action| match action {
            Action::Submit(command) => format!("{command:?}"),
            other => format!("{other:?}"),
        })
        .collect();
    let expected = ["AddDemo", "CheckFiles", "Undo", "Redo", "OpenProject(\"/projects/drums\")"];
    assert_eq!(in_words, expected);
}

#[test]
fn another_project_is_opened_by_a_dialog_or_by_its_path() {
    let mut harness = window(made_up::ready());
    press(&mut harness, "Project");
    press(&mut harness, "Open another project…");
    press(&mut harness, "Choose a folder…");
    let actions = harness.state_mut().take_actions();
    assert!(matches!(&actions[..], [Action::Ask(Question::ProjectFolder)]), "{actions:?}");
    // The dialog was closed, or there is none. The field has the keyboard.
    harness.get_by_label("Project folder").focus();
    harness.run();
    harness.get_by_label("Project folder").type_text("/projects/drums");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let state = harness.state_mut();
    let actions = state.take_actions();
    assert!(matches!(&actions[..], [Action::OpenProject(folder)] if folder.as_path() == Path::new("/projects/drums")));
    assert_eq!((&state.modals.open, state.modals.project_typed.as_str()), (&None, ""));
}

#[test]
fn folders_are_watched_on_request_or_the_reason_is_shown() {
    let mut harness = window(changed(made_up::ready(), |latest| {
        let problem = Some("/gone cannot be watched".to_owned());
        latest.watch = WatchView { problem, ..Default::default() }.into();
    }));
    press(&mut harness, "Add sounds");
    harness.get_by_label("/gone cannot be watched.");
    press(&mut harness, "Watch the folders for new sounds");
    assert!(matches!(&commands(&mut harness)[..], [Command::WatchFolders(true)]));
}

#[test]
fn an_opened_project_is_checked_and_watched_again() {
    let mut latest = made_up::added().shared.latest;
    latest.watch = WatchView { wanted: true, ..Default::default() }.into();
    let mut state = made_up::empty();
    state.opened(latest);
    // There is no index of its sounds yet.
    let expected = submitted(&mut state);
    assert!(matches!(&expected[..], [Command::WatchFolders(true), Command::CheckFiles, Command::BuildIndex]));
    state.came_back();
    assert!(matches!(&submitted(&mut state)[..], [Command::CheckFiles]));
}

#[test]
fn what_watching_has_left_alone_is_not_told() {
    let mut state = made_up::ready();
    state.apply(Event::Finished { job: JobId(9), outcome: Outcome::Added(Default::default()) });
    assert_eq!(state.notices.texts().count(), 0);
}

#[test]
fn panels_are_resized_by_mouse_and_by_keyboard() {
    let mut harness = window(made_up::ready());
    let edge = harness.get_by_label("Width of the library").rect().center();
    harness.drag_at(edge);
    harness.run();
    harness.hover_at(edge + egui::vec2(40.0, 0.0));
    harness.run();
    harness.drop_at(edge + egui::vec2(40.0, 0.0));
    harness.run();
    // The default is 0.24 of the window.
    let width = |harness: &Harness<'_, State>| harness.state().shared.preferences.dataset_width.unwrap_or(307.2);
    assert!((width(&harness) - 347.2).abs() < 8.0, "{}", width(&harness));
    let before = width(&harness);
    harness.get_by_label("Width of the library").focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(width(&harness), before - 16.0);
    harness.get_by_label("Width of the map").focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(harness.state().shared.preferences.map_width.is_some_and(|wider| wider > 0.28 * 1280.0));
}
