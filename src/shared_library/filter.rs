//! Filters as conditions of SQL.

use std::fmt::Write as _;

use postgres::types::ToSql;

use super::error::LibraryError;
use crate::dataset::filter::{Bounds, FilterPart};
use crate::dataset::{Filter, Measure};

/// A value of a statement.
pub(super) type Value = Box<dyn ToSql + Sync>;

/// Values of a statement, and the text that refers to them.
#[derive(Default)]
pub(super) struct Values(pub Vec<Value>);

impl Values {
    /// Adds a value, and returns its place in the statement, such as `$3`.
    pub fn place(&mut self, value: impl ToSql + Sync + 'static) -> String {
        self.0.push(Box::new(value));
        format!("${}", self.0.len())
    }

    pub fn references(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.0.iter().map(|value| &**value).collect()
    }
}

/// The condition under which the file `f` in the root `r` is admitted. `None` if all files are.
pub(super) fn condition(
    filter: &Filter,
    folder: Option<&str>,
    values: &mut Values,
) -> Result<Option<String>, LibraryError> {
    let mut all = String::new();
    let mut and = |condition: String| {
        // Writing to a text cannot fail.
        let _ = write!(all, "{}({condition})", if all.is_empty() { "" } else { " AND " });
    };
    if let Some(folder) = folder {
        let (root, below) = folder.trim_matches('/').split_once('/').unwrap_or((folder.trim_matches('/'), ""));
        let root = values.place(root.to_owned());
        and(match below {
            "" => format!("r.name = {root}"),
            below => format!("r.name = {root} AND starts_with(f.path, {})", values.place(format!("{below}/"))),
        });
    }
    for (not, part) in filter.parts() {
        let holds = match part {
            FilterPart::Word(word) => format!("position({} IN f.folded) > 0", values.place(word.to_owned())),
            FilterPart::Tag(tag) => {
                let tag = values.place(tag.to_owned());
                format!("EXISTS (SELECT 1 FROM soundalike.tags t WHERE t.file = f.id AND t.folded = {tag})")
            }
            FilterPart::Tagged => "EXISTS (SELECT 1 FROM soundalike.tags t WHERE t.file = f.id)".to_owned(),
            FilterPart::Within(measure, bounds) => within(number(measure), bounds, values),
            FilterPart::NoteOfAnyOctave(note) => {
                let note = values.place(note);
                format!("((({})::integer % 12) + 12) % 12 = {note}", number(Measure::Note))
            }
            FilterPart::OfProject(what) => return Err(LibraryError::Filter(what.to_owned())),
        };
        // A number that a file lacks admits nothing. Its negation then admits the file, as in a project.
        and(if not { format!("NOT coalesce({holds}, false)") } else { holds });
    }
    Ok((!all.is_empty()).then_some(all))
}

fn within(number: &str, bounds: Bounds, values: &mut Values) -> String {
    let (below, above) = if bounds.with_ends { ("<=", ">=") } else { ("<", ">") };
    let mut conditions = Vec::new();
    if bounds.least.is_finite() {
        conditions.push(format!("{number} {above} {}", values.place(bounds.least)));
    }
    if bounds.most.is_finite() {
        conditions.push(format!("{number} {below} {}", values.place(bounds.most)));
    }
    conditions.join(" AND ")
}

/// The number of a file, in the unit of the measure.
fn number(measure: Measure) -> &'static str {
    match measure {
        Measure::Length => "(f.frames::double precision / f.rate)",
        Measure::Rate => "f.rate::double precision",
        Measure::Level => "(CASE WHEN f.peak > 0 THEN 20 * log(f.peak::double precision) ELSE '-infinity' END)",
        Measure::Channels => "f.channels::double precision",
        Measure::Loudness => "f.loudness::double precision",
        Measure::Attack => "f.attack::double precision",
        Measure::Brightness => "f.brightness::double precision",
        Measure::Pitch => "f.pitch::double precision",
        // As `Note::nearest`: 69 is A4.
        Measure::Note => "round(69 + 12 * ln(f.pitch::double precision / 440) / ln(2.0::double precision))",
        Measure::Noisiness => "f.noisiness::double precision",
        Measure::Tempo => "f.tempo::double precision",
    }
}
