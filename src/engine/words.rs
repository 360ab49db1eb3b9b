//! How near matches are, in words. The window and the command line use the same words.

use super::query::{Grouping, LibraryAnswer, SearchReport};
use super::sample::Sampled;

/// A share alike in words: "nearer than all but 1 in 20,000 pairs of your sounds".
pub fn share_alike(share: f64) -> String {
    let one_in = 1.0 / (1.0 - share.min(1.0 - 1e-9));
    match one_in {
        // Half of all pairs are nearer than the median pair.
        ..2.0 => "no nearer than most pairs of your sounds".into(),
        ..10.0 => format!("nearer than {:.0}% of the pairs of your sounds", 100.0 * share),
        _ => format!("nearer than all but 1 in {} pairs of your sounds", rounded(one_in)),
    }
}

/// A number rounded to two digits, with commas between thousands: "1,200".
fn rounded(number: f64) -> String {
    let unit = 10f64.powi((number.log10().floor() as i32 - 1).max(0));
    let digits = ((number / unit).round() * unit).to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    groups.into_iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",")
}

/// The text between the matches that are really alike and the others. `None` if one of these groups is empty.
pub fn line(report: &SearchReport) -> Option<String> {
    let alike = report.line.alike.filter(|&alike| alike > 0 && alike < report.matches.len())?;
    let threshold = report.line.threshold?;
    let of_alike = report.matches.get(alike).is_some_and(|found| found.distance > threshold);
    Some(match of_alike {
        true => format!("--- from here on, {threshold:.1} bits, nothing is really alike ---"),
        false => "--- from here on nothing is really alike ---".into(),
    })
}

/// How a shared library answered.
pub fn of_library(answer: &LibraryAnswer, searched: u64) -> String {
    let by = match (answer.by, answer.recall) {
        ("hnsw", Some(recall)) => {
            let of = answer.recall_of.unwrap_or_default();
            format!("by an approximate index, which found {:.1}% of the nearest for {of} sample codes", 100.0 * recall)
        }
        ("hnsw", None) => "by an approximate index, whose recall was not measured".to_owned(),
        _ => "each was compared".to_owned(),
    };
    format!("{searched} codes of {}: {by}", answer.name)
}

/// The text if the library has nothing like the query.
pub fn nothing_alike(report: &SearchReport) -> Option<String> {
    let alike = report.line.alike?;
    let other = report.matches[..alike].iter().any(|found| !found.is_query);
    let itself = if alike > 0 { " but the query itself" } else { "" };
    (!other && !report.matches.is_empty())
        .then(|| format!("Nothing in the library{itself} is really like the query. The nearest sounds:"))
}

/// The number of events, and how many of them are expected by chance.
pub fn events_counted(report: &SearchReport) -> Option<String> {
    let is_of_events = report.query.as_ref().is_some_and(|query| query.by == Grouping::Event);
    let alike = report.line.alike.filter(|_| is_of_events)?;
    if let Some(sampled) = report.line.sampled {
        let Sampled { before, sampled_before, behind, sampled_behind } = sampled;
        return Some(format!(
            "A sample to judge: {sampled_before} of {before} events before the line, {sampled_behind} of the {behind} nearest behind it."
        ));
    }
    let mut words = format!("{alike} {} before the line", if alike == 1 { "event" } else { "events" });
    if let Some(threshold) = report.line.threshold {
        words += &format!(", at {threshold:.1} of {} bits", report.bits);
    }
    if let Some(expected) = report.line.false_alarms {
        words += &match expected {
            ..0.05 => "; fewer than 0.1 expected by chance".to_owned(),
            _ => format!("; {expected:.1} expected by chance"),
        };
    }
    if let Some(new) = report.line.new {
        words += &format!("; {new} new since it ran last");
    }
    if let Some(precision) = report.line.precision {
        words += &format!(
            "; of {} that you judged {:.0}% are right ({:.0}% to {:.0}%)",
            precision.judged,
            100.0 * precision.share,
            100.0 * precision.from,
            100.0 * precision.to
        );
    }
    Some(words + ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_as_one_in_so_many() {
        let told = |share: f64| share_alike(share);
        assert_eq!(told(0.2), "no nearer than most pairs of your sounds");
        assert_eq!(told(0.75), "nearer than 75% of the pairs of your sounds");
        assert_eq!(told(0.99), "nearer than all but 1 in 100 pairs of your sounds");
        assert_eq!(told(1.0 - 1.0 / 20_480.0), "nearer than all but 1 in 20,000 pairs of your sounds");
        assert_eq!(told(1.0 - 1.0 / 1234.0), "nearer than all but 1 in 1,200 pairs of your sounds");
        assert_eq!(told(1.0 - 1.0 / 15.0), "nearer than all but 1 in 15 pairs of your sounds");
    }
}
