//! The query, its history, the filter, and what can be done with a match, by the names of what is in the panels.

use egui::{Key, Modifiers, vec2};

use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::made_up::{self, answer_search, changed, in_short, submitted};
use super::matches::with_favourite;
use super::panels::{commands, press, window};
use crate::dataset::FileId;

use crate::engine::{Command, DatasetView, Event, JobId, SearchFilter, Weights};
use crate::gui::actions::Action;

use crate::gui::shared::List;
use crate::gui::state::State;

#[test]
fn buttons_keys_and_the_list_go_through_earlier_queries() {
    let mut harness = window(made_up::matched());
    assert!(harness.get_by_label("The query before (Alt+Left)").accesskit_node().is_disabled());
    harness.state_mut().find_similar_to_match(1);
    answer_search(harness.state_mut(), JobId(90), &[0.0]);
    press(&mut harness, "The query before (Alt+Left)");
    answer_search(harness.state_mut(), JobId(91), &[0.0]);
    assert_eq!(harness.state().search.path.as_deref().map(|path| path.as_str()), Some("/sounds/bell/bell_00.wav"));
    for (key, expected) in [(Key::ArrowRight, "kick"), (Key::ArrowLeft, "bell"), (Key::ArrowLeft, "bell")] {
        harness.key_press_modifiers(Modifiers::ALT, key);
        harness.run();
        let path = harness.state().search.path.clone().expect("a query");
        assert!(path.as_str().contains(expected), "{path}");
        let state = harness.state_mut();
        if !submitted(state).is_empty() {
            state.search.run = Default::default();
        }
    }
    press(&mut harness, "Earlier queries, 2, folded");
    harness.get_by_label("Query 1: bell_00.wav, all of it");
    press(&mut harness, "Query 2: kick_00.wav, all of it");
    let expected = ["search /sounds/kick/kick_00.wav 0.00-end by file", "play /sounds/kick/kick_00.wav 0.00-end"];
    assert_eq!(in_short(&commands(&mut harness)), expected);
}

#[test]
fn a_forgotten_query_can_be_opened_again() {
    let mut harness = window(made_up::matched());
    press(&mut harness, "Forget the query");
    harness.get_by_label("What should it sound like?");
    press(&mut harness, "The query before (Alt+Left)");
    assert_eq!(in_short(&commands(&mut harness)), ["search /sounds/bell/bell_00.wav 0.00-end by file"]);
}

#[test]
fn files_passed_by_arrow_keys_are_not_kept_in_the_history() {
    let mut state = made_up::matched();
    for place in 0..3 {
        state.shared.list = List::Files;
        state.step(1);
        answer_search(&mut state, JobId(90 + place), &[0.0, 1.0]);
    }
    assert_eq!(state.search.path.as_deref().map(|path| path.as_str()), Some("/sounds/pad/pad_00.wav"));
    assert_eq!(state.search.history.asked().len(), 2, "the first query and the last file");
    state.step_file(-1, true);
    assert!(submitted(&mut state).is_empty(), "selecting several asks for none of them");
}

#[test]
fn a_filter_narrows_the_search_and_reports_what_it_does_not_understand() {
    let mut harness = window(made_up::matched());
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    harness.run();
    harness.run();
    assert!(harness.get_by_label("Filter the matches").is_focused());
    harness.get_by_label("Filter the matches").type_text("dur>");
    harness.run();
    harness.get_by_label_contains("“dur>” is not understood");
    press(&mut harness, "Only favourites");
    let expected = SearchFilter { text: "dur>".into(), favourites: true, ..SearchFilter::default() };
    assert_eq!(harness.state().search.filter, expected);
    answer_search(harness.state_mut(), JobId(90), &[0.0]);
    let again = commands(&mut harness);
    assert!(matches!(&again[..], [Command::Search(query)] if query.filter == expected), "{again:?}");
    let state = harness.state_mut();
    state.submit(again[0].clone());
    answer_search(state, JobId(91), &[]);
    harness.run();
    harness.get_by_label("Nothing passes the filter");
    press(&mut harness, "Clear the filter");
    assert_eq!(harness.state().search.filter, SearchFilter::default());
}

#[test]
fn a_search_among_favourites_runs_again_when_they_change() {
    let mut state = made_up::matched();
    state.set_filter(|filter| filter.favourites = true);
    answer_search(&mut state, JobId(90), &[0.0]);
    let mut state = with_favourite(state);
    assert!(matches!(&submitted(&mut state)[..], [Command::Search(_)]));
}

