//! The version of the program.

pub(super) const NUMBER: &str = env!("CARGO_PKG_VERSION");
pub(super) const COMMIT: &str = env!("SOUNDALIKE_COMMIT");
/// The system and the processor that the program was built for, in Rust's form.
pub(super) const TARGET: &str = env!("SOUNDALIKE_TARGET");

/// Version, commit and target, as `--version` prints them.
pub(super) const WHOLE: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("SOUNDALIKE_COMMIT"), ", ", env!("SOUNDALIKE_TARGET"), ")");
