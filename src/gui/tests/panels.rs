//! The panels, used by the names of their widgets, which screen readers also use.

use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::made_up::{self, changed, in_short, submitted};
use super::pages::turn_to;
use crate::dataset::FileId;
use crate::dataset::Problem;
use crate::engine::{Command, JobId, JobKind, JobStage, JobView};
use crate::gui::actions::Action;
use crate::gui::dialogs::Question;
use crate::gui::match_list::View;

use crate::gui::state::State;
use crate::gui::{keys, panels, theme};

pub fn window(state: State) -> Harness<'static, State> {
    let draw = |ui: &mut egui::Ui, state: &mut State| {
        keys::handle(ui.ctx(), state);
        panels::show(ui, state);
        panels::notices::show(ui.ctx(), &mut state.notices);
    };
    Harness::builder().with_size(vec2(1280.0, 800.0)).with_context_setup(theme::install).build_ui_state(draw, state)
}

pub fn press(harness: &mut Harness<'_, State>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

/// The page of training and indexing, without the measurement of codes.
fn learning_page(state: State) -> Harness<'static, State> {
    let mut harness = window(state);
    turn_to(&mut harness, "Training");
    commands(&mut harness);
    harness
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
    assert_eq!(asked, ["play /sounds/kick/kick_00.wav 0.00-end", "search /sounds/pad/pad_00.wav 0.00-end by file"]);
    harness.state_mut().search.run = Default::default();
    press(&mut harness, "bell_00.wav, 2.00 s");
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["search /sounds/bell/bell_00.wav 0.00-end by file", "play /sounds/bell/bell_00.wav 0.00-end"]);
}

#[test]
fn one_click_learns_and_indexes_with_the_chosen_preset() {
    let mut harness = learning_page(made_up::added());
    press(&mut harness, "Waveform");
    press(&mut harness, "128");
    press(&mut harness, "Learn and index");
    let Some(Command::TrainModel { settings, resume: false, then_index: true }) = commands(&mut harness).pop() else {
        panic!("no training was asked for")
    };
    assert_eq!((settings.preset, settings.bits), (Some(crate::model::Preset::Waveform), Some(128)));
}

#[test]
fn an_invalid_setting_is_refused_beside_its_field() {
    let mut harness = learning_page(made_up::added());
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
    press(&mut harness, "Dismiss this message");
    assert_eq!(said(&harness), 1);
}

#[test]
fn a_running_training_is_watched_finished_and_stopped() {
    let mut harness = learning_page(made_up::training());
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
fn a_collapsed_training_is_reported_and_a_stopped_one_can_be_resumed() {
    let mut harness = learning_page(changed(made_up::ready(), |latest| {
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
    let mut harness = learning_page(changed(made_up::ready(), |latest| {
        let mut index = (*made_up::index()).clone();
        index.missing_files = 12;
        latest.index = Some(index.into());
    }));
    press(&mut harness, "Index 12 new files");
    assert!(matches!(&commands(&mut harness)[..], [.., Command::BuildIndex]));
}

#[test]
fn an_import_shows_its_progress_and_can_be_stopped() {
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
    press(&mut harness, "1 problem");
    press(&mut harness, "Clear the problems");
    assert!(matches!(&commands(&mut harness)[..], [Command::ClearProblems]));
}

#[test]
fn a_match_plays_on_a_click_and_its_moments_unfold() {
    let mut harness = window(made_up::matched());
    harness.get_by_label_contains("2 sounds · among 42 codes");
    assert!(harness.query_by_label_contains("Match 3").is_none(), "the query is not among its matches");
    press(&mut harness, "Match 1: kick_00.wav, 3.0 of 64 bits differ on average");
    assert_eq!(
        in_short(&commands(&mut harness)),
        ["play /sounds/kick/kick_00.wav 0.00-end"],
        "a short file plays whole"
    );
    press(&mut harness, "Show the moments of match 1");
    let asked = commands(&mut harness);
    let [Command::Search(query)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(query.filter.among.as_deref(), Some(&vec![FileId(2)]));
    let state = harness.state_mut();
    state.submit(asked[0].clone());
    made_up::answer_search(state, JobId(91), &[5.0, 6.0]);
    harness.run();
    harness.get_by_label("Moment 1 of bell_00.wav: 0.00 to 0.26 s, 5 of 64 bits differ");
    harness.get_by_label("Match 2: pad_00.wav, 17.0 of 64 bits differ on average");
    press(&mut harness, "Fold the moments of match 1");
    assert!(harness.query_by_label_contains("Moment 1").is_none());
}

#[test]
fn the_window_remembers_that_moments_are_listed() {
    let mut harness = window(made_up::matched());
    press(&mut harness, "Moments");
    assert_eq!(in_short(&commands(&mut harness)), ["search /sounds/bell/bell_00.wav 0.00-end"]);
    assert_eq!(harness.state().search.view, View::Moments);
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
    assert_eq!(
        asked.last().map(String::as_str),
        Some("search /sounds/bell/bell_00.wav 0.50-1.00 by file"),
        "{asked:?}"
    );
    press(&mut harness, "all of it");
    assert_eq!(harness.state().search.region, None);
}

#[test]
fn the_window_says_what_a_drop_will_do() {
    for state in [made_up::empty(), made_up::added(), made_up::matched()] {
        let mut harness = window(state);
        assert!(harness.query_by_label_contains("Let go to add").is_none());
        harness.state_mut().shared.files_hover = true;
        harness.run();
        assert_eq!(harness.query_all_by_label_contains("Let go to add these sounds").count(), 1);
    }
}

#[test]
fn a_read_only_project_says_so_and_offers_no_change() {
    let mut harness = window(changed(made_up::matched(), |latest| {
        let mut project = (*latest.project).clone();
        project.read_only = Some("Another window has it open.".into());
        latest.project = project.into();
    }));
    harness.get_by_label_contains("Another window has it open.");
    for name in ["Add sounds", "Record"] {
        assert!(harness.get_by_label(name).accesskit_node().is_disabled(), "{name}");
    }
    press(&mut harness, "Match 1: kick_00.wav, 3.0 of 64 bits differ on average");
    assert_eq!(commands(&mut harness).len(), 1, "looking and listening still work");
    turn_to(&mut harness, "Training");
    assert!(harness.get_by_label("Learn and index").accesskit_node().is_disabled());
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
