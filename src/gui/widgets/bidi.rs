//! Puts names in right-to-left scripts into the order in which they are drawn. The window library shapes single words
//! of Arabic or Hebrew correctly, but places the words of a line from left to right.

use std::borrow::Cow;

use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};

/// The text with its words in the order in which they must be placed from left to right. The line as a whole runs from
/// left to right, so that a file's extension is on the right.
pub fn visual(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_from_the_right) {
        return Cow::Borrowed(text);
    }
    let info = BidiInfo::new(text, Some(Level::ltr()));
    let mut placed = String::with_capacity(text.len());
    for paragraph in &info.paragraphs {
        let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            match levels[run.start].is_rtl() {
                true => place_from_the_right(&text[run], &mut placed),
                false => placed.push_str(&text[run]),
            }
        }
    }
    Cow::Owned(placed)
}

fn is_from_the_right(letter: char) -> bool {
    matches!(bidi_class(letter), BidiClass::R | BidiClass::AL)
}

/// Whether a letter belongs to a word that is shaped as a whole.
fn is_of_a_word(letter: char) -> bool {
    is_from_the_right(letter) || bidi_class(letter) == BidiClass::NSM
}

/// Places the last word first. A word stays unchanged, because it is shaped from right to left. What is between words
/// is reversed letter by letter.
fn place_from_the_right(run: &str, placed: &mut String) {
    let mut rest = run;
    while let Some(last) = rest.chars().next_back() {
        let is_word = is_of_a_word(last);
        let part = rest.trim_end_matches(|letter| is_of_a_word(letter) == is_word);
        let (before, part) = rest.split_at(part.len());
        match is_word {
            true => placed.push_str(part),
            false => placed.extend(part.chars().rev().map(mirrored)),
        }
        rest = before;
    }
}

/// The mirrored bracket.
fn mirrored(letter: char) -> char {
    match letter {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::visual;

    #[test]
    fn right_to_left_words_are_placed_in_reading_order() {
        assert_eq!(visual("kick 01.wav"), "kick 01.wav");
        assert_eq!(visual("鳥の声.wav"), "鳥の声.wav");
        // Stored as: shalom, olam. The second word is farther left, and the extension is on the right.
        assert_eq!(visual("שלום עולם.wav"), "עולם שלום.wav");
        // A number after such words is read after them, so it is farther left.
        assert_eq!(visual("take שלום עולם 3"), "take 3 עולם שלום");
        assert_eq!(visual("باب (قديم).wav"), "(قديم) باب.wav");
        assert_eq!(visual("باب 12 قديم"), "قديم 12 باب");
    }
}
