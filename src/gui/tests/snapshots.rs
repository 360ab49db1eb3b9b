//! Compares pictures of the window's main states with those in `tests/snapshots`. `UPDATE_SNAPSHOTS=1 cargo test
//! snapshots` draws them again; look at them before you commit them.

use egui::{Theme, Vec2, vec2};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults, try_image_snapshot_options};

use super::made_up;
use super::rasteriser::Rasteriser;
use crate::gui::shared::Page;
use crate::gui::state::State;
use crate::gui::{panels, theme};

const WINDOW: Vec2 = vec2(1280.0, 800.0);
const NARROW: Vec2 = vec2(1024.0, 640.0);

fn drawn(state: State, size: Vec2, scale: f32, look: Theme) -> Harness<'static, State> {
    let builder = Harness::builder().with_size(size).with_pixels_per_point(scale).with_theme(look);
    let builder = builder.renderer(Rasteriser::default()).with_context_setup(theme::install);
    let mut harness = builder.build_ui_state(|ui: &mut egui::Ui, state: &mut State| panels::show(ui, state), state);
    harness.run();
    harness
}

/// The vector units of another processor may draw text slightly differently. A line or a word that has moved differs
/// more.
fn options() -> SnapshotOptions {
    SnapshotOptions::new().threshold(1.0).max_failed_pixels(3)
}

/// Compares each state with the snapshot of its name.
fn compare(states: impl IntoIterator<Item = (&'static str, State, Vec2, f32, Theme)>) {
    let mut results = SnapshotResults::new();
    for (name, state, size, scale, look) in states {
        let mut harness = drawn(state, size, scale, look);
        harness.snapshot_options(name, &options());
        results.extend_harness(&mut harness);
    }
}

fn at(page: Page) -> State {
    let mut state = made_up::matched();
    state.shared.page = page;
    state
}

#[test]
fn the_window_before_there_are_sounds() {
    compare([("empty", made_up::empty(), WINDOW, 1.0, Theme::Dark)]);
}

#[test]
fn the_window_with_sounds_that_nothing_was_learned_from() {
    compare([("added", made_up::added(), WINDOW, 1.0, Theme::Dark)]);
}

#[test]
fn the_window_while_training() {
    compare([("training", made_up::training(), WINDOW, 1.0, Theme::Dark)]);
}

#[test]
fn the_window_with_matches_dark_light_narrow_and_fine() {
    compare([
        ("matches", made_up::matched(), WINDOW, 1.0, Theme::Dark),
        ("matches_light", made_up::matched(), WINDOW, 1.0, Theme::Light),
        ("matches_narrow", made_up::matched(), NARROW, 1.0, Theme::Dark),
        ("matches_scale_2", made_up::matched(), NARROW, 2.0, Theme::Dark),
    ]);
}

#[test]
fn the_other_pages() {
    compare([
        ("map", at(Page::Map), WINDOW, 1.0, Theme::Dark),
        ("bits", at(Page::Bits), WINDOW, 1.0, Theme::Dark),
        ("duplicates", at(Page::Duplicates), WINDOW, 1.0, Theme::Dark),
        ("review", super::review::reviewed(), WINDOW, 1.0, Theme::Dark),
    ]);
}

#[test]
fn a_word_that_changed_is_beyond_the_tolerance() {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let options = options().output_path(folder.path());
    let mut before = drawn(made_up::ready(), WINDOW, 1.0, Theme::Dark);
    let before = before.render().expect("drawn");
    before.save(folder.path().join("word.png")).expect("saved");
    try_image_snapshot_options(&before, "word", &options).expect("the same picture");

    let changed = made_up::changed(made_up::ready(), |latest| {
        let mut files = latest.dataset.files.clone();
        files[0] = made_up::file(files[0].id.0, &files[0].path.as_str().replace("_00", "_01"));
        latest.dataset = made_up::dataset(files);
    });
    let after = drawn(changed, WINDOW, 1.0, Theme::Dark).render().expect("drawn");
    try_image_snapshot_options(&after, "word", &options).expect_err("one digit of a name");
}
