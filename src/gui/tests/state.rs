//! The state, without a window.

use std::path::PathBuf;

use super::made_up::{self, all_submitted, answer_search, changed, in_short, submitted};
use crate::dataset::FileId;
use crate::engine::{AddReport, CheckReport, Clip, Command, Event, JobId, Outcome, Take};
use crate::gui::actions::Action;
use crate::gui::dialogs::{Answer, Question};
use crate::gui::intents::Intents;
use crate::gui::match_list::View;
use crate::gui::pictures::Picture;
use crate::gui::search_state::Run;
use crate::gui::shared::{List, Obstacle, Page};

#[test]
fn a_drop_is_added_and_a_single_file_becomes_the_query() {
    let one = || vec![PathBuf::from("/new.wav")];
    let mut state = made_up::ready();
    state.dropped(one());
    let actions = state.take_actions();
    assert!(matches!(&actions[..], [Action::Ask(Question::IsFile(path))] if *path == one()[0]));
    state.answered(Answer::Dropped { path: one().remove(0), is_file: true });
    let asked = submitted(&mut state);
    assert!(matches!(&asked[0], Command::AddPaths { paths } if *paths == one()), "{asked:?}");
    assert_eq!(in_short(&asked[1..]), ["search /new.wav 0.00-end by file", "play /new.wav 0.00-end"]);
    assert_eq!(state.modals.open, None, "nothing is asked");

    let mut state = changed(made_up::ready(), |latest| {
        let mut project = (*latest.project).clone();
        project.read_only = Some("Another window has it open.".into());
        latest.project = project.into();
    });
    state.answered(Answer::Dropped { path: one().remove(0), is_file: true });
    assert_eq!(submitted(&mut state).len(), 2, "it is searched for and heard, and not added");

    let mut state = made_up::ready();
    state.answered(Answer::Dropped { path: "/folder".into(), is_file: false });
    assert!(matches!(&submitted(&mut state)[..], [Command::AddPaths { .. }]));
    state.dropped(vec!["/a.wav".into(), "/b.wav".into()]);
    assert!(matches!(&submitted(&mut state)[..], [Command::AddPaths { paths }] if paths.len() == 2));
}

#[test]
fn what_was_added_is_indexed_at_once() {
    let added = || {
        let report = AddReport { added: vec!["/new.wav".into()], ..Default::default() };
        Event::Finished { job: JobId(9), outcome: Outcome::Added(report) }
    };
    // Where there is no model yet, indexing makes the library's first one.
    for mut state in [made_up::ready(), made_up::added()] {
        state.apply(added());
        assert!(matches!(&submitted(&mut state)[..], [Command::BuildIndex]));
    }
    let mut state = made_up::training();
    state.apply(added());
    assert!(submitted(&mut state).is_empty(), "the training will index it");
}

#[test]
fn a_tag_gives_no_message_and_an_error_does() {
    let mut state = made_up::ready();
    let tag = Command::TagFiles { files: vec![FileId(1)], tag: "dry".into() };
    state.submitted(JobId(1), &tag);
    let changed = |job| Event::Finished { job, outcome: Outcome::Changed { words: "Tagged 1 file".into() } };
    state.apply(changed(JobId(1)));
    assert_eq!(state.notices.texts().count(), 0);
    state.submitted(JobId(2), &Command::ClearProblems);
    state.apply(changed(JobId(2)));
    assert_eq!(state.notices.texts().count(), 1);
}

#[test]
fn a_problem_of_the_device_is_shown_once() {
    let mut state = changed(made_up::ready(), |latest| latest.player.problem = Some("there is no speaker".into()));
    let play = Command::Play(Clip { path: "/a.wav".into(), from_secs: 0.0, to_secs: None });
    for (job, message, told) in [(1, "there is no speaker", 0), (2, "/a.wav: there is no such file", 1)] {
        state.submitted(JobId(job), &play);
        state.apply(made_up::failed(JobId(job), message));
        assert_eq!(state.notices.texts().count(), told, "{message}");
    }
}

#[test]
fn a_desktop_without_dialogs_gives_a_message() {
    let mut state = made_up::added();
    state.answered(Answer::NoDialog);
    assert!(state.notices.texts().any(|text| text.contains("Paste a path")));
}

