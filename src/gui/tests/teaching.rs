//! A query is taught by verdicts, by further sounds and by the line, and saved under a name.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::made_up::{self, answer_search, changed, submitted};
use super::panels::{commands, press, window};
use crate::dataset::{FileId, Verdict};
use crate::engine::{Basket, Command, Event, Grouping, JobId, Outcome, Query, SavedSearchView, SearchFilter, Weights};
use crate::gui::match_list::View;
use crate::gui::shared::List;
use crate::gui::state::State;

const KICK: Verdict = Verdict { file: FileId(2), start_secs: 0.0, end_secs: 2.0, yes: true };

/// The basket of the last search that was submitted.
fn asked(harness: &mut Harness<'_, State>) -> Basket {
    let searched = commands(harness).into_iter().rev().find_map(|command| match command {
        Command::Search(query) => Some(query.basket),
        _ => None,
    });
    // The next change searches at once.
    harness.state_mut().search.run = Default::default();
    searched.expect("a search")
}

fn saved(verdicts: Vec<Verdict>) -> SavedSearchView {
    let query = Query {
        path: "/sounds/pad/pad_00.wav".into(),
        from_secs: Some(0.5),
        to_secs: Some(1.5),
        k: 10,
        by: Grouping::Event,
        filter: SearchFilter::default(),
        basket: Basket { verdicts, ..Basket::default() },
    };
    SavedSearchView { name: "wren".into(), query }
}

fn with_saved(state: State, verdicts: Vec<Verdict>) -> State {
    changed(state, |latest| latest.searches = Arc::new(vec![saved(verdicts)]))
}

#[test]
fn verdicts_by_key_search_again_and_can_be_undone() {
    let mut harness = window(made_up::matched());
    harness.state_mut().shared.list = List::Matches;
    harness.key_press(Key::Y);
    harness.run();
    let first = commands(&mut harness);
    assert!(
        matches!(&first[..], [Command::Search(query), Command::Play(_)] if query.basket.verdicts == [KICK]),
        "{first:?}"
    );
    assert_eq!(harness.state().search.selected, Some(2.into()), "the next one is selected");
    harness.get_by_label_contains("kick_00.wav, 3.0 of 64 bits differ on average; you said yes");
    harness.state_mut().search.run = Default::default();
    harness.key_press(Key::N);
    harness.run();
    let no = Verdict { file: FileId(3), yes: false, ..KICK };
    assert_eq!(asked(&mut harness).verdicts, [KICK, no]);
    harness.get_by_label("1 yes, 1 no");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run();
    assert_eq!(asked(&mut harness).verdicts, [KICK]);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Y);
    harness.run();
    assert_eq!(asked(&mut harness).verdicts, [KICK, no]);
    press(&mut harness, "forget them");
    assert_eq!(asked(&mut harness).verdicts, []);
}

#[test]
fn buttons_on_a_row_give_and_remove_verdicts() {
    let mut harness = window(made_up::matched());
    press(&mut harness, "More like this (Y): match 1");
    assert_eq!(asked(&mut harness).verdicts, [KICK]);
    press(&mut harness, "Less like this (N): match 1");
    assert_eq!(asked(&mut harness).verdicts, [Verdict { yes: false, ..KICK }]);
    press(&mut harness, "Less like this (N): match 1");
    assert_eq!(asked(&mut harness).verdicts, []);
}

#[test]
fn a_letter_for_verdicts_filters_the_files() {
    let mut harness = window(made_up::matched());
    harness.state_mut().shared.list = List::Files;
    harness.event(egui::Event::Text("y".into()));
    harness.run();
    assert_eq!(harness.state().files.filter, "y");
    assert!(harness.state().search.taught.is_empty());
}

