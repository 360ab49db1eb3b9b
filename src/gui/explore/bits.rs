//! One code, bit by bit: its sound, the flipped bits, and the chunks that have it.

use camino::Utf8PathBuf;
use std::sync::Arc;

use super::Asked;
use crate::engine::{ChunkPlace, CodeOf, CodeReport};

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

impl BitsState {
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
