//! Exact copies, files that are no longer where they were, and what is left out of folders.

use std::sync::Arc;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::made_up::{self, changed, in_short, submitted, with_copies};
use super::pages::turn_to;
use super::panels::{commands, press, window};
use crate::dataset::{FileId, Problem};
use crate::engine::{
    CheckReport, Command, CopiesDeed, CopiesReport, CopyGroup, Event, FoundAgain, JobId, Keep, LeftOutReport, OnDisk,
    Outcome, RelinkPlan,
};
use crate::gui::modals::Modal;
use crate::gui::state::State;

fn answer(harness: &mut Harness<'_, State>, command: &Command, outcome: Outcome) {
    let state = harness.state_mut();
    state.submitted(JobId(90), command);
    state.apply(Event::Finished { job: JobId(90), outcome });
    harness.run();
}

fn copies() -> Arc<CopiesReport> {
    Arc::new(CopiesReport {
        groups: vec![CopyGroup {
            keep: "/sounds/bell/bell_00.wav".into(),
            others: vec!["/sounds/kick/kick_00.wav".into(), "/sounds/pad/pad_00.wav".into()],
            keep_file: FileId(1),
            other_files: vec![FileId(2), FileId(3)],
        }],
    })
}

/// The page of duplicates with three files that sound the same.
fn copies_page() -> Harness<'static, State> {
    let mut harness = window(made_up::ready());
    turn_to(&mut harness, "Duplicates");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::FindCopies(Keep::HighestResolution)]), "{asked:?}");
    answer(&mut harness, &asked[0], Outcome::CopiesFound(copies()));
    harness
}

#[test]
fn copies_are_reviewed_played_and_removed_after_a_question() {
    let mut harness = copies_page();
    harness.get_by_label("2 files to go, of 1 sound");
    press(&mut harness, "Copy to go: kick_00.wav in sounds/kick");
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/kick/kick_00.wav 0.00-2.00"]);
    harness.key_press(Key::ArrowUp);
    harness.run();
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/bell/bell_00.wav 0.00-2.00"]);
    press(&mut harness, "Let kick_00.wav go");
    harness.get_by_label("Kept as well: kick_00.wav in sounds/kick");
    press(&mut harness, "Forget in the project…");
    harness.get_by_label("Take 1 file out of the project?");
    press(&mut harness, "Take them out");
    let asked = commands(&mut harness);
    let goes = |copies: &CopiesReport| copies.groups[0].others == ["/sounds/pad/pad_00.wav"];
    assert!(
        matches!(&asked[..], [Command::ThinOutCopies { copies, deed: CopiesDeed::Forget }] if goes(copies)),
        "{asked:?}"
    );
}

#[test]
fn cancelling_moves_nothing_to_the_trash() {
    let mut harness = copies_page();
    press(&mut harness, "Move to the trash…");
    harness.get_by_label("Move 2 files to the trash?");
    press(&mut harness, "Leave them");
    assert_eq!(harness.state().modals.open, None);
    assert!(commands(&mut harness).is_empty());
}

#[test]
fn another_rule_asks_again_and_a_script_is_written() {
    let mut harness = copies_page();
    press(&mut harness, "with the longest path");
    assert!(matches!(&commands(&mut harness)[..], [Command::FindCopies(Keep::LongestPath)]));
    press(&mut harness, "Shell script…");
    harness.state_mut().modals.saving.as_mut().expect("asked").typed = "/out/thin.sh".into();
    harness.run();
    press(&mut harness, "Save");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::SaveCopiesScript { out, .. }] if out == "/out/thin.sh"), "{asked:?}");
}

#[test]
fn the_copies_of_a_match_are_shown_in_the_library() {
    let mut harness = window(with_copies(made_up::matched()));
    let name = "Match 1: kick_00.wav, 3.0 of 64 bits differ on average; and 1 copy";
    harness.get_by_label(name).click_secondary();
    harness.run();
    press(&mut harness, "Select it and its 1 copy");
    let selected: Vec<i64> = harness.state().files.selected.iter().map(|file| file.0).collect();
    assert_eq!(selected, [1, 2]);
}

