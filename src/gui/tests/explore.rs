//! The map, the bits and the duplicates: by name, by key and by pointer.

mod bits;
mod duplicates;
mod map;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use self::bits::bits_page;
use self::duplicates::duplicates_page;
use self::map::map_page;
use super::made_up::{self, changed};
use super::pages::turn_to;
use super::panels::{commands, press, window};
use crate::dataset::FileId;
use crate::engine::{CodeOf, Command, DuplicatesBy, Event, JobId, NamedFile, Outcome};
use crate::gui::state::State;

/// Answers the last submitted command, which must be of this kind.
fn answer(harness: &mut Harness<'_, State>, is_it: fn(&Command) -> bool, outcome: Outcome) {
    let asked = made_up::all_submitted(harness.state_mut());
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
fn settings_have_sliders_and_a_stopped_training_can_be_dropped() {
    let mut harness = window(changed(made_up::ready(), |latest| latest.resumable = true));
    turn_to(&mut harness, "Training");
    commands(&mut harness);
    press(&mut harness, "More settings");
    harness.get_by_label("Share of sounds learned as if heard in a room.");
    let slider = harness.get_by_label("Noise, as a slider");
    slider.focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.run();
    press(&mut harness, "Start again");
    let asked = commands(&mut harness);
    let [Command::TrainModel { settings, resume: false, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert!(settings.sigma.is_some_and(|sigma| sigma > 0.25), "{:?}", settings.sigma);
    press(&mut harness, "Resume the stopped training");
    assert!(matches!(&commands(&mut harness)[..], [Command::TrainModel { resume: true, .. }]));
}

#[test]
fn the_menu_of_a_match_shows_it_on_the_map_and_shows_its_bits() {
    let open = |entry: &str| {
        let mut harness = window(made_up::matched());
        harness.state_mut().select_match(1);
        harness.key_press(Key::Menu);
        harness.run();
        harness.run();
        press(&mut harness, entry);
        harness.run();
        harness
    };
    let mut harness = open("Show on the map");
    harness.state_mut().map.asked.forget();
    harness.run();
    answer(&mut harness, |command| matches!(command, Command::DrawMap), Outcome::MapDrawn(map::map_report()));
    assert_eq!(harness.state().map.selected, Some(3), "as soon as there is a map");

    let mut harness = open("Look at its bits");
    let asked = commands(&mut harness);
    let of = CodeOf::Chunk { file: FileId(2), start_secs: 0.128 };
    assert!(
        asked.iter().any(|command| matches!(command, Command::LookAtCode { of: asked, .. } if *asked == of)),
        "{asked:?}"
    );
}
