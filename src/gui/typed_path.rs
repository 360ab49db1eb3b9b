//! Reads paths that a person typed or pasted.

use std::path::PathBuf;

use camino::Utf8Path;

use crate::ground::uri;

/// The path in a typed or pasted text. Shells and file managers put paths in quotes, write them as `file://` addresses, or
/// begin them with `~`. `None` if the text is empty.
pub fn typed_path(typed: &str) -> Option<PathBuf> {
    let typed = typed.trim();
    let quoted = |q: char| typed.strip_prefix(q).and_then(|t| t.strip_suffix(q));
    let typed = quoted('"').or_else(|| quoted('\'')).unwrap_or(typed);
    let decoded = uri::to_path(typed);
    let typed = decoded.as_deref().unwrap_or(typed);
    if typed.is_empty() {
        return None;
    }
    if let Some(rest) = typed.strip_prefix("~/")
        && let Some(dirs) = directories::UserDirs::new()
    {
        return Some(dirs.home_dir().join(rest));
    }
    std::path::absolute(Utf8Path::new(typed)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn pasted_paths_are_read_as_shells_and_file_managers_write_them() {
        for typed in ["/a/b c.wav", " \"/a/b c.wav\" ", "'/a/b c.wav'", "file:///a/b%20c.wav"] {
            assert_eq!(typed_path(typed).as_deref(), Some(Path::new("/a/b c.wav")), "{typed}");
        }
        assert_eq!(typed_path("  "), None);
        assert_eq!(typed_path("file:///100%.wav").as_deref(), Some(Path::new("/100%.wav")));
    }
}
