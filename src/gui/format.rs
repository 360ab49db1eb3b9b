//! Numbers and paths in words for the panels.

use camino::Utf8Path;

use crate::aspects::Aspects;
use crate::dataset::scan::SOUND_ENDINGS;
use crate::dataset::{SoundFile, moment};

/// Up to this many markers of a file are named.
const MARKERS_NAMED: usize = 5;

/// 1234567 as 1,234,567.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things: "1 file", "1,234 files".
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A length of time: "0.26 s", "48 s", "3 min 05 s", "2 h 13 min".
pub fn duration(secs: f64) -> String {
    let secs = secs.max(0.0);
    if secs < 9.995 {
        return format!("{secs:.2} s");
    }
    let whole = secs.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", count(whole / 3600), whole % 3600 / 60),
    }
}

/// A length of time where there is little room: "0.26 s", "48 s", "3:05", "2:13:20".
pub fn short_duration(secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    match whole {
        0..60 => duration(secs),
        60..3600 => format!("{}:{:02}", whole / 60, whole % 60),
        _ => format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

/// A peak: "-6.0", in dB below full scale.
pub fn decibels(level: f32) -> String {
    // A number that rounds to zero has no sign.
    if level.is_finite() { format!("{:.1}", level + 0.0).replace("-0.0", "0.0") } else { "silent".to_owned() }
}

/// A rate: "44.1k".
pub fn kilohertz(rate: u32) -> String {
    let text = format!("{:.2}", f64::from(rate) / 1000.0);
    format!("{}k", text.trim_end_matches('0').trim_end_matches('.'))
}

/// The note of a sound's pitch: "C#3". Empty where there is none.
pub fn pitch(aspects: Option<Aspects>) -> String {
    aspects.and_then(|aspects| aspects.pitch).map_or_else(String::new, |pitch| pitch.note().to_string())
}

/// How bright a sound is, from 0 to 1: "0.52".
pub fn brightness(aspects: Option<Aspects>) -> String {
    aspects.and_then(|aspects| aspects.brightness).map_or_else(String::new, |brightness| format!("{brightness:.2}"))
}

/// What was measured of a sound, in one line. Empty where nothing was.
pub fn aspects(aspects: Option<Aspects>) -> String {
    let Some(aspects) = aspects else { return String::new() };
    let parts = [
        aspects.pitch.map(|pitch| format!("pitch {}, {:.0} Hz", pitch.note(), pitch.hz)),
        aspects.tempo.map(|tempo| format!("{tempo:.0} bpm")),
        aspects.brightness.map(|brightness| format!("brightness {brightness:.2}")),
        aspects.noisiness.map(|noisiness| format!("noisiness {noisiness:.2}")),
        aspects.attack.map(|attack| format!("attack {:.0} ms", 1000.0 * attack)),
        aspects.loudness.map(|loudness| format!("{loudness:.1} LUFS")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What a file says about itself, in lines. Empty where it says nothing.
pub fn metadata(file: &SoundFile) -> String {
    let told = file.metadata.as_deref().cloned().unwrap_or_default();
    let piece = [told.artist, told.title, told.album, told.genre].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let music =
        [told.bpm.map(|bpm| format!("{bpm} bpm by its tag")), told.key.map(|key| format!("key {key} by its tag"))];
    let marker =
        |marker: &crate::metadata::Marker| format!("{} {}", moment::in_words(marker.start_seconds), marker.label);
    let mut markers: Vec<String> = told.markers.iter().take(MARKERS_NAMED).map(marker).collect();
    if told.markers.len() > MARKERS_NAMED {
        markers.push(format!("and {} more markers", told.markers.len() - MARKERS_NAMED));
    }
    let lines = [
        file.recorded().map(|recorded| format!("recorded {}", recorded.to_string().replace('T', " "))),
        Some(piece),
        Some(music.into_iter().flatten().collect::<Vec<_>>().join(" · ")),
        told.comment,
        Some(markers.join(", ")),
    ];
    lines.into_iter().flatten().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A position in a file: "0:01.28", "1:02:31.84".
pub fn position(secs: f64) -> String {
    moment::in_words(secs)
}

/// A time at a picture's edge, as exact as the step from one to the next: "0.25", "1:05".
pub fn time_on_axis(secs: f64, step_secs: f64) -> String {
    if step_secs >= 1.0 {
        let whole = secs.round() as u64;
        let (hours, minutes) = (whole / 3600, whole / 60 % 60);
        return match hours {
            0 => format!("{minutes}:{:02}", whole % 60),
            _ => format!("{hours}:{minutes:02}:{:02}", whole % 60),
        };
    }
    let digits = (-step_secs.max(1e-6).log10()).ceil() as usize;
    if secs >= 60.0 {
        // A long recording: hours and minutes before the seconds.
        let whole = (secs / 60.0).floor();
        let (minutes, rest) = (whole as u64, secs - 60.0 * whole);
        let width = digits + 3;
        return match minutes / 60 {
            0 => format!("{minutes}:{rest:0width$.digits$}"),
            hours => format!("{hours}:{:02}:{rest:0width$.digits$}", minutes % 60),
        };
    }
    format!("{secs:.digits$} s")
}

/// A stretch of a file: "1.28 to 1.54 s".
pub fn stretch(from_secs: f64, to_secs: f64) -> String {
    if to_secs < 600.0 {
        format!("{from_secs:.2} to {to_secs:.2} s")
    } else {
        format!("{} to {}", position(from_secs), position(to_secs))
    }
}

/// A size on disk: "640 B", "46.5 kB".
pub fn bytes(n: u64) -> String {
    let (mut value, mut unit) = (n as f64, "B");
    for larger in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    if unit == "B" { format!("{n} B") } else { format!("{value:.1} {unit}") }
}

/// A measured value with about three significant digits.
pub fn value(v: f64) -> String {
    match v.abs() {
        0.0 => "0".to_owned(),
        a if a >= 100.0 => format!("{v:.0}"),
        a if a >= 10.0 => format!("{v:.1}"),
        a if a >= 0.1 => format!("{v:.2}"),
        a if a >= 0.001 => format!("{v:.4}").trim_end_matches('0').to_owned(),
        _ => format!("{v:.1e}"),
    }
}

/// A clause as a sentence: with a capital letter, unless it begins with a name, and with a full stop.
pub fn sentence(clause: &str) -> String {
    let clause = clause.trim();
    let first = clause.split_whitespace().next().unwrap_or_default();
    let is_word = first.trim_end_matches([',', ':', ';']).chars().all(|c| c.is_ascii_lowercase());
    let mut chars = clause.chars();
    let mut out: String = match chars.next() {
        Some(initial) if is_word => initial.to_uppercase().chain(chars).collect(),
        _ => clause.to_owned(),
    };
    if !out.is_empty() && !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}

pub fn file_name(path: &Utf8Path) -> &str {
    path.file_name().unwrap_or(path.as_str())
}

/// A sound's name without what says that it is one; other names as they are.
pub fn without_extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if SOUND_ENDINGS.iter().any(|sound| ending.eq_ignore_ascii_case(sound)) => stem,
        _ => name,
    }
}

/// The folder that a file lies in, shortened to its last two names.
pub fn folder(path: &Utf8Path) -> String {
    let Some(parent) = path.parent() else { return String::new() };
    let mut last: Vec<&str> = parent.components().rev().take(2).map(|c| c.as_str()).collect();
    last.reverse();
    last.join("/").replace("//", "/")
}

/// A name of at most `most` letters. The middle is left out, because names of sounds differ at their ends.
pub fn shortened(name: &str, most: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_owned();
    }
    let tail = most / 2;
    let head = most.saturating_sub(tail + 1);
    let (head, tail) = (&letters[..head], &letters[letters.len() - tail..]);
    head.iter().chain(['…'].iter()).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_its_ends() {
        assert_eq!(shortened("kick.wav", 8), "kick.wav");
        assert_eq!(shortened("Vögel im Garten 12.wav", 12), "Vögel…12.wav");
        assert_eq!(["a.WAV", "Pack 1.2", "b"].map(without_extension), ["a", "Pack 1.2", "b"]);
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "file", "files"), "1 file");
        assert_eq!(
            [0.256, 9.99, 9.999, 59.6, 185.0, 8000.0].map(duration),
            ["0.26 s", "9.99 s", "10 s", "1 min 00 s", "3 min 05 s", "2 h 13 min"]
        );
        assert_eq!(
            [0.256, 59.4, 59.6, 185.0, 8000.0].map(short_duration),
            ["0.26 s", "59 s", "1:00", "3:05", "2:13:20"]
        );
        assert_eq!([0.0, -0.04, -6.02, f32::NEG_INFINITY].map(decibels), ["0.0", "0.0", "-6.0", "silent"]);
        assert_eq!([44_100, 8000, 11_025, 96_000].map(kilohertz), ["44.1k", "8k", "11.03k", "96k"]);
        assert_eq!(position(61.284), "1:01.28");
        assert_eq!([640, 46_500, 999_960_000].map(bytes), ["640 B", "46.5 kB", "1.0 GB"]);
        assert_eq!(
            [0.0, 0.000_02, 0.002, 0.53, 25.04, 433.6].map(value),
            ["0", "2.0e-5", "0.002", "0.53", "25.0", "434"]
        );
    }

    #[test]
    fn a_clause_becomes_a_sentence_and_names_stay_as_they_are() {
        assert_eq!(sentence("there is no model yet; train one"), "There is no model yet; train one.");
        assert_eq!(sentence("kick_01.wav: no samples"), "kick_01.wav: no samples.");
        assert_eq!(sentence("/tmp/a is gone."), "/tmp/a is gone.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn a_folder_is_its_last_two_names() {
        assert_eq!(folder("/home/ada/sounds/drums/kick.wav".into()), "sounds/drums");
        assert_eq!(folder("/kick.wav".into()), "/");
        assert_eq!(folder("kick.wav".into()), "");
    }
}
