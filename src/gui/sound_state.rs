//! The state of the devices and the takes in the window.

use camino::Utf8PathBuf;

/// A file up to this length plays as a whole.
pub const SHORT_SECS: f64 = 6.0;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SoundState {
    /// Whether the microphone's settings are unfolded.
    pub microphone_open: bool,
    /// Whether the menu of the output is open.
    pub output_open: bool,
    /// The part of the selected match over which the person is dragging.
    pub dragged: Option<(f64, f64)>,
    /// The take that is being renamed, and the typed name.
    pub renaming: Option<(Utf8PathBuf, String)>,
}
