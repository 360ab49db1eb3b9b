//! The ten tasks of docs/tasks.md by keys alone: the built program on a virtual screen, found as a screen reader finds it.
//! `make screenshots` keeps the pictures of the steps in screenshots/tasks.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

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
fn ten_tasks_are_done_by_keys_alone() {
    tour(&PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tasks"));
}

#[test]
#[ignore = "draws pictures; run by `make screenshots`"]
fn draw() {
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
    folder: &'a Path,
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
    let tour = Tour { screen: &screen, window, out: out.to_owned(), sounds, folder: folder.path() };
    tour.add_and_hear();
    tour.find_a_snare_like_this_one();
    tour.find_where_this_bird_calls_again();
    tour.make_a_collection_and_export_it();
    tour.clean_up_duplicates();
    tour.tag_and_find_by_tag();
    tour.take_a_sound_to_another_program();
    tour.read_the_map_as_a_list();
    tour.find_files_again();
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
        window.keys(&["Return", "Down"]);
        window.see("Match 3:");
        window.keys(&["Down", "Down"]);
        window.until_focused("Match 3:");
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
        let calls = soundscape(5, SECS, CALLS, 20.0).calls;
        window.until_focused("Match 1:");
        choose_part(window, calls[2]);
        window.key("space");
        window.see("Where likeness ends");
        self.picture("04-where-it-calls-again.png");
        // The review shows each event, and goes on with each answer.
        window.key("ctrl+3");
        window.until_focused("Picture of Event 1:");
        window.see("Timeline of 20260513_043000.WAV");
        window.key("y");
        window.until_focused("Picture of Event 2:");
        window.keys(&["y", "y", "n"]);
        window.see("3 yes, 1 no");
        self.picture("05-answer-yes-or-no.png");
        window.key("ctrl+s");
        window.until_focused("Name of the search");
        window.type_text("trill at the pond");
        window.key("Return");
        window.until_gone("Name of the search");
        window.key("ctrl+1");
        window.see("trill at the pond");
    }

    fn make_a_collection_and_export_it(&self) {
        let window = &self.window;
        self.filter_files("bell", "bell_00.wav");
        window.keys(&["shift+Down", "shift+Down", "shift+Down"]);
        window.key("ctrl+d");
        window.until_focused("Name of the collection");
        window.type_text("bells for the intro");
        window.key("Return");
        window.until_gone("Name of the collection");
        window.key("ctrl+f");
        window.go_to("shift+Tab", "Saved searches");
        window.go_to("Up", "Collections");
        window.keys(&["Right", "Down", "Return"]);
        window.until_focused("Item 1:");
        window.keys(&["Down", "alt+Up"]);
        window.until_gone("Put 4 items");
        self.picture("06-a-collection-in-order.png");
        window.go_to("shift+Tab", "Export…");
        window.key("Return");
        window.tab_to("Path to save to");
        window.key("ctrl+a");
        let list = self.folder.join("intro.m3u8");
        window.type_text(list.to_str().expect("UTF-8"));
        self.picture("07-export-the-collection.png");
        window.key("Return");
        window.see("Saved as");
        let exported = std::fs::read_to_string(&list).expect("the playlist");
        let sounds: Vec<&str> = exported.lines().filter(|line| line.ends_with(".wav")).collect();
        assert!(sounds.len() == 4 && sounds[0].ends_with("bell_01.wav"), "{exported}");
    }

    fn clean_up_duplicates(&self) {
        let window = &self.window;
        window.key("ctrl+5");
        window.see("2 files to go, of 2 sounds");
        window.tab_to("Kept: ");
        window.key("Down");
        window.until_focused("Copy to go: ");
        self.picture("08-copies-to-go.png");
        window.go_to("shift+Tab", "Forget in the project…");
        window.key("Return");
        window.see("Take 2 files out of the project?");
        window.tab_to("Take them out");
        window.key("Return");
        window.see("No copies");
        window.key("ctrl+z");
        window.see("2 files to go, of 2 sounds");
        window.key("ctrl+1");
    }

    fn tag_and_find_by_tag(&self) {
        let window = &self.window;
        self.filter_files("hat", "hat_00.wav");
        window.keys(&["shift+Down", "shift+Down", "t"]);
        window.until_focused("New tag");
        window.type_text("crisp");
        window.key("Return");
        window.see("Remove the tag crisp");
        self.picture("09-tags.png");
        window.key("Escape");
        self.filter_files("tag:crisp", "hat_00.wav");
        window.see("3 of 87 files");
    }

    fn take_a_sound_to_another_program(&self) {
        let window = &self.window;
        window.key("Return");
        window.until_focused("Match 1:");
        window.key("shift+F10");
        window.until_focused("Play");
        self.picture("10-the-menu-of-a-match.png");
        window.go_to("Down", "Copy as file");
        window.key("Return");
        window.until_gone("Copy as file");
    }

    fn read_the_map_as_a_list(&self) {
        let window = &self.window;
        window.tab_to("List of the sounds in view");
        window.key("space");
        window.tab_to("Dot 1: ");
        window.keys(&["Down", "Down"]);
        window.until_focused("Dot 3: ");
        self.picture("11-the-map-as-a-list.png");
    }

    /// The folder moves while the program runs.
    fn find_files_again(&self) {
        let window = &self.window;
        let moved = self.folder.join("archive");
        std::fs::rename(&self.sounds, &moved).expect("it moves");
        // The program looks when the person comes back to its window.
        window.come_back();
        window.tab_to("87 files are away");
        window.key("Return");
        window.until_focused("Folder where the files are now");
        window.type_text(moved.to_str().expect("UTF-8"));
        window.key("Return");
        window.see("Use the new places of 87 files");
        self.picture("12-where-the-files-are-now.png");
        window.tab_to("Use the new places of 87 files");
        window.key("Return");
        window.until_gone("87 files are away");
        window.key("ctrl+z");
        window.see("87 files are away");
    }
}

