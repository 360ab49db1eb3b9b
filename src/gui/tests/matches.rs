//! The matches: playing, marking, sorting and saving them, and their menu.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::made_up::{self, answer_search, changed, in_short, submitted};
use super::panels::{commands, press, window};
use crate::dataset::{Favourite, FileId};
use crate::engine::formats::{MatchFormat, TextFormat};
use crate::engine::{Command, Event, Failure, FailureKind, JobId, Outcome};
use crate::gui::actions::Action;
use crate::gui::dialogs::{Answer, Question};
use crate::gui::match_list::Line;
use crate::gui::modals::Modal;

use crate::gui::state::State;

const FIRST: &str = "Match 1: kick_00.wav, 3.0 of 64 bits differ on average";

fn kick() -> Favourite {
    Favourite { file: FileId(2), start_secs: 0.0, end_secs: 2.0 }
}

pub(super) fn with_favourite(state: State) -> State {
    changed(state, |latest| latest.favourites = Arc::new(vec![kick()]))
}

#[test]
fn a_favourite_is_said() {
    let harness = window(with_favourite(made_up::matched()));
    harness.get_by_label(&format!("{FIRST}; a favourite"));
}

#[test]
fn a_match_that_is_dragged_takes_its_file_along() {
    let mut harness = window(made_up::matched());
    harness.state_mut().shared.drags_out = true;
    harness.run();
    let at = harness.get_by_label(FIRST).rect().center();
    harness.drag_at(at);
    harness.run();
    harness.hover_at(at - vec2(200.0, 0.0));
    harness.run();
    let actions = harness.state_mut().take_actions();
    let kick = PathBuf::from("/sounds/kick/kick_00.wav");
    assert!(matches!(&actions[..], [Action::DragOut(paths)] if *paths == [kick]), "{actions:?}");
    assert_eq!(harness.state().search.selected, Some(1.into()));
}

#[test]
fn a_row_shows_only_failures_of_its_own_file() {
    let mut state = made_up::matched();
    let path = state.search.matches()[1].path.clone();
    let no_output = Failure::new(FailureKind::Device, format!("{path} was not heard: there is no sound output"));
    state.search.mark_unplayable(&path, &no_output);
    assert_eq!(state.search.matches()[1].problem, None);
    state.search.mark_unplayable(&path, &Failure::at(FailureKind::Sound, "/other.wav", "it was moved"));
    assert_eq!(state.search.matches()[1].problem, None);
    state.search.mark_unplayable(&path, &Failure::at(FailureKind::Sound, &path, "it was moved"));
    assert_eq!(state.search.matches()[1].problem.as_deref(), Some("it was moved"));
}

#[test]
fn headings_sort_the_matches_and_columns_can_be_hidden() {
    let mut harness = window(made_up::matched());
    let order = |harness: &Harness<'_, State>| {
        let top = |name: &str| harness.get_by_label_contains(name).rect().top();
        top(": kick_00.wav") < top(": pad_00.wav")
    };
    assert!(order(&harness));
    press(&mut harness, "Sort the matches by name");
    assert!(order(&harness));
    press(&mut harness, "Matches sorted by name, upwards");
    assert!(!order(&harness));
    harness.get_by_label("Matches sorted by name, downwards").click_secondary();
    harness.run();
    press(&mut harness, "Length");
    harness.run();
    assert!(harness.query_by_label("Sort the matches by length").is_none());
}

#[test]
fn the_moments_of_the_query_unfold_above_the_matches() {
    let mut harness = window(made_up::matched());
    press(&mut harness, "Moments of this sound that are like the query");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::Search(query)] if query.filter.among.as_deref() == Some(&vec![FileId(1)])));
    let state = harness.state_mut();
    state.submit(asked[0].clone());
    answer_search(state, JobId(91), &[0.0, 1.0]);
    harness.run();
    let moment = harness.get_by_label_contains("Moment 1 of").rect();
    assert!(moment.top() < harness.get_by_label(FIRST).rect().top());
    press(&mut harness, "Match 2: pad_00.wav, 17.0 of 64 bits differ on average");
    for _ in 0..3 {
        harness.key_press(Key::ArrowUp);
        harness.run();
    }
    let selected = harness.state().search.selected;
    assert!(matches!(selected, Some(Line::Moment { file: FileId(1), place: 0 })), "{selected:?}");
    press(&mut harness, "Moments of this sound that are like the query");
    assert!(harness.query_by_label_contains("Moment 1 of").is_none());
}

