//! The map.

use egui::{Key, Modifiers, Role, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;

use super::{answer, files};
use crate::dataset::FileId;
use crate::engine::{
    Command, DatasetView, Event, JobId, JobKind, JobStage, JobView, MapChunk, MapReport, Outcome, SoundsOnMap,
};
use crate::gui::actions::Action;
use crate::gui::explore::map::{DWELL_SECS, View};
use crate::gui::shared::{List, Page};
use crate::gui::state::State;
use crate::gui::tests::made_up::{self, changed, in_short, submitted};
use crate::gui::tests::panels::{commands, press, window};
use crate::map::Dots;

/// A cross of five dots: two of the bell, two of the kick, and the pad on the right.
pub fn map_report() -> Arc<MapReport> {
    let chunk = |file, start: u32| MapChunk {
        file,
        start_secs: 0.128 * f64::from(start),
        end_secs: 0.128 * f64::from(start) + 0.256,
    };
    Arc::new(MapReport {
        index_generation: 1,
        files: files(),
        chunks: vec![chunk(0, 0), chunk(0, 2), chunk(1, 0), chunk(1, 1), chunk(2, 0)],
        dots: Dots::new(vec![[0.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]),
        // Only moments: what is seen from afar has tests of its own.
        sounds: SoundsOnMap::default(),
        of: 5,
        neighbours_kept: 0.75,
        seconds: 0.1,
    })
}

/// A window that has no map yet.
fn without_map(mut state: State) -> Harness<'static, State> {
    state.map = Default::default();
    window(state)
}

/// A window with a map, which has the keyboard; what was asked for until then is forgotten.
pub fn map_page(state: State) -> Harness<'static, State> {
    let mut harness = without_map(state);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    harness.run();
    answer(&mut harness, |command| matches!(command, Command::DrawMap), Outcome::MapDrawn(map_report()));
    submitted(harness.state_mut());
    harness
}

/// Where a dot is on the screen.
fn at_dot(harness: &Harness<'_, State>, dot: usize) -> egui::Pos2 {
    let rect = harness.get_by_label_contains("Map of").rect();
    let map = &harness.state().map;
    let report = map.report.as_ref().expect("a map");
    let view = map.view.unwrap_or(View::of_all(report, rect.size().into()));
    let place = report.dots.places()[dot];
    rect.center() + vec2(place[0] - view.centre[0], place[1] - view.centre[1]) * view.scale
}

fn hover(harness: &mut Harness<'_, State>, at: egui::Pos2) {
    harness.hover_at(at);
    // A dot that is only crossed does not play: rest on it.
    for _ in 0..(DWELL_SECS / 0.25).ceil() as usize + 2 {
        harness.step();
    }
}

#[test]
fn the_map_is_drawn_once_with_progress_and_can_be_stopped() {
    let mut harness = without_map(made_up::ready());
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::DrawMap]), "{asked:?}");
    harness.state_mut().submitted(JobId(7), &asked[0]);
    let view = JobView { stage: JobStage::LayingOut, done: 30, total: 200, ..JobView::waiting(JobKind::Map) };
    let mut latest = harness.state().shared.latest.clone();
    latest.jobs.insert(JobId(7), view);
    harness.state_mut().observe(latest);
    harness.run();
    harness.get_by_label("30 of 200");
    press(&mut harness, "Stop drawing the map");
    assert!(matches!(&harness.state_mut().take_actions()[..], [Action::Cancel(JobId(7))]));

    harness.state_mut().apply(Event::Cancelled { job: JobId(7) });
    harness.run();
    assert!(commands(&mut harness).is_empty(), "what was stopped stays stopped");
    press(&mut harness, "Draw the map");
    harness.run();
    assert!(matches!(&commands(&mut harness)[..], [Command::DrawMap]));
}

