//! Clips: stretches cut from the originals, with the originals' rate, channels and depth.

use std::path::Path;
use std::process::Command as Program;
use std::sync::Arc;

use camino::Utf8PathBuf;
use soundalike::engine::formats::MatchFormat;
use soundalike::engine::{Clip, Command, Grouping, Outcome, Query};

use crate::support::{Bench, is_there, quick, tone, write_tones, write_wav};

fn text(path: &Path) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(path.to_owned()).expect("UTF-8")
}

fn clip(path: &Path, from_secs: f64, to_secs: f64) -> Clip {
    Clip { path: text(path), from_secs, to_secs: Some(to_secs) }
}

#[test]
fn a_clip_is_saved_and_never_over_a_sound() {
    let bench = Bench::new();
    let own = bench.path("sounds/own.wav");
    write_wav(&own, 8000, tone(8000, 300.0, 1.0));
    bench.add(&bench.path("sounds"));
    let out = text(&bench.path("clip.wav"));
    match bench.run(Command::SaveClip { clip: clip(&own, 0.25, 0.75), out: out.clone() }) {
        Ok(Outcome::Saved { out: saved }) => assert_eq!(saved, out),
        other => panic!("{other:?}"),
    }
    let (before, cut) = (std::fs::read(&own).expect("read"), std::fs::read(&out).expect("read"));
    assert_eq!(cut[44..], before[44 + 4000..44 + 12_000]);
    for over in [&own, &bench.path("sounds/../sounds/own.wav")] {
        let refused = bench.run(Command::SaveClip { clip: clip(&own, 0.0, 0.5), out: text(over) });
        assert!(refused.expect_err("a sound").contains("never writes to your sounds"));
    }
    assert_eq!(std::fs::read(&own).expect("read"), before);
}

#[test]
fn what_a_search_found_is_saved_in_every_form() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 8);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let path = text(&bench.path("tones/tone_02.wav"));
    let query = Query {
        path,
        from_secs: None,
        to_secs: None,
        k: 4,
        by: Grouping::Chunk,
        filter: Default::default(),
        basket: Default::default(),
    };
    let Ok(Outcome::Searched(report)) = bench.run(Command::Search(query)) else { panic!("an answer") };
    let report = Arc::new(report);
    for format in MatchFormat::ALL {
        let name = format.ending().map_or(format.name().to_owned(), |ending| format!("{}.{ending}", format.name()));
        let out = text(&bench.path(&name));
        let save = Command::SaveMatches { report: report.clone(), format, out: out.clone(), margin_secs: 0.0 };
        assert!(matches!(bench.run(save), Ok(Outcome::Saved { out: saved }) if saved == out), "{name}");
        match format {
            MatchFormat::Clips => assert_eq!(out.read_dir_utf8().expect("a folder").count(), 4),
            MatchFormat::Text(_) => {
                let written = std::fs::read_to_string(&out).expect("a file");
                assert!(report.matches.iter().all(|found| written.contains(found.path.file_name().unwrap_or("?"))));
            }
        }
    }
    // A file that was deleted meanwhile is reported, and the other clips are saved.
    std::fs::remove_file(&report.matches[0].path).expect("removed");
    let gone = report.matches.iter().filter(|found| found.path == report.matches[0].path).count();
    let out = text(&bench.path("rest"));
    let save =
        Command::SaveMatches { report: report.clone(), format: MatchFormat::Clips, out: out.clone(), margin_secs: 0.0 };
    let told = bench.run(save).expect_err("one is gone");
    assert!(told.starts_with(&format!("{gone} of 4 clips could not be cut; the first: ")), "{told}");
    assert_eq!(out.read_dir_utf8().expect("a folder").count(), 4 - gone);
}

/// For lossless formats, a clip has exactly the samples that another program cuts from the file.
#[test]
fn clips_agree_with_what_another_program_cuts() {
    if !is_there("ffmpeg", "-version") {
        return;
    }
    let bench = Bench::new();
    let source = "sine=f=440:r=44100:d=2,aformat=channel_layouts=stereo,volume=0.7";
    // The bits of a sample that a clip must have. 0 is floating point.
    let kinds: [(&str, &[&str], u16, &str); 8] = [
        ("16.flac", &["-c:a", "flac", "-sample_fmt", "s16"], 16, "s16le"),
        ("24.flac", &["-c:a", "flac", "-sample_fmt", "s32"], 24, "s24le"),
        ("16.aiff", &["-c:a", "pcm_s16be"], 16, "s16le"),
        ("24.aiff", &["-c:a", "pcm_s24be"], 24, "s24le"),
        ("8.aiff", &["-c:a", "pcm_s8"], 8, "u8"),
        ("16.m4a", &["-c:a", "alac", "-sample_fmt", "s16p"], 16, "s16le"),
        ("24.m4a", &["-c:a", "alac", "-sample_fmt", "s32p"], 24, "s24le"),
        ("lossy.ogg", &["-c:a", "libvorbis"], 0, "f32le"),
    ];
    for (name, how, bits, raw) in kinds {
        let path = bench.path(name);
        let mut make = Program::new("ffmpeg");
        make.args(["-v", "error", "-y", "-f", "lavfi", "-i", source]).args(how).arg(&path);
        if !make.status().is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: this ffmpeg cannot make {name}");
            continue;
        }
        let out = bench.path("clip.wav");
        bench.run(Command::SaveClip { clip: clip(&path, 0.5, 1.25), out: text(&out) }).expect("saved");
        let spec = hound::WavReader::open(&out).expect("a WAV file").spec();
        let float = spec.sample_format == hound::SampleFormat::Float;
        assert_eq!((spec.sample_rate, spec.channels), (44_100, 2), "{name}");
        assert_eq!(if float { 0 } else { spec.bits_per_sample }, bits, "{name}");
        let samples = |path: &Path, filter: &str| {
            let mut read = Program::new("ffmpeg");
            read.args(["-v", "error", "-i"]).arg(path).args(["-af", filter, "-f", raw, "-"]);
            let output = read.output().expect("it runs");
            assert!(output.status.success(), "{read:?}");
            output.stdout
        };
        let theirs = samples(&path, "atrim=start_sample=22050:end_sample=55125");
        let ours = samples(&out, "anull");
        assert_eq!(ours.len(), theirs.len(), "{name}");
        if bits > 0 {
            assert!(ours == theirs, "{name}: samples differ");
        }
    }
}
