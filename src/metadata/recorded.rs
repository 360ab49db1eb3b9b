//! When a sound was recorded.

use std::fmt::{self, Display, Formatter};
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use regex::Regex;

/// When a sound was recorded, by the clock of the recorder. The time zone is left out, because people look for four in
/// the morning at the place of the recorder.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// When the recording began.
    Moment(DateTime),
    /// A year, a month or a day: "2026", "2026-05" or "2026-05-13".
    Date(String),
}

static FORM: LazyLock<Regex> = LazyLock::new(|| {
    let sign = r"[-/:._ ]?";
    let form = format!(
        r"^(\d{{4}})(?:{sign}(\d{{2}})(?:{sign}(\d{{2}})(?:[T ]+(\d{{2}})[-:._ ]?(\d{{2}})(?:[-:._ ]?(\d{{2}})(?:\.(\d{{1,9}}))?)?.*)?)?)?$"
    );
    Regex::new(&form).expect("a constant that a test compiles")
});

impl Recorded {
    /// Reads "2026-05-13T04:30:00+02:00", "2026:05:13 04-30-00", "2026-05-13", "20260513", "2026" and the like.
    pub fn read(text: &str) -> Option<Self> {
        let parts = FORM.captures(text.trim())?;
        let number = |at: usize| parts.get(at).and_then(|part| part.as_str().parse::<i16>().ok());
        let small = |at: usize| number(at).and_then(|part| i8::try_from(part).ok());
        let year = number(1).filter(|year| (1900..2200).contains(year))?;
        let Some(month) = small(2) else { return Some(Self::Date(format!("{year:04}"))) };
        let day = small(3);
        let date = Date::new(year, month, day.unwrap_or(1)).ok()?;
        match (day, small(4), small(5)) {
            (None, ..) => Some(Self::Date(format!("{year:04}-{month:02}"))),
            (_, Some(hour), Some(minute)) => {
                let nanos = parts.get(7).map_or(0, |part| format!("{:0<9}", part.as_str()).parse().unwrap_or(0));
                let time = Time::new(hour, minute, small(6).unwrap_or(0), nanos).ok()?;
                Some(Self::Moment(date.to_datetime(time)))
            }
            _ => Some(Self::Date(date.to_string())),
        }
    }

    /// When the recording began, if the time of day is known.
    pub fn moment(&self) -> Option<DateTime> {
        match self {
            Self::Moment(moment) => Some(*moment),
            Self::Date(_) => None,
        }
    }
}

impl Display for Recorded {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moment(moment) => moment.fmt(f),
            Self::Date(date) => f.write_str(date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read_in_the_forms_that_programs_write() {
        let read = |text: &str| Recorded::read(text).map(|recorded| recorded.to_string());
        for (text, is) in [
            ("2026-05-13T04:30:00+02:00", "2026-05-13T04:30:00"),
            ("2026-05-13T04:30:00.250Z", "2026-05-13T04:30:00.25"),
            ("2026:05:13 04-30-00", "2026-05-13T04:30:00"),
            ("20260513T043000", "2026-05-13T04:30:00"),
            (" 2026/05/13 04:30 ", "2026-05-13T04:30:00"),
            ("2026-05-13", "2026-05-13"),
            ("20260513", "2026-05-13"),
            ("2026-05", "2026-05"),
            ("2004", "2004"),
        ] {
            assert_eq!(read(text).as_deref(), Some(is), "{text}");
            assert_eq!(read(is).as_deref(), Some(is), "as it is kept");
        }
        for text in
            ["", "0000-00-00", "2026-13-01", "2026-02-30 01:00:00", "May 2026", "2026-05-13 24:00:00", "1", "99999"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
