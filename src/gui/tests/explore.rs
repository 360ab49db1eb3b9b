//! The map, the bits and the duplicates: by name, by key and by pointer.

use egui::{Key, Role, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

use super::made_up::{self, changed, in_short, submitted};
use super::pages::turn_to;
use super::panels::{commands, press, window};
use crate::dataset::FileId;
use crate::engine::{
    ChunkPlace, CodeOf, CodeReport, Command, DatasetView, DecodedCode, DistancesReport, Duplicate, DuplicateGroup,
    DuplicatesBy, DuplicatesReport, Event, JobId, JobKind, JobView, MapChunk, MapReport, NamedFile, Outcome,
};
use crate::gui::explore::map::{DWELL_SECS, View};
use crate::gui::state::{Action, List, Page, State};
use crate::map::Dots;

/// Answers the last of the commands that were asked for, which must be of this kind.
fn answer(harness: &mut Harness<'_, State>, is_it: fn(&Command) -> bool, outcome: Outcome) {
    let asked = commands(harness);
    let Some(command) = asked.iter().find(|command| is_it(command)) else { panic!("not asked for: {asked:?}") };
    finish(harness, command, outcome);
}

fn finish(harness: &mut Harness<'_, State>, command: &Command, outcome: Outcome) {
    let job = JobId(900);
    let state = harness.state_mut();
    state.submitted(job, command);
    state.apply(Event::Finished { job, outcome });
    harness.run();
}

fn files() -> Vec<NamedFile> {
    let names = ["/sounds/bell/bell_00.wav", "/sounds/kick/kick_00.wav", "/sounds/pad/pad_00.wav"];
    names.iter().zip(1..).map(|(path, id)| NamedFile { id: FileId(id), path: (*path).into() }).collect()
}

/// A cross of five dots: two of the bell, two of the kick, and the pad on the right.
fn map_report() -> Arc<MapReport> {
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
        of: 5,
        neighbours_kept: 0.75,
        seconds: 0.1,
    })
}

/// The map page with a map; what was asked for until then is forgotten.
fn map_page(state: State) -> Harness<'static, State> {
    let mut harness = window(state);
    turn_to(&mut harness, "Map");
    answer(&mut harness, |command| matches!(command, Command::DrawMap), Outcome::MapDrawn(map_report()));
    submitted(harness.state_mut());
    harness
}

/// Where a dot is on the screen.
fn at_dot(harness: &Harness<'_, State>, dot: usize) -> egui::Pos2 {
    let rect = harness.get_by_role(Role::Canvas).rect();
    let map = &harness.state().explore.map;
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
fn the_map_is_asked_for_once_shows_how_far_it_is_and_can_be_stopped() {
    let mut harness = window(made_up::ready());
    turn_to(&mut harness, "Map");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::DrawMap]), "{asked:?}");
    harness.state_mut().submitted(JobId(7), &asked[0]);
    let view = JobView { stage: "laying out".into(), done: 30, total: 200, ..JobView::waiting(JobKind::Map) };
    let mut latest = harness.state().latest.clone();
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
    let mut harness = window(made_up::ready());
    turn_to(&mut harness, "Map");
    let asked = commands(&mut harness);
    harness.state_mut().submitted(JobId(7), &asked[0]);
    harness.state_mut().apply(Event::Failed { job: JobId(7), message: "the index is damaged; build it anew".into() });
    harness.run();
    assert!(harness.query_all_by_label_contains("The index is damaged").next().is_some());
    press(&mut harness, "Dismiss this problem");
}

#[test]
fn a_dot_is_played_by_resting_on_it_and_searched_for_by_a_click() {
    let mut harness = map_page(made_up::ready());
    let at = at_dot(&harness, 4);
    hover(&mut harness, at);
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/pad/pad_00.wav 0.00-0.26"]);
    harness.state_mut().explore.map.hover_plays = false;
    let at = at_dot(&harness, 3);
    hover(&mut harness, at);
    assert!(commands(&mut harness).is_empty(), "switched off");
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/kick/kick_00.wav 0.13-0.38", "search /sounds/kick/kick_00.wav 0.13-0.38"]);
    assert_eq!(harness.state().page, Page::Map, "its matches are marked on the map");
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
        assert_eq!(harness.state().explore.map.selected, Some(selected), "{key:?}");
    }
    assert_eq!(commands(&mut harness).len(), 5, "each is played");
    harness.key_press(Key::Space);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/bell/bell_00.wav 0.00-0.26", "search /sounds/bell/bell_00.wav 0.00-0.26"]);
    // The same when the plane itself has the focus.
    harness.get_by_role(Role::Canvas).focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert_eq!(harness.state().explore.map.selected, Some(2));
}