#[test]
fn a_word_typed_at_once_gives_no_verdict() {
    let mut harness = window(made_up::matched());
    harness.state_mut().shared.list = List::Matches;
    for (letter, key) in [("m", Key::M), ("y", Key::Y)] {
        harness.event(egui::Event::Text(letter.into()));
        let modifiers = Modifiers::NONE;
        harness.event(egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
    }
    harness.run();
    assert_eq!(harness.state().search.filter.text, "my");
    assert!(harness.state().search.taught.is_empty());
}

#[test]
fn a_further_sound_is_added_by_menu_and_removed_by_click() {
    let mut harness = window(made_up::matched());
    harness.get_by_label("pad_00.wav, 2.00 s").click_secondary();
    harness.run();
    press(&mut harness, "Matches must not be like it");
    let basket = asked(&mut harness);
    assert!(matches!(&basket.examples[..], [example] if !example.is_like && example.path == "/sounds/pad/pad_00.wav"));
    press(&mut harness, "Remove the unwanted sound pad_00.wav from the query");
    assert_eq!(asked(&mut harness), Basket::default());
}

#[test]
fn a_query_keeps_its_verdicts_and_examples() {
    let mut state = made_up::matched();
    state.judge(1, true);
    submitted(&mut state);
    state.search.run = Default::default();
    state.choose_query("/sounds/kick/kick_00.wav".into(), None);
    assert!(state.search.taught.is_empty(), "another query begins anew");
    state.search.run = Default::default();
    state.go_back();
    assert_eq!(state.search.taught.basket().verdicts, [KICK]);
}

#[test]
fn a_search_is_saved_by_key_and_its_verdicts_go_to_the_project() {
    let mut harness = window(made_up::matched());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run();
    harness.run();
    harness.get_by_label("Name of the search").type_text("bells");
    harness.run();
    press(&mut harness, "Save");
    let kept = commands(&mut harness);
    assert!(matches!(&kept[..], [Command::SaveSearch { name, .. }] if name == "bells"), "{kept:?}");
    press(&mut harness, "More like this (Y): match 1");
    let kept = commands(&mut harness);
    let expected = |name: &str, verdicts: &[Verdict]| name == "bells" && verdicts == [KICK];
    assert!(
        matches!(&kept[..], [Command::JudgeMatches { name, verdicts }, Command::Search(_)] if expected(name, verdicts)),
        "{kept:?}"
    );
}

#[test]
fn a_saved_search_is_opened_in_the_library_and_says_how_many_are_new() {
    let mut harness = window(with_saved(made_up::ready(), Vec::new()));
    press(&mut harness, "Saved searches, 1, folded");
    press(&mut harness, "Saved search wren, like pad_00.wav");
    let run = commands(&mut harness);
    assert!(matches!(&run[0], Command::SearchSaved { name, .. } if name == "wren"), "{run:?}");
    let state = harness.state_mut();
    assert_eq!((state.search.view, state.search.region), (View::Everywhere, Some((0.5, 1.5))));
    state.submitted(JobId(90), &run[0]);
    let mut other = made_up::matched();
    let mut report = Arc::unwrap_or_clone(other.search.report.take().expect("an answer"));
    report.line.new = Some(2);
    state.apply(Event::Finished { job: JobId(90), outcome: Outcome::Searched(report) });
    harness.run();
    harness.get_by_label("2 new");
    harness.get_by_label("Saved search wren, like pad_00.wav, 2 new");
}

#[test]
fn undoing_a_verdict_of_a_saved_search_ranks_again() {
    let mut state = with_saved(made_up::ready(), vec![KICK]);
    state.open_saved(0);
    submitted(&mut state);
    state.search.run = Default::default();
    let mut state = with_saved(state, Vec::new());
    let searched = submitted(&mut state);
    assert!(matches!(&searched[..], [Command::Search(query)] if query.basket.verdicts.is_empty()), "{searched:?}");
}

#[test]
fn a_verdict_is_not_lost_while_it_is_being_saved() {
    let mut state = with_saved(made_up::matched(), Vec::new());
    state.search.taught.named("wren".into(), Default::default());
    state.judge(1, true);
    let kept = submitted(&mut state);
    state.submitted(JobId(90), &kept[0]);
    let state = with_saved(state, Vec::new());
    assert_eq!(state.search.taught.basket().verdicts, [KICK]);
}

#[test]
fn the_line_of_events_is_moved_and_restored() {
    let mut state = made_up::matched();
    state.look_at_matches_as(View::Everywhere);
    answer_search(&mut state, JobId(90), &[0.0, 3.0, 17.0]);
    let report = state.search.report.as_mut().map(Arc::make_mut).expect("an answer");
    report.line.threshold = Some(10.0);
    report.line.alike = Some(2);
    report.line.false_alarms = Some(0.02);
    report.matches[2].nearness.is_behind = true;
    let mut harness = window(state);
    harness.get_by_label("2 events, fewer than 0.1 by chance");
    let line = harness.get_by_label("From here on, nothing is really alike").rect();
    let top = |name: &str| harness.get_by_label_contains(name).rect().top();
    assert!(top("Match 2: kick_00.wav") < line.top() && line.top() < top("Match 3: pad_00.wav"));
    commands(&mut harness);
    harness.state_mut().draw_line_at(Some(20.0));
    harness.run();
    assert_eq!(asked(&mut harness).threshold, Some(20.0));
    press(&mut harness, "as suggested");
    assert_eq!(asked(&mut harness).threshold, None);
}

#[test]
fn the_arrow_keys_pass_over_the_line() {
    let mut state = made_up::matched();
    state.search.report.as_mut().map(Arc::make_mut).expect("an answer").matches[2].nearness.is_behind = true;
    let mut harness = window(state);
    press(&mut harness, "Match 1: kick_00.wav, 3.0 of 64 bits differ on average");
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.run();
    assert_eq!(harness.state().search.selected, Some(2.into()));
    assert!(harness.get_by_label_contains("Match 2: pad_00.wav").is_focused());
}

/// A saved search has its own weights. Neither saving nor opening it changes those that the window remembers.
#[test]
fn the_weights_of_a_saved_search_are_its_own() {
    let remembered = Weights::new(1.0, 0.5, 0.0, 0.0);
    let mut state = made_up::matched();
    state.set_weights(remembered);
    state.search.run = Default::default();
    submitted(&mut state);
    let state = changed(state, |latest| {
        let mut search = saved(Vec::new());
        search.query.basket.weights = Weights::new(1.0, 0.0, 0.0, 0.8);
        latest.searches = Arc::new(vec![search]);
    });
    let mut state = state;
    state.open_saved(0);
    assert_eq!(state.search.weights_now(), Weights::new(1.0, 0.0, 0.0, 0.8));
    assert_eq!(state.shared.preferences.weights, remembered, "opening changes nothing");
    submitted(&mut state);
    state.set_weights(Weights::new(0.5, 0.0, 0.0, 0.8));
    let kept = submitted(&mut state);
    assert!(
        matches!(&kept[..], [Command::SaveSearch { query, .. }, ..] if query.basket.weights.tone() == 0.5),
        "the saved search keeps them: {kept:?}"
    );
    assert_eq!(state.shared.preferences.weights, remembered);
    state.search.run = Default::default();
    state.choose_query("/sounds/kick/kick_00.wav".into(), None);
    assert_eq!(state.search.weights_now(), remembered, "another query has the remembered ones");
    state.search.run = Default::default();
    state.modals.name_typed = "kicks".into();
    submitted(&mut state);
    state.save_search();
    let kept = submitted(&mut state);
    assert!(matches!(&kept[..], [Command::SaveSearch { query, .. }] if query.basket.weights == remembered), "{kept:?}");
    assert_eq!((state.search.weights_now(), state.shared.preferences.weights), (remembered, remembered));
}
