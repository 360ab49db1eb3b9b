//! Finds where sound files keep their sound, for formats that symphonia does not read, or whose false headers it
//! believes.

pub(crate) mod aiff;
pub(crate) mod au;
pub(crate) mod caf;
pub(crate) mod flac;
pub(crate) mod layout;
pub(crate) mod matroska;
pub(crate) mod mp4;
pub(crate) mod ogg_page;
pub(crate) mod riff;
pub(crate) mod section;
pub(crate) mod sphere;
pub(crate) mod tags;
pub(crate) mod wave64;
mod wave_format;
pub(crate) mod window;

pub(crate) use layout::{Encoding, Layout};
pub(crate) use section::Section;
