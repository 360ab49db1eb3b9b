//! Times in a recording: since its start ("12:31.84"), and by the clock if it is known when the recording began.

use camino::Utf8Path;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, ToSpan};

/// A time since a recording's start, in the form in which it is shown everywhere: "0:01.28", "12:31.84", "1:02:31.84".
pub fn in_words(secs: f64) -> String {
    let hundredths = (secs.max(0.0) * 100.0).round() as u64;
    let (minutes, rest) = (hundredths / 6000, hundredths % 6000);
    let rest = format!("{:02}.{:02}", rest / 100, rest % 100);
    match minutes < 60 {
        true => format!("{minutes}:{rest}"),
        false => format!("{}:{:02}:{rest}", minutes / 60, minutes % 60),
    }
}

/// Reads a time in the form of [`in_words`], or a plain number of seconds.
pub fn read(text: &str) -> Option<f64> {
    let mut secs = 0.0;
    let parts: Vec<&str> = text.trim().split(':').collect();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        let digits = part.bytes().all(|byte| byte.is_ascii_digit() || is_last && byte == b'.');
        let number: f64 = part.parse().ok().filter(|_| digits)?;
        // Only the first part may be 60 or more.
        if at > 0 && number >= 60.0 {
            return None;
        }
        secs = 60.0 * secs + number;
    }
    (parts.len() <= 3 && secs.is_finite() && secs >= 0.0).then_some(secs)
}

/// The clock time at which a recording began, if its name has a date and a time of day, as in `20260513_043000.WAV`,
/// `SITE4_20260513_043000.wav` or `2026-05-13 04-30-00.flac`.
pub fn began_by_name(path: &Utf8Path) -> Option<DateTime> {
    let name = path.file_stem()?;
    let digits: Vec<(usize, u8)> = name.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()).collect();
    let number = |digits: &[(usize, u8)]| digits.iter().fold(0, |sum, (_, digit)| 10 * sum + i16::from(digit - b'0'));
    // Fourteen digits in a row. There may be one sign between the parts of the date, and one or two before the time.
    digits.windows(14).find_map(|run| {
        let gap = |at: usize| run[at].0 - run[at - 1].0 - 1;
        let steady = (1..14).all(|at| match at {
            8 => (0..=2).contains(&gap(at)),
            4 | 6 | 10 | 12 => gap(at) <= 1,
            _ => gap(at) == 0,
        });
        let starts = run[0].0 == 0 || !name.as_bytes()[run[0].0 - 1].is_ascii_digit();
        let ends = name.as_bytes().get(run[13].0 + 1).is_none_or(|next| !next.is_ascii_digit());
        let part = |range: std::ops::Range<usize>| i8::try_from(number(&run[range])).ok();
        let year = number(&run[0..4]);
        if !steady || !starts || !ends || !(1900..2200).contains(&year) {
            return None;
        }
        let date = Date::new(year, part(4..6)?, part(6..8)?).ok()?;
        let time = Time::new(part(8..10)?, part(10..12)?, part(12..14)?, 0).ok()?;
        Some(date.to_datetime(time))
    })
}

/// The clock time `secs` seconds after a recording began, to the millisecond.
pub fn clock_at(began: DateTime, secs: f64) -> Option<DateTime> {
    let later = SignedDuration::try_from_secs_f64(secs).ok()?;
    let at = began.checked_add(later).ok()?;
    let millis = i64::from(at.subsec_nanosecond() / 1_000_000);
    at.checked_sub(i64::from(at.subsec_nanosecond()).nanoseconds()).ok()?.checked_add(millis.milliseconds()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_one_form() {
        assert_eq!([0.0, 1.284, 59.996, 751.84].map(in_words), ["0:00.00", "0:01.28", "1:00.00", "12:31.84"]);
        assert_eq!([3600.0, 11_251.5].map(in_words), ["1:00:00.00", "3:07:31.50"]);
        assert_eq!(in_words(-1.0), "0:00.00");
    }

    #[test]
    fn moments_are_read_as_they_are_written_and_as_seconds() {
        for secs in [0.0, 1.28, 61.5, 751.84, 11_251.5] {
            assert_eq!(read(&in_words(secs)), Some(secs));
        }
        assert_eq!(
            [read("12.5"), read("90"), read("1e2"), read(" 2:03 ")],
            [Some(12.5), Some(90.0), None, Some(123.0)]
        );
        for wrong in ["", ":", "1:60", "-1", "1:-2", "1.5:00", "1:2:3:4", "nan", "inf", "x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_tell_when_a_recording_began() {
        let began = |path: &str| began_by_name(path.into()).map(|began| began.to_string());
        for path in
            ["/a/20260513_043000.WAV", "SITE4_20260513_043000.wav", "2026-05-13 04-30-00.flac", "x20260513T043000Z.wav"]
        {
            assert_eq!(began(path).as_deref(), Some("2026-05-13T04:30:00"), "{path}");
        }
        for path in ["20261313_043000.wav", "20260513.wav", "120260513_043000.wav", "20260513_0430001.wav", "kick.wav"]
        {
            assert_eq!(began(path), None, "{path}");
        }
    }

    #[test]
    fn the_clock_goes_on_over_midnight() {
        let began = began_by_name("20251231_235959.wav".into()).expect("a date and a time");
        assert_eq!(clock_at(began, 1.5).map(|at| at.to_string()).as_deref(), Some("2026-01-01T00:00:00.5"));
        assert_eq!(clock_at(began, f64::INFINITY), None);
    }
}