#[test]
fn the_map_is_zoomed_and_moved_by_wheel_keys_buttons_and_drags() {
    let mut harness = map_page(made_up::ready());
    let scale = |harness: &Harness<'_, State>| harness.state().explore.map.view.map(|view| view.scale);
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

    let middle = harness.get_by_role(Role::Canvas).rect().center();
    let before = harness.state().explore.map.view.expect("a view").centre;
    harness.drag_at(middle);
    harness.run();
    harness.hover_at(middle + vec2(60.0, 0.0));
    harness.run();
    harness.drop_at(middle + vec2(60.0, 0.0));
    harness.run();
    assert!(harness.state().explore.map.view.expect("a view").centre[0] < before[0], "the map follows the hand");

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
fn colours_are_of_folders_or_files_and_one_of_them_can_be_looked_at() {
    let mut harness = map_page(made_up::ready());
    let kinds = harness.state().explore.map.kinds.clone();
    assert_eq!(kinds.of, [0, 0, 1, 1, 2], "the most common first");
    harness.get_by_role_and_label(Role::Button, "kick").click();
    harness.run();
    assert_eq!(harness.state().explore.map.only, Some(1));
    harness.get_by_role_and_label(Role::Button, "kick").click();
    harness.run();
    assert_eq!(harness.state().explore.map.only, None);
    press(&mut harness, "Single files");
    assert!(harness.state().explore.map.kinds.names.is_empty());
    press(&mut harness, "Folders");
    assert_eq!(harness.state().explore.map.kinds, kinds);
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
    assert_eq!(harness.state().explore.map.kinds.of, [10, 10, 0, 0, 10]);
}

#[test]
fn all_that_is_in_view_is_also_a_list() {
    let mut harness = map_page(made_up::matched());
    harness.get_by_label("5 chunks · 75% of neighbours kept · 2 of 3 matches marked");
    press(&mut harness, "List of the sounds in view");
    harness.run();
    harness.get_by_label("Dot 1: bell_00.wav, 0.00 to 0.26 s").click();
    harness.run();
    assert_eq!(harness.state().list, List::MapRows);
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /sounds/bell/bell_00.wav 0.00-0.26", "search /sounds/bell/bell_00.wav 0.00-0.26"]);
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert_eq!(harness.state().explore.map.selected, Some(1));
    for _ in 0..8 {
        harness.key_press(Key::Plus);
        harness.run();
    }
    assert!(harness.query_by_label_contains("Dot 5:").is_none(), "what is out of view leaves the list");
}

#[test]
fn a_new_index_has_its_codes_looked_up_anew() {
    let mut harness = bits_page();
    press(&mut harness, "Bit 1 of 64");
    let asked = commands(&mut harness);
    let mut state = std::mem::take(harness.state_mut());
    state.submitted(JobId(9), &asked[0]);
    state.apply(Event::Cancelled { job: JobId(9) });
    *harness.state_mut() = changed(state, |latest| {
        let mut index = (*made_up::index()).clone();
        index.generation = 2;
        latest.index = Some(index.into());
    });
    harness.run();
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Chunk { .. }, .. }]), "{asked:?}");
}

