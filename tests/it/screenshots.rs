//! Draws the pictures in screenshots/: the built program in a real window on a virtual screen, used with the mouse, from an
//! empty project to a search. Run by `make screenshots`.

use std::path::PathBuf;
use std::time::Duration;

use crate::screen::Screen;
use crate::virtual_audio::VirtualAudio;

/// Indexing the demo library, and half of a training on it, take no longer, even on a busy machine.
const LEARNING: Duration = Duration::from_secs(900);

/// Nothing is there.
const AWAY: (i32, i32) = (3, 797);

#[test]
#[ignore = "draws pictures; run by `make screenshots`"]
fn draw() {
    let out = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    std::fs::create_dir_all(&out).expect("the folder");
    let folder = tempfile::Builder::new().prefix("demo-").tempdir().expect("a folder");
    let screen = Screen::start("1280x800").expect("what `make screenshots` installs");
    // What plays is to be seen, too.
    let audio = VirtualAudio::start().expect("what `make screenshots` installs");
    let window = screen.open(&folder.path().join("project"), |program| audio.environment(program));
    // The pointer is out of the way, so that no tool tip is in a picture.
    let picture = |name: &str| {
        screen.point(AWAY);
        screen.picture_at_rest(&out.join(name));
    };
    window.see("Try the demo library");
    picture("1-empty.png");

    window.click("Try the demo library");
    // A base model answers as soon as the sounds are indexed.
    window.see_within(LEARNING, "Base model, 196 sounds");
    window.see_within(LEARNING, "Map of 196");
    // The message that says so goes by itself.
    window.until_gone("196 files added");
    picture("2-library.png");

    let key = |key: &str| screen.mouse(&["key", key]);
    window.click("Filter the files");
    screen.mouse(&["type", "bird"]);
    window.see("14 of 196 files");
    window.click("Find sounds like bird_03.wav");
    window.see("Match 2:");
    picture("3-search.png");
    window.click("Everywhere");
    window.see("Where likeness ends");
    key("y");
    window.see("1 yes, 0 no");
    picture("4-everywhere.png");

    window.click("Sounds");
    window.see("Match 3:");
    for name in ["Match 1:", "Match 2:", "Match 3:"] {
        screen.click(window.see(name).name());
        key("ctrl+d");
        window.see("Name of the collection");
        screen.mouse(&["type", "birds"]);
        key("Return");
        window.until_gone("Name of the collection");
    }
    window.click("Collections, 1");
    window.click("Collection birds, 3 sounds");
    window.see("Item 3:");
    window.until_gone("Put 1 item");
    picture("5-collection.png");
    key("ctrl+1");
    key("ctrl+4");
    window.see("Bit 1 of");
    picture("6-bits.png");
    key("ctrl+1");
    window.click("Light theme");
    picture("7-light.png");
    window.click("Dark theme");

    key("ctrl+6");
    window.click("Learn and index");
    // A picture of something that runs is taken at some moment of it: here, when the noise has grown to 0.1 of its 0.25.
    window.see_within(LEARNING, "noise 0.1");
    screen.point(AWAY);
    screen.picture(&out.join("8-training.png"));
}