fn missing(state: State) -> State {
    changed(state, |latest| {
        let away = OnDisk::Away("/sounds is not there".into());
        latest.on_disk = Arc::new([(FileId(2), OnDisk::Missing), (FileId(3), away)].into());
    })
}

#[test]
fn missing_files_are_found_again_after_a_count() {
    let mut harness = window(missing(made_up::ready()));
    press(&mut harness, "2 missing");
    harness.get_by_label("2 files are missing: where are they now?");
    harness.run();
    harness.get_by_label("Folder where the files are now").type_text("/new");
    harness.run();
    press(&mut harness, "Look for them");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::FindMissing { folders }] if folders[0].as_os_str() == "/new"), "{asked:?}");
    let found = FoundAgain {
        from: "/sounds/kick/kick_00.wav".into(),
        to: "/new/kick_00.wav".into(),
        doubtful: false,
        joins: false,
        file: FileId(2),
        other: None,
        stamp: (0, 0),
    };
    let plan = Arc::new(RelinkPlan { missing: 2, found: vec![found] });
    answer(&mut harness, &asked[0], Outcome::MissingFound(plan.clone()));
    harness.get_by_label("1 of 2 missing files are there.");
    harness.get_by_label("kick_00.wav is now /new/kick_00.wav");
    press(&mut harness, "Use the new places of 1 file");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::Relink(asked)] if *asked == plan), "{asked:?}");
}

#[test]
fn missing_files_are_forgotten_only_on_request() {
    let mut harness = window(missing(made_up::ready()));
    press(&mut harness, "2 missing");
    press(&mut harness, "Forget 1 file that is gone");
    assert!(matches!(&commands(&mut harness)[..], [Command::ForgetMissing]));
}

#[test]
fn the_message_about_missing_files_opens_their_dialog() {
    let mut state = made_up::ready();
    let report = CheckReport { missing: vec!["/sounds/kick/kick_00.wav".into()], ..CheckReport::default() };
    state.apply(Event::Finished { job: JobId(5), outcome: Outcome::Checked(report) });
    let mut harness = window(missing(state));
    press(&mut harness, "Find them…");
    // The message's button was pressed, and the window does what it offers.
    harness.state_mut().do_deed(crate::gui::notices::Deed::FindFiles);
    assert_eq!(harness.state().modals.open, Some(Modal::Relink));
}

#[test]
fn patterns_are_looked_at_changed_and_kept() {
    let mut state = changed(made_up::ready(), |latest| latest.ignored = Arc::new(vec!["*_draft.wav".into()]));
    state.ask_what_is_left_out();
    let asked = submitted(&mut state);
    let mut harness = window(state);
    let left_out = vec![Problem { path: "/sounds/a_draft.wav".into(), reason: "*_draft.wav".into() }];
    let report = LeftOutReport { patterns: vec!["*_draft.wav".into()], left_out };
    answer(&mut harness, &asked[0], Outcome::LeftOut(report));
    harness.get_by_label("1 path is left out of the folders that you added");
    harness.get_by_label("/sounds/a_draft.wav  (*_draft.wav)");
    assert!(harness.get_by_label("Keep these patterns").accesskit_node().is_disabled(), "nothing has changed");
    harness.state_mut().modals.upkeep.patterns_typed = "*_draft.wav\nBackups/".into();
    harness.run();
    press(&mut harness, "Keep these patterns");
    let asked = commands(&mut harness);
    let expected = ["*_draft.wav", "Backups/"];
    assert!(
        matches!(&asked[..], [Command::SetIgnored { patterns }, Command::ListLeftOut] if patterns == &expected),
        "{asked:?}"
    );
}