#[test]
fn a_new_index_has_its_map_drawn_anew() {
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

fn code_report(of: CodeOf, code: Vec<u64>) -> CodeReport {
    let near = |file: &NamedFile, distance| {
        (ChunkPlace { file: file.id, path: file.path.clone(), start_secs: 0.0, end_secs: 0.256 }, distance)
    };
    let near = files().iter().zip([0, 2, 5]).map(|(file, distance)| near(file, distance)).collect();
    CodeReport { of, bits: 64, code, held_by: 1, near, balance: Arc::new(vec![0.5; 64]) }
}

/// The bits page on the first match's code.
fn bits_page() -> Harness<'static, State> {
    let mut harness = window(made_up::matched());
    turn_to(&mut harness, "Bits");
    let of = CodeOf::Chunk { file: FileId(1), start_secs: 0.0 };
    let report = code_report(of, vec![0b101]);
    answer(&mut harness, |command| matches!(command, Command::LookAtCode { .. }), Outcome::CodeLookedAt(report));
    submitted(harness.state_mut());
    harness
}

#[test]
fn a_code_is_flipped_by_click_and_by_key_and_its_address_looked_up() {
    let mut harness = bits_page();
    harness.get_by_label("a000 0000 0000 0000");
    harness.get_by_label("1 sound has this code");
    press(&mut harness, "Bit 1 of 64");
    let asked = commands(&mut harness);
    let [Command::LookAtCode { of: CodeOf::Code(code), .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(code, &[0b100]);
    harness.get_by_label("bell_00.wav at 0:00.00, with 1 bit flipped");
    let mut report = code_report(CodeOf::Code(vec![0b100]), vec![0b100]);
    report.held_by = 0;
    finish(&mut harness, &asked[0], Outcome::CodeLookedAt(report));
    harness.get_by_label("No sound has this code. The nearest:");

    // The cell that was clicked is where the keys are.
    harness.get_by_label("Bit 1 of 64").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.run();
    assert!(harness.get_by_label("Bit 2 of 64").is_focused());
    harness.key_press(Key::Space);
    harness.run();
    assert_eq!(harness.state().explore.bits.code, [0b110]);
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert!(harness.state().explore.bits.cursor > 8, "a line further down");
    press(&mut harness, "Flip back");
    assert_eq!((harness.state().explore.bits.code.clone(), harness.state().explore.bits.flipped()), (vec![0b101], 0));
}

#[test]
fn the_decoder_is_heard_and_named_as_such() {
    let mut harness = bits_page();
    press(&mut harness, "Hear the decoder");
    let decoded = DecodedCode { code: vec![0b101], path: "/tmp/decoded a0.wav".into() };
    answer(&mut harness, |command| matches!(command, Command::DecodeCode { .. }), Outcome::CodeDecoded(decoded));
    assert_eq!(in_short(&commands(&mut harness)), ["play /tmp/decoded a0.wav 0.00-end"]);
    let state = std::mem::take(harness.state_mut());
    *harness.state_mut() = changed(state, |latest| {
        latest.player.playing = true;
        latest.player.path = Some("/tmp/decoded a0.wav".into());
    });
    harness.step();
    harness.get_by_label("This is the decoder's sound of the code, not a recording.");
    press_while_playing(&mut harness, "Hear the original");
    let asked = in_short(&commands(&mut harness));
    assert!(asked.contains(&"play /sounds/bell/bell_00.wav 0.00-0.26".to_owned()), "{asked:?}");
}

/// While something plays, the window draws by itself and never comes to rest.
fn press_while_playing(harness: &mut Harness<'_, State>, name: &str) {
    harness.get_by_label(name).click();
    harness.step();
    harness.step();
}

#[test]
fn who_has_a_like_code_is_played_looked_at_and_searched_for() {
    let mut harness = bits_page();
    press(&mut harness, "Near 2: kick_00.wav, 2 bits differ");
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Space);
    harness.run();
    let asked = in_short(&commands(&mut harness));
    let expected = ["kick/kick", "pad/pad", "pad/pad"].map(|name| format!("play /sounds/{name}_00.wav 0.00-0.26"));
    assert_eq!(asked, expected);
    press(&mut harness, "Look at the bits of near 2");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Chunk { file: FileId(2), .. }, .. }]), "{asked:?}");
    let of = CodeOf::Chunk { file: FileId(2), start_secs: 0.0 };
    finish(&mut harness, &asked[0], Outcome::CodeLookedAt(code_report(of, vec![7])));
    press(&mut harness, "Find sounds like near 3");
    assert_eq!(in_short(&commands(&mut harness)), ["search /sounds/pad/pad_00.wav 0.00-0.26"]);
    assert_eq!(harness.state().page, Page::Search);
}