/// Types where the part to search for begins and ends, and goes on to the button that finds it everywhere.
fn choose_part(window: &Window<'_>, (from, to): (f64, f64)) {
    for (field, secs) in [("Query from, in seconds", from), ("Query to, in seconds", to)] {
        window.go_to("shift+Tab", field);
        window.key("ctrl+a");
        window.type_text(&format!("{secs:.2}"));
    }
    window.tab_to("Everywhere");
}

/// A person finds and verifies 50 calls in a recording of three hours by keys alone. Prints how it went.
#[test]
#[ignore = "a measurement: it writes, indexes and searches three hours of sound"]
fn fifty_calls_in_three_hours() {
    const HOURS_SECS: f64 = 3.0 * 3600.0;
    let Some(screen) = Screen::start("1280x800") else { return };
    let Some(audio) = VirtualAudio::start() else { return };
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("three_hours");
    std::fs::create_dir_all(&out).expect("a folder");
    let folder = tempfile::Builder::new().prefix("hours-").tempdir().expect("a folder");
    let recording = soundscape(9, HOURS_SECS, 50, 10.0);
    let path = folder.path().join("20260513_043000.WAV");
    write_wav(&path, RATE, recording.samples.iter().copied());
    screen.point((3, 797));
    let window = screen.open(&folder.path().join("project"), |program| audio.environment(program));
    let began = Instant::now();
    let told = |what: &str| println!("{:>6.1} s: {what}", began.elapsed().as_secs_f64());
    window.see("Try the demo library");
    window.tab_to("Path to add");
    window.type_text(path.to_str().expect("UTF-8"));
    window.key("Return");
    window.see("Base model, 1 sound");
    told("it is added and indexed");
    window.key("ctrl+f");
    window.until_focused("Filter the files");
    window.key("Return");
    window.until_focused("20260513");
    window.key("Return");
    window.see("Query from, in seconds");
    told("the recording is the query");
    choose_part(&window, recording.calls[2]);
    window.key("space");
    window.see("Where likeness ends");
    told("every event is found");
    screen.picture_at_rest(&out.join("1-everywhere.png"));
    window.key("ctrl+3");
    window.until_focused("Picture of Event 1:");
    window.see("Timeline of 20260513");
    told("the review is open");
    screen.picture_at_rest(&out.join("2-review.png"));
    // The answers of a person who knows a call when it is heard.
    let is_call = |secs: f64| recording.calls.iter().any(|call| (call.0 - 0.6..call.1).contains(&secs));
    let (mut yes, mut no) = (0, 0);
    for number in 0..400 {
        let Some(event) = window.focused().filter(|name| name.starts_with("Picture of Event")) else { break };
        if event.contains("you said") {
            break;
        }
        let right = is_call(start_of(&event));
        if right {
            yes += 1
        } else {
            no += 1
        }
        window.key(if right { "y" } else { "n" });
        window.until(|| {
            window.focused().as_ref() != Some(&event) || window.has("Every event on this page has an answer.")
        });
        if number == 20 {
            screen.picture(&out.join("3-answering.png"));
        }
        if window.has("Every event on this page has an answer.") {
            break;
        }
    }
    told(&format!("{yes} yes and {no} no were said"));
    screen.picture_at_rest(&out.join("4-answered.png"));
    println!(
        "the page says: {:?}",
        window
            .names()
            .into_iter()
            .filter(|name| name.contains("answer") || name.contains("by chance"))
            .collect::<Vec<_>>()
    );
    assert!(yes >= 45, "{yes} of 50 calls were found");
}

/// The second at which an event begins, from its name: "Picture of Event 3: 1:02:31.84 of ...".
fn start_of(event: &str) -> f64 {
    let time = event.split(": ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a time");
    time.split(':').fold(0.0, |secs, part| 60.0 * secs + part.parse::<f64>().expect("a number"))
}
