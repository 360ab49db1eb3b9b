//! A shared library in the window.

use egui_kittest::kittest::Queryable as _;

use super::made_up;
use super::panels::{commands, press, window};
use crate::engine::{Command, LibraryAnswer, SearchReport, SharedPlace};
use crate::gui::modals::Modal;

#[test]
fn an_open_library_is_searched_instead_of_the_project_and_its_password_is_not_kept() {
    let mut harness = window(made_up::matched());
    press(&mut harness, "Project");
    press(&mut harness, "Open a shared library…");
    assert_eq!(harness.state().modals.open, Some(Modal::SharedLibrary));
    let state = harness.state_mut();
    state.modals.library_typed = "mysql://ann:hush@h/d".into();
    press(&mut harness, "Open");
    let why = harness.state().modals.library_refused.clone().expect("a reason");
    assert!(why.contains("postgres://") && !why.contains("hush"), "{why}");
    let state = harness.state_mut();
    state.modals.library_typed = "postgres://ann:hush@db.house/sounds".into();
    state.modals.roots_typed = "fx-drive".into();
    press(&mut harness, "Open");
    let why = harness.state().modals.library_refused.clone().expect("a reason");
    assert!(why.contains("NAME=PATH"), "{why}");
    harness.state_mut().modals.roots_typed = "fx-drive=/mnt/fx\n".into();
    press(&mut harness, "Open");
    harness.get_by_label("Searching the shared library db.house/sounds");
    let [Command::SearchLibrary { seat, query }] = &commands(&mut harness)[..] else {
        panic!("no search of the library")
    };
    assert_eq!((seat.library().to_string().as_str(), seat.roots().len()), ("db.house/sounds", 1));
    assert_eq!(query.query.path.as_str(), "/sounds/bell/bell_00.wav");
    let preferences = &harness.state().shared.preferences;
    assert_eq!(
        (preferences.library.as_str(), preferences.library_roots.trim()),
        ("postgres://ann@db.house/sounds", "fx-drive=/mnt/fx")
    );
    assert!(!serde_json::to_string(preferences).expect("JSON").contains("hush"));
    press(&mut harness, "Back to the project");
    assert!(harness.state().shared.library.is_none());
}

#[test]
fn a_match_of_the_library_says_its_root_and_whether_it_is_mapped() {
    let mut state = made_up::matched();
    let mut report = SearchReport::clone(state.search.report.as_ref().expect("matches"));
    let answer = LibraryAnswer { name: "h/d".into(), model: String::new(), by: "exact", recall: None, recall_of: None };
    report.of_library = Some(Box::new(answer));
    for (found, root) in report.matches.iter_mut().zip(["fx-drive", "field"]) {
        found.file = crate::dataset::FileId(-found.file.0);
        let tags = vec!["dry".to_owned()];
        found.shared = Some(Box::new(SharedPlace { root: root.into(), below: "house/door.wav".into(), tags }));
    }
    report.matches[1].problem =
        Some("the root field is not mapped on this machine: say where it is, as field=PATH".into());
    let dataset = state.shared.latest.dataset.clone();
    state.search.show(report, &dataset);
    let harness = window(state);
    harness.get_by_label_contains("the root field is not mapped");
    assert!(harness.query_by_label_contains("Mark match 1 as a favourite").is_none());
    assert!(harness.query_by_label_contains("Show the moments of match 1").is_none());
}
