//! Compares names as people do, in any script.
//!
//! A name can be written in several ways: a Mac writes `Ü` as two characters and other systems as one, and many letters
//! have two cases. Filters, sorting and tags compare names in the form of [`folded`].

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;

/// A form in which names are equal if they differ only in case or in Unicode normal form: canonical caseless matching
/// (Unicode Standard, section 3.13). It is composed again, so that `u` is not a part of `ü`.
pub fn folded(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.nfd().default_case_fold().nfc().collect(),
    }
}

/// Whether two names look the same to a person, ignoring case.
pub fn are_alike(a: &str, b: &str) -> bool {
    match a.is_ascii() && b.is_ascii() {
        true => a.eq_ignore_ascii_case(b),
        false => folded(a) == folded(b),
    }
}

/// Whether `text` contains `word`, which must be folded.
pub fn contains(text: &str, word: &str) -> bool {
    if !text.is_ascii() {
        return folded(text).contains(word);
    }
    // A fast way for ASCII, which most paths are. A hundred thousand paths may be searched for each letter that a
    // person types.
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some(first) = word.first() else { return true };
    text.windows(word.len()).any(|here| here[0].to_ascii_lowercase() == *first && here.eq_ignore_ascii_case(word))
}

/// A key for sorting names as people do: ignoring case, and with kick_2 before kick_10.
pub fn sort_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 8);
    let mut digits = String::new();
    let flush = |key: &mut String, digits: &mut String| {
        if !digits.is_empty() {
            let significant = digits.trim_start_matches('0');
            // The number of digits comes first, because a longer number is larger.
            key.push(char::from_u32('0' as u32 + significant.len().min(100) as u32).unwrap_or('0'));
            key.push_str(significant);
            digits.clear();
        }
    };
    for letter in folded(name).chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
        } else {
            flush(&mut key, &mut digits);
            key.push(letter);
        }
    }
    flush(&mut key, &mut digits);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_every_normal_form_and_case() {
        for (a, b) in
            [("Übung", "u\u{308}BUNG"), ("Straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("가", "\u{1100}\u{1161}")]
        {
            assert!(are_alike(a, b), "{a} and {b}");
            assert_eq!(folded(a), folded(b));
            assert_eq!(sort_key(a), sort_key(b));
        }
        for (a, b) in [("Übung", "Ubung"), ("ei", "eı"), ("a", "b")] {
            assert!(!are_alike(a, b), "{a} and {b}");
        }
        assert!(contains("/ton/U\u{308}bung 1.wav", &folded("ÜB")));
        assert!(!contains("/ton/U\u{308}bung.wav", &folded("ub")), "a letter with its dots is another letter");
        assert!(contains("/Kick.wav", "kick") && !contains("/Kick.wav", "ü") && contains("/Kick.wav", ""));
    }

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["kick_10", "Kick_2", "kick_1", "übung 2", "U\u{308}bung 1", "zebra"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["kick_1", "Kick_2", "kick_10", "zebra", "U\u{308}bung 1", "übung 2"]);
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for letter in (0..0x2_0000).filter_map(char::from_u32) {
            let once = folded(&format!("a{letter}"));
            assert_eq!(folded(&once), once, "{letter:?}");
        }
    }
}
