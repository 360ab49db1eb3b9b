//! [`Clip`]: a stretch of a file.

use camino::Utf8PathBuf;

/// A stretch of a file to be played or saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    pub path: Utf8PathBuf,
    pub from_secs: f64,
    /// `None` is the file's end.
    pub to_secs: Option<f64>,
}
