//! One code, bit by bit: its sound, the flipped bits, and the chunks that have it.

use camino::Utf8PathBuf;
use std::sync::Arc;

use super::Asked;
use crate::engine::{ChunkPlace, Clip, CodeOf, CodeReport, Command, DecodedCode};
use crate::gui::intents::Intents;
use crate::gui::shared::{List, Shared};

/// The most chunks that are listed as nearest to a code.
const NEAR: usize = 100;

#[derive(Default)]
pub struct BitsState {
    /// The chunk whose code was chosen.
    pub subject: Option<Subject>,
    pub asked: Asked<CodeOf>,
    /// The index of the codes.
    pub generation: Option<i64>,
    /// The code of the subject, before anything was flipped.
    pub original: Vec<u64>,
    /// The code as it is shown.
    pub code: Vec<u64>,
    pub report: Option<Arc<CodeReport>>,
    /// The bit that the arrow keys have reached.
    pub cursor: usize,
    /// The position in the list of the nearest chunks.
    pub selected: Option<usize>,
    pub reveal: bool,
    /// The sound that the decoder made last.
    pub decoded: Option<Utf8PathBuf>,
}

/// A chunk whose code is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    pub source: Source,
    pub of: CodeOf,
    pub path: Utf8PathBuf,
    pub start_secs: f64,
}

/// Where a chunk was selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Match,
    Query,
    Dot,
    File,
}

/// The selection in each list, whose code can be shown.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    pub of_match: Option<Subject>,
    pub of_query: Option<Subject>,
    pub of_dot: Option<Subject>,
    pub of_file: Option<Subject>,
}

impl Subjects {
    pub fn from(&self, source: Source) -> Option<&Subject> {
        match source {
            Source::Match => self.of_match.as_ref(),
            Source::Query => self.of_query.as_ref(),
            Source::Dot => self.of_dot.as_ref(),
            Source::File => self.of_file.as_ref(),
        }
    }

    /// The selection in the list that was used last, or else any selection.
    pub fn last(&self, list: List) -> Option<&Subject> {
        let last = match list {
            List::Files => Some(Source::File),
            List::Dots | List::MapRows => Some(Source::Dot),
            List::Matches => Some(Source::Match),
            List::Library | List::Near | List::Duplicates | List::Collection | List::Copies => None,
            List::Events | List::Tiles => None,
        };
        let sources = [Source::Match, Source::Query, Source::Dot, Source::File];
        last.into_iter().chain(sources).find_map(|source| self.from(source))
    }
}

impl BitsState {
    /// Shows the code of the last selection.
    pub fn look_at_last(&mut self, subjects: &Subjects, list: List) {
        if let Some(subject) = subjects.last(list)
            && self.subject.as_ref().is_none_or(|before| before.of != subject.of)
        {
            self.look_at(subject.clone());
        }
    }

    pub fn look_at(&mut self, subject: Subject) {
        (self.subject, self.decoded) = (Some(subject), None);
        (self.original, self.code) = (Vec::new(), Vec::new());
        self.asked.forget();
    }

    /// Shows the code of one of the listed near chunks.
    pub fn look_at_place(&mut self, place: &ChunkPlace) {
        let of = CodeOf::Chunk { file: place.file, start_secs: place.start_secs };
        self.look_at(Subject { source: Source::Match, of, path: place.path.clone(), start_secs: place.start_secs });
    }

    /// Asks for what is known of the shown code: the code of the subject, or the code after bits were flipped.
    pub fn want(&mut self, shared: &Shared, intents: &mut Intents) {
        let Some(generation) = shared.index_generation() else { return };
        if self.generation != Some(generation) {
            // Another index may have other codes for the same sounds.
            (self.original, self.code, self.report) = (Vec::new(), Vec::new(), None);
            self.generation = Some(generation);
            self.asked.forget();
        }
        let Some(subject) = &self.subject else { return };
        let of = if self.code.is_empty() { subject.of.clone() } else { CodeOf::Code(self.code.clone()) };
        if !self.is_answered() && self.asked.wants(of.clone()) {
            intents.submit(Command::LookAtCode { of, k: NEAR });
        }
    }

