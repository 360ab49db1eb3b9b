//! Duplicates, and how far codes are apart.

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

use super::{answer, files, finish};
use crate::dataset::FileId;
use crate::engine::{
    Command, DistancesReport, Duplicate, DuplicateGroup, DuplicatesBy, DuplicatesReport, Event, JobId, Outcome,
};
use crate::gui::actions::Action;
use crate::gui::state::State;
use crate::gui::tests::made_up::{self, in_short, submitted};
use crate::gui::tests::pages::turn_to;
use crate::gui::tests::panels::{commands, press, window};

fn duplicates_report(by: DuplicatesBy) -> Arc<DuplicatesReport> {
    let member = |file, distance| Duplicate { file, start_secs: 0.0, end_secs: 0.256, chunks: 1, distance };
    let group = DuplicateGroup { members: vec![member(0, 0), member(1, 2)], files: 2, chunks: 2, furthest: 2 };
    let silence = DuplicateGroup { members: vec![member(2, 0)], files: 1, chunks: 1_000_000, furthest: 0 };
    Arc::new(DuplicatesReport {
        index_generation: 1,
        bits: 64,
        within: 2,
        by,
        files: files(),
        groups: vec![group],
        silence: (by == DuplicatesBy::Chunk).then_some(silence),
        seconds: 0.1,
    })
}

pub fn duplicates_page(by: DuplicatesBy) -> Harness<'static, State> {
    let mut state = made_up::ready();
    state.duplicates.by = by;
    state.duplicates.exact = false;
    let mut harness = window(state);
    turn_to(&mut harness, "Duplicates");
    let outcome = Outcome::DuplicatesFound(duplicates_report(by));
    answer(&mut harness, |command| matches!(command, Command::FindDuplicates { within: 2, .. }), outcome);
    submitted(harness.state_mut());
    harness
}

#[test]
fn duplicates_are_unfolded_played_chosen_and_removed_from_the_project() {
    let mut harness = duplicates_page(DuplicatesBy::Chunk);
    harness.get_by_label("Group 2: Silence: 1,000,000 chunks; folded");
    press(&mut harness, "Group 1: bell_00.wav and 1 other file; folded");
    press(&mut harness, "Member 2 of group 1: kick_00.wav, 0.00 to 0.26 s");
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/kick/kick_00.wav 0.00-0.26"]);
    harness.key_press(Key::ArrowUp);
    harness.run();
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/bell/bell_00.wav 0.00-0.26"]);
    assert!(harness.get_by_label("Remove the chosen files from the project").accesskit_node().is_disabled());
    press(&mut harness, "Choose kick_00.wav, member 2 of group 1");
    press(&mut harness, "Choose none");
    press(&mut harness, "Choose kick_00.wav, member 2 of group 1");
    press(&mut harness, "Remove 1 file from the project");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::RemoveFiles { files }] if *files == [FileId(2)]), "{asked:?}");
    press(&mut harness, "Group 1: bell_00.wav and 1 other file; unfolded");
    assert!(harness.query_by_label_contains("Member 1").is_none());
}

#[test]
fn all_duplicates_but_the_first_are_chosen_at_once() {
    let mut harness = duplicates_page(DuplicatesBy::File);
    press(&mut harness, "Choose all but the first");
    assert_eq!(harness.state().duplicates.chosen.iter().copied().collect::<Vec<_>>(), [FileId(2)]);
}

#[test]
fn another_distance_cancels_the_running_comparison() {
    let mut harness = duplicates_page(DuplicatesBy::Chunk);
    press(&mut harness, "Whole files");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::FindDuplicates { by: DuplicatesBy::File, .. }]), "{asked:?}");
    harness.state_mut().submitted(JobId(5), &asked[0]);
    harness.state_mut().duplicates.within = 4;
    harness.run();
    let actions = harness.state_mut().take_actions();
    assert!(matches!(actions.first(), Some(Action::Cancel(JobId(5)))), "{actions:?}");
    harness.state_mut().apply(Event::Cancelled { job: JobId(5) });
    harness.run();
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::FindDuplicates { within: 4, .. }]), "{asked:?}");
}

#[test]
fn an_empty_or_stopped_comparison_says_what_to_do() {
    let mut harness = duplicates_page(DuplicatesBy::Chunk);
    let mut none = (*duplicates_report(DuplicatesBy::Chunk)).clone();
    (none.groups, none.silence) = (Vec::new(), None);
    let command = Command::FindDuplicates { within: 2, by: DuplicatesBy::Chunk };
    finish(&mut harness, &command, Outcome::DuplicatesFound(none.into()));
    harness.get_by_label("No duplicates");

    let mut state = made_up::ready();
    state.duplicates.exact = false;
    let mut harness = window(state);
    turn_to(&mut harness, "Duplicates");
    let asked = commands(&mut harness);
    harness.state_mut().submitted(JobId(5), &asked[0]);
    harness.run();
    harness.get_by_label("Looking for duplicates…");
    harness.state_mut().apply(Event::Cancelled { job: JobId(5) });
    harness.run();
    press(&mut harness, "Look for duplicates");
    harness.run();
    assert!(matches!(&commands(&mut harness)[..], [Command::FindDuplicates { .. }]));
}

#[test]
fn distances_are_measured_when_they_are_shown() {
    let mut harness = window(made_up::ready());
    assert!(commands(&mut harness).is_empty());
    turn_to(&mut harness, "Training");
    harness.get_by_label("How far codes are apart");
    let mut report = DistancesReport {
        index_generation: 1,
        bits: 64,
        sampled: 42,
        random: vec![0; 65],
        nearest: vec![0; 65],
        balance: Arc::new(vec![0.5; 64]),
    };
    (report.random[30], report.nearest[4]) = (42, 42);
    let outcome = Outcome::DistancesMeasured(report.into());
    answer(&mut harness, |command| matches!(command, Command::MeasureDistances), outcome);
    harness.get_by_label("random pairs 30");
    harness.get_by_label("nearest of another file 4");
    harness.get_by_label("64 of 64 bits tell sounds apart");
}
