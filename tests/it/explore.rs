//! The library as a whole: its map, its codes, its duplicates.

use std::sync::Arc;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use soundalike::engine::{
    CodeOf, CodeReport, Command, DistancesReport, DuplicatesBy, DuplicatesReport, MapReport, Outcome,
};

use crate::support::{Bench, quick, tone, write_tones, write_wav};
use crate::window::{Window, sound};

/// Twelve tones, a copy of the fourth at another level, and a silent file; trained and indexed.
fn bench() -> Bench {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 12);
    let copy = tone(8000, 110.0 * 2f64.powf(3.0 / 5.0), 0.9).map(|sample| 0.99 * sample);
    write_wav(&bench.path("tones/tone_03_again.wav"), 8000, copy);
    write_wav(&bench.path("tones/nothing.wav"), 8000, std::iter::repeat_n(0.0, 8000));
    bench.add(&bench.path("tones"));
    bench.train(quick());
    bench
}

fn map(bench: &Bench) -> Arc<MapReport> {
    match bench.run(Command::DrawMap) {
        Ok(Outcome::MapDrawn(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn code(bench: &Bench, of: CodeOf, k: usize) -> CodeReport {
    match bench.run(Command::LookAtCode { of, k }) {
        Ok(Outcome::CodeLookedAt(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn duplicates(bench: &Bench, within: u32, by: DuplicatesBy) -> Arc<DuplicatesReport> {
    match bench.run(Command::FindDuplicates { within, by }) {
        Ok(Outcome::DuplicatesFound(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn names(report: &DuplicatesReport, group: usize) -> Vec<&str> {
    let members = &report.groups[group].members;
    members.iter().map(|m| report.files[m.file as usize].path.file_name().expect("a name")).collect()
}

#[test]
fn a_map_is_drawn_once_and_kept_until_the_index_changes() {
    let bench = bench();
    let first = map(&bench);
    let silent = 8;
    let chunks = bench.engine.latest().index.as_ref().expect("an index").codes as usize;
    assert_eq!((first.chunks.len(), first.of), (first.dots.len(), first.dots.len()));
    assert!(first.of + silent >= chunks && first.of < chunks, "all but what is silent: {} of {chunks}", first.of);
    assert!(first.neighbours_kept > 0.5, "{}", first.neighbours_kept);

    let file = bench.path("project").join(format!("map-{}.dots", first.index_generation));
    let kept = std::fs::read(&file).expect("kept");
    let mut again = (*map(&bench)).clone();
    again.seconds = first.seconds;
    assert_eq!(again, *first);

    // A damaged map is drawn again, and is the same.
    std::fs::write(&file, &kept[..kept.len() / 2]).expect("written");
    assert_eq!(map(&bench).dots, first.dots);
    assert_eq!(std::fs::read(&file).expect("kept"), kept);

    // A file that is removed from the project disappears from the map. A new index gets a new map.
    let gone = first.files[first.chunks[0].file as usize].id;
    bench.run(Command::RemoveFiles { files: vec![gone] }).expect("removed");
    let fewer = map(&bench);
    assert!(fewer.dots.len() < first.dots.len() && fewer.files.iter().all(|file| file.id != gone));
    write_wav(&bench.path("more/more.wav"), 8000, tone(8000, 500.0, 0.7));
    bench.add(&bench.path("more"));
    bench.run(Command::BuildIndex).expect("indexed");
    assert!(!file.exists(), "it went with its index");
    let third = map(&bench);
    assert!(third.index_generation > first.index_generation);
    assert!(third.files.iter().any(|file| file.path.ends_with("more.wav")));
}

#[test]
fn a_code_is_looked_up_by_chunk_by_sound_and_by_its_bits() {
    let bench = bench();
    let files = bench.engine.latest().dataset.clone();
    let file = files.files.iter().find(|file| file.path.ends_with("tone_05.wav")).expect("a tone").clone();
    let of_chunk = code(&bench, CodeOf::Chunk { file: file.id, start_secs: 0.0 }, 5);
    assert_eq!((of_chunk.bits, of_chunk.near.len(), of_chunk.balance.len()), (32, 5, 32));
    assert!(of_chunk.held_by >= 1);
    assert_eq!(of_chunk.near[0].1, 0);
    assert!(of_chunk.near.is_sorted_by_key(|near| near.1));
    assert!(of_chunk.balance.iter().all(|share| (0.0..=1.0).contains(share)));

    let of_sound = code(&bench, CodeOf::Sound { path: file.path.clone(), from_secs: 0.0 }, 1);
    assert_eq!(of_sound.code, of_chunk.code, "what the encoder says now is what the index has");

    let flipped = vec![of_chunk.code[0] ^ 0b1001];
    let at = code(&bench, CodeOf::Code(flipped.clone()), 3);
    assert_eq!((&at.code, at.near.len()), (&flipped, 3));
    let nearest = at.near[0].1;
    assert!(nearest <= 2, "the sound itself is two bits away: {nearest}");

    let gone = bench.run(Command::LookAtCode { of: CodeOf::Chunk { file: file.id, start_secs: 99.0 }, k: 1 });
    assert!(gone.expect_err("no such chunk").contains("build the index again"));
    for code in [vec![0, 0], vec![1 << 40]] {
        let other = bench.run(Command::LookAtCode { of: CodeOf::Code(code.clone()), k: 1 });
        assert!(other.expect_err("another width").contains("belongs to another model"));
        assert!(bench.run(Command::DecodeCode { code }).is_err());
    }
}

#[test]
fn the_decoder_plays_any_code() {
    let bench = bench();
    let mut heard = Vec::new();
    for code in [vec![0x1234_5678], vec![0x1234_5679], vec![0x1234_5678]] {
        let Ok(Outcome::CodeDecoded(decoded)) = bench.run(Command::DecodeCode { code: code.clone() }) else {
            panic!("it was not decoded")
        };
        assert_eq!(decoded.code, code);
        let wav = hound::WavReader::open(&decoded.path).expect("a WAV file");
        assert_eq!((wav.spec().sample_rate, wav.duration() > 1000), (8000, true));
        heard.push(decoded.path);
    }
    assert_eq!(heard[0], heard[2]);
    assert_ne!(std::fs::read(&heard[0]).expect("read"), std::fs::read(&heard[1]).expect("read"));
    drop(bench);
    assert!(!heard[0].exists(), "nobody keeps it");
}

#[test]
fn duplicates_are_found_by_moments_and_by_whole_files() {
    let bench = bench();
    let whole = duplicates(&bench, 2, DuplicatesBy::File);
    let copies = (0..whole.groups.len()).map(|group| names(&whole, group));
    let copies: Vec<Vec<&str>> = copies.filter(|names| names.contains(&"tone_03.wav")).collect();
    assert!(copies.len() == 1 && copies[0].contains(&"tone_03_again.wav"), "{copies:?}");
    assert!(whole.silence.is_none());

    let moments = duplicates(&bench, 0, DuplicatesBy::Chunk);
    let silence = moments.silence.as_ref().expect("a silent file");
    assert!(silence.members.iter().any(|m| moments.files[m.file as usize].path.ends_with("nothing.wav")));
    assert!(moments.groups.iter().all(|group| group.members.len() > 1));
    assert!(moments.groups.is_sorted_by_key(|group| std::cmp::Reverse((group.files, group.members.len()))));
    for group in &moments.groups {
        assert!(group.members.iter().all(|member| member.distance == 0), "{group:?}");
        for pair in group.members.windows(2).filter(|pair| pair[0].file == pair[1].file) {
            assert!(pair[0].end_secs < pair[1].start_secs, "what overlaps is one member: {pair:?}");
        }
    }
    let more = duplicates(&bench, 4, DuplicatesBy::Chunk);
    let members = |report: &DuplicatesReport| {
        report.groups.iter().map(|g| g.members.iter().map(|m| m.chunks).sum::<u32>()).sum::<u32>()
    };
    assert!(members(&more) >= members(&moments), "a larger distance joins more");

    let gone: Vec<_> = whole.groups[0].members[1..].iter().map(|m| whole.files[m.file as usize].id).collect();
    bench.run(Command::RemoveFiles { files: gone.clone() }).expect("removed");
    let left = duplicates(&bench, 2, DuplicatesBy::File);
    assert!(left.files.iter().all(|file| !gone.contains(&file.id)));
}

#[test]
fn distances_of_random_and_of_nearest_pairs_are_counted() {
    let bench = bench();
    let Ok(Outcome::DistancesMeasured(report)) = bench.run(Command::MeasureDistances) else {
        panic!("nothing was measured")
    };
    assert_eq!((report.random.len(), report.nearest.len()), (33, 33));
    assert_eq!(report.balance.len(), 32);
    let counted = |counts: &[u32]| counts.iter().sum::<u32>() as usize;
    assert_eq!((counted(&report.random), counted(&report.nearest)), (report.sampled, report.sampled));
    let median = |counts: &[u32]| DistancesReport::median(counts).expect("some were counted");
    assert!(median(&report.nearest) <= median(&report.random));
}

#[test]
fn without_an_index_each_says_what_comes_first() {
    let bench = Bench::new();
    let commands = [
        Command::DrawMap,
        Command::LookAtCode { of: CodeOf::Code(vec![0]), k: 1 },
        Command::DecodeCode { code: vec![0] },
        Command::FindDuplicates { within: 1, by: DuplicatesBy::Chunk },
        Command::MeasureDistances,
    ];
    for command in commands {
        let said = format!("{command:?}");
        let why = bench.run(command).expect_err(&said);
        let comes_first = ["add files or the demo library first", "train one first"];
        assert!(comes_first.iter().any(|first| why.contains(first)), "{said}: {why}");
    }
}

#[test]
fn duplicates_by_command_as_text_and_as_json() {
    let bench = bench();
    let project = bench.path("project");
    let _folder = bench.close();
    let run = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_soundalike"));
        let output = command.args(arguments).arg("--project").arg(&project).assert().success().get_output().clone();
        String::from_utf8(output.stdout).expect("text")
    };
    let text = run(&["duplicates", "--within", "2", "--by", "file"]);
    assert!(text.contains("tone_03_again.wav") && text.contains("within 2 of 32 bits"), "{text}");
    let object: serde_json::Value =
        serde_json::from_str(&run(&["duplicates", "--within", "1", "--json"])).expect("one JSON object");
    assert_eq!((&object["within"], &object["by"], &object["bits"]), (&1.into(), &"chunk".into(), &32.into()));
    assert!(object["silent_chunks"].as_u64() > Some(0), "{object}");
    let member = &object["groups"][0]["members"][0];
    for key in ["start_seconds", "end_seconds", "chunks", "distance"] {
        assert!(member[key].is_number(), "{key} in {object}");
    }
    assert!(member["path"].as_str().is_some_and(|path| path.starts_with('/')), "{member}");
}

#[test]
fn the_window_shows_the_library_as_map_bits_and_duplicates() {
    let bench = bench();
    let project = bench.path("project");
    let _folder = bench.close();
    let mut window = Window::open(&project, sound());
    let turn_to = |window: &mut Window, key| {
        window.harness.key_press_modifiers(Modifiers::COMMAND, key);
        window.harness.step();
    };
    let plays = |window: &mut Window, what: &str, name: &'static str| {
        window.until(what, |harness| {
            let player = &harness.state().state().shared.latest.player;
            player.playing && player.path.as_ref().is_some_and(|path| path.as_str().contains(name))
        });
        let peak = window.audio.pull(4000).iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!(peak > 0.01, "{what}: {peak}");
    };
    window.see("Training");
    turn_to(&mut window, Key::Num2);
    window.see("of neighbours kept");
    window.press("List of the sounds in view");
    window.see("Dot 1: tone_00.wav");
    window.harness.get_by_label_contains("Dot 1: tone_00.wav").click_accesskit();
    window.harness.step();
    window.harness.step();
    plays(&mut window, "a dot", "tone_00.wav");
    window.until("its matches, all marked on the map", |harness| {
        let state = harness.state().state();
        let matches = state.search.matches();
        !matches.is_empty() && matches.iter().all(|found| state.map.dot_of_match(found).is_some())
    });

    turn_to(&mut window, Key::Num4);
    window.see("The code of tone_00.wav");
    window.press("Bit 3 of 32");
    window.see("with 1 bit flipped");
    window.press("Hear the decoder");
    plays(&mut window, "the decoder's sound", "decoded");
    window.see("This is the decoder's sound of the flipped code");

    turn_to(&mut window, Key::Num5);
    window.press("Nearly equal");
    window.press("Whole files");
    // The groups of moments stay on the screen until the groups of files are found.
    window.until("groups of whole files, of which silence is none", |harness| {
        let shows = |label| harness.query_all_by_label_contains(label).next().is_some();
        shows("other file") && !shows("Silence")
    });
}