#[test]
fn weights_search_again_at_once_and_are_remembered() {
    let mut harness = window(made_up::matched());
    assert!(harness.query_by_label("Envelope").is_none(), "they are out of the way until they are asked for");
    press(&mut harness, "Order");
    harness.get_by_label("The order goes by tone alone.");
    for name in ["Tone", "Envelope"] {
        harness.get_by_label(name);
    }
    let state = harness.state_mut();
    state.set_weights(Weights::new(1.0, 0.5, 0.0, 0.0));
    let asked = submitted(state);
    let asks = |command: &Command| matches!(command, Command::Search(query) if query.basket.weights.pitch() == 0.5);
    assert!(asked.iter().any(asks), "{asked:?}");
    state.set_weights(Weights::new(1.0, 0.5, 0.0, 0.0));
    assert!(submitted(state).is_empty(), "nothing has changed");
    harness.run();
    harness.get_by_label("The order goes by tone (100%) and pitch (50%).");
    let again = State::remembered(harness.state().shared.preferences.clone());
    assert_eq!(again.search.weights, Weights::new(1.0, 0.5, 0.0, 0.0));
    press(&mut harness, "Tone alone");
    assert!(harness.state().search.weights.is_tone_alone());
}

#[test]
fn the_query_follows_its_file_to_a_new_place() {
    let state = changed(made_up::matched(), |latest| {
        let files = [(1, "/new/bell_00.wav"), (2, "/sounds/kick/kick_00.wav"), (3, "/sounds/pad/pad_00.wav")];
        latest.dataset = made_up::dataset(files.map(|(id, path)| made_up::file(id, path)).to_vec());
    });
    assert_eq!(state.search.path.as_deref().map(|path| path.as_str()), Some("/new/bell_00.wav"));
    assert_eq!(state.search.own, Some(FileId(1)));
    assert_eq!(state.search.history.asked()[0].path, "/new/bell_00.wav");
}

#[test]
fn the_library_is_gone_through_by_keys_alone() {
    let mut harness = window(with_favourite(changed(made_up::matched(), |latest| {
        let tags = [(FileId(2), vec!["snare drum".to_owned()])].into();
        latest.dataset = DatasetView::new(latest.dataset.files.clone(), Vec::new(), tags, latest.dataset.grid).into();
    })));
    harness.get_by_label("Favourites, 1, folded").focus();
    harness.run();
    let mut keys = |keys: &[Key]| {
        for key in keys {
            harness.key_press(*key);
            harness.run();
        }
    };
    // Past the collections and the earlier queries.
    keys(&[Key::ArrowDown; 3]);
    keys(&[Key::ArrowRight, Key::ArrowDown, Key::Enter]);
    assert_eq!(harness.state().files.filter, "tag:\"snare drum\"");
    harness.get_by_label("1 of 3 files");
    press(&mut harness, "Tag snare drum, 1 file");
    assert_eq!(harness.state().files.filter, "");
}

#[test]
fn the_wheel_zooms_into_the_query_and_the_lane_scrolls() {
    let mut harness = window(made_up::matched());
    let picture = harness.get_by_label_contains("Picture of the query").rect();
    harness.hover_at(picture.center());
    harness.run();
    for _ in 0..3 {
        let (unit, delta) = (egui::MouseWheelUnit::Point, vec2(0.0, 100.0));
        let (phase, source) = (egui::TouchPhase::Move, egui::MouseWheelSource::Unknown);
        harness.event(egui::Event::MouseWheel { unit, delta, phase, source, modifiers: Modifiers::NONE });
        harness.run();
    }
    let (from, to) = harness.state().search.zoom.expect("zoomed");
    assert!(from > 0.3 && to < 1.7 && to - from < 1.2, "{from} to {to}");
    assert!(((from + to) / 2.0 - 1.0).abs() < 0.1, "around the pointer");
    harness.drag_at(picture.left_bottom() + vec2(10.0, -4.0));
    harness.run();
    harness.drop_at(picture.left_bottom() + vec2(10.0, -4.0));
    harness.run();
    assert_eq!(harness.state().search.zoom.expect("still zoomed").0, 0.0);
    assert_eq!(harness.state().search.region, None);
}

#[test]
fn a_picture_that_is_no_longer_shown_is_cancelled() {
    let mut state = made_up::ready();
    state.find("/long.wav".into());
    let preview = made_up::all_submitted(&mut state).into_iter().find(|c| matches!(c, Command::Preview { .. }));
    state.submitted(JobId(5), &preview.expect("a picture is asked for"));
    state.find("/other.wav".into());
    let actions = state.take_actions();
    assert!(actions.iter().any(|action| matches!(action, Action::Cancel(JobId(5)))), "{actions:?}");
    state.apply(Event::Cancelled { job: JobId(5) });
    let next = made_up::all_submitted(&mut state);
    assert!(next.iter().any(|c| matches!(c, Command::Preview { path, .. } if path == "/other.wav")), "{next:?}");
}