#[test]
fn each_obstacle_to_a_search_is_named() {
    assert_eq!(made_up::added().shared.search_obstacle(), Some(Obstacle::NoModel));
    let no_index = changed(made_up::ready(), |latest| latest.index = None);
    assert_eq!(no_index.shared.search_obstacle(), Some(Obstacle::NoIndex));
    let other = changed(made_up::ready(), |latest| {
        let mut index = (*made_up::index()).clone();
        index.of_current_model = false;
        latest.index = Some(index.into());
    });
    assert_eq!(other.shared.search_obstacle(), Some(Obstacle::OtherModel));
    assert_eq!(made_up::ready().shared.search_obstacle(), None);
}

#[test]
fn without_an_index_a_query_is_drawn_and_not_searched() {
    let mut state = made_up::added();
    state.find("/q.wav".into());
    let commands = all_submitted(&mut state);
    assert!(matches!(&commands[..], [Command::Preview { path, .. }] if path == "/q.wav"));
    state.submitted(JobId(1), &commands[0]);
    state.apply(Event::Finished { job: JobId(1), outcome: Outcome::Previewed(made_up::preview("/q.wav").into()) });
    assert!(matches!(state.search.pictures.of("/q.wav".into()), Some(Picture::Drawn(_))));
}

#[test]
fn a_dragged_region_runs_one_search_at_a_time() {
    let mut state = made_up::ready();
    state.choose_query("/sounds/bell/bell_00.wav".into(), None);
    answer_search(&mut state, JobId(1), &[0.0]);
    for end in [0.3, 0.4, 0.5] {
        state.choose_region(Some((0.1, end)));
    }
    assert!(matches!(state.search.run, Run::Searching { again: true, .. }));
    answer_search(&mut state, JobId(2), &[0.0, 1.0]);
    assert_eq!(in_short(&submitted(&mut state)), ["search /sounds/bell/bell_00.wav 0.10-0.50 by file"]);
}

#[test]
fn an_answer_about_an_earlier_query_is_not_shown() {
    let mut state = made_up::ready();
    state.choose_query("/sounds/bell/bell_00.wav".into(), None);
    let mut late = made_up::ready();
    late.choose_query("/sounds/bell/bell_00.wav".into(), None);
    // The query changes while the search for the first one runs.
    let first = submitted(&mut state).remove(0);
    state.submitted(JobId(1), &first);
    state.choose_query("/other.wav".into(), None);
    let report = {
        answer_search(&mut late, JobId(1), &[0.0]);
        (**late.search.report.as_ref().unwrap()).clone()
    };
    state.apply(Event::Finished { job: JobId(1), outcome: Outcome::Searched(report) });
    assert!(state.search.report.is_none());
    assert_eq!(in_short(&submitted(&mut state)), ["search /other.wav 0.00-end by file"]);
}

#[test]
fn selecting_a_match_plays_it_unless_switched_off() {
    let mut state = made_up::matched();
    assert_eq!(state.search.selected, Some(1.into()), "the query is not among its matches");
    state.step(1);
    state.step(1);
    assert_eq!(
        in_short(&submitted(&mut state)),
        ["play /sounds/pad/pad_00.wav 0.00-end"],
        "the end plays nothing again"
    );
    state.shared.preferences.plays_selected = false;
    state.step(-1);
    assert_eq!((state.search.selected, submitted(&mut state).len()), (Some(1.into()), 0));
}

#[test]
fn find_similar_takes_the_stretch_of_a_moment_as_the_query() {
    let mut state = made_up::matched();
    state.look_at_matches_as(View::Moments);
    answer_search(&mut state, JobId(90), &[0.0, 3.0, 17.0]);
    state.select_match(1);
    state.find_similar();
    assert_eq!(in_short(&submitted(&mut state)), ["search /sounds/kick/kick_00.wav 0.13-0.38"]);
    assert!(state.search.report.is_none(), "matches of the earlier query are gone");
}

#[test]
fn space_stops_the_player_or_plays_the_selection() {
    let mut state = made_up::matched();
    state.play_or_stop();
    assert_eq!(in_short(&submitted(&mut state)), ["play /sounds/kick/kick_00.wav 0.00-end"]);
    let mut state = changed(state, |latest| latest.player.playing = true);
    state.play_or_stop();
    assert!(matches!(&submitted(&mut state)[..], [Command::StopPlaying]));
    state.escape();
    assert!(matches!(&submitted(&mut state)[..], [Command::StopPlaying]));
}