#[test]
fn a_map_that_cannot_be_drawn_says_why() {
    let mut harness = without_map(made_up::ready());
    let asked = commands(&mut harness);
    harness.state_mut().submitted(JobId(7), &asked[0]);
    harness.state_mut().apply(made_up::failed(JobId(7), "the index is damaged; build it anew"));
    harness.run();
    assert!(harness.query_all_by_label_contains("The index is damaged").next().is_some());
    press(&mut harness, "Dismiss this message");
}

#[test]
fn resting_on_a_dot_plays_it_and_a_click_searches() {
    let mut harness = map_page(made_up::ready());
    let at = at_dot(&harness, 4);
    hover(&mut harness, at);
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/pad/pad_00.wav 0.00-0.26"]);
    harness.state_mut().map.hover_plays = false;
    let at = at_dot(&harness, 3);
    hover(&mut harness, at);
    assert!(commands(&mut harness).is_empty(), "switched off");
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/kick/kick_00.wav 0.13-0.38", "search /sounds/kick/kick_00.wav 0.13-0.38 by file"]);
    assert_eq!(harness.state().shared.page, Page::Search, "its matches are listed beside the map");
    harness.get_by_label("Map of 5 sounds; kick_00.wav, 0.13 to 0.38 s");
}

#[test]
fn arrows_go_from_dot_to_dot_space_plays_and_enter_searches() {
    let mut harness = map_page(made_up::ready());
    for (key, selected) in
        [(Key::ArrowRight, 0), (Key::ArrowRight, 4), (Key::ArrowLeft, 0), (Key::ArrowDown, 3), (Key::ArrowUp, 0)]
    {
        harness.key_press(key);
        harness.run();
        assert_eq!(harness.state().map.selected, Some(selected), "{key:?}");
    }
    assert_eq!(commands(&mut harness).len(), 5, "each is played");
    harness.key_press(Key::Space);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/bell/bell_00.wav 0.00-0.26", "search /sounds/bell/bell_00.wav 0.00-0.26 by file"]);
    // The same when the plane itself has the focus.
    harness.get_by_label_contains("Map of").focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(harness.state().map.selected, Some(2));
}

#[test]
fn the_map_is_zoomed_and_moved_by_wheel_keys_buttons_and_drags() {
    let mut harness = map_page(made_up::ready());
    let scale = |harness: &Harness<'_, State>| harness.state().map.view.map(|view| view.scale);
    assert_eq!(scale(&harness), None, "all is shown");
    harness.key_press(Key::Plus);
    harness.run();
    let once = scale(&harness).expect("nearer");
    press(&mut harness, "Zoom in (+)");
    let twice = scale(&harness).expect("nearer");
    assert!(twice > once);
    harness.key_press(Key::Minus);
    harness.run();
    assert!((scale(&harness).expect("further") / once - 1.0).abs() < 1e-3);

    let middle = harness.get_by_label_contains("Map of").rect().center();
    let before = harness.state().map.view.expect("a view").centre;
    harness.drag_at(middle);
    harness.run();
    harness.hover_at(middle + vec2(60.0, 0.0));
    harness.run();
    harness.drop_at(middle + vec2(60.0, 0.0));
    harness.run();
    assert!(harness.state().map.view.expect("a view").centre[0] < before[0], "the map follows the hand");

    let at = at_dot(&harness, 0);
    harness.hover_at(at);
    harness.run();
    let delta = vec2(0.0, 50.0);
    let wheel = egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    };
    harness.event(wheel);
    harness.run();
    assert!(scale(&harness).expect("nearer") > once);
    assert!((at_dot(&harness, 0) - at).length() < 1.0, "what is under the pointer stays there");
    press(&mut harness, "Show all (0)");
    assert_eq!(scale(&harness), None);
    press(&mut harness, "Zoom out (-)");
    harness.key_press(Key::Num0);
    harness.run();
    assert_eq!(scale(&harness), None);
}

