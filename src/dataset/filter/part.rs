//! [`FilterPart`]: a part of a filter, for a translation into the language of a database.

use super::{Bounds, Filter, Mark, Test};
use crate::dataset::Measure;

/// One part of a filter.
#[derive(Clone, Debug, PartialEq)]
pub enum FilterPart<'a> {
    /// These letters, folded by [`letters`](crate::dataset::letters), are in the path.
    Word(&'a str),
    /// A tag, folded.
    Tag(&'a str),
    /// The number is within bounds.
    Within(Measure, Bounds),
    /// A note of any octave, by its number within the octave.
    NoteOfAnyOctave(i32),
    Tagged,
    /// What only a project knows; in words.
    OfProject(&'static str),
}

impl Filter {
    /// The parts, each with whether it is negated. A file must fulfil all of them.
    pub fn parts(&self) -> impl Iterator<Item = (bool, FilterPart<'_>)> {
        self.terms.iter().map(|term| {
            let part = match &term.test {
                Test::Word(word) => FilterPart::Word(word),
                Test::Tag(tag) => FilterPart::Tag(tag),
                Test::Number(measure, comparison) => FilterPart::Within(*measure, comparison.bounds(*measure)),
                Test::NoteOfAnyOctave(note) => FilterPart::NoteOfAnyOctave(*note),
                Test::Is(Mark::Tagged) => FilterPart::Tagged,
                Test::Is(Mark::Problem) => FilterPart::OfProject("is:problem"),
                Test::Is(Mark::Favourite) => FilterPart::OfProject("is:favourite"),
                Test::Told(..) => FilterPart::OfProject("metadata, such as artist:"),
                Test::Clock(_) => FilterPart::OfProject("hour: and date:"),
            };
            (term.not, part)
        })
    }
}
