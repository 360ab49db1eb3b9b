//! The review: the events of a search in a list, in a grid and on a timeline, answered by keys alone.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::made_up::{self, all_submitted, answer_search, changed, submitted};
use super::panels::{commands, press, window};
use crate::dataset::{FileId, Verdict};
use crate::engine::{Command, Event, JobId, Outcome, Timeline};
use crate::gui::match_list::View;
use crate::gui::shared::{List, Page};
use crate::gui::state::State;

/// Starts of the events in seconds, the nearest event first. The last one is behind the line.
const STARTS: [f64; 5] = [0.0, 1.2, 0.5, 0.8, 1.6];

/// A review of five events in the file pad_00.wav.
pub fn reviewed() -> State {
    let mut state = made_up::ready();
    state.choose_query("/sounds/pad/pad_00.wav".into(), Some((0.0, 0.2)));
    state.search.run = Default::default();
    state.look_at_matches_as(View::Everywhere);
    answer(&mut state, JobId(90));
    state.turn_to(Page::Review);
    // The review asks for more events than the list.
    answer(&mut state, JobId(91));
    // No picture is being drawn.
    state.search.pictures = Default::default();
    state.take_actions();
    state
}

/// Answers the search with the five events.
fn answer(state: &mut State, job: JobId) {
    answer_search(state, job, &[0.0, 3.0, 17.0]);
    let file = FileId(3);
    let report = state.search.report.as_mut().map(Arc::make_mut).expect("an answer");
    let one = report.matches.iter().find(|found| found.file == file).expect("the pad").clone();
    let event = |(number, start): (usize, &f64)| crate::engine::Match {
        start_seconds: *start,
        end_seconds: start + 0.2,
        distance: 2.0 * number as f64,
        file_seconds: 2.0,
        is_query: number == 0,
        nearness: crate::engine::Nearness { is_behind: number == 4, ..Default::default() },
        ..one.clone()
    };
    report.matches = STARTS.iter().enumerate().map(event).collect();
    report.line.threshold = Some(7.0);
    report.line.alike = Some(4);
}

fn verdicts(state: &State) -> Vec<(f64, bool)> {
    state.search.taught.basket().verdicts.iter().map(|verdict| (verdict.start_secs, verdict.yes)).collect()
}

fn press_key(harness: &mut Harness<'_, State>, key: Key) {
    harness.state_mut().search.run = Default::default();
    harness.key_press(key);
    harness.run();
}

fn tile(harness: &Harness<'_, State>, number: usize) -> bool {
    harness.get_by_label_contains(&format!("Picture of Event {number}:")).is_focused()
}

#[test]
fn events_are_answered_by_keys_alone() {
    let mut harness = window(reviewed());
    harness.run();
    assert!(tile(&harness, 1), "the first picture has the keyboard");
    commands(&mut harness);
    press_key(&mut harness, Key::Space);
    assert!(matches!(&commands(&mut harness)[..], [Command::Play(clip)] if clip.path == "/sounds/pad/pad_00.wav"));
    press_key(&mut harness, Key::Y);
    assert_eq!(verdicts(harness.state()), [(0.0, true)]);
    assert!(tile(&harness, 2), "the next one is selected");
    press_key(&mut harness, Key::N);
    press_key(&mut harness, Key::ArrowRight);
    assert!(tile(&harness, 4), "the arrow passes over one");
    press_key(&mut harness, Key::Y);
    assert!(tile(&harness, 3), "behind the last one, the first without an answer is the next");
    press_key(&mut harness, Key::Y);
    assert_eq!(verdicts(harness.state()), [(0.0, true), (1.2, false), (0.8, true), (0.5, true)]);
    harness.get_by_label("4 of 4 have an answer");
    harness.get_by_label("Every event on this page has an answer.");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(verdicts(harness.state()).len(), 3, "an answer can be taken back");
}

#[test]
fn a_list_beside_the_pictures_has_the_same_selection() {
    let mut harness = window(reviewed());
    press(&mut harness, "Event 3: 0:00.50 of pad_00.wav, 4.0 bits");
    assert_eq!(harness.state().shared.list, List::Events);
    assert!(matches!(commands(&mut harness).last(), Some(Command::Play(_))), "a click plays");
    assert_eq!(harness.state().review.selected_place(), Some(2));
    press_key(&mut harness, Key::ArrowDown);
    press_key(&mut harness, Key::N);
    assert_eq!(verdicts(harness.state()), [(0.8, false)]);
}

#[test]
fn events_come_in_the_order_of_time_and_those_behind_the_line_on_request() {
    let mut harness = window(reviewed());
    assert!(harness.query_by_label_contains("0:01.60").is_none(), "it is behind the line");
    press(&mut harness, "By time");
    let starts = |harness: &Harness<'_, State>| -> Vec<f64> {
        harness.state().review.events().map(|(_, found)| found.start_seconds).collect()
    };
    assert_eq!(starts(&harness), [0.0, 0.5, 0.8, 1.2]);
    press(&mut harness, "Behind the line, too");
    assert_eq!(starts(&harness), [0.0, 0.5, 0.8, 1.2, 1.6]);
    harness.get_by_label_contains("Picture of Event 5: 0:01.60 of pad_00.wav, 8.0 bits; behind the line");
}