#[test]
fn colours_show_folders_or_files_and_one_can_be_picked() {
    let mut harness = map_page(made_up::ready());
    let kinds = harness.state().map.kinds.clone();
    assert_eq!(kinds.of, [0, 0, 1, 1, 2], "the most common first");
    harness.get_by_role_and_label(Role::Button, "kick").click();
    harness.run();
    assert_eq!(harness.state().map.only, Some(1));
    harness.get_by_role_and_label(Role::Button, "kick").click();
    harness.run();
    assert_eq!(harness.state().map.only, None);
    press(&mut harness, "Files");
    assert!(harness.state().map.kinds.names.is_empty());
    press(&mut harness, "Folders");
    assert_eq!(harness.state().map.kinds, kinds);
    press(&mut harness, "Tags");
    let tags = [(FileId(2), vec!["drum".to_owned()])].into();
    let state = std::mem::take(harness.state_mut());
    *harness.state_mut() = changed(state, |latest| {
        let before = latest.dataset.clone();
        let dataset = DatasetView::new(before.files.clone(), Vec::new(), tags, before.grid);
        latest.dataset = dataset.into();
    });
    harness.run();
    harness.get_by_role_and_label(Role::Button, "drum");
    harness.get_by_role_and_label(Role::Button, "no tag");
    assert_eq!(harness.state().map.kinds.of, [10, 10, 0, 0, 10]);
    press(&mut harness, "Lengths");
    let kinds = harness.state().map.kinds.clone();
    assert!(kinds.is_scale && kinds.of == [2; 5], "each file is two seconds long: {kinds:?}");
    press(&mut harness, "Pitches");
    harness.get_by_role_and_label(Role::Button, "C3 to B3");
    harness.get_by_role_and_label(Role::Button, "C4 to B4");
    assert_eq!(harness.state().map.kinds.of, [2, 2, 2, 2, 3], "A#3, B3 and C4");
}

#[test]
fn all_that_is_in_view_is_also_a_list() {
    let mut harness = map_page(made_up::matched());
    harness.get_by_label("5 moments · 75% of neighbours kept · 2 of 3 matches marked");
    press(&mut harness, "List of the sounds in view");
    harness.run();
    harness.get_by_label("Dot 1: bell_00.wav, 0.00 to 0.26 s").click();
    harness.run();
    assert_eq!(harness.state().shared.list, List::MapRows);
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/bell/bell_00.wav 0.00-0.26", "search /sounds/bell/bell_00.wav 0.00-0.26 by file"]);
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(harness.state().map.selected, Some(1));
    for _ in 0..8 {
        harness.key_press(Key::Plus);
        harness.run();
    }
    assert!(harness.query_by_label_contains("Dot 5:").is_none(), "what is out of view leaves the list");
}

#[test]
fn a_new_index_gets_a_new_map() {
    let mut harness = map_page(made_up::ready());
    let state = std::mem::take(harness.state_mut());
    *harness.state_mut() = changed(state, |latest| {
        let mut index = (*made_up::index()).clone();
        index.generation = 2;
        latest.index = Some(index.into());
    });
    harness.run();
    assert!(matches!(&commands(&mut harness)[..], [Command::DrawMap]));
}

#[test]
fn removed_and_restored_files_redraw_the_map_in_the_same_view() {
    let mut harness = map_page(made_up::ready());
    harness.key_press(Key::Plus);
    harness.run();
    let view = harness.state().map.view;
    let all = made_up::ready().shared.latest.dataset;
    let without_pad = made_up::dataset(all.files[..2].to_vec());
    for dataset in [without_pad, all] {
        let state = std::mem::take(harness.state_mut());
        *harness.state_mut() = changed(state, |latest| latest.dataset = dataset);
        harness.run();
        answer(&mut harness, |command| matches!(command, Command::DrawMap), Outcome::MapDrawn(map_report()));
        assert!(view.is_some() && harness.state().map.view == view);
    }
    let state = std::mem::take(harness.state_mut());
    *harness.state_mut() = changed(state, |latest| {
        let file = made_up::file(4, "/sounds/new.wav");
        latest.dataset = made_up::dataset(latest.dataset.files.iter().cloned().chain([file]).collect());
    });
    harness.run();
    let asked = commands(&mut harness);
    assert!(asked.len() <= 1, "a file that is new may bring nothing back: {asked:?}");
}

