//! What the window shows of the devices and the takes, and what the person wants of them.

use camino::Utf8PathBuf;

/// A file that is no longer plays as a whole.
pub const SHORT_SECS: f64 = 6.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundState {
    /// Whether the microphone's part of the search panel is unfolded.
    pub microphone_open: bool,
    /// Whether the menu of the output is open.
    pub output_open: bool,
    /// The part of the selected match that is being dragged over.
    pub dragged: Option<(f64, f64)>,
    /// The take that is being renamed, and the name as it is typed.
    pub renaming: Option<(Utf8PathBuf, String)>,
}