#[test]
fn the_bits_are_those_of_what_was_selected_last_and_of_what_is_chosen() {
    let mut harness = bits_page();
    press(&mut harness, "The query");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Sound { .. }, .. }]), "{asked:?}");
    assert!(harness.get_by_label("The dot").accesskit_node().is_disabled(), "no dot is selected");
    assert!(harness.get_by_label("The file").accesskit_node().is_disabled(), "no file is selected");

    let mut harness = window(made_up::ready());
    turn_to(&mut harness, "Bits");
    harness.get_by_label("Whose bits?");
    press(&mut harness, "kick_00.wav, 2.00 s");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::LookAtCode { of: CodeOf::Chunk { file: FileId(2), .. }, .. }]), "{asked:?}");
    harness.get_by_label("Looking it up…");
}

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

fn duplicates_page(by: DuplicatesBy) -> Harness<'static, State> {
    let mut state = made_up::ready();
    state.explore.duplicates.by = by;
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
    assert!(harness.get_by_label("Remove 0 files from the project").accesskit_node().is_disabled());
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
fn of_whole_files_all_but_the_first_can_be_chosen_at_once() {
    let mut harness = duplicates_page(DuplicatesBy::File);
    press(&mut harness, "Choose all but the first");
    assert_eq!(harness.state().explore.duplicates.chosen.iter().copied().collect::<Vec<_>>(), [FileId(2)]);
}

#[test]
fn another_distance_overtakes_the_one_that_is_being_looked_for() {
    let mut harness = duplicates_page(DuplicatesBy::Chunk);
    press(&mut harness, "Whole files");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::FindDuplicates { by: DuplicatesBy::File, .. }]), "{asked:?}");
    harness.state_mut().submitted(JobId(5), &asked[0]);
    harness.state_mut().explore.duplicates.within = 4;
    harness.run();
    let actions = harness.state_mut().take_actions();
    assert!(matches!(actions.first(), Some(Action::Cancel(JobId(5)))), "{actions:?}");
    harness.state_mut().apply(Event::Cancelled { job: JobId(5) });
    harness.run();
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::FindDuplicates { within: 4, .. }]), "{asked:?}");
}

#[test]
fn no_duplicates_and_a_stopped_search_say_what_can_be_done() {
    let mut harness = duplicates_page(DuplicatesBy::Chunk);
    let mut none = (*duplicates_report(DuplicatesBy::Chunk)).clone();
    (none.groups, none.silence) = (Vec::new(), None);
    let command = Command::FindDuplicates { within: 2, by: DuplicatesBy::Chunk };
    finish(&mut harness, &command, Outcome::DuplicatesFound(none.into()));
    harness.get_by_label("No duplicates");

    let mut harness = window(made_up::ready());
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
fn distances_are_measured_for_who_looks_at_them() {
    let mut harness = window(made_up::ready());
    assert!(commands(&mut harness).is_empty());
    press(&mut harness, "How far codes are apart");
    harness.run();
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

#[test]
fn a_page_at_rest_asks_for_no_further_frame() {
    for mut harness in [map_page(made_up::matched()), bits_page(), duplicates_page(DuplicatesBy::Chunk)] {
        harness.run();
        harness.step();
        let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert_eq!(delay, std::time::Duration::MAX);
    }
}

#[test]
fn settings_are_slid_typed_and_explained_and_a_stopped_training_can_be_forgotten() {
    let mut harness = window(changed(made_up::ready(), |latest| latest.resumable = true));
    press(&mut harness, "More settings");
    harness.get_by_label("Share of sounds learned as if heard in a room.");
    let slider = harness.get_by_label("Noise, as a slider");
    slider.focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.run();
    press(&mut harness, "Start afresh");
    let asked = commands(&mut harness);
    let [Command::TrainModel { settings, resume: false, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert!(settings.sigma.is_some_and(|sigma| sigma > 2.0), "{:?}", settings.sigma);
    press(&mut harness, "Resume the stopped training");
    assert!(matches!(&commands(&mut harness)[..], [Command::TrainModel { resume: true, .. }]));
}