#[test]
fn a_collapsed_model_is_reported_beside_its_answers() {
    let harness = map_page(changed(made_up::matched(), |latest| {
        let mut model = (*made_up::model()).clone();
        model.collapsed = Some("Every sound has the same code.".into());
        latest.model = Some(model.into());
    }));
    harness.get_by_label_contains("The model cannot tell sounds apart, so their places mean nothing");
    assert!(harness.query_by_label_contains("of neighbours kept").is_none());
    harness.get_by_label_contains("The model cannot tell sounds apart, so this order means nothing");
}

#[test]
fn a_map_of_many_dots_is_moved_and_comes_to_rest() {
    let mut harness = without_map(made_up::ready());
    let small = map_report();
    let many = 25_000;
    let report = MapReport {
        chunks: vec![small.chunks[0]; many],
        dots: Dots::new((0..many).map(|i| [(i % 158) as f32, (i / 158) as f32]).collect()),
        of: many,
        ..(*small).clone()
    };
    answer(&mut harness, |command| matches!(command, Command::DrawMap), Outcome::MapDrawn(report.into()));
    let middle = harness.get_by_label_contains("Map of").rect().center();
    harness.drag_at(middle);
    for step in 1..6 {
        harness.hover_at(middle + vec2(20.0 * step as f32, 0.0));
        harness.step();
    }
    harness.drop_at(middle + vec2(100.0, 0.0));
    harness.run();
    let view = harness.state().map.view.expect("moved");
    assert!(
        (at_dot(&harness, 0).x - harness.get_by_label_contains("Map of").rect().center().x
            + view.centre[0] * view.scale)
            .abs()
            < 1.0
    );
    // Past the time for which the picture alone is moved.
    for _ in 0..4 {
        harness.step();
    }
    let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert_eq!(delay, std::time::Duration::MAX);
}

/// The same map with one dot a sound: the bell's is its first, the kick's its second.
fn from_afar(state: State) -> Harness<'static, State> {
    let report = map_report();
    let sounds = SoundsOnMap::new(&report.files, &report.chunks, &report.dots);
    assert_eq!(sounds.of, [0, 2, 4]);
    let mut harness = map_page(state);
    harness.state_mut().map.asked.forget();
    harness.run();
    let report = MapReport { sounds, ..(*report).clone() };
    answer(&mut harness, |command| matches!(command, Command::DrawMap), Outcome::MapDrawn(report.into()));
    submitted(harness.state_mut());
    harness
}

#[test]
fn from_afar_a_dot_is_a_sound_and_from_near_a_moment() {
    let mut harness = from_afar(made_up::ready());
    harness.get_by_label_contains("Map of 3 sounds");
    let at = at_dot(&harness, 4);
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    let whole = ["play /sounds/pad/pad_00.wav 0.00-end", "search /sounds/pad/pad_00.wav 0.00-end by file"];
    assert!(asked.ends_with(&whole.map(str::to_owned)), "{asked:?}");
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(harness.state().map.selected, Some(0), "from sound to sound");
    for _ in 0..6 {
        harness.key_press(Key::Plus);
        harness.run();
    }
    assert!(!harness.state().map.shows_sounds());
}

#[test]
fn a_line_around_dots_searches_only_among_them() {
    let mut harness = from_afar(made_up::matched());
    let corners = [[0.5, -0.5], [1.5, -0.5], [1.5, 0.5], [0.5, 0.5]];
    harness.state_mut().look_among(corners);
    let asked = commands(&mut harness);
    assert!(
        matches!(&asked[..], [Command::Search(query)] if query.filter.among.as_deref() == Some(&vec![FileId(3)])),
        "{asked:?}"
    );
    harness.run();
    press(&mut harness, "1 sound of the map  ×");
    assert_eq!(harness.state().search.filter.among, None);
}
