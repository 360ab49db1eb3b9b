//! The parts of a filter about clock time: hours of the day, and dates.

use jiff::civil::DateTime;
use jiff::{Span, ToSpan};

use crate::dataset::SoundFile;
use crate::dataset::moment::clock_at;

/// The longest recording whose hours are checked one by one. A longer recording contains every hour of the day.
const HOURS_AT_MOST: i64 = 24 * 366;

/// A range of clock times.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Clock {
    /// From the start of one hour to the start of another, which may be on the next day.
    Hours(i8, i8),
    /// From one date to another. Each is a year, a month or a day.
    Dates(String, String),
}

impl Clock {
    /// Reads "4..6", or "4", which means until 5.
    pub fn hours(text: &str) -> Option<Self> {
        let hour = |text: &str| text.trim().parse::<i8>().ok();
        let (from, to) = match text.split_once("..") {
            Some((from, to)) => (hour(from)?, hour(to)?),
            None => (hour(text)?, hour(text)? + 1),
        };
        ((0..24).contains(&from) && (0..=24).contains(&to)).then_some(Self::Hours(from, to))
    }

    /// Reads "2026", "2026-05" or "2026-05-13", or two of these with ".." between them.
    pub fn dates(text: &str) -> Option<Self> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let is_date = |text: &str| {
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                && [&[4][..], &[4, 2], &[4, 2, 2]].contains(&&lengths[..])
        };
        (is_date(from) && is_date(to)).then(|| Self::Dates(from.into(), to.into()))
    }

    pub fn holds_at(&self, at: DateTime) -> bool {
        match self {
            Self::Dates(..) => self.holds_on(&at.date().to_string()),
            Self::Hours(from, to) if from < to => (*from..*to).contains(&at.hour()),
            Self::Hours(from, to) => at.hour() >= *from || at.hour() < *to,
        }
    }

    /// Whether it is about dates and holds on this date, which may be incomplete.
    fn holds_on(&self, date: &str) -> bool {
        match self {
            // An incomplete date means all days that begin with it.
            Self::Dates(from, to) => date >= from.as_str() && (date < to.as_str() || date.starts_with(to.as_str())),
            Self::Hours(..) => false,
        }
    }

    /// The same for a file of which only the date is known, or not even that.
    fn holds_without_time(&self, file: &SoundFile, not: bool) -> bool {
        file.recorded().is_some_and(|date| self.holds_on(&date.to_string())) != not
    }

    /// Whether it holds (or, with `not`, does not hold) at some moment of a file. If the file's time is unknown, it
    /// does not hold.
    pub fn holds_in(&self, file: &SoundFile, not: bool) -> bool {
        let Some(began) = file.began() else { return self.holds_without_time(file, not) };
        let Some(end) = clock_at(began, file.duration_secs()) else { return not };
        // Within an hour, the answer does not change.
        let next_hour = |at: DateTime| {
            let whole: Span = (60 - i64::from(at.minute())).minutes();
            let floor = at.with().second(0).subsec_nanosecond(0).build().ok()?;
            floor.checked_add(whole).ok()
        };
        let mut hours = std::iter::successors(Some(began), |&at| next_hour(at)).take(HOURS_AT_MOST as usize);
        hours.by_ref().take_while(|&at| at == began || at < end).any(|at| self.holds_at(at) != not)
    }

    /// Whether it holds (or, with `not`, does not hold) at one moment of a file.
    pub fn holds_at_moment(&self, file: &SoundFile, secs: f64, not: bool) -> bool {
        match file.began().and_then(|began| clock_at(began, secs)) {
            Some(at) => self.holds_at(at) != not,
            None => self.holds_without_time(file, not),
        }
    }
}
