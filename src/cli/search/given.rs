//! The values of options of `soundalike search`: numbers, and sounds that are given beside the query.

use std::path::PathBuf;

use crate::cli::common::{as_text, seconds};
use crate::engine::{Example, Query};
use crate::ground::paths::WithoutLinks as _;

/// The longest recording.
const LONGEST_RECORDING_SECS: f64 = 900.0;

pub(super) fn matches(text: &str) -> Result<usize, String> {
    let most = Query::MOST_MATCHES;
    let k = text.parse().ok().filter(|k| (1..=most).contains(k));
    k.ok_or_else(|| format!("a whole number from 1 to {most}"))
}

/// A sound that is given beside the query, or a part of a sound.
#[derive(Clone, Debug)]
pub(super) struct ExampleFile {
    pub path: PathBuf,
    pub part: Option<(f64, f64)>,
}

impl ExampleFile {
    pub fn read(text: &str) -> Result<Self, String> {
        let whole = Self { path: text.into(), part: None };
        // A file name may contain an @.
        let Some((path, part)) = text.rsplit_once('@').filter(|_| !whole.path.exists()) else { return Ok(whole) };
        let Some((from, to)) = part.split_once('-') else { return Ok(whole) };
        let part = (seconds(from)?, seconds(to)?);
        match part.0 < part.1 {
            true => Ok(Self { path: path.into(), part: Some(part) }),
            false => Err(format!("the part {from}-{to} ends before it begins")),
        }
    }

    /// Like [`ExampleFile::read`], but a part must be given.
    pub fn read_part(text: &str) -> Result<Self, String> {
        let file = Self::read(text)?;
        file.part.map(|_| file.clone()).ok_or_else(|| "a match is named as FILE@FROM-TO, such as a.wav@12.5-14".into())
    }

    pub fn example(&self, is_like: bool) -> anyhow::Result<Example> {
        let path = as_text(self.path.clone());
        let path = path.without_links().unwrap_or(path);
        let (from_secs, to_secs) = self.part.unzip();
        Ok(Example { path, from_secs, to_secs, is_like })
    }
}

pub(super) fn bits(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bits) if bits.is_finite() && bits >= 0.0 => Ok(bits),
        _ => Err("a number of bits, 0 or more".into()),
    }
}

pub(super) fn weight(text: &str) -> Result<f32, String> {
    text.parse().ok().filter(|weight| (0.0..=1.0).contains(weight)).ok_or_else(|| "a number from 0 to 1".into())
}

pub(super) fn duration(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(secs) if secs > 0.0 && secs <= LONGEST_RECORDING_SECS => Ok(secs),
        _ => Err(format!("a number of seconds, more than 0 and at most {LONGEST_RECORDING_SECS}")),
    }
}
