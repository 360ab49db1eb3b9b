//! An extended M3U playlist in UTF-8. Players that know VLC's options play only the matches; other players play the
//! whole files.

use std::io::{self, Write};

use super::{file_name, in_one_cell, written};
use crate::engine::query::SearchReport;
use crate::ground::{names, uri};

pub(super) fn write(searches: &[&SearchReport], to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "#EXTM3U")?;
    writeln!(to, "#EXTENC:UTF-8")?;
    for search in searches {
        for found in written(search) {
            let whole_secs = (found.end_seconds - found.start_seconds).ceil();
            let title = in_one_cell(file_name(found));
            writeln!(to, "#EXTINF:{whole_secs},{title} at {:.3} s", found.start_seconds)?;
            writeln!(to, "#EXTVLCOPT:start-time={:.3}", found.start_seconds)?;
            writeln!(to, "#EXTVLCOPT:stop-time={:.3}", found.end_seconds)?;
            writeln!(to, "{}", address(found.path.as_str()))?;
        }
    }
    Ok(())
}

/// The path itself, or an address if a line of a playlist cannot hold the path.
pub(in crate::engine) fn address(path: &str) -> String {
    let real = names::path_of(path.into());
    let is_text = real.as_os_str() == path;
    if is_text && path.trim() == path && !path.contains(char::is_control) && !path.starts_with('#') {
        return path.to_owned();
    }
    uri::of_path(real.as_os_str().as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_no_line_can_hold_becomes_an_address() {
        assert_eq!(address("/a b/ä.wav"), "/a b/ä.wav");
        assert_eq!(address("/a\nb.wav"), "file:///a%0Ab.wav");
        assert_eq!(address("/a/ä.wav "), "file:///a/%C3%A4.wav%20");
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt as _;
            let bytes = std::path::Path::new(std::ffi::OsStr::from_bytes(b"/\xdcbung.wav"));
            assert_eq!(address(names::text_of(bytes).as_str()), "file:///%DCbung.wav");
        }
    }
}