#[test]
fn the_query_and_a_match_play_in_turn() {
    let mut state = made_up::matched();
    state.play_the_other();
    assert_eq!(in_short(&submitted(&mut state)), ["play /sounds/bell/bell_00.wav 0.00-end"]);
    let mut state = changed(state, |latest| latest.player.path = Some("/sounds/bell/bell_00.wav".into()));
    state.play_the_other();
    assert_eq!(in_short(&submitted(&mut state)), ["play /sounds/kick/kick_00.wav 0.00-end"]);
}

#[test]
fn a_moment_of_a_long_file_plays_with_its_surroundings() {
    let mut state = changed(made_up::matched(), |latest| {
        let mut files = latest.dataset.files.clone();
        Arc::make_mut(&mut files[1]).frames = 80_000;
        latest.dataset = made_up::dataset(files);
    });
    state.play_match(1);
    assert_eq!(in_short(&submitted(&mut state)), ["play /sounds/kick/kick_00.wav 0.00-2.38"]);
    state.play_moment(1);
    assert_eq!(in_short(&submitted(&mut state)), ["play /sounds/kick/kick_00.wav 0.13-0.38"]);
    let mut sound = (*state.shared.latest.sound).clone();
    sound.surroundings_secs = 3.0;
    state.shared.latest.sound = sound.into();
    state.play_match(1);
    assert_eq!(in_short(&submitted(&mut state)), ["play /sounds/kick/kick_00.wav 0.00-3.38"]);
}

#[test]
fn two_keys_lead_from_a_click_to_the_third_match() {
    let four = ["/s/a.wav", "/s/b.wav", "/s/c.wav", "/s/d.wav"];
    let mut harness = window(changed(made_up::ready(), |latest| {
        latest.dataset = made_up::dataset((1..).zip(four).map(|(id, path)| made_up::file(id, path)).collect());
    }));
    press(&mut harness, "a.wav, 2.00 s");
    let asked = commands(&mut harness);
    assert_eq!(in_short(&asked), ["search /s/a.wav 0.00-end by file", "play /s/a.wav 0.00-end"]);
    harness.state_mut().submit(asked[0].clone());
    answer_search(harness.state_mut(), JobId(90), &[0.0, 1.0, 2.0, 3.0]);
    harness.run();
    assert!(harness.get_by_label_contains("Match 1:").is_focused(), "the keys go on among what is alike");
    for _ in 0..2 {
        harness.key_press(Key::ArrowDown);
        harness.run();
    }
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /s/c.wav 0.00-end", "play /s/d.wav 0.00-end"]);
}

#[test]
fn more_matches_are_shown_on_request() {
    let mut state = made_up::matched();
    state.search.wanted = 3;
    let mut harness = window(state);
    press(&mut harness, "Show more matches");
    assert!(matches!(&commands(&mut harness)[..], [Command::Search(query)] if query.k == 6));
}

#[test]
fn a_star_marks_a_match_and_takes_the_mark_away() {
    let mut harness = window(made_up::matched());
    press(&mut harness, "Mark match 1 as a favourite");
    let asked = commands(&mut harness);
    assert!(
        matches!(&asked[..], [Command::MarkFavourite { favourite, on: true }] if *favourite == kick()),
        "{asked:?}"
    );
    let mut harness = window(with_favourite(made_up::matched()));
    press(&mut harness, "Remove the favourite mark of match 1");
    assert!(matches!(&commands(&mut harness)[..], [Command::MarkFavourite { on: false, .. }]));
    harness.state_mut().search.selected = Some(2.into());
    harness.key_press(Key::F);
    harness.run();
    let asked = commands(&mut harness);
    assert!(
        matches!(&asked[..], [Command::MarkFavourite { favourite, on: true }] if favourite.file == FileId(3)),
        "{asked:?}"
    );
}

