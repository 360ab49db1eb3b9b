//! Looking at a code: choosing whose, flipping its bits, and hearing it.

use std::sync::Arc;

use super::{List, Page, State};
use crate::engine::{ChunkPlace, CodeOf, CodeReport, Command, DecodedCode};
use crate::gui::explore::bits::{Source, Subject};
use crate::gui::match_list::Line;

/// The most chunks that are listed as nearest to a code.
const NEAR: usize = 100;

impl State {
    /// The selection in each list, whose code can be shown.
    pub fn subject(&self, source: Source) -> Option<Subject> {
        let subject = |of, path, start_secs| Some(Subject { source, of, path, start_secs });
        let chunk = |file, start_secs| CodeOf::Chunk { file, start_secs };
        match source {
            Source::Match => {
                let m = self.search.selected_match()?;
                subject(chunk(m.file, m.start_seconds), m.path.clone(), m.start_seconds)
            }
            Source::Query => {
                // The part of the query that is nearest to the selected match.
                let path = self.search.path.clone()?;
                let region = self.search.region.map_or(0.0, |region| region.0);
                let from_secs = self.search.selected_match().map_or(region, |m| m.query_start_seconds);
                subject(CodeOf::Sound { path: path.clone(), from_secs }, path, from_secs)
            }
            Source::Dot => {
                let place = self.explore.map.selected_place()?;
                subject(chunk(place.file, place.start_secs), place.path, place.start_secs)
            }
            Source::File => {
                let file = self.first_selected_file()?;
                subject(chunk(file.id, 0.0), file.path.clone(), 0.0)
            }
        }
    }

    /// Shows the code of the last selection, or else of any selection.
    pub fn look_at_selected(&mut self) {
        let last = match self.list {
            List::Files => Some(Source::File),
            List::Dots | List::MapRows => Some(Source::Dot),
            List::Matches => Some(Source::Match),
            List::Library | List::Near | List::Duplicates | List::Collection | List::Copies => None,
        };
        let sources = [Source::Match, Source::Query, Source::Dot, Source::File];
        let found = last.into_iter().chain(sources).find_map(|source| self.subject(source));
        if let Some(subject) = found
            && self.explore.bits.subject.as_ref().is_none_or(|before| before.of != subject.of)
        {
            self.look_at(subject);
        }
    }

    pub fn look_at(&mut self, subject: Subject) {
        let bits = &mut self.explore.bits;
        (bits.subject, bits.decoded) = (Some(subject), None);
        (bits.original, bits.code) = (Vec::new(), Vec::new());
        bits.asked.forget();
    }

    /// Turns to the bits of a match.
    pub fn show_match_bits(&mut self, line: Line) {
        self.select_match(line);
        self.turn_to(Page::Bits);
        if let Some(subject) = self.subject(Source::Match) {
            self.look_at(subject);
        }
    }

    /// Shows the code of one of the listed near chunks.
    pub fn look_at_place(&mut self, place: &ChunkPlace) {
        let of = CodeOf::Chunk { file: place.file, start_secs: place.start_secs };
        self.look_at(Subject { source: Source::Match, of, path: place.path.clone(), start_secs: place.start_secs });
    }

    /// Looks the shown code up: the subject's own code, or the one that the person made of it.
    pub fn want_code(&mut self) {
        let Some(generation) = self.index_generation() else { return };
        let bits = &mut self.explore.bits;
        if bits.generation != Some(generation) {
            // Another index may have other codes for the same sounds.
            (bits.original, bits.code, bits.report) = (Vec::new(), Vec::new(), None);
            bits.generation = Some(generation);
            bits.asked.forget();
        }
        let Some(subject) = &bits.subject else { return };
        let of = if bits.code.is_empty() { subject.of.clone() } else { CodeOf::Code(bits.code.clone()) };
        if bits.is_answered() {
            return;
        }
        if bits.asked.wants(of.clone()) {
            self.submit(Command::LookAtCode { of, k: NEAR });
        }
    }

    pub(in crate::gui) fn code_looked_at(&mut self, report: CodeReport) {
        let bits = &mut self.explore.bits;
        let Some(subject) = &bits.subject else { return };
        match &report.of {
            CodeOf::Code(code) if *code != bits.code => return,
            CodeOf::Code(_) => {}
            of if *of == subject.of => {
                bits.original = report.code.clone();
                bits.code = report.code.clone();
                bits.cursor = bits.cursor.min(report.bits - 1);
            }
            _ => return,
        }
        bits.selected = None;
        bits.report = Some(Arc::new(report));
    }

    pub fn flip_bit(&mut self, bit: usize) {
        let bits = &mut self.explore.bits;
        if bit < bits.bits() && !bits.code.is_empty() {
            bits.code[bit / 64] ^= 1 << (bit % 64);
            bits.cursor = bit;
            bits.selected = None;
        }
    }

    /// Returns to the code of the sound.
    pub fn flip_back(&mut self) {
        let bits = &mut self.explore.bits;
        bits.code = bits.original.clone();
    }

    /// Plays the sound that the decoder makes of the shown code.
    pub fn play_code(&mut self) {
        let code = self.explore.bits.code.clone();
        if !code.is_empty() {
            self.submit(Command::DecodeCode { code });
        }
    }

    pub(in crate::gui) fn code_decoded(&mut self, decoded: &DecodedCode) {
        // If bits were flipped meanwhile, the sound is no longer the code's.
        if decoded.code == self.explore.bits.code {
            let path = decoded.path.clone();
            self.explore.bits.decoded = Some(path.clone());
            self.play(crate::engine::Clip { path, from_secs: 0.0, to_secs: None });
        }
    }

    /// Plays the sound whose code is looked at.
    pub fn play_subject(&mut self) {
        if let Some(subject) = &self.explore.bits.subject {
            let (path, from_secs) = (subject.path.clone(), subject.start_secs);
            let to_secs = Some(from_secs + self.chunk_secs());
            self.play(crate::engine::Clip { path, from_secs, to_secs });
        }
    }

    /// Length of a chunk, at the rate that files are heard at.
    fn chunk_secs(&self) -> f64 {
        let grid = self.latest.dataset.grid;
        let rate = grid.rate_for(self.common_rate().unwrap_or(1));
        f64::from(grid.chunk_frames) / f64::from(rate.max(1))
    }

    pub(in crate::gui) fn step_near(&mut self, by: isize) -> bool {
        let bits = &mut self.explore.bits;
        let Some(last) = bits.report.as_ref().and_then(|report| report.near.len().checked_sub(1)) else { return false };
        let next = Some(bits.selected.map_or(0, |at| at.saturating_add_signed(by).min(last)));
        let moved = bits.selected != next;
        (bits.selected, bits.reveal) = (next, moved);
        moved
    }

    pub fn click_near(&mut self, place: usize) {
        self.list = List::Near;
        self.explore.bits.selected = Some(place);
        if let Some(place) = self.explore.bits.selected_place() {
            self.play_place(&place);
        }
    }
}
