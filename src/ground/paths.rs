//! Paths in the form that people and other programs expect.

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};

/// The absolute path of an existing file or folder, with symbolic links resolved.
///
/// The function of Windows answers with the prefix `\\?\`, which people and most programs do not know. The prefix is
/// removed if the path means the same without it.
pub trait WithoutLinks {
    type Owned;

    /// # Errors
    /// If there is nothing at the path. For a path that is text, also if the resolved path is not UTF-8.
    fn without_links(&self) -> io::Result<Self::Owned>;
}

impl WithoutLinks for Path {
    type Owned = PathBuf;

    fn without_links(&self) -> io::Result<PathBuf> {
        dunce::canonicalize(self)
    }
}

impl WithoutLinks for Utf8Path {
    type Owned = Utf8PathBuf;

    fn without_links(&self) -> io::Result<Utf8PathBuf> {
        Utf8PathBuf::from_path_buf(self.as_std_path().without_links()?).map_err(|path| {
            io::Error::new(ErrorKind::InvalidData, format!("{} is not UTF-8 text; rename it", path.display()))
        })
    }
}

/// The path with `/` as separator on every system, so that filters and label patterns mean the same everywhere.
pub fn with_slashes(path: &str) -> Cow<'_, str> {
    slashed(path, MAIN_SEPARATOR)
}

fn slashed(path: &str, separator: char) -> Cow<'_, str> {
    match separator == '/' || !path.contains(separator) {
        true => Cow::Borrowed(path),
        false => Cow::Owned(path.replace(separator, "/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_has_no_strange_prefix() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.wav");
        std::fs::write(&file, "x").expect("written");
        let found = folder.path().join(".").join("a.wav").without_links().expect("there");
        assert!(found.is_absolute() && found.ends_with("a.wav") && !found.to_string_lossy().starts_with(r"\\?\"));
        let text = Utf8PathBuf::from_path_buf(file).expect("UTF-8");
        assert_eq!(text.without_links().expect("there"), found);
        let gone = folder.path().join("b.wav").without_links().expect_err("it is not there");
        assert_eq!(gone.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn parts_of_a_path_stand_between_slashes_on_every_system() {
        assert_eq!(slashed(r"C:\drums\kick 1.wav", '\\'), "C:/drums/kick 1.wav");
        assert_eq!(slashed(r"/drums/a\b.wav", '/'), r"/drums/a\b.wav");
    }
}