#[test]
fn favourites_are_listed_played_searched_and_unmarked() {
    let harness = window(made_up::matched());
    assert!(harness.query_by_label_contains("Favourites").is_none(), "there are none");
    let mut harness = window(with_favourite(made_up::matched()));
    press(&mut harness, "Favourites, 1, folded");
    let name = "Favourite kick_00.wav, 0.00 to 2.00 s";
    press(&mut harness, name);
    let expected = ["search /sounds/kick/kick_00.wav 0.00-2.00 by file", "play /sounds/kick/kick_00.wav 0.00-2.00"];
    assert_eq!(in_short(&commands(&mut harness)), expected);
    harness.get_by_label(name).click_secondary();
    harness.run();
    press(&mut harness, "Take the mark off");
    assert!(matches!(&commands(&mut harness)[..], [Command::MarkFavourite { on: false, .. }]));
}

/// What an entry of the first match's menu asks for.
fn chosen(entry: &str, by_key: bool) -> (Vec<Action>, State) {
    let mut harness = window(made_up::matched());
    if by_key {
        harness.state_mut().select_match(1);
        harness.key_press_modifiers(Modifiers::SHIFT, Key::F10);
        harness.run();
    } else {
        harness.get_by_label(FIRST).click_secondary();
    }
    harness.run();
    press(&mut harness, entry);
    let actions = harness.state_mut().take_actions();
    let state = std::mem::take(harness.state_mut());
    (actions, state)
}

fn asked(actions: &[Action]) -> Vec<String> {
    let commands = actions.iter().filter_map(|action| match action {
        Action::Submit(command) if !matches!(**command, Command::Preview { .. }) => Some((**command).clone()),
        _ => None,
    });
    in_short(&commands.collect::<Vec<_>>())
}

#[test]
fn each_entry_of_a_matchs_menu_does_what_it_says() {
    for by_key in [false, true] {
        for (entry, expected) in [
            ("Play the moment alone", "play /sounds/kick/kick_00.wav 0.13-0.38"),
            ("Find similar", "search /sounds/kick/kick_00.wav 0.00-end by file"),
        ] {
            assert_eq!(asked(&chosen(entry, by_key).0), [expected], "{entry}, by key: {by_key}");
        }
    }
    let (actions, _) = chosen("Mark as a favourite", false);
    assert!(matches!(&actions[..], [Action::Submit(command)] if matches!(**command, Command::MarkFavourite { .. })));
    let path = PathBuf::from("/sounds/kick/kick_00.wav");
    let (actions, _) = chosen("Show in the file manager", false);
    assert!(matches!(&actions[..], [Action::Reveal(paths)] if *paths == [path.clone()]), "{actions:?}");
    let (actions, mut state) = chosen("Copy as file", false);
    assert!(matches!(&actions[..], [Action::Ask(Question::CopyFile(asked))] if *asked == path));
    state.answered(Answer::Copied { path: path.clone(), as_file: true });
    assert_eq!(state.to_copy, None);
    state.answered(Answer::Copied { path: path.clone(), as_file: false });
    assert_eq!(state.to_copy.as_deref(), path.to_str());
    assert!(state.notices.texts().any(|text| text.contains("The path was copied as text")));
}

#[test]
fn a_menu_opened_by_key_has_the_focus_until_esc() {
    let mut harness = window(made_up::matched());
    harness.state_mut().select_match(1);
    harness.key_press(Key::Menu);
    harness.run();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/kick/kick_00.wav 0.00-end"]);
    harness.key_press(Key::Menu);
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    harness.run();
    assert!(harness.query_by_label("Find similar").is_none() && harness.state().search.menu.is_none());
    assert!(commands(&mut harness).is_empty(), "Esc closes the menu and nothing else");
    assert!(harness.get_by_label(FIRST).is_focused());
}