    /// The engine has answered.
    pub fn show(&mut self, report: CodeReport) {
        let Some(subject) = &self.subject else { return };
        match &report.of {
            CodeOf::Code(code) if *code != self.code => return,
            CodeOf::Code(_) => {}
            of if *of == subject.of => {
                self.original = report.code.clone();
                self.code = report.code.clone();
                self.cursor = self.cursor.min(report.bits - 1);
            }
            _ => return,
        }
        self.selected = None;
        self.report = Some(Arc::new(report));
    }

    pub fn flip_bit(&mut self, bit: usize) {
        if bit < self.bits() && !self.code.is_empty() {
            self.code[bit / 64] ^= 1 << (bit % 64);
            self.cursor = bit;
            self.selected = None;
        }
    }

    /// Returns to the code of the sound.
    pub fn flip_back(&mut self) {
        self.code = self.original.clone();
    }

    /// Asks the decoder for the sound of the shown code. It plays when it is there.
    pub fn play_code(&self, intents: &mut Intents) {
        if !self.code.is_empty() {
            intents.submit(Command::DecodeCode { code: self.code.clone() });
        }
    }

    /// Takes the sound of a code. Returns it if it is to be played. If bits were flipped meanwhile, it is the sound of
    /// another code.
    pub fn decoded(&mut self, decoded: &DecodedCode) -> Option<Clip> {
        if decoded.code != self.code {
            return None;
        }
        self.decoded = Some(decoded.path.clone());
        Some(Clip { path: decoded.path.clone(), from_secs: 0.0, to_secs: None })
    }

    /// Plays the recording whose code is shown.
    pub fn play_subject(&self, shared: &Shared, intents: &mut Intents) {
        if let Some(subject) = &self.subject {
            let (path, from_secs) = (subject.path.clone(), subject.start_secs);
            intents.play(Clip { path, from_secs, to_secs: Some(from_secs + shared.chunk_secs()) });
        }
    }

    /// Moves the selection among the near chunks. Returns whether it moved.
    pub fn step(&mut self, by: isize) -> bool {
        let Some(last) = self.report.as_ref().and_then(|report| report.near.len().checked_sub(1)) else { return false };
        let next = Some(self.selected.map_or(0, |at| at.saturating_add_signed(by).min(last)));
        let moved = self.selected != next;
        (self.selected, self.reveal) = (next, moved);
        moved
    }

    pub fn bits(&self) -> usize {
        self.report.as_ref().map_or(0, |report| report.bits)
    }

    pub fn is_on(&self, bit: usize) -> bool {
        bit_of(&self.code, bit)
    }

    pub fn is_flipped(&self, bit: usize) -> bool {
        bit_of(&self.code, bit) != bit_of(&self.original, bit)
    }

    pub fn flipped(&self) -> usize {
        (0..self.bits()).filter(|&bit| self.is_flipped(bit)).count()
    }

    /// Whether the report is about the code that is shown.
    pub fn is_answered(&self) -> bool {
        self.report.as_ref().is_some_and(|report| report.code == self.code)
    }

    pub fn selected_place(&self) -> Option<ChunkPlace> {
        let (place, _) = self.report.as_ref()?.near.get(self.selected?)?;
        Some(place.clone())
    }

    /// As hexadecimal digits, the first bit first. Each digit stands for four bits, and its highest bit is the first of
    /// them.
    pub fn hexadecimal(&self) -> String {
        hexadecimal(&self.code, self.bits())
    }
}

fn bit_of(code: &[u64], bit: usize) -> bool {
    code.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
}

fn hexadecimal(code: &[u64], bits: usize) -> String {
    let digit = |first: usize| (first..first + 4).fold(0u8, |digit, bit| digit << 1 | u8::from(bit_of(code, bit)));
    let digits = (0..bits).step_by(4).enumerate();
    digits.fold(String::new(), |text, (place, first)| {
        let gap = if place > 0 && place.is_multiple_of(4) { " " } else { "" };
        text + gap + &format!("{:x}", digit(first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_from_its_first_bit_on() {
        assert_eq!(hexadecimal(&[0b1], 8), "80");
        assert_eq!(hexadecimal(&[0xf000_0000_0000_0001], 64), "8000 0000 0000 000f");
        assert_eq!(hexadecimal(&[0, 1], 70), "0000 0000 0000 0000 80");
    }
}
