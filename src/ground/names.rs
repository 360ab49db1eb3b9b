//! Paths as text. Names that are not UTF-8 (on Windows: not UTF-16) are escaped reversibly.
//!
//! For the system, a path is a sequence of bytes. For everything that shows, filters, sorts or stores a path, it is
//! text. [`text_of`] writes each byte that belongs to no UTF-8 character as one character of Unicode's last private
//! plane. [`path_of`] turns these characters back into bytes. Code that opens a sound calls [`path_of`]. Code that
//! shows a name calls [`shown`].

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};

/// The character that stands for unit 0. A unit is a byte of a Unix name, or half of a surrogate pair of a Windows
/// name.
#[cfg(not(windows))]
const FIRST: u32 = 0x10_FE00;
#[cfg(not(windows))]
const UNITS: u32 = 0x100;
#[cfg(windows)]
const FIRST: u32 = 0x10_F000;
#[cfg(windows)]
const UNITS: u32 = 0x800;

/// The unit that a character stands for.
fn unit_of(letter: char) -> Option<u32> {
    (FIRST..FIRST + UNITS).contains(&u32::from(letter)).then(|| u32::from(letter) - FIRST)
}

fn letter_of(unit: u32) -> char {
    // All code points from FIRST to FIRST + UNITS are valid characters.
    char::from_u32(FIRST + unit).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// A path as text. [`path_of`] turns the text back into the same path.
pub fn text_of(path: &Path) -> Utf8PathBuf {
    match path.to_str() {
        Some(text) if !text.chars().any(|letter| unit_of(letter).is_some()) => Utf8PathBuf::from(text),
        _ => Utf8PathBuf::from(escaped(path)),
    }
}

/// The path that a text stands for.
pub fn path_of(text: &Utf8Path) -> PathBuf {
    real(text.as_std_path()).into_owned()
}

/// Like [`path_of`], for a path that holds such text. A path without escape characters is returned unchanged.
pub fn real(path: &Path) -> Cow<'_, Path> {
    match path.to_str() {
        Some(text) if text.chars().any(|letter| unit_of(letter).is_some()) => Cow::Owned(unescaped(text)),
        _ => Cow::Borrowed(path),
    }
}

/// A path or name for display: each escaped byte becomes a replacement character.
pub fn shown(text: &str) -> Cow<'_, str> {
    match text.chars().any(|letter| unit_of(letter).is_some()) {
        false => Cow::Borrowed(text),
        true => Cow::Owned(
            text.chars().map(|letter| unit_of(letter).map_or(letter, |_| char::REPLACEMENT_CHARACTER)).collect(),
        ),
    }
}

/// A text for a terminal, on one line: names of files can have line breaks, and sequences that would command the
/// terminal. Every character that is not shown as itself is written as Rust writes it: `\n`, `\t`, `\u{1b}`. Characters
/// that turn the direction of the text are written in the same way. Escaped bytes are replaced, as by [`shown`].
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    let is_hidden = |letter: char| {
        let turns =
            matches!(letter, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{61C}');
        letter.is_control() || turns || unit_of(letter).is_some()
    };
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match (unit_of(letter), is_hidden(letter)) {
            (Some(_), _) => line.push(char::REPLACEMENT_CHARACTER),
            (None, true) => line.extend(letter.escape_default()),
            (None, false) => line.push(letter),
        }
    }
    Cow::Owned(line)
}

#[cfg(not(windows))]
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for letter in chunk.valid().chars() {
            // The name itself may contain one of the escape characters. Such a character is escaped byte by byte, too.
            match unit_of(letter) {
                None => text.push(letter),
                Some(_) => letter.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| text.push(letter_of(byte.into()))),
            }
        }
        chunk.invalid().iter().for_each(|&byte| text.push(letter_of(byte.into())));
    }
    text
}

#[cfg(unix)]
fn unescaped(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match unit_of(letter) {
            // A unit is less than 256 here.
            Some(unit) => bytes.push(unit as u8),
            None => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(windows)]
fn escaped(path: &Path) -> String {
    use std::os::windows::ffi::OsStrExt as _;
    let mut text = String::new();
    for letter in char::decode_utf16(path.as_os_str().encode_wide()) {
        match letter {
            Ok(letter) if unit_of(letter).is_none() => text.push(letter),
            Ok(letter) => {
                letter.encode_utf16(&mut [0; 2]).iter().for_each(|&half| text.push(letter_of(u32::from(half) - 0xD800)))
            }
            Err(half) => text.push(letter_of(u32::from(half.unpaired_surrogate()) - 0xD800)),
        }
    }
    text
}

#[cfg(windows)]
fn unescaped(text: &str) -> PathBuf {
    use std::os::windows::ffi::OsStringExt as _;
    let mut wide = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match unit_of(letter) {
            Some(unit) => wide.push((unit + 0xD800) as u16),
            None => wide.extend_from_slice(letter.encode_utf16(&mut [0; 2])),
        }
    }
    PathBuf::from(std::ffi::OsString::from_wide(&wide))
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn text_stays_as_it_is() {
        for text in ["/a/b.wav", "/ton/Übung.wav", "/ton/U\u{308}bung 🎵.wav", ""] {
            assert_eq!(text_of(Path::new(text)).as_str(), text);
            assert!(matches!(real(Path::new(text)), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn a_name_that_is_no_text_keeps_its_folder_and_ending_and_is_shown_in_part() {
        let path = Path::new(OsStr::from_bytes(b"/ton/\xdcbung.wav"));
        let text = text_of(path);
        assert_eq!((text.parent(), text.extension()), (Some(Utf8Path::new("/ton")), Some("wav")));
        assert_eq!(shown(text.as_str()), "/ton/\u{fffd}bung.wav");
        assert_eq!(path_of(&text), path);
        assert_ne!(text, text_of(Path::new(OsStr::from_bytes(b"/ton/\xddbung.wav"))));
    }

    #[test]
    fn characters_of_our_own_are_written_byte_by_byte() {
        let path = Path::new("/ton/\u{10FEDC}.wav");
        assert_ne!(text_of(path).as_str(), "/ton/\u{10FEDC}.wav");
        assert_eq!(path_of(&text_of(path)), path);
    }

    proptest::proptest! {
        #[test]
        fn every_path_comes_back(bytes in proptest::collection::vec(1u8..=255, 0..40)) {
            let path = Path::new(OsStr::from_bytes(&bytes));
            proptest::prop_assert_eq!(path_of(&text_of(path)), path);
        }
    }

    #[test]
    fn nothing_in_a_name_commands_a_terminal() {
        assert_eq!(
            on_one_line("a\u{1b}[31m\nb\tc\"d,e\\ä\u{9b}\u{202e}"),
            "a\\u{1b}[31m\\nb\\tc\"d,e\\ä\\u{9b}\\u{202e}"
        );
        assert!(matches!(on_one_line("Übung \"1\", 50%.wav"), Cow::Borrowed(_)));
    }
}