#[test]
fn a_sample_stays_while_it_is_judged() {
    let mut state = reviewed();
    let pad = Verdict { file: FileId(3), start_secs: 0.0, end_secs: 0.2, yes: true };
    state.search.report.as_mut().map(Arc::make_mut).expect("an answer").matches[0].nearness.verdict = Some(pad.yes);
    let mut harness = window(state);
    press(&mut harness, "A sample of 20");
    harness.run();
    assert_eq!(harness.state().review.len(), 4, "without the one that was judged");
    harness.get_by_label("0 of 4 have an answer: 3 from before the line, 1 from behind");
    press_key(&mut harness, Key::Y);
    press_key(&mut harness, Key::N);
    assert_eq!(harness.state().review.len(), 4);
    harness.get_by_label("2 of 4 have an answer: 3 from before the line, 1 from behind");
    press(&mut harness, "A sample of 20");
    assert_eq!(harness.state().review.len(), 4, "all events before the line");
}

#[test]
fn the_timeline_and_the_pictures_are_asked_for_once() {
    let mut harness = window(reviewed());
    harness.run();
    let asked = all_submitted(harness.state_mut());
    let timelines = asked.iter().filter(|command| matches!(command, Command::DrawTimeline { file: FileId(3), .. }));
    assert_eq!(timelines.count(), 1, "{asked:?}");
    let pictures =
        |asked: &[Command]| asked.iter().filter(|command| matches!(command, Command::Preview { .. })).count();
    assert_eq!(pictures(&asked), 1, "one at a time");
    assert!(
        asked
            .iter()
            .any(|command| matches!(command, Command::Preview { stretch_secs: Some((from, _)), .. } if *from == 0.0)),
        "{asked:?}"
    );
    let timeline = Timeline { file: FileId(3), duration_secs: 2.0, bits: 64, nearest: vec![30.0, 2.0, 30.0, 30.0] };
    let timeline = Outcome::TimelineDrawn(Arc::new(timeline));
    harness.state_mut().apply(Event::Finished { job: JobId(95), outcome: timeline });
    harness.run();
    harness.get_by_label_contains("Timeline of pad_00.wav: 2.00 s, 4 events.");
    assert!(submitted(harness.state_mut()).is_empty());
}

#[test]
fn a_click_on_a_mark_chooses_its_event_and_elsewhere_plays() {
    let mut harness = window(reviewed());
    let rect = harness.get_by_label_contains("Timeline of pad_00.wav").rect();
    commands(&mut harness);
    let click = |harness: &mut Harness<'_, State>, secs: f32| {
        let pos = egui::pos2(rect.left() + secs / 2.0 * rect.width(), rect.center().y);
        harness.hover_at(pos);
        harness.drag_at(pos);
        harness.drop_at(pos);
        harness.run();
    };
    click(&mut harness, 1.3);
    assert_eq!(harness.state().review.selected().map(|found| found.start_seconds), Some(1.2));
    assert!(matches!(&commands(&mut harness)[..], [Command::Play(_)]));
    click(&mut harness, 1.9);
    assert!(matches!(&commands(&mut harness)[..], [Command::Play(clip)] if (clip.from_secs - 1.9).abs() < 0.01));
}

#[test]
fn counts_are_shown_and_saved() {
    let mut harness = window(reviewed());
    press(&mut harness, "Counts");
    harness.get_by_label_contains("pad_00.wav: 4 events: 4 in hour 1");
    press(&mut harness, "Save counts…");
    harness.get_by_label("Path to save to");
    let saving = harness.state().modals.saving.clone().expect("a dialog");
    assert!(saving.typed.ends_with("counts of pad_00.csv"), "{}", saving.typed);
}

#[test]
fn a_review_without_a_query_says_what_to_do_first() {
    let mut state = made_up::ready();
    state.turn_to(Page::Review);
    let mut harness = window(state);
    harness.get_by_label("Nothing to review yet");
    press(&mut harness, "Go to the search");
    assert_eq!(harness.state().shared.page, Page::Search);
}

#[test]
fn pictures_become_larger_and_smaller() {
    let mut harness = window(reviewed());
    harness.run();
    let width = |harness: &Harness<'_, State>| harness.get_by_label_contains("Picture of Event 1:").rect().width();
    let before = width(&harness);
    press_key(&mut harness, Key::Plus);
    harness.run();
    assert!(width(&harness) > before + 20.0);
    press_key(&mut harness, Key::Minus);
    press_key(&mut harness, Key::Minus);
    harness.run();
    assert!(width(&harness) < before);
}

#[test]
fn removed_files_have_no_events() {
    let state = changed(reviewed(), |latest| {
        latest.dataset = made_up::dataset(vec![made_up::file(3, "/sounds/pad/pad_00.wav")]);
    });
    let mut harness = window(state);
    harness.run();
    assert_eq!(harness.state().review.len(), 4);
}
