//! Copies a file to the clipboard, so that it can be pasted into a file manager or another program.
//!
//! The window's own clipboard takes text and pictures only. Where the desktop has a tool that offers other types, it does
//! this; where it has none, a caller copies the path instead and says so.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::file_manager::uri;

/// Programs that take over the clipboard and offer what they are given as a type of our choice, with the variable of the
/// environment that says whether they have a display to do it on.
const TOOLS: [(&str, &[&str], &str); 2] = [
    ("wl-copy", &["--type", "text/uri-list"], "WAYLAND_DISPLAY"),
    ("xclip", &["-selection", "clipboard", "-t", "text/uri-list"], "DISPLAY"),
];

/// Whether the file is on the clipboard now. Waits for another program: not for the window's thread.
pub fn copy(path: &Path) -> bool {
    let list = format!("{}\r\n", uri(path));
    let has_display = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    TOOLS.iter().any(|(tool, arguments, display)| has_display(display) && give(tool, arguments, &list))
}

/// The tool goes on in the background for as long as it owns the clipboard; what is waited for is that it does.
fn give(tool: &str, arguments: &[&str], text: &str) -> bool {
    let started =
        Command::new(tool).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = started else { return false };
    let given = child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
    given & child.wait().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_is_not_there_or_fails_has_copied_nothing() {
        assert!(!give("no such tool", &[], "x"));
        assert!(!give("false", &[], ""));
        assert!(give("cat", &[], "x"));
    }
}
