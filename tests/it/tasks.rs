//! Some tasks of docs/tasks.md by keys alone: the built program on a virtual screen, found as a screen reader finds it.
//! `make screenshots` keeps the pictures of the steps in screenshots/tasks.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use soundalike::dataset::demo;

use crate::screen::{Screen, Window};
use crate::soundscape::{RATE, soundscape};
use crate::support::write_wav;
use crate::virtual_audio::VirtualAudio;

/// The kinds of the demo library's sounds that the tour uses.
const KINDS: [&str; 6] = ["bell", "bird", "flute", "hat", "kick", "snare"];

/// The length of the long recording, and the number of calls in it.
const SECS: f64 = 90.0;
const CALLS: usize = 10;

#[test]
#[ignore = "a busy machine can move the keyboard's focus; run by `make screenshots`, which keeps the pictures"]
fn sounds_are_added_found_and_marked_by_keys_alone() {
    let out = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots/tasks");
    tour(&out);
    for picture in std::fs::read_dir(&out).expect("the folder") {
        let path = picture.expect("a picture").path();
        // 256 colours are enough for a window, and take a third of the bytes.
        let status = Command::new("convert").arg(&path).args(["-colors", "256"]).arg(&path).status();
        assert!(status.expect("ImageMagick's convert").success());
    }
}

struct Tour<'a> {
    screen: &'a Screen,
    window: Window<'a>,
    out: PathBuf,
    sounds: PathBuf,
}

fn tour(out: &Path) {
    let Some(screen) = Screen::start("1280x800") else { return };
    let Some(audio) = VirtualAudio::start() else { return };
    std::fs::create_dir_all(out).expect("a folder");
    println!("pictures of each step: {}", out.display());
    let folder = tempfile::Builder::new().prefix("tour-").tempdir().expect("a folder");
    let sounds = folder.path().join("sounds");
    write_sounds(&sounds);
    // The pointer is never used. It is away from everything, so that no tooltip is in a picture.
    screen.point((3, 797));
    let window = screen.open(&folder.path().join("project"), |program| audio.environment(program));
    let tour = Tour { screen: &screen, window, out: out.to_owned(), sounds };
    tour.add_and_hear();
    tour.find_a_snare_like_this_one();
    tour.find_where_this_bird_calls_again();
    tour.keep_the_search();
    tour.tag_sounds();
}

/// Sounds of some kinds, one of them twice, and a long recording with calls.
fn write_sounds(sounds: &Path) {
    demo::write_demo_library(sounds, &mut |_, _| ControlFlow::Continue(())).expect("sounds");
    for kind in std::fs::read_dir(sounds).expect("kinds") {
        let path = kind.expect("a kind").path();
        if !KINDS.iter().any(|kind| path.ends_with(kind)) {
            std::fs::remove_dir_all(&path).expect("it was there");
        }
    }
    std::fs::create_dir(sounds.join("old")).expect("a folder");
    for name in ["kick_02.wav", "kick_05.wav"] {
        std::fs::copy(sounds.join("kick").join(name), sounds.join("old").join(name)).expect("a copy");
    }
    let recording = soundscape(5, SECS, CALLS, 20.0);
    let path = sounds.join("recorder").join("20260513_043000.WAV");
    write_wav(&path, RATE, recording.samples.iter().copied());
}

impl Tour<'_> {
    fn picture(&self, name: &str) {
        self.screen.picture_at_rest(&self.out.join(name));
    }

    /// Goes to the files by the filter, and selects the first that it leaves.
    fn filter_files(&self, text: &str, first: &str) {
        let window = &self.window;
        window.key("ctrl+f");
        window.until_focused("Filter the files");
        window.key("ctrl+a");
        window.type_text(text);
        window.see(first);
        window.key("Return");
        window.until_focused(first);
    }

    fn add_and_hear(&self) {
        let window = &self.window;
        window.see("Try the demo library");
        window.tab_to("Path to add");
        window.type_text(self.sounds.to_str().expect("UTF-8"));
        self.picture("01-type-a-path.png");
        window.key("Return");
        window.see("Base model, 87 sounds");
        window.see("Map of 87");
        window.until_gone("87 files added");
        self.filter_files("bird", "bird_00.wav");
        window.key("Return");
        for place in ["Match 1:", "Match 2:", "Match 3:"] {
            window.until_focused(place);
            if place != "Match 3:" {
                window.key("Down");
            }
        }
        self.picture("02-hear-what-is-alike.png");
    }

    fn find_a_snare_like_this_one(&self) {
        let window = &self.window;
        self.filter_files("snare", "snare_00.wav");
        window.keys(&["Down", "Down"]);
        window.until_focused("snare_02.wav");
        window.key("Return");
        window.see("Match 1: snare");
        window.until_focused("Match 1: snare");
        window.key("shift+space");
        // A favourite, by one letter.
        window.key("f");
        window.see("Remove the favourite mark of match 1");
        self.picture("03-a-snare-like-this-one.png");
    }

    fn find_where_this_bird_calls_again(&self) {
        let window = &self.window;
        self.filter_files("20260513", "20260513_043000.WAV");
        window.key("Return");
        window.until_focused("Match 1:");
        let call = soundscape(5, SECS, CALLS, 20.0).calls[2];
        for (field, secs) in [("Query from, in seconds", call.0), ("Query to, in seconds", call.1)] {
            window.go_to("shift+Tab", field);
            window.key("ctrl+a");
            window.type_text(&format!("{secs:.2}"));
        }
        window.tab_to("Everywhere");
        window.key("space");
        window.see("Where likeness ends");
        self.picture("04-where-it-calls-again.png");
        // The review goes on with each answer.
        window.key("ctrl+3");
        window.until_focused("Picture of Event 1:");
        window.see("Timeline of 20260513_043000.WAV");
        window.key("y");
        window.see("1 yes, 0 no");
        self.picture("05-answer-yes-or-no.png");
    }
    fn keep_the_search(&self) {
        let window = &self.window;
        window.key("ctrl+1");
        window.see("Where likeness ends");
        window.key("ctrl+s");
        window.until_focused("Name of the search");
        window.key("ctrl+a");
        window.type_text("bird calls");
        self.picture("06-keep-the-search.png");
        window.key("Return");
        window.see("Saved searches, 1");
        self.to_the_library("Saved searches");
        window.key("Right");
        window.key("Down");
        window.until_focused("Saved search bird calls");
        window.key("Return");
        window.see("Where likeness ends");
        self.picture("07-the-search-is-kept.png");
    }

    /// Goes to a line above the files.
    fn to_the_library(&self, line: &str) {
        let window = &self.window;
        window.key("ctrl+f");
        window.until_focused("Filter the files");
        window.go_to("Tab", "Favourites");
        window.go_to("Down", line);
    }

    fn tag_sounds(&self) {
        let window = &self.window;
        self.filter_files("kick", "kick_00.wav");
        for next in ["kick_01.wav", "kick_02.wav"] {
            window.key("shift+Down");
            window.until_focused(next);
        }
        window.key("t");
        window.see("Tags of 3 files");
        window.until_focused("New tag");
        window.type_text("dry");
        window.key("Return");
        window.see("Remove the tag dry");
        self.picture("08-tag-sounds.png");
        window.key("Escape");
        window.until_gone("Remove the tag dry");
        window.key("ctrl+f");
        window.until_focused("Filter the files");
        window.key("ctrl+a");
        window.type_text("tag:dry");
        window.see("3 of 87 files");
        window.key("Return");
        // The file that was selected last stays selected.
        window.until_focused("kick_02.wav");
        self.picture("09-find-sounds-by-tag.png");
    }
}