#[test]
fn files_are_selected_one_by_one_in_ranges_and_removed() {
    let mut state = made_up::added();
    state.click_file(2, false, false);
    state.click_file(0, true, false);
    assert_eq!(state.files.selected, [FileId(1), FileId(3)].into());
    state.click_file(0, true, false);
    state.click_file(1, false, true);
    assert_eq!(state.files.selected, [FileId(1), FileId(2)].into());
    state.remove_selected_files();
    let removed = submitted(&mut state);
    assert!(matches!(&removed[..], [Command::RemoveFiles { files }] if *files == [FileId(1), FileId(2)]));
    // What is no longer there cannot stay selected.
    let state = changed(state, |latest| latest.dataset = made_up::dataset(vec![made_up::file(2, "/b.wav")]));
    assert_eq!(state.files.selected, [FileId(2)].into());
}

#[test]
fn an_error_stays_until_a_job_of_its_part_succeeds() {
    let mut state = made_up::added();
    let command = Command::AddPaths { paths: vec!["/nowhere".into()] };
    state.submitted(JobId(1), &command);
    state.apply(made_up::failed(JobId(1), "There is no /nowhere."));
    assert_eq!(state.notices.texts().collect::<Vec<_>>(), ["There is no /nowhere."]);
    state.submitted(JobId(2), &command);
    state.apply(Event::Finished { job: JobId(2), outcome: Outcome::Added(Default::default()) });
    assert!(state.notices.texts().all(|text| !text.contains("/nowhere")));
}

#[test]
fn missing_files_are_reported_again_only_when_there_are_more() {
    let mut state = made_up::added();
    let mut check = |missing: usize| {
        let missing = (0..missing).map(|n| format!("/gone/{n}.wav").into()).collect();
        let report = CheckReport { files: 9, missing, ..CheckReport::default() };
        state.apply(Event::Finished { job: JobId(1), outcome: Outcome::Checked(report) });
        state.notices.texts().filter(|text| text.contains("not where")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(check(0), [""; 0]);
    assert_eq!(check(2), ["2 files are not where they were."]);
    assert_eq!((check(2).len(), check(1).len(), check(3).len()), (1, 1, 2));
}

#[test]
fn a_failed_search_ends_the_search() {
    let mut state = made_up::ready();
    state.choose_query("/gone.wav".into(), None);
    let command = submitted(&mut state).remove(0);
    state.submitted(JobId(1), &command);
    state.apply(made_up::failed(JobId(1), "There is no /gone.wav."));
    assert_eq!(state.search.run, Run::Idle);
    assert_eq!(state.notices.texts().collect::<Vec<_>>(), ["There is no /gone.wav."]);
    state.search_now();
    assert_eq!(submitted(&mut state).len(), 1, "it can be tried again");
}

#[test]
fn a_recording_becomes_the_query_and_its_losses_are_reported() {
    let mut state = made_up::ready();
    let take = Take {
        path: "/takes/1.wav".into(),
        duration_secs: 1.0,
        heard_secs: Some((0.25, 0.75)),
        peak: 0.5,
        lost_frames: 480,
        interrupted: Some("the device was unplugged.".into()),
    };
    state.apply(Event::Finished { job: JobId(1), outcome: Outcome::Recorded(take) });
    assert_eq!(in_short(&submitted(&mut state)), ["search /takes/1.wav 0.25-0.75 by file"]);
    let said: Vec<&str> = state.notices.texts().collect();
    assert!(said[0].contains("unplugged") && said[1].contains("480 frames were lost"), "{said:?}");
}

#[test]
fn the_picture_of_the_selected_match_is_asked_for_once() {
    let mut state = made_up::matched();
    let kick = made_up::preview("/sounds/kick/kick_00.wav");
    state.apply(Event::Finished { job: JobId(5), outcome: Outcome::Previewed(kick.into()) });
    state.select_match(2);
    let pad =
        |commands: &[Command]| matches!(commands, [Command::Preview { path, .. }] if path == "/sounds/pad/pad_00.wav");
    let asked = all_submitted(&mut state);
    assert!(pad(&asked), "{asked:?}");
    state.select_match(2);
    assert!(all_submitted(&mut state).is_empty());
}

#[test]
fn intents_are_carried_out_in_their_order() {
    let mut state = made_up::matched();
    let mut intents = Intents::default();
    intents.submit(Command::CheckFiles);
    assert!(!state.carry_out(intents), "a command alone changes nothing in the window");
    assert!(matches!(&submitted(&mut state)[..], [Command::CheckFiles]));

    let mut intents = Intents::default();
    intents.choose_query("/a.wav".into(), None);
    intents.turn_to(Page::Duplicates);
    intents.use_list(List::Files);
    assert!(state.carry_out(intents));
    assert_eq!((state.shared.page, state.shared.list), (Page::Duplicates, List::Files));
    assert_eq!(in_short(&submitted(&mut state)), ["search /a.wav 0.00-end by file"]);
}