#[test]
fn a_path_is_copied_as_text() {
    let mut harness = window(made_up::matched());
    harness.get_by_label(FIRST).click_secondary();
    harness.run();
    harness.get_by_label("Copy path").click();
    harness.step();
    let copied = |harness: &egui_kittest::Harness<'_, State>| {
        let commands = harness.output().platform_output.commands.clone();
        commands.into_iter().find_map(|c| if let egui::OutputCommand::CopyText(text) = c { Some(text) } else { None })
    };
    let mut text = copied(&harness);
    for _ in 0..3 {
        if text.is_none() {
            harness.step();
            text = copied(&harness);
        }
    }
    assert_eq!(text.as_deref(), Some("/sounds/kick/kick_00.wav"));
}

#[test]
fn a_sound_and_all_matches_are_saved_at_the_typed_path() {
    let (actions, state) = chosen("Save this sound as WAV…", false);
    assert!(actions.is_empty());
    let typed = state.modals.saving.as_ref().expect("asked for").typed.clone();
    assert!(typed.ends_with("kick_00 0.00 to 2.00 s.wav"), "{typed}");
    let mut harness = window(state);
    press(&mut harness, "Choose where…");
    let actions = harness.state_mut().take_actions();
    assert!(matches!(&actions[..], [Action::Ask(Question::WhereToSave { is_folder: false, .. })]), "{actions:?}");
    harness.state_mut().answered(Answer::SaveTo("/out/kick.wav".into()));
    harness.run();
    press(&mut harness, "Save");
    let asked = commands(&mut harness);
    assert!(
        matches!(&asked[..], [Command::SaveClip { clip, out }] if out == "/out/kick.wav" && clip.to_secs.is_none()),
        "{asked:?}"
    );
    assert_eq!(harness.state().modals.open, None);
    harness
        .state_mut()
        .apply(Event::Finished { job: JobId(9), outcome: Outcome::Saved { out: "/out/kick.wav".into() } });
    assert!(harness.state().notices.texts().any(|text| text.contains("/out/kick.wav")));

    let (_, mut state) = chosen("Save all matches…", true);
    assert_eq!(state.modals.open, Some(Modal::Save));
    state.answered(Answer::SaveTo("/out/like bell.csv".into()));
    let mut harness = window(state);
    press(&mut harness, "Form of the matches");
    press(&mut harness, "Raven selection table");
    press(&mut harness, "Save");
    let asked = commands(&mut harness);
    let raven = MatchFormat::Text(TextFormat::Raven);
    assert!(
        matches!(&asked[..], [Command::SaveMatches { format, out, report, .. }]
            if *format == raven && out == "/out/like bell.txt" && report.matches.len() == 3),
        "{asked:?}"
    );
}

#[test]
fn a_drag_over_a_match_makes_the_part_the_query() {
    let mut state = made_up::matched();
    let picture = made_up::preview("/sounds/kick/kick_00.wav");
    state.apply(Event::Finished { job: JobId(5), outcome: Outcome::Previewed(picture.into()) });
    let mut harness = window(state);
    harness.run();
    let picture = harness.get_by_label_contains("Picture of the selected match").rect();
    // The match stands 0.128 s further right in its file than its part of the query does.
    let at = |share: f32| picture.left_center() + vec2(share * picture.width(), 0.0);
    harness.drag_at(at(0.25));
    harness.run();
    harness.hover_at(at(0.5));
    harness.run();
    let dragged = harness.state().search.dragged.expect("a part");
    assert!((dragged.0 - 0.628).abs() < 0.01 && (dragged.1 - 1.128).abs() < 0.01, "{dragged:?}");
    assert!(commands(&mut harness).is_empty(), "not before the button is let go");
    harness.drop_at(at(0.5));
    harness.run();
    assert_eq!(in_short(&commands(&mut harness)), ["search /sounds/kick/kick_00.wav 0.63-1.13 by file"]);
    assert_eq!(harness.state().search.dragged, None);
    press(&mut harness, "Play around a match: none");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::SetSound(sound)] if sound.surroundings_secs == 0.5), "{asked:?}");
}
