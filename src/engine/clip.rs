//! [`Clip`]: a stretch of a file.

use camino::Utf8PathBuf;

/// A stretch of a file that is played or saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    pub path: Utf8PathBuf,
    pub from_secs: f64,
    /// `None` for the end of the file.
    pub to_secs: Option<f64>,
}
