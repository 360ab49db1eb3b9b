//! The panels, driven by the names of what is in them: what a screen reader says is what these tests look for.

use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::made_up::{self, changed, in_short, submitted};
use crate::dataset::Problem;
use crate::engine::{Command, JobId, JobKind, JobStage, JobView};
use crate::gui::dialogs::Question;
use crate::gui::state::{Action, Modal, State};
use crate::gui::{keys, panels, theme};

pub fn window(state: State) -> Harness<'static, State> {
    let draw = |ui: &mut egui::Ui, state: &mut State| {
        keys::handle(ui.ctx(), state);
        panels::show(ui, state);
    };
    Harness::builder().with_size(vec2(1280.0, 800.0)).with_context_setup(theme::install).build_ui_state(draw, state)
}

pub fn press(harness: &mut Harness<'_, State>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

pub fn commands(harness: &mut Harness<'_, State>) -> Vec<Command> {
    submitted(harness.state_mut())
}

#[test]
fn a_new_project_offers_sounds_or_the_demo() {
    let mut harness = window(made_up::empty());
    assert!(harness.query_by_label("Training").is_none(), "nothing distracts from the first step");
    press(&mut harness, "Try the demo library");
    assert!(matches!(&commands(&mut harness)[..], [Command::AddDemo]));
    press(&mut harness, "Add a folder…");
    let actions = harness.state_mut().take_actions();
    assert!(matches!(&actions[..], [Action::Ask(Question::FolderToAdd)]));
    let field = harness.get_by_label("Path to add");
    field.focus();
    field.type_text("/sounds");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(matches!(&commands(&mut harness)[..], [Command::AddPaths { paths }] if paths[0].ends_with("sounds")));
}

#[test]
fn files_are_listed_selected_played_searched_and_removed() {
    let mut harness = window(made_up::ready());
    harness.get_by_label("3 files · 6.00 s · 42 chunks");
    press(&mut harness, "Play kick_00.wav");
    press(&mut harness, "Find sounds like pad_00.wav");
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/kick/kick_00.wav 0.00-end", "search /sounds/pad/pad_00.wav 0.00-end"]);
    press(&mut harness, "bell_00.wav, 2.00 s");
    press(&mut harness, "Remove 1");
    assert!(matches!(&commands(&mut harness)[..], [Command::RemoveFiles { files }] if files.len() == 1));
}

#[test]
fn one_click_learns_and_indexes_with_the_chosen_preset() {
    let mut harness = window(made_up::added());
    press(&mut harness, "Waveform");
    press(&mut harness, "128");
    press(&mut harness, "Learn and index");
    let Some(Command::TrainModel { settings, resume: false, then_index: true }) = commands(&mut harness).pop() else {
        panic!("no training was asked for")
    };
    assert_eq!((settings.preset, settings.bits), (Some(crate::model::Preset::Waveform), Some(128)));
}

#[test]
fn a_setting_that_cannot_be_is_refused_beside_its_field() {
    let mut harness = window(made_up::added());
    press(&mut harness, "More settings");
    let field = harness.get_by_label("Steps");
    field.focus();
    field.type_text("lots");
    harness.run();
    press(&mut harness, "Learn and index");
    assert!(commands(&mut harness).is_empty());
    let said =
        |harness: &Harness<'_, State>| harness.query_all_by_label_contains("Steps has to be a whole number").count();
    assert_eq!(said(&harness), 2, "beside the field, and why nothing was begun");
    press(&mut harness, "Dismiss this problem");
    assert_eq!(said(&harness), 1);
}

#[test]
fn a_running_training_is_watched_finished_and_stopped() {
    let mut harness = window(made_up::training());
    harness.get_by_label("64 of 64 bits tell sounds apart");
    harness.get_by_label("Step 299 of 1,500");
    harness.get_by_label("50 s left");
    harness.get_by_label("loss 2.00");
    press(&mut harness, "Finish now");
    assert!(matches!(&commands(&mut harness)[..], [Command::FinishTrainingNow]));
    press(&mut harness, "Stop training");
    assert!(matches!(&harness.state_mut().take_actions()[..], [Action::Cancel(JobId(70))]));
}

#[test]
fn a_collapsed_run_is_said_in_words_and_a_stopped_one_can_be_resumed() {
    let mut harness = window(changed(made_up::ready(), |latest| {
        let mut model = (*made_up::model()).clone();
        model.collapsed = Some("Every sound has the same code.".into());
        latest.model = Some(model.into());
        latest.resumable = true;
    }));
    harness.get_by_label("Every sound has the same code.");
    press(&mut harness, "Resume the stopped training");
    assert!(matches!(&commands(&mut harness)[..], [Command::TrainModel { resume: true, .. }]));
}

#[test]
fn new_files_are_indexed_on_request() {
    let mut harness = window(changed(made_up::ready(), |latest| {
        let mut index = (*made_up::index()).clone();
        index.missing_files = 12;
        latest.index = Some(index.into());
    }));
    press(&mut harness, "Index 12 new files");
    assert!(matches!(&commands(&mut harness)[..], [Command::BuildIndex]));
}

#[test]
fn an_import_shows_how_far_it_is_and_can_be_stopped() {
    let mut harness = window(changed(made_up::added(), |latest| {
        let view = JobView {
            stage: JobStage::ReadingFiles,
            done: 40,
            total: 200,
            running_secs: 1.0,
            secs_left: Some(4.0),
            kind: JobKind::Import,
        };
        latest.jobs.insert(JobId(5), view);
    }));
    harness.get_by_label("40 of 200, 40 a second");
    press(&mut harness, "Stop adding");
    assert!(matches!(&harness.state_mut().take_actions()[..], [Action::Cancel(JobId(5))]));
}

#[test]
fn problems_stand_in_place_and_can_be_cleared() {
    let mut harness = window(changed(made_up::added(), |latest| {
        let mut dataset = (*latest.dataset).clone();
        dataset.problems = vec![Problem { path: "/notes.txt".into(), reason: "no sound file".into() }];
        latest.dataset = dataset.into();
    }));
    press(&mut harness, "Clear the problems");
    assert!(matches!(&commands(&mut harness)[..], [Command::ClearProblems]));
}

#[test]
fn a_match_plays_on_a_click_and_leads_on() {
    let mut harness = window(made_up::matched());
    harness.get_by_label("3 matches");
    press(&mut harness, "Match 2: kick_00.wav, 3 of 64 bits differ");
    press(&mut harness, "Find sounds like match 3");
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/kick/kick_00.wav 0.13-0.38", "search /sounds/pad/pad_00.wav 0.26-0.51"]);
}

#[test]
fn whole_files_are_ranked_on_request() {
    let mut harness = window(made_up::matched());
    press(&mut harness, "Files");
    assert_eq!(in_short(&commands(&mut harness)), ["search /sounds/bell/bell_00.wav 0.00-end by file"]);
}

#[test]
fn a_part_of_the_query_is_chosen_by_dragging() {
    let mut harness = window(made_up::matched());
    let picture = harness.get_by_label_contains("Picture of the query").rect();
    let at = |share: f32| picture.left_center() + vec2(share * picture.width(), 0.0);
    harness.drag_at(at(0.25));
    harness.run();
    harness.hover_at(at(0.5));
    harness.run();
    harness.drop_at(at(0.5));
    harness.run();
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked.last().map(String::as_str), Some("search /sounds/bell/bell_00.wav 0.50-1.00"), "{asked:?}");
    press(&mut harness, "all of it");
    assert_eq!(harness.state().search.region, None);
}

