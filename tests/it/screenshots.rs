//! Makes the pictures in screenshots/ with the built program in a real window on a virtual screen, used with the mouse,
//! from an empty project to a search. `make screenshots` runs it.

use std::path::PathBuf;
use std::time::Duration;

use crate::screen::Screen;

/// Training and indexing the demo library take no longer than this, even on a busy machine.
const LEARNING: Duration = Duration::from_secs(900);

#[test]
#[ignore = "draws pictures; run by `make screenshots`"]
fn draw() {
    let out = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    std::fs::create_dir_all(&out).expect("the folder");
    let folder = tempfile::Builder::new().prefix("demo-").tempdir().expect("a folder");
    let screen = Screen::start("1280x800").expect("what `make screenshots` installs");
    let window = screen.open(&folder.path().join("project"), |_| ());
    // The pointer is moved away, so that no tool tip is in the picture.
    let picture = |name: &str| {
        screen.point((640, 790));
        screen.picture_at_rest(&out.join(name));
    };
    window.see("Try the demo library");
    picture("1-empty.png");

    window.click("Try the demo library");
    window.see("196 files added");
    // The message about this disappears by itself.
    window.until_gone("196 files added");
    picture("2-dataset.png");

    window.click("Start learning");
    window.click("Training");
    // A running training changes all the time. The picture is taken when the noise has grown to 0.1 of its 0.25.
    window.see_within(LEARNING, "noise 0.1");
    screen.point((640, 790));
    screen.picture(&out.join("3-training.png"));
    window.see_within(LEARNING, "Learned from 196 sounds");
    window.until_gone("Learned in");

    let key = |key: &str| screen.mouse(&["key", key]);
    key("ctrl+1");
    window.see("Map of 196");
    window.click("Find sounds like bass_03.wav");
    window.see("Match 2:");
    picture("4-search.png");
    key("ctrl+3");
    window.see("Bit 1 of");
    picture("5-bits.png");
    key("ctrl+1");
    window.click("Light theme");
    picture("6-light.png");
}