#[test]
fn the_keys_do_what_their_list_says() {
    let mut harness = window(made_up::matched());
    for key in [Key::ArrowDown, Key::Space, Key::Enter, Key::R, Key::L] {
        harness.key_press(key);
        harness.run();
    }
    let asked = in_short(&commands(&mut harness));
    let expected = [
        "play /sounds/kick/kick_00.wav 0.13-0.38",
        "play /sounds/kick/kick_00.wav 0.13-0.38",
        "search /sounds/kick/kick_00.wav 0.13-0.38",
        "StartRecording { stop_when: StopWhen { after_secs: None, quiet: false } }",
        "LoopPlayer(true)",
    ];
    assert_eq!(asked, expected);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::O);
    harness.run();
    assert!(matches!(&harness.state_mut().take_actions()[..], [Action::Ask(Question::FilesToAdd)]));
    harness.key_press(Key::Questionmark);
    harness.run();
    assert_eq!(harness.state().modal, Some(Modal::Keys));
    harness.get_by_label("play again and again");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().modal, None);
}

#[test]
fn letters_are_letters_while_typing() {
    let mut harness = window(made_up::matched());
    harness.get_by_label("Path to search for").focus();
    harness.run();
    for key in [Key::R, Key::L, Key::Space, Key::ArrowDown] {
        harness.key_press(key);
        harness.run();
    }
    assert!(commands(&mut harness).is_empty());
}

#[test]
fn tab_reaches_a_row_and_the_arrows_then_move_through_the_list() {
    let mut harness = window(made_up::matched());
    harness.get_by_label_contains("Match 1:").focus();
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(harness.state().search.selected, Some(1));
    assert!(harness.get_by_label_contains("Match 2:").is_focused());
}

#[test]
fn a_dropped_file_is_searched_for_or_added_as_asked() {
    let mut state = made_up::ready();
    state.modal = Some(Modal::Dropped("/new.wav".into()));
    let mut harness = window(state);
    press(&mut harness, "Search for it");
    assert_eq!(in_short(&commands(&mut harness)), ["search /new.wav 0.00-end"]);
    harness.state_mut().modal = Some(Modal::Dropped("/new.wav".into()));
    harness.run();
    press(&mut harness, "Add it");
    assert!(matches!(&commands(&mut harness)[..], [Command::AddPaths { .. }]));
}

#[test]
fn a_read_only_project_says_so_and_offers_no_change() {
    let mut harness = window(changed(made_up::matched(), |latest| {
        let mut project = (*latest.project).clone();
        project.read_only = Some("Another window has it open.".into());
        latest.project = project.into();
    }));
    harness.get_by_label_contains("Another window has it open.");
    for name in ["Add files…", "Learn and index", "Record"] {
        assert!(harness.get_by_label(name).accesskit_node().is_disabled(), "{name}");
    }
    press(&mut harness, "Match 1: bell_00.wav, 0 of 64 bits differ; the query itself");
    assert_eq!(commands(&mut harness).len(), 1, "looking and listening still work");
}

#[test]
fn an_idle_window_asks_for_no_further_frame() {
    for state in [made_up::empty(), made_up::added(), made_up::training(), made_up::matched()] {
        let mut harness = window(state);
        harness.run();
        harness.step();
        let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert_eq!(delay, std::time::Duration::MAX);
    }
}
